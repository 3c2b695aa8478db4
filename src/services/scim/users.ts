// Users of a SCIM source: each change is kept with the events that it means in one write, committed before the answer.
import { type EventFault, eventFaultTexts } from '../../core/lifecycle-texts.ts';
import {
  deleteFeedUsers,
  type FeedUserRow,
  findFeedUser,
  findFeedUsersByName,
  findFeedUsersByPerson,
  findFeedUsersByResource,
  insertFeedUsers,
  listGroupsOfFeedUsers,
  updateFeedUser,
} from '../../store/queries/feeds.ts';
import { findPersonIds } from '../../store/queries/import/people.ts';
import { findLifecyclePeople, type KnownPerson, lockLifecycleSource } from '../../store/queries/lifecycle.ts';
import { findUnitIds } from '../../store/queries/units.ts';
import type { Db } from '../../store/tables.ts';
import type { ScimValue } from '../../wire/scim/attribute.ts';
import { quoted, ScimError } from '../../wire/scim/error.ts';
import { applyPatch } from '../../wire/scim/patch.ts';
import { readResource } from '../../wire/scim/resource.ts';
import { userType } from '../../wire/scim/schemas.ts';
import { applyChanges, type FeedChange } from '../feeds/apply.ts';
import { readScope, type Scope } from '../lifecycle/scope.ts';
import {
  checkVersion,
  type IfMatch,
  newResourceId,
  notFound,
  readLimit,
  render,
  type ScimContext,
  type Versioned,
} from './context.ts';
import {
  effectiveAtOf,
  fullNameOf,
  isNameOf,
  isPlainlyEmployed,
  personKindOf,
  readDate,
  readTold,
  staffCodeOf,
  stateOfTold,
  type Told,
  unitCodeOf,
} from './employment.ts';

/** New ones in one write: its turn is over in well under 50 ms. */
export const usersInOneWrite = 25;

function documentOf(row: Pick<FeedUserRow, 'document'>): ScimValue {
  return JSON.parse(row.document) as ScimValue;
}

/** Users as they leave, with the units that they are members of if `withGroups`. */
export async function renderUsers(
  db: Db,
  context: Pick<ScimContext, 'baseUrl'>,
  rows: readonly FeedUserRow[],
  withGroups: boolean,
): Promise<Versioned[]> {
  const memberships = withGroups
    ? await listGroupsOfFeedUsers(
        db,
        rows.map(({ id }) => id),
      )
    : [];
  const byUser = Map.groupBy(memberships, ({ userId }) => userId);
  return rows.map((row) => {
    const groups = (byUser.get(row.id) ?? []).map(({ resourceId, unitName }) => ({
      value: resourceId,
      $ref: `${context.baseUrl}/Groups/${resourceId}`,
      display: unitName,
      type: 'direct',
    }));
    return render(context, userType, row, { ...documentOf(row), ...(groups.length === 0 ? {} : { groups }) });
  });
}

async function renderOne(db: Db, context: ScimContext, id: number): Promise<Versioned> {
  const row = await findFeedUser(db, context.source, { id });
  const [rendered] = row === null ? [] : await renderUsers(db, context, [row], true);
  if (rendered === undefined) throw new Error('a user that was written is not there');
  return rendered;
}

/** @throws ScimError 404 */
export async function getUser(context: ScimContext, resourceId: string): Promise<Versioned> {
  return await context.lifecycle.store.read(async (db) => {
    const row = await findFeedUser(db, context.source, { resourceId });
    if (row === null) throw notFound(userType, resourceId);
    return await renderOne(db, context, row.id);
  });
}

/** POST, RFC 7644 §3.3. Somebody whose staff code is known is linked; somebody new is hired. @throws ScimError */
export async function createUser(context: ScimContext, body: unknown): Promise<Versioned> {
  const [made] = await makeUsers(context, [readResource(body, userType)]);
  if (made === undefined) throw new Error('a user that was written is not there');
  return made;
}

/**
 * Some users at once, in one write. @returns null when one of them does not fit, or two of them are the same: nothing is written, and
 * each is to be made by itself, so that each has its own error
 */
export async function createUsers(
  context: ScimContext,
  bodies: readonly unknown[],
): Promise<Versioned[] | null> {
  try {
    const documents = bodies.map((body) => readResource(body, userType));
    const names = new Set(documents.map(userNameKeyOf));
    const codes = new Set(documents.map((document) => staffCodeOf(document, context.settings)));
    if (names.size < bodies.length || codes.size < bodies.length) return null;
    return await makeUsers(context, documents);
  } catch (error) {
    if (error instanceof ScimError) return null;
    throw error;
  }
}

