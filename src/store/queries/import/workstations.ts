// What an import reads and writes of workstations and their identifiers, many at a time.
import { and, eq, or } from 'drizzle-orm';
import type { Db, Tables } from '../../tables.ts';
import { among, insertRows } from '../many.ts';
import { bumpRevision } from '../revision.ts';

type WorkstationRow = Tables['workstations']['$inferSelect'];

/** Workstations with their unit's code, their keeper's staff code and their identifiers, sorted. */
export interface KnownWorkstation extends WorkstationRow {
  readonly unit: string;
  readonly keeper: string | null;
  readonly identifiers: readonly string[];
  /** Those among them that keys registered with the workstation have. */
  readonly registered: ReadonlySet<string>;
}

export async function findWorkstations(db: Db, assetTags: readonly string[]): Promise<KnownWorkstation[]> {
  if (assetTags.length === 0) return [];
  const { workstations: t, workstationIdentifiers: i, workstationKeys: k, units, people } = db.tables;
  const rows = await db
    .select({ workstation: t, unit: units.code, keeper: people.staffCode })
    .from(t)
    .innerJoin(units, eq(units.id, t.unitId))
    .leftJoin(people, eq(people.id, t.keeperPersonId))
    .where(among(t.assetTag, new Set(assetTags)));
  const ids = rows.map(({ workstation }) => workstation.id);
  const identifiers = ids.length === 0 ? [] : await db.select().from(i).where(among(i.workstationId, ids));
  const byWorkstation = Map.groupBy(identifiers, ({ workstationId }) => workstationId);
  const keys =
    ids.length === 0
      ? []
      : await db
          .select({ workstationId: k.workstationId, own: k.identifier, certificate: k.certificateIdentifier })
          .from(k)
          .where(and(eq(k.state, 'active'), among(k.workstationId, ids)));
  const keysOf = Map.groupBy(keys, ({ workstationId }) => workstationId);
  return rows.map(({ workstation, unit, keeper }) => ({
    ...workstation,
    unit,
    keeper,
    identifiers: (byWorkstation.get(workstation.id) ?? []).map(({ identifier }) => identifier).sort(),
    registered: new Set(
      (keysOf.get(workstation.id) ?? []).flatMap(({ own, certificate }) => [own, certificate ?? []].flat()),
    ),
  }));
}

/** Which workstations have these identifiers. */
export async function findOwnersOfIdentifiers(db: Db, identifiers: readonly string[]) {
  if (identifiers.length === 0) return [];
  const { workstations: t, workstationIdentifiers: i } = db.tables;
  return await db
    .select({ identifier: i.identifier, assetTag: t.assetTag })
    .from(i)
    .innerJoin(t, eq(t.id, i.workstationId))
    .where(among(i.identifier, new Set(identifiers)));
}

/** Keys among these identifiers that were revoked and that no workstation has. */
export async function findRevokedKeys(db: Db, identifiers: readonly string[]): Promise<Set<string>> {
  if (identifiers.length === 0) return new Set();
  const { workstationKeys: k } = db.tables;
  const asked = new Set(identifiers);
  const owned = new Set((await findOwnersOfIdentifiers(db, identifiers)).map((row) => row.identifier));
  const rows = await db
    .select({ own: k.identifier, certificate: k.certificateIdentifier })
    .from(k)
    .where(
      and(eq(k.state, 'revoked'), or(among(k.identifier, asked), among(k.certificateIdentifier, asked))),
    );
  const revoked = rows.flatMap(({ own, certificate }) => [own, certificate ?? []].flat());
  return new Set(revoked.filter((key) => asked.has(key) && !owned.has(key)));
}

/** Ids of workstations by their asset tags. */
export async function findWorkstationIds(
  db: Db,
  assetTags: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (assetTags.length === 0) return new Map();
  const { workstations: t } = db.tables;
  const rows = await db
    .select({ id: t.id, assetTag: t.assetTag })
    .from(t)
    .where(among(t.assetTag, new Set(assetTags)));
  return new Map(rows.map(({ assetTag, id }) => [assetTag, id]));
}

/** Inserts workstations and returns their ids by asset tag. */
export async function insertWorkstations(
  db: Db,
  rows: readonly Tables['workstations']['$inferInsert'][],
): Promise<ReadonlyMap<string, number>> {
  if (rows.length === 0) return new Map();
  const { workstations: t } = db.tables;
  const inserted = await insertRows(db, t, rows).returning({ id: t.id, assetTag: t.assetTag });
  return new Map(inserted.map(({ assetTag, id }) => [assetTag, id]));
}

export async function updateWorkstation(
  db: Db,
  id: number,
  change: Partial<Omit<Tables['workstations']['$inferInsert'], 'id'>>,
): Promise<void> {
  const { workstations: t } = db.tables;
  await db.update(t).set(change).where(eq(t.id, id));
}

/** Whether all were inserted: a key may have become another workstation's meanwhile. */
export async function insertIdentifiers(
  db: Db,
  rows: readonly Tables['workstationIdentifiers']['$inferInsert'][],
): Promise<boolean> {
  if (rows.length === 0) return true;
  const { workstationIdentifiers: t } = db.tables;
  const inserted = await insertRows(db, t, rows)
    .onConflictDoNothing()
    .returning({ identifier: t.identifier });
  return inserted.length === rows.length;
}

export async function deleteIdentifiers(
  db: Db,
  workstationId: number,
  identifiers: readonly string[],
): Promise<void> {
  if (identifiers.length === 0) return;
  const { workstationIdentifiers: t } = db.tables;
  await db.delete(t).where(and(eq(t.workstationId, workstationId), among(t.identifier, identifiers)));
}

/** Bumps the revision of every account that these workstations are assigned to. */
export async function bumpAccountsOfWorkstations(db: Db, workstationIds: readonly number[]): Promise<void> {
  if (workstationIds.length === 0) return;
  const { accountWorkstations: t } = db.tables;
  const concerned = await db
    .selectDistinct({ id: t.accountId })
    .from(t)
    .where(among(t.workstationId, workstationIds));
  await bumpRevision(db, { accountIds: concerned.map(({ id }) => id) });
}
