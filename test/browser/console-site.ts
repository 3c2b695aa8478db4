// A real broker with the sample organisation and its console, for browsers; and people who operate it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cookie, Page } from 'playwright-core';
import { createApp, openServices, type Services } from '../../src/app.ts';
import { systemClock } from '../../src/base/clock.ts';
import { sendAccessRequest } from '../../src/cli/radius-exchange.ts';
import { sampleRequest } from '../../src/cli/sample-login.ts';
import { importFile } from '../../src/cli/sample-site.ts';
import type { Config } from '../../src/config/load.ts';
import { decodeBase32, hotp, seedKey, timeStepAt } from '../../src/core/otp.ts';
import { createFirstLink } from '../../src/services/operators/enrolment.ts';
import { fileRequest } from '../../src/services/requests/file.ts';
import { markSample } from '../../src/services/sample.ts';
import { createSampleOrganisation, type SampleLogin } from '../../src/services/sample-organisation.ts';
import { listDecisionPage } from '../../src/store/queries/decision-list.ts';
import { parseAttributeText } from '../../src/wire/radius/dictionary.ts';
import { createSecret } from '../../src/wire/radius/secret.ts';
import { createSite, populate, type Site } from '../site.ts';

export const operatorPassword = 'bay con ngua go xanh';

export interface ConsoleSite {
  readonly site: Site;
  readonly services: Services;
  /** Where the console is, as browsers spell it. */
  readonly origin: string;
  /** The path of the one-time link for the first operator. */
  readonly firstLink: string;
  readonly logins: readonly SampleLogin[];
  readonly radiusSecret: string;
  /** Of the first operator, once enrolled. */
  secret: string | null;
  session: readonly Cookie[] | null;
  stop(): Promise<void>;
}

/** Starts a broker: with the invented organisation of the trial, the few accounts of test/site.ts, or nothing. */
export async function startConsoleSite(
  content: 'sample' | 'small' | 'empty',
  prepare: (services: Services) => Promise<void> = async () => {},
  more: Partial<Config> = {},
): Promise<ConsoleSite> {
  const site = createSite();
  const organisation = createSampleOrganisation(systemClock.now(), site.deps.random);
  if (content === 'small') await populate(site);
  const opened = await openServices(site.config, site.deps);
  if (content === 'sample') {
    const file = join(site.directory, 'organisation.json');
    writeFileSync(file, JSON.stringify(organisation.file), { mode: 0o600 });
    await importFile(opened, { name: 'test', via: 'command line' }, file);
    await markSample(opened.store, organisation.file);
  }
  await prepare(opened);
  const link = await createFirstLink(opened);
  await opened.close();
  if (link === null) throw new Error('there is an operator already');
  const gatewayHttp = { listen: { host: '127.0.0.1', port: 0 }, tls: null };
  const app = createApp({ ...site.config, gatewayHttp, ...more }, site.deps);
  const services = await app.start();
  const port = services.broker?.consoleEndpoint.port;
  return {
    site,
    services,
    origin: `http://localhost:${port}`,
    firstLink: `/enrol#${link.token}`,
    logins: organisation.logins,
    radiusSecret: organisation.radiusSecret,
    secret: null,
    session: null,
    async stop() {
      await app.stop();
      site.remove();
    },
  };
}

/** The code that an app with this key shows, `steps` from now. */
export function codeOf(secret: string, steps = 0): string {
  const step = timeStepAt(systemClock.now(), 30) + steps;
  return hotp(seedKey(decodeBase32(secret)), step, { algorithm: 'SHA1', digits: 6, periodSeconds: 30 });
}

/** Enrols the first operator as a person would; the site keeps the session and the key of their app. */
export async function enrolFirst(page: Page, site: ConsoleSite): Promise<void> {
  await page.goto(site.firstLink);
  const isVietnamese = (await page.evaluate('document.documentElement.lang')) === 'vi';
  const label = (vi: string, en: string) => (isVietnamese ? vi : en);
  await page.getByLabel(label('Họ và tên', 'Full name')).fill('Phạm Thị Hòa');
  await page.getByLabel(label('Mã CCVC', 'Staff code')).fill('QT00001');
  await page.getByLabel(label('Tên đăng nhập', 'User name')).fill('hoa.pham');
  const unitName = page.getByLabel(label('Tên cơ quan', 'Name of the organisation'));
  if (await unitName.isVisible()) {
    await unitName.fill('Cơ quan thử');
    await page.getByLabel(label('Mã cơ quan', 'Code of the organisation')).fill('TW');
  }
  await page.locator('input[type=password]').fill(operatorPassword);
  await page.getByRole('button', { name: label('Tiếp tục', 'Continue') }).click();
  const secret = await page.locator('code').first().textContent();
  await page.locator('input[autocomplete=one-time-code]').fill(codeOf(secret ?? ''));
  await page.getByRole('button', { name: label('Hoàn tất', 'Finish') }).click();
  await page.getByRole('heading', { level: 1, name: label('Tổng quan', 'Overview') }).waitFor();
  site.secret = secret ?? '';
  site.session = await page.context().cookies();
}