async function makeUsers(context: ScimContext, documents: readonly ScimValue[]): Promise<Versioned[]> {
  const { source, random, lifecycle } = context;
  const { store, clock } = lifecycle;
  const limit = await limitForNew(context, documents);
  return await store.write(async (db) => {
    const now = clock.now();
    await lockLifecycleSource(db, source, now);
    const known = await readKnown(db, context, documents);
    const users = documents.map((document) => ({
      row: null,
      resourceId: newResourceId(random),
      document,
      ...judge(known, context, null, document, now),
    }));
    await writeUsers(db, context, limit, users, now);
    // Nobody new is a member of anything.
    return users.map(({ resourceId, document }) =>
      render(context, userType, { resourceId, version: 1, createdAt: now, updatedAt: now }, document),
    );
  });
}

/**
 * The brake's limit, for which all accounts are counted, where somebody is known from whom a new user may take access; else
 * none, and should somebody come to be known in between, what takes access is held.
 */
async function limitForNew(context: ScimContext, documents: readonly ScimValue[]): Promise<number> {
  const { source, settings, lifecycle } = context;
  const { store, clock } = lifecycle;
  const mayTake = documents.filter((document) => !isPlainlyEmployed(document));
  const codes = mayTake.map((document) => staffCodeOf(document, settings));
  const known = await store.read((db) => findPersonIds(db, codes));
  return known.size === 0 ? 0 : await readLimit(store, source, clock.now());
}

/** PUT, RFC 7644 §3.5.1. @throws ScimError */
export function replaceUser(
  context: ScimContext,
  resourceId: string,
  body: unknown,
  ifMatch: IfMatch,
): Promise<Versioned> {
  const document = readResource(body, userType);
  return changeUser(context, resourceId, ifMatch, () => document);
}

/** PATCH, RFC 7644 §3.5.2. @throws ScimError */
export function patchUser(
  context: ScimContext,
  resourceId: string,
  body: unknown,
  ifMatch: IfMatch,
): Promise<Versioned> {
  return changeUser(context, resourceId, ifMatch, (before) => applyPatch(before, body, userType));
}

/** Key order says nothing: PUT and PATCH write it differently. */
function sameDocument(a: ScimValue, b: ScimValue): boolean {
  const sorted = (_: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)))
      : value;
  return JSON.stringify(a, sorted) === JSON.stringify(b, sorted);
}

/**
 * Of users that are to be replaced, each another: those whom it would leave as they are, by their places. The rest, and whatever
 * is wrong, is for `replaceUser`. Without the groups that they are in.
 */
export async function findUnchanged(
  context: ScimContext,
  wanted: readonly { readonly resourceId: string; readonly body: unknown; readonly ifMatch: IfMatch }[],
): Promise<ReadonlyMap<number, Versioned>> {
  const ids = wanted.map(({ resourceId }) => resourceId);
  const found = await context.lifecycle.store.read((db) => findFeedUsersByResource(db, context.source, ids));
  const rows = new Map(found.map((row) => [row.resourceId, row]));
  return new Map(
    wanted.flatMap(({ resourceId, body, ifMatch }, at) => {
      const row = rows.get(resourceId);
      if (row === undefined) return [];
      try {
        checkVersion(ifMatch, row.version);
        const before = documentOf(row);
        const isSame = sameDocument(before, readResource(body, userType));
        return isSame ? [[at, render(context, userType, row, before)] as const] : [];
      } catch (error) {
        if (error instanceof ScimError) return [];
        throw error;
      }
    }),
  );
}

async function changeUser(
  context: ScimContext,
  resourceId: string,
  ifMatch: IfMatch,
  change: (before: ScimValue) => ScimValue,
): Promise<Versioned> {
  const { source, lifecycle } = context;
  const { store, clock } = lifecycle;
  const find = async (db: Db) => {
    const row = await findFeedUser(db, source, { resourceId });
    if (row === null) throw notFound(userType, resourceId);
    checkVersion(ifMatch, row.version);
    const before = documentOf(row);
    return { row, before, document: change(before) };
  };
  // What changes nothing takes no turn at writing.
  const unchanged = await store.read(async (db) => {
    const { row, before, document } = await find(db);
    if (!sameDocument(before, document)) return null;
    const [rendered] = await renderUsers(db, context, [row], true);
    return rendered ?? null;
  });
  if (unchanged !== null) return unchanged;
  const limit = await readLimit(store, source, clock.now());
  return await store.write(async (db) => {
    const now = clock.now();
    await lockLifecycleSource(db, source, now);
    const { row, document } = await find(db);
    const judged = judge(await readKnown(db, context, [document]), context, row, document, now);
    await writeUsers(db, context, limit, [{ row, resourceId, document, ...judged }], now);
    return await renderOne(db, context, row.id);
  });
}

