// The accounting listener on real sockets and both databases: what is stored, what is answered, what is met with silence.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { createAccountingServer } from '../../src/radius-server/accounting-server.ts';
import { createAccounting } from '../../src/services/sessions/accounting.ts';
import { endLapsedSessions } from '../../src/services/sessions/lapse.ts';
import { createClientLookup } from '../../src/services/settings/clients.ts';
import { listSessions, type SessionRow } from '../../src/store/queries/sessions.ts';
import type { Store } from '../../src/store/store.ts';
import type { EncodedAttribute } from '../../src/wire/radius/attribute.ts';
import { verifyResponse } from '../../src/wire/radius/authenticator.ts';
import { codes } from '../../src/wire/radius/packet.ts';
import { encodeRequest } from '../../src/wire/radius/reply.ts';
import { createSecret } from '../../src/wire/radius/secret.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import {
  insertAccount,
  insertClient,
  insertGateway,
  insertPerson,
  insertUnitTree,
  oneDay,
} from '../store/fixtures.ts';
import { silentLog } from '../store/silent-log.ts';
import {
  closeAll,
  integer,
  loadProfile,
  makeClient,
  makeGateway,
  playGateway,
  secret,
  secretText,
  text,
  valuesIn,
} from './harness.ts';

afterEach(closeAll);

const station = '198.51.100.7';
const stopping: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stopping.splice(0)) await stop();
});

/** A site with the account `alice` and a gateway of some profile, and the listener in front of it. */
async function serve(store: Store, profileName = 'fortigate') {
  const { accountId, gatewayId } = await store.write(async (db) => {
    const { district } = await insertUnitTree(db);
    const personId = await insertPerson(db, { unitId: district });
    const account = await insertAccount(db, { personId, userName: 'alice' });
    const gateway = await insertGateway(db, { clientId: await insertClient(db) });
    return { accountId: account, gatewayId: gateway };
  });
  const client = makeClient({
    gateways: [makeGateway({ gatewayId, nasIdentifier: 'vpn1', profile: loadProfile(profileName) })],
  });
  const accounting = createAccounting({ store, realms: () => [], clock: systemClock, log: silentLog });
  const server = createAccountingServer({
    config: { listen: [{ host: '127.0.0.1', port: 0 }], receiveBufferBytes: 262_144 },
    settings: { current: () => ({ findClient: createClientLookup([client]) }) },
    record: accounting.record,
    isHealthy: () => store.ping(1_000),
    clock: systemClock,
    log: silentLog,
  });
  const [address] = await server.start();
  if (address === undefined) throw new Error('nothing was bound');
  stopping.push(async () => {
    await server.stop();
    await accounting.close();
  });
  const gateway = await playGateway(address.host, address.port);
  let references = 0;
  return {
    accountId,
    gatewayId,
    gateway,
    server,
    port: address.port,
    /** What an Accept leaves behind. */
    async accept(over: Partial<SessionRow> = {}) {
      const now = Date.now();
      const reference = `ref-${++references}`;
      await store.write((db) =>
        db.insert(db.tables.sessions).values({
          accountId,
          gatewayId,
          station,
          state: 'pending',
          startedAt: now,
          until: now + oneDay,
          openUntil: now + 60_000,
          reference,
          ...over,
        }),
      );
      return reference;
    },
    all: () => store.read((db) => db.select().from(db.tables.sessions).orderBy(db.tables.sessions.id)),
    open: () => store.read((db) => listSessions(db, { limit: 100 })),
  };
}

const status = { start: 1, stop: 2, interim: 3, on: 7, off: 8 };
let identifier = 0;

function request(
  kind: keyof typeof status,
  attributes: readonly EncodedAttribute[] = [],
  over: { key?: typeof secret; user?: string | null; id?: string | null; nas?: string } = {},
): Buffer {
  identifier = (identifier + 1) % 256;
  const { user = 'alice', id = 's1', nas = 'vpn1' } = over;
  return encodeRequest({
    code: codes.AccountingRequest,
    identifier,
    secret: over.key ?? secret,
    messageAuthenticator: false,
    attributes: [
      integer(40, status[kind]),
      ...(user === null ? [] : [text(1, user)]),
      ...(id === null ? [] : [text(44, id)]),
      text(32, nas),
      text(31, station),
      ...attributes,
    ],
  });
}

