// Lines that anybody's requests can bring about: one of a kind per interval, with the number left out since.
import type { Clock } from '../../base/clock.ts';
import type { Log, LogFields } from '../../base/log.ts';

const intervalMs = 10_000;

export interface RareLog {
  warn(kind: string, fields: LogFields, message: string): void;
  error(kind: string, fields: LogFields, message: string): void;
}

/** Kinds are few and the caller's own words: they are kept for good. */
export function createRareLog(log: Log, clock: Clock): RareLog {
  const kinds = new Map<string, { at: number; leftOut: number }>();

  function isDue(kind: string): { leftOut: number } | null {
    const now = clock.monotonic();
    const last = kinds.get(kind);
    if (last !== undefined && now - last.at < intervalMs) {
      last.leftOut += 1;
      return null;
    }
    kinds.set(kind, { at: now, leftOut: 0 });
    return { leftOut: last?.leftOut ?? 0 };
  }

  return {
    warn(kind, fields, message) {
      const due = isDue(kind);
      if (due !== null) log.warn({ ...fields, ...due }, message);
    },
    error(kind, fields, message) {
      const due = isDue(kind);
      if (due !== null) log.error({ ...fields, ...due }, message);
    },
  };
}
