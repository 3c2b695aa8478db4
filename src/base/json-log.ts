// The log as it leaves a process: JSON lines for a collector that the person on duty can also read as they are.
import { type DestinationStream, type LoggerOptions, pino } from 'pino';
import type { Log, LogFields } from './log.ts';

/** An error with its causes, but without what a failed query was given: hashes of passwords, sealed seeds, names. */
function serialiseError(error: Error): unknown {
  if (!(error instanceof Error)) return error;
  const { params: _, ...told } = pino.stdSerializers.err(error) as Record<string, unknown>;
  let { message, stack } = told as { message: string; stack: string };
  const seen = new Set<unknown>();
  for (let at: unknown = error; at instanceof Error && !seen.has(at); at = at.cause) {
    seen.add(at);
    if (!('params' in at)) continue;
    const given = `\nparams: ${String(at.params)}`;
    message = message.replaceAll(given, '');
    stack = stack.replaceAll(given, '');
  }
  return { ...told, message, stack };
}

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
    serializers: { err: serialiseError },
    formatters: { level: (name) => ({ level: name }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