/** DELETE, RFC 7644 §3.6: the person has left, unless the resource said so already. @throws ScimError */
export async function deleteUser(context: ScimContext, resourceId: string, ifMatch: IfMatch): Promise<void> {
  const { source, lifecycle } = context;
  const { store, clock } = lifecycle;
  const limit = await readLimit(store, source, clock.now());
  await store.write(async (db) => {
    const now = clock.now();
    await lockLifecycleSource(db, source, now);
    const row = await findFeedUser(db, source, { resourceId });
    if (row === null) throw notFound(userType, resourceId);
    checkVersion(ifMatch, row.version);
    const document = documentOf(row);
    const before = readTold(document);
    if (row.personId !== null && before.status !== 'ended') {
      const { detail } = readTold({ ...document, active: false });
      const state = {
        status: 'ended',
        detail: detail ?? 'resigned',
        effectiveAt: now,
        endsAt: null,
      } as const;
      const change: FeedChange = {
        key: `${resourceId}|${row.stateVersion + 1}`,
        staffCode: staffCodeOf(document, context.settings),
        state: before.status === 'on-leave' ? { ...state, detail: 'resigned' } : state,
        unit: null,
        documentNumber: null,
        mayHire: false,
        person: null,
      };
      await carryOut(db, context, limit, [change]);
    }
    await deleteFeedUsers(db, [row.id]);
  });
}

interface Judged {
  /** Without its key. */
  readonly change: Omit<FeedChange, 'key'>;
  readonly personId: number | null;
  /** Whether it says something new of employment or unit. */
  readonly isNews: boolean;
}

interface JudgedUser extends Judged {
  /** Null: it is new. */
  readonly row: FeedUserRow | null;
  readonly resourceId: string;
  readonly document: ScimValue;
}

const userNameKeyOf = (document: ScimValue) => String(document['userName']).toLowerCase();

/** What is known of those whom documents name. */
interface Known {
  readonly byName: ReadonlyMap<string, FeedUserRow>;
  readonly people: ReadonlyMap<string, KnownPerson>;
  /** Users of the source by the people they are. */
  readonly linked: ReadonlyMap<number | null, Pick<FeedUserRow, 'resourceId'>>;
  readonly units: ReadonlyMap<string, number>;
  readonly scope: Scope;
}

/** @throws ScimError for a document without a staff code */
async function readKnown(
  db: Db,
  { source, settings }: ScimContext,
  documents: readonly ScimValue[],
): Promise<Known> {
  const staffCodes = documents.map((document) => staffCodeOf(document, settings));
  const namesakes = await findFeedUsersByName(db, source, documents.map(userNameKeyOf));
  const people = await findLifecyclePeople(db, { staffCodes });
  const personIds = people.map(({ personId }) => personId);
  const linked = await findFeedUsersByPerson(db, source, personIds);
  const unitCodes = [settings.defaultUnit, ...documents.map(unitCodeOf)].filter((code) => code !== null);
  return {
    byName: new Map(namesakes.map((row) => [row.userNameKey, row])),
    people: new Map(people.map((person) => [person.staffCode, person])),
    linked: new Map(linked.map((row) => [row.personId, row])),
    units: await findUnitIds(db, unitCodes),
    scope: await readScope(db, source, people, []),
  };
}

/** What a document means beside what is stored. @throws ScimError for what is not consistent */
function judge(
  known: Known,
  { settings, timeZone }: ScimContext,
  row: FeedUserRow | null,
  document: ScimValue,
  now: number,
): Judged {
  const namesake = known.byName.get(userNameKeyOf(document));
  if (namesake !== undefined && namesake.id !== row?.id)
    throw new ScimError(409, 'uniqueness', `there is a User ${quoted(String(document['userName']))} already`);
  const staffCode = staffCodeOf(document, settings);
  const before = row === null ? null : documentOf(row);
  if (before !== null && row?.personId !== null && staffCodeOf(before, settings) !== staffCode)
    throw new ScimError(
      400,
      'mutability',
      `${settings.staffCodeFrom} holds the staff code: for another person make another User`,
    );
  const person = known.people.get(staffCode);
  if (person !== undefined && row?.personId !== person.personId) checkLink(known, document, person);
  const told = readTold(document);
  // Nothing of what was told before has been done while nobody was meant.
  const toldBefore = before === null || row?.personId === null ? null : readTold(before);
  const state = stateOfTold(told, toldBefore, now, timeZone);
  const unit = unitOf(known, told, toldBefore, now, timeZone);
  const isNews = state !== null || unit !== null;
  const isNew = person === undefined && told.status !== 'ended';
  const unitId = isNew ? (unit?.unitId ?? defaultUnit(known, settings.defaultUnit)) : null;
  return {
    isNews,
    personId: person?.personId ?? null,
    change: {
      staffCode,
      state,
      unit,
      documentNumber: told.documentNumber,
      // A name that was left in the client does not bring back somebody who has left: a change does, or the word itself.
      mayHire: person === undefined || row !== null || told.isSaid,
      person:
        unitId === null
          ? null
          : {
              fullName: fullNameOf(document),
              unitId,
              kind: personKindOf(document),
              position: typeof document['title'] === 'string' ? document['title'].slice(0, 200) : null,
            },
    },
  };
}

