// A session from its Accept to its verified end, in the whole broker with its threads and sockets, on both databases.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type App, createApp, openServices, type Services } from '../src/app.ts';
import type { Endpoint } from '../src/config/endpoint.ts';
import { withdraw } from '../src/services/accounts/standing.ts';
import { cutSessions, showSessions } from '../src/services/sessions/sessions.ts';
import { type EncodedAttribute, encodeValue } from '../src/wire/radius/attribute.ts';
import { codes, first, type Packet, parsePacket } from '../src/wire/radius/packet.ts';
import { encodeRequest } from '../src/wire/radius/reply.ts';
import { createSecret } from '../src/wire/radius/secret.ts';
import { type PlayedCoa, playCoa } from './radius-server/played-coa.ts';
import { createSiteOn, login, password, populate, type Site, secretText } from './site.ts';
import { describeOnEachStore } from './store/each-store.ts';

vi.setConfig({ testTimeout: 120_000 });

const secret = createSecret(Buffer.from(secretText));
const station = '02-10-A4-23-19-01';
const overrides = {
  accounting: { sends: true, echoesClass: true },
  reply: { class: 'opaque' },
  disconnect: { method: 'coa' },
};
const text = (type: number, value: string): EncodedAttribute => ({ type, value: Buffer.from(value) });

let site: Site;
let coa: PlayedCoa;
let app: App | null = null;

afterEach(async () => {
  await app?.stop();
  app = null;
  await coa.close();
  site.remove();
});

async function start(): Promise<{ services: Services; radius: Endpoint; accounting: Endpoint }> {
  app = createApp(site.config, site.deps);
  const services = await app.start();
  const [radius] = services.broker?.radiusEndpoints ?? [];
  const [accounting] = services.broker?.accountingEndpoints ?? [];
  if (radius === undefined || accounting === undefined) throw new Error('nothing was bound');
  return { services, radius, accounting };
}

let identifier = 0;

async function account(
  to: Endpoint,
  status: number,
  more: readonly EncodedAttribute[] = [],
): Promise<Packet> {
  const socket = createSocket('udp4');
  identifier = (identifier + 1) % 256;
  const attributes = [
    { type: 40, value: encodeValue('integer', status) },
    text(1, 'lan'),
    text(44, 'tunnel-1'),
    text(31, station),
    ...more,
  ];
  const request = {
    code: codes.AccountingRequest,
    identifier,
    attributes,
    secret,
    messageAuthenticator: false,
  };
  const answered = once(socket, 'message');
  socket.send(encodeRequest(request), to.port, to.host);
  const [reply] = (await answered) as [Buffer];
  socket.close();
  return parsePacket(reply);
}

describeOnEachStore('a session', (_open, createDatabase, dialect) => {
  beforeEach(async () => {
    site = await createSiteOn(dialect, createDatabase);
    await populate(site);
    coa = await playCoa(secret, secret);
    const services = await openServices(site.config, site.deps);
    await services.store.write(async (db) => {
      const { gateways: t } = db.tables;
      const set = { profileOverrides: JSON.stringify(overrides), coaAddress: '127.0.0.1', coaPort: coa.port };
      await db.update(t).set(set).where(eq(t.name, 'gw'));
    });
    await services.close();
  });

  it('is up by its accounting, cut when the account is withdrawn, down by its Stop, and does not come back', async () => {
    const { services, radius, accounting } = await start();
    const { store } = services;
    const accept = await login(radius, password + site.code());
    const reference = accept.packet === null ? undefined : first(accept.packet, 25)?.value;
    if (reference === undefined) throw new Error('no Class');
    const reply = await account(accounting, 1, [{ type: 25, value: reference }]);
    expect(reply.code).toBe(codes.AccountingResponse);
    const { sessions } = await showSessions(services, { user: 'lan' });
    expect(sessions).toMatchObject([{ state: 'live', reference: String(reference), cut: null }]);

    const by = { name: 'test', via: 'command line' } as const;
    await withdraw({ ...services, by }, { user: 'lan', reason: 'retired' });
    await expect.poll(() => coa.received.length, { timeout: 10_000 }).toBe(1);
    const acknowledged = async () => (await showSessions(services, {})).sessions.map(({ cut }) => cut?.state);
    await expect.poll(acknowledged, { timeout: 10_000 }).toEqual(['acknowledged']);

    await account(accounting, 2, [{ type: 25, value: reference }]);
    expect((await showSessions(services, {})).sessions).toEqual([]);
    const cuts = await store.read((db) => db.select().from(db.tables.cuts));
    expect(cuts).toMatchObject([{ state: 'confirmed', reason: 'account-withdrawn' }]);
    const again = await login(radius, password + site.code(1));
    expect(again.packet?.code).toBe(codes.AccessReject);
  });

  it('is cut by an administrator, whose account may come back', async () => {
    const { services, radius, accounting } = await start();
    await login(radius, password + site.code());
    await account(accounting, 1);
    const by = { name: 'test', via: 'command line' } as const;
    const order = { user: 'lan', reason: 'a trial' };
    expect(await cutSessions({ ...services, by }, order)).toMatchObject({ ordered: 1 });
    await expect.poll(() => coa.received.length, { timeout: 10_000 }).toBe(1);
    await account(accounting, 2);
    await expect(cutSessions({ ...services, by }, order)).rejects.toThrow('No session is open.');
    expect((await login(radius, password + site.code(1))).packet?.code).toBe(codes.AccessAccept);
  });
});
