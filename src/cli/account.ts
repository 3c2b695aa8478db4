// `gatewarden account …`: all commands about VPN accounts.
import { enrollCommands, enrollOperations } from './account/enroll.ts';
import { passwordCommands, passwordOperations } from './account/password.ts';
import { showCommands, showOperations } from './account/show.ts';
import { standingCommands, standingOperations } from './account/standing.ts';
import { accountWorkstationCommands, accountWorkstationOperations } from './account/workstation.ts';
import type { CliCommand, Operation } from './command.ts';

export const accountOperations: readonly Operation[] = [
  ...showOperations,
  ...standingOperations,
  ...accountWorkstationOperations,
  ...passwordOperations,
  ...enrollOperations,
];

export const accountCommands: readonly CliCommand[] = [
  ...showCommands,
  ...standingCommands,
  ...accountWorkstationCommands,
  ...passwordCommands,
  ...enrollCommands,
];
