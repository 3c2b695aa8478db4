// Passwords checked per second, by the code that logins go through.
import { systemClock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import { systemRandom } from '../../base/random.ts';
import { createPasswords } from '../../services/passwords/passwords.ts';

/** Hashes per second with so many computed at a time. */
export async function measureHashes(concurrency: number, milliseconds: number, log: Log): Promise<number> {
  const clock = systemClock;
  const passwords = createPasswords({
    clock,
    random: systemRandom,
    log,
    concurrency,
    queueLength: concurrency,
  });
  // No record: a dummy of the usual cost is hashed.
  const check = () =>
    passwords.check({ phc: null, password: 'con ga ben hien', deadline: Number.POSITIVE_INFINITY });
  await check();
  const startedAt = clock.monotonic();
  const endAt = startedAt + milliseconds;
  let count = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (clock.monotonic() < endAt) {
        await check();
        count += 1;
      }
    }),
  );
  return (count * 1000) / (clock.monotonic() - startedAt);
}
