// The log as it leaves a process: JSON lines for a collector that the person on duty can also read as they are.
import { type DestinationStream, type LoggerOptions, pino } from 'pino';
import type { Log, LogFields } from './log.ts';

/**
 * One object a line: `level` by its name, `time` in UTC by ISO 8601, then `fields` and those of the event, `msg` last.
 * Written when the call returns. Without a destination the descriptor of standard output is used.
 */
export function createJsonLog(
  level: LoggerOptions['level'] & string,
  fields: LogFields,
  destination?: DestinationStream,
): Log {
  const options: LoggerOptions = {
    level,
    base: fields,
    formatters: { level: (name) => ({ level: name }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
