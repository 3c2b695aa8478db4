// What lets a holder in before there is an authenticator: slips' codes, second facts, recovery codes, tickets.
import { and, count, desc, eq, gt, inArray, isNull, sql } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

export type ActivationCodeRow = Tables['activationCodes']['$inferSelect'];
export type TicketRow = Tables['enrollmentTickets']['$inferSelect'];

/** Adds a code; the account's former one is void from now on. */
export async function issueActivationCode(
  db: Db,
  code: {
    readonly accountId: number;
    readonly codeHash: string;
    readonly printedAt: number;
    readonly printedBy: string;
    readonly expiresAt: number;
  },
): Promise<{ readonly id: number; readonly voided: number }> {
  const { activationCodes: t } = db.tables;
  const voided = await voidActivationCodes(db, code.accountId, 'reprinted', code.printedAt);
  const [row] = await db.insert(t).values(code).returning({ id: t.id });
  if (row === undefined) throw new Error('the activation code was not inserted');
  return { id: row.id, voided };
}

/** Makes the account's unused code void, and the ticket that it opened; how many codes there were. */
export async function voidActivationCodes(
  db: Db,
  accountId: number,
  voidCause: NonNullable<ActivationCodeRow['voidCause']>,
  at: number,
): Promise<number> {
  const { activationCodes: t } = db.tables;
  const voided = await db
    .update(t)
    .set({ voidedAt: at, voidCause })
    .where(and(eq(t.accountId, accountId), isNull(t.usedAt), isNull(t.voidedAt)))
    .returning({ id: t.id });
  const { enrollmentTickets: tickets } = db.tables;
  const opened = inArray(
    tickets.sourceId,
    voided.map(({ id }) => id),
  );
  if (voided.length > 0) {
    await db
      .update(tickets)
      .set({ usedAt: at })
      .where(and(eq(tickets.kind, 'activation'), opened, isNull(tickets.usedAt)));
  }
  return voided.length;
}

/** The code that can be used now. */
export async function findOpenActivationCode(
  db: Db,
  hashes: readonly string[],
  now: number,
): Promise<ActivationCodeRow | null> {
  const { activationCodes: t } = db.tables;
  const [row] = await db
    .select()
    .from(t)
    .where(and(inArray(t.codeHash, [...hashes]), isNull(t.usedAt), isNull(t.voidedAt), gt(t.expiresAt, now)));
  return row ?? null;
}

/** The account's newest code, whatever became of it. */
export async function findNewestActivationCode(db: Db, accountId: number): Promise<ActivationCodeRow | null> {
  const { activationCodes: t } = db.tables;
  const [row] = await db
    .select()
    .from(t)
    .where(eq(t.accountId, accountId))
    .orderBy(desc(t.printedAt), desc(t.id))
    .limit(1);
  return row ?? null;
}

/** Spends a code that is still open; whether it was. */
export async function spendActivationCode(db: Db, id: number, at: number): Promise<boolean> {
  const { activationCodes: t } = db.tables;
  const used = await db
    .update(t)
    .set({ usedAt: at })
    .where(and(eq(t.id, id), isNull(t.usedAt), isNull(t.voidedAt)))
    .returning({ id: t.id });
  return used.length === 1;
}

/** Counts a wrong second fact; how many there have been, null when the code is no longer open. */
export async function countWrongFact(db: Db, id: number): Promise<number | null> {
  const { activationCodes: t } = db.tables;
  const [row] = await db
    .update(t)
    .set({ wrongFacts: sql`${t.wrongFacts} + 1` })
    .where(and(eq(t.id, id), isNull(t.usedAt), isNull(t.voidedAt)))
    .returning({ wrongFacts: t.wrongFacts });
  return row?.wrongFacts ?? null;
}

/** Records that the slip was handed over; false when its code is not open any more. */
export async function setHandedOver(
  db: Db,
  id: number,
  handed: { readonly at: number; readonly by: string; readonly receivedBy: string | null },
): Promise<boolean> {
  const { activationCodes: t } = db.tables;
  const set = await db
    .update(t)
    .set({ handedOverAt: handed.at, handedOverBy: handed.by, receivedBy: handed.receivedBy })
    .where(and(eq(t.id, id), isNull(t.usedAt), isNull(t.voidedAt), isNull(t.handedOverAt)))
    .returning({ id: t.id });
  return set.length === 1;
}

