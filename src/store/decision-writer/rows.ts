// Between rows and values, alike on both databases.
import { StoreUnavailableError } from '../../base/errors.ts';
import type { ClaimFact } from '../../core/facts.ts';
import type { Head } from '../audit/chain.ts';
import type { CommitResult } from '../store.ts';
import type { AuthenticatorRow, Outcome } from './apply.ts';

/** The chain that a lane writes is not (or no longer) in the database. */
export class ChainLostError extends StoreUnavailableError {}

/** Spent challenges are forgotten this long after they expired, so that no correction of the clock revives one. */
export const challengeGraceMs = 3_600_000;

/** Tickets that an account keeps at most. */
export const mostTickets = 8;
/** So long after its end a ticket is remembered, so that a late login is told what was wrong with it. */
export const ticketGraceMs = 600_000;

export interface AuthenticatorColumns {
  readonly id: number;
  readonly accountId: number;
  readonly lastStep: number;
  readonly node: string | null;
  readonly gatewayId: number | null;
  readonly station: string | null;
  readonly at: number | null;
}

export function authenticatorRow(columns: AuthenticatorColumns): AuthenticatorRow {
  const { accountId, lastStep, node, gatewayId, station, at } = columns;
  const claimed = node !== null && gatewayId !== null && at !== null;
  const lastClaim: ClaimFact | null = claimed ? { node, gatewayId, station: station ?? '', at } : null;
  return { accountId, lastStep, lastClaim };
}

/** Enters the newest alert of an account under a rule. */
export function noteAlert(
  alertedAt: Map<number, Map<string, number>>,
  accountId: number,
  rule: string,
  at: number,
): void {
  const ofAccount = alertedAt.get(accountId);
  if (ofAccount === undefined) alertedAt.set(accountId, new Map([[rule, at]]));
  else ofAccount.set(rule, at);
}

/** The place in the chain of a batch's record. */
export function headAt(heads: readonly Head[], record: number): Head {
  const head = heads[record];
  if (head === undefined) throw new Error('a record without a place in the chain');
  return head;
}

/** The result of an outcome once its record has a place in the chain. */
export function resultOf(outcome: Outcome, heads: readonly Head[]): CommitResult {
  if (outcome.kind !== 'committed') return outcome;
  const { chain, seq } = headAt(heads, outcome.record);
  return { kind: 'committed', chain, seq };
}

export interface StoredAlert {
  readonly id: number;
  readonly rule: string;
  readonly accountId: number | null;
  readonly unitId: number | null;
  readonly evidence: string;
  readonly at: number;
  readonly chain: string;
  readonly seq: number;
}

/** An alert as the outbox carries it. */
export function alertPayload(alert: StoredAlert): string {
  const { id, rule, accountId, unitId, evidence, at, chain, seq } = alert;
  return JSON.stringify({ alertId: id, rule, accountId, unitId, evidence, at, chain, seq });
}
