// Answers that cost much, shared by those who ask the same at about the same time: however many ask, and however many there are to
// count, one question keeps a processor busy for a tenth of the time at most.
import type { Clock } from '../base/clock.ts';

/** An answer is shared for so many times as long as it took, and no longer than this. */
const shareFactor = 10;
const longestMs = 10_000;

export interface SharedAnswers {
  /** `key` says what is asked and how far whoever asks may see. An answer that failed is shared with those who wait for it only. */
  share<T>(key: string, answer: () => Promise<T>): Promise<T>;
  /** Something was changed: whoever asks from now on gets an answer of afterwards. */
  forget(): void;
}

export function createSharedAnswers(clock: Pick<Clock, 'monotonic'>): SharedAnswers {
  const shared = new Map<string, { readonly answer: Promise<unknown>; until: number }>();

  const drop = () => {
    const now = clock.monotonic();
    for (const [key, { until }] of shared) if (until <= now) shared.delete(key);
  };

  return {
    share<T>(key: string, make: () => Promise<T>): Promise<T> {
      drop();
      const known = shared.get(key);
      if (known !== undefined) return known.answer as Promise<T>;
      const startedAt = clock.monotonic();
      const answer = make();
      const entry = { answer, until: Number.POSITIVE_INFINITY };
      shared.set(key, entry);
      answer.then(
        () => {
          const now = clock.monotonic();
          entry.until = now + Math.min(longestMs, shareFactor * (now - startedAt));
        },
        () => {
          if (shared.get(key) === entry) shared.delete(key);
        },
      );
      return answer;
    },
    forget: () => shared.clear(),
  };
}
