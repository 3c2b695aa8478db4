// A day's work of a broker, for as long as one wants: every kind of login, changes by administrators, long exports, and nothing grows.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../harness/broker.ts';
import { startLoad } from '../harness/load.ts';
import { after } from '../harness/until.ts';
import { type Dialect, inWorld, type World, type WorldOptions } from './world.ts';

interface Minute {
  readonly megabytes: number;
  readonly handles: number;
  readonly p99: number;
}

const accounts = 4_000;
/** Of the accounts: the load's own, then those that challenges and wrong codes are tried on, then those that are changed. */
const loaded = 3_000;
const others = 900;
const warmUpShare = 0.3;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** What has grown between the beginning (after warming up) and the end; the tolerances are a busy machine's noise. */
function growthOf(minutes: readonly Minute[]): string[] {
  const settled = minutes.slice(Math.floor(minutes.length * warmUpShare));
  const third = Math.max(1, Math.floor(settled.length / 3));
  const [first, last] = [settled.slice(0, third), settled.slice(-third)];
  const of = (part: readonly Minute[], what: keyof Minute) => median(part.map((minute) => minute[what]));
  const faults: string[] = [];
  const check = (what: keyof Minute, factor: number, slack: number) => {
    const [before, now] = [of(first, what), of(last, what)];
    if (now > before * factor + slack)
      faults.push(`${what}: ${before.toFixed(1)} at first, ${now.toFixed(1)} at last`);
  };
  check('megabytes', 1.1, 25);
  check('handles', 1, 4);
  check('p99', 2, 50);
  return faults;
}

/** Challenges answered rightly and wrongly, wrong passwords, unknown names, health checks: without pause, one after the other. */
async function mixIn(world: World, port: number, isOver: () => boolean, faults: string[]): Promise<void> {
  const { gateway, people, ledger } = world;
  const challenge = 'bench-challenge';
  for (let turn = 0; !isOver(); turn += 1) {
    const account = loaded + (turn % others);
    const first = await gateway.login(
      port,
      people.login(account, turn % 3 === 0 ? 'not the password' : people.password(account), challenge),
    );
    if (first.kind === 'challenge' && first.state !== null) {
      const step = people.nextStep(account, 0) ?? 0;
      const code = turn % 5 === 0 ? people.wrongCode(account) : people.code(account, step);
      ledger.attempt(account, step);
      const answer = people.login(account, code, challenge);
      const second = await gateway.login(port, { ...answer, state: first.state });
      if (second.kind === 'accept') ledger.accepted(account, step, second.reference);
      if (turn % 3 === 0 && second.kind === 'accept')
        faults.push(`account ${account}: in with a wrong password`);
    }
    await gateway.login(port, { ...people.login(account, '000000'), userName: `nobody-${turn}` });
    await gateway.status(port, 2_000);
    await after(50);
  }
}

async function administer(world: World, isOver: () => boolean): Promise<number> {
  const { people } = world;
  const node = await world.node();
  let done = 0;
  for (let turn = 0; !isOver(); turn += 1) {
    const { userName } = people.login(loaded + others + (turn % (accounts - loaded - others)), '');
    const file = join(node.directory, `soak-${turn}.jsonl`);
    await command(node, 'account', 'suspend', userName, '--detail', 'by-unit', '--reason', 'soak');
    await command(node, 'account', 'reinstate', userName, '--reason', 'soak');
    await command(node, 'account', 'list');
    await command(node, 'audit', 'export', file);
    rmSync(file);
    done += 1;
    await after(5_000);
  }
  return done;
}

/** Prints a line a minute; throws when memory, file handles or latency grow, or anything seen contradicts the record. */
export function soak(
  options: Pick<WorldOptions, 'say'> & {
    readonly dialect: Dialect;
    readonly minutes: number;
    /** Logins a second, beside what is mixed in; each costs a hash. */
    readonly perSecond: number;
  },
): Promise<void> {
  const { minutes, perSecond } = options;
  return inWorld({ ...options, accounts }, async (world) => {
    const { gateway, people, ledger, say } = world;
    const broker = await world.start();
    const faults: string[] = [];
    let isOver = false;
    const load = startLoad({
      ...{ gateway, ledger, concurrency: 16, timeoutMs: 10_000, perSecond },
      people: { ...people, count: loaded },
      port: () => broker.port,
    });
    const others = [
      mixIn(world, broker.port, () => isOver, faults),
      administer(world, () => isOver),
    ] as const;
    const all = Promise.all(others);
    const kept: Minute[] = [];
    for (let minute = 1; minute <= minutes; minute += 1) {
      load.latencies.length = 0;
      await Promise.race([after(60_000), all]);
      const sorted = load.latencies.toSorted((a, b) => a - b);
      const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? 0;
      const now = { megabytes: broker.residentMegabytes(), handles: broker.openFiles(), p99 };
      kept.push(now);
      say(
        `minute ${minute}: ${Math.round(now.megabytes)} MB, ${now.handles} handles, p99 ${p99.toFixed(1)} ms, ` +
          `${load.accepts} Accepts, ${load.silences} silences`,
      );
    }
    isOver = true;
    await load.stop();
    const [, rounds] = await all;
    await broker.stop();
    say(`${rounds} rounds of an administrator's commands and exports meanwhile`);
    await world.settle([...faults, ...load.faults, ...growthOf(kept)]);
  });
}
