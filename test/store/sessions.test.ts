// Sessions written together: each keeps its own values, and none is written over what somebody else has changed.
import { asc } from 'drizzle-orm';
import { expect, it } from 'vitest';
import type { SessionState } from '../../src/core/session.ts';
import { insertSession, saveSessions } from '../../src/store/queries/sessions.ts';
import type { Store } from '../../src/store/store.ts';
import { describeOnEachStore } from './each-store.ts';
import {
  fixtureTime,
  insertAccount,
  insertClient,
  insertGateway,
  insertPerson,
  insertUnitTree,
} from './fixtures.ts';

const size = 128;

function begin(store: Store) {
  return store.write(async (db) => {
    const { district } = await insertUnitTree(db);
    const accountId = await insertAccount(db, { personId: await insertPerson(db, { unitId: district }) });
    const gatewayId = await insertGateway(db, { clientId: await insertClient(db) });
    const made = [];
    for (let i = 0; i < size; i += 1) {
      const state: SessionState = {
        ...{ accountId, gatewayId, state: 'live' as const, station: '198.51.100.7', acctSessionId: `s${i}` },
        ...{
          startedAt: fixtureTime,
          until: fixtureTime + 1_000,
          openUntil: null,
          endedAt: null,
          endCause: null,
        },
        ...{
          reference: null,
          liveAt: fixtureTime,
          lastSeenAt: null,
          framedIpAddress: null,
          octetsIn: 1,
          octetsOut: 2,
        },
        ...{ terminateCause: null, identification: null },
      };
      made.push(await insertSession(db, state));
    }
    return made;
  });
}

const rowsOf = (store: Store) =>
  store.read((db) => db.select().from(db.tables.sessions).orderBy(asc(db.tables.sessions.id)));

describeOnEachStore('sessions written together', (open) => {
  it('keep what is said of each, nothing and large numbers too, and what is not said of any', async () => {
    const store = await open();
    const before = await begin(store);
    const changes = before.map((seen, at) => ({
      seen,
      state: {
        ...seen,
        state: at % 3 === 0 ? ('live' as const) : ('ended' as const),
        endedAt: at % 3 === 0 ? null : fixtureTime + at,
        endCause: at % 3 === 0 ? null : ('stopped' as const),
        octetsIn: at % 2 === 0 ? null : 2 ** 52 + at,
        framedIpAddress: at % 2 === 0 ? `10.0.0.${at}` : null,
        judgeAt: 7,
      },
    }));
    expect(await store.write((db) => saveSessions(db, changes))).toBe(true);
    expect(await rowsOf(store)).toEqual(changes.map(({ state }) => ({ ...state, revision: 1 })));
  });

  it('are refused when one of them was changed meanwhile', async () => {
    const store = await open();
    const [first, second] = await begin(store);
    if (first === undefined || second === undefined) throw new Error('no sessions');
    const one = { seen: first, state: { ...first, octetsIn: 5 } };
    expect(await store.write((db) => saveSessions(db, [one]))).toBe(true);
    const both = [one, { seen: second, state: { ...second, octetsIn: 6 } }];
    expect(await store.write((db) => saveSessions(db, both))).toBe(false);
    const [row] = await rowsOf(store);
    expect(row).toMatchObject({ octetsIn: 5, revision: 1 });
  });

  it('none at all is no write', async () => {
    const store = await open();
    expect(await store.write((db) => saveSessions(db, []))).toBe(true);
  });
});
