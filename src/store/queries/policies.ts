// Policies as they are and as they were: each change keeps who made it, when and why.
import { and, desc, eq, inArray, lt } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

export type PolicyVersionRow = Tables['policyVersions']['$inferSelect'];

/** Well under SQLite's limit of parameters in a statement. */
const chunk = 1_000;

/** What a scope says without a policy of its own. */
export const noLayer = '{}';

/** Writes the layer of a scope, whatever was there, and keeps it as a version; an empty one removes the policy. */
export async function putPolicy(
  db: Db,
  version: Omit<Tables['policyVersions']['$inferInsert'], 'id'>,
): Promise<number> {
  const { policies: t, policyVersions } = db.tables;
  const { scope, layer } = version;
  if (layer === noLayer) await db.delete(t).where(eq(t.scope, scope));
  else await db.insert(t).values({ scope, layer }).onConflictDoUpdate({ target: t.scope, set: { layer } });
  const [row] = await db.insert(policyVersions).values(version).returning({ id: policyVersions.id });
  if (row === undefined) throw new Error('the version was not kept');
  return row.id;
}

/** The layer (JSON) of one scope; null: it has no policy. */
export async function findPolicyLayer(db: Db, scope: string): Promise<string | null> {
  const { policies: t } = db.tables;
  const [row] = await db.select({ layer: t.layer }).from(t).where(eq(t.scope, scope));
  return row?.layer ?? null;
}

/** Versions of one scope's policy, the newest first. */
export async function listPolicyVersions(
  db: Db,
  scope: string,
  query: { readonly before: number | null; readonly limit: number },
): Promise<PolicyVersionRow[]> {
  const { policyVersions: t } = db.tables;
  return await db
    .select()
    .from(t)
    .where(and(eq(t.scope, scope), query.before === null ? undefined : lt(t.id, query.before)))
    .orderBy(desc(t.id))
    .limit(query.limit);
}

/** Accounts by id, with whose they are and the path of their unit. */
export async function listPlacesOfAccounts(db: Db, ids: readonly number[]) {
  const { accounts, people, units } = db.tables;
  const found = [];
  for (let at = 0; at < ids.length; at += chunk) {
    found.push(
      ...(await db
        .select({
          id: accounts.id,
          userName: accounts.userName,
          fullName: people.fullName,
          unitName: units.name,
          path: units.path,
        })
        .from(accounts)
        .innerJoin(people, eq(people.id, accounts.personId))
        .innerJoin(units, eq(units.id, people.unitId))
        .where(inArray(accounts.id, ids.slice(at, at + chunk)))),
    );
  }
  return found;
}
