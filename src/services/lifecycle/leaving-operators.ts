// A leaver who operates the console: what ends with the event is kept with it, is on record, and comes back by its undo.
import type { LifecycleChanges } from '../../core/lifecycle.ts';
import { findAdministratorsAmong, type OperatorEnded } from '../../store/queries/leaving-operators.ts';
import { findLifecycleEvents, updateLifecycleEvent } from '../../store/queries/lifecycle.ts';
import type { Db } from '../../store/tables.ts';
import { type Administrator, recordAct } from '../administration.ts';
import { warnOfAdministratorEnded } from '../operators/administrators.ts';

/** What an event has changed, with what it took of the console. */
export type ChangesWithOperator = LifecycleChanges & { readonly operator?: OperatorEnded };

/** Keeps with each event what its person held. Call it in the write that ended it, after the events are there. */
export async function noteOperatorsEnded(
  db: Db,
  by: Administrator,
  ended: readonly OperatorEnded[],
  eventOf: ReadonlyMap<number, number>,
  at: number,
): Promise<void> {
  for (const operator of ended) {
    const [row] = await findLifecycleEvents(db, [eventOf.get(operator.personId) ?? 0]);
    if (row === undefined) throw new Error('an operator has ended by no event');
    const changes = JSON.parse(row.changes) as LifecycleChanges;
    await updateLifecycleEvent(db, row.id, { changes: JSON.stringify({ ...changes, operator }) });
  }
  const administrators = await findAdministratorsAmong(
    db,
    ended.flatMap(({ roleIds }) => roleIds),
    at,
  );
  for (const { personId, operatorId, roleIds, tokenIds } of ended) {
    const record = await recordAct(db, by, {
      verb: 'operator.end',
      at,
      detail: 'left',
      body: {
        person: personId,
        operator: operatorId,
        event: eventOf.get(personId) ?? null,
        roles: roleIds.join(', '),
        tokens: tokenIds.join(', '),
      },
    });
    const signInName = administrators.get(operatorId ?? 0);
    if (signInName !== undefined) await warnOfAdministratorEnded(db, by, signInName, at, record);
  }
}
