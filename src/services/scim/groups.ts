// Groups of a SCIM source are units: who becomes a member is moved there, by rule, brake and undo.
import { nameSearchKey } from '../../core/names.ts';
import {
  deleteFeedGroup,
  deleteFeedMembers,
  type FeedGroupRow,
  findFeedGroup,
  findFeedUsersByResource,
  findFirstRoot,
  insertFeedGroup,
  insertFeedMembers,
  listFeedMembers,
  listGroupsOfFeedUsers,
  updateFeedGroup,
} from '../../store/queries/feeds.ts';
import { findLifecyclePeople, lockLifecycleSource } from '../../store/queries/lifecycle.ts';
import { bumpSettingsVersion } from '../../store/queries/settings.ts';
import { findUnitByCode, insertUnit } from '../../store/queries/units.ts';
import type { Db } from '../../store/tables.ts';
import { isObject, type ScimValue } from '../../wire/scim/attribute.ts';
import { quoted, ScimError } from '../../wire/scim/error.ts';
import { applyPatch } from '../../wire/scim/patch.ts';
import { readResource } from '../../wire/scim/resource.ts';
import { groupType, unitSchema } from '../../wire/scim/schemas.ts';
import { recordAct } from '../administration.ts';
import type { FeedChange } from '../feeds/apply.ts';
import { readScope } from '../lifecycle/scope.ts';
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
import { carryOut } from './users.ts';

/** People moved in one write: its turn must be over soon. */
const membersPerWrite = 50;

/** Groups as they leave, with their members if `withMembers`. */
export async function renderGroups(
  db: Db,
  context: Pick<ScimContext, 'baseUrl'>,
  rows: readonly FeedGroupRow[],
  withMembers: boolean,
): Promise<Versioned[]> {
  const members = withMembers
    ? await listFeedMembers(
        db,
        rows.map(({ id }) => id),
      )
    : [];
  const byGroup = Map.groupBy(members, ({ groupId }) => groupId);
  return rows.map((row) => {
    const all = (byGroup.get(row.id) ?? []).map(({ resourceId, userName }) => ({
      value: resourceId,
      $ref: `${context.baseUrl}/Users/${resourceId}`,
      type: 'User',
      display: userName,
    }));
    const document = JSON.parse(row.document) as ScimValue;
    return render(context, groupType, row, { ...document, ...(all.length === 0 ? {} : { members: all }) });
  });
}

async function find(db: Db, context: ScimContext, resourceId: string): Promise<FeedGroupRow> {
  const row = await findFeedGroup(db, context.source, { resourceId });
  if (row === null) throw notFound(groupType, resourceId);
  return row;
}

/** @throws ScimError 404 */
export async function getGroup(
  context: ScimContext,
  resourceId: string,
  withMembers = true,
): Promise<Versioned> {
  return await context.lifecycle.store.read(async (db) => {
    const row = await find(db, context, resourceId);
    const [rendered] = await renderGroups(db, context, [row], withMembers);
    if (rendered === undefined) throw new Error('a group was not rendered');
    return rendered;
  });
}

/** The ids of the members that a document names. @throws ScimError for what is no User */
function memberIdsOf(document: ScimValue): string[] {
  const members = document['members'];
  return (Array.isArray(members) ? (members as unknown[]) : []).map((member) => {
    const id = isObject(member) ? member['value'] : undefined;
    if (typeof id !== 'string') throw new ScimError(400, 'invalidValue', 'members: a value is missing');
    const type = isObject(member) ? member['type'] : undefined;
    if (typeof type === 'string' && type.toLowerCase() !== 'user')
      throw new ScimError(400, 'invalidValue', 'members: only Users are; the unit above is named by parent');
    return id;
  });
}

function withoutMembers({ members: _, ...document }: ScimValue): ScimValue {
  return document;
}

