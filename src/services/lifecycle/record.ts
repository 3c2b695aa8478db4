// Recording lifecycle events: once for each key of a source, held by its brake if they take too much away, applied if due.
import type { Clock } from '../../base/clock.ts';
import { OperatorError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import {
  type LifecycleEvent,
  type LifecycleFault,
  type LifecyclePlan,
  lifecycleRules,
  noChanges,
  planEvent,
} from '../../core/lifecycle.ts';
import { nameSearchKey, nameSortKey } from '../../core/names.ts';
import { bumpAccountsOfPeople, findPersonIds, insertPeople } from '../../store/queries/import/people.ts';
import { findLastAdministrators } from '../../store/queries/leaving-operators.ts';
import {
  findLifecycleEventsByKey,
  findLifecyclePeople,
  insertLifecycleEvents,
  type LifecycleRow,
  type LifecycleSourceRow,
  listLifecycleSources,
  lockLifecycleSource,
} from '../../store/queries/lifecycle.ts';
import type { Store } from '../../store/store.ts';
import type { Db } from '../../store/tables.ts';
import { type Act, type Administrator, recordActs } from '../administration.ts';
import { type Brake, openBrake, raiseBrakeAlert, readBrakeLimit } from './brake.ts';
import { type AccessEnded, atWork, createEnactment, type PersonAtWork, type Standing } from './enactment.ts';
import { applyHeadEvents } from './heads.ts';
import { noteOperatorsEnded } from './leaving-operators.ts';
import { everything, readScope, type Scope, type ScopeFault } from './scope.ts';

export interface LifecycleDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly by: Administrator;
  readonly onAccessEnded: AccessEnded;
}

/** What makes a person of a staff code that nobody has yet. */
interface NewPerson {
  readonly fullName: string;
  readonly unitId: number;
  readonly kind: 'civil-servant' | 'public-employee' | 'worker' | 'external';
  readonly position: string | null;
}

/** An event as a source tells it. */
export interface ReportedEvent extends LifecycleEvent {
  readonly staffCode: string;
  readonly documentNumber: string | null;
  /** Names the event in its source: sent again, it is not done again. */
  readonly sourceKey: string;
  /** For `hired` of somebody unknown. */
  readonly person: NewPerson | null;
}

/** `person`: on the word of whoever is signed in; the brake does not count it. */
export type EventSource =
  | { readonly kind: 'person'; readonly name: 'command-line' }
  | { readonly kind: 'feed'; readonly name: string };

type RecordFault = LifecycleFault | ScopeFault | 'person-unknown' | 'key-reused';

export type Recorded =
  | { readonly outcome: 'applied' | 'scheduled' | 'held'; readonly eventId: number | null }
  /** Recorded before under this key. */
  | { readonly outcome: 'same'; readonly eventId: number; readonly state: LifecycleRow['state'] }
  /** Known by another source. */
  | { readonly outcome: 'known' }
  | { readonly outcome: 'refused'; readonly fault: RecordFault };

/** Most events that one call takes: they are looked at together. */
export const mostEvents = 500;
/** Events in one write: its turn at writing is over in well under 50 ms. */
const eventsInOneWrite = 50;

interface Assessed {
  readonly event: ReportedEvent;
  readonly result: Recorded;
  /** Set when the event is new and stands. */
  readonly person: PersonAtWork | null;
  readonly withdrawals: number;
  readonly standing: Standing | null;
}

function isSameEvent(row: LifecycleRow, event: ReportedEvent, personId: number | null): boolean {
  return (
    row.personId === personId &&
    row.kind === event.kind &&
    row.detail === event.detail &&
    row.effectiveAt === event.effectiveAt &&
    row.endsAt === event.endsAt &&
    row.keepUntil === event.keepUntil &&
    row.unitId === event.unitId
  );
}

interface Situation {
  readonly people: Map<string, PersonAtWork>;
  readonly known: ReadonlyMap<string, LifecycleRow>;
  /** Null: nothing is held. */
  readonly brake: Brake | null;
  /** The last central administrator: a feed alone does not take the centre its last pair of hands. */
  readonly irreplaceable: ReadonlySet<number>;
  readonly scope: Scope;
}

function unitIdsOf(events: readonly ReportedEvent[]): number[] {
  return events.flatMap(({ unitId, person }) => [unitId, person?.unitId ?? null].filter((id) => id !== null));
}

