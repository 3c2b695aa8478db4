// Lines that an attacker or a broken gateway could repeat thousands of times: one a minute each, with a count.
import type { Clock } from '../base/clock.ts';
import type { Log, LogFields } from '../base/log.ts';

const intervalMs = 60_000;
const maxTopics = 1_000;

export interface RareLog {
  /** Logs unless the same `topic` was logged within the last minute; then it is counted for the next line. */
  warn(topic: string, fields: LogFields, message: string): void;
}

export function createRareLog(log: Log, clock: Clock): RareLog {
  const topics = new Map<string, { loggedAt: number; suppressed: number }>();
  return {
    warn(topic, fields, message) {
      const now = clock.monotonic();
      const known = topics.get(topic);
      if (known !== undefined && now - known.loggedAt < intervalMs) {
        known.suppressed += 1;
        return;
      }
      // Topics hold addresses, which can be forged: forgetting them all costs a few lines too many, no more.
      if (known === undefined && topics.size >= maxTopics) topics.clear();
      topics.set(topic, { loggedAt: now, suppressed: 0 });
      const suppressed = known?.suppressed ?? 0;
      log.warn(suppressed === 0 ? fields : { ...fields, suppressed }, message);
    },
  };
}
