// EAP conversations in great number that nobody goes on with; and the node that holds some is killed in their midst.
import { first } from '../../../src/wire/radius/packet.ts';
import { createSecret, type Secret } from '../../../src/wire/radius/secret.ts';
import { makeHello, Peer, pap } from '../../radius-server/eap/peer.ts';
import { type PlayedGateway, playGateway, text } from '../../radius-server/harness.ts';
import type { Broker } from '../harness/broker.ts';
import { inWorld, type World, type WorldOptions } from './world.ts';

const ttls = 21;
const types = { class: 25, station: 31 } as const;
const nas = 'bench-code-only';
const lanes = 16;
/** Of those that come first, and of those that come last. */
const watched = 5;
const settledShare = 0.3;
/**
 * Heaps breathe; what leaks a kilobyte for each conversation grows by a hundred megabytes over 100,000. With fewer than
 * `tellingConversations` the heap is still growing to its size: that says nothing.
 */
const mostGrowthMegabytes = 60;
const tellingConversations = 20_000;
/** Conversations of one account that are cut off: as wrong answers they would lock it several times. */
const cutOff = 24;

interface Numbers {
  readonly open: number;
  readonly started: number;
  readonly evicted: number;
  readonly abandoned: number;
}

async function numbersOf({ node }: Broker): Promise<Numbers> {
  const page = await (await fetch(`http://127.0.0.1:${node.httpPort}/metrics`)).text();
  const of = (name: string) => {
    const line = page.split('\n').find((one) => one.startsWith(`gatewarden_eap_${name} `));
    return Number(line?.split(' ')[1] ?? Number.NaN);
  };
  return {
    open: of('conversations'),
    started: of('started_total'),
    evicted: of('given_up_total{cause="evicted"}'),
    abandoned: of('given_up_total{cause="abandoned"}'),
  };
}

interface Holder {
  readonly account: number;
  readonly step: number;
  readonly peer: Peer;
}

/** What a scenario sends from. Closed by the scenario itself: others run beside it in this process. */
function createField() {
  const played: PlayedGateway[] = [];
  return {
    async play(port: number): Promise<PlayedGateway> {
      const gateway = await playGateway('127.0.0.1', port);
      played.push(gateway);
      return gateway;
    },
    async close(): Promise<void> {
      await Promise.all(played.map((gateway) => gateway.close()));
    },
  };
}

/** Its holder calls the account by name outside too. */
async function begin(world: World, gateway: PlayedGateway, account: number, secret: Secret): Promise<Holder> {
  const { people, ledger } = world;
  const step = people.nextStep(account, 0) ?? 0;
  ledger.attempt(account, step);
  const { userName, station } = people.login(account, '');
  const peer = new Peer(gateway, [text(types.station, station)], nas, { secret, outer: userName });
  await peer.identify(userName);
  return { account, step, peer };
}

/** From the start of the method to the end; whether it was accepted, with keys. */
async function goOn({ people, ledger }: World, { account, step, peer }: Holder): Promise<boolean> {
  const reply = await peer.handshake(ttls);
  if (reply.rejected) return false;
  const { userName } = people.login(account, '');
  const end = await peer.say(pap(userName, people.code(account, step)));
  const hasKeys = end.accepted && peer.keysIn(end).length === 64;
  if (end.accepted) ledger.accepted(account, step, first(end.packet, types.class)?.value.toString() ?? null);
  peer.close();
  return hasKeys;
}

/**
 * `conversations` are begun on one broker and left alone, most of them with TLS under way. Their number stays within the limit,
 * the oldest are given up and counted, memory stays flat, and who comes last is served.
 */
