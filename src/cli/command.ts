// What a command is made of: a part that runs where the operator sits, and operations that run where the store is open.
import type { Command } from 'commander';
import type { Static, TSchema } from 'typebox';
import type { Services } from '../app.ts';
import type { Log } from '../base/log.ts';
import type { Config } from '../config/load.ts';
import type { Output } from './output.ts';

/** What an operation gets besides its arguments. */
export interface OperationContext extends Services {
  /** Octets that the command line streams in (an import, a password); null when it sends none. */
  readonly input: AsyncIterable<Buffer> | null;
  /** Aborts when the operator gives up or the broker stops. */
  readonly signal: AbortSignal;
}

/**
 * Work on the open store. The same function runs inside the broker (through its control socket) or, when none
 * runs, inside the command line under the process lock. `run` returns the result that --json prints; it must survive
 * JSON. Arguments are checked against `schema` before.
 */
export interface Operation {
  readonly name: string;
  readonly schema: TSchema;
  /** Runs although the keys can't be opened (restore, say); without it the context's keyring is open. */
  run(context: OperationContext, args: unknown, output: Output): Promise<unknown>;
}

/** Ties the type of `args` to the schema. */
export function defineOperation<Schema extends TSchema>(
  name: string,
  schema: Schema,
  run: (context: OperationContext, args: Static<Schema>, output: Output) => Promise<unknown>,
): Operation {
  return { name, schema, run: (context, args, output) => run(context, args as Static<Schema>, output) };
}

/** Languages of explanations. */
export type Language = 'en' | 'vi';

/** What the local part of a command gets. */
export interface Invocation {
  /** Positional arguments, in order; absent optional ones are undefined, variadic ones an array. */
  readonly operands: readonly (string | string[] | undefined)[];
  /** Options by their camel-cased names. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly output: Output;
  readonly language: Language;
  /** With --json the result is printed as JSON and events are not shown. */
  readonly json: boolean;
  readonly workingDirectory: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** Aborted by SIGTERM or SIGINT. */
  readonly stop: AbortSignal;
  /** Of what the command does itself: errors only, to standard error. */
  readonly log: Log;
  /** Loads the configuration at the first call. @throws OperatorError */
  config(): Config;
  /** Runs an operation in the broker if one runs, else here. Resolves with its result. */
  call(operation: Operation, args: unknown, input?: AsyncIterable<Buffer>): Promise<unknown>;
}

/** What --json prints; the exit code is 0 unless the command found something broken. */
export interface CommandResult {
  readonly value: unknown;
  readonly exitCode?: 0 | 1;
}

/** One command of the command line; `path` are its words. */
export interface CliCommand {
  readonly path: readonly string[];
  readonly summary: string;
  /** Adds arguments and options to commander's command. */
  declare(command: Command): void;
  run(invocation: Invocation): Promise<CommandResult>;
}
