// Accounting made durable: news of many sessions in one write, answered only after its commit.
import type { Clock } from '../../base/clock.ts';
import { StoreUnavailableError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { adoptedSession, afterNews, findSessionOf, type SessionNews } from '../../core/session.ts';
import { canonicalUserName } from '../../core/user-name.ts';
import { hastenCuts } from '../../store/queries/cuts.ts';
import {
  endSessionsOfGateway,
  findAccountIds,
  findSessionCandidates,
  insertSession,
  type SessionRow,
  saveSessions,
} from '../../store/queries/sessions.ts';
import type { Store } from '../../store/store.ts';
import type { Db } from '../../store/tables.ts';
import { orderCuts, settleCutsOf } from './order.ts';

/** One Accounting-Request as an edge hands it over. */
export type AccountingNews =
  | ({ readonly userName: string } & Omit<SessionNews, 'accountId'>)
  /** The gateway has started or is about to stop: no session of it is left. */
  | { readonly kind: 'restart'; readonly gatewayId: number; readonly at: number };

/** `unmatched`: about a session of nobody that the store knows. It is answered all the same: asking again helps nobody. */
export type AccountingResult = 'stored' | 'adopted' | 'unmatched';

export interface Accounting {
  /** Resolves only after the commit. Rejects with StoreUnavailableError when it can't be known to be stored. */
  record(news: AccountingNews): Promise<AccountingResult>;
  /** Refuses further news and resolves when those at hand are through. */
  close(): Promise<void>;
}

interface Waiting {
  readonly news: AccountingNews;
  readonly resolve: (result: AccountingResult) => void;
  readonly reject: (error: unknown) => void;
}

/** Of one write: some 10 ms, for which this thread does nothing else, and it is the one that hears of logins. */
const batchLimit = 32;
const queueLimit = 8_192;
const mostTries = 4;

/** A row was changed between reading and writing it, by another node or a job. */
class ChangedMeanwhile extends Error {}

/** Creates the use case; one write is in flight at a time while the next batch gathers. */
export function createAccounting(deps: {
  readonly store: Pick<Store, 'write'>;
  readonly realms: () => readonly string[];
  readonly clock: Clock;
  readonly log: Log;
}): Accounting {
  const { store, log } = deps;
  const waiting: Waiting[] = [];
  let running: Promise<void> | null = null;
  let isClosed = false;

  async function apply(batch: readonly AccountingNews[]): Promise<AccountingResult[]> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await store.write((db) => applyNews(db, batch, deps.realms()));
      } catch (error) {
        if (!(error instanceof ChangedMeanwhile) || tries === mostTries) throw error;
      }
    }
  }

  async function settle(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await apply(batch.map(({ news }) => news));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] ?? 'unmatched');
    } catch (error) {
      const [only, ...others] = batch;
      if (error instanceof StoreUnavailableError || only === undefined || others.length === 0) {
        for (const { reject } of batch) reject(error);
        return;
      }
      // One of them can't be written: the others must not suffer for it.
      log.warn({ err: error, news: batch.length }, 'a batch of accounting failed; each is tried by itself');
      for (const one of batch) await settle([one]);
    }
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      // Whatever arrives in this turn of the event loop goes along.
      await new Promise((resolve) => setImmediate(resolve));
      const batch = waiting.splice(0, batchLimit);
      await settle(batch);
    }
    running = null;
  }

  return {
    record(news) {
      if (isClosed) return Promise.reject(new StoreUnavailableError('accounting is closed'));
      if (waiting.length >= queueLimit) {
        return Promise.reject(new StoreUnavailableError('too much accounting waits to be stored'));
      }
      return new Promise((resolve, reject) => {
        waiting.push({ news, resolve, reject });
        running ??= run();
      });
    },
    async close() {
      isClosed = true;
      await running;
    },
  };
}

type OwnedNews = Exclude<AccountingNews, { kind: 'restart' }> & SessionNews;

