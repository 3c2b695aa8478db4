// Orders to end sessions, and their records: always within the write of what they follow from.
import { appendRecord } from '../../store/audit/append.ts';
import { type CutRow, listOpenSessionsOf, orderCut, settleCuts } from '../../store/queries/cuts.ts';
import type { SessionRow } from '../../store/queries/sessions.ts';
import type { Db } from '../../store/tables.ts';

/** Why a session is cut: a closed reason of core/reasons.ts, the end of its own time, or a person's word. */
type CutReason = string;

/** The record of an order or of what came of it. */
export async function recordCut(
  db: Db,
  cut: Pick<CutRow, 'id' | 'reason' | 'attempts'> & { readonly lastError?: string | null },
  session: Pick<SessionRow, 'id' | 'accountId' | 'gatewayId' | 'state'>,
  outcome: { readonly verb: string; readonly at: number; readonly by?: string },
): Promise<{ readonly chain: string; readonly seq: number }> {
  return await appendRecord(db, {
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
  });
}

/** Orders the end of sessions that have no open order yet. How many were ordered. */
export async function orderCuts(
  db: Db,
  sessions: readonly SessionRow[],
  order: { readonly reason: CutReason; readonly at: number; readonly by?: string },
): Promise<number> {
  let ordered = 0;
  const { reason, at, by } = order;
  for (const session of sessions) {
    const id = await orderCut(db, { sessionId: session.id, reason, at });
    if (id === null) continue;
    ordered += 1;
    const outcome = { verb: 'session.cut-order', at, ...(by === undefined ? {} : { by }) };
    await recordCut(db, { id, reason, attempts: 0 }, session, outcome);
  }
  return ordered;
}

/** Orders the end of every open session of accounts, pending ones too. How many were ordered. */
export async function orderCutsOfAccounts(
  db: Db,
  accountIds: readonly number[],
  order: { readonly reason: CutReason; readonly at: number },
): Promise<number> {
  if (accountIds.length === 0) return 0;
  return await orderCuts(db, await listOpenSessionsOf(db, accountIds), order);
}

/** What the end of sessions means for the open orders: `confirmed` only by the gateway's own word. */
export async function settleCutsOf(
  db: Db,
  ended: readonly SessionRow[],
  settlement: { readonly state: 'confirmed' | 'not-started' | 'unconfirmed'; readonly at: number },
): Promise<void> {
  if (ended.length === 0) return;
  const byId = new Map(ended.map((session) => [session.id, session]));
  for (const cut of await settleCuts(db, [...byId.keys()], settlement)) {
    const session = byId.get(cut.sessionId);
    if (session === undefined) continue;
    await recordCut(db, cut, session, { verb: `session.cut-${settlement.state}`, at: settlement.at });
  }
}
