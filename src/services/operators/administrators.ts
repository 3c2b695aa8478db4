// Central administrators who lose their role: everybody who sees alerts of the whole organisation hears of it, since one who ends the
// others alone acts alone afterwards.
import { raiseAlert } from '../../store/queries/alerts.ts';
import { listLastingCentralAdministrators } from '../../store/queries/operator-list.ts';
import { findOperator } from '../../store/queries/operators.ts';
import type { Db } from '../../store/tables.ts';
import type { Administrator } from '../administration.ts';

/**
 * Raises `administrator-ended`, and `administrator-alone` when only one is left who can sign in.
 * Call it in the write that took the role, after it is taken; `record` is the record of that.
 */
export async function warnOfAdministratorEnded(
  db: Db,
  by: Administrator,
  signInName: string,
  at: number,
  record: { readonly chain: string; readonly seq: number },
): Promise<void> {
  const left = await listLastingCentralAdministrators(db, at);
  const raise = (rule: string, evidence: object) =>
    raiseAlert(db, { rule, accountId: null, evidence: JSON.stringify(evidence), at, ...record });
  await raise('administrator-ended', { operator: signInName, endedBy: by.name, left: left.length });
  const [last] = left;
  if (last === undefined || left.length > 1) return;
  const alone = await findOperator(db, last);
  if (alone !== null) await raise('administrator-alone', { operator: alone.signInName });
}
