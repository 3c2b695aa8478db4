// A log that keeps every line at every level, as text, so that tests can look for what must not be in it.
import type { Log, LogFields } from '../../src/base/log.ts';

export interface CapturedLog extends Log {
  readonly lines: string[];
}

export function captureLog(): CapturedLog {
  const lines: string[] = [];
  const make = (bound: LogFields): CapturedLog => {
    const write = (fields: LogFields, message: string): void => {
      const plain = (_key: string, value: unknown): unknown =>
        value instanceof Error
          ? { name: value.name, message: value.message, stack: value.stack, cause: value.cause }
          : value;
      lines.push(JSON.stringify({ ...bound, ...fields, message }, plain));
    };
    return {
      lines,
      debug: write,
      info: write,
      warn: write,
      error: write,
      child: (fields) => make({ ...bound, ...fields }),
    };
  };
  return make({});
}
