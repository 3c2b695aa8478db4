// Where a gateway is told to end sessions: its own address, port and secret, kept sealed like every other.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openServices, type Services } from '../../../src/app.ts';
import { changeGateway } from '../../../src/services/gateways/gateways.ts';
import { resealAll } from '../../../src/services/secrets/rotation.ts';
import { openSettings } from '../../../src/services/settings/settings.ts';
import { findGatewayDetails } from '../../../src/store/queries/gateway-changes.ts';
import { zeroAuthenticator } from '../../../src/wire/radius/authenticator.ts';
import { createSecret } from '../../../src/wire/radius/secret.ts';
import { createSite, populate, type Site, secretText } from '../../site.ts';
import { findProfile } from '../profiles.ts';

let site: Site;
let services: Services;

beforeEach(async () => {
  site = createSite();
  await populate(site);
  services = await openServices(site.config, site.deps);
});
afterEach(async () => {
  await services.close();
  site.remove();
});

const packet = Buffer.alloc(20);
const signs = (text: string) => createSecret(Buffer.from(text)).digestOfPacket(packet, zeroAuthenticator);

async function target() {
  const snapshot = (await openSettings({ ...services, findProfile })).current();
  const gateway = [...snapshot.gateways.values()].find(({ name }) => name === 'gw');
  const found = snapshot.findCoaTarget(gateway?.gatewayId ?? 0);
  const signature = found?.secrets[0]?.digestOfPacket(packet, zeroAuthenticator);
  return { host: found?.host, port: found?.port, signature };
}

function change(set: { coaAddress?: string; coaPort?: number; coaSecret?: string }) {
  const by = { name: 'test', via: 'command line' } as const;
  return changeGateway(
    { ...services, by, profiles: new Map(), tlsAuthorities: () => null },
    { name: 'gw', ...set },
  );
}

it('is where its packets come from, with the client’s secret, until it is said otherwise', async () => {
  expect(await target()).toEqual({ host: '127.0.0.1', port: null, signature: signs(secretText) });
  await change({ coaAddress: '192.0.2.9', coaPort: 1700, coaSecret: 'a secret of its own, long' });
  const own = { host: '192.0.2.9', port: 1700, signature: signs('a secret of its own, long') };
  expect(await target()).toEqual(own);
  await resealAll({ ...services });
  expect(await target()).toEqual(own);
  await change({ coaAddress: '', coaPort: 0, coaSecret: '' });
  expect(await target()).toEqual({ host: '127.0.0.1', port: null, signature: signs(secretText) });
});

it('is refused when it is no address or the secret is too short, and the secret is nowhere in clear', async () => {
  await expect(change({ coaAddress: 'gateway.example' })).rejects.toThrow('--coa-address');
  await expect(change({ coaSecret: 'short' })).rejects.toThrow('--coa-secret-file');
  await change({ coaSecret: 'a secret of its own, long' });
  const row = await services.store.read((db) => findGatewayDetails(db, 'gw'));
  expect(row?.sealedCoaSecret?.includes('a secret of its own')).toBe(false);
  const records = await services.store.read((db) => db.select().from(db.tables.audit));
  expect(records.some(({ body }) => body.includes('a secret of its own'))).toBe(false);
});