/** The unit of a group by its code; made when there is none. */
async function unitOf(db: Db, context: ScimContext, document: ScimValue): Promise<number> {
  const unit = document[unitSchema.id];
  const textOf = (value: unknown) => (typeof value === 'string' && value.trim() !== '' ? value.trim() : null);
  const name = textOf(document['displayName']) ?? '';
  const code = textOf(isObject(unit) ? unit['code'] : null) ?? textOf(document['externalId']) ?? name;
  if (code === '' || code.length > 100)
    throw new ScimError(400, 'invalidValue', 'code: a unit has a code of up to 100 characters');
  const there = await findUnitByCode(db, code);
  const { source } = context;
  const checkUnit = async (id: number, at: string) => {
    if ((await readScope(db, source, [], [id])).ofUnit(id) !== null)
      throw new ScimError(403, null, `${at}: the unit lies outside what this source may tell of`);
  };
  if (there !== null) {
    await checkUnit(there.id, 'code');
    return there.id;
  }
  const parentCode = textOf(isObject(unit) ? unit['parent'] : null) ?? context.settings.defaultUnit;
  const parent = parentCode === null ? await findFirstRoot(db) : await findUnitByCode(db, parentCode);
  if (parent === null && parentCode !== null)
    throw new ScimError(400, 'invalidValue', `parent: there is no unit of the code ${quoted(parentCode)}`);
  if (parent !== null) await checkUnit(parent.id, 'parent');
  const id = await insertUnit(db, {
    code,
    name,
    nameSearchKey: nameSearchKey(name),
    parentId: parent?.id ?? null,
    kind: null,
  });
  await bumpSettingsVersion(db);
  const { clock, by } = context.lifecycle;
  const body = { unit: code, parent: parent?.code ?? null, source: context.source };
  await recordAct(db, by, { verb: 'unit.add', at: clock.now(), body });
  return id;
}

/** POST, RFC 7644 §3.3. @throws ScimError */
export async function createGroup(context: ScimContext, body: unknown): Promise<Versioned> {
  const document = readResource(body, groupType);
  const memberIds = memberIdsOf(document);
  const { source, lifecycle } = context;
  const { store, clock } = lifecycle;
  const resourceId = newResourceId(context.random);
  await store.write(async (db) => {
    const now = clock.now();
    await lockLifecycleSource(db, source, now);
    await usersOf(db, source, memberIds);
    const unitId = await unitOf(db, context, document);
    const other = await findFeedGroup(db, source, { unitId });
    if (other !== null)
      throw new ScimError(409, 'uniqueness', `Group ${other.resourceId} is this unit already`);
    await insertFeedGroup(db, {
      source,
      resourceId,
      externalId: typeof document['externalId'] === 'string' ? document['externalId'] : null,
      unitId,
      document: JSON.stringify(withoutMembers(document)),
      version: 1,
      createdAt: now,
      updatedAt: now,
    });
  });
  await setMembers(context, resourceId, memberIds);
  return await getGroup(context, resourceId);
}

async function usersOf(db: Db, source: string, resourceIds: readonly string[]) {
  const users = await findFeedUsersByResource(db, source, resourceIds);
  const known = new Map(users.map((user) => [user.resourceId, user]));
  const missing = resourceIds.find((id) => !known.has(id));
  if (missing !== undefined)
    throw new ScimError(400, 'invalidValue', `members: there is no User ${quoted(missing)}`);
  return known;
}

/** PUT, RFC 7644 §3.5.1. @throws ScimError */
export function replaceGroup(
  context: ScimContext,
  resourceId: string,
  body: unknown,
  ifMatch: IfMatch,
): Promise<Versioned> {
  const document = readResource(body, groupType);
  return changeGroup(context, resourceId, ifMatch, () => document);
}

/** PATCH, RFC 7644 §3.5.2. @throws ScimError */
export function patchGroup(
  context: ScimContext,
  resourceId: string,
  body: unknown,
  ifMatch: IfMatch,
): Promise<Versioned> {
  return changeGroup(context, resourceId, ifMatch, (before) => applyPatch(before, body, groupType));
}

async function changeGroup(
  context: ScimContext,
  resourceId: string,
  ifMatch: IfMatch,
  change: (before: ScimValue) => ScimValue,
): Promise<Versioned> {
  const { source, lifecycle } = context;
  const { store, clock } = lifecycle;
  const plan = await store.read(async (db) => {
    const row = await find(db, context, resourceId);
    checkVersion(ifMatch, row.version);
    const members = (await listFeedMembers(db, [row.id])).map(({ resourceId: id }) => ({ value: id }));
    const stored = JSON.parse(row.document) as ScimValue;
    const after = change({ ...stored, ...(members.length === 0 ? {} : { members }) });
    const memberIds = memberIdsOf(after);
    await usersOf(db, source, memberIds);
    return { row, document: withoutMembers(after), stored, memberIds };
  });
  const { row, stored, document, memberIds } = plan;
  const [code, codeBefore] = [document, stored].map((one) => {
    const unit = one[unitSchema.id];
    return isObject(unit) ? unit['code'] : undefined;
  });
  if (code !== undefined && codeBefore !== undefined && code !== codeBefore)
    throw new ScimError(
      400,
      'mutability',
      'code: a unit keeps its code; make another Group for another unit',
    );
  if (JSON.stringify(document) !== row.document) {
    await store.write(async (db) => {
      const now = clock.now();
      await lockLifecycleSource(db, source, now);
      const current = await find(db, context, resourceId);
      if (current.version !== row.version) checkVersion(`"${row.version}"`, current.version);
      await updateFeedGroup(db, row.id, {
        document: JSON.stringify(document),
        externalId: typeof document['externalId'] === 'string' ? document['externalId'] : null,
        version: row.version + 1,
        updatedAt: now,
      });
    });
  }
  await setMembers(context, resourceId, memberIds);
  return await getGroup(context, resourceId);
}