export async function findPersonFact(db: Db, personId: number) {
  const { personFacts: t } = db.tables;
  const [row] = await db.select().from(t).where(eq(t.personId, personId));
  return row ?? null;
}

export async function putPersonFact(
  db: Db,
  fact: Tables['personFacts']['$inferInsert'] & { readonly personId: number },
): Promise<void> {
  const { personFacts: t } = db.tables;
  const { kind, factHash, recordedAt } = fact;
  await db
    .insert(t)
    .values(fact)
    .onConflictDoUpdate({ target: t.personId, set: { kind, factHash, recordedAt } });
}

/** Replaces all recovery codes of an account. */
export async function replaceRecoveryCodes(
  db: Db,
  accountId: number,
  hashes: readonly string[],
  at: number,
): Promise<void> {
  const { recoveryCodes: t } = db.tables;
  await db.delete(t).where(and(eq(t.accountId, accountId), isNull(t.usedAt)));
  if (hashes.length === 0) return;
  await db.insert(t).values(hashes.map((codeHash) => ({ accountId, codeHash, createdAt: at })));
}

/** An unused recovery code of the account. */
export async function findRecoveryCode(
  db: Db,
  accountId: number,
  hashes: readonly string[],
): Promise<{ readonly id: number } | null> {
  const { recoveryCodes: t } = db.tables;
  const [row] = await db
    .select({ id: t.id })
    .from(t)
    .where(and(eq(t.accountId, accountId), inArray(t.codeHash, [...hashes]), isNull(t.usedAt)));
  return row ?? null;
}

export async function spendRecoveryCode(db: Db, id: number, at: number): Promise<boolean> {
  const { recoveryCodes: t } = db.tables;
  const used = await db
    .update(t)
    .set({ usedAt: at })
    .where(and(eq(t.id, id), isNull(t.usedAt)))
    .returning({ id: t.id });
  return used.length === 1;
}

export async function countRecoveryCodes(db: Db, accountId: number): Promise<number> {
  const { recoveryCodes: t } = db.tables;
  const [row] = await db
    .select({ count: count() })
    .from(t)
    .where(and(eq(t.accountId, accountId), isNull(t.usedAt)));
  return row?.count ?? 0;
}

/** Opens a ticket; one on the same ground that was opened before opens nothing any more. */
export async function putTicket(
  db: Db,
  ticket: Omit<Tables['enrollmentTickets']['$inferInsert'], 'id' | 'usedAt'>,
): Promise<void> {
  const { enrollmentTickets: t } = db.tables;
  const { ticketHash, openedAt, expiresAt } = ticket;
  await db
    .insert(t)
    .values(ticket)
    .onConflictDoUpdate({ target: [t.kind, t.sourceId], set: { ticketHash, openedAt, expiresAt } });
}

export async function findTicket(db: Db, hashes: readonly string[], now: number): Promise<TicketRow | null> {
  const { enrollmentTickets: t } = db.tables;
  const [row] = await db
    .select()
    .from(t)
    .where(and(inArray(t.ticketHash, [...hashes]), isNull(t.usedAt), gt(t.expiresAt, now)));
  return row ?? null;
}

export async function spendTicket(db: Db, id: number, at: number): Promise<boolean> {
  const { enrollmentTickets: t } = db.tables;
  const used = await db
    .update(t)
    .set({ usedAt: at })
    .where(and(eq(t.id, id), isNull(t.usedAt)))
    .returning({ id: t.id });
  return used.length === 1;
}

/** Tickets of the account that are still open are closed: the account was locked, say. */
export async function closeTickets(db: Db, accountId: number, at: number): Promise<void> {
  const { enrollmentTickets: t } = db.tables;
  await db
    .update(t)
    .set({ usedAt: at })
    .where(and(eq(t.accountId, accountId), isNull(t.usedAt)));
}
