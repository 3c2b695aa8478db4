// Lines that an attacker or a broken gateway could repeat thousands of times: one a minute each, and few of all, with a count.
import type { Clock } from './clock.ts';
import type { Log, LogFields } from './log.ts';

const intervalMs = 60_000;
const maxTopics = 1_000;
/** Of all topics together: topics hold source addresses, and whoever forges those has as many as he likes. */
const maxLinesAMinute = 100;

export interface RareLog {
  /** Logs unless the same `topic`, or too much in all, was logged within the last minute; then it is counted for a later line. */
  warn(topic: string, fields: LogFields, message: string): void;
  error(topic: string, fields: LogFields, message: string): void;
}

export function createRareLog(log: Log, clock: Clock): RareLog {
  const topics = new Map<string, { loggedAt: number; suppressed: number }>();
  let minute = { beganAt: clock.monotonic(), lines: 0, leftOut: 0 };

  /** Whether one more line may be written; says once a minute how many could not. */
  function mayWrite(now: number): boolean {
    if (now - minute.beganAt >= intervalMs) {
      const { leftOut } = minute;
      minute = { beganAt: now, lines: 0, leftOut: 0 };
      if (leftOut > 0) log.warn({ leftOut }, 'warnings were left out: too many different ones in a minute');
    }
    if (minute.lines >= maxLinesAMinute) {
      minute.leftOut += 1;
      return false;
    }
    minute.lines += 1;
    return true;
  }

  function write(level: 'warn' | 'error', topic: string, fields: LogFields, message: string): void {
    const now = clock.monotonic();
    const known = topics.get(topic);
    if (known !== undefined && now - known.loggedAt < intervalMs) {
      known.suppressed += 1;
      return;
    }
    if (!mayWrite(now)) return;
    // Forgetting all of them costs a few lines too many, no more.
    if (known === undefined && topics.size >= maxTopics) topics.clear();
    topics.set(topic, { loggedAt: now, suppressed: 0 });
    const suppressed = known?.suppressed ?? 0;
    log[level](suppressed === 0 ? fields : { ...fields, suppressed }, message);
  }

  return {
    warn: (topic, fields, message) => write('warn', topic, fields, message),
    error: (topic, fields, message) => write('error', topic, fields, message),
  };
}
