import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { OperatorError, StoreUnavailableError } from '../../../src/base/errors.ts';
import type { Log, LogFields } from '../../../src/base/log.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { readAudit } from '../../../src/store/audit/read.ts';
import { verifyAudit } from '../../../src/store/audit/verify.ts';
import { startWriterThread, type WriterThread } from '../../../src/store/decision-writer/thread.ts';
import { claimSqliteDatabase, openStore } from '../../../src/store/open.ts';
import { openSqliteConnection } from '../../../src/store/sqlite/connection.ts';
import { createRemoteTurn } from '../../../src/store/sqlite/turn.ts';
import type { Store } from '../../../src/store/store.ts';
import { silentLog } from '../silent-log.ts';
import { accept, addAccounts, denial, tally, wrongCode } from './people.ts';

const deps = { clock: systemClock, random: systemRandom, log: silentLog, node: 'test' };

interface Served {
  readonly thread: WriterThread;
  readonly file: string;
  readonly lines: { fields: LogFields; message: string }[];
  /** A store of a thread of its own, as main and radius have them. */
  openClient(of?: { readonly isBusyThread: boolean }): Promise<Store>;
}

/** A database, its writer thread, and as many clients as the test opens. */
async function serve(): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'gatewarden-writer-'));
  const file = join(folder, 'gatewarden.db');
  const lock = claimSqliteDatabase(file, deps);
  const lines: Served['lines'] = [];
  const keep = (fields: LogFields, message: string) => lines.push({ fields, message });
  const log: Log = { debug: keep, info: keep, warn: keep, error: keep, child: () => log };
  const thread = await startWriterThread({ file, node: 'test', program: '1.2.3' }, log);
  onTestFinished(async () => {
    await thread.stop();
    lock.release();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    thread,
    file,
    lines,
    async openClient(of) {
      const store = await openStore({ dialect: 'sqlite', file, writer: thread.connect(), ...of }, deps);
      onTestFinished(() => store.close());
      return store;
    },
  };
}

it('the writer thread keeps decisions of several clients exact and their chain sound', async () => {
  const { openClient } = await serve();
  const [first, second] = [await openClient(), await openClient()];
  const accounts = await addAccounts(first, 8);
  const guesses = await Promise.all(
    accounts.flatMap((account) =>
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? first : second).decisions.commit(wrongCode(account)),
      ),
    ),
  );
  expect(tally(guesses)).toEqual({ committed: 40, stale: 120 });
  await second.write(async (db) => {
    await db.delete(db.tables.counters);
  });
  const accepts = await Promise.all(
    accounts.flatMap((account) => [first, second].map((store) => store.decisions.commit(accept(account, 3)))),
  );
  expect(tally(accepts)).toEqual({ committed: 8, 'claim-lost': 8 });
  const verdict = await verifyAudit(readAudit(first), { checkpoints: [], keys: [] });
  expect(verdict).toMatchObject({ sound: true, chains: 1, records: 49 });
});

it('writes of clients take turns with each other and with the decisions', async () => {
  const { openClient } = await serve();
  const [first, second] = [await openClient(), await openClient()];
  const [account] = await addAccounts(first, 1);
  const accountId = account?.accountId ?? 0;
  const increments = Array.from({ length: 30 }, (_, index) =>
    (index % 2 === 0 ? first : second).write(async (db) => {
      const { accounts } = db.tables;
      const [row] = await db.select().from(accounts).where(eq(accounts.id, accountId));
      await db
        .update(accounts)
        .set({ revision: (row?.revision ?? 0) + 1 })
        .where(eq(accounts.id, accountId));
    }),
  );
  const decisions = Array.from({ length: 200 }, () => first.decisions.commit(denial(null)));
  expect(tally(await Promise.all(decisions))).toEqual({ committed: 200 });
  await Promise.all(increments);
  const [row] = await first.read((db) => db.select().from(db.tables.accounts));
  expect(row?.revision).toBe(31);
});