/** @throws ScimError when the person is another's, or bears another name */
function checkLink({ linked, scope }: Known, document: ScimValue, person: KnownPerson): void {
  const fault = scope.ofPerson(person);
  if (fault !== null) throw refusalOf(fault, `staff code ${person.staffCode}`);
  const other = linked.get(person.personId);
  if (other !== undefined)
    throw new ScimError(
      409,
      'uniqueness',
      `the staff code ${person.staffCode} is that of User ${other.resourceId} already`,
    );
  if (!isNameOf(document, person.fullName))
    throw new ScimError(
      400,
      'invalidValue',
      `the name is not that of the person with the staff code ${person.staffCode}: check the code`,
    );
}

/** The unit that a document newly names; null: none, or the one named before. */
function unitOf(
  { units }: Known,
  told: Told,
  before: Told | null,
  now: number,
  timeZone: string,
): FeedChange['unit'] {
  const code = told.unit ?? told.department;
  if (code === null || code === (before === null ? null : (before.unit ?? before.department))) return null;
  const unitId = units.get(code);
  // A department is often a name that means nothing here; a unit is meant as one.
  if (unitId === undefined && told.unit === null) return null;
  if (unitId === undefined)
    throw new ScimError(400, 'invalidValue', `unit: there is no unit of the code ${quoted(code)}`);
  const effectiveAt = effectiveAtOf(told, before, now, timeZone);
  const keepUntil = told.keepUntil === null ? null : readDate('keepUntil', told.keepUntil, 'until', timeZone);
  if (keepUntil !== null && keepUntil <= effectiveAt)
    throw new ScimError(400, 'invalidValue', 'keepUntil: it is not after effectiveFrom');
  return { unitId, effectiveAt, keepUntil };
}

function defaultUnit({ units }: Known, code: string | null): number {
  const unitId = code === null ? undefined : units.get(code);
  if (unitId !== undefined) return unitId;
  throw new ScimError(
    400,
    'invalidValue',
    'unit: somebody new needs the code of a unit; or the source needs a default (gatewarden source set … --default-unit)',
  );
}

/** As the client is told: RFC 7644 §3.12 has 403 for what its token does not reach. */
function refusalOf(fault: EventFault, what: string): ScimError {
  const text = `${what}: ${eventFaultTexts[fault].en}`;
  const isElsewhere = fault === 'person-elsewhere' || fault === 'unit-elsewhere';
  return isElsewhere ? new ScimError(403, null, text) : new ScimError(400, 'invalidValue', text);
}

/** Does what changes mean. @throws ScimError for one that does not fit; nothing is written then */
export async function carryOut(
  db: Db,
  context: ScimContext,
  limit: number,
  changes: readonly FeedChange[],
): Promise<void> {
  const feed = { source: context.source, limit };
  for (const { events } of await applyChanges(db, context.lifecycle, feed, changes))
    for (const { event, result } of events)
      if (result.outcome === 'refused') throw refusalOf(result.fault, event.kind);
}

/** Keeps users and does what they mean. */
async function writeUsers(
  db: Db,
  context: ScimContext,
  limit: number,
  users: readonly JudgedUser[],
  now: number,
): Promise<void> {
  const { source } = context;
  const news = users.filter(({ isNews }) => isNews);
  await carryOut(
    db,
    context,
    limit,
    news.map(({ change, resourceId, row }) => ({
      ...change,
      key: `${resourceId}|${(row?.stateVersion ?? 0) + 1}`,
    })),
  );
  // Whoever was hired just now is somebody now.
  const unborn = users.filter(({ personId }) => personId === null).map(({ change }) => change.staffCode);
  const born = await findPersonIds(db, unborn);
  const columnsOf = ({ document, personId, change }: JudgedUser) => ({
    userName: String(document['userName']),
    userNameKey: String(document['userName']).toLowerCase(),
    externalId: typeof document['externalId'] === 'string' ? document['externalId'] : null,
    personId: personId ?? born.get(change.staffCode) ?? null,
    document: JSON.stringify(document),
    updatedAt: now,
  });
  await insertFeedUsers(
    db,
    users
      .filter(({ row }) => row === null)
      .map((user) => ({
        ...columnsOf(user),
        source,
        resourceId: user.resourceId,
        version: 1,
        stateVersion: 1,
        createdAt: now,
      })),
  );
  for (const user of users) {
    const { row, isNews } = user;
    if (row === null) continue;
    await updateFeedUser(db, row.id, {
      ...columnsOf(user),
      version: row.version + 1,
      stateVersion: row.stateVersion + (isNews ? 1 : 0),
    });
  }
}
