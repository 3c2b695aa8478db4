// A data directory that holds the sample organisation: made once, kept from then on.

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Services } from '../app.ts';
import type { Administrator } from '../services/administration.ts';
import { importOrganisation } from '../services/organisation/import.ts';
import { createPasswords } from '../services/passwords/passwords.ts';
import { readProfiles } from '../services/profiles.ts';
import { isSampleIn, markSample } from '../services/sample.ts';
import { createSampleOrganisation, type SampleLogin } from '../services/sample-organisation.ts';
import { readTlsAuthorities } from '../services/tls/material.ts';
import { listAccounts } from '../store/queries/account-list.ts';
import { type Credentials, type CredentialsEntry, writeCredentials } from './credentials-file.ts';
import { sampleRequest } from './sample-login.ts';

export interface SampleFiles {
  readonly directory: string;
  /** What was imported; holds passwords and seeds. */
  readonly organisation: string;
  /** For `probe --credentials`. */
  readonly credentials: string;
  /** Logins of the sample as JSON. */
  readonly logins: string;
  /** There once the import was finished. */
  readonly done: string;
}

export function sampleFiles(dataDir: string): SampleFiles {
  const directory = join(dataDir, 'sample');
  return {
    directory,
    organisation: join(directory, 'organisation.json'),
    credentials: join(directory, 'credentials'),
    logins: join(directory, 'logins.json'),
    done: join(directory, 'imported'),
  };
}

function writePrivately(path: string, content: string): void {
  writeFileSync(path, content, { mode: 0o600 });
  chmodSync(path, 0o600);
}

function entryOf(login: SampleLogin): CredentialsEntry {
  const { password, seed } = login;
  return {
    ...(password === null ? {} : { password }),
    // Whoever has no authenticator types something all the same.
    ...(seed === null ? {} : { seed }),
    ...sampleRequest(login),
  };
}

/** Imports an organisation file with the services given. @throws OperatorError that lists its faults */
export async function importFile(services: Services, by: Administrator, file: string): Promise<void> {
  const { config, store, keyring, clock, random, log } = services;
  const concurrency = availableParallelism();
  await importOrganisation(
    { file, mayNameFiles: true, dryRun: false, signal: new AbortController().signal, progress: () => {} },
    {
      store,
      keyring,
      clock,
      random,
      by,
      passwords: createPasswords({ clock, random, log, concurrency, queueLength: 64 }),
      profiles: readProfiles(config.profiles.directory),
      upstreams: config.upstreams.map(({ name }) => name),
      tlsAuthorities: () => readTlsAuthorities(config.radius.tls),
    },
  );
}

async function isEmpty({ store }: Services): Promise<boolean> {
  const filter = { unitPath: null, state: null, after: null, limit: 1, now: 0 };
  return (await store.read((db) => listAccounts(db, filter))).length === 0;
}

/**
 * Puts the sample organisation into a store without accounts; takes up what an earlier run left unfinished; leaves
 * everything else alone.
 * @returns the sample's logins, or null when the store holds another organisation
 */
export async function prepareSample(
  services: Services,
  by: Administrator,
): Promise<{ readonly created: boolean; readonly logins: readonly SampleLogin[] } | null> {
  const files = sampleFiles(services.config.dataDir);
  if (existsSync(files.done)) {
    // Taken out since: the store is the organisation's own.
    if (!(await isSampleIn(services.store))) return null;
    return { created: false, logins: readLogins(files) };
  }
  if (!existsSync(files.logins)) {
    if (!(await isEmpty(services))) return null;
    const sample = createSampleOrganisation(services.clock.now(), services.random);
    mkdirSync(files.directory, { recursive: true, mode: 0o700 });
    writePrivately(files.organisation, `${JSON.stringify(sample.file, null, 1)}\n`);
    const credentials: Credentials = {
      secret: sample.radiusSecret,
      logins: Object.fromEntries(sample.logins.map((login) => [login.userName, entryOf(login)])),
    };
    writeCredentials(files.credentials, credentials);
    // Last: its being there says that the others are.
    writePrivately(files.logins, `${JSON.stringify(sample.logins, null, 1)}\n`);
  }
  await importFile(services, by, files.organisation);
  await markSample(services.store, JSON.parse(readFileSync(files.organisation, 'utf8')));
  writePrivately(files.done, '');
  return { created: true, logins: readLogins(files) };
}

function readLogins(files: SampleFiles): readonly SampleLogin[] {
  return JSON.parse(readFileSync(files.logins, 'utf8')) as SampleLogin[];
}