it('a client whose event loop is busy takes the turn as it is granted: decisions never wait for its other work', async () => {
  const { openClient } = await serve();
  const busy = await openClient({ isBusyThread: true });
  const begun: string[] = [];
  const first = busy.write(async () => void begun.push('first'));
  const second = busy.write(async () => void begun.push('second'));
  // Without one turn of the event loop, in which messages come.
  for (let steps = 0; steps < 200; steps += 1) await Promise.resolve();
  expect(begun).toEqual(['first', 'second']);
  await Promise.all([first, second]);
});

it('decisions wait while a client has the turn, and go on when it dies with it', async () => {
  const { thread, file, openClient } = await serve();
  const store = await openClient();
  const [account] = await addAccounts(store, 1);
  if (account === undefined) throw new Error('no account was made');
  await store.decisions.commit(denial(null));
  const port = thread.connect();
  await createRemoteTurn(port, { standsStill: false }).acquire();
  const waiting = store.decisions.commit(accept(account, 3));
  for (let round = 0; round < 50; round += 1) await store.ping(1_000);
  // Had the decision not waited, it would have been committed on the first revision.
  const holder = openSqliteConnection(file, 'write');
  holder.exec('UPDATE accounts SET revision = 2');
  holder.close();
  port.close();
  expect(await waiting).toEqual({ kind: 'stale' });
});

it('a decision that cannot be written is answered with an error over the thread, others are not touched', async () => {
  const { openClient, lines } = await serve();
  const store = await openClient();
  const [one, other] = await addAccounts(store, 2);
  if (one === undefined || other === undefined) throw new Error('no accounts were made');
  const session = {
    gatewayId: 9_999,
    workstationId: null,
    provenBy: null,
    station: '',
    startedAt: 1,
    until: 2,
    openUntil: 2,
    reference: 'poisonous',
    acctSessionId: null,
    identification: '{}',
  };
  const [poisonous, fine] = await Promise.allSettled([
    store.decisions.commit({ ...accept(one, 3), session }),
    store.decisions.commit(accept(other, 3)),
  ]);
  expect(poisonous).toMatchObject({
    status: 'rejected',
    reason: { message: 'this decision cannot be written' },
  });
  expect(poisonous.status === 'rejected' && poisonous.reason).not.toBeInstanceOf(StoreUnavailableError);
  expect(fine).toMatchObject({ status: 'fulfilled', value: { kind: 'committed' } });
  await store.decisions.commit(denial(one));
  const alerts = await store.read((db) => db.select().from(db.tables.alerts));
  expect(alerts).toMatchObject([{ rule: 'decision-unwritable' }]);
  expect(lines.map((line) => line.message)).toContain('a decision cannot be written');
});

it('stopping finishes what is at hand; afterwards the store is unavailable', async () => {
  const { thread, openClient } = await serve();
  const store = await openClient();
  await store.decisions.commit(denial(null));
  const last = Array.from({ length: 500 }, () => store.decisions.commit(denial(null)));
  // The commits leave in this tick's message, before the order to stop.
  await new Promise((resolve) => setImmediate(resolve));
  await thread.stop();
  expect(await thread.ended).toBeNull();
  expect(tally(await Promise.all(last))).toEqual({ committed: 500 });
  await expect(store.decisions.commit(denial(null))).rejects.toBeInstanceOf(StoreUnavailableError);
  await expect(store.write(async () => {})).rejects.toBeInstanceOf(StoreUnavailableError);
  expect(await store.ping(1_000)).toBe(false);
});

it('a writer thread that cannot open the database says why', async () => {
  const start = startWriterThread({ file: '/nowhere/at/all.db', node: 'n', program: '1' }, silentLog);
  await expect(start).rejects.toBeInstanceOf(OperatorError);
  await expect(start).rejects.toThrow('/nowhere/at/all.db');
});
