// A live tunnel whose holder leaves: how long its ping goes on, and whether the client can come back by itself.
import { expect } from 'vitest';
import { type Broker, decisionsIn, recordsIn } from './broker.ts';
import { type Machine, ping } from './namespace.ts';
import type { Account } from './organisation.ts';
import type { PersonnelSystem } from './scim.ts';
import type { TunnelAttempt } from './tunnel.ts';

/** How many tunnels are cut at each gateway: one shows that it works, a hundred tell the 99th percentile (see README.md). */
export const cutRuns = Number(process.env['CUT_RUNS'] ?? '1');

export interface PingWatch {
  /** When the last answer came (epoch milliseconds); null before the first. */
  lastAnswerAt(): number | null;
  /** Resolves at the first answer. */
  readonly answered: Promise<void>;
  stop(): Promise<void>;
}

/** Pings every 20 ms until it is stopped. */
export function watchPing(machine: Machine, address: string): PingWatch {
  const { promise: answered, resolve } = Promise.withResolvers<void>();
  // -D: each answer with its instant, so that how fast this process reads does not matter.
  const ping = machine.start('ping', ['-n', '-D', '-i', '0.02', address]);
  const lastAnswerAt = (): number | null => {
    const last = [...ping.output().matchAll(/^\[(\d+\.\d+)\] \d+ bytes from/gm)].at(-1);
    return last === undefined ? null : Number(last[1]) * 1_000;
  };
  void ping.printed(/bytes from/, 20_000).then((isAnswered) => {
    if (isAnswered) resolve();
  });
  return {
    lastAnswerAt,
    answered,
    async stop() {
      await ping.stop('SIGINT');
    },
  };
}

/** How many milliseconds after the answer to "retired" the last ping of each was answered, and the cut confirmed; ascending. */
export interface Delays {
  readonly lastPing: readonly number[];
  readonly confirmed: readonly number[];
}

/**
 * Has one after the other retire by SCIM while the tunnel is up. Each client says that it was ended, does not come back though
 * it could try, and the gateway's own word confirms the end.
 */
export async function retireDuringTunnels(options: {
  readonly broker: Broker;
  readonly personnel: PersonnelSystem;
  readonly machine: Machine;
  readonly inside: string;
  readonly accounts: readonly Account[];
  connect(account: Account): Promise<TunnelAttempt>;
  /** What a client prints that is told to go. */
  readonly clientObeys: RegExp;
}): Promise<Delays> {
  const { broker, personnel, machine, inside, accounts, clientObeys } = options;
  const ends: { readonly account: Account; readonly answeredAt: number; readonly lastPing: number }[] = [];
  for (const account of accounts) {
    await personnel.enroll(account);
    const client = await options.connect(account);
    expect(client.up, client.output()).toBe(true);
    const watch = watchPing(machine, inside);
    await watch.answered;
    const answeredAt = await personnel.retire(account);
    expect(await client.printed(clientObeys, 20_000), client.output()).toBe(true);
    expect(await ping(machine, inside)).toBe(false);
    ends.push({ account, answeredAt, lastPing: (watch.lastAnswerAt() ?? Number.NaN) - answeredAt });
    await watch.stop();
    await client.close();
  }
  const record = await recordOnce(broker, accounts.at(-1));
  const confirmed = ends.map(({ account, answeredAt }) => {
    const records = recordsIn(record, account);
    const accepts = decisionsIn(record, account.userName).filter(({ outcome }) => outcome === 'accept');
    expect(accepts).toHaveLength(1);
    const at = records.find(({ outcome }) => outcome === 'session.cut-confirmed')?.at;
    expect(at, `the cut of ${account.userName} is not confirmed`).toBeDefined();
    return (at ?? Number.NaN) - answeredAt;
  });
  const ascending = (delays: number[]) => delays.sort((a, b) => a - b);
  return { lastPing: ascending(ends.map(({ lastPing }) => lastPing)), confirmed: ascending(confirmed) };
}

/** The record, once the last end is on it. */
async function recordOnce(broker: Broker, last: Account | undefined): Promise<string> {
  let record = '';
  await expect
    .poll(
      async () => {
        record = await broker.exportRecord();
        return last === undefined ? [] : recordsIn(record, last).map(({ outcome }) => outcome);
      },
      { timeout: 20_000 },
    )
    .toContain('session.cut-confirmed');
  return record;
}

/**
 * Within what a tunnel is down once it has to be: a second, as CUT_RUNS measures it on a machine at rest. Other tests may have the
 * processors now.
 */
export const downWithinMs = process.env['CUT_RUNS'] === undefined ? 10_000 : 1_000;

/** Prints the delays, and demands that the 99th percentile of the last ping is in time. */
export function expectInTime(what: string, { lastPing, confirmed }: Delays): void {
  const at = (share: number, of: readonly number[]) => Math.round(of[Math.ceil(share * of.length) - 1] ?? 0);
  console.log(
    `${what}: ${lastPing.length} runs, the last ping after p50 ${at(0.5, lastPing)} ms, p99 ${at(0.99, lastPing)} ms, ` +
      `most ${at(1, lastPing)} ms; confirmed after p50 ${at(0.5, confirmed)} ms, p99 ${at(0.99, confirmed)} ms`,
  );
  expect(at(0.99, lastPing)).toBeLessThan(downWithinMs);
}
