// Orders to end sessions, and their records: always within the write of what they follow from.
import { appendRecord, appendRecords } from '../../store/audit/append.ts';
import { type CutRow, insertCuts, listOpenSessionsOf, settleCuts } from '../../store/queries/cuts.ts';
import { postponeJudgement, type SessionRow } from '../../store/queries/sessions.ts';
import type { RecordDraft } from '../../store/store.ts';
import type { Db } from '../../store/tables.ts';

/** Why a session is cut: a closed reason of core/reasons.ts, the end of its own time, or a person's word. */
type CutReason = string;

interface CutOutcome {
  readonly verb: string;
  readonly at: number;
  readonly by?: string;
}

type Recorded = Pick<CutRow, 'id' | 'reason' | 'attempts'> & { readonly lastError?: string | null };

function draftOf(
  cut: Recorded,
  session: Pick<SessionRow, 'id' | 'accountId' | 'gatewayId' | 'state'>,
  outcome: CutOutcome,
): RecordDraft {
  return {
    kind: 'system',
    at: outcome.at,
    accountId: session.accountId,
    gatewayId: session.gatewayId,
    outcome: outcome.verb,
    reason: null,
    detail: null,
    lookupCode: null,
    body: {
      session: session.id,
      state: session.state,
      cut: cut.id,
      reason: cut.reason,
      attempts: cut.attempts,
      ...(cut.lastError === undefined || cut.lastError === null ? {} : { lastError: cut.lastError }),
    },
    personal: outcome.by === undefined ? {} : { administrator: outcome.by },
  };
}

/** The record of what came of an order. */
export async function recordCut(
  db: Db,
  ...of: Parameters<typeof draftOf>
): Promise<{ readonly chain: string; readonly seq: number }> {
  return await appendRecord(db, draftOf(...of));
}

/** The records of what came of orders, alike. */
export async function recordCuts(
  db: Db,
  cuts: readonly (Recorded & { readonly session: Parameters<typeof draftOf>[1] })[],
  outcome: CutOutcome,
): Promise<void> {
  await appendRecords(
    db,
    cuts.map((cut) => draftOf(cut, cut.session, outcome)),
  );
}

/** Orders the end of sessions that have no open order yet. How many were ordered. */
export async function orderCuts(
  db: Db,
  sessions: readonly SessionRow[],
  order: { readonly reason: CutReason; readonly at: number; readonly by?: string },
): Promise<number> {
  const { reason, at, by } = order;
  const outcome = { verb: 'session.cut-order', at, ...(by === undefined ? {} : { by }) };
  const byId = new Map(sessions.map((session) => [session.id, session]));
  const made = await insertCuts(db, [...byId.keys()], { reason, at });
  const drafts = [...made].flatMap(([sessionId, id]) => {
    const session = byId.get(sessionId);
    return session === undefined ? [] : [draftOf({ id, reason, attempts: 0 }, session, outcome)];
  });
  await appendRecords(db, drafts);
  return drafts.length;
}

/** A session whose end is ordered is left to the order; should that be given up, it is looked at again. */
export const afterOrderMs = 300_000;

/**
 * Orders the end of every open session of accounts that have lost their ground, pending ones too: nobody needs to judge them any
 * more. Call it after the accounts' revisions are bumped. How many were ordered.
 */
export async function orderCutsOfAccounts(
  db: Db,
  accountIds: readonly number[],
  order: { readonly reason: CutReason; readonly at: number },
): Promise<number> {
  const sessions = await listOpenSessionsOf(db, accountIds);
  const ordered = await orderCuts(db, sessions, order);
  await postponeJudgement(
    db,
    sessions.map(({ id }) => id),
    order.at + afterOrderMs,
  );
  return ordered;
}

/** What the end of sessions means for the open orders: `confirmed` only by the gateway's own word. */
export async function settleCutsOf(
  db: Db,
  ended: readonly SessionRow[],
  settlement: { readonly state: 'confirmed' | 'not-started' | 'unconfirmed'; readonly at: number },
): Promise<void> {
  const byId = new Map(ended.map((session) => [session.id, session]));
  const outcome = { verb: `session.cut-${settlement.state}`, at: settlement.at };
  if (byId.size === 0) return;
  const drafts = (await settleCuts(db, [...byId.keys()], settlement)).flatMap((cut) => {
    const session = byId.get(cut.sessionId);
    return session === undefined ? [] : [draftOf(cut, session, outcome)];
  });
  await appendRecords(db, drafts);
}