export async function abandonEap(
  options: Pick<WorldOptions, 'say'> & {
    readonly conversations: number;
    readonly most: number;
  },
): Promise<void> {
  const { conversations, most } = options;
  const first = { eap: { maxConversations: most * 2, maxConversationsPerGateway: most } };
  await inWorld({ ...options, dialect: 'sqlite', accounts: 100, first }, async (world) => {
    const { site, say } = world;
    const field = createField();
    const secret = createSecret(Buffer.from(site.secret));
    const broker = await world.start();
    const hello = await makeHello();
    const faults: string[] = [];
    let left = conversations;
    let settled: number | null = null;
    const among = async (count: number, from: number): Promise<Holder[]> => {
      const holders: Holder[] = [];
      for (let i = 0; i < count; i += 1)
        holders.push(await begin(world, await field.play(broker.port), from + i, secret));
      return holders;
    };
    const eldest = await among(watched, 0);
    const lane = async (): Promise<void> => {
      const gateway = await field.play(broker.port);
      while (left > 0) {
        left -= 1;
        const after = left;
        const peer = new Peer(gateway, [], nas, { secret });
        await peer.identify('anonymous');
        if (after % 4 !== 0) await peer.respond(ttls, Buffer.concat([Buffer.from([0]), hello]));
        if (settled === null && after < conversations * (1 - settledShare))
          settled = broker.residentMegabytes();
        if (after % 10_000 === 0) say(`${after} to go, ${Math.round(broker.residentMegabytes())} MB`);
      }
    };
    try {
      await Promise.all(Array.from({ length: lanes }, lane));
      const grown = broker.residentMegabytes() - (settled ?? 0);
      const youngest = await among(watched, watched);
      const { open, started, evicted, abandoned } = await numbersOf(broker);
      say(
        `${started} begun, ${open} open, ${evicted} evicted, ${abandoned} abandoned, memory ${grown.toFixed(0)} MB more`,
      );
      if (open > most) faults.push(`${open} conversations are open: more than ${most}`);
      if (started !== conversations + 2 * watched) faults.push(`${started} conversations were counted`);
      if (open + evicted + abandoned !== started) faults.push('open and given up are not what was begun');
      if (evicted < 1) faults.push('none was evicted: that was no throng');
      if (conversations >= tellingConversations && grown > mostGrowthMegabytes)
        faults.push(`memory has grown by ${grown.toFixed(0)} MB`);
      for (const holder of eldest)
        if (await goOn(world, holder)) faults.push('one of the eldest was still there');
      for (const holder of youngest)
        if (!(await goOn(world, holder))) faults.push('one of the youngest was not served');
    } finally {
      await field.close();
    }
    await broker.stop();
    await world.settle(faults);
  });
}

/**
 * Two nodes on one PostgreSQL; one is killed with handshakes under way. The other ends each at once, counts nothing against the
 * account, and serves its next attempt.
 */
export async function killMidHandshake(options: Pick<WorldOptions, 'say'>): Promise<void> {
  await inWorld({ ...options, dialect: 'postgresql', accounts: 10, first: { eap: {} } }, async (world) => {
    const { site, say } = world;
    const field = createField();
    const secret = createSecret(Buffer.from(site.secret));
    const [broker, other] = [await world.start('a'), await world.start('b')];
    const hello = await makeHello();
    const faults: string[] = [];
    const account = 0;
    try {
      const cut: Peer[] = [];
      for (let i = 0; i < cutOff; i += 1) {
        const { peer } = await begin(world, await field.play(broker.port), account, secret);
        if (i % 2 === 0) await peer.respond(ttls, Buffer.concat([Buffer.from([0]), hello]));
        cut.push(peer);
      }
      await broker.kill();
      const elsewhere = await field.play(other.port);
      const { userName } = world.people.login(account, '');
      for (const { state, identifier } of cut) {
        const peer = new Peer(elsewhere, [], nas, { secret, outer: userName });
        peer.state = state;
        peer.identifier = identifier;
        const end = await peer.respond(ttls, Buffer.from([0]));
        if (!end.rejected || end.eap.code !== 4) faults.push('a conversation of the dead node was not ended');
      }
      if (!(await goOn(world, await begin(world, await field.play(other.port), account, secret))))
        faults.push('the next attempt was not accepted');
    } finally {
      await field.close();
    }
    await other.stop();
    const records = await world.settle(faults);
    const elsewhere = records.filter(({ reason }) => reason === 'conversation-elsewhere');
    const ofAccount = elsewhere.filter(({ accountId }) => accountId === account + 1);
    say(`${ofAccount.length} conversations of one account ended as elsewhere; its next attempt was accepted`);
    if (ofAccount.length !== cutOff) throw new Error(`${ofAccount.length} of ${cutOff} are in the record`);
  });
}
