// A term that ends while tunnels are up: when it does, and until when each tunnel is watched.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { type PingWatch, watchPing } from './cut.ts';
import type { Machine } from './namespace.ts';
import type { TunnelAttempt } from './tunnel.ts';

/** From the making of the network to the end of the term: so long may it take until all tunnels are up. */
const lifeMs = 180_000;
/** How long after the end a tunnel is watched that may be up still. */
export const watchMs = 15_000;

export interface WatchedTunnel {
  readonly client: TunnelAttempt;
  readonly watch: PingWatch;
}

/** An instant on a whole second (epoch milliseconds). */
export const endOfTerm = () => Math.ceil((Date.now() + lifeMs) / 1_000) * 1_000;

/** Watches a tunnel that must be up. */
export async function watchTunnel(
  machine: Machine,
  inside: string,
  client: TunnelAttempt,
): Promise<WatchedTunnel> {
  expect(client.up, client.output()).toBe(true);
  const watch = watchPing(machine, inside);
  await watch.answered;
  return { client, watch };
}

export async function waitForEnd(at: number): Promise<void> {
  const left = at - Date.now();
  expect(left, 'the tunnels took too long to come up').toBeGreaterThan(0);
  await sleep(left);
}

/** Prints when each was last answered. */
export function tellLastAnswers(tunnels: ReadonlyMap<string, WatchedTunnel>, until: number): void {
  for (const [user, { watch }] of tunnels) {
    console.log(`${user}: the last ping ${Math.round((watch.lastAnswerAt() ?? 0) - until)} ms after the end`);
  }
}

export async function closeAll(tunnels: ReadonlyMap<string, WatchedTunnel>): Promise<void> {
  for (const { client, watch } of tunnels.values()) {
    await watch.stop();
    await client.close();
  }
}
