// The control socket's language: one command a connection, JSON lines both ways.
//
// client → broker   {"id":1,"command":"audit.verify","arguments":{…}}   then, if the command reads input,
//                   {"id":1,"input":"<base64>"} …  {"id":1,"inputEnd":true}
// broker → client   {"id":1,"event":{…}} …   then one of   {"id":1,"result":…}   {"id":1,"error":{…}}
import { OperatorError } from '../../base/errors.ts';
import type { OutputEvent } from '../output.ts';

export type ClientLine =
  | { readonly id: number; readonly command: string; readonly arguments: unknown; readonly hasInput: boolean }
  | { readonly id: number; readonly input: string }
  | { readonly id: number; readonly inputEnd: true };

export interface WireError {
  readonly operator: boolean;
  readonly message: string;
  readonly remedy?: string;
  readonly at?: string;
}

export type BrokerLine =
  | { readonly id: number; readonly event: OutputEvent }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: WireError };

/** No line is longer; a peer that sends one is cut off. */
const longestLine = 4 * 1024 * 1024;

/** The parser's own message repeats the input, which may hold a secret. */
function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new Error('a line of the control socket is not JSON');
  }
}

/** Splits a stream of octets into parsed lines. `push` throws on a line that is too long or no JSON. */
export function createLineReader(onLine: (line: unknown) => void) {
  let rest = '';
  const decoder = new TextDecoder();
  return {
    push(chunk: Buffer): void {
      rest += decoder.decode(chunk, { stream: true });
      let end = rest.indexOf('\n');
      while (end !== -1) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 1);
        if (line !== '') onLine(parseLine(line));
        end = rest.indexOf('\n');
      }
      if (rest.length > longestLine) throw new Error('a line of the control socket is too long');
    },
  };
}

/** An operator's error travels whole; of a defect only its message does (the stack stays in the broker's log). */
export function toWireError(error: unknown): WireError {
  if (error instanceof OperatorError) {
    return {
      operator: true,
      message: error.message,
      remedy: error.remedy,
      ...(error.at === undefined ? {} : { at: error.at }),
    };
  }
  return { operator: false, message: error instanceof Error ? error.message : String(error) };
}

export function fromWireError(error: WireError): Error {
  if (!error.operator) return new Error(`the broker failed: ${error.message}`);
  return new OperatorError(error.message, {
    remedy: error.remedy ?? '',
    ...(error.at === undefined ? {} : { at: error.at }),
  });
}
