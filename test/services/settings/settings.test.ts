import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createClientLookup,
  findGateway,
  type Gateway,
  type RadiusClient,
} from '../../../src/services/settings/clients.ts';
import { bumpSettingsVersion, putSetting, settingKeys } from '../../../src/store/queries/settings.ts';
import { createSecret } from '../../../src/wire/radius/secret.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { createTestClock } from '../clock.ts';
import { findProfile } from '../profiles.ts';
import { createWorld, type World } from '../world.ts';

const monday = Date.UTC(2026, 2, 2, 1);

function client(name: string, prefix: string, gateways: readonly Gateway[] = []): RadiusClient {
  return {
    clientId: 1,
    name,
    prefix,
    secrets: [createSecret(Buffer.from('secret'))],
    requireMessageAuthenticator: 'auto',
    seenMessageAuthenticator: false,
    limitProxyState: true,
    gateways,
  };
}

function gateway(name: string, nasIdentifier: string | null, nasIpAddress: string | null): Gateway {
  const profile = findProfile('generic');
  if (profile === null) throw new Error('no generic profile');
  return {
    gatewayId: 1,
    name,
    clientId: 1,
    nasIdentifier,
    nasIpAddress,
    profile,
    unitId: null,
    requestsPerSecond: null,
    accountRequestsPerMinute: null,
    cutProvenAt: null,
  };
}

describe('a client', () => {
  const find = createClientLookup(
    [
      ['everyone', '0.0.0.0/0'],
      ['net', '192.0.2.0/24'],
      ['half', '192.0.2.128/25'],
      ['host', '192.0.2.200/32'],
      ['bare', '198.51.100.7'],
      ['six', '2001:db8::/32'],
      ['six host', '2001:db8::1/128'],
      ['odd', '2001:db8:8000::/33'],
      ['mapped', '::ffff:203.0.113.0/120'],
      ['broken', 'not an address'],
      ['too long', '192.0.2.0/33'],
    ].map(([name = '', prefix = '']) => client(name, prefix)),
  );

  test.each([
    ['192.0.2.1', 'net'],
    ['192.0.2.129', 'half'],
    ['192.0.2.200', 'host'],
    ['::ffff:192.0.2.200', 'host'],
    ['198.51.100.7', 'bare'],
    ['198.51.100.8', 'everyone'],
    ['203.0.113.5', 'mapped'],
    ['2001:db8::1', 'six host'],
    ['2001:0db8:0:0:0:0:0:2', 'six'],
    ['2001:db8:8001::', 'odd'],
  ])('is found for %s by the longest prefix: %s', (address, name) => {
    expect(find(address)?.name).toBe(name);
  });

  test.each(['2001:db9::1', 'fe80::1%eth0', '', 'gateway.example', '1.2.3'])(
    'is not found for "%s"',
    (address) => {
      expect(find(address)).toBeNull();
    },
  );

  test('is not found where none is declared', () => {
    expect(createClientLookup([])('192.0.2.1')).toBeNull();
  });
});

describe('a gateway inside a client', () => {
  const declared = client('c', '192.0.2.0/24', [
    gateway('rest', null, null),
    gateway('by address', null, '10.0.0.1'),
    gateway('by name', 'asa', null),
    gateway('by both', 'asa', '10.0.0.1'),
    gateway('elsewhere', 'ftd', '10.0.0.9'),
  ]);

  test.each([
    ['asa', '10.0.0.1', 'by both'],
    ['asa', '10.0.0.2', 'by name'],
    ['asa', null, 'by name'],
    ['other', '10.0.0.1', 'by address'],
    [null, null, 'rest'],
    ['ftd', '10.0.0.1', 'by address'],
    ['ASA', null, 'rest'],
  ])('that calls itself %s at %s is the one declared %s', (identifier, address, name) => {
    expect(findGateway(declared, identifier, address)?.name).toBe(name);
  });

  test('is none of them when nothing that is declared fits', () => {
    expect(findGateway(client('c', '192.0.2.0/24', [gateway('asa', 'asa', null)]), 'ftd', null)).toBeNull();
  });
});

