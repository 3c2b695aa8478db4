// Staff in a store whose access events may change, and the calls that change it.
import { eq } from 'drizzle-orm';
import { parseTermDate } from '../../../src/core/dates.ts';
import { applyDueEvents } from '../../../src/services/lifecycle/due.ts';
import type { LifecycleDeps, ReportedEvent } from '../../../src/services/lifecycle/record.ts';
import { recordEvents } from '../../../src/services/lifecycle/record.ts';
import { addSource } from '../../../src/services/lifecycle/sources.ts';
import type { Store } from '../../../src/store/store.ts';
import {
  insertAccount,
  insertAssignment,
  insertPerson,
  insertUnitTree,
  oneDay,
} from '../../store/fixtures.ts';
import { silentLog } from '../../store/silent-log.ts';
import { createTestClock } from '../clock.ts';

export const at = (text: string) => parseTermDate(text, 'from', 'Asia/Ho_Chi_Minh');
/** Noon of a working day in Hà Nội. */
export const noon = at('02/03/2026') + oneDay / 2;
export const feed = { kind: 'feed', name: 'hr' } as const;
export const person = { kind: 'person', name: 'command-line' } as const;
export const by = { name: 'lan', via: 'command line' } as const;

let serial = 0;

/** A unit with so many employees, each with an active account and a paper; and a source `hr`. */
export async function createStaff(store: Store, size: number) {
  const clock = createTestClock(noon);
  const prefix = `N${++serial}-`;
  const cut: { accountIds: readonly number[]; reason: string }[] = [];
  const deps: LifecycleDeps = {
    store,
    clock,
    log: silentLog,
    by,
    onAccessEnded: async (_db, accountIds, reason) => {
      cut.push({ accountIds, reason });
    },
  };
  await addSource(deps, { name: feed.name, kind: 'file' });
  const made = await store.write(async (db) => {
    const units = await insertUnitTree(db);
    const people: { staffCode: string; personId: number; accountId: number }[] = [];
    for (let i = 0; i < size; i++) {
      const staffCode = `${prefix}${i}`;
      const personId = await insertPerson(db, { unitId: units.district, staffCode });
      const accountId = await insertAccount(db, { personId });
      people.push({ staffCode, personId, accountId });
    }
    const accountIds = people.map(({ accountId }) => accountId);
    await insertAssignment(db, { unitId: units.district }, accountIds);
    return { units, people };
  });

  const accountRow = async (index: number) => {
    const [row] = await store.read((db) =>
      db
        .select()
        .from(db.tables.accounts)
        .where(eq(db.tables.accounts.id, made.people[index]?.accountId ?? 0)),
    );
    if (row === undefined) throw new Error('no such account');
    return row;
  };

  return {
    ...made,
    store,
    clock,
    deps,
    cut,
    accountRow,
    event(index: number, change: Partial<ReportedEvent> = {}): ReportedEvent {
      const staffCode = made.people[index]?.staffCode ?? '';
      return {
        staffCode,
        kind: 'ended',
        detail: 'retired',
        effectiveAt: at('02/03/2026'),
        endsAt: null,
        keepUntil: null,
        unitId: null,
        documentNumber: '12/QĐ',
        sourceKey: `${staffCode}/${change.kind ?? 'ended'}/${change.effectiveAt ?? 0}`,
        person: null,
        ...change,
      };
    },
    record: (events: readonly ReportedEvent[], source: typeof feed | typeof person = feed) =>
      recordEvents(deps, source, events),
    applyDue: () => applyDueEvents(deps),
    async facts(index: number) {
      const { userName } = await accountRow(index);
      const { account } = await store.decisions.loadFacts({ userName, observedKeys: [] });
      if (account === null) throw new Error('no such account');
      return account;
    },
    async unitOf(index: number) {
      const [row] = await store.read((db) =>
        db
          .select({ unitId: db.tables.people.unitId })
          .from(db.tables.people)
          .where(eq(db.tables.people.id, made.people[index]?.personId ?? 0)),
      );
      return row?.unitId;
    },
    async records() {
      const rows = await store.read((db) =>
        db.select().from(db.tables.audit).orderBy(db.tables.audit.chain, db.tables.audit.seq),
      );
      return rows.filter(({ outcome }) => outcome.startsWith('lifecycle.')).map(({ outcome }) => outcome);
    },
  };
}

/** Statements of a store that stop working, as when the process is killed there. */
export function dyingAfter(store: Store, writes: number): Store {
  let left = writes;
  return {
    ...store,
    write: (fn) => {
      left -= 1;
      if (left < 0) throw new Error('killed');
      return store.write(fn);
    },
  };
}
