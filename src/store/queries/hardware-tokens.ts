// Hardware tokens: the stock, by serial number. One that is handed out is an authenticator of its account, too.
import { and, asc, eq, gt, inArray, max, ne, or, sql } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';
import { inUnitsWithin, type UnitsWithin } from './within.ts';

export type TokenRow = Tables['tokens']['$inferSelect'];
export type TokenState = TokenRow['state'];

/** Adds tokens whose serial number is not known yet; the numbers of those that were added. */
export async function insertTokens(
  db: Db,
  rows: readonly Omit<Tables['tokens']['$inferInsert'], 'id'>[],
): Promise<string[]> {
  const { tokens: t } = db.tables;
  const added: string[] = [];
  for (let from = 0; from < rows.length; from += 100) {
    const inserted = await db
      .insert(t)
      .values(rows.slice(from, from + 100))
      .onConflictDoNothing()
      .returning({ serialNumber: t.serialNumber });
    added.push(...inserted.map(({ serialNumber }) => serialNumber));
  }
  return added;
}

export async function findStockToken(db: Db, serialNumber: string): Promise<TokenRow | null> {
  const { tokens: t } = db.tables;
  const [row] = await db.select().from(t).where(eq(t.serialNumber, serialNumber));
  return row ?? null;
}

export async function findTokenById(db: Db, id: number): Promise<TokenRow | null> {
  const { tokens: t } = db.tables;
  const [row] = await db.select().from(t).where(eq(t.id, id));
  return row ?? null;
}

/** Which of these serial numbers are in the stock, or are an authenticator's that was enrolled without it. */
export async function listKnownSerialNumbers(db: Db, serialNumbers: readonly string[]): Promise<Set<string>> {
  const { tokens: t, authenticators: a } = db.tables;
  const known = new Set<string>();
  for (let from = 0; from < serialNumbers.length; from += 500) {
    const some = serialNumbers.slice(from, from + 500);
    const stock = await db
      .select({ serialNumber: t.serialNumber })
      .from(t)
      .where(inArray(t.serialNumber, some));
    const enrolled = await db
      .select({ serialNumber: a.serialNumber })
      .from(a)
      .where(and(inArray(a.serialNumber, some), ne(a.state, 'revoked')));
    for (const { serialNumber } of [...stock, ...enrolled])
      if (serialNumber !== null) known.add(serialNumber);
  }
  return known;
}

/** Changes a token that is still as it was read; whether it was. */
export async function changeToken(
  db: Db,
  token: Pick<TokenRow, 'id' | 'revision'>,
  set: Partial<
    Pick<TokenRow, 'state' | 'accountId' | 'lastStep' | 'driftSteps' | 'handedOverAt' | 'handedOverBy'>
  >,
): Promise<boolean> {
  const { tokens: t } = db.tables;
  const changed = await db
    .update(t)
    .set({ ...set, revision: token.revision + 1 })
    .where(and(eq(t.id, token.id), eq(t.revision, token.revision)))
    .returning({ id: t.id });
  return changed.length === 1;
}

/** A page of the stock in the order of serial numbers, with holders; of units within (their own or their holders'). */
export async function listTokens(
  db: Db,
  query: {
    readonly within: UnitsWithin;
    readonly state: TokenState | null;
    /** Beginning of a serial number. */
    readonly serial: string;
    readonly after: string;
    readonly limit: number;
  },
) {
  const { tokens: t, accounts, people, units } = db.tables;
  const { within, state, serial, after, limit } = query;
  return await db
    .select({
      id: t.id,
      revision: t.revision,
      serialNumber: t.serialNumber,
      model: t.model,
      mode: t.mode,
      algorithm: t.algorithm,
      digits: t.digits,
      periodSeconds: t.periodSeconds,
      state: t.state,
      unitCode: units.code,
      unitName: units.name,
      userName: accounts.userName,
      fullName: people.fullName,
      importedAt: t.importedAt,
      handedOverAt: t.handedOverAt,
      handedOverBy: t.handedOverBy,
    })
    .from(t)
    .leftJoin(units, eq(units.id, t.unitId))
    .leftJoin(accounts, eq(accounts.id, t.accountId))
    .leftJoin(people, eq(people.id, accounts.personId))
    .where(
      and(
        or(inUnitsWithin(db, t.unitId, within), inUnitsWithin(db, people.unitId, within)),
        state === null ? undefined : eq(t.state, state),
        serial === ''
          ? undefined
          : sql`substr(${t.serialNumber}, 1, ${sql.raw(String(serial.length))}) = ${serial}`,
        after === '' ? undefined : gt(t.serialNumber, after),
      ),
    )
    .orderBy(asc(t.serialNumber))
    .limit(limit);
}

/** The authenticator that a token is while it is handed out; null: it is none. */
export async function findAuthenticatorOfToken(db: Db, serialNumber: string) {
  const { authenticators: t } = db.tables;
  const [row] = await db
    .select()
    .from(t)
    .where(and(eq(t.serialNumber, serialNumber), ne(t.state, 'revoked')));
  return row ?? null;
}

/** The last time step or counter that was claimed with a token by whoever had it; -1: none. */
export async function findLastStepOfToken(db: Db, serialNumber: string): Promise<number> {
  const { authenticators: t } = db.tables;
  const [row] = await db
    .select({ lastStep: max(t.lastStep) })
    .from(t)
    .where(eq(t.serialNumber, serialNumber));
  return row?.lastStep ?? -1;
}

/** Makes a token an authenticator of an account, in force at once. */
export async function insertTokenAuthenticator(
  db: Db,
  row: Omit<Tables['authenticators']['$inferInsert'], 'id' | 'kind' | 'state'>,
): Promise<number> {
  const { authenticators: t } = db.tables;
  const [inserted] = await db
    .insert(t)
    .values({ ...row, kind: 'token', state: 'active' })
    .returning({ id: t.id });
  if (inserted === undefined) throw new Error('the authenticator was not inserted');
  return inserted.id;
}

/** Sets an authenticator's place anew if no code was used since it was read; whether none was. */
export async function synchroniseAuthenticator(
  db: Db,
  seen: { readonly id: number; readonly lastStep: number },
  set: { readonly lastStep: number; readonly driftSteps: number; readonly syncedAt: number },
): Promise<boolean> {
  const { authenticators: t } = db.tables;
  const changed = await db
    .update(t)
    .set(set)
    .where(and(eq(t.id, seen.id), eq(t.lastStep, seen.lastStep), eq(t.state, 'active')))
    .returning({ id: t.id });
  return changed.length === 1;
}
