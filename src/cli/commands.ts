// All commands of the command line, and all operations that the broker runs for it.
import { auditCommands, auditOperations } from './audit.ts';
import { backupCommands, backupOperations } from './backup.ts';
import type { CliCommand, Operation } from './command.ts';
import { doctorCommands, doctorOperations } from './doctor.ts';
import { keysCommands, keysOperations } from './keys.ts';
import { probeCommands } from './probe.ts';
import { serveCommands } from './serve.ts';

const operations: readonly Operation[] = [
  ...auditOperations,
  ...backupOperations,
  ...doctorOperations,
  ...keysOperations,
];

export const commands: readonly CliCommand[] = [
  ...serveCommands(operations),
  ...probeCommands,
  ...doctorCommands,
  ...keysCommands,
  ...auditCommands,
  ...backupCommands,
];
