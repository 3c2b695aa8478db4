// A live tunnel whose holder leaves: how long its ping goes on, and whether the client can come back by itself.
import { expect } from 'vitest';
import type { Broker } from './broker.ts';
import { type Machine, ping } from './namespace.ts';
import { type Account, dateFromToday } from './organisation.ts';

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

/** Has somebody retire while the tunnel is up, and waits until its end is on record. How long the ping went on after it. */
export async function retireDuringTunnel(options: {
  readonly broker: Broker;
  readonly account: Pick<Account, 'staffCode' | 'userName'>;
  readonly machine: Machine;
  readonly inside: string;
  readonly documentNumber: string;
}): Promise<number> {
  const { broker, account, machine, inside, documentNumber } = options;
  const { staffCode, userName } = account;
  const watch = watchPing(machine, inside);
  await watch.answered;
  await broker.gatewarden(
    ...['lifecycle', 'record', staffCode, 'ended', '--detail', 'retired'],
    ...['--from', dateFromToday(-2), '--document', documentNumber],
  );
  const records = () => broker.recordsOf(staffCode, userName);
  await expect
    .poll(async () => (await records()).map(({ outcome }) => outcome), { timeout: 20_000 })
    .toContain('session.cut-confirmed');
  const retiredAt = (await records()).find(({ outcome }) => outcome === 'lifecycle.record')?.at;
  if (retiredAt === undefined) throw new Error('the event is not on record');
  expect(await ping(machine, inside)).toBe(false);
  const delay = (watch.lastAnswerAt() ?? 0) - retiredAt;
  await watch.stop();
  return delay;
}
