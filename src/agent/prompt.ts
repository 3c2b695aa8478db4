// Asking the person at the workstation: without echo at a terminal, line by line from a pipe.
import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { AgentError } from './agent-error.ts';

export interface Prompt {
  /** What was typed, without its line end. @throws AgentError when there is nothing left to read */
  secret(question: string): Promise<string>;
  close(): void;
}

/** Questions go to `stderr`, so that what the program prints can be piped. */
export function createPrompt(
  stdin: NodeJS.ReadableStream & { isTTY?: boolean },
  stderr: NodeJS.WritableStream,
): Prompt {
  let lines: Interface | null = null;
  let iterator: AsyncIterator<string> | null = null;
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  return {
    async secret(question) {
      lines ??= createInterface({ input: stdin, output: silent, terminal: stdin.isTTY === true });
      iterator ??= lines[Symbol.asyncIterator]();
      if (stdin.isTTY === true) stderr.write(`${question}: `);
      const { value, done } = await iterator.next();
      if (stdin.isTTY === true) stderr.write('\n');
      if (done !== true) return String(value);
      throw new AgentError(
        `Nothing was given for: ${question}.`,
        'Type it, or give it in a line of its own on standard input.',
      );
    },
    close() {
      lines?.close();
    },
  };
}
