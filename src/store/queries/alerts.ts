// Alerts that jobs raise, with their message in the outbox; decisions raise theirs in the decision writer.
import { eq } from 'drizzle-orm';
import { alertPayload } from '../decision-writer/rows.ts';
import type { Db } from '../tables.ts';

/** Raises an alert for the unit of the account's holder (of no account: for the whole organisation), within the write of the record that it rests on. */
export async function raiseAlert(
  db: Db,
  alert: {
    readonly rule: string;
    /** Null: it is about no account. */
    readonly accountId: number | null;
    /** JSON. */
    readonly evidence: string;
    readonly at: number;
    readonly chain: string;
    readonly seq: number;
  },
): Promise<void> {
  const { accounts, people, alerts, outbox } = db.tables;
  const [holder] =
    alert.accountId === null
      ? []
      : await db
          .select({ unitId: people.unitId })
          .from(accounts)
          .innerJoin(people, eq(people.id, accounts.personId))
          .where(eq(accounts.id, alert.accountId));
  const unitId = holder?.unitId ?? null;
  const [row] = await db
    .insert(alerts)
    .values({ ...alert, unitId })
    .returning({ id: alerts.id });
  if (row === undefined) throw new Error('the alert was not inserted');
  await db.insert(outbox).values({
    kind: 'alert',
    payload: alertPayload({ ...alert, id: row.id, unitId }),
    createdAt: alert.at,
    nextAttemptAt: alert.at,
  });
}
