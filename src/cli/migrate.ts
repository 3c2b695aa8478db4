// `gatewarden migrate privacyidea | freeradius | pskc`: another system's accounts as an organisation file, and what can't be carried over.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { counted } from '../base/counted.ts';
import { OperatorError } from '../base/errors.ts';
import { freeradiusTables, migrateFreeradius } from '../services/migration/freeradius.ts';
import { type Holder, readHolders } from '../services/migration/holders.ts';
import type { LeftOut, Migration } from '../services/migration/migration.ts';
import { migratePrivacyidea, privacyideaTables, readEncKey } from '../services/migration/privacyidea.ts';
import { readSqlDump, type SqlTables } from '../services/migration/sql-dump.ts';
import { operand } from './administrator.ts';
import type { CliCommand, CommandResult, Invocation } from './command.ts';
import { pskcCommand } from './hardware-token.ts';
import { text, warning } from './output.ts';

/** A text can't be much longer in memory. */
const mostDumpOctets = 256 * 1024 * 1024;

function read(invocation: Invocation, at: string, file: string): Buffer {
  const path = resolve(invocation.workingDirectory, file);
  try {
    return readFileSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new OperatorError(`${at}: ${path} cannot be read (${code}).`, {
      at,
      remedy: 'Check the path, and the right to read it.',
      cause,
    });
  }
}

function readTables(invocation: Invocation, tables: readonly string[], needed: string): SqlTables {
  const file = operand(invocation, 0);
  const size = statSync(resolve(invocation.workingDirectory, file), { throwIfNoEntry: false })?.size ?? 0;
  if (size > mostDumpOctets) {
    throw new OperatorError(`${file} has ${size} octets, too many to read at once.`, {
      at: 'DUMP',
      remedy: `Dump only the tables that are needed: ${tables.join(', ')}.`,
    });
  }
  const found = readSqlDump(read(invocation, 'DUMP', file).toString('utf8'), tables);
  if (found.has(needed)) return found;
  throw new OperatorError(`${file} has no table ${needed}.`, {
    at: 'DUMP',
    remedy: 'Give a plain SQL dump of that database (mysqldump, pg_dump, or ".dump" of sqlite3).',
  });
}

function holdersOf(invocation: Invocation): readonly Holder[] {
  return readHolders(read(invocation, '--holders', String(invocation.options['holders'])));
}

/** For its owner alone, and never over a file that is there: it holds seeds and passwords in clear. */
function writeOrganisation(invocation: Invocation, output: string, migration: Migration): string {
  const path = resolve(invocation.workingDirectory, output);
  const { accounts, workstations } = migration;
  try {
    writeFileSync(path, `${JSON.stringify({ workstations, accounts }, null, 1)}\n`, {
      mode: 0o600,
      flag: 'wx',
    });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new OperatorError(`--output: ${path} cannot be written (${code}).`, {
      at: '--output',
      remedy:
        code === 'EEXIST' ? 'Name a file that is not there yet.' : 'Name a file in a directory of your own.',
      cause,
    });
  }
  return path;
}

function show(invocation: Invocation, leftOut: readonly LeftOut[]): void {
  if (leftOut.length === 0) return;
  invocation.output.emit({
    type: 'table',
    columns: ['Not carried over', 'What', 'Do'],
    rows: leftOut.map(({ what, why, remedy }) => [what, why, remedy]),
  });
}

function finish(invocation: Invocation, migration: Migration): CommandResult {
  const { accounts, workstations, leftOut } = migration;
  const { output } = invocation.options as { readonly output?: string };
  const file = output === undefined ? null : writeOrganisation(invocation, output, migration);
  show(invocation, leftOut);
  const authenticators = accounts.reduce((sum, account) => sum + account.authenticators.length, 0);
  const what = `${counted(accounts.length, 'account')} with ${counted(authenticators, 'authenticator')}, ${counted(workstations.length, 'workstation')}`;
  if (file === null) invocation.output.emit(text(`${what}. This was a dry run: --output FILE writes them.`));
  else {
    invocation.output.emit(text(`${what} are in ${file}. Next: gatewarden import ${file} --dry-run`));
    invocation.output.emit(
      warning('The file holds seeds and passwords in clear: remove it once it is imported.'),
    );
  }
  return {
    value: {
      accounts: accounts.length,
      authenticators,
      workstations: workstations.length,
      file,
      leftOut,
    },
  };
}

function declare(command: Command): Command {
  return command
    .argument('<dump>', 'plain SQL dump of its database')
    .requiredOption('--holders <file>', 'CSV: whose accounts they are; see docs/migration.md')
    .option('--output <file>', 'organisation file to write; without it nothing is written');
}

export const migrateCommands: readonly CliCommand[] = [
  pskcCommand,
  {
    path: ['migrate', 'privacyidea'],
    summary: 'tokens of privacyIDEA, from a dump of its database and its key file',
    declare(command) {
      declare(command).requiredOption('--enckey <file>', 'the file that PI_ENCFILE names');
    },
    async run(invocation) {
      const key = readEncKey(read(invocation, '--enckey', String(invocation.options['enckey'])));
      const tables = readTables(invocation, privacyideaTables, 'token');
      return finish(invocation, migratePrivacyidea(tables, holdersOf(invocation), key));
    },
  },
  {
    path: ['migrate', 'freeradius'],
    summary: "users of FreeRADIUS' SQL module, from a dump of its database",
    declare: (command) => void declare(command),
    async run(invocation) {
      const tables = readTables(invocation, freeradiusTables, 'radcheck');
      return finish(invocation, migrateFreeradius(tables, holdersOf(invocation)));
    },
  },
];
