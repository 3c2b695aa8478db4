// What the doctor says of the organisation's OpenID Connect provider, from asking a real one.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import type { OidcConfig } from '../../../src/config/oidc.ts';
import type { WebConfig } from '../../../src/config/web.ts';
import { examineOidc } from '../../../src/services/doctor/oidc.ts';
import { examineOidcProvider } from '../../../src/services/operators/oidc/provider.ts';
import { type PlayedProvider, playProvider } from '../../http/played-provider.ts';
import { silentLog } from '../../store/silent-log.ts';

const site: WebConfig = {
  listen: { host: '127.0.0.1', port: 8081 },
  hostName: 'console.example.org',
  tls: null,
  trustedProxies: ['127.0.0.1'],
};
let provider: PlayedProvider;
let directory: string;

beforeAll(async () => {
  provider = await playProvider(['https://console.example.org/api/v1/sign-in/oidc/callback']);
  directory = mkdtempSync(join(tmpdir(), 'gatewarden-oidc-'));
});
afterAll(async () => {
  await provider.close();
  rmSync(directory, { recursive: true });
});
beforeEach(() => {
  provider.onDiscovery = null;
});

async function examine(config: OidcConfig, breakGlass = 1) {
  const report = await examineOidcProvider(config, { clock: systemClock, log: silentLog });
  return examineOidc({ config, site, report, breakGlass });
}
const states = (findings: Awaited<ReturnType<typeof examine>>) =>
  findings.map(({ check, state }) => `${check} ${state}`);

it('finds all well, and says what to register', async () => {
  const findings = await examine(provider.config());
  expect(states(findings)).toEqual(['oidc ok', 'oidc-redirect ok', 'oidc-break-glass ok']);
  expect(findings[0]?.what.en).toBe(`${provider.issuer} answers: 1 key, RS256.`);
  expect(findings[1]?.what.en).toContain('https://console.example.org/api/v1/sign-in/oidc/callback');
});

it('warns when nobody could come in without the provider', async () => {
  const [, , allowed] = await examine(provider.config(), 0);
  const [, , refused] = await examine(provider.config({ passwordSignIn: 'refused' }), 0);
  expect([allowed?.state, refused?.state]).toEqual(['warn', 'warn']);
  expect(refused?.why?.en).toContain('their passwords stay in use');
});

it('names a provider that does not answer', async () => {
  const [found] = await examine(provider.config({ issuer: 'http://127.0.0.1:1' }));
  expect(found).toMatchObject({ check: 'oidc', state: 'fault' });
  expect(found?.what.en).toContain('http://127.0.0.1:1 does not answer as a provider');
});

it.each([
  ['another issuer', { issuer: 'https://other.example' }, 'calls itself https://other.example'],
  ['no algorithm that is taken', { id_token_signing_alg_values_supported: ['HS256'] }, 'signs by HS256 only'],
  ['an address in plain HTTP', { token_endpoint: 'http://other.example/token' }, 'token_endpoint'],
  ['no keys', { jwks_uri: 'http://127.0.0.1:1/jwks' }, 'jwks_uri'],
])('names %s', async (_what, change, words) => {
  provider.onDiscovery = (body) => ({ ...body, ...change });
  const [found] = await examine(provider.config());
  expect([found?.check, found?.state]).toEqual(['oidc', 'fault']);
  expect(found?.what.en).toContain(words);
});

it('names an issuer with a slash too many', async () => {
  provider.onDiscovery = (body) => ({ ...body, issuer: `${provider.issuer}/` });
  const [found] = await examine(provider.config());
  expect(found?.what.en).toContain(`calls itself ${provider.issuer}/,`);
});

it('warns of a provider that does not name itself', async () => {
  provider.onDiscovery = ({ authorization_response_iss_parameter_supported: _, ...body }) => body;
  expect(states(await examine(provider.config()))).toContain('oidc-issuer-parameter warn');
});

it('names a secret that cannot be read, or is none, and never shows it', async () => {
  const file = join(directory, 'secret');
  const [missing] = await examine(provider.config({ secret: { file } }));
  expect(missing?.what.en).toContain(`${file} cannot be read (ENOENT)`);
  writeFileSync(file, 'two words\n');
  const [wrong] = await examine(provider.config({ secret: { file } }));
  expect(wrong?.what.en).toContain(`${file} holds no secret`);
  expect(JSON.stringify(wrong)).not.toContain('two words');
});
