// A place for real brokers: accounts, keys, one store, and a configuration file for every node that is to run on it.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { makeEapFiles } from '../../../scripts/bench/eap.ts';
import { gatewayNames, populate, type Style } from '../../../scripts/bench/population.ts';
import { benchSecret as secret } from '../../../scripts/bench/site.ts';
import { openUsers, type Users, writeUsers } from '../../../scripts/bench/users.ts';
import { openServices, type Services } from '../../../src/app.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { type Config, loadConfig } from '../../../src/config/load.ts';
import { bumpSettingsVersion } from '../../../src/store/queries/settings.ts';
import { silentLog } from '../../store/silent-log.ts';
import { freeTcpPort, freeUdpPort } from './ports.ts';

export type SiteStore =
  | { readonly dialect: 'sqlite' }
  /** `url` may name several hosts, the primary first. */
  | { readonly dialect: 'postgresql'; readonly url: string };

export interface NodeFiles {
  readonly name: string;
  readonly directory: string;
  readonly configFile: string;
  readonly port: number;
  /** Of HTTP, with /metrics. */
  readonly httpPort: number;
  /** Where the command line reaches the broker of this node. */
  readonly controlSocket: string;
}

export interface Site {
  readonly directory: string;
  readonly users: Users;
  readonly secret: string;
  /** Files of one broker; on SQLite there is one only. */
  node(name: string, more?: NodeSettings): Promise<NodeFiles>;
  configOf(node: NodeFiles): Config;
  /** Opens the store in this process; no broker may run on SQLite meanwhile. */
  open(node: NodeFiles): Promise<Services>;
  remove(): void;
}

export interface NodeSettings {
  /** Where the node's data lies, instead of a directory of its own. */
  readonly dataDir?: string;
  readonly rejectDelayMs?: number;
  readonly password?: { readonly threads?: number; readonly queue?: number };
  /** Port of the console; chosen by the system unless it is given. */
  readonly consolePort?: number;
  /** Further sections of the configuration. */
  readonly sections?: Readonly<Record<string, unknown>>;
  /** EAP, under a certificate that is made for it. */
  readonly eap?: { readonly maxConversations?: number; readonly maxConversationsPerGateway?: number };
}

interface SiteOptions {
  readonly store: SiteStore;
  readonly accounts: number;
  /** The one server to be filled, where the store has several hosts. */
  readonly fillUrl?: string | null;
  /** How credentials arrive unless the request names a gateway of another style. */
  readonly style?: Style;
  /** What the first node runs with. */
  readonly first?: NodeSettings;
}

/** Shared data of a password's policy and the like are the program's defaults; only what slows a test down is not. */
const rejectDelayMs = 30;

/** Makes a site with so many accounts, in the store of its first node `a`. */
export async function createSite(options: SiteOptions): Promise<Site> {
  const { store, accounts, style = 'code-only', first = {} } = options;
  const directory = mkdtempSync(join(tmpdir(), 'gatewarden-faults-'));
  chmodSync(directory, 0o755);
  const usersFile = join(directory, 'users.csv');
  writeUsers(usersFile, accounts);
  const users = openUsers(usersFile);
  const urlFile = join(directory, 'store-url');
  const pointTo = (url: string) => writeFileSync(urlFile, `${url}\n`, { mode: 0o600 });
  if (store.dialect === 'postgresql') pointTo(options.fillUrl ?? store.url);

  const site: Site = {
    directory,
    users,
    secret,
    async node(name, more = {}) {
      const own = join(directory, name);
      mkdirSync(own, { recursive: true, mode: 0o700 });
      const [port, httpPort] = [await freeUdpPort(), await freeTcpPort()];
      const dataDir = more.dataDir ?? join(own, 'data');
      const settings = {
        dataDir,
        node: name,
        keys: { file: join(directory, 'key') },
        store: store.dialect === 'sqlite' ? { dialect: 'sqlite' } : { dialect: 'postgresql', urlFile },
        radius: {
          listen: [`127.0.0.1:${port}`],
          rejectDelayMs: more.rejectDelayMs ?? rejectDelayMs,
        },
        http: { listen: `127.0.0.1:${httpPort}` },
        console: { listen: `127.0.0.1:${more.consolePort ?? 0}` },
        portal: { listen: '127.0.0.1:0' },
        ...(more.password === undefined ? {} : { password: more.password }),
        ...(more.eap === undefined ? {} : { eap: { ...makeEapFiles(own), ...more.eap } }),
        ...more.sections,
        log: { level: 'info' },
      };
      const configFile = join(own, 'gatewarden.json');
      writeFileSync(configFile, JSON.stringify(settings), { mode: 0o600 });
      return {
        name,
        directory: own,
        configFile,
        port,
        httpPort,
        controlSocket: join(dataDir, 'control.sock'),
      };
    },
    configOf: ({ configFile }) =>
      loadConfig({ file: configFile, env: {}, workingDirectory: directory, hostName: 'faults' }),
    open: (node) =>
      openServices(site.configOf(node), { clock: systemClock, random: systemRandom, log: silentLog }),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
  try {
    const services = await site.open(await site.node('a', first));
    try {
      await populate(services, users, { secret, defaultStyle: style });
      await openGateways(services, style);
    } finally {
      await services.close();
    }
    if (store.dialect === 'postgresql') pointTo(store.url);
    return site;
  } catch (error) {
    site.remove();
    throw error;
  }
}

/** Accepts name their record in Class, and no limit but the lockout stands between a race and its outcome. */
async function openGateways({ store }: Services, style: Style): Promise<void> {
  await store.write(async (db) => {
    const { gateways } = db.tables;
    const styles = Object.entries(gatewayNames) as [Style, string][];
    const rows = await db.select({ id: gateways.id, name: gateways.name }).from(gateways);
    for (const { id, name } of rows) {
      const [own = style] = styles.find(([, of]) => of === name) ?? [];
      await db
        .update(gateways)
        .set({
          profileOverrides: JSON.stringify({ credentials: { style: own }, reply: { class: 'opaque' } }),
          requestsPerSecond: 1_000_000,
          accountRequestsPerMinute: 1_000_000,
        })
        .where(eq(gateways.id, id));
    }
    await bumpSettingsVersion(db);
  });
}
