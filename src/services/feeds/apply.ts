// Carrying out what a feed says of people now, within the write that keeps what it said: events, with brake and undo.
import { eventsOfState, type FeedState, moveOfState } from '../../core/feed-state.ts';
import type { LifecycleChanges, LifecycleEvent, LifecycleKind } from '../../core/lifecycle.ts';
import { findOpenEventsOf } from '../../store/queries/feeds.ts';
import { bumpAccountsOfPeople } from '../../store/queries/import/people.ts';
import {
  claimLifecycleEvents,
  deleteEmploymentFacts,
  findLifecyclePeople,
  setUnitOfPerson,
} from '../../store/queries/lifecycle.ts';
import type { Db } from '../../store/tables.ts';
import { type Act, recordActs } from '../administration.ts';
import { atWork } from '../lifecycle/enactment.ts';
import {
  actsOfEvent,
  type LifecycleDeps,
  type Recorded,
  type ReportedEvent,
  writeEvents,
} from '../lifecycle/record.ts';
import { readScope } from '../lifecycle/scope.ts';

/** A person of whom a feed says something new. */
export interface FeedChange {
  /** Names the change in its feed: the keys of its events begin with it. */
  readonly key: string;
  readonly staffCode: string;
  /** Null: what the feed says of employment is what it said before. */
  readonly state: FeedState | null;
  /** The unit that the feed puts the person into; null: none, or the one as before. */
  readonly unit: {
    readonly unitId: number;
    readonly effectiveAt: number;
    readonly keepUntil: number | null;
  } | null;
  readonly documentNumber: string | null;
  /** Whether it may hire: a name left in a directory does not bring back somebody who has left. */
  readonly mayHire: boolean;
  /** For somebody nobody knew. */
  readonly person: ReportedEvent['person'];
}

export interface FeedResult {
  readonly change: FeedChange;
  readonly events: readonly { readonly event: ReportedEvent; readonly result: Recorded }[];
}

const statusKinds: readonly LifecycleKind[] = ['hired', 'returned', 'leave', 'ended'];

/**
 * Carries out changes of one feed; the caller holds the source's lock. What the feed said before, and what has changed nothing
 * yet (held, or of a future day), gives way to what it says now.
 * @param limit of the brake, read before the write
 */
export async function applyChanges(
  db: Db,
  deps: LifecycleDeps,
  feed: { readonly source: string; readonly limit: number },
  changes: readonly FeedChange[],
): Promise<FeedResult[]> {
  const staffCodes = changes.map(({ staffCode }) => staffCode);
  const before = await findLifecyclePeople(db, { staffCodes });
  await bumpAccountsOfPeople(
    db,
    before.map(({ personId }) => personId),
  );
  const byCode = new Map(before.map((person) => [person.staffCode, person]));
  await giveWay(db, deps, feed.source, changes, new Map(before.map((one) => [one.staffCode, one.personId])));
  const people = new Map(
    (await findLifecyclePeople(db, { staffCodes: [...byCode.keys()] })).map((one) => [one.staffCode, one]),
  );
  const scope = await readScope(
    db,
    feed.source,
    changes.some(({ unit }) => unit !== null) ? [...people.values()] : [],
    changes.flatMap(({ unit }) => unit?.unitId ?? []),
  );
  const places: { personId: number; from: number; into: number }[] = [];
  const reported = changes.map((change) => {
    const known = people.get(change.staffCode) ?? null;
    const events: LifecycleEvent[] = [];
    if (change.state !== null) {
      const unitId = known === null ? null : (change.unit?.unitId ?? null);
      const meant = eventsOfState(change.state, known, unitId);
      if (change.mayHire || !meant.some(({ kind }) => kind === 'hired')) events.push(...meant);
    }
    // Somebody hired goes to the unit by that.
    if (change.unit !== null && known !== null && !events.some(({ kind }) => kind === 'hired')) {
      const { unitId, ...when } = change.unit;
      const move = moveOfState(unitId, known, when);
      if (move === 'place' && (scope.ofPerson(known) ?? scope.ofUnit(unitId)) === null)
        places.push({ personId: known.personId, from: known.unitId, into: unitId });
      // Refused as an event.
      else if (move === 'place')
        events.unshift({ kind: 'moved', detail: null, ...when, endsAt: null, unitId });
      // Before an end: nobody moves who has left.
      else if (move !== null && change.state?.status !== 'ended') events.unshift(move);
    }
    return { change, events: events.map((event) => report(change, event)) };
  });
  const at = deps.clock.now();
  for (const { personId, ...move } of places) await setUnitOfPerson(db, personId, { ...move, at });
  const all = reported.flatMap(({ events }) => events);
  const results =
    all.length === 0
      ? []
      : await writeEvents(db, deps, { kind: 'feed', name: feed.source }, feed.limit, all, all);
  let next = 0;
  return reported.map(({ change, events }) => ({
    change,
    events: events.map((event) => {
      const result = results[next];
      next += 1;
      if (result === undefined) throw new Error('an event has no outcome');
      return { event, result };
    }),
  }));
}

function report(change: FeedChange, event: LifecycleEvent): ReportedEvent {
  const { key, staffCode, documentNumber, person } = change;
  return { ...event, staffCode, documentNumber, sourceKey: `${key}|${event.kind}`, person };
}

/** What the feed itself had said, and what has not come to pass, is dropped. */
async function giveWay(
  db: Db,
  { clock, by }: LifecycleDeps,
  source: string,
  changes: readonly FeedChange[],
  personIds: ReadonlyMap<string, number>,
): Promise<void> {
  const kinds = new Map<number, Set<LifecycleKind>>();
  for (const { staffCode, state, unit } of changes) {
    const personId = personIds.get(staffCode);
    if (personId === undefined) continue;
    const replaced = kinds.get(personId) ?? new Set();
    if (state !== null) for (const kind of statusKinds) replaced.add(kind);
    if (unit !== null) replaced.add('moved');
    kinds.set(personId, replaced);
  }
  const open = (await findOpenEventsOf(db, source, [...kinds.keys()])).filter(
    ({ personId, kind }) => kinds.get(personId)?.has(kind) === true,
  );
  if (open.length === 0) return;
  const now = clock.now();
  const acts: Act[] = [];
  const people = new Map(
    (await findLifecyclePeople(db, { personIds: open.map(({ personId }) => personId) })).map((person) => [
      person.personId,
      atWork(person),
    ]),
  );
  for (const [from, to] of [
    ['held', 'rejected'],
    ['scheduled', 'undone'],
  ] as const) {
    const ids = open.filter(({ state }) => state === from).map(({ id }) => id);
    const decided = { nextDueAt: null, decidedAt: now, decidedBy: by.name };
    const claimed = await claimLifecycleEvents(db, ids, from, { state: to, ...decided });
    for (const row of claimed) {
      const { facts } = JSON.parse(row.changes) as LifecycleChanges;
      await deleteEmploymentFacts(db, source, facts);
      acts.push(
        ...actsOfEvent('lifecycle.replace', row, people.get(row.personId) ?? null, { state: to }, now),
      );
    }
  }
  await recordActs(db, by, acts);
}
