// The store taken away under load and given back: no Accept, no wrong Reject, no health, and recovery without a restart.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Broker } from '../harness/broker.ts';
import { type Load, startLoad } from '../harness/load.ts';
import { after, until } from '../harness/until.ts';
import { inWorld, type World, type WorldOptions } from './world.ts';

const silentWithinMs = 15_000;
const backWithinMs = 20_000;

interface Outage {
  readonly name: string;
  /** What the store owns already may have room for more: then it decides as well as ever, and the record shows it. */
  readonly mayFindRoom?: true;
  begin(): Promise<void> | void;
  end(): Promise<void> | void;
}

/** What a broker without a store must not do. */
async function faultsInside(
  { gateway, people }: World,
  broker: Broker,
  load: Load,
  { name }: Outage,
): Promise<string[]> {
  const faults: string[] = [];
  const [acceptsInside, latenciesInside] = [load.accepts, load.latencies.length];
  // A wrong code must not be refused by a broker that can't know whether it is wrong.
  const guess = people.login(0, people.wrongCode(0));
  const reply = await gateway.login(broker.port, guess, 2_500);
  if (reply.kind !== 'silence') faults.push(`${name}: ${reply.kind} without a store`);
  if (await gateway.status(broker.port, 1_500)) faults.push(`${name}: Status-Server was answered again`);
  if (load.accepts > acceptsInside) faults.push(`${name}: an Accept without a store`);
  if (load.latencies.length > latenciesInside) faults.push(`${name}: an answer without a store`);
  return faults;
}

/** Goes through one outage with load on the broker all the while; returns what was wrong. */
async function goThrough(world: World, broker: Broker, load: Load, outage: Outage): Promise<string[]> {
  const { gateway, say } = world;
  const faults: string[] = [];
  const before = load.accepts;
  await until('Accepts before the outage', 30_000, () => load.accepts >= before + 20);
  await outage.begin();
  const silentAfter = await until(
    `${outage.name}: Status-Server is silent`,
    silentWithinMs,
    async () => !(await gateway.status(broker.port, 1_500)),
  );
  if (outage.mayFindRoom !== true) faults.push(...(await faultsInside(world, broker, load, outage)));
  await outage.end();
  const healthyAfter = await until(`${outage.name}: Status-Server answers again`, backWithinMs, () =>
    gateway.status(broker.port, 500),
  );
  const accepts = load.accepts;
  const backAfter = await until(
    `${outage.name}: Accepts again`,
    backWithinMs,
    () => load.accepts > accepts + 20,
  );
  if (!broker.isAlive()) faults.push(`${outage.name}: the broker ended`);
  say(
    `${outage.name}: silent after ${Math.round(silentAfter)} ms, healthy ${Math.round(healthyAfter)} ms and ` +
      `accepting ${Math.round(healthyAfter + backAfter)} ms after the store came back`,
  );
  return faults;
}

async function goThroughAll(world: World, outagesOf: (broker: Broker) => readonly Outage[]): Promise<void> {
  const { gateway, people, ledger } = world;
  const broker = await world.start();
  const load = startLoad({
    ...{ people, gateway, ledger, concurrency: 24, timeoutMs: 1_500, perSecond: 60 },
    port: () => broker.port,
  });
  const faults: string[] = [];
  for (const outage of outagesOf(broker)) faults.push(...(await goThrough(world, broker, load, outage)));
  await load.stop();
  await broker.stop();
  await world.settle([...faults, ...load.faults]);
}

type Options = Pick<WorldOptions, 'say'>;

/** PostgreSQL standing still, stopped as by a power failure, stopped in good order, killed. */
export function withoutPostgresql(options: Options & { readonly pauseMs?: number }): Promise<void> {
  const { pauseMs = 0 } = options;
  return inWorld({ ...options, dialect: 'postgresql', accounts: 3_000 }, async (world) => {
    const { database } = world;
    if (database === null) throw new Error('no PostgreSQL');
    await goThroughAll(world, () => [
      {
        name: 'PostgreSQL paused',
        begin: () => database.pause(),
        async end() {
          await after(pauseMs);
          database.resume();
        },
      },
      {
        name: 'PostgreSQL stopped at once',
        begin: () => database.stop('immediate'),
        end: () => database.start(),
      },
      { name: 'PostgreSQL stopped', begin: () => database.stop('fast'), end: () => database.start() },
      { name: 'PostgreSQL killed', begin: () => database.kill(), end: () => database.start() },
    ]);
  });
}

/** Another process holds SQLite's write lock. */
export function withLockedFile(options: Options): Promise<void> {
  return inWorld({ ...options, dialect: 'sqlite', accounts: 2_000 }, async (world) => {
    const node = await world.node();
    const { store } = world.site.configOf(node);
    const file = store.dialect === 'sqlite' ? store.file : '';
    let holder: ChildProcess | null = null;
    await goThroughAll(world, () => [
      {
        name: 'SQLite locked',
        async begin() {
          holder = spawn(process.execPath, [join(import.meta.dirname, '../harness/hold-lock.ts'), file], {
            stdio: ['pipe', 'pipe', 'inherit'],
          });
          if (holder.stdout !== null) await once(holder.stdout, 'data');
        },
        async end() {
          holder?.stdin?.end();
          if (holder !== null) await once(holder, 'exit');
        },
      },
    ]);
  });
}

const diskMegabytes = 48;

/** The file system of SQLite's database is full. Needs the right to mount. */
export async function withFullDisk(options: Options): Promise<void> {
  await inDisk(async (disk) => {
    const first = { dataDir: join(disk, 'data') };
    await inWorld({ ...options, dialect: 'sqlite', accounts: 2_000, first }, async (world) => {
      const filler = join(disk, 'filler');
      await goThroughAll(world, () => [
        {
          name: 'the disk full',
          mayFindRoom: true,
          begin: () => fill(disk, filler),
          end: () => rmSync(filler),
        },
      ]);
    });
  });
}

async function inDisk(body: (disk: string) => Promise<void>): Promise<void> {
  const disk = `/tmp/gatewarden-disk-${process.pid}`;
  mkdirSync(disk, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMegabytes}m`, 'gatewarden-faults', disk]);
  try {
    await body(disk);
  } finally {
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
  }
}

/** Until not one octet more can be written. */
function fill(disk: string, file: string): void {
  const descriptor = openSync(file, 'a');
  try {
    for (const size of [1 << 20, 4_096]) {
      const chunk = Buffer.alloc(size, 1);
      while (statfsSync(disk).bavail > 0) {
        try {
          if (writeSync(descriptor, chunk) < size) break;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'ENOSPC') break;
          throw error;
        }
      }
    }
  } finally {
    closeSync(descriptor);
  }
}