describeOnEachStore('settings', (open) => {
  let world: World;
  const clock = createTestClock(monday);

  beforeEach(async () => {
    world = await createWorld(await open({ clock }), clock);
  });
  afterEach(() => world.close());

  test('hold clients with usable secrets, and gateways with their profiles', async () => {
    const { settings } = await world.createNode('one');
    const found = settings.current().findClient('192.0.2.44');
    expect(found).toMatchObject({ name: 'lab', requireMessageAuthenticator: 'auto', limitProxyState: true });
    expect(found?.secrets).toHaveLength(1);
    expect(JSON.stringify(found)).not.toContain('a shared secret');
    expect(settings.current().gateways.get(world.gateways.codeOnly)?.profile.credentials.style).toBe(
      'code-only',
    );
    expect(settings.current().gateways.get(world.gateways.appended)?.profile.credentials.style).toBe(
      'appended',
    );
  });

  test('are merged from the organisation down to the unit and the gateway', async () => {
    await world.setPolicy('organisation', {
      sessionMs: 1000,
      leastEvidence: 2,
      lockout: { codeAttempts: 3 },
    });
    await world.setPolicy(`unit:${world.units.centre}`, { sessionMs: 2000, sessionLimit: 5 });
    await world.setPolicy(`unit:${world.units.local}`, { sessionMs: 3000 });
    await world.setPolicy(`gateway:${world.gateways.appended}`, { leastEvidence: 0, lockout: { lockMs: 1 } });
    await world.store.write((db) => putSetting(db, settingKeys.rulesVersion, '4'));
    const { settings } = await world.createNode('one');
    const path = [world.units.centre, world.units.local];
    const { policyFor } = settings.current();
    expect(policyFor(path, world.gateways.appended)).toMatchObject({
      sessionMs: 3000,
      sessionLimit: 5,
      leastEvidence: 0,
      rulesVersion: 4,
      lockout: { codeAttempts: 3, lockMs: 1, passwordAttempts: 5 },
    });
    expect(policyFor(path, world.gateways.challenge)).toMatchObject({ leastEvidence: 2 });
    expect(policyFor([], world.gateways.challenge)).toMatchObject({ sessionMs: 1000 });
  });

  test('change for a running broker without a restart', async () => {
    const node = await world.createNode('one');
    const [before, after] = [await world.addAccount(), await world.addAccount()];
    expect(await node.authenticate(world.login(before))).toMatchObject({
      kind: 'accept',
      // Nobody has seen yet that its sessions can be cut.
      sessionSeconds: 4 * 3600,
    });
    await world.setPolicy('organisation', { sessionMs: 60_000 });
    expect(await node.authenticate(world.login(after))).toMatchObject({ kind: 'accept', sessionSeconds: 60 });
  });

  test('change for a listener at the next refresh, and only then are they loaded', async () => {
    const { settings } = await world.createNode('one');
    const held = settings.current();
    await settings.refresh();
    expect(settings.current()).toBe(held);
    await world.store.write(async (db) => {
      const { radiusClients } = db.tables;
      await db.update(radiusClients).set({ prefix: '198.51.100.0/24' }).where(eq(radiusClients.name, 'lab'));
      await bumpSettingsVersion(db);
    });
    await settings.refresh();
    expect(settings.current().findClient('192.0.2.44')).toBeNull();
    expect(settings.current().findClient('198.51.100.44')?.name).toBe('lab');
    // What was handed out before stays as it was.
    expect(held.findClient('192.0.2.44')?.name).toBe('lab');
  });

  test('with realms make names of the organisation one', async () => {
    const node = await world.createNode('one');
    const account = await world.addAccount();
    await world.store.write(async (db) => {
      await putSetting(db, settingKeys.realms, JSON.stringify(['luutru.example']));
      await bumpSettingsVersion(db);
    });
    const request = world.login(account, { userName: `LUUTRU.EXAMPLE\\${account.userName}` });
    expect(await node.authenticate(request)).toMatchObject({ kind: 'accept', userName: account.userName });
  });

  test('serve the other clients when one secret can not be opened, and say which', async () => {
    await world.store.write(async (db) => {
      await db.insert(db.tables.radiusClients).values({
        name: 'damaged',
        prefix: '203.0.113.0/24',
        sealedSecret: Buffer.from('not sealed at all, or no longer so'),
        requireMessageAuthenticator: 'auto',
        createdAt: monday,
      });
      await bumpSettingsVersion(db);
    });
    const { settings, log } = await world.createNode('one');
    expect(settings.current().findClient('203.0.113.1')).toBeNull();
    expect(settings.current().findClient('192.0.2.1')?.name).toBe('lab');
    expect(log.lines.join()).toContain('"client":"damaged"');
  });

  test('leave out a gateway whose profile is not installed or whose changes are bad, and say which', async () => {
    await world.store.write(async (db) => {
      const columns = { clientId: world.client, createdAt: monday };
      await db.insert(db.tables.gateways).values({ ...columns, name: 'gone', profile: 'no-such-product' });
      await db
        .insert(db.tables.gateways)
        .values({ ...columns, name: 'bad', profile: 'generic', profileOverrides: '{"nonsense": 1}' });
      await bumpSettingsVersion(db);
    });
    const { settings, log } = await world.createNode('one');
    const names = [...settings.current().gateways.values()].map(({ name }) => name);
    expect(names).not.toContain('gone');
    expect(names).not.toContain('bad');
    expect(names).toContain('gw-appended');
    expect(log.lines.join()).toContain('"gateway":"gone"');
    expect(log.lines.join()).toContain('"gateway":"bad"');
  });
});