/** DELETE, RFC 7644 §3.6: unit and people stay; nobody loses access by it. @throws ScimError */
export async function deleteGroup(context: ScimContext, resourceId: string, ifMatch: IfMatch): Promise<void> {
  const { source, lifecycle } = context;
  await lifecycle.store.write(async (db) => {
    await lockLifecycleSource(db, source, lifecycle.clock.now());
    const row = await find(db, context, resourceId);
    checkVersion(ifMatch, row.version);
    await deleteFeedGroup(db, row.id);
  });
}

/**
 * Makes these the members, some in each write; broken off, the same request does the rest. Whoever joins moves to the unit,
 * whoever is taken out goes back to the unit joined last of those left, if there is one.
 */
async function setMembers(
  context: ScimContext,
  resourceId: string,
  wanted: readonly string[],
): Promise<void> {
  const { source, lifecycle } = context;
  const { store, clock } = lifecycle;
  const difference = await store.read(async (db) => {
    const row = await find(db, context, resourceId);
    const present = new Set((await listFeedMembers(db, [row.id])).map((one) => one.resourceId));
    const keep = new Set(wanted);
    return {
      joining: wanted.filter((id) => !present.has(id)).map((id) => ({ id, joins: true })),
      leaving: [...present].filter((id) => !keep.has(id)).map((id) => ({ id, joins: false })),
    };
  });
  const all = [...difference.joining, ...difference.leaving];
  for (let at = 0; at < all.length; at += membersPerWrite) {
    const some = all.slice(at, at + membersPerWrite);
    const limit = await readLimit(store, source, clock.now());
    await store.write(async (db) => {
      const now = clock.now();
      await lockLifecycleSource(db, source, now);
      const group = await find(db, context, resourceId);
      const users = await usersOf(
        db,
        source,
        some.map(({ id }) => id),
      );
      const present = new Set((await listFeedMembers(db, [group.id])).map(({ userId }) => userId));
      const idsOf = (joins: boolean) =>
        some
          .filter((one) => one.joins === joins)
          .map(({ id }) => users.get(id)?.id ?? 0)
          .filter((id) => present.has(id) !== joins);
      await insertFeedMembers(db, group.id, idsOf(true), now);
      await deleteFeedMembers(db, group.id, idsOf(false));
      const version = group.version + 1;
      await updateFeedGroup(db, group.id, { version, updatedAt: now });
      const changes = await movesOf(db, [...users.values()], `${resourceId}|${version}`, now);
      await carryOut(db, context, limit, changes);
    });
  }
}

/** Where people belong by the groups that they are in now. */
async function movesOf(
  db: Db,
  users: readonly { readonly id: number; readonly resourceId: string; readonly personId: number | null }[],
  key: string,
  now: number,
): Promise<FeedChange[]> {
  const unitOfUser = new Map<number, number>();
  for (const { userId, unitId } of await listGroupsOfFeedUsers(
    db,
    users.map(({ id }) => id),
  ))
    if (!unitOfUser.has(userId)) unitOfUser.set(userId, unitId);
  const people = await findLifecyclePeople(db, {
    personIds: users.flatMap(({ personId }) => (personId === null ? [] : [personId])),
  });
  const byId = new Map(people.map((person) => [person.personId, person]));
  return users.flatMap(({ id, resourceId, personId }) => {
    const unitId = unitOfUser.get(id);
    const person = personId === null ? undefined : byId.get(personId);
    if (unitId === undefined || person === undefined || person.unitId === unitId) return [];
    const { staffCode } = person;
    const unit = { unitId, effectiveAt: now, keepUntil: null };
    return [
      {
        key: `${key}|${resourceId}`,
        staffCode,
        state: null,
        unit,
        documentNumber: null,
        mayHire: false,
        person: null,
      },
    ];
  });
}
