// Databases that released versions have written are brought up to date, open with their keys, and their logs verify.
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { JWK } from 'jose';
import pg from 'pg';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { openServices, type Services } from '../../src/app.ts';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { loadConfig } from '../../src/config/load.ts';
import { contextOf } from '../../src/services/secrets/keyring.ts';
import { readAudit } from '../../src/store/audit/read.ts';
import { verifyAudit } from '../../src/store/audit/verify.ts';
import { createEmptyPostgresqlDatabase } from './each-store.ts';
import { silentLog } from './silent-log.ts';

interface About {
  readonly accounts: number;
  readonly decisions: number;
  readonly jws: string;
  readonly publicKey: JWK;
  readonly suspended: string;
}

const folder = join(import.meta.dirname, 'fixtures-of-releases');
const later = (cleanup: () => unknown) => onTestFinished(async () => void (await cleanup()));

async function open(release: string, dialect: string, env: Record<string, string>): Promise<Services> {
  const directory = mkdtempSync(join(tmpdir(), 'gatewarden-release-'));
  later(() => rmSync(directory, { recursive: true, force: true }));
  const key = join(directory, 'key');
  writeFileSync(key, readFileSync(join(folder, release, `${dialect}.key`)), { mode: 0o600 });
  chmodSync(key, 0o600);
  if (dialect === 'sqlite') {
    const octets = gunzipSync(readFileSync(join(folder, release, 'sqlite.db.gz')));
    writeFileSync(join(directory, 'gatewarden.sqlite'), octets, { mode: 0o600 });
  }
  const config = loadConfig({
    file: null,
    env: { GATEWARDEN_DATA_DIR: directory, GATEWARDEN_KEYS_FILE: key, ...env },
    workingDirectory: directory,
    hostName: 'test',
  });
  const services = await openServices(config, { clock: systemClock, random: systemRandom, log: silentLog });
  later(() => services.close());
  return services;
}

async function check(services: Services, about: About): Promise<void> {
  const { store, keyring } = services;
  const verification = await verifyAudit(readAudit(store), {
    checkpoints: [about.jws],
    keys: [about.publicKey],
  });
  expect(verification).toMatchObject({ sound: true, first: null, checkpoints: 1 });
  expect(verification.provenUntil).not.toBeNull();
  const { accounts, authenticators, audit } = await store.read(async (db) => ({
    accounts: await db.select().from(db.tables.accounts),
    authenticators: await db.select().from(db.tables.authenticators),
    audit: await db.select({ kind: db.tables.audit.kind }).from(db.tables.audit),
  }));
  expect(accounts).toHaveLength(about.accounts);
  expect(audit.filter(({ kind }) => kind === 'decision')).toHaveLength(about.decisions);
  for (const { accountId, sealedSeed } of authenticators) {
    expect(keyring.open(sealedSeed, contextOf.seed(accountId))).toHaveLength(20);
  }
  const facts = await store.decisions.loadFacts({ userName: about.suspended, observedKeys: [] });
  expect(facts.account?.suspension).toMatchObject({ detail: 'by-unit' });
}

function aboutOf(release: string, dialect: string): About {
  return JSON.parse(readFileSync(join(folder, release, `${dialect}.json`), 'utf8')) as About;
}

describe.each(readdirSync(folder))('a database of version %s', (release) => {
  it('on SQLite is brought up to date and verifies', async () => {
    await check(await open(release, 'sqlite', {}), aboutOf(release, 'sqlite'));
  });

  it.skipIf(inject('postgresqlUrl') === null)(
    'on PostgreSQL is brought up to date and verifies',
    async () => {
      const url = await createEmptyPostgresqlDatabase(inject('postgresqlUrl') ?? '', later);
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query(
        gunzipSync(readFileSync(join(folder, release, 'postgresql.sql.gz'))).toString('utf8'),
      );
      await client.end();
      const env = { GATEWARDEN_STORE_DIALECT: 'postgresql', GATEWARDEN_STORE_URL: url };
      await check(await open(release, 'postgresql', env), aboutOf(release, 'postgresql'));
    },
  );
});
