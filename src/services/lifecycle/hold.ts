// What the brake holds: approved, in part too, or rejected, by a person.
import { OperatorError } from '../../base/errors.ts';
import { type LifecycleFault, planEvent } from '../../core/lifecycle.ts';
import { bumpAccountsOfPeople } from '../../store/queries/import/people.ts';
import {
  claimLifecycleEvents,
  findLifecycleEvents,
  findLifecyclePeople,
  listHeldIds,
  saveLifecycleStandings,
  updateLifecycleEvent,
} from '../../store/queries/lifecycle.ts';
import { type Act, checkReason, recordActs } from '../administration.ts';
import { atWork, createEnactment, eventsPerWrite } from './enactment.ts';
import { noteOperatorsEnded } from './leaving-operators.ts';
import { actsOfEvent, type LifecycleDeps } from './record.ts';

/** Some held events by their ids, or all of one source. */
export type HeldChoice = { readonly eventIds: readonly number[] } | { readonly source: string };

export interface Approved {
  readonly approved: number;
  readonly accounts: number;
  /** No longer fits what is known of the person; still held. */
  readonly misfits: readonly { readonly eventId: number; readonly fault: LifecycleFault | 'known' }[];
}

async function chosenIds({ store }: LifecycleDeps, choice: HeldChoice): Promise<readonly number[]> {
  if ('source' in choice) {
    const ids = await store.read((db) => listHeldIds(db, choice.source));
    if (ids.length > 0) return ids;
    throw new OperatorError(`Nothing of ${choice.source} is held back.`, {
      at: '--source',
      vi: [`Không có biến động nào của ${choice.source} đang tạm giữ.`, 'Tải lại trang.'],
      remedy: 'See "gatewarden lifecycle hold list".',
    });
  }
  const rows = await store.read((db) => findLifecycleEvents(db, choice.eventIds));
  const held = new Set(rows.filter(({ state }) => state === 'held').map(({ id }) => id));
  const others = choice.eventIds.filter((id) => !held.has(id));
  if (others.length === 0) return choice.eventIds;
  throw new OperatorError(`Not held back: ${others.join(', ')}. Nothing was done.`, {
    at: 'EVENT',
    vi: ['Có biến động không còn tạm giữ; chưa thực hiện gì.', 'Tải lại trang rồi chọn lại.'],
    remedy: 'See "gatewarden lifecycle hold list".',
  });
}

/**
 * Lets held events happen, on the word of whoever gives the order: the brake does not count them. Those whose day has come are
 * applied in the same write.
 * @throws OperatorError when one that is named is not held; nothing is done then
 */
export async function approveHeld(
  deps: LifecycleDeps,
  order: { readonly choice: HeldChoice; readonly reason: string },
): Promise<Approved> {
  const reason = checkReason(order.reason);
  const ids = await chosenIds(deps, order.choice);
  let approved = 0;
  let accounts = 0;
  const misfits: Approved['misfits'][number][] = [];
  const most = eventsPerWrite(deps.store);
  for (let at = 0; at < ids.length; at += most) {
    const some = await approveSome(deps, ids.slice(at, at + most), reason);
    approved += some.approved;
    accounts += some.accounts;
    misfits.push(...some.misfits);
  }
  return { approved, accounts, misfits };
}

function approveSome(deps: LifecycleDeps, ids: readonly number[], reason: string): Promise<Approved> {
  const { store, clock, by, onAccessEnded } = deps;
  return store.write(async (db) => {
    const now = clock.now();
    const decided = { decidedAt: now, decidedBy: by.name };
    const claimed = await claimLifecycleEvents(db, ids, 'held', {
      ...decided,
      state: 'scheduled',
      byPerson: true,
    });
    const personIds = claimed.map(({ personId }) => personId);
    await bumpAccountsOfPeople(db, personIds);
    const people = new Map(
      (await findLifecyclePeople(db, { personIds })).map((person) => [person.personId, atWork(person)]),
    );
    const enactment = createEnactment(now);
    const acts: Act[] = [];
    const standings: Parameters<typeof saveLifecycleStandings>[1][number][] = [];
    const misfits: Approved['misfits'][number][] = [];
    let accounts = 0;
    for (const row of claimed) {
      const person = people.get(row.personId);
      if (person === undefined) throw new Error('an event is about nobody');
      const plan = planEvent(row, person, now);
      if (plan.outcome !== 'planned') {
        misfits.push({ eventId: row.id, fault: plan.outcome === 'known' ? 'known' : plan.fault });
        await updateLifecycleEvent(db, row.id, {
          state: 'held',
          byPerson: false,
          decidedAt: null,
          decidedBy: null,
        });
        continue;
      }
      const { state, nextDueAt, changes } = enactment.record(person, row, plan.facts);
      standings.push({ id: row.id, state, nextDueAt, changes: JSON.stringify(changes) });
      accounts += row.withdrawals;
      acts.push(...actsOfEvent('lifecycle.approve', row, person, { state }, now));
    }
    await saveLifecycleStandings(db, standings);
    const operators = await enactment.flush(db, onAccessEnded);
    const endedBy = claimed
      .filter(({ kind }) => kind === 'ended')
      .map((row) => [row.personId, row.id] as const);
    await noteOperatorsEnded(db, by, operators, new Map(endedBy), now);
    await recordActs(
      db,
      by,
      acts.map((act) => ({ ...act, personal: { ...act.personal, reason } })),
    );
    return { approved: claimed.length - misfits.length, accounts, misfits };
  });
}

/** Drops held events; they changed nothing, and are not done when their source sends them again. @returns how many */
export async function rejectHeld(
  deps: LifecycleDeps,
  order: { readonly choice: HeldChoice; readonly reason: string },
): Promise<number> {
  const { store, clock, by } = deps;
  const reason = checkReason(order.reason);
  const ids = await chosenIds(deps, order.choice);
  let rejected = 0;
  const most = eventsPerWrite(store);
  for (let at = 0; at < ids.length; at += most) {
    rejected += await store.write(async (db) => {
      const now = clock.now();
      const claimed = await claimLifecycleEvents(db, ids.slice(at, at + most), 'held', {
        state: 'rejected',
        decidedAt: now,
        decidedBy: by.name,
      });
      const people = await findLifecyclePeople(db, { personIds: claimed.map(({ personId }) => personId) });
      const byId = new Map(people.map((person) => [person.personId, atWork(person)]));
      const acts = claimed.flatMap((row) =>
        actsOfEvent('lifecycle.reject', row, byId.get(row.personId) ?? null, {}, now),
      );
      await recordActs(
        db,
        by,
        acts.map((act) => ({ ...act, personal: { ...act.personal, reason } })),
      );
      return claimed.length;
    });
  }
  return rejected;
}
