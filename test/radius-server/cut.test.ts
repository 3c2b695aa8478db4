// From a lost ground of access to a tunnel that is down: orders, Disconnect-Requests and what confirms them, on both databases.
import { eq } from 'drizzle-orm';
import { afterEach, expect, it } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { mergePolicy, type PolicyLayer } from '../../src/core/policy.ts';
import { createDisconnectClient } from '../../src/radius-server/disconnect-client.ts';
import { createAccounting } from '../../src/services/sessions/accounting.ts';
import { createTunnelEnder, type ListedTunnel } from '../../src/services/sessions/control.ts';
import { createCutter } from '../../src/services/sessions/cut.ts';
import type { DisconnectAnswer } from '../../src/services/sessions/disconnector.ts';
import { judgeSessions } from '../../src/services/sessions/judge.ts';
import { endLapsedSessions } from '../../src/services/sessions/lapse.ts';
import { orderCuts, orderCutsOfAccounts } from '../../src/services/sessions/order.ts';
import { changeAccount } from '../../src/store/queries/account-changes.ts';
import { deleteGateway } from '../../src/store/queries/gateway-changes.ts';
import { bumpRevision } from '../../src/store/queries/revision.ts';
import type { SessionRow } from '../../src/store/queries/sessions.ts';
import type { Store } from '../../src/store/store.ts';
import type { EncodedAttribute } from '../../src/wire/radius/attribute.ts';
import { createSecret } from '../../src/wire/radius/secret.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import {
  assignWorkstation,
  fixtureTime,
  insertAccount,
  insertAssignment,
  insertClient,
  insertEmployment,
  insertGateway,
  insertPerson,
  insertUnitTree,
  insertWorkstation,
  oneDay,
} from '../store/fixtures.ts';
import { silentLog } from '../store/silent-log.ts';
import { loadProfile, makeGateway, secret, valuesIn } from './harness.ts';
import { playCoa } from './played-coa.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const hour = 3_600_000;

/** A clock that a test moves; monotonic time runs along. */
function createClock(): Clock & { advance(ms: number): void } {
  let now = fixtureTime;
  return {
    now: () => now,
    monotonic: () => now,
    advance(ms) {
      now += ms;
    },
  };
}

/** A gateway with a list of tunnels, of which it ends those that it is told to, if it obeys. */
function playControl(listed: ListedTunnel[]) {
  const played = {
    listed,
    conversations: 0,
    /** What becomes of a tunnel that is told to end. */
    obey: (_tunnel: ListedTunnel): ListedTunnel | null => null,
    open() {
      played.conversations += 1;
      return {
        list: async () => [...played.listed],
        async end(tunnels: readonly ListedTunnel[]) {
          const ids = new Set(tunnels.map(({ id }) => id));
          played.listed = played.listed.flatMap((one) =>
            ids.has(one.id) ? (played.obey(one) ?? []) : [one],
          );
        },
        close: () => undefined,
      };
    },
  };
  return played;
}
type PlayedControl = ReturnType<typeof playControl>;

const aliceTunnel: ListedTunnel = {
  id: '7',
  userName: 'Alice',
  remoteAddress: '198.51.100.7',
  addresses: ['10.0.0.7'],
  acctSessionId: null,
  isUp: true,
};

