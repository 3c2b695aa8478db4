// One more failure on a counter, in one statement: nodes that count at the same instant lose none of each other's.
import { type AnyColumn, sql } from 'drizzle-orm';
import { waitsOf } from '../../core/lockout.ts';
import type { LockoutPolicy } from '../../core/policy.ts';

interface CounterColumns {
  readonly failures: AnyColumn;
  readonly lastFailureAt: AnyColumn;
}

/** Numbers of ours; as parameters PostgreSQL would take those of a CASE for text. */
function literal(value: number) {
  if (!Number.isSafeInteger(value)) throw new Error(`${value} is no whole number`);
  return sql.raw(String(value));
}

/** What an upsert sets where there is a row, and inserts where there is none; the rule is `afterFailure` of core/lockout.ts. */
export function countedFailure(columns: CounterColumns, scope: string, policy: LockoutPolicy, now: number) {
  const { threshold, waits } = waitsOf(scope, policy);
  const failures = sql<number>`(case when ${columns.lastFailureAt} > ${literal(now - policy.forgetMs)} then ${columns.failures} + 1 else 1 end)`;
  const cases = waits.map(
    (wait, index) => sql`when ${failures} = ${literal(threshold + index)} then ${literal(now + wait)}`,
  );
  const last = literal(now + (waits.at(-1) ?? 0));
  const lockedUntil = sql<number>`(case when ${failures} < ${literal(threshold)} then ${literal(0)} ${sql.join(cases, sql` `)} else ${last} end)`;
  const first = threshold <= 1 ? now + (waits[0] ?? 0) : 0;
  return {
    insert: { failures: 1, lastFailureAt: now, lockedUntil: first },
    update: { failures, lastFailureAt: now, lockedUntil },
  };
}
