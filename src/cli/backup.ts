// `gatewarden backup` and `gatewarden restore`.
import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Type } from 'typebox';
import { systemClock } from '../base/clock.ts';
import { OperatorError } from '../base/errors.ts';
import { systemRandom } from '../base/random.ts';
import { copyKeyFile, markRestored, restoreSqlite } from '../services/backup.ts';
import { appendRecord } from '../store/audit/append.ts';
import { backupSqlite } from '../store/sqlite/backup.ts';
import { brokerListens } from './call.ts';
import { type CliCommand, defineOperation, type Invocation, type Operation } from './command.ts';
import { text, warning } from './output.ts';
import { refuseOwnFile } from './own-files.ts';

function refusePostgresql(): never {
  throw new OperatorError('The store is PostgreSQL, which has its own tools for backups.', {
    at: 'store.dialect',
    remedy:
      'Use pg_dump --format=custom (or base backups with WAL archiving) for the database and copy the key file. ' +
      'After pg_restore, before any broker starts: gatewarden restore --mark.',
  });
}

const backupOperation = defineOperation(
  'backup',
  Type.Object({ file: Type.String(), withKey: Type.Boolean() }),
  async ({ config, store, clock }, { file, withKey }, output) => {
    if (config.store.dialect !== 'sqlite') refusePostgresql();
    for (const target of [file, ...(withKey ? [`${file}.key`] : [])]) refuseOwnFile(config, target);
    try {
      await backupSqlite(config.store.file, file, (done, total) =>
        output.emit({ type: 'progress', label: 'pages', done, total }),
      );
      if (withKey) await copyKeyFile(config.keys.file, `${file}.key`);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code === undefined || !/^E[A-Z]+$/.test(code)) throw cause;
      throw new OperatorError(`${file} cannot be written (${code}).`, {
        at: file,
        remedy: 'While the broker runs it writes the file: name a place where its account may write.',
        cause,
      });
    }
    await store.write((db) =>
      appendRecord(db, {
        kind: 'administration',
        at: clock.now(),
        accountId: null,
        gatewayId: null,
        outcome: 'store.backup',
        reason: null,
        detail: null,
        lookupCode: null,
        body: { withKey },
        personal: {},
      }),
    );
    output.emit(text(`Backup written to ${file}.`));
    if (withKey) {
      output.emit(
        warning(`${file}.key opens every seed and secret in it: keep the two in different places.`),
      );
    } else output.emit(text(`It opens only with the key file (${config.keys.file}), which is not in it.`));
    return { file, key: withKey ? `${file}.key` : null };
  },
);

const markOperation = defineOperation(
  'restore.mark',
  Type.Object({}),
  async ({ store, clock, broker }, _args, output) => {
    if (broker !== null) refuseRunning();
    const codeFloorAt = await markRestored(store, clock.now(), 'outside');
    output.emit(text(floorText(codeFloorAt)));
    return { codeFloorAt };
  },
);

export const backupOperations: readonly Operation[] = [backupOperation];
export const restoreOperations: readonly Operation[] = [markOperation];

function floorText(floor: number): string {
  return `Codes count again from ${new Date(floor).toISOString()} on; until then every login is refused.`;
}

function refuseRunning(): never {
  throw new OperatorError('The broker runs.', { remedy: 'Stop every broker of this store, then restore.' });
}

function backupFile(invocation: Invocation, given: string): string {
  const path = resolve(invocation.workingDirectory, given);
  const isDirectory = existsSync(path) && statSync(path).isDirectory();
  if (!isDirectory) return path;
  const time = new Date(systemClock.now()).toISOString().replaceAll(/[-:]/g, '').replace(/\..*/, 'Z');
  return join(path, `gatewarden-${time}.sqlite`);
}

async function restore(invocation: Invocation) {
  const config = invocation.config();
  const [given] = invocation.operands;
  if (invocation.options['mark'] === true) return invocation.call(markOperation, {});
  if (config.store.dialect !== 'sqlite') refusePostgresql();
  if (typeof given !== 'string') {
    throw new OperatorError('No backup is named.', {
      remedy: 'gatewarden restore FILE, or with --mark after a restore by other means.',
    });
  }
  if (await brokerListens(config)) refuseRunning();
  const { codeFloorAt, aside } = await restoreSqlite({
    backup: resolve(invocation.workingDirectory, given),
    file: config.store.file,
    keyFile: config.keys.file,
    node: config.node,
    clock: systemClock,
    random: systemRandom,
    log: invocation.log,
  });
  invocation.output.emit(text(`${given} is restored to ${config.store.file}.`));
  if (existsSync(aside)) invocation.output.emit(text(`The former database is ${aside}.`));
  invocation.output.emit(text(floorText(codeFloorAt)));
  invocation.output.emit(
    text(
      'Whatever was withdrawn, suspended or changed since the backup must be done again before the broker starts.',
    ),
  );
  return { codeFloorAt, aside: existsSync(aside) ? aside : null };
}

export const backupCommands: readonly CliCommand[] = [
  {
    path: ['backup'],
    summary: 'copy the database (SQLite) while the broker runs',
    declare(command) {
      command
        .argument('<target>', 'a directory or a file')
        .option('--with-key', 'copy the key file too, beside it');
    },
    run: async (invocation) => ({
      value: await invocation.call(backupOperation, {
        file: backupFile(invocation, String(invocation.operands[0])),
        withKey: invocation.options['withKey'] === true,
      }),
    }),
  },
];

export const restoreCommands: readonly CliCommand[] = [
  {
    path: ['restore'],
    summary: 'put a backup in place; no code used since is accepted again',
    declare(command) {
      command
        .argument('[file]', 'what "gatewarden backup" has written')
        .option(
          '--mark',
          'only mark the store as restored (PostgreSQL after pg_restore, or a file put back by hand)',
        );
    },
    run: async (invocation) => ({ value: await restore(invocation) }),
  },
];