async function start(
  store: Store,
  options: {
    profile?: string;
    overrides?: object;
    policy?: PolicyLayer;
    coa?: boolean;
    /** What its client says on a connection of its own; null: it has none here. */
    connection?: { answer: DisconnectAnswer | null; readonly asked: (readonly EncodedAttribute[])[] };
    /** Other nodes may carry out orders too. */
    isAlone?: boolean;
    control?: PlayedControl;
  } = {},
) {
  const clock = createClock();
  const ids = await store.write(async (db) => {
    const { district } = await insertUnitTree(db);
    const personId = await insertPerson(db, { unitId: district });
    const accountId = await insertAccount(db, { personId, userName: 'alice' });
    await insertAssignment(db, { unitId: district }, [accountId]);
    const workstationId = await insertWorkstation(db, { unitId: district });
    await assignWorkstation(db, { accountId, workstationId });
    const gatewayId = await insertGateway(db, { clientId: await insertClient(db) });
    return { personId, accountId, workstationId, gatewayId };
  });
  const { accountId, gatewayId, workstationId } = ids;
  const coa = await playCoa(secret, createSecret(Buffer.from('forger')));
  closing.push(() => coa.close());
  const profile = loadProfile(options.profile ?? 'mikrotik', options.overrides);
  const gateway = makeGateway({ gatewayId, profile });
  const policy = mergePolicy([options.policy ?? {}]);
  const target = { host: '127.0.0.1', port: coa.port, secrets: [secret] };
  const snapshot = {
    gateways: new Map([[gatewayId, gateway]]),
    findCoaTarget: () => (options.coa === false ? null : target),
    findDisconnectClient: () => (options.connection === undefined ? null : 7),
    findControl: () =>
      options.control === undefined
        ? null
        : ({ method: 'vici', gateway: 'played', address: 'played', password: null } as const),
    policyFor: () => policy,
    realms: [],
  };
  const settings = { current: () => snapshot, refresh: async () => {}, atLeast: async () => snapshot };
  const disconnector = createDisconnectClient({ clock, random: systemRandom, log: silentLog });
  const tunnels = createTunnelEnder(async () => {
    if (options.control === undefined) throw new Error('nothing is played');
    return options.control.open();
  });
  const connections = {
    connected: async () => new Set(options.connection?.answer ? [7] : []),
    async disconnect(clientId: number, attributes: readonly EncodedAttribute[]) {
      expect(clientId).toBe(7);
      options.connection?.asked.push(attributes);
      return options.connection?.answer ?? null;
    },
  };
  const { isAlone = true } = options;
  const cutter = createCutter({
    ...{ store, settings, disconnector, connections, isAlone },
    ...{ tunnels, clock, log: silentLog },
  });
  const accounting = createAccounting({ store, realms: () => [], clock, log: silentLog });
  closing.push(async () => {
    await disconnector.close();
    await cutter.stop();
    await accounting.close();
  });
  let references = 0;
  const site = {
    ...ids,
    clock,
    coa,
    async accept(over: Partial<SessionRow> = {}): Promise<void> {
      const now = clock.now();
      await store.write((db) =>
        db.insert(db.tables.sessions).values({
          accountId,
          gatewayId,
          workstationId,
          station: '198.51.100.7',
          state: 'pending',
          startedAt: now,
          until: now + 12 * hour,
          judgeAt: now + 12 * hour,
          openUntil: now + 60_000,
          reference: `ref-${++references}`,
          identification: JSON.stringify({ 'User-Name': 'alice', 'Acct-Session-Id': 's1' }),
          ...over,
        }),
      );
    },
    account: (kind: 'start' | 'interim' | 'stop', over: object = {}) =>
      accounting.record({
        kind,
        gatewayId,
        at: clock.now(),
        receivedAt: clock.now(),
        userName: 'alice',
        station: '198.51.100.7',
        acctSessionId: 's1',
        references: [],
        framedIpAddress: null,
        octetsIn: null,
        octetsOut: null,
        terminateCause: null,
        identification: { 'User-Name': 'alice', 'Acct-Session-Id': 's1' },
        interimMs: 0,
        ...over,
      }),
    judge: () => judgeSessions({ store, settings, clock }),
    /** One look of the watch, and what the gateway answers noted. */
    async watch(): Promise<void> {
      await site.judge();
      await cutter.runDue();
      await cutter.idle();
    },
    cutter,
    cuts: () => store.read((db) => db.select().from(db.tables.cuts).orderBy(db.tables.cuts.id)),
    alerts: () => store.read((db) => db.select().from(db.tables.alerts)),
    records: async () => {
      const rows = await store.read((db) =>
        db.select().from(db.tables.audit).where(eq(db.tables.audit.kind, 'system')),
      );
      return rows.map(({ outcome }) => outcome).filter((outcome) => outcome.startsWith('session.'));
    },
    async change(set: Parameters<typeof changeAccount>[2]): Promise<void> {
      await store.write(async (db) => {
        const [row] = await db.select().from(db.tables.accounts).where(eq(db.tables.accounts.id, accountId));
        if (row === undefined) throw new Error('no account');
        await changeAccount(db, row, set, clock.now());
      });
    },
  };
  return site;
}

