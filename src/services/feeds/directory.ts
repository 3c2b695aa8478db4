// Reading a directory once: what has changed since the last reading becomes events. Nothing is concluded from no answer.
import { readFileSync } from 'node:fs';
import { OperatorError } from '../../base/errors.ts';
import type { DirectoryConfig } from '../../config/directories.ts';
import type { FeedState } from '../../core/feed-state.ts';
import { nameSearchKey } from '../../core/names.ts';
import { dayMs } from '../../core/time-zone.ts';
import { DirectoryError, withDirectory } from '../../directory/ldap/connection.ts';
import {
  binaryAttributes,
  type DirectoryPerson,
  readPerson,
  wantedAttributes,
} from '../../directory/ldap/people.ts';
import {
  deleteFeedUsers,
  type FeedUserRow,
  findFeedUsersByPerson,
  insertFeedUsers,
  listFeedUsers,
  updateFeedUser,
} from '../../store/queries/feeds.ts';
import { findPersonIds } from '../../store/queries/import/people.ts';
import { findUnitIds } from '../../store/queries/import/units.ts';
import {
  countWithdrawnSince,
  findLifecyclePeople,
  lockLifecycleSource,
} from '../../store/queries/lifecycle.ts';
import type { Db } from '../../store/tables.ts';
import { readBrakeLimit } from '../lifecycle/brake.ts';
import { getSource, type LifecycleDeps } from '../lifecycle/record.ts';
import { readScope } from '../lifecycle/scope.ts';
import { applyChanges, type FeedChange } from './apply.ts';
import { clearFeedFault, type FeedFault, raiseFeedFault } from './fault.ts';
import { findFeedSource } from './settings.ts';

interface DirectoryReport {
  readonly entries: number;
  /** Entries that say something new. */
  readonly changed: number;
  readonly gone: number;
  readonly events: number;
  readonly held: number;
  /** Entries that are nobody here: without a staff code, unknown, of another name, or one code twice. */
  readonly skipped: Readonly<Record<Skipped, number>>;
}

type Skipped =
  | 'no-staff-code'
  | 'wrong-value'
  | 'twice'
  | 'unknown'
  | 'name-differs'
  | 'misfit'
  | 'elsewhere';

export type DirectoryOutcome =
  | { readonly outcome: 'read'; readonly report: DirectoryReport }
  /** Nothing was changed. */
  | { readonly outcome: 'fault'; readonly kind: string; readonly message: string };

const pageSize = 500;
const mostEntries = 2_000_000;
/** People in one write: its turn at writing must be over soon. */
const peoplePerWrite = 50;
const rowsInOneRead = 2_000;

/** What the stored row remembers of an entry. */
type Document = Omit<DirectoryPerson, 'key'>;

function readSecret(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new DirectoryError('bind-refused', `${what} ${file} cannot be read (${code})`);
  }
}

async function readEntries(config: DirectoryConfig) {
  const { url, caFile, bindDn, passwordFile, base, filter, attributes, timeoutSeconds } = config;
  const server = {
    url,
    ca: caFile === undefined ? null : readSecret(caFile, 'the CA file'),
    timeoutMs: timeoutSeconds * 1_000,
  };
  const password = readSecret(passwordFile, 'the password file').replace(/\r?\n$/, '');
  return await withDirectory(server, { name: bindDn, password }, (directory) =>
    directory.search({
      base,
      filter,
      scope: 'sub',
      attributes: wantedAttributes(attributes),
      binary: binaryAttributes(attributes),
      pageSize,
      mostEntries,
    }),
  );
}

/** All that the last readings left. */
async function readRows({ store }: LifecycleDeps, source: string): Promise<Map<string, FeedUserRow>> {
  const rows = new Map<string, FeedUserRow>();
  let after = 0;
  for (;;) {
    const some = await store.read((db) => listFeedUsers(db, source, { after, limit: rowsInOneRead }));
    for (const row of some) rows.set(row.resourceId, row);
    after = some.at(-1)?.id ?? after;
    if (some.length < rowsInOneRead) return rows;
  }
}

