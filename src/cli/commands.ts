// All commands of the command line, and all operations that the broker runs for it.
import type { CliCommand, Operation } from './command.ts';
import { doctorCommands, doctorOperations } from './doctor.ts';
import { keysCommands, keysOperations } from './keys.ts';
import { probeCommands } from './probe.ts';
import { serveCommands } from './serve.ts';

const operations: readonly Operation[] = [...doctorOperations, ...keysOperations];

export const commands: readonly CliCommand[] = [
  ...serveCommands(operations),
  ...probeCommands,
  ...doctorCommands,
  ...keysCommands,
];
