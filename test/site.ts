// A data directory with a small organisation in it, and what a gateway of it needs to log in.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash } from '@node-rs/argon2';
import { eq } from 'drizzle-orm';
import { type AppDeps, openServices, type Services } from '../src/app.ts';
import { systemClock } from '../src/base/clock.ts';
import { systemRandom } from '../src/base/random.ts';
import { type ExchangeOptions, sendAccessRequest } from '../src/cli/radius-exchange.ts';
import type { Endpoint } from '../src/config/endpoint.ts';
import { type Config, loadConfig } from '../src/config/load.ts';
import { encodeBase32, hotp, type OtpParameters, seedKey, timeStepAt } from '../src/core/otp.ts';
import { contextOf } from '../src/services/secrets/keyring.ts';
import { bumpSettingsVersion } from '../src/store/queries/settings.ts';
import type { Store } from '../src/store/store.ts';
import type { Db } from '../src/store/tables.ts';
import { parseAttributeText } from '../src/wire/radius/dictionary.ts';
import { createSecret } from '../src/wire/radius/secret.ts';
import { type CapturedLog, captureLog } from './services/captured-log.ts';
import type { CreateTestDatabase } from './store/each-store.ts';

export const secretText = 'a shared secret of the site';
export const password = 'con ga ben hien nha cu';
const mac = '02:10:a4:23:19:01';
const day = 86_400_000;
const parameters: OtpParameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 };

export interface Site {
  readonly directory: string;
  readonly config: Config;
  readonly env: Readonly<Record<string, string>>;
  readonly log: CapturedLog;
  readonly deps: AppDeps;
  /** The seed of every account's app. */
  readonly seed: Buffer;
  readonly seedFile: string;
  readonly secretFile: string;
  /** The code that a phone shows, `steps` from now. */
  code(steps?: number): string;
  remove(): void;
}

