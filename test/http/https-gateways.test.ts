import { afterAll, beforeAll, expect, it } from 'vitest';
import { findToken } from '../../src/services/web/api-tokens.ts';
import { monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Browser, type ConsoleSite, createConsoleSite } from './console-site.ts';

describeOnEachStore('gateways over HTTPS in the console', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;
  let central: Browser;
  let auditor: Browser;
  const pin = 'ab'.repeat(32);

  const detail = async (browser = central) => (await browser.send('GET', '/api/v1/gateways/vpn-1')).json();
  const known = (token: string) => findToken({ store: site.world.store, clock }, token);

  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
    central = await site.signIn(await site.addOperator([{ role: 'central-administrator', unitId: null }]));
    auditor = await site.signIn(await site.addOperator([{ role: 'auditor', unitId: null }]));
  });
  afterAll(() => site.close());

  it('are declared without an address and a secret, with a token that is shown once', async () => {
    const profiles = (await central.send('GET', '/api/v1/gateway-profiles')).json().items;
    const http = profiles.filter((one: { http: boolean }) => one.http);
    expect(http.map(({ name }: { name: string }) => name)).toContain('openvpn-script');
    const body = { name: 'vpn-1', profile: 'openvpn-script' };
    expect((await auditor.send('POST', '/api/v1/gateways', body)).statusCode).toBe(403);
    const made = await central.send('POST', '/api/v1/gateways', body);
    expect(made.statusCode).toBe(201);
    const { secret, token } = made.json();
    expect(secret).toBeNull();
    expect(await known(token.token)).toMatchObject({ scopes: ['decisions'], name: 'vpn-1' });
    const shown = await detail();
    expect(shown.http).toMatchObject({ port: 8083, pins: [], names: [], tokens: [{ id: token.id }] });
    expect(JSON.stringify(shown)).not.toContain(token.token);
    // A product that asks by RADIUS has no such thing, and needs an address.
    const radius = await central.send('POST', '/api/v1/gateways', { name: 'vpn-2', profile: 'generic' });
    expect([radius.statusCode, radius.json().errors[0].field]).toEqual([422, 'address']);
  });

  it('and products are described in the language asked for', async () => {
    const titles = async (language: string) => {
      const { items } = (
        await central.send('GET', '/api/v1/gateway-profiles', undefined, { 'accept-language': language })
      ).json();
      return items.find(({ name }: { name: string }) => name === 'openvpn-script').title;
    };
    expect(await titles('vi')).toBe('OpenVPN dùng script của Gatewarden');
    expect(await titles('en')).toBe('OpenVPN with the Gatewarden script');
  });

  it('get a new token beside the former, which is then revoked; another gateway’s is out of reach', async () => {
    const [former] = (await detail()).http.tokens;
    const made = await central.send('POST', '/api/v1/gateways/vpn-1/tokens', { days: 30 });
    expect(made.statusCode).toBe(201);
    expect(made.json().expiresAt).toBe(clock.now() + 30 * 86_400_000);
    expect((await auditor.send('POST', '/api/v1/gateways/vpn-1/tokens', { days: 30 })).statusCode).toBe(403);
    expect((await central.send('POST', '/api/v1/gateways/vpn-1/tokens', { days: 400 })).statusCode).toBe(400);
    const ids = async () => (await detail()).http.tokens.map(({ id }: { id: number }) => id);
    expect(await ids()).toEqual([made.json().id, former.id]);
    await central.send('POST', '/api/v1/gateways', { name: 'vpn-9', profile: 'openvpn-script' });
    const foreign = await central.send('DELETE', `/api/v1/gateways/vpn-9/tokens/${former.id}`);
    expect(foreign.statusCode).toBe(404);
    expect((await central.send('DELETE', `/api/v1/gateways/vpn-1/tokens/${former.id}`)).statusCode).toBe(204);
    expect(await ids()).toEqual([made.json().id]);
    expect(await known(made.json().token)).not.toBeNull();
    clock.advance(31 * 86_400_000);
    central = await site.signIn(await site.addOperator([{ role: 'central-administrator', unitId: null }]));
    expect(await ids()).toEqual([]);
  });

  it('are pinned to a client certificate, and freed of it', async () => {
    const put = (body: object) => central.change('PUT', '/api/v1/gateways/vpn-1/certificates', body);
    const wrong = await put({ pins: 'not a digest' });
    expect([wrong.statusCode, wrong.json().errors[0].field]).toEqual([422, 'httpPins']);
    expect((await put({ pins: pin, names: 'vpn1.example.org' })).statusCode).toBe(204);
    expect((await detail()).http).toMatchObject({ pins: [pin], names: ['vpn1.example.org'] });
    expect((await put({ pins: '', names: '' })).statusCode).toBe(204);
    expect((await detail()).http).toMatchObject({ pins: [], names: [] });
    const made = await central.send('POST', '/api/v1/gateways', {
      name: 'vpn-3',
      profile: 'openvpn-script',
      certificates: { pins: pin },
    });
    expect(made.statusCode).toBe(201);
    const { http } = (await central.send('GET', '/api/v1/gateways/vpn-3')).json();
    expect(http.pins).toEqual([pin]);
  });
});
