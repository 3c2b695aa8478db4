import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { noteCutProof } from '../../../src/services/gateways/cut-proof.ts';
import {
  addGateway,
  changeGateway,
  type GatewayDeps,
  removeGateway,
  showGateway,
} from '../../../src/services/gateways/gateways.ts';
import { createLastSeen } from '../../../src/services/gateways/last-seen.ts';
import { beginSecretRotation, endSecretRotation } from '../../../src/services/gateways/secret-rotation.ts';
import { findGateway } from '../../../src/services/settings/clients.ts';
import { openSettings } from '../../../src/services/settings/settings.ts';
import { listGatewayDetails } from '../../../src/store/queries/gateway-changes.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { type Acts, createActs, monday } from '../acts.ts';
import { captureLog } from '../captured-log.ts';
import { createTestClock, type TestClock } from '../clock.ts';
import { findProfile, profiles } from '../profiles.ts';
import { createWorld, labSecret, type World } from '../world.ts';

describeOnEachStore('gateways', (open) => {
  let world: World;
  let clock: TestClock;
  let acts: Acts;
  let deps: GatewayDeps;

  beforeAll(async () => {
    clock = createTestClock(monday);
    world = await createWorld(await open({ clock }), clock);
  });
  beforeEach(() => {
    clock.advance(60_000);
    acts = createActs(world, clock);
    deps = { ...acts.deps, profiles, tlsAuthorities: () => ['22'.repeat(32)] };
  });
  afterAll(() => world.close());

  const snapshot = async () => {
    const { store, keyring } = world;
    return openSettings({ store, keyring, findProfile, log: captureLog() });
  };
  /** How many secrets the listener would take of a client. */
  async function secretsOf(address: string): Promise<number | undefined> {
    return (await snapshot()).current().findClient(address)?.secrets.length;
  }

  it('are known to have been heard of, at their last request and not before it', async () => {
    const { store } = world;
    await addGateway(deps, { name: 'heard', client: 'heard', address: '198.51.100.77', profile: 'generic' });
    const version = await acts.settingsVersion();
    const at = clock.now();
    const requests = new Map([['heard', at]]);
    const writes: number[] = [];
    const lastSeen = createLastSeen({
      store: {
        write: (fn) => {
          writes.push(at);
          return store.write(fn);
        },
      },
      lastRequests: async () => new Map([...requests, ['no-such-gateway', at]]),
    });
    const seenAt = async () =>
      (await store.read(listGatewayDetails)).find(({ name }) => name === 'heard')?.lastSeenAt;
    expect(await seenAt()).toBeNull();
    await lastSeen.keep();
    expect(await seenAt()).toBe(at);
    await lastSeen.keep();
    expect(writes).toHaveLength(1);
    requests.set('heard', at + 1);
    await lastSeen.keep();
    expect(await seenAt()).toBe(at + 1);
    // Another node, which heard of it earlier.
    await createLastSeen({ store, lastRequests: async () => new Map([['heard', at]]) }).keep();
    expect(await seenAt()).toBe(at + 1);
    expect(await acts.settingsVersion()).toBe(version);
  });

  it('are declared with a client and a secret of their own, in force at the next look', async () => {
    const settings = await snapshot();
    const version = await acts.settingsVersion();
    const added = await addGateway(deps, {
      name: 'vpn-tinh',
      client: 'tinh',
      address: '198.51.100.7',
      profile: 'openvpn-script',
      unit: 'T01',
    });
    expect(added).toMatchObject({ prefix: '198.51.100.7/32', client: 'tinh' });
    expect(added.secret).toMatch(/^[2-9A-HJ-NP-Z]{32}$/);
    expect(await acts.settingsVersion()).toBe(version + 1);
    await settings.refresh();
    const client = settings.current().findClient('198.51.100.7');
    expect(client).toMatchObject({
      name: 'tinh',
      requireMessageAuthenticator: 'always',
      limitProxyState: true,
      gateways: [{ name: 'vpn-tinh', unitId: world.units.local, profile: { name: 'openvpn-script' } }],
    });
    const [act] = await acts.acts('gateway.add');
    expect(act?.data).toMatchObject({ gateway: 'vpn-tinh', client: 'tinh', newClient: true });
    expect(act?.text).not.toContain(added.secret);
  });

  it('may come over TLS: no address, no secret, a certificate by name or pin', async () => {
    const pin = 'AB:'.repeat(31).concat('CD');
    const hex = `${'ab'.repeat(31)}cd`;
    const over = { profile: 'generic', client: 'qua-tls' } as const;
    await expect(addGateway(deps, { ...over, name: 't1', tlsNames: '*.example.org' })).rejects.toMatchObject({
      at: '--tls-names',
    });
    await expect(addGateway(deps, { ...over, name: 't1', tlsPins: 'abcd' })).rejects.toMatchObject({
      at: '--tls-pins',
    });
    await expect(addGateway(deps, { ...over, name: 't1', tlsIssuer: pin })).rejects.toMatchObject({
      at: '--tls-issuer',
    });
    const secret = 'a-secret-of-32-characters-or-so';
    await expect(
      addGateway(deps, { ...over, name: 't1', tlsNames: 'vpn1.example.org', secret }),
    ).rejects.toMatchObject({ at: '--secret-file' });
    const added = await addGateway(deps, {
      ...over,
      name: 't1',
      tlsNames: 'VPN1.example.org, 192.0.2.7',
    });
    expect(added).toEqual({ name: 't1', client: 'qua-tls', prefix: null, secret: null });
    const facts = {
      chainFault: null,
      ownFault: null,
      dnsNames: ['vpn1.example.org'],
      ipAddresses: [],
      fingerprint: hex,
      keyFingerprint: '00'.repeat(32),
      issuers: ['11'.repeat(32)],
    };
    const find = async (over: Partial<typeof facts> = {}) =>
      (await snapshot()).current().findTlsClient({ ...facts, ...over });
    expect(await find()).toMatchObject({
      client: { name: 'qua-tls', prefix: null, requireMessageAuthenticator: 'never', secrets: [{}] },
    });
    expect(await find({ dnsNames: ['vpn2.example.org'] })).toEqual({ fault: 'name-unknown' });

    await expect(changeGateway(deps, { name: 't1', tlsIssuer: '33'.repeat(32) })).rejects.toMatchObject({
      at: '--tls-issuer',
      message: '--tls-issuer: it is the fingerprint of no authority in radius.tls.caFile.',
      remedy: expect.stringContaining('22'.repeat(32)),
    });
    await changeGateway(deps, { name: 't1', tlsIssuer: '22'.repeat(32) });
    expect(await find()).toEqual({ fault: 'issuer-not-the-clients' });
    await changeGateway(deps, { name: 't1', tlsNames: '', tlsPins: pin });
    expect(await find({ dnsNames: [] })).toMatchObject({ client: { name: 'qua-tls' } });
    expect(await find({ fingerprint: '00'.repeat(32) })).toEqual({ fault: 'name-unknown' });
    // Neither an address nor a certificate would be left; and no secret is there for datagrams.
    await expect(changeGateway(deps, { name: 't1', tlsPins: '' })).rejects.toMatchObject({
      at: '--tls-names',
    });
    await expect(changeGateway(deps, { name: 't1', address: '198.51.100.99' })).rejects.toMatchObject({
      at: '--address',
    });
    await expect(beginSecretRotation(deps, { client: 'qua-tls' })).rejects.toMatchObject({ at: 'CLIENT' });
    const [act] = await acts.acts('gateway.set');
    expect(act?.data).toMatchObject({ client: 'qua-tls', changed: 'tlsRule' });
  });

  it('may take Disconnect-Requests on its own connections once it is said so, and is to be proven anew', async () => {
    const gatewayOf = async (name: string) =>
      [...(await snapshot()).current().gateways.values()].find((one) => one.name === name);
    const seen = async () => {
      const { findDisconnectClient } = (await snapshot()).current();
      const [one, other] = [await gatewayOf('d1'), await gatewayOf('d2')];
      const isFound = [one, other].map((of) => findDisconnectClient(of?.gatewayId ?? 0) !== null);
      return [...isFound, other?.cutProvenAt];
    };
    const prove = async () => {
      const { gatewayId: id = 0 } = (await gatewayOf('d2')) ?? {};
      await noteCutProof({ store: world.store, clock }, { id, cutProvenAt: null }, true);
    };
    const over = { client: 'cut-tls', profile: 'generic' } as const;
    await expect(
      addGateway(deps, { ...over, name: 'd0', address: '198.51.100.87', tlsDisconnect: true }),
    ).rejects.toMatchObject({ at: '--tls-disconnect' });
    await addGateway(deps, { ...over, name: 'd1', tlsNames: 'd1.example.org', nasIdentifier: 'd1' });
    await expect(addGateway(deps, { ...over, name: 'd2', tlsDisconnect: true })).rejects.toMatchObject({
      at: '--tls-names',
    });
    await addGateway(deps, { ...over, name: 'd2', nasIdentifier: 'd2' });
    await prove();
    expect(await seen()).toEqual([false, false, expect.any(Number)]);
    // It is the client that takes them: for every gateway behind it.
    await changeGateway(deps, { name: 'd1', tlsDisconnect: true });
    expect(await seen()).toEqual([true, true, null]);
    await prove();
    await changeGateway(deps, { name: 'd1', tlsNames: 'd2.example.org' });
    expect(await seen()).toEqual([true, true, expect.any(Number)]);
    await changeGateway(deps, { name: 'd1', tlsDisconnect: false });
    expect(await seen()).toEqual([false, false, null]);
  });

  it('may be held to a version of RADIUS, which other changes leave alone', async () => {
    const over = { client: 'version-tls', profile: 'generic', name: 'v1' } as const;
    const rule = async () => {
      const [row] = (await world.store.read(listGatewayDetails)).filter(({ name }) => name === 'v1');
      return JSON.parse(row?.client.tlsRule ?? 'null') as unknown;
    };
    const add = (more: object) => addGateway(deps, { ...over, ...more });
    await expect(add({ address: '198.51.100.86', tlsRadiusVersions: '1.1' })).rejects.toMatchObject({
      at: '--tls-radius-versions',
    });
    await expect(add({ tlsNames: 'v1.example.org', tlsRadiusVersions: '1.2' })).rejects.toMatchObject({
      at: '--tls-radius-versions',
    });
    await add({ tlsNames: 'v1.example.org', tlsRadiusVersions: '1.1, 1.0,1.1' });
    const names = ['v1.example.org'];
    expect(await rule()).toEqual({ names, issuer: null, pins: [], radiusVersions: ['1.0', '1.1'] });
    await changeGateway(deps, { name: 'v1', tlsRadiusVersions: '1.1' });
    await changeGateway(deps, { name: 'v1', tlsDisconnect: true });
    expect(await rule()).toEqual({
      ...{ names, issuer: null, pins: [] },
      ...{ radiusVersions: ['1.1'], takesDisconnect: true },
    });
    await changeGateway(deps, { name: 'v1', tlsRadiusVersions: '', tlsDisconnect: false });
    expect(await rule()).toEqual({ names, issuer: null, pins: [] });
  });

  it('may move from datagrams to TLS, with both for a while', async () => {
    await addGateway(deps, { name: 'move', client: 'move', address: '198.51.100.88', profile: 'generic' });
    await changeGateway(deps, { name: 'move', tlsNames: 'move.example.org' });
    expect(await secretsOf('198.51.100.88')).toBe(1);
    await changeGateway(deps, { name: 'move', address: '' });
    expect(await secretsOf('198.51.100.88')).toBeUndefined();
    expect((await snapshot()).current().clients.find(({ name }) => name === 'move')?.secrets).toEqual([]);
  });

  it('may share a client when their requests tell them apart', async () => {
    const order = { client: 'chung', address: '2001:db8:0::/64', profile: 'generic' } as const;
    await addGateway(deps, {
      ...order,
      name: 'g1',
      nasIdentifier: 'g1',
      secret: 'a-secret-of-32-characters-or-so',
    });
    const second = await addGateway(deps, {
      name: 'g2',
      client: 'chung',
      profile: 'generic',
      nasIpAddress: '192.0.2.99',
    });
    expect(second).toEqual({ name: 'g2', client: 'chung', prefix: '2001:db8::/64', secret: null });
    const client = (await snapshot()).current().findClient('2001:db8::5');
    expect(client && findGateway(client, 'g1', null)?.name).toBe('g1');
    expect(client && findGateway(client, 'x', '192.0.2.99')?.name).toBe('g2');
    await expect(
      addGateway(deps, { name: 'g3', client: 'chung', profile: 'generic', nasIdentifier: 'g1' }),
    ).rejects.toThrow('The gateway g1 of this client calls itself the same');
    await expect(
      addGateway(deps, { name: 'g3', client: 'chung', profile: 'generic', address: '192.0.2.200' }),
    ).rejects.toThrow('has the address 2001:db8::/64');
    await expect(
      addGateway(deps, {
        name: 'g3',
        client: 'chung',
        profile: 'generic',
        nasIdentifier: 'g3',
        secret: 'another-secret-of-good-length',
      }),
    ).rejects.toThrow('has a secret already');
  });

  it.each([
    [{ name: 'gw-appended' }, 'a gateway gw-appended already'],
    [{ name: 'có dấu' }, "can't be the name of a gateway"],
    [{ profile: 'ocsrev' }, 'There is no profile ocsrev'],
    [{ address: '192.0.2.0/24' }, 'is the address of the client lab'],
    [{ address: '192.0.2.7/24' }, 'bits set beyond its prefix'],
    [{ address: '300.1.1.1' }, 'no address or prefix'],
    [{ address: '198.51.100.0/33' }, 'impossible prefix length'],
    [{ nasIpAddress: 'gw.example' }, 'is no address'],
    [{ secret: 'short' }, 'not 16 to 128 printable'],
    [{ unit: 'XX' }, 'There is no unit XX'],
  ])('are refused with %j, and nothing is kept', async (wrong, message) => {
    const version = await acts.settingsVersion();
    const order = { name: 'gw-new', client: 'new', address: '198.51.100.99', profile: 'generic' };
    await expect(addGateway(deps, { ...order, ...wrong })).rejects.toThrow(message);
    expect(await acts.settingsVersion()).toBe(version);
    expect((await snapshot()).current().findClient('198.51.100.99')).toBeNull();
  });

  it('of a new client need its address', async () => {
    await expect(addGateway(deps, { name: 'gw-new', client: 'new', profile: 'generic' })).rejects.toThrow(
      'its address is not given',
    );
  });

  it('are changed in profile, address and rules; never requiring Message-Authenticator needs a reason', async () => {
    await addGateway(deps, { name: 'gx', client: 'cx', address: '198.51.100.20', profile: 'generic' });
    const version = await acts.settingsVersion();
    const done = await changeGateway(deps, {
      name: 'gx',
      profile: 'ocserv',
      address: '198.51.100.21',
      nasIdentifier: 'ocserv-1',
      requestsPerSecond: 50,
    });
    expect([...done.changed].sort()).toEqual(['nasIdentifier', 'prefix', 'profile', 'requestsPerSecond']);
    expect(await acts.settingsVersion()).toBe(version + 1);
    const settings = await snapshot();
    expect(settings.current().findClient('198.51.100.20')).toBeNull();
    expect(settings.current().findClient('198.51.100.21')?.gateways).toMatchObject([
      { nasIdentifier: 'ocserv-1', requestsPerSecond: 50, profile: { name: 'ocserv' } },
    ]);

    const never = { name: 'gx', requireMessageAuthenticator: 'never' } as const;
    await expect(changeGateway(deps, never)).rejects.toMatchObject({ at: '--reason' });
    await changeGateway(deps, { ...never, reason: 'thiết bị cũ, thay trong quý 3' });
    const { gateway } = await showGateway({ store: world.store, settings, profiles }, 'gx');
    expect(gateway.client).toMatchObject({
      requireMessageAuthenticator: 'never',
      neverReason: 'thiết bị cũ, thay trong quý 3',
    });
    expect((await acts.acts('gateway.set'))[0]?.personal['reason']).toBe('thiết bị cũ, thay trong quý 3');
    await changeGateway(deps, {
      name: 'gx',
      requireMessageAuthenticator: 'always',
      nasIdentifier: '',
      requestsPerSecond: 0,
    });
    const after = (await showGateway({ store: world.store, settings, profiles }, 'gx')).gateway;
    expect(after).toMatchObject({
      nasIdentifier: null,
      requestsPerSecond: null,
      client: { neverReason: null },
    });
    await expect(changeGateway(deps, { name: 'gx', profile: 'ocserv' })).rejects.toThrow('nothing to change');
    await expect(changeGateway(deps, { name: 'gx', address: '192.0.2.0/24' })).rejects.toThrow('client lab');
    await expect(changeGateway(deps, { name: 'gxx', profile: 'ocserv' })).rejects.toMatchObject({
      remedy: 'Did you mean gx?',
    });
  });

  it('take a next secret beside the present one, then the next alone, or the former one again', async () => {
    const own = 'the-first-secret-of-this-client';
    await addGateway(deps, {
      name: 'gr',
      client: 'cr',
      address: '198.51.100.30',
      profile: 'generic',
      secret: own,
    });
    expect(await secretsOf('198.51.100.30')).toBe(1);
    const version = await acts.settingsVersion();
    const begun = await beginSecretRotation(deps, { client: 'cr' });
    expect(begun.secret).toMatch(/^[2-9A-HJ-NP-Z]{32}$/);
    expect(await acts.settingsVersion()).toBe(version + 1);
    expect(await secretsOf('198.51.100.30')).toBe(2);
    await expect(beginSecretRotation(deps, { client: 'cr' })).rejects.toThrow('under way');

    await endSecretRotation(deps, { client: 'cr', how: 'cancel' });
    expect(await secretsOf('198.51.100.30')).toBe(1);
    await expect(endSecretRotation(deps, { client: 'cr', how: 'finish' })).rejects.toThrow('No rotation');

    const given = 'the-second-secret-of-this-client';
    expect(await beginSecretRotation(deps, { client: 'cr', secret: given })).toEqual({
      client: 'cr',
      secret: null,
    });
    await endSecretRotation(deps, { client: 'cr', how: 'finish' });
    const row = (await showGateway({ store: world.store, settings: await snapshot(), profiles }, 'gr'))
      .gateway.client;
    const opened = world.keyring.open(row.sealedSecret ?? Buffer.of(), 'radius-client:cr:secret').toString();
    expect(opened).toBe(given);
    expect(row.sealedNextSecret).toBeNull();
    expect((await acts.acts('gateway.rotate-secret')).map((act) => act.detail)).toEqual([
      'finish',
      'begin',
      'cancel',
      'begin',
    ]);
    for (const act of await acts.acts('gateway.rotate-secret')) {
      for (const secret of [own, given, begun.secret, labSecret]) expect(act.text).not.toContain(secret);
    }
    await expect(beginSecretRotation(deps, { client: 'cq' })).rejects.toMatchObject({
      message: 'There is no RADIUS client cq.',
      remedy: expect.stringMatching(/^Did you mean/),
    });
  });

  it('demand the best evidence that their profile can carry, up to E2, until a policy says something else', async () => {
    const profileOf = { script: 'openvpn-script', mac: 'generic', plain: 'ocserv' };
    for (const [index, [gateway, profile]] of Object.entries(profileOf).entries()) {
      await addGateway(deps, {
        name: gateway,
        client: gateway,
        address: `198.51.100.${90 + index}`,
        profile,
      });
    }
    const evidence = async (gateway: string) => {
      const settings = await snapshot();
      const shown = await showGateway({ store: world.store, settings, profiles }, gateway);
      return [shown.policy.leastEvidence, shown.evidenceSource];
    };
    expect(await evidence('script')).toEqual([2, 'profile']);
    expect(await evidence('mac')).toEqual([1, 'profile']);
    expect(await evidence('plain')).toEqual([0, 'profile']);
    await world.setPolicy('organisation', { leastEvidence: 1 });
    expect(await evidence('plain')).toEqual([1, 'organisation']);
    const { gateway } = await showGateway(
      { store: world.store, settings: await snapshot(), profiles },
      'script',
    );
    await world.setPolicy(`gateway:${gateway.id}`, { leastEvidence: 0 });
    expect(await evidence('script')).toEqual([0, 'gateway']);
    await world.setPolicy('organisation', {});
  });

  it('are removed with their policy, and the last one with its client, but not under sessions that may be up', async () => {
    const account = await world.addAccount();
    const added = await addGateway(deps, {
      name: 'gz',
      client: 'cz',
      address: '198.51.100.40',
      profile: 'generic',
    });
    expect(added.secret).not.toBeNull();
    const { gateway } = await showGateway({ store: world.store, settings: await snapshot(), profiles }, 'gz');
    await world.setPolicy(`gateway:${gateway.id}`, { leastEvidence: 0 });
    expect(await acts.decide(account, { gatewayId: gateway.id })).toBe('accept');
    await expect(removeGateway(deps, { name: 'gz', forgetSessions: false })).rejects.toThrow(
      '1 sessions of gz may be up',
    );
    const done = await removeGateway(deps, { name: 'gz', forgetSessions: true });
    expect(done).toEqual({ name: 'gz', clientRemoved: 'cz' });
    const current = (await snapshot()).current();
    expect(current.findClient('198.51.100.40')).toBeNull();
    clock.advance(60_000);
    expect(await acts.decide(account, { gatewayId: gateway.id })).toBe('gateway-not-allowed');
    expect((await removeGateway(deps, { name: 'gw-code', forgetSessions: false })).clientRemoved).toBeNull();
    expect((await snapshot()).current().findClient('192.0.2.1')?.name).toBe('lab');
  });
});
