// What only SQLite has: the file and its settings, the lock of the process, the writer thread.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asc } from 'drizzle-orm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { OperatorError, StoreUnavailableError } from '../../../src/base/errors.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { defaultPolicy } from '../../../src/core/policy.ts';
import { startWriterThread } from '../../../src/store/decision-writer/thread.ts';
import { claimSqliteDatabase, openStore } from '../../../src/store/open.ts';
import { insertUnit } from '../../../src/store/queries/units.ts';
import { openSqliteConnection } from '../../../src/store/sqlite/connection.ts';
import { takeProcessLock } from '../../../src/store/sqlite/process-lock.ts';
import { createLocalTurn } from '../../../src/store/sqlite/turn.ts';
import type { Store } from '../../../src/store/store.ts';
import { silentLog } from '../silent-log.ts';

const deps = { clock: systemClock, random: systemRandom, log: silentLog, node: 'test' };

function freshFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatewarden-sqlite-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'gatewarden.db');
}

async function open(file: string): Promise<Store> {
  const store = await openStore({ dialect: 'sqlite', file }, deps);
  onTestFinished(() => store.close());
  return store;
}

const writeUnit = (store: Store, code: string) =>
  store.write((db) => insertUnit(db, { code, name: code, nameSearchKey: code }));

const unitCodes = (store: Store) =>
  store.read(async (db) => {
    const { units } = db.tables;
    const rows = await db.select({ code: units.code }).from(units).orderBy(asc(units.id));
    return rows.map(({ code }) => code);
  });