async function readSituation(
  db: Db,
  source: EventSource,
  /** Null: no brake. */
  limit: number | null,
  events: readonly ReportedEvent[],
  now: number,
  isOfSomeone: (event: ReportedEvent) => boolean = () => true,
): Promise<Situation> {
  const people = await findLifecyclePeople(db, {
    staffCodes: events.filter(isOfSomeone).map(({ staffCode }) => staffCode),
  });
  const known = await findLifecycleEventsByKey(
    db,
    source.name,
    events.map(({ sourceKey }) => sourceKey),
  );
  const ats = events
    .filter(({ kind }) => lifecycleRules[kind].withdraws)
    .map(({ effectiveAt }) => effectiveAt);
  return {
    people: new Map(people.map((person) => [person.staffCode, atWork(person)])),
    known: new Map(known.map((event) => [event.sourceKey, event])),
    brake: limit === null || ats.length === 0 ? null : await openBrake(db, source.name, limit, ats, now),
    irreplaceable:
      source.kind === 'person' || ats.length === 0 ? new Set() : await findLastAdministrators(db, now),
    scope:
      source.kind === 'person' ? everything : await readScope(db, source.name, people, unitIdsOf(events)),
  };
}

/** A person who will be there once the event is written; the id is given then. */
const unborn = -1;

/** Judges events one after the other, each on what those before it have done. */
function assess(
  events: readonly ReportedEvent[],
  situation: Situation,
  context: {
    readonly source: string;
    readonly now: number;
    readonly enactment: ReturnType<typeof createEnactment>;
  },
  give: (event: ReportedEvent) => number,
): Assessed[] {
  const { people, known, brake, irreplaceable, scope } = situation;
  const { now, enactment } = context;
  const inThisRun = new Set<string>();
  const rejected = (event: ReportedEvent, result: Recorded): Assessed => ({
    event,
    result,
    person: null,
    withdrawals: 0,
    standing: null,
  });
  return events.map((event) => {
    const before = known.get(event.sourceKey);
    const someone = people.get(event.staffCode) ?? null;
    if (before !== undefined) {
      return rejected(
        event,
        isSameEvent(before, event, someone?.personId ?? null)
          ? { outcome: 'same', eventId: before.id, state: before.state }
          : { outcome: 'refused', fault: 'key-reused' },
      );
    }
    if (inThisRun.has(event.sourceKey)) return rejected(event, { outcome: 'refused', fault: 'key-reused' });
    const makes = someone === null && event.kind === 'hired' ? event.person : null;
    if (someone === null && makes === null)
      return rejected(event, { outcome: 'refused', fault: 'person-unknown' });
    const person: PersonAtWork = someone ?? {
      personId: unborn,
      staffCode: event.staffCode,
      unitId: makes?.unitId ?? 0,
      employment: [],
      accounts: [],
    };
    const into = makes?.unitId ?? event.unitId;
    const fault =
      (someone === null ? null : scope.ofPerson(someone)) ?? (into === null ? null : scope.ofUnit(into));
    if (fault !== null) return rejected(event, { outcome: 'refused', fault });
    const plan: LifecyclePlan = planEvent(event, person, now);
    if (plan.outcome === 'known') return rejected(event, { outcome: 'known' });
    if (plan.outcome === 'refused') return rejected(event, { outcome: 'refused', fault: plan.fault });
    inThisRun.add(event.sourceKey);
    const alive = person.personId === unborn ? { ...person, personId: give(event) } : person;
    people.set(event.staffCode, alive);
    const { withdrawals } = plan;
    const isLast = event.kind === 'ended' && irreplaceable.has(alive.personId);
    if (brake?.admit(withdrawals, event.effectiveAt) === false || isLast) {
      return {
        event,
        person: alive,
        withdrawals,
        standing: null,
        result: { outcome: 'held', eventId: null },
      };
    }
    const standing = enactment.record(
      alive,
      { ...event, source: context.source, recordedAt: now },
      plan.facts,
    );
    return {
      event,
      person: alive,
      withdrawals,
      standing,
      result: { outcome: standing.state, eventId: null },
    };
  });
}

