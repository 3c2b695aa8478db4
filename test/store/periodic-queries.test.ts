// What runs every second, five or sixty must not read a table whole that grows with accounts and years: the plans of its statements.
import { expect, it } from 'vitest';
import {
  claimCuts,
  countSessionsAndCuts,
  listDueCuts,
  listOpenCuts,
  listOpenSessionsOf,
} from '../../src/store/queries/cuts.ts';
import { claimExpiryWarnings } from '../../src/store/queries/expiry-warnings.ts';
import {
  claimDueLifecycleEvents,
  countWithdrawnAround,
  countWithdrawnSince,
  isAnythingHeldSince,
  isLifecycleDue,
  listHeldIds,
} from '../../src/store/queries/lifecycle.ts';
import { countUndelivered, listDue, listUnsorted } from '../../src/store/queries/outbox.ts';
import { expireRequests } from '../../src/store/queries/requests.ts';
import {
  endSessionsOfGateway,
  listLapsedSessions,
  listSessionsToJudge,
} from '../../src/store/queries/sessions.ts';
import { findDueUnitEvent } from '../../src/store/queries/unit-events.ts';
import { deleteOldWebSessions } from '../../src/store/queries/web-sessions.ts';
import type { Db } from '../../src/store/tables.ts';
import { describeOnEachStore } from './each-store.ts';
import { createPlanner, type Statement } from './planner.ts';

const now = Date.UTC(2026, 2, 1);
const oneDay = 86_400_000;
const newsForMs = 7 * oneDay;

/** By the job that asks. */
const periodic: Readonly<Record<string, (db: Db) => Promise<unknown>>> = {
  'session-watch: sessions to judge': (db) => listSessionsToJudge(db, now, 50),
  'session-watch: cuts that are due': (db) => listDueCuts(db, now, 100),
  'session-watch: cuts are claimed': (db) => claimCuts(db, [1, 2, 3], { now, until: now + 1 }),
  'session-watch: open sessions of accounts': (db) => listOpenSessionsOf(db, [1, 2, 3]),
  'lapsed-sessions': (db) => listLapsedSessions(db, now, 100),
  'sessions of a gateway that began anew': (db) => endSessionsOfGateway(db, 1, now),
  'lifecycle: is anything due': (db) => isLifecycleDue(db, now),
  'lifecycle: events that are due': (db) => claimDueLifecycleEvents(db, now, 50),
  'lifecycle: unit events that are due': (db) => findDueUnitEvent(db, now),
  'feeds: what the source has withdrawn': (db) => countWithdrawnSince(db, 'hr', now),
  'feeds: what it withdraws about that day': (db) => countWithdrawnAround(db, 'hr', now, oneDay),
  'feeds: what is held of it': (db) => isAnythingHeldSince(db, 'hr', now),
  'lifecycle: all held events': (db) => listHeldIds(db, null),
  ...Object.fromEntries(
    [0, 1, 7, 14, 30].map((days) => [
      `expiry-warnings: ${days} days before`,
      (db: Db) => claimExpiryWarnings(db, { days, now, newsForMs, limit: 100 }, 'look'),
    ]),
  ),
  'notices: unsorted messages': (db) => listUnsorted(db, 100),
  'notices: alerts to deliver': (db) => listDue(db, 'alert', now, 100),
  'notices: notices to deliver': (db) => listDue(db, 'notice', now, 100),
  'delivery: checkpoints to deliver': (db) => listDue(db, 'checkpoint', now, 100),
  'housekeeping: requests that nobody decided': (db) => expireRequests(db, now),
  'housekeeping: old web sessions': (db) => deleteOldWebSessions(db, now),
  'metrics: sessions and cuts': (db) => countSessionsAndCuts(db),
  'metrics: open cuts': (db) => listOpenCuts(db, 100),
  'health: undelivered messages': (db) => countUndelivered(db, 'alert'),
};

/** It counts what is open. */
const countsOpenSessions = 'metrics: sessions and cuts';

describeOnEachStore('what runs at an interval', (open, createDatabase) => {
  it.each(Object.keys(periodic))('%s: reads no table whole', async (name) => {
    const target = await createDatabase();
    await open({}, target);
    const planner = await createPlanner(target);
    await periodic[name]?.(planner.db);
    const statements = planner.take();
    expect(statements).not.toEqual([]);
    for (const statement of statements) {
      const scans = (await planner.scansOf(statement)).filter(
        (scan) => name !== countsOpenSessions || !scan.includes('sessions_open_'),
      );
      expect(scans, statement.sql).toEqual([]);
    }
  });

  it('the plans tell a whole reading', async () => {
    const target = await createDatabase();
    await open({}, target);
    const planner = await createPlanner(target);
    const { accounts } = planner.db.tables;
    await planner.db.select().from(accounts);
    await planner.db.select({ name: accounts.userName }).from(accounts).orderBy(accounts.userName);
    const [whole, byIndex] = planner.take();
    expect(await planner.scansOf(whole as Statement)).toHaveLength(1);
    expect(await planner.scansOf(byIndex as Statement)).toHaveLength(1);
  });
});