describe('a SQLite connection', () => {
  it('commits with full syncs and checks references, on every open', () => {
    const file = freshFile();
    for (const mode of ['create', 'write', 'read', 'create'] as const) {
      const connection = openSqliteConnection(file, mode);
      const pragma = (name: string) => connection.pragma(name, { simple: true });
      expect(pragma('journal_mode')).toBe('wal');
      expect(pragma('synchronous')).toBe(2);
      expect(pragma('foreign_keys')).toBe(1);
      expect(pragma('page_size')).toBe(2048);
      expect(pragma('query_only')).toBe(mode === 'read' ? 1 : 0);
      connection.close();
    }
  });

  it('keeps the file and what belongs to it from other users', async () => {
    const file = freshFile();
    const store = await open(file);
    await writeUnit(store, 'A');
    for (const name of [file, `${file}-wal`, `${file}-shm`]) expect(statSync(name).mode & 0o777).toBe(0o600);
    await store.close();
    chmodSync(file, 0o644);
    await (await openStore({ dialect: 'sqlite', file }, deps)).close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('tells the operator what is wrong with the file', async () => {
    const file = freshFile();
    writeFileSync(file, 'this is a text, and a long one: '.repeat(100), { mode: 0o600 });
    const noDatabase = await openStore({ dialect: 'sqlite', file }, deps).catch((error: unknown) => error);
    expect(noDatabase).toBeInstanceOf(OperatorError);
    expect((noDatabase as OperatorError).message).toContain('not a database');
    const nowhere = join(file, 'no', 'folder.db');
    await expect(
      (async () => openStore({ dialect: 'sqlite', file: nowhere }, deps))(),
    ).rejects.toBeInstanceOf(OperatorError);
  });
});

describe('the process lock', () => {
  it('keeps a second opening out, and names what to do', async () => {
    const file = freshFile();
    const store = await open(file);
    const error = await openStore({ dialect: 'sqlite', file }, deps).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(OperatorError);
    expect((error as OperatorError).message).toContain('the broker is running');
    expect((error as OperatorError).message).toContain('use its socket');
    expect(await writeUnit(store, 'A')).toBe(1);
    await store.close();
    await open(file);
  });

  it('is held by another process until that is killed, however it ends', async () => {
    const file = freshFile();
    const holder = spawn(process.execPath, ['--expose-gc', join(import.meta.dirname, 'hold-lock.ts'), file], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void holder.kill('SIGKILL'));
    await once(holder.stdout, 'data');
    expect(() => takeProcessLock(file)).toThrow(`the broker is running (process ${holder.pid})`);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const own = takeProcessLock(file);
    // Whoever can read it can lock it.
    expect(statSync(`${file}.lock`).mode & 0o777).toBe(0o600);
    own.release();
  });
});

describe('a turn', () => {
  it('is granted in the order of asking, to one at a time', async () => {
    const turn = createLocalTurn();
    const order: number[] = [];
    const take = async (name: number) => {
      const release = await turn.acquire();
      order.push(name);
      await Promise.resolve();
      order.push(name);
      release();
      release();
    };
    await Promise.all([take(1), take(2), take(3)]);
    expect(order).toEqual([1, 1, 2, 2, 3, 3]);
  });
});

describe('a store on the writer thread', () => {
  it('writes and decides from several clients in turn', async () => {
    const file = freshFile();
    const lock = claimSqliteDatabase(file, deps);
    onTestFinished(() => lock.release());
    const writer = await startWriterThread({ file, node: 'test', program: '0' }, silentLog);
    const stores = await Promise.all(
      [1, 2].map(() => openStore({ dialect: 'sqlite', file, writer: writer.connect() }, deps)),
    );
    const [main, radius] = stores;
    if (main === undefined || radius === undefined) throw new Error('unreachable');
    const decision = (index: number) =>
      radius.decisions.commit({
        accountId: null,
        guard: null,
        lockout: defaultPolicy.lockout,
        claim: null,
        spend: null,
        issue: null,
        challengeClaim: null,
        failures: [],
        reset: [],
        session: null,
        endSessions: [],
        alert: null,
        record: {
          kind: 'decision',
          at: index,
          accountId: null,
          gatewayId: null,
          outcome: 'deny',
          reason: null,
          detail: null,
          lookupCode: null,
          body: {},
          personal: {},
        },
      });
    const codes = Array.from({ length: 20 }, (_, index) => `U${index}`);
    const [results] = await Promise.all([
      Promise.all(Array.from({ length: 50 }, (_, index) => decision(index))),
      ...codes.map((code, index) => writeUnit(index % 2 === 0 ? main : radius, code)),
    ]);
    expect(new Set(results.map(({ kind }) => kind))).toEqual(new Set(['committed']));
    expect((await unitCodes(main)).toSorted()).toEqual(codes.toSorted());
    expect(await main.ping(1000)).toBe(true);

    await writer.stop();
    await expect(writeUnit(main, 'late')).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(decision(99)).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(await radius.ping(1000)).toBe(false);
    for (const store of stores) await store.close();
  });

  it('refuses to open a database that nobody brought up to date', async () => {
    const file = freshFile();
    openSqliteConnection(file, 'create').close();
    const { port1, port2 } = new MessageChannel();
    await expect(openStore({ dialect: 'sqlite', file, writer: port1 as never }, deps)).rejects.toThrow(
      'the database is at version none',
    );
    port2.close();
  });
});

describe('a SQLite store', () => {
  it('no longer answers when its file was taken away, although SQLite would', async () => {
    const file = freshFile();
    const store = await open(file);
    expect(await store.ping(1000)).toBe(true);
    renameSync(file, `${file}.old`);
    expect(await store.ping(1000)).toBe(false);
    openSqliteConnection(file, 'create').close();
    expect(await store.ping(1000)).toBe(false);
  });

  it('is unavailable while something else holds the file', async () => {
    const file = freshFile();
    const store = await open(file);
    await writeUnit(store, 'A');
    const intruder = openSqliteConnection(file, 'write');
    intruder.exec('BEGIN IMMEDIATE');
    await expect(writeUnit(store, 'B')).rejects.toBeInstanceOf(StoreUnavailableError);
    intruder.close();
    await writeUnit(store, 'C');
    expect(await unitCodes(store)).toEqual(['A', 'C']);
  });
});