describeOnEachStore('a cut', (open) => {
  it('is ordered when the account is withdrawn, acknowledged by an ACK and confirmed by the Stop alone', async () => {
    const site = await start(await open());
    await site.accept();
    await site.account('start');
    await site.watch();
    expect(await site.cuts()).toEqual([]);
    await site.change({ status: 'withdrawn' });
    await site.watch();
    expect(
      site.coa.received.map(({ packet }) => [1, 44].map((type) => String(valuesIn(packet, type)[0]))),
    ).toEqual([['alice', 's1']]);
    expect(await site.cuts()).toMatchObject([
      { state: 'acknowledged', reason: 'account-withdrawn', attempts: 1, settledAt: null },
    ]);
    site.clock.advance(300);
    await site.account('stop');
    expect(await site.cuts()).toMatchObject([{ state: 'confirmed', settledAt: site.clock.now() }]);
    expect(await site.records()).toEqual([
      'session.cut-order',
      'session.cut-acknowledged',
      'session.cut-confirmed',
    ]);
    await site.watch();
    expect(site.coa.received).toHaveLength(1);
  });

  it('that is ordered with the end of access needs no judgement; that comes again should the order be given up', async () => {
    const store = await open();
    const site = await start(store);
    await site.accept();
    await site.account('start');
    await site.change({ status: 'withdrawn' });
    const order = { reason: 'employment-ended', at: site.clock.now() };
    await store.write(async (db) => {
      await bumpRevision(db, { accountIds: [site.accountId] });
      await orderCutsOfAccounts(db, [site.accountId], order);
    });
    expect(await site.judge()).toBe(0);
    await site.watch();
    expect(site.coa.received).toHaveLength(1);
    site.clock.advance(300_000);
    expect(await site.judge()).toBe(1);
    expect(await site.cuts()).toHaveLength(1);
  });

  it('of many sessions at once keeps for each what came of it', async () => {
    const store = await open();
    const site = await start(store);
    for (const acctSessionId of ['s1', 's2', 's3']) {
      const identification = JSON.stringify({ 'User-Name': 'alice', 'Acct-Session-Id': acctSessionId });
      await site.accept({ acctSessionId, identification, state: 'live' });
    }
    site.coa.answer = (packet) => (String(valuesIn(packet, 44)[0]) === 's2' ? { errorCause: 503 } : 'ack');
    await site.change({ status: 'withdrawn' });
    await site.watch();
    const states = (await site.cuts()).map(({ state, lastError }) => [state, lastError]);
    expect(states).toEqual([
      ['acknowledged', null],
      ['ordered', 'NAK 503'],
      ['acknowledged', null],
    ]);
    expect((await site.records()).sort()).toEqual([
      'session.cut-acknowledged',
      'session.cut-acknowledged',
      'session.cut-order',
      'session.cut-order',
      'session.cut-order',
    ]);
    await Promise.all(
      ['s1', 's2', 's3'].map((acctSessionId, at) =>
        site.account('stop', { acctSessionId, octetsIn: at === 1 ? null : 2 ** 40 + at, references: [] }),
      ),
    );
    expect((await site.cuts()).map(({ state }) => state)).toEqual(['confirmed', 'confirmed', 'confirmed']);
    const sessions = await store.read((db) =>
      db.select().from(db.tables.sessions).orderBy(db.tables.sessions.id),
    );
    expect(sessions.map(({ acctSessionId, octetsIn }) => [acctSessionId, octetsIn])).toEqual([
      ['s1', 2 ** 40],
      ['s2', null],
      ['s3', 2 ** 40 + 2],
    ]);
  });

  it('that was acknowledged and not done is tried again, and somebody is told', async () => {
    const site = await start(await open());
    await site.accept();
    await site.account('start');
    await site.change({ suspendedDetail: 'by-unit', suspendedAt: site.clock.now(), suspendedBy: 'unit' });
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await site.watch();
      expect(site.coa.received).toHaveLength(attempt);
      await site.watch();
      expect(site.coa.received).toHaveLength(attempt);
      site.clock.advance(20_000);
    }
    expect(await site.cuts()).toMatchObject([{ state: 'unconfirmed', reason: 'suspended', settledAt: null }]);
    expect(await site.alerts()).toMatchObject([{ rule: 'cut-unconfirmed', accountId: site.accountId }]);
    await site.account('stop');
    expect(await site.cuts()).toMatchObject([{ state: 'confirmed' }]);
  });

  it('that is refused keeps the Error-Cause and does not count as done', async () => {
    const site = await start(await open());
    site.coa.answer = () => ({ errorCause: 503 });
    await site.accept();
    await site.account('start');
    await site.change({ status: 'withdrawn' });
    await site.watch();
    expect(await site.cuts()).toMatchObject([{ state: 'ordered', lastError: 'NAK 503', settledAt: null }]);
  });

  it('reaches a login that has become no tunnel yet, and again when it becomes one', async () => {
    const site = await start(await open());
    site.coa.answer = () => ({ errorCause: 503 });
    await site.accept();
    await site.change({ status: 'withdrawn' });
    await site.watch();
    expect(site.coa.received).toHaveLength(1);
    site.coa.answer = () => 'ack';
    site.clock.advance(1_000);
    await site.account('start');
    await site.watch();
    expect(site.coa.received).toHaveLength(2);
    await site.account('stop');
    expect(await site.cuts()).toMatchObject([{ state: 'confirmed' }]);
  });

  it('of a login that never became a tunnel is put away as not started', async () => {
    const store = await open();
    const site = await start(store);
    await site.accept();
    await site.change({ status: 'withdrawn' });
    await site.watch();
    site.clock.advance(61_000);
    await endLapsedSessions({ store, clock: site.clock });
    expect(await site.cuts()).toMatchObject([{ state: 'not-started' }]);
  });

  it('waits for the address that a gateway assigns, and is sent with it', async () => {
    const site = await start(await open(), { profile: 'fortigate' });
    await site.accept();
    await site.change({ status: 'withdrawn' });
    await site.watch();
    expect(site.coa.received).toEqual([]);
    expect(await site.cuts()).toMatchObject([
      { state: 'ordered', lastError: 'not known yet: Framed-IP-Address' },
    ]);
    await site.account('start', {
      identification: { 'User-Name': 'alice', 'Framed-IP-Address': '10.8.0.3' },
    });
    await site.watch();
    const [request] = site.coa.received;
    expect(request && valuesIn(request.packet, 8)).toEqual([Buffer.from([10, 8, 0, 3])]);
  });

  it.each([
    ['takes no Disconnect-Request', { profile: 'openvpn-radiusplugin' }],
    ['has no address for them', { coa: false }],
  ])('is impossible where the gateway %s, and somebody is told', async (_, options) => {
    const site = await start(await open(), options);
    await site.accept();
    await site.account('start');
    await site.change({ status: 'withdrawn' });
    await site.watch();
    expect(await site.cuts()).toMatchObject([{ state: 'impossible', settledAt: null }]);
    expect(await site.alerts()).toMatchObject([{ rule: 'cut-impossible' }]);
    await site.account('stop');
    expect(await site.cuts()).toMatchObject([{ state: 'confirmed' }]);
  });

  it('comes with the second in which the term ends, and not before', async () => {
    const site = await start(await open());
    const validUntil = site.clock.now() + hour;
    await site.change({ validUntil });
    await site.accept({ until: validUntil, judgeAt: validUntil });
    await site.account('start');
    site.clock.advance(hour - 1);
    await site.watch();
    expect(await site.cuts()).toEqual([]);
    site.clock.advance(1);
    await site.watch();
    expect(await site.cuts()).toMatchObject([{ reason: 'expired', state: 'acknowledged' }]);
  });

  it('follows a term that is shortened, and an end of employment that was entered ahead', async () => {
    const store = await open();
    const site = await start(store);
    await site.accept();
    await site.account('start');
    await site.change({ validUntil: site.clock.now() + 2 * hour });
    await store.write(async (db) => {
      const { personId } = site;
      const effectiveAt = site.clock.now() + hour;
      await insertEmployment(db, { personId, kind: 'ended', detail: 'retired', effectiveAt });
      await bumpRevision(db, { personId });
    });
    await site.watch();
    expect(await site.cuts()).toEqual([]);
    site.clock.advance(hour);
    await site.watch();
    expect(await site.cuts()).toMatchObject([{ reason: 'employment-ended', state: 'acknowledged' }]);
  });

  it('follows a workstation that is lost', async () => {
    const store = await open();
    const site = await start(store);
    await site.accept();
    await site.account('start');
    await store.write(async (db) => {
      const { workstationId } = site;
      const { workstations: t } = db.tables;
      await db.update(t).set({ state: 'lost' }).where(eq(t.id, workstationId));
      await bumpRevision(db, { workstationId });
    });
    await site.watch();
    expect(await site.cuts()).toMatchObject([{ reason: 'workstation-revoked' }]);
  });

  it('spares those whose ground has not changed, whatever else is changed about them', async () => {
    const store = await open();
    const site = await start(store);
    await site.accept();
    await site.account('start');
    await site.change({ validUntil: site.clock.now() + 30 * oneDay });
    await site.change({ passwordState: 'change-required' });
    await site.watch();
    expect(await site.cuts()).toEqual([]);
    await site.change({ passwordState: 'compromised' });
    await site.watch();
    expect(await site.cuts()).toMatchObject([{ reason: 'password-compromised' }]);
  });

  it('meets the older session that gave way, when its tunnel is still up', async () => {
    const site = await start(await open());
    await site.accept({
      acctSessionId: 's1',
      state: 'ended',
      endCause: 'given-way',
      endedAt: site.clock.now(),
    });
    await site.accept({ station: '203.0.113.4' });
    site.clock.advance(10_000);
    await site.account('interim');
    await site.watch();
    expect(await site.cuts()).toMatchObject([{ sessionId: 1, reason: 'given-way', state: 'acknowledged' }]);
  });

  it('leaves with its gateway, as the sessions do', async () => {
    const store = await open();
    const site = await start(store);
    await site.accept();
    await site.change({ status: 'withdrawn' });
    await site.watch();
    await store.write(async (db) => {
      const gateway = await db
        .select()
        .from(db.tables.gateways)
        .where(eq(db.tables.gateways.id, site.gatewayId));
      for (const one of gateway) await deleteGateway(db, one);
    });
    expect(await site.cuts()).toEqual([]);
  });

  it('is carried out once when two nodes see it', async () => {
    const store = await open();
    const site = await start(store);
    await site.accept();
    await site.account('start');
    await site.change({ status: 'withdrawn' });
    await site.judge();
    const [one, other] = await Promise.all([site.cutter.runDue(), site.cutter.runDue()]);
    expect(one + other).toBe(1);
    await expect.poll(() => site.coa.received.length).toBe(1);
  });
});

