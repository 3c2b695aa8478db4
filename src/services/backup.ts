// Backup and restore. A restored store has forgotten which codes were used since: a floor refuses all of them.
import { chmod, constants, copyFile, rename, rm } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { defaultPolicy, type PolicyLayer } from '../core/policy.ts';
import { appendRecord } from '../store/audit/append.ts';
import { openStore } from '../store/open.ts';
import { listPolicies } from '../store/queries/gateways.ts';
import { bumpSettingsVersion, findSetting, putSetting } from '../store/queries/settings.ts';
import { replaceSqliteDatabase, stageSqliteBackup } from '../store/sqlite/backup.ts';
import { takeProcessLock } from '../store/sqlite/process-lock.ts';
import type { Store } from '../store/store.ts';
import { openKeyring } from './secrets/keyring.ts';

/** The longest period of an authenticator. */
const longestPeriodMs = 60_000;
const floorKey = 'codeFloorAt';

/** The most steps ahead of now that any policy accepts. */
async function stepsAhead(store: Pick<Store, 'read'>): Promise<number> {
  const layers = await store.read(listPolicies);
  const ahead = layers.map(({ layer }) => (JSON.parse(layer) as PolicyLayer).codeWindow?.ahead ?? 0);
  return Math.max(defaultPolicy.codeWindow.ahead, ...ahead);
}

/**
 * Marks a store as restored: no code whose step may have been accepted before is accepted again, and a record says so. The
 * floor never moves back. Challenges begun before are void with their codes.
 * @returns the floor, epoch ms
 */
export async function markRestored(store: Store, now: number, origin: string): Promise<number> {
  // A step that starts at the last accepted instant itself is refused too.
  const wanted = now + ((await stepsAhead(store)) + 1) * longestPeriodMs;
  return store.write(async (db) => {
    const floor = Math.max(wanted, Number((await findSetting(db, floorKey)) ?? 0));
    await putSetting(db, floorKey, String(floor));
    await putSetting(db, 'lastInstant', String(now));
    await bumpSettingsVersion(db);
    await appendRecord(db, {
      kind: 'administration',
      at: now,
      accountId: null,
      gatewayId: null,
      outcome: 'store.restore',
      reason: null,
      detail: null,
      lookupCode: null,
      body: { codeFloorAt: floor, origin },
      personal: {},
    });
    return floor;
  });
}

/**
 * Restores a SQLite backup: staged beside the database, opened with the key file, marked as restored, and only then put in
 * its place. The former database stays as `<file>.before-restore-<time>`.
 * @throws OperatorError when a broker runs, the backup is damaged or newer, or the key file does not open it; nothing is changed then
 */
export async function restoreSqlite(options: {
  readonly backup: string;
  readonly file: string;
  readonly keyFile: string;
  readonly node: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}): Promise<{ readonly codeFloorAt: number; readonly aside: string }> {
  const { backup, file, keyFile, node, clock, random, log } = options;
  const lock = takeProcessLock(file);
  const staged = `${file}.restoring`;
  try {
    stageSqliteBackup(backup, staged);
    const store = await openStore({ dialect: 'sqlite', file: staged }, { clock, random, log, node });
    let codeFloorAt: number;
    try {
      await openKeyring({ store, keyFile, random });
      codeFloorAt = await markRestored(store, clock.now(), 'backup');
    } finally {
      await store.close();
    }
    const aside = `${file}.before-restore-${new Date(clock.now()).toISOString().replaceAll(/[-:.]/g, '')}`;
    replaceSqliteDatabase(file, staged, aside);
    return { codeFloorAt, aside };
  } finally {
    for (const suffix of ['', '-wal', '-shm', '.lock']) await rm(staged + suffix, { force: true });
    lock.release();
  }
}

/** Copies the key file beside a backup, for its owner alone. Whoever has both reads every seed and secret. */
export async function copyKeyFile(keyFile: string, target: string): Promise<void> {
  const part = `${target}.part`;
  await rm(part, { force: true });
  // Never into a file that is there already: its owner, or whoever has it open, would read along.
  await copyFile(keyFile, part, constants.COPYFILE_EXCL);
  await chmod(part, 0o600);
  await rename(part, target);
}