async function applyNews(
  db: Db,
  batch: readonly AccountingNews[],
  realms: readonly string[],
): Promise<AccountingResult[]> {
  const names = batch.map((news) => {
    if (news.kind === 'restart') return null;
    const name = canonicalUserName(news.userName, { realms });
    return name.ok ? name.userName : null;
  });
  const accountIds = await findAccountIds(db, distinct(names));
  const owned = batch.map((news, index): OwnedNews | null => {
    if (news.kind === 'restart') return null;
    const name = names[index] ?? null;
    return { ...news, accountId: name === null ? null : (accountIds.get(name) ?? null) };
  });
  const rows = await readCandidates(
    db,
    owned.filter((news) => news !== null),
  );
  const results: AccountingResult[] = [];
  for (const [index, news] of batch.entries()) {
    const about = owned[index] ?? null;
    if (about !== null) results.push(await applyOne(db, about, rows));
    else {
      // Later news must see what this has ended, and it what earlier news began.
      await saveAll(db, rows);
      const ended = await endSessionsOfGateway(db, news.gatewayId, news.at);
      await settleCutsOf(db, ended, { state: 'confirmed', at: news.at });
      rows.splice(
        0,
        rows.length,
        ...(await readCandidates(
          db,
          owned.filter((one) => one !== null),
        )),
      );
      results.push('stored');
    }
  }
  await saveAll(db, rows);
  return results;
}

/** A row as it was read, and as it is to be written. */
interface Held extends SessionRow {
  readonly original: SessionRow;
}

async function readCandidates(db: Db, news: readonly OwnedNews[]): Promise<Held[]> {
  if (news.length === 0) return [];
  const rows = await findSessionCandidates(db, {
    references: distinct(news.flatMap(({ references }) => references)),
    acctSessionIds: distinct(news.map(({ acctSessionId }) => acctSessionId)),
    accountIds: distinct(news.map(({ accountId }) => accountId)),
    gatewayIds: distinct(news.map(({ gatewayId }) => gatewayId)),
  });
  return rows.map((original) => ({ ...original, original }));
}

async function applyOne(db: Db, news: OwnedNews, rows: Held[]): Promise<AccountingResult> {
  const session = findSessionOf(news, rows);
  if (session !== null) {
    rows[rows.indexOf(session)] = afterNews(session, news);
    return 'stored';
  }
  const { accountId } = news;
  if (accountId === null) return 'unmatched';
  const original = await insertSession(db, adoptedSession({ ...news, accountId }));
  rows.push({ ...original, original });
  return 'adopted';
}

/** Writes what changed; a session that ended settles its cut, and one that came up is cut now if that was ordered. */
async function saveAll(db: Db, rows: readonly Held[]): Promise<void> {
  const ended: SessionRow[] = [];
  const begun: number[] = [];
  const superseded: SessionRow[] = [];
  const changes: Parameters<typeof saveSessions>[1][number][] = [];
  for (const { original, ...row } of rows) {
    if (isSame(row, original)) continue;
    const isRevived = original.state === 'ended' && row.state === 'live';
    changes.push({ seen: original, state: isRevived ? { ...row, judgeAt: 0 } : row });
    // A newer session has its place, and its tunnel is up all the same.
    if (isRevived && original.endCause === 'given-way') superseded.push(row);
    if (row.state === 'ended') ended.push(row);
    else if (original.state !== 'live') begun.push(row.id);
  }
  if (!(await saveSessions(db, changes))) throw new ChangedMeanwhile();
  const lastEnd = Math.max(...ended.map(({ endedAt, startedAt }) => endedAt ?? startedAt));
  await settleCutsOf(db, ended, { state: 'confirmed', at: lastEnd });
  for (const session of superseded) {
    await orderCuts(db, [session], { reason: 'given-way', at: session.lastSeenAt ?? session.startedAt });
  }
  if (begun.length > 0) await hastenCuts(db, begun);
}

function isSame(row: SessionRow, original: SessionRow): boolean {
  return (Object.keys(original) as (keyof SessionRow)[]).every((key) => Object.is(row[key], original[key]));
}

function distinct<T extends string | number>(values: readonly (T | null)[]): T[] {
  return [...new Set(values)].filter((value) => value !== null) as T[];
}