describeOnEachStore('a cut on the connection that the gateway has opened', (open) => {
  const withdrawn = { status: 'withdrawn' } as const;
  const noSession = { kind: 'nak', errorCause: 503 } as const;

  it('goes nowhere else, and its ACK is a promise that accounting keeps', async () => {
    const connection = { answer: { kind: 'ack' } as const, asked: [] };
    const site = await start(await open(), { connection });
    await site.accept();
    await site.account('start');
    await site.change(withdrawn);
    await site.watch();
    const [attributes = []] = connection.asked as EncodedAttribute[][];
    expect(attributes.map(({ type, value }) => [type, String(value)])).toEqual([
      [1, 'alice'],
      [44, 's1'],
    ]);
    expect(site.coa.received).toEqual([]);
    expect(await site.cuts()).toMatchObject([{ state: 'acknowledged', settledAt: null }]);
    await site.account('stop');
    expect(await site.cuts()).toMatchObject([{ state: 'confirmed' }]);
  });

  it('that is refused there is not asked for again by the address', async () => {
    const site = await start(await open(), { connection: { answer: noSession, asked: [] } });
    await site.accept();
    await site.account('start');
    await site.change(withdrawn);
    await site.watch();
    expect(site.coa.received).toEqual([]);
    expect(await site.cuts()).toMatchObject([{ state: 'ordered', lastError: 'NAK 503' }]);
  });

  it.each<[string, DisconnectAnswer | null]>([
    ['there is none', null],
    ['it breaks', { kind: 'unsent', error: 'gone' }],
    ['nothing comes back', { kind: 'no-answer' }],
  ])('goes to the address where %s', async (_, answer) => {
    const site = await start(await open(), { connection: { answer, asked: [] } });
    await site.accept();
    await site.account('start');
    await site.change(withdrawn);
    await site.watch();
    expect(site.coa.received).toHaveLength(1);
    expect(await site.cuts()).toMatchObject([{ state: 'acknowledged' }]);
  });

  it('without a connection and without an address is tried again, told to somebody, and done when there is one', async () => {
    const connection: { answer: DisconnectAnswer | null; asked: [] } = { answer: null, asked: [] };
    const site = await start(await open(), { connection, coa: false });
    await site.accept();
    await site.account('start');
    await site.change(withdrawn);
    await site.watch();
    expect(await site.cuts()).toMatchObject([
      { state: 'ordered', attempts: 1, lastError: 'the gateway has no connection open' },
    ]);
    for (let attempt = 2; attempt <= 3; attempt += 1) {
      site.clock.advance(20_000);
      await site.watch();
    }
    expect(await site.cuts()).toMatchObject([{ state: 'unconfirmed', attempts: 3 }]);
    expect(await site.alerts()).toMatchObject([{ rule: 'cut-unconfirmed' }]);
    connection.answer = { kind: 'ack' };
    site.clock.advance(600_000);
    await site.watch();
    await site.account('stop');
    expect(await site.cuts()).toMatchObject([{ state: 'confirmed', attempts: 4 }]);
  });

  it('is left to the node that has it, for two seconds; then any node tries', async () => {
    const connection: { answer: DisconnectAnswer | null; asked: [] } = { answer: null, asked: [] };
    const site = await start(await open(), { connection, isAlone: false });
    await site.accept();
    await site.account('start');
    await site.change(withdrawn);
    await site.watch();
    site.clock.advance(1_999);
    await site.watch();
    expect([connection.asked, site.coa.received]).toEqual([[], []]);
    expect(await site.cuts()).toMatchObject([{ state: 'ordered', attempts: 0 }]);
    site.clock.advance(1);
    await site.watch();
    expect(site.coa.received).toHaveLength(1);
    expect(await site.cuts()).toMatchObject([{ state: 'acknowledged', attempts: 1 }]);
  });

  it('is done at once by the node that has it', async () => {
    const site = await start(await open(), {
      connection: { answer: { kind: 'ack' }, asked: [] },
      isAlone: false,
    });
    await site.accept();
    await site.account('start');
    await site.change(withdrawn);
    await site.watch();
    expect(await site.cuts()).toMatchObject([{ state: 'acknowledged', attempts: 1 }]);
  });
});

