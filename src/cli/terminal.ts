// Secrets and codes from the operator: standard input, a file, or a prompt that does not echo.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { OperatorError } from '../base/errors.ts';
import type { Invocation } from './command.ts';

/** The first line of a file, without its line end. @throws OperatorError naming the option */
export function readSecretFile(invocation: Invocation, option: string, path: string): string {
  try {
    return readFileSync(resolve(invocation.workingDirectory, path), 'utf8').replace(/\r?\n[\s\S]*$/, '');
  } catch (cause) {
    throw new OperatorError(`${option}: ${path} cannot be read (${(cause as NodeJS.ErrnoException).code}).`, {
      at: option,
      remedy: 'Name a file whose first line is the secret, readable by you.',
      cause,
    });
  }
}

/** One line of standard input; used with `--…-stdin`. */
export async function readLineOfInput(invocation: Invocation): Promise<string> {
  const lines = createInterface({ input: invocation.stdin });
  for await (const line of lines) {
    lines.close();
    return line;
  }
  return '';
}

/** Several lines of standard input, where more than one option takes one; null at its end. */
export function openLinesOfInput(invocation: Invocation): () => Promise<string | null> {
  const lines = createInterface({ input: invocation.stdin })[Symbol.asyncIterator]();
  return async () => {
    const { done, value } = await lines.next();
    return done === true ? null : value;
  };
}

/** Asks on the terminal; with `hidden` nothing of the answer is shown. @throws OperatorError without a terminal */
export function ask(
  invocation: Invocation,
  question: string,
  options: { hidden: boolean; instead: string },
): Promise<string> {
  const { stdin, stderr, stop } = invocation;
  if (!stdin.isTTY) {
    throw new OperatorError(`${question} is needed, and there is no terminal to ask on.`, {
      remedy: options.instead,
    });
  }
  let muted = false;
  const screen = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!muted) stderr.write(chunk);
      done();
    },
  });
  const line = createInterface({ input: stdin, output: screen, terminal: true });
  return new Promise((resolveAnswer, reject) => {
    const giveUp = () => {
      line.close();
      reject(new OperatorError('Given up.', { remedy: options.instead }));
    };
    line.once('SIGINT', giveUp);
    stop.addEventListener('abort', giveUp, { once: true });
    line.question(`${question}: `, (answer) => {
      stop.removeEventListener('abort', giveUp);
      line.close();
      if (options.hidden) stderr.write('\n');
      resolveAnswer(answer);
    });
    muted = options.hidden;
  });
}
