// A data directory for a benchmark: configuration, accounts, store; made once and used again.
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openServices } from '../../src/app.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { Log } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { type Config, loadConfig } from '../../src/config/load.ts';
import type { EapFiles } from './eap.ts';
import { populate, type Style } from './population.ts';
import { openUsers, writeUsers } from './users.ts';

export type StoreChoice =
  | { readonly dialect: 'sqlite' }
  | { readonly dialect: 'postgresql'; readonly url: string };

export interface SiteOptions {
  readonly directory: string;
  readonly port: number;
  readonly store: StoreChoice;
  /** So many generated ones, or those of a CSV. */
  readonly accounts: number | { readonly csv: string };
  readonly defaultStyle: Style;
  /** Of the console; left out: any that is free. */
  readonly consolePort?: number;
  /** For EAP; without it the broker refuses EAP. */
  readonly eap?: EapFiles;
}

export interface Site {
  readonly configFile: string;
  readonly usersFile: string;
  readonly secret: string;
  readonly port: number;
  readonly config: Config;
}

export const benchSecret = 'testing123';

/** Only what is broken. */
export const benchLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error: (fields, message) => console.error(message, fields),
  child: () => benchLog,
};

function configText({ port, store, eap, consolePort = 0 }: SiteOptions): string {
  return JSON.stringify({
    dataDir: 'data',
    node: 'bench',
    store: store.dialect === 'sqlite' ? { dialect: 'sqlite' } : { dialect: 'postgresql', url: store.url },
    radius: { listen: [`127.0.0.1:${port}`] },
    http: { listen: '127.0.0.1:0' },
    console: { listen: `127.0.0.1:${consolePort}` },
    portal: { listen: '127.0.0.1:0' },
    ...(eap === undefined ? {} : { eap }),
  });
}

/** What the store holds; a directory with other contents is refused. */
function contentsOf({ store, accounts, defaultStyle }: SiteOptions): string {
  return JSON.stringify({ dialect: store.dialect, accounts, defaultStyle });
}

/** Makes the site, or takes one that was made with the same accounts. */
export async function prepareSite(options: SiteOptions): Promise<Site> {
  const { directory, accounts, port } = options;
  const configFile = join(directory, 'gatewarden.json');
  const usersFile = join(directory, 'users.csv');
  const contentsFile = join(directory, 'contents.json');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(configFile, configText(options));
  const config = loadConfig({ file: configFile, env: {}, workingDirectory: directory, hostName: 'bench' });
  const site = { configFile, usersFile, secret: benchSecret, port, config };
  if (existsSync(contentsFile)) {
    if (readFileSync(contentsFile, 'utf8') === contentsOf(options)) return site;
    throw new Error(`${directory} holds another benchmark's accounts: name another directory, or remove it`);
  }
  if (typeof accounts === 'number') writeUsers(usersFile, accounts);
  else copyFileSync(accounts.csv, usersFile);
  const services = await openServices(config, { clock: systemClock, random: systemRandom, log: benchLog });
  try {
    const { defaultStyle } = options;
    await populate(services, openUsers(usersFile), { secret: benchSecret, defaultStyle });
  } finally {
    await services.close();
  }
  writeFileSync(contentsFile, contentsOf(options));
  return site;
}