function stateOf(
  { isDisabled, expiresAt }: Pick<DirectoryPerson, 'isDisabled' | 'expiresAt'>,
  now: number,
): FeedState {
  // An account that was disabled after it had expired is not ended a second time: its end is known.
  if (expiresAt !== null && (!isDisabled || expiresAt <= now))
    return { status: 'ended', detail: 'contract-ended', effectiveAt: expiresAt, endsAt: null };
  if (isDisabled) return { status: 'ended', detail: 'resigned', effectiveAt: now, endsAt: null };
  return { status: 'employed', detail: null, effectiveAt: now, endsAt: null };
}

interface Item {
  readonly person: DirectoryPerson;
  readonly row: FeedUserRow | null;
  readonly before: Document | null;
}

/**
 * Reads a directory and carries out what has changed. A directory that can't be reached or refuses, an empty answer and one
 * that has shrunk change nothing and raise one alert until it can be read again. What the brake holds is stored.
 * @throws OperatorError when there is no source of this name and kind
 */
export async function pollDirectory(
  deps: LifecycleDeps,
  config: DirectoryConfig,
  { dryRun = false, signal }: { readonly dryRun?: boolean; readonly signal?: AbortSignal } = {},
): Promise<DirectoryOutcome> {
  const { source, leastPercent } = config;
  if ((await findFeedSource(deps.store, source, 'directory')) === null)
    throw new OperatorError(`directories: there is no source ${source} of the kind directory.`, {
      at: 'directories.source',
      remedy: `Add it with "gatewarden source add ${source} --kind directory".`,
    });
  const fail = async (kind: FeedFault, message: string): Promise<DirectoryOutcome> => {
    if (!dryRun) await raiseFeedFault(deps, source, { kind, message });
    return { outcome: 'fault', kind, message };
  };
  let entries: Awaited<ReturnType<typeof readEntries>>;
  try {
    entries = await readEntries(config);
  } catch (error) {
    if (error instanceof DirectoryError) return await fail(error.fault, error.message);
    throw error;
  }
  const skipped: Record<Skipped, number> = {
    'no-staff-code': 0,
    'wrong-value': 0,
    twice: 0,
    unknown: 0,
    'name-differs': 0,
    misfit: 0,
    elsewhere: 0,
  };
  const people: DirectoryPerson[] = [];
  for (const entry of entries) {
    const read = readPerson(entry, config.attributes);
    if (typeof read !== 'string') people.push(read);
    else skipped[read === 'staff-code-missing' ? 'no-staff-code' : 'wrong-value'] += 1;
  }
  const rows = await readRows(deps, source);
  if (people.length === 0) return await fail('empty', `${config.url} has nobody in ${config.base}`);
  if (people.length * 100 < rows.size * leastPercent)
    return await fail(
      'shrunken',
      `${config.url} has ${people.length} people, the last time ${rows.size}: less than ${leastPercent} %`,
    );
  const byCode = Map.groupBy(people, ({ staffCode }) => staffCode);
  const byKey = Map.groupBy(people, ({ key }) => key);
  const isAlone = ({ key, staffCode }: DirectoryPerson) =>
    byCode.get(staffCode)?.length === 1 && byKey.get(key)?.length === 1;
  skipped.twice = people.filter((person) => !isAlone(person)).length;
  const items = people.filter(isAlone).flatMap((person): Item[] => {
    const row = rows.get(person.key) ?? null;
    const before = row === null ? null : (JSON.parse(row.document) as Document);
    return row !== null && JSON.stringify(documentOf(person)) === row.document
      ? []
      : [{ person, row, before }];
  });
  const gone = [...rows.values()].filter(({ resourceId }) => !byKey.has(resourceId));
  const counts = { events: 0, held: 0 };
  const work: Work = {
    deps: dryRun ? { ...deps, log: deps.log.child({ dryRun }) } : deps,
    config,
    skipped,
    counts,
    trial: dryRun ? { withdrawn: 0 } : null,
  };
  for (let at = 0; at < items.length && signal?.aborted !== true; at += peoplePerWrite)
    await takeIn(work, items.slice(at, at + peoplePerWrite));
  for (let at = 0; at < gone.length && signal?.aborted !== true; at += peoplePerWrite)
    await takeOut(work, gone.slice(at, at + peoplePerWrite));
  if (!dryRun) await clearFeedFault(deps, source);
  const report = { entries: entries.length, changed: items.length, gone: gone.length, ...counts, skipped };
  return { outcome: 'read', report };
}