/**
 * Records events of a source in their order, a few in one write; at most `mostEvents`. Facts of employment are written at once, also those of
 * a future day, so that they take effect by themselves; what else is due is done in the same write, the rest by `applyDueEvents`.
 * What the brake holds is stored, and changes nothing until a person approves it. Nothing is written when nothing is new.
 * @returns the outcome of each event, in their order
 * @throws OperatorError for an unknown source
 */
export async function recordEvents(
  deps: LifecycleDeps,
  source: EventSource,
  events: readonly ReportedEvent[],
  options: { readonly dryRun?: boolean } = {},
): Promise<Recorded[]> {
  const { store, clock } = deps;
  if (options.dryRun !== true && events.length > mostEvents) throw new Error('too many events for one write');
  const now = clock.now();
  const row = source.kind === 'person' ? null : await getSource(store, source.name);
  const isDryRun = options.dryRun === true;
  // All accounts are counted for it: only where something may be held.
  const isBraked = row !== null && events.some(({ kind }) => lifecycleRules[kind].withdraws);
  const readLimit = async () => (isBraked ? await store.read((db) => readBrakeLimit(db, row, now)) : null);
  const shownLimit = isDryRun ? await readLimit() : null;
  const preview = await store.read(async (db) =>
    assess(
      events,
      await readSituation(db, source, shownLimit, events, now),
      { source: source.name, now, enactment: createEnactment(now) },
      () => unborn - 1,
    ),
  );
  if (isDryRun) return preview.map(({ result }) => result);
  const results: Recorded[] = [];
  for (let at = 0; at < events.length; at += eventsInOneWrite) {
    const some = preview.slice(at, at + eventsInOneWrite);
    const fresh = some.filter(({ person }) => person !== null).map(({ event }) => event);
    if (fresh.length === 0) results.push(...some.map(({ result }) => result));
    else {
      const limit = await readLimit();
      const inThisWrite = events.slice(at, at + eventsInOneWrite);
      const written = await store.write(async (db) => {
        if (row !== null) await lockLifecycleSource(db, row.name, clock.now());
        return await writeEvents(db, deps, source, limit, inThisWrite, fresh);
      });
      results.push(...written);
    }
  }
  return results;
}

/**
 * Records events within a write of the caller, who holds the source's lock; what it may be given is what `recordEvents` says.
 * @param limit of the brake (`readBrakeLimit`), read before the write: it counts all accounts. Null: no brake
 * @param fresh those that may be new: the people whom they hire are made
 */
export async function writeEvents(
  db: Db,
  deps: LifecycleDeps,
  source: EventSource,
  limit: number | null,
  events: readonly ReportedEvent[],
  fresh: readonly ReportedEvent[],
): Promise<Recorded[]> {
  const { clock, log, by, onAccessEnded } = deps;
  const now = clock.now();
  const there = await findPersonIds(
    db,
    fresh.map(({ staffCode }) => staffCode),
  );
  const made = await createPeople(
    db,
    fresh.filter(({ staffCode }) => !there.has(staffCode)),
    now,
  );
  // Before anything is read that is to be changed: it locks the accounts too. Who was made just now has none.
  await bumpAccountsOfPeople(db, [...there.values()]);
  const enactment = createEnactment(now);
  const situation = await readSituation(
    db,
    source,
    limit,
    events,
    now,
    // Of those there is nothing yet but their ids.
    ({ staffCode }) => !made.has(staffCode),
  );
  const assessed = assess(events, situation, { source: source.name, now, enactment }, ({ staffCode }) => {
    const id = made.get(staffCode);
    if (id === undefined) throw new Error('a person was not made');
    return id;
  });
  const taken = assessed.filter(({ person }) => person !== null);
  if (taken.length === 0) return assessed.map(({ result }) => result);

  const held = taken.filter(({ standing }) => standing === null);
  if (held.length > 0 && situation.brake !== null) {
    const evidence = {
      source: source.name,
      events: held.length,
      accounts: situation.brake.held(),
      limit: situation.brake.limit,
    };
    if (await raiseBrakeAlert(db, evidence, now))
      log.warn(evidence, 'the brake holds events back: see "gatewarden lifecycle hold list"');
  }
  const eventIds = await insertLifecycleEvents(
    db,
    taken.map(({ event, person, withdrawals, standing }) => ({
      personId: person?.personId ?? unborn,
      kind: event.kind,
      detail: event.detail,
      effectiveAt: event.effectiveAt,
      endsAt: event.endsAt,
      keepUntil: event.keepUntil,
      unitId: event.unitId,
      documentNumber: event.documentNumber,
      source: source.name,
      sourceKey: event.sourceKey,
      state: standing?.state ?? 'held',
      nextDueAt: standing?.nextDueAt ?? null,
      withdrawals,
      byPerson: source.kind === 'person',
      changes: JSON.stringify(standing?.changes ?? noChanges),
      recordedAt: now,
    })),
  );
  const operators = await enactment.flush(db, onAccessEnded);
  const endedBy = new Map(
    taken
      .filter(({ event, standing }) => event.kind === 'ended' && standing !== null)
      .map(({ event, person }) => [person?.personId ?? unborn, eventIds.get(event.sourceKey) ?? 0]),
  );
  await noteOperatorsEnded(db, by, operators, endedBy, now);
  await applyHeadEvents(
    db,
    by,
    taken.flatMap(({ event, person, standing }) =>
      lifecycleRules[event.kind].head === 'none' || person === null || standing === null
        ? []
        : [{ event: { ...event, eventId: eventIds.get(event.sourceKey) ?? 0 }, person }],
    ),
    now,
  );
  await recordActs(
    db,
    by,
    taken.flatMap(({ event, person, withdrawals, standing }) =>
      actsOfEvent(
        standing === null ? 'lifecycle.hold' : 'lifecycle.record',
        { ...event, id: eventIds.get(event.sourceKey) ?? 0, source: source.name },
        person,
        { state: standing?.state ?? 'held', withdrawals },
        now,
      ),
    ),
  );
  return assessed.map(({ event, person, result }) =>
    person !== null && 'eventId' in result
      ? ({ ...result, eventId: eventIds.get(event.sourceKey) ?? null } as Recorded)
      : result,
  );
}

