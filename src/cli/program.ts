// The command line: global options, commands by name, errors to words, exit codes.
import { Command, CommanderError, Option } from 'commander';
import type { AppDeps } from '../app.ts';
import { systemClock } from '../base/clock.ts';
import { OperatorError } from '../base/errors.ts';
import { createJsonLog } from '../base/json-log.ts';
import type { Log } from '../base/log.ts';
import { programVersion } from '../base/program.ts';
import { systemRandom } from '../base/random.ts';
import { type Config, loadConfig } from '../config/load.ts';
import { callOperation } from './call.ts';
import type { CliCommand, CommandResult, Invocation } from './command.ts';
import { groups } from './commands.ts';
import { createQuietOutput, createTextOutput } from './output.ts';

/** The process as the entry point sees it. */
export interface ProgramInput {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  readonly hostName: string;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly stop: AbortSignal;
}

interface GlobalOptions {
  readonly config?: string;
  readonly json?: boolean;
  readonly lang: 'en' | 'vi';
}

/** Logs of a command that opens the store itself: only what went wrong, to where warnings go. */
function quietLog(stderr: NodeJS.WriteStream): Log {
  return createJsonLog('error', {}, stderr);
}

function parentOf(program: Command, path: readonly string[]): Command {
  return path.reduce(
    (parent, word) =>
      parent.commands.find((command) => command.name() === word) ?? parent.command(word).description(''),
    program,
  );
}

function invocationOf(
  input: ProgramInput,
  global: GlobalOptions,
  operands: readonly (string | string[] | undefined)[],
  options: Readonly<Record<string, unknown>>,
): Invocation {
  const output = global.json === true ? createQuietOutput({ stderr: input.stderr }) : createTextOutput(input);
  let loaded: Config | null = null;
  const config = () => {
    loaded ??= loadConfig({
      file: global.config ?? input.env['GATEWARDEN_CONFIG'] ?? null,
      env: input.env,
      workingDirectory: input.workingDirectory,
      hostName: input.hostName,
    });
    return loaded;
  };
  const deps: AppDeps = { clock: systemClock, random: systemRandom, log: quietLog(input.stderr) };
  return {
    operands,
    options,
    output,
    language: global.lang,
    json: global.json === true,
    workingDirectory: input.workingDirectory,
    env: input.env,
    stdin: input.stdin,
    stdout: input.stdout,
    stderr: input.stderr,
    stop: input.stop,
    log: deps.log,
    config,
    call: (operation, args, stream) =>
      callOperation({
        config: config(),
        deps,
        operation,
        arguments: args,
        input: stream ?? null,
        output,
        signal: input.stop,
      }),
  };
}

function addCommand(
  program: Command,
  definition: CliCommand,
  input: ProgramInput,
  done: (result: CommandResult, json: boolean) => void,
): void {
  const name = definition.path.at(-1) ?? '';
  const command = parentOf(program, definition.path.slice(0, -1))
    .command(name)
    .description(definition.summary);
  definition.declare(command);
  command.action(async (...given: unknown[]) => {
    const operands = given.slice(0, -2) as (string | string[] | undefined)[];
    const global = command.optsWithGlobals<GlobalOptions>();
    const invocation = invocationOf(input, global, operands, command.opts());
    done(await definition.run(invocation), invocation.json);
  });
}

async function buildProgram(
  input: ProgramInput,
  done: (result: CommandResult, json: boolean) => void,
): Promise<Command> {
  const program = new Command('gatewarden')
    .description('OTP-gated VPN access broker')
    .version(programVersion)
    .option('--config <file>', 'configuration file (also GATEWARDEN_CONFIG); defaults without one')
    .option('--json', 'print the result as JSON')
    .addOption(
      new Option('--lang <language>', 'language of explanations').choices(['en', 'vi']).default('en'),
    )
    // Narrow descriptions beside long names wrap too: help fits into 80 columns.
    .configureHelp({ showGlobalOptions: true, minWidthToWrap: 20, subcommandTerm })
    .showHelpAfterError('(add --help for all options)')
    .configureOutput({
      writeOut: (line) => input.stdout.write(line),
      writeErr: (line) => input.stderr.write(line),
    })
    .exitOverride();
  const wanted = firstOperand(input.argv);
  for (const group of groups) {
    if (group.name !== wanted) program.command(group.name).description(group.summary);
    else for (const command of (await group.load()).commands) addCommand(program, command, input, done);
  }
  for (const command of program.commands) {
    if (command.commands.length > 0) command.description(summaryOf(command.name()));
  }
  inherit(program);
  return program;
}

/** A subcommand in its group's help: its name and arguments; that it has options goes without saying. */
function subcommandTerm(command: Command): string {
  const operands = command.registeredArguments.map((one) =>
    one.required ? `<${one.name()}>` : `[${one.name()}]`,
  );
  return [command.name(), ...operands].join(' ');
}

function summaryOf(name: string): string {
  return groups.find((group) => group.name === name)?.summary ?? '';
}

/** The first word that is neither an option nor a global option's value; after `help`, the one asked about. */
function firstOperand(argv: readonly string[]): string | undefined {
  const words = argv.filter(
    (word, i) => !word.startsWith('-') && !['--config', '--lang'].includes(argv[i - 1] ?? ''),
  );
  return words[0] === 'help' ? words[1] : words[0];
}

/** Subcommands made by `command()` inherit output and exit settings only from their direct parent at that time. */
function inherit(command: Command): void {
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inherit(child);
  }
}

function report(error: unknown, input: ProgramInput): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const json = input.argv.includes('--json');
  if (error instanceof OperatorError) {
    const { message, remedy, at } = error;
    input.stderr.write(
      json ? `${JSON.stringify({ error: { message, remedy, at } })}\n` : `${message}\n  ${remedy}\n`,
    );
    return 2;
  }
  const message = error instanceof Error ? error.message : String(error);
  const debug =
    input.env['GATEWARDEN_LOG_LEVEL'] === 'debug' && error instanceof Error ? `\n${error.stack}` : '';
  input.stderr.write(json ? `${JSON.stringify({ error: { message } })}\n` : `Failed: ${message}${debug}\n`);
  return 1;
}

/** Runs one command to its end. Resolves with the exit code: 0 done, 1 broken, 2 for the operator to correct. */
export async function runProgram(input: ProgramInput): Promise<number> {
  let exitCode = 0;
  try {
    const program = await buildProgram(input, (result, json) => {
      if (json) input.stdout.write(`${JSON.stringify(result.value, null, 2)}\n`);
      exitCode = result.exitCode ?? 0;
    });
    await program.parseAsync([...input.argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return report(error, input);
  }
}
