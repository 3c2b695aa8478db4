// Operators of the console who leave: roles, delegations, web sessions and tokens end with them, and can be put back.
import { and, eq, gt, isNull, lte, or } from 'drizzle-orm';
import type { Db } from '../tables.ts';
import { among } from './many.ts';

/** What was taken from a person who operated the console; kept with the event, for its undo. */
export interface OperatorEnded {
  readonly personId: number;
  /** Null: only what others held by this person's delegation. */
  readonly operatorId: number | null;
  readonly roleIds: readonly number[];
  readonly tokenIds: readonly number[];
}

/** Ends everything that people hold in the console, and what others hold by their delegation. */
export async function endOperatorsOf(
  db: Db,
  personIds: readonly number[],
  at: number,
): Promise<OperatorEnded[]> {
  const { operators, operatorRoles, webSessions, apiTokens, oneTimeLinks } = db.tables;
  const ended: OperatorEnded[] = [];
  const those = await concerned(db, personIds);
  for (const personId of those) {
    const [operator] = await db
      .update(operators)
      .set({ state: 'ended', endedAt: at })
      .where(and(eq(operators.personId, personId), eq(operators.state, 'active')))
      .returning({ id: operators.id });
    const operatorId = operator?.id ?? null;
    const roles = await db
      .update(operatorRoles)
      .set({ revokedAt: at })
      .where(
        and(
          isNull(operatorRoles.revokedAt),
          or(
            eq(operatorRoles.delegatedByPersonId, personId),
            operatorId === null ? undefined : eq(operatorRoles.operatorId, operatorId),
          ),
        ),
      )
      .returning({ id: operatorRoles.id });
    let tokens: { id: number }[] = [];
    if (operatorId !== null) {
      await db
        .update(webSessions)
        .set({ endedAt: at })
        .where(and(eq(webSessions.operatorId, operatorId), isNull(webSessions.endedAt)));
      tokens = await db
        .update(apiTokens)
        .set({ revokedAt: at })
        .where(and(eq(apiTokens.createdBy, operatorId), isNull(apiTokens.revokedAt)))
        .returning({ id: apiTokens.id });
      await db
        .update(oneTimeLinks)
        .set({ usedAt: at })
        .where(and(eq(oneTimeLinks.operatorId, operatorId), isNull(oneTimeLinks.usedAt)));
    }
    ended.push({
      personId,
      operatorId,
      roleIds: roles.map(({ id }) => id),
      tokenIds: tokens.map(({ id }) => id),
    });
  }
  return ended;
}

/** Those of the people who are operators, or whose role somebody holds: mostly nobody. */
async function concerned(db: Db, personIds: readonly number[]): Promise<number[]> {
  const { operators, operatorRoles } = db.tables;
  if (personIds.length === 0) return [];
  const own = await db
    .select({ id: operators.personId })
    .from(operators)
    .where(and(among(operators.personId, personIds), eq(operators.state, 'active')));
  const given = await db
    .select({ id: operatorRoles.delegatedByPersonId })
    .from(operatorRoles)
    .where(and(among(operatorRoles.delegatedByPersonId, personIds), isNull(operatorRoles.revokedAt)));
  const found = new Set([...own, ...given].flatMap(({ id }) => (id === null ? [] : [id])));
  return [...found].sort((a, b) => a - b);
}

/** Puts back what was taken; web sessions stay ended, as tunnels do. */
export async function restoreOperator(db: Db, ended: OperatorEnded): Promise<void> {
  const { operators, operatorRoles, apiTokens } = db.tables;
  const { operatorId, roleIds, tokenIds } = ended;
  if (operatorId !== null)
    await db.update(operators).set({ state: 'active', endedAt: null }).where(eq(operators.id, operatorId));
  if (roleIds.length > 0)
    await db.update(operatorRoles).set({ revokedAt: null }).where(among(operatorRoles.id, roleIds));
  if (tokenIds.length > 0)
    await db.update(apiTokens).set({ revokedAt: null }).where(among(apiTokens.id, tokenIds));
}

/** Which of these roles, not over yet, are a central administrator's: sign-in names by operator. */
export async function findAdministratorsAmong(
  db: Db,
  roleIds: readonly number[],
  now: number,
): Promise<ReadonlyMap<number, string>> {
  const { operators, operatorRoles: r } = db.tables;
  if (roleIds.length === 0) return new Map();
  const rows = await db
    .select({ operatorId: operators.id, signInName: operators.signInName })
    .from(r)
    .innerJoin(operators, eq(operators.id, r.operatorId))
    .where(
      and(
        among(r.id, roleIds),
        eq(r.role, 'central-administrator'),
        or(isNull(r.validUntil), gt(r.validUntil, now)),
      ),
    );
  return new Map(rows.map(({ operatorId, signInName }) => [operatorId, signInName]));
}

/** The central administrator after whom nobody would be left; empty while there are several, or none. */
export async function findLastAdministrators(db: Db, now: number): Promise<ReadonlySet<number>> {
  const { operators, operatorRoles: r } = db.tables;
  const rows = await db
    .selectDistinct({ personId: operators.personId })
    .from(r)
    .innerJoin(operators, eq(operators.id, r.operatorId))
    .where(
      and(
        eq(r.role, 'central-administrator'),
        isNull(r.unitId),
        isNull(r.revokedAt),
        lte(r.validFrom, now),
        or(isNull(r.validUntil), gt(r.validUntil, now)),
        eq(operators.state, 'active'),
      ),
    )
    .limit(2);
  return new Set(rows.length === 1 ? rows.map(({ personId }) => personId) : []);
}