describeOnEachStore("a cut by the gateway's own control", (open) => {
  const withdrawn = { status: 'withdrawn' } as const;

  it("is confirmed by the gateway's own list, and spares other people", async () => {
    const bob = { ...aliceTunnel, id: '8', userName: 'bob' };
    const control = playControl([aliceTunnel, bob]);
    const site = await start(await open(), { control, profile: 'openvpn-script' });
    await site.accept();
    await site.account('start');
    await site.change(withdrawn);
    await site.watch();
    expect(control.listed).toEqual([bob]);
    expect(await site.cuts()).toMatchObject([{ state: 'confirmed', attempts: 1 }]);
    expect(await site.records()).toEqual(['session.cut-order', 'session.cut-confirmed']);
    await site.watch();
    expect(control.conversations).toBe(1);
  });

  it('finds a tunnel that the gateway lists under an outer identity, and spares others who use the same', async () => {
    const masked = { ...aliceTunnel, userName: 'anonymous' };
    const other = { ...masked, id: '8', remoteAddress: '198.51.100.8', addresses: ['10.0.0.8'] };
    const control = playControl([masked, other]);
    control.obey = (tunnel) => tunnel;
    const site = await start(await open(), { control, profile: 'openvpn-script' });
    const identification = { 'User-Name': 'anonymous', 'Acct-Session-Id': 's1' };
    await site.accept({ identification: JSON.stringify(identification), acctSessionId: 's1' });
    await site.account('start', { userName: 'anonymous', identification, references: ['ref-1'] });
    await site.change(withdrawn);
    await site.watch();
    expect(await site.cuts()).toMatchObject([{ state: 'acknowledged', settledAt: null }]);
    control.obey = () => null;
    site.clock.advance(40_000);
    await site.watch();
    expect(control.listed).toEqual([other]);
    expect(await site.cuts()).toMatchObject([{ state: 'confirmed' }]);
  });

  it('that leaves the tunnel up is tried again each few seconds, and somebody is told', async () => {
    const control = playControl([aliceTunnel]);
    control.obey = (tunnel) => tunnel;
    const site = await start(await open(), { control, profile: 'openvpn-script' });
    await site.accept();
    await site.account('start');
    await site.change(withdrawn);
    await site.watch();
    expect(await site.cuts()).toMatchObject([{ state: 'acknowledged' }]);
    for (let attempt = 2; attempt <= 3; attempt += 1) {
      site.clock.advance(40_000);
      await site.watch();
    }
    expect(await site.cuts()).toMatchObject([{ state: 'unconfirmed', settledAt: null }]);
    expect(await site.alerts()).toMatchObject([{ rule: 'cut-unconfirmed' }]);
    control.obey = () => null;
    site.clock.advance(600_000);
    await site.watch();
    expect(await site.cuts()).toMatchObject([{ state: 'confirmed' }]);
  });

  it('waits for the tunnel of somebody who has just logged in, and ends it as soon as it is listed', async () => {
    const control = playControl([]);
    const site = await start(await open(), { control, profile: 'openvpn-script' });
    await site.accept();
    await site.change(withdrawn);
    await site.watch();
    expect(await site.cuts()).toMatchObject([{ state: 'ordered', settledAt: null }]);
    control.listed = [aliceTunnel];
    site.clock.advance(1_000);
    await site.watch();
    expect(control.listed).toEqual([]);
    expect(await site.cuts()).toMatchObject([{ state: 'confirmed' }]);
  });

  it('takes a login for over when it has no tunnel after its time', async () => {
    const control = playControl([]);
    const site = await start(await open(), { control, profile: 'openvpn-script' });
    await site.accept({ openUntil: site.clock.now() + 12 * hour });
    await site.change(withdrawn);
    site.clock.advance(60_000);
    await site.watch();
    expect(await site.cuts()).toMatchObject([{ state: 'confirmed' }]);
  });

  it('is not done while a ticket would bring the client back, and catches it when it comes back', async () => {
    const cookie = { ...aliceTunnel, id: 'cookie', addresses: [], isUp: false };
    const control = playControl([cookie]);
    const site = await start(await open(), { control, profile: 'ocserv' });
    await site.accept();
    await site.account('start');
    await site.change(withdrawn);
    await site.watch();
    expect(await site.cuts()).toMatchObject([{ state: 'ordered', settledAt: null }]);
    control.listed = [aliceTunnel];
    site.clock.advance(1_000);
    await site.watch();
    expect(control.listed).toEqual([]);
    expect(await site.cuts()).toMatchObject([{ state: 'confirmed' }]);
  });

  it('of an older session spares the newer one of the same account', async () => {
    const newer = { ...aliceTunnel, id: '9', addresses: ['10.0.0.9'] };
    const control = playControl([aliceTunnel, newer]);
    const store = await open();
    const site = await start(store, { control, profile: 'ocserv' });
    await site.accept();
    await site.account('start', { framedIpAddress: '10.0.0.7' });
    await site.accept({ identification: null });
    await site.account('start', { framedIpAddress: '10.0.0.9', acctSessionId: 's2' });
    const [older] = await store.read((db) =>
      db.select().from(db.tables.sessions).orderBy(db.tables.sessions.id),
    );
    if (older === undefined) throw new Error('no session');
    await store.write((db) => orderCuts(db, [older], { reason: 'administrator', at: site.clock.now() }));
    await site.watch();
    expect(control.listed).toEqual([newer]);
    expect(await site.cuts()).toMatchObject([{ state: 'confirmed', sessionId: older.id }]);
  });

  it('at a gateway that can not be reached is tried again, and says why', async () => {
    const control = playControl([aliceTunnel]);
    const site = await start(await open(), { control, profile: 'ocserv' });
    await site.accept();
    await site.account('start');
    await site.change(withdrawn);
    control.open = () => {
      throw new Error('connect ECONNREFUSED');
    };
    await site.watch();
    expect(await site.cuts()).toMatchObject([{ state: 'ordered', lastError: 'connect ECONNREFUSED' }]);
  });
});
