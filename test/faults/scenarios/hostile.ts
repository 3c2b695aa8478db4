// Mutated, random and wrongly signed packets on the socket of a real broker, with good requests among them.
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { codes, MalformedPacketError, parsePacket } from '../../../src/wire/radius/packet.ts';
import { encodeRequest } from '../../../src/wire/radius/reply.ts';
import { createSecret } from '../../../src/wire/radius/secret.ts';
import { readCorpus } from '../../fuzz/corpus.ts';
import { createNumbers, mutate, type Numbers } from '../../fuzz/mutate.ts';
import { after } from '../harness/until.ts';
import { type Dialect, inWorld, type World, type WorldOptions } from './world.ts';

/** Packets sent without waiting: what the socket's buffer holds, with room for the good ones. */
const burst = 64;
const classType = 25;
/** Accounts whose requests are mutated: some stay genuine, wrong codes and all, and lock their account. */
const samplesOf = 200;
const settledShare = 0.2;
/** Heaps breathe; what leaks a hundred octets a packet grows by a hundred megabytes over a million. */
const mostGrowthMegabytes = 60;

type Garbage = (random: Numbers) => { readonly datagram: Buffer; readonly mayBeAnswered: boolean };

/** Only a genuine signature earns a reply: what is changed or invented can't have one, except where it is made here. */
function createGarbage(world: World): Garbage {
  const corpus = readCorpus().map(({ octets }) => octets);
  const secret = createSecret(Buffer.from(world.site.secret));
  const { gateway, people } = world;
  const samples = Array.from({ length: samplesOf }, (_, i) => {
    const login = people.login(people.count - samplesOf + i, String(i * 4_999).padStart(6, '0'));
    return gateway.encode(login, i).datagram;
  });
  const pick = (list: readonly Buffer[], random: Numbers) => list[random(list.length)] ?? Buffer.alloc(20);
  return (random) => {
    switch (random(8)) {
      case 0: {
        const datagram = randomBytes(random(300));
        if (datagram.length >= 4 && random(2) === 0) datagram.writeUInt16BE(datagram.length, 2);
        return { datagram, mayBeAnswered: false };
      }
      case 1:
      case 2:
        return { datagram: mutate(pick(corpus, random), pick(corpus, random), random), mayBeAnswered: false };
      case 3: {
        // Well signed, of odd attributes: may be decided, and then has to be answered by a Reject at most.
        const count = random(40);
        const attributes = Array.from({ length: count }, () => ({
          type: 1 + random(255),
          value: randomBytes(random(60)),
        })).filter(({ type }) => type !== 80);
        const code = random(8) === 0 ? codes.StatusServer : codes.AccessRequest;
        const [identifier, authenticator] = [random(256), randomBytes(16)];
        const shape = { code, identifier, authenticator, attributes, secret, messageAuthenticator: true };
        return { datagram: encodeRequest(shape), mayBeAnswered: true };
      }
      default: {
        const original = pick(samples, random);
        const datagram = mutate(original, pick(corpus, random), random);
        return { datagram, mayBeAnswered: datagram.equals(original) || isOnlyPadded(datagram, original) };
      }
    }
  };
}

/** Octets behind the length that the header gives are no part of a packet (RFC 2865 §3): it is still genuine. */
function isOnlyPadded(datagram: Buffer, original: Buffer): boolean {
  try {
    return parsePacket(datagram).bytes.equals(original);
  } catch (error) {
    if (error instanceof MalformedPacketError) return false;
    throw error;
  }
}

/**
 * Sends so many packets. Each good login between them is answered as it should be, nothing that must be dropped gets a reply,
 * no code is accepted but the good ones', and the broker neither grows nor ends nor logs a defect.
 */
export function sendHostilePackets(
  options: Pick<WorldOptions, 'say'> & {
    readonly dialect?: Dialect;
    readonly packets: number;
    readonly seed?: number;
  },
): Promise<void> {
  const { dialect = 'sqlite', packets, seed = 20_261_124 } = options;
  const accounts = Math.min(20_000, samplesOf + Math.max(100, Math.ceil(packets / burst / 8)));
  return inWorld({ ...options, dialect, accounts }, async (world) => {
    const { gateway, people, ledger, say } = world;
    const broker = await world.start();
    const random = createNumbers(seed);
    const garbage = createGarbage(world);
    const faults: string[] = [];
    const bad = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    const fair = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    let fairReplies = 0;
    for (const socket of [bad, fair]) {
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
    }
    bad.on('message', (reply) => {
      if (faults.length < 20)
        faults.push(`a reply to what must be dropped: ${reply.toString('hex')} (seed ${seed})`);
    });
    fair.on('message', (reply) => {
      fairReplies += 1;
      // Status-Server is answered by a bare Access-Accept; a login's names its record.
      const isLogin = parsePacket(reply).attributes.some(({ type }) => type === classType);
      if (reply[0] === codes.AccessAccept && isLogin)
        faults.push(`an Accept of garbage: ${reply.toString('hex')}`);
    });

    const last = new Map<number, number>();
    let account = 0;
    let good = 0;
    let megabytesBefore = 0;
    for (let sent = 0; sent < packets; ) {
      for (let i = 0; i < burst && sent < packets; i += 1, sent += 1) {
        const { datagram, mayBeAnswered } = garbage(random);
        (mayBeAnswered ? fair : bad).send(datagram, broker.port, '127.0.0.1');
      }
      // A good login or a stranger's after each burst: that it is answered tells that the burst was worked off.
      const step = people.nextStep(account, last.get(account) ?? 0);
      if (good % 4 !== 0 || step === null) {
        const stranger = { ...people.login(account, '123456'), userName: `stranger-${good}` };
        const reply = await gateway.login(broker.port, stranger, 10_000);
        if (reply.kind === 'reject') ledger.rejected(reply.lookupCode);
        else faults.push(`a stranger after ${sent} packets: ${reply.kind}`);
      } else {
        last.set(account, step);
        ledger.attempt(account, step);
        const reply = await gateway.login(
          broker.port,
          people.login(account, people.code(account, step)),
          10_000,
        );
        if (reply.kind === 'accept') ledger.accepted(account, step, reply.reference);
        else faults.push(`a good login after ${sent} packets: ${reply.kind}`);
      }
      good += 1;
      account = (account + 1) % (people.count - samplesOf);
      if (megabytesBefore === 0 && sent > packets * settledShare)
        megabytesBefore = broker.residentMegabytes();
      if (sent % 100_032 < burst) {
        say(`${sent} packets, ${good} good ones answered, ${Math.round(broker.residentMegabytes())} MB`);
      }
      if (faults.length >= 20) break;
    }
    await after(500);
    const growth = broker.residentMegabytes() - megabytesBefore;
    if (growth > mostGrowthMegabytes) faults.push(`the broker grew by ${Math.round(growth)} MB`);
    bad.close();
    fair.close();
    await broker.stop();
    say(
      `${packets} hostile packets, ${good} good ones answered, ${fairReplies} well-signed odd ones answered, ` +
        `memory ${growth.toFixed(1)} MB from ${Math.round(megabytesBefore)} MB`,
    );
    await world.settle(faults);
  });
}