interface Work {
  readonly deps: LifecycleDeps;
  readonly config: DirectoryConfig;
  readonly skipped: Record<Skipped, number>;
  readonly counts: { events: number; held: number };
  /** Of a dry run: how many accounts would have lost access so far. */
  readonly trial: { withdrawn: number } | null;
}

/** Ends the write of a dry run: nothing of it stays. */
class TrialOver extends Error {}

/** A write; in a dry run one that is taken back, so that it shows what the real one would do. */
async function write({ deps, config, trial }: Work, fn: (db: Db) => Promise<void>): Promise<void> {
  const { store, clock } = deps;
  if (trial === null) return await store.write(fn);
  const withdrawn = (db: Db) => countWithdrawnSince(db, config.source, clock.now() - dayMs);
  try {
    await store.write(async (db) => {
      const before = await withdrawn(db);
      await fn(db);
      trial.withdrawn += (await withdrawn(db)) - before;
      throw new TrialOver();
    });
  } catch (error) {
    if (!(error instanceof TrialOver)) throw error;
  }
}

function documentOf({ key: _, ...document }: DirectoryPerson): Document {
  return document;
}

async function limitOf({ deps, config, trial }: Work): Promise<number> {
  const row = await getSource(deps.store, config.source);
  const limit = await deps.store.read((db) => readBrakeLimit(db, row, deps.clock.now()));
  return limit - (trial?.withdrawn ?? 0);
}

/** Carries changes out. @returns the staff codes of those that did not fit */
async function carryOut(work: Work, db: Db, limit: number, changes: FeedChange[]): Promise<Set<string>> {
  const misfits = new Set<string>();
  const feed = { source: work.config.source, limit };
  for (const { change, events } of await applyChanges(db, work.deps, feed, changes))
    for (const { result } of events) {
      if (result.outcome === 'refused') misfits.add(change.staffCode);
      else work.counts.events += 1;
      if (result.outcome === 'held') work.counts.held += 1;
    }
  return misfits;
}

const sameName = (a: string, b: string) => {
  const words = (name: string) => nameSearchKey(name).split(' ').sort().join(' ');
  return words(a) === words(b);
};

interface Sifted {
  readonly item: Item;
  /** Null: somebody new. */
  readonly unitId: number | null;
  readonly placeOfNew: number | null;
}

/** Those of the items that are somebody here; counts the others. */
async function sift(
  db: Db,
  { config: { source, hire }, skipped }: Work,
  items: readonly Item[],
  defaultUnit: string | null,
): Promise<Sifted[]> {
  const staffCodes = items.map(({ person }) => person.staffCode);
  const known = new Map((await findLifecyclePeople(db, { staffCodes })).map((one) => [one.staffCode, one]));
  const others = await findFeedUsersByPerson(
    db,
    source,
    [...known.values()].map(({ personId }) => personId),
  );
  const scope = await readScope(db, source, [...known.values()], []);
  const rowOfPerson = new Map(others.map(({ id, personId }) => [personId, id]));
  const codes = [...items.flatMap(({ person: { unit } }) => unit ?? []), defaultUnit ?? ''];
  const units = await findUnitIds(db, [...new Set(codes)]);
  return items.flatMap((item) => {
    const { person, row } = item;
    const someone = known.get(person.staffCode) ?? null;
    const unitId = units.get(person.unit ?? '') ?? null;
    const placeOfNew = unitId ?? units.get(defaultUnit ?? '') ?? null;
    const skip = (why: Skipped): Sifted[] => {
      skipped[why] += 1;
      return [];
    };
    if (someone === null)
      return hire && placeOfNew !== null && person.fullName !== null
        ? [{ item, unitId, placeOfNew }]
        : skip('unknown');
    if (scope.ofPerson(someone) !== null) return skip('elsewhere');
    if (person.fullName !== null && !sameName(person.fullName, someone.fullName)) return skip('name-differs');
    // One entry gives way to another of the same person only once it is gone.
    const other = rowOfPerson.get(someone.personId);
    return other !== undefined && other !== row?.id ? skip('twice') : [{ item, unitId, placeOfNew }];
  });
}

