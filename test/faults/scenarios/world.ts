// What every scenario begins with: a site on one of the two databases, a gateway, people; all gone at the end.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Style } from '../../../scripts/bench/population.ts';
import { type Broker, defectsIn, startBroker } from '../harness/broker.ts';
import { createGateway, type Gateway } from '../harness/gateway.ts';
import {
  createLedger,
  type Ledger,
  type RecordedDecision,
  readDecisions,
  readSessions,
  verifyLog,
} from '../harness/ledger.ts';
import { type People, peopleOf } from '../harness/people.ts';
import { createServer, type Server } from '../harness/postgresql.ts';
import { createSite, type NodeFiles, type NodeSettings, type Site } from '../harness/site.ts';

export type Dialect = 'sqlite' | 'postgresql';
export const dialects: readonly Dialect[] = ['sqlite', 'postgresql'];

export interface World {
  readonly dialect: Dialect;
  readonly site: Site;
  /** Null on SQLite. */
  readonly database: Server | null;
  /** Follows it, where the scenario asked for one. */
  readonly standby: Server | null;
  readonly gateway: Gateway;
  readonly people: People;
  readonly ledger: Ledger;
  /** Starts a broker as the node of that name. */
  start(name?: string, options?: Parameters<typeof startBroker>[2]): Promise<Broker>;
  node(name?: string): Promise<NodeFiles>;
  say(line: string): void;
  /** Once all brokers have stopped: compares what was seen with the record and verifies the log; throws with all that is wrong. */
  settle(moreFaults?: readonly string[]): Promise<readonly RecordedDecision[]>;
}

export interface WorldOptions {
  readonly dialect: Dialect;
  readonly accounts: number;
  readonly style?: Style;
  readonly first?: NodeSettings;
  /** PostgreSQL with a server that follows it; the brokers know of both. */
  readonly standby?: boolean;
  readonly say?: (line: string) => void;
}

const database = 'gatewarden';

/** Runs `body` in a world of its own. Afterwards no process and no file of it is left. */
export async function inWorld<T>(options: WorldOptions, body: (world: World) => Promise<T>): Promise<T> {
  const { dialect, accounts, say = () => {} } = options;
  const parent = mkdtempSync(join(tmpdir(), 'gatewarden-faults-'));
  chmodSync(parent, 0o755);
  let server: Server | null = null;
  let standby: Server | null = null;
  let site: Site | null = null;
  const brokers: Broker[] = [];
  try {
    server = dialect === 'postgresql' ? await createServer(parent) : null;
    await server?.query(`CREATE DATABASE ${database} LOCALE 'C' TEMPLATE template0`);
    standby = options.standby === true ? ((await server?.createStandby('standby')) ?? null) : null;
    const hosts = [server, standby].flatMap((one) => (one === null ? [] : [`127.0.0.1:${one.port}`]));
    const url = `postgresql://gatewarden@${hosts.join(',')}/${database}`;
    const made = await createSite({
      store: server === null ? { dialect: 'sqlite' } : { dialect: 'postgresql', url },
      fillUrl: server?.url(database) ?? null,
      accounts,
      ...(options.style === undefined ? {} : { style: options.style }),
      ...(options.first === undefined ? {} : { first: options.first }),
    });
    site = made;
    const gateway = createGateway(made.secret);
    const ledger = createLedger();
    const nodes = new Map<string, NodeFiles>();
    const node = async (name = 'a') => {
      const files = nodes.get(name) ?? (await made.node(name, options.first));
      nodes.set(name, files);
      return files;
    };
    try {
      return await body({
        dialect,
        site: made,
        database: server,
        standby,
        gateway,
        people: peopleOf(made.users),
        ledger,
        node,
        say,
        async start(name, how) {
          const broker = await startBroker(await node(name), gateway, how);
          brokers.push(broker);
          return broker;
        },
        async settle(moreFaults = []) {
          const files = await node();
          const count = await verifyLog(files);
          const records = await readDecisions(files);
          const faults = [...moreFaults, ...ledger.faultsAgainst(records, await readSessions(made, files))];
          if (gateway.strays > 0) faults.push(`${gateway.strays} replies were not genuine`);
          for (const broker of new Set(brokers)) faults.push(...defectsIn(broker.log()));
          say(
            `${ledger.accepts.length} Accepts and ${ledger.rejects} Rejects seen, ${count} records verified`,
          );
          if (faults.length > 0)
            throw new Error(`${faults.length} faults:\n${faults.slice(0, 20).join('\n')}`);
          return records;
        },
      });
    } finally {
      gateway.close();
    }
  } finally {
    for (const broker of brokers) if (broker.isAlive()) await broker.kill();
    await standby?.kill();
    await server?.kill();
    site?.remove();
    rmSync(parent, { recursive: true, force: true });
  }
}
