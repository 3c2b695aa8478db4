// Waiting for something to become true, up to a time.
import { setTimeout as after } from 'node:timers/promises';

const askEveryMs = 20;

/** Asks again and again; resolves with the milliseconds it took. Rejects, naming `what`, when it takes too long. */
export async function until(
  what: string,
  withinMs: number,
  holds: () => boolean | Promise<boolean>,
): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    if (await holds()) return performance.now() - startedAt;
    if (performance.now() - startedAt > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await after(askEveryMs);
  }
}

export { after };