async function takeIn(work: Work, items: readonly Item[]): Promise<void> {
  const { deps, config, skipped } = work;
  const { source, hire } = config;
  const defaultUnit = (await findFeedSource(deps.store, source, 'directory'))?.defaultUnit ?? null;
  // Who is nobody here costs no write, at every reading anew.
  const sifted = await deps.store.read((db) => sift(db, work, items, defaultUnit));
  if (sifted.length === 0) return;
  // All accounts are counted for it. Whoever is new and at work loses nothing.
  const mayTake = sifted.some(
    ({ item: { row, person } }) => row !== null || person.isDisabled || person.expiresAt !== null,
  );
  const limit = mayTake ? await limitOf(work) : 0;
  await write(work, async (db) => {
    const now = deps.clock.now();
    await lockLifecycleSource(db, source, now);
    const some = await sift(
      db,
      work,
      sifted.map(({ item }) => item),
      defaultUnit,
    );
    const changes = some.flatMap(({ item: { person, row, before }, unitId, placeOfNew }): FeedChange[] => {
      const isStateNew =
        before === null || before.isDisabled !== person.isDisabled || before.expiresAt !== person.expiresAt;
      const isUnitNew = before !== null && before.unit !== person.unit && unitId !== null;
      if (!isStateNew && !isUnitNew) return [];
      const { fullName } = person;
      return [
        {
          key: `${person.key}|${(row?.stateVersion ?? 0) + 1}`,
          staffCode: person.staffCode,
          state: isStateNew ? stateOf(person, now) : null,
          unit: isUnitNew ? { unitId, effectiveAt: now, keepUntil: null } : null,
          documentNumber: null,
          mayHire: hire,
          person:
            placeOfNew === null || fullName === null
              ? null
              : { fullName, unitId: placeOfNew, kind: 'civil-servant', position: null },
        },
      ];
    });
    const misfits = await carryOut(work, db, limit, changes);
    skipped.misfit += misfits.size;
    // What did not fit is looked at again the next time.
    const taken = some.map(({ item }) => item).filter(({ person }) => !misfits.has(person.staffCode));
    const ids = await findPersonIds(
      db,
      taken.map(({ person }) => person.staffCode),
    );
    await keep(db, source, taken, { ids, isNews: new Set(changes.map(({ staffCode }) => staffCode)), now });
  });
}

async function keep(
  db: Db,
  source: string,
  items: readonly Item[],
  known: {
    readonly ids: ReadonlyMap<string, number>;
    readonly isNews: ReadonlySet<string>;
    readonly now: number;
  },
): Promise<void> {
  const { ids, isNews, now } = known;
  const columnsOf = ({ person }: Item) => ({
    userName: person.userName,
    // Unique by the entry's key: names may be exchanged between two readings.
    userNameKey: person.key,
    externalId: person.staffCode,
    personId: ids.get(person.staffCode) ?? null,
    document: JSON.stringify(documentOf(person)),
    updatedAt: now,
  });
  await insertFeedUsers(
    db,
    items
      .filter(({ row }) => row === null)
      .map((item) => ({
        ...columnsOf(item),
        source,
        resourceId: item.person.key,
        version: 1,
        stateVersion: 1,
        createdAt: now,
      })),
  );
  for (const item of items)
    if (item.row !== null)
      await updateFeedUser(db, item.row.id, {
        ...columnsOf(item),
        version: item.row.version + 1,
        stateVersion: item.row.stateVersion + (isNews.has(item.person.staffCode) ? 1 : 0),
      });
}

/** Entries that are no longer there. */
async function takeOut(work: Work, rows: readonly FeedUserRow[]): Promise<void> {
  const { deps, config } = work;
  const { source, missing } = config;
  const limit = await limitOf(work);
  await write(work, async (db) => {
    const now = deps.clock.now();
    await lockLifecycleSource(db, source, now);
    const changes = rows.flatMap((row): FeedChange[] => {
      const { staffCode, isDisabled, expiresAt } = JSON.parse(row.document) as Document;
      const hasEnded = isDisabled || (expiresAt !== null && expiresAt <= now);
      if (missing === 'ignored' || hasEnded) return [];
      return [
        {
          key: `${row.resourceId}|${row.stateVersion + 1}`,
          staffCode,
          state: { status: 'ended', detail: 'resigned', effectiveAt: now, endsAt: null },
          unit: null,
          documentNumber: null,
          mayHire: false,
          person: null,
        },
      ];
    });
    const misfits = await carryOut(work, db, limit, changes);
    work.skipped.misfit += misfits.size;
    await deleteFeedUsers(
      db,
      rows.map(({ id }) => id),
    );
  });
}
