// Applying what has come due of lifecycle events: each step once, whichever node does it, and after any downtime.
import type { LifecycleChanges } from '../../core/lifecycle.ts';
import { bumpAccountsOfPeople } from '../../store/queries/import/people.ts';
import {
  claimDueLifecycleEvents,
  findLifecyclePeople,
  isLifecycleDue,
  saveLifecycleStandings,
} from '../../store/queries/lifecycle.ts';
import { type Act, recordActs } from '../administration.ts';
import { atWork, createEnactment, eventsPerWrite } from './enactment.ts';
import { noteOperatorsEnded } from './leaving-operators.ts';
import { actsOfEvent, type LifecycleDeps } from './record.ts';

/**
 * Applies everything that is due, in writes of some events each: accounts are withdrawn, people change units, sessions are
 * cut. Access itself does not wait for it. A write that fails or is killed leaves its events due.
 * @returns how many events were dealt with
 */
export async function applyDueEvents(deps: LifecycleDeps, stop?: AbortSignal): Promise<number> {
  const { store, clock } = deps;
  let done = 0;
  // Looking costs no turn at writing, and mostly there is nothing.
  while (stop?.aborted !== true && (await store.read((db) => isLifecycleDue(db, clock.now())))) {
    const applied = await applySome(deps);
    done += applied;
    if (applied === 0) break;
  }
  return done;
}

function applySome({ store, clock, by, onAccessEnded }: LifecycleDeps): Promise<number> {
  return store.write(async (db) => {
    const now = clock.now();
    const claimed = await claimDueLifecycleEvents(db, now, eventsPerWrite(store));
    const personIds = claimed.map(({ personId }) => personId);
    await bumpAccountsOfPeople(db, personIds);
    const people = new Map(
      (await findLifecyclePeople(db, { personIds })).map((person) => [person.personId, atWork(person)]),
    );
    const enactment = createEnactment(now);
    const acts: Act[] = [];
    const standings: Parameters<typeof saveLifecycleStandings>[1][number][] = [];
    for (const row of claimed) {
      const person = people.get(row.personId);
      if (person === undefined) throw new Error('an event is about nobody');
      const before = JSON.parse(row.changes) as LifecycleChanges;
      const { state, nextDueAt, changes, ended } = enactment.applyDue(person, row, row.dueAt, before);
      standings.push({ id: row.id, state, nextDueAt, changes: JSON.stringify(changes) });
      const what = {
        state,
        accountsChanged: changes.accounts.length,
        unitChanged: changes.unit !== null,
        accountsCut: ended.length,
      };
      acts.push(...actsOfEvent('lifecycle.apply', row, person, what, now));
    }
    await saveLifecycleStandings(db, standings);
    const operators = await enactment.flush(db, onAccessEnded);
    const endedBy = claimed
      .filter(({ kind }) => kind === 'ended')
      .map((row) => [row.personId, row.id] as const);
    await noteOperatorsEnded(db, by, operators, new Map(endedBy), now);
    await recordActs(db, by, acts);
    return claimed.length;
  });
}
