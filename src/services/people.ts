// One person as administrators see them: employment, personnel events, accounts with their workstations.
import type { Clock } from '../base/clock.ts';
import { employmentAt } from '../core/employment.ts';
import {
  findHolder,
  listEmploymentEvents,
  listWorkstationsOfAccount,
} from '../store/queries/account-details.ts';
import { listLifecycleEvents } from '../store/queries/lifecycle.ts';
import { listAccountsOfPerson, listWorkstationsKeptBy } from '../store/queries/people.ts';
import type { Store } from '../store/store.ts';

const mostEvents = 100;

/** `personId` is that of a person of the store. `withEvents`: personnel events are for the reader to see. */
export async function showPerson(
  { store, clock }: { readonly store: Pick<Store, 'read'>; readonly clock: Clock },
  personId: number,
  { withEvents }: { readonly withEvents: boolean },
) {
  return await store.read(async (db) => {
    const holder = await findHolder(db, personId);
    const facts = await listEmploymentEvents(db, personId);
    const state = employmentAt(facts, clock.now());
    const events = await listLifecycleEvents(db, {
      state: null,
      source: null,
      personId,
      before: null,
      limit: mostEvents,
    });
    const accounts = [];
    for (const account of await listAccountsOfPerson(db, personId)) {
      const workstations = await listWorkstationsOfAccount(db, account.id);
      accounts.push({
        ...account,
        workstations: workstations.map(({ workstationId: id, assignmentKind: _kind, ...rest }) => ({
          id,
          ...rest,
        })),
      });
    }
    const { staffCode, fullName, kind, position, unitId, unitCode, unitNames } = holder;
    return {
      id: personId,
      staffCode,
      fullName,
      kind,
      position,
      unit: { id: unitId, code: unitCode, names: unitNames },
      employment: { state: state.state, detail: 'detail' in state ? state.detail : null },
      facts,
      events: withEvents
        ? events.map(
            ({ event: { id, kind: what, detail, effectiveAt, documentNumber, source, state: at } }) => ({
              id,
              kind: what,
              detail,
              effectiveAt,
              documentNumber,
              source,
              state: at,
            }),
          )
        : null,
      accounts,
      keeps: await listWorkstationsKeptBy(db, personId),
    };
  });
}