describeOnEachStore('accounting', (open) => {
  it('makes a login a live session and ends it, with counters beyond 32 bits', async () => {
    const site = await serve(await open());
    await site.accept();
    const framed: EncodedAttribute = { type: 8, value: Buffer.from([10, 8, 0, 3]) };
    const asked = request('start', [framed]);
    const reply = await site.gateway.ask(asked);
    expect(reply.code).toBe(codes.AccountingResponse);
    expect(verifyResponse(reply.bytes, asked.subarray(4, 20), secret)).toBe(true);
    expect(await site.open()).toMatchObject([
      { state: 'live', acctSessionId: 's1', framedIpAddress: '10.8.0.3', userName: 'alice' },
    ]);
    const counted = [integer(42, 7), integer(52, 2), integer(43, 9), integer(49, 1)];
    await site.gateway.ask(request('stop', counted));
    expect(await site.all()).toMatchObject([
      { state: 'ended', endCause: 'stopped', octetsIn: 2 * 2 ** 32 + 7, octetsOut: 9, terminateCause: 1 },
    ]);
    expect(await site.open()).toEqual([]);
  });

  it('finds the session by the Class that comes back, whatever else is odd', async () => {
    const site = await serve(await open());
    await site.accept({ station: 'elsewhere' });
    const reference = await site.accept({ station: 'elsewhere' });
    await site.gateway.ask(request('start', [text(25, reference)]));
    expect(await site.open()).toMatchObject([
      { reference: 'ref-2', state: 'live' },
      { reference: 'ref-1', state: 'pending' },
    ]);
  });

  it('takes repetitions, a Stop before its Start and a missing Start as they come', async () => {
    const site = await serve(await open());
    await site.accept();
    await site.gateway.ask(request('stop'));
    await site.gateway.ask(request('start', [integer(41, 30)]));
    await site.gateway.ask(request('stop', [integer(41, 10)]));
    expect(await site.all()).toMatchObject([{ state: 'ended', endCause: 'stopped' }]);
    await site.accept();
    await site.gateway.ask(request('interim', [], { id: 's2' }));
    expect(await site.open()).toMatchObject([{ state: 'live', acctSessionId: 's2' }]);
  });

  it('answers a retransmission with the same octets and Proxy-State in order', async () => {
    const site = await serve(await open());
    await site.accept();
    const asked = request('start', [text(33, 'one'), text(33, 'two')]);
    const once = await site.gateway.ask(asked);
    const again = await site.gateway.ask(asked);
    expect(again.bytes.equals(once.bytes)).toBe(true);
    expect(valuesIn(once, 33).map(String)).toEqual(['one', 'two']);
    expect(site.server.counters()).toMatchObject({ retransmissions: 1, results: { stored: 1 } });
  });

  it('ends every open session of a gateway that restarts', async () => {
    const site = await serve(await open());
    await site.accept({ startedAt: Date.now() - 60_000 });
    await site.gateway.ask(request('start'));
    await site.accept({ startedAt: Date.now() - 50_000 });
    await site.gateway.ask(request('on', [], { user: null, id: null }));
    expect(await site.open()).toEqual([]);
    expect((await site.all()).map(({ endCause }) => endCause)).toEqual([
      'gateway-restarted',
      'gateway-restarted',
    ]);
  });

  it('keeps a session that no Accept is known for, and lets one of nobody go', async () => {
    const site = await serve(await open());
    await site.gateway.ask(request('start'));
    await site.gateway.ask(request('start', [], { user: 'nobody', id: 's9' }));
    expect(await site.open()).toMatchObject([{ userName: 'alice', reference: null, state: 'live' }]);
    expect(site.server.counters().results).toEqual({ stored: 0, adopted: 1, unmatched: 1 });
  });

  it('stores 600 requests that arrive at once, each exactly once', async () => {
    const site = await serve(await open());
    const datagrams = Array.from({ length: 200 }, (_, index) => index).flatMap((index) =>
      (['start', 'interim', 'stop'] as const).map((kind) => ({ kind, id: `s${index}` })),
    );
    const gateways = await Promise.all([0, 1, 2].map(() => playGateway('127.0.0.1', site.port)));
    for (const gateway of gateways) {
      const part = datagrams.splice(0, 200);
      await Promise.all(part.map(({ kind, id }) => gateway.ask(request(kind, [], { id }))));
    }
    const rows = await site.all();
    expect(rows).toHaveLength(200);
    expect(rows.every(({ endCause }) => endCause === 'stopped')).toBe(true);
  });

  it('is met with silence when it is forged, from nobody known or cannot be stored', async () => {
    const store = await open();
    const site = await serve(store);
    await site.accept();
    site.gateway.send(request('start', [], { key: createSecret(Buffer.from('another secret')) }));
    site.gateway.send(request('start', [], { nas: 'unknown' }));
    site.gateway.send(Buffer.from('no RADIUS packet at all'));
    await site.gateway.ask(request('start'));
    expect(site.gateway.unread).toEqual([]);
    expect(site.server.counters().dropped).toMatchObject({
      'authenticator-invalid': 1,
      'unknown-gateway': 1,
      malformed: 1,
    });
    await store.close();
    site.gateway.send(request('stop'));
    const lost = () => site.server.counters().dropped['not-stored'] + site.server.counters().dropped.defect;
    await expect.poll(lost).toBe(1);
    expect(site.gateway.unread).toEqual([]);
  });

  it('ends what lapses: logins without a tunnel and tunnels without news', async () => {
    const store = await open();
    const site = await serve(store);
    const now = Date.now();
    await site.accept({ openUntil: now - 1 });
    await site.accept({ openUntil: now - 1, state: 'live' });
    await site.accept();
    expect(await endLapsedSessions({ store, clock: systemClock })).toBe(2);
    expect(await endLapsedSessions({ store, clock: systemClock })).toBe(0);
    expect((await site.all()).map(({ endCause }) => endCause)).toEqual(['never-started', 'no-news', null]);
  });

  it.skipIf(!existsSync('/usr/bin/radclient'))('is answered to radclient’s satisfaction', async () => {
    const site = await serve(await open());
    await site.accept();
    const lines = [
      'User-Name = "alice"',
      'Acct-Session-Id = "s1"',
      'Acct-Status-Type = Start',
      'NAS-Identifier = "vpn1"',
      `Calling-Station-Id = "${station}"`,
    ];
    const child = spawn('radclient', ['-x', '-r', '1', `127.0.0.1:${site.port}`, 'acct', secretText]);
    let output = '';
    child.stdout.on('data', (data) => {
      output += String(data);
    });
    child.stdin.end(`${lines.join('\n')}\n`);
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(output).toContain('Received Accounting-Response');
    expect(code).toBe(0);
    expect(await site.open()).toMatchObject([{ state: 'live' }]);
  });
});
