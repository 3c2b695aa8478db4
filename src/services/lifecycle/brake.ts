// The mass-withdrawal brake: how many accounts a source may take access from without a person's word.
import { dayMs } from '../../core/time-zone.ts';
import { appendRecord } from '../../store/audit/append.ts';
import {
  countAccountsAtStake,
  countWithdrawnAround,
  countWithdrawnSince,
  insertAlert,
  isAnythingHeldSince,
  type LifecycleSourceRow,
} from '../../store/queries/lifecycle.ts';
import { insertOutbox } from '../../store/queries/outbox.ts';
import type { Db } from '../../store/tables.ts';

/** What a source may do unless it is set otherwise: 20 accounts, or 2 % of all, whichever is more. */
export const defaultBrake = { brakeCount: 20, brakeShare: 200 } as const;

/** Shares are in hundredths of a per cent. */
const wholeShare = 10_000;

export function brakeLimit(
  { brakeCount, brakeShare }: Pick<LifecycleSourceRow, 'brakeCount' | 'brakeShare'>,
  accounts: number,
): number {
  return Math.max(brakeCount, Math.floor((accounts * brakeShare) / wholeShare));
}

export interface Brake {
  readonly limit: number;
  /** Whether the accounts may be withdrawn without a person's word; counts them if so. */
  admit(withdrawals: number, effectiveAt: number): boolean;
  /** Withdrawals that were not admitted. */
  held(): number;
}

/** How many accounts a source may take access from within 24 hours, as things are now. Counts all accounts: not for a write. */
export async function readBrakeLimit(db: Db, source: LifecycleSourceRow, now: number): Promise<number> {
  return brakeLimit(source, await countAccountsAtStake(db, source.name, now - dayMs));
}

/**
 * The brake of a source at this moment: what it recorded within the last 24 hours, and what takes effect within 24 hours of
 * each of the instants given, both count. What a person approved does not.
 */
export async function openBrake(
  db: Db,
  source: string,
  limit: number,
  effectiveAts: readonly number[],
  now: number,
): Promise<Brake> {
  let recorded = await countWithdrawnSince(db, source, now - dayMs);
  const around = new Map<number, number>();
  for (const at of new Set(effectiveAts)) {
    // What is due already takes effect by being recorded.
    if (at > now) around.set(at, await countWithdrawnAround(db, source, at, dayMs));
  }
  let held = 0;
  return {
    limit,
    held: () => held,
    admit(withdrawals, effectiveAt) {
      if (withdrawals === 0) return true;
      const then = effectiveAt > now ? (around.get(effectiveAt) ?? 0) : 0;
      if (recorded + withdrawals > limit || then + withdrawals > limit) {
        held += withdrawals;
        return false;
      }
      recorded += withdrawals;
      for (const [at, total] of around) {
        if (Math.abs(at - effectiveAt) < dayMs) around.set(at, total + withdrawals);
      }
      return true;
    },
  };
}

/**
 * Says that the brake of a source holds something back: a record, an alert, and a message for outside, in the write that
 * holds it. Once, until nothing of the last 24 hours is held any more. Call it before the held events are inserted.
 * @returns whether it was said now
 */
export async function raiseBrakeAlert(
  db: Db,
  held: {
    readonly source: string;
    readonly events: number;
    readonly accounts: number;
    readonly limit: number;
  },
  now: number,
): Promise<boolean> {
  if (await isAnythingHeldSince(db, held.source, now - dayMs)) return false;
  const evidence = { source: held.source, events: held.events, accounts: held.accounts, limit: held.limit };
  const place = await appendRecord(db, {
    kind: 'system',
    at: now,
    accountId: null,
    gatewayId: null,
    outcome: 'lifecycle.brake',
    reason: null,
    detail: null,
    lookupCode: null,
    body: evidence,
    personal: {},
  });
  const rule = 'lifecycle-brake';
  await insertAlert(db, { rule, evidence: JSON.stringify(evidence), at: now, ...place });
  await insertOutbox(db, {
    kind: 'alert',
    payload: JSON.stringify({ rule, at: now, ...evidence }),
    createdAt: now,
    deliveredAt: null,
  });
  return true;
}