/** An empty site: ports are chosen by the system, nothing is opened. `more` are further settings by variable. */
export function createSite(more: Readonly<Record<string, string>> = {}): Site {
  const directory = mkdtempSync(join(tmpdir(), 'gatewarden-site-'));
  const env = {
    GATEWARDEN_DATA_DIR: join(directory, 'var'),
    GATEWARDEN_NODE: 'test-node',
    GATEWARDEN_RADIUS_LISTEN: '127.0.0.1:0',
    GATEWARDEN_RADIUS_REJECT_DELAY_MS: '0',
    GATEWARDEN_RADIUS_RECEIVE_BUFFER_BYTES: '100000',
    GATEWARDEN_HTTP_LISTEN: '127.0.0.1:0',
    GATEWARDEN_CONSOLE_LISTEN: '127.0.0.1:0',
    GATEWARDEN_PORTAL_LISTEN: '127.0.0.1:0',
    GATEWARDEN_LOG_LEVEL: 'error',
    ...more,
  };
  const log = captureLog();
  const seed = systemRandom.bytes(20);
  const seedFile = join(directory, 'seed');
  const secretFile = join(directory, 'secret');
  writeFileSync(seedFile, `${encodeBase32(seed)}\n`, { mode: 0o600 });
  writeFileSync(secretFile, `${secretText}\n`, { mode: 0o600 });
  return {
    directory,
    config: loadConfig({ file: null, env, workingDirectory: directory, hostName: 'test' }),
    env,
    log,
    deps: { clock: systemClock, random: systemRandom, log },
    seed,
    seedFile,
    secretFile,
    code: (steps = 0) => hotp(seedKey(seed), timeStepAt(systemClock.now(), 30) + steps, parameters),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** An empty site whose store is a fresh database of this kind. */
export async function createSiteOn(
  dialect: Store['dialect'],
  createDatabase: CreateTestDatabase,
): Promise<Site> {
  const target = dialect === 'postgresql' ? await createDatabase() : null;
  return createSite(
    target?.dialect === 'postgresql'
      ? { GATEWARDEN_STORE_DIALECT: 'postgresql', GATEWARDEN_STORE_URL: target.url }
      : {},
  );
}

async function insertId(rows: Promise<{ id: number }[]>): Promise<number> {
  const [row] = await rows;
  if (row === undefined) throw new Error('nothing was inserted');
  return row.id;
}

async function insertAccount(
  db: Db,
  services: Services,
  given: { userName: string; unitId: number; phc: string; seed: Buffer; validUntil: number },
): Promise<void> {
  const t = db.tables;
  const now = services.clock.now();
  const { userName, unitId } = given;
  const personId = await insertId(
    db
      .insert(t.people)
      .values({
        staffCode: userName,
        fullName: 'Nguyễn Văn A',
        nameSearchKey: 'nguyen van a',
        nameSortKey: 'a nguyen van',
        kind: 'civil-servant',
        unitId,
        createdAt: now,
      })
      .returning({ id: t.people.id }),
  );
  await db.insert(t.employmentEvents).values({
    personId,
    kind: 'hired',
    effectiveAt: now - 1000 * day,
    source: 'test',
    sourceKey: userName,
    recordedAt: now,
  });
  const accountId = await insertId(
    db
      .insert(t.accounts)
      .values({
        userName,
        personId,
        status: 'active',
        validFrom: now - 30 * day,
        validUntil: given.validUntil,
        passwordPhc: given.phc,
        createdAt: now,
        updatedAt: now,
      })
      .returning({ id: t.accounts.id }),
  );
  const assignmentId = await insertId(
    db
      .insert(t.assignments)
      .values({
        documentNumber: `${userName}/QĐ`,
        documentDate: now - 60 * day,
        signatory: 'Trần Thị B',
        purpose: 'Tra cứu',
        dataScope: 'Hồ sơ',
        unitId,
        validFrom: now - 60 * day,
      })
      .returning({ id: t.assignments.id }),
  );
  await db.insert(t.accountAssignments).values({ accountId, assignmentId });
  const workstationId = await insertId(
    db
      .insert(t.workstations)
      .values({ assetTag: `MT-${userName}`, name: userName, kind: 'shared', state: 'active', unitId })
      .returning({ id: t.workstations.id }),
  );
  await db
    .insert(t.workstationIdentifiers)
    .values({ workstationId, identifier: `mac:${mac.replaceAll(':', '')}` });
  await db
    .insert(t.accountWorkstations)
    .values({ accountId, workstationId, validFrom: now - 30 * day, kind: 'permanent' });
  await db.insert(t.authenticators).values({
    accountId,
    kind: 'app',
    state: 'active',
    ...parameters,
    sealedSeed: services.keyring.seal(given.seed, contextOf.seed(accountId)),
    createdAt: now,
  });
}

/** Opens the site's store and puts an organisation in: accounts `lan` (good) and `het.han` (expired); gateways `gw` and `gw-challenge`. */
export async function populate(site: Site): Promise<void> {
  const services = await openServices(site.config, site.deps);
  const now = services.clock.now();
  const phc = await hash(password, { memoryCost: 1024, timeCost: 1, parallelism: 1 });
  await services.store.write(async (db) => {
    const t = db.tables;
    const unitId = await insertId(
      db
        .insert(t.units)
        .values({ code: 'TW', name: 'Trung ương', nameSearchKey: 'trung uong' })
        .returning({ id: t.units.id }),
    );
    await db
      .update(t.units)
      .set({ path: `/${unitId}/` })
      .where(eq(t.units.id, unitId));
    const account = { unitId, phc, seed: site.seed };
    await insertAccount(db, services, { ...account, userName: 'lan', validUntil: now + 30 * day });
    await insertAccount(db, services, { ...account, userName: 'het.han', validUntil: now - day });
    const clientId = await insertId(
      db
        .insert(t.radiusClients)
        .values({
          name: 'loopback',
          prefix: '127.0.0.1/32',
          sealedSecret: services.keyring.seal(Buffer.from(secretText), contextOf.clientSecret('loopback')),
          requireMessageAuthenticator: 'always',
          createdAt: now,
        })
        .returning({ id: t.radiusClients.id }),
    );
    const gateway = { clientId, createdAt: now };
    await db.insert(t.gateways).values([
      { ...gateway, name: 'gw', profile: 'generic' },
      {
        ...gateway,
        name: 'gw-challenge',
        nasIdentifier: 'gw-challenge',
        profile: 'generic',
        profileOverrides: '{"credentials":{"style":"challenge"}}',
      },
    ]);
    await bumpSettingsVersion(db);
  });
  await services.close();
}

/** One login as gateway `gw` sends it: password and code in one. */
export function login(
  server: Endpoint,
  typed: string,
  userName = 'lan',
  more: readonly string[] = [],
  timeoutMs = 10_000,
) {
  const options: ExchangeOptions = {
    server,
    secret: createSecret(Buffer.from(secretText)),
    clock: systemClock,
    random: systemRandom,
    timeoutMs,
    retries: 0,
    messageAuthenticator: true,
  };
  const attributes = [`Calling-Station-Id=${mac}`, ...more].map((attribute) => {
    const [name = '', value = ''] = attribute.split('=');
    return parseAttributeText(name, value);
  });
  return sendAccessRequest(options, { userName, password: typed, attributes });
}
