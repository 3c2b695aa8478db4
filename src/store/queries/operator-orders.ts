// Orders about operators that a second administrator has to approve. Every change of state is compare-and-set.
import { and, asc, eq, gt } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

export type OperatorOrderRow = Tables['operatorOrders']['$inferSelect'];

export async function insertOperatorOrder(
  db: Db,
  order: Omit<Tables['operatorOrders']['$inferInsert'], 'id' | 'state'>,
): Promise<number> {
  const { operatorOrders: t } = db.tables;
  const [row] = await db
    .insert(t)
    .values({ ...order, state: 'open' })
    .returning({ id: t.id });
  if (row === undefined) throw new Error('the order was not inserted');
  return row.id;
}

export async function findOperatorOrder(db: Db, id: number): Promise<OperatorOrderRow | null> {
  const { operatorOrders: t } = db.tables;
  const [row] = await db.select().from(t).where(eq(t.id, id));
  return row ?? null;
}

/** Those that wait and have not run out, with the operator whom they are about, the oldest first. */
export async function listOpenOperatorOrders(db: Db, now: number) {
  const { operatorOrders: t, operators, people } = db.tables;
  return await db
    .select({ order: t, fullName: people.fullName, signInName: operators.signInName })
    .from(t)
    .leftJoin(operators, eq(operators.id, t.operatorId))
    .leftJoin(people, eq(people.id, operators.personId))
    .where(and(eq(t.state, 'open'), gt(t.expiresAt, now)))
    .orderBy(asc(t.id));
}

/** Closes one that waits and has not run out; whether it did. */
export async function closeOperatorOrder(
  db: Db,
  id: number,
  set: Pick<
    OperatorOrderRow,
    'state' | 'decidedAt' | 'decidedBy' | 'decidedByOperatorId' | 'decisionReason'
  > & { readonly decidedAt: number },
): Promise<boolean> {
  const { operatorOrders: t } = db.tables;
  const closed = await db
    .update(t)
    .set(set)
    .where(and(eq(t.id, id), eq(t.state, 'open'), gt(t.expiresAt, set.decidedAt)))
    .returning({ id: t.id });
  return closed.length === 1;
}
