// `gatewarden keys`: what the keys are worth today, and their rotation without downtime.
import { Type } from 'typebox';
import { formatInstant } from '../core/dates.ts';
import { readOrganisation } from '../services/administration.ts';
import { addKeyToFile, dropFormerKeysFromFile, readKeyFile } from '../services/secrets/key-file.ts';
import { addDataKey, resealAll, retireFormerDataKeys, rewrapDataKeys } from '../services/secrets/rotation.ts';
import { wrappingKeyIdOf } from '../services/secrets/wrapping.ts';
import { appendRecord } from '../store/audit/append.ts';
import { listDataKeys } from '../store/queries/data-keys.ts';
import { type CliCommand, defineOperation, type Operation } from './command.ts';
import { text } from './output.ts';

/** How long other nodes may go on sealing under the former data key before it counts as retired. */
const graceMs = 3_600_000;

interface KeysStatus {
  readonly keyFile: string;
  readonly keyEncryptionKeys: readonly { readonly id: string; readonly current: boolean }[];
  readonly dataKeys: readonly {
    readonly id: number;
    readonly wrappedBy: string | null;
    readonly createdAt: string;
    readonly retiredAt: string | null;
  }[];
}

const iso = (instant: number | null): string | null =>
  instant === null ? null : new Date(instant).toISOString();

const statusOperation = defineOperation(
  'keys.status',
  Type.Object({}),
  async ({ config, store }, _args, output): Promise<KeysStatus> => {
    const keys = await readKeyFile(config.keys.file);
    const currentId = keys.current.id.toString('hex');
    const rows = await store.read(listDataKeys);
    const { timeZone } = await readOrganisation(store);
    const status: KeysStatus = {
      keyFile: config.keys.file,
      keyEncryptionKeys: keys.all.map((key) => ({
        id: key.id.toString('hex'),
        current: key.id.toString('hex') === currentId,
      })),
      dataKeys: rows.map((row) => ({
        id: row.id,
        wrappedBy: wrappingKeyIdOf(row.wrapped),
        createdAt: new Date(row.createdAt).toISOString(),
        retiredAt: iso(row.retiredAt),
      })),
    };
    output.emit({ type: 'fields', fields: [['Key file', status.keyFile]] });
    output.emit({
      type: 'table',
      columns: ['Key-encryption key', 'Current'],
      rows: status.keyEncryptionKeys.map(({ id, current }) => [id, current]),
    });
    output.emit({
      type: 'table',
      columns: ['Data key', 'Wrapped by', 'Created', 'Retired'],
      rows: rows.map((row, i) => [
        row.id,
        status.dataKeys[i]?.wrappedBy ?? null,
        formatInstant(row.createdAt, timeZone),
        row.retiredAt === null ? null : formatInstant(row.retiredAt, timeZone),
      ]),
    });
    return status;
  },
);

const rotateOperation = defineOperation(
  'keys.rotate',
  Type.Object({ keyEncryptionKey: Type.Boolean(), dataKey: Type.Boolean() }),
  async ({ config, store, keyring, clock, random }, args, output) => {
    const deps = { store, keyFile: config.keys.file, clock, random };
    const done = { rewrapped: 0, resealed: 0, retired: 0 };
    if (args.dataKey) {
      await addDataKey(deps);
      await keyring.reload();
      done.resealed = await resealAll({
        store,
        keyring,
        onProgress: (resealed) =>
          output.emit({ type: 'progress', label: 'sealed again', done: resealed, total: null }),
      });
      done.retired = await retireFormerDataKeys({ ...deps, graceMs });
      output.emit(text(`A new data key seals from now on; ${done.resealed} values were sealed again.`));
    }
    if (args.keyEncryptionKey) {
      await addKeyToFile(config.keys.file, random);
      done.rewrapped = await rewrapDataKeys(deps);
      await keyring.reload();
      output.emit(
        text(
          `A new key stands first in ${config.keys.file}; ${done.rewrapped} data keys were wrapped by it.`,
        ),
      );
      output.emit(
        text('Copy the file to every other node and to your safe, then run "gatewarden keys drop-former".'),
      );
    }
    await store.write((db) =>
      appendRecord(db, {
        kind: 'administration',
        at: clock.now(),
        accountId: null,
        gatewayId: null,
        outcome: 'keys.rotate',
        reason: null,
        detail: null,
        lookupCode: null,
        body: { ...args, ...done },
        personal: {},
      }),
    );
    return done;
  },
);

const dropOperation = defineOperation(
  'keys.drop-former',
  Type.Object({}),
  async ({ config, store, keyring, clock, random }, _args, output) => {
    // Nothing may depend on a key that goes.
    const rewrapped = await rewrapDataKeys({ store, keyFile: config.keys.file, clock, random });
    await dropFormerKeysFromFile(config.keys.file);
    await keyring.reload();
    output.emit(text(`${config.keys.file} holds the current key alone.`));
    output.emit(
      text(
        'Backups made before the rotation open only with the former key: keep a copy of that file with them.',
      ),
    );
    return { rewrapped };
  },
);

export const keysOperations: readonly Operation[] = [statusOperation, rotateOperation, dropOperation];

export const keysCommands: readonly CliCommand[] = [
  {
    path: ['keys', 'status'],
    summary: 'show which keys wrap and seal',
    declare() {},
    run: async (invocation) => ({ value: await invocation.call(statusOperation, {}) }),
  },
  {
    path: ['keys', 'rotate'],
    summary: 'make new keys and seal everything again, while the broker runs',
    declare(command) {
      command
        .option('--only-data', 'a new data key; the key file stays')
        .option('--only-file', 'a new key-encryption key; sealed values stay');
    },
    async run(invocation) {
      const { onlyData, onlyFile } = invocation.options as { onlyData?: boolean; onlyFile?: boolean };
      const value = await invocation.call(rotateOperation, {
        dataKey: onlyFile !== true || onlyData === true,
        keyEncryptionKey: onlyData !== true || onlyFile === true,
      });
      return { value };
    },
  },
  {
    path: ['keys', 'drop-former'],
    summary: 'remove former key-encryption keys from the key file, once every node has the current one',
    declare() {},
    run: async (invocation) => ({ value: await invocation.call(dropOperation, {}) }),
  },
];