/** One login over RADIUS, password and code in one; the code of the answer. */
export async function sendLogin(
  { services, site }: ConsoleSite,
  login: {
    readonly secret: string;
    readonly userName: string;
    readonly typed: string;
    readonly attributes: readonly string[];
  },
): Promise<number | undefined> {
  const [server] = services.broker?.radiusEndpoints ?? [];
  if (server === undefined) throw new Error('no broker');
  const reply = await sendAccessRequest(
    {
      server,
      secret: createSecret(Buffer.from(login.secret)),
      clock: systemClock,
      random: site.deps.random,
      timeoutMs: 10_000,
      retries: 0,
      messageAuthenticator: true,
    },
    {
      userName: login.userName,
      password: login.typed,
      attributes: login.attributes.map((attribute) => {
        const [name = '', value = ''] = attribute.split(/=(.*)/s);
        return parseAttributeText(name, value);
      }),
    },
  );
  return reply.packet?.code;
}

/** Logins of the sample, so that lists have something to show: some let in, some denied. */
export async function tryLogins(site: ConsoleSite): Promise<void> {
  for (const login of site.logins) {
    const code = login.seed === null ? '000000' : codeOf(login.seed);
    await sendLogin(site, {
      secret: site.radiusSecret,
      userName: login.userName,
      typed: `${login.password ?? 'khong-co'}${code}`,
      attributes: sampleRequest(login).attributes,
    });
  }
}

/** Something to decide: an extension and an unlocking that holders of the sample ask for. */
export async function fileRequests({ services }: ConsoleSite): Promise<void> {
  const by = { name: 'test', via: 'portal' } as const;
  const deps = { ...services, by, filer: { personId: null } };
  const reason = 'Đã xác minh với đơn vị';
  await fileRequest(deps, { accountId: 2, kind: 'unlock', terms: {}, reason });
  await fileRequest(deps, { accountId: 3, kind: 'unlock', terms: {}, reason, documentNumber: '21/ĐN-SL' });
}

/** Every page of the console that the sample fills, by its picture's name. */
export async function consolePages(
  site: ConsoleSite,
): Promise<readonly { readonly file: string; readonly path: string }[]> {
  const decision = await site.services.store.read((db) =>
    listDecisionPage(db, {
      within: 'everywhere',
      outcome: 'deny',
      reason: null,
      accountId: null,
      gatewayId: null,
      since: null,
      before: null,
      after: null,
      limit: 1,
    }),
  );
  const [first] = decision;
  return [
    { file: 'overview', path: '/' },
    { file: 'tasks', path: '/tasks' },
    { file: 'accounts', path: '/accounts' },
    { file: 'account', path: '/accounts/1' },
    { file: 'account-new', path: '/accounts/new?person=1' },
    { file: 'people', path: '/people' },
    { file: 'person', path: '/people/1' },
    { file: 'assignments', path: '/assignments' },
    { file: 'assignment', path: '/assignments/1' },
    { file: 'workstations', path: '/workstations' },
    { file: 'hardware-tokens', path: '/hardware-tokens' },
    { file: 'rollout', path: '/rollout' },
    { file: 'rollout-unit', path: '/rollout?unit=1' },
    { file: 'sessions', path: '/sessions' },
    { file: 'attempts', path: '/attempts' },
    ...(first === undefined ? [] : [{ file: 'attempt', path: `/attempts/${first.chain}:${first.seq}` }]),
    { file: 'what-if', path: '/what-if' },
    { file: 'events', path: '/events' },
    { file: 'sources', path: '/sources' },
    { file: 'imports', path: '/imports' },
    { file: 'alerts', path: '/alerts' },
    { file: 'audit', path: '/audit' },
    { file: 'gateways', path: '/gateways' },
    { file: 'gateway', path: '/gateways/cong-chung' },
    { file: 'gateway-new', path: '/gateways/new' },
    { file: 'units', path: '/units' },
    { file: 'policies', path: '/policies' },
    { file: 'policy', path: '/policies/organisation' },
    { file: 'calendar', path: '/calendar' },
    { file: 'organisation', path: '/organisation' },
    { file: 'delegations', path: '/delegations' },
    { file: 'health', path: '/health' },
    { file: 'operators', path: '/operators' },
    { file: 'tokens', path: '/tokens' },
    { file: 'me', path: '/me' },
    { file: 'not-found', path: '/khong-co' },
  ];
}