/** Makes those of nobody whom a `hired` names; their ids by staff code. */
function createPeople(
  db: Db,
  ofNobody: readonly ReportedEvent[],
  now: number,
): Promise<ReadonlyMap<string, number>> {
  const wanted = new Map<string, NewPerson>();
  for (const { staffCode, person } of ofNobody) if (person !== null) wanted.set(staffCode, person);
  return insertPeople(
    db,
    [...wanted].map(([staffCode, { fullName, unitId, kind, position }]) => ({
      staffCode,
      fullName,
      nameSearchKey: nameSearchKey(fullName),
      nameSortKey: nameSortKey(fullName),
      kind,
      position,
      unitId,
      createdAt: now,
    })),
  );
}

/** The records of an act on an event: one for each account of the person, so that it is found there; one at least. */
export function actsOfEvent(
  verb: string,
  event: LifecycleEvent & {
    readonly id: number;
    readonly source: string;
    readonly sourceKey: string;
    readonly documentNumber: string | null;
  },
  person: Pick<PersonAtWork, 'staffCode' | 'accounts'> | null,
  more: Act['body'],
  at: number,
): Act[] {
  const { id, kind, detail, effectiveAt, endsAt, keepUntil, documentNumber, source, sourceKey } = event;
  const act = {
    verb,
    at,
    detail: detail ?? kind,
    body: { event: id, kind, effectiveAt, endsAt, keepUntil, documentNumber, source, ...more },
    personal: { staffCode: person?.staffCode ?? '', sourceKey },
  };
  const accounts = person?.accounts ?? [];
  return accounts.length === 0 ? [act] : accounts.map(({ accountId }) => ({ ...act, accountId }));
}

/** @throws OperatorError that lists the sources, when there is none of the name */
export async function getSource(store: Pick<Store, 'read'>, name: string): Promise<LifecycleSourceRow> {
  const sources = await store.read(listLifecycleSources);
  const found = sources.find((source) => source.name === name);
  if (found !== undefined) return found;
  const names = sources.map((source) => source.name).join(', ');
  throw new OperatorError(`There is no source ${JSON.stringify(name.slice(0, 80))}.`, {
    at: '--source',
    vi: ['Không có nguồn dữ liệu này.', 'Chọn nguồn trong danh sách, hoặc thêm nguồn.'],
    remedy:
      names === ''
        ? 'Add it with "gatewarden source add"; its name stays with every event it sends.'
        : `The sources are ${names}; "gatewarden source add" adds another.`,
  });
}
