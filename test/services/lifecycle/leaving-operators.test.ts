// Operators leave too: what they hold in the console ends in the write of the event, and its undo brings it back.
import { eq } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { approveHeld } from '../../../src/services/lifecycle/hold.ts';
import { undoEvent } from '../../../src/services/lifecycle/undo.ts';
import {
  insertOperator,
  insertOperatorRole,
  listRolesInForce,
} from '../../../src/store/queries/operators.ts';
import { describeOnEachStore, type OpenTestStore } from '../../store/each-store.ts';
import { oneDay } from '../../store/fixtures.ts';
import { at, createStaff, person } from './staff.ts';

async function setUp(open: OpenTestStore) {
  const staff = await createStaff(await open(), 3);
  const { store, clock } = staff;
  const since = clock.now() - oneDay;
  const addOperator = (index: number) =>
    store.write((db) =>
      insertOperator(db, {
        personId: staff.people[index]?.personId ?? 0,
        signInName: `operator-${index}`,
        state: 'active',
        createdAt: since,
      }),
    );
  const addRole = (operatorId: number, over: { delegatedByPersonId?: number; validUntil?: number } = {}) =>
    store.write((db) =>
      insertOperatorRole(db, {
        operatorId,
        role: 'central-administrator',
        validFrom: since,
        createdAt: since,
        ...over,
      }),
    );
  const roles = (id: number) => store.read((db) => listRolesInForce(db, id, clock.now()));
  const operator = async (id: number) => {
    const rows = await store.read((db) =>
      db.select().from(db.tables.operators).where(eq(db.tables.operators.id, id)),
    );
    return rows[0];
  };
  const openWeb = (operatorId: number) =>
    store.write(async (db) => {
      await db.insert(db.tables.webSessions).values({
        tokenHash: Buffer.from(`web ${operatorId}`),
        site: 'console',
        operatorId,
        method: 'passkey',
        address: '192.0.2.1',
        userAgent: 'test',
        createdAt: since,
        lastSeenAt: since,
        expiresAt: since + 2 * oneDay,
        provedAt: since,
      });
      await db.insert(db.tables.apiTokens).values({
        name: 'feed',
        tokenHash: Buffer.from(`token ${operatorId}`),
        scopes: '[]',
        createdBy: operatorId,
        createdAt: since,
        expiresAt: since + 2 * oneDay,
      });
    });
  const web = () =>
    store.read(async (db) => ({
      sessions: (await db.select().from(db.tables.webSessions)).map(({ endedAt }) => endedAt),
      tokens: (await db.select().from(db.tables.apiTokens)).map(({ revokedAt }) => revokedAt),
    }));
  return { ...staff, addOperator, addRole, roles, operator, openWeb, web };
}

describeOnEachStore('an operator who leaves', (open) => {
  it('loses roles, web sessions, tokens and what others hold by delegation, in one write; undo brings them back', async () => {
    const site = await setUp(open);
    const [leaver, other] = [await site.addOperator(0), await site.addOperator(1)];
    await site.addRole(leaver);
    await site.addRole(other);
    await site.addRole(other, { delegatedByPersonId: site.people[0]?.personId ?? 0 });
    await site.openWeb(leaver);
    const [recorded] = await site.record([site.event(0)]);
    const now = site.clock.now();
    expect(await site.operator(leaver)).toMatchObject({ state: 'ended', endedAt: now });
    expect(await site.roles(leaver)).toEqual([]);
    expect(await site.roles(other)).toHaveLength(1);
    expect(await site.web()).toEqual({ sessions: [now], tokens: [now] });
    // The role that another held by delegation is no administrator's end.
    const alerts = await site.store.read((db) => db.select().from(db.tables.alerts));
    expect(alerts.map(({ rule, evidence }) => [rule, JSON.parse(evidence).operator])).toEqual([
      ['administrator-ended', 'operator-0'],
    ]);
    const eventId = recorded !== undefined && 'eventId' in recorded ? (recorded.eventId ?? 0) : 0;
    await undoEvent(site.deps, { eventId, reason: 'nhầm người' });
    expect(await site.operator(leaver)).toMatchObject({ state: 'active', endedAt: null });
    expect(await site.roles(leaver)).toHaveLength(1);
    expect(await site.roles(other)).toHaveLength(2);
    expect(await site.web()).toEqual({ sessions: [now], tokens: [null] });
  });

  it('on a day to come keeps all of it until then', async () => {
    const site = await setUp(open);
    const leaver = await site.addOperator(0);
    await site.addRole(leaver);
    await site.addRole(await site.addOperator(1));
    await site.record([site.event(0, { effectiveAt: at('05/03/2026') })]);
    expect(await site.roles(leaver)).toHaveLength(1);
    site.clock.advance(3 * oneDay);
    await site.applyDue();
    expect(await site.roles(leaver)).toEqual([]);
  });

  it('does not lose what a transfer or a leave leaves alone', async () => {
    const site = await setUp(open);
    const operator = await site.addOperator(0);
    await site.addRole(operator);
    await site.addRole(await site.addOperator(1));
    await site.record([site.event(0, { kind: 'leave', detail: 'sick' })]);
    expect(await site.roles(operator)).toHaveLength(1);
  });

  it('and is the last central administrator is held back until somebody else says so', async () => {
    const site = await setUp(open);
    const last = await site.addOperator(0);
    await site.addRole(last);
    expect(await site.record([site.event(0), site.event(1)])).toMatchObject([
      { outcome: 'held' },
      { outcome: 'applied' },
    ]);
    expect(await site.roles(last)).toHaveLength(1);
    await approveHeld(site.deps, { choice: { source: 'hr' }, reason: 'đã bàn giao' });
    expect(await site.roles(last)).toEqual([]);
  });

  it('by the word of a person is not held', async () => {
    const site = await setUp(open);
    await site.addRole(await site.addOperator(0));
    expect(await site.record([site.event(0)], person)).toMatchObject([{ outcome: 'applied' }]);
  });
});
