// What a batch of decisions changes, computed from the rows read under lock. Pure: both databases apply what comes out.
import type { ClaimFact, CounterFact } from '../../core/facts.ts';
import { afterFailure, isLocked } from '../../core/lockout.ts';
import type { PreparedRecord } from '../audit/record.ts';
import type { DecisionCommand } from '../store.ts';

/** A command whose record is ready for the chain. Plain JSON, so that it can cross threads. */
export type PreparedCommand = Omit<DecisionCommand, 'record'> & { readonly record: PreparedRecord };

/** The rows that a batch depends on, as they stand under lock. */
export interface LockedRows {
  readonly accounts: ReadonlyMap<number, AccountRow>;
  /** All counters of each account concerned. */
  readonly counters: ReadonlyMap<number, readonly CounterFact[]>;
  readonly authenticators: ReadonlyMap<number, AuthenticatorRow>;
  /** Those of the batch's tickets that are not spent, with their accounts. */
  readonly unspentTickets: ReadonlyMap<number, { readonly accountId: number }>;
  /** Those of the batch's challenge ids that are spent. */
  readonly spentChallenges: ReadonlySet<string>;
  /** By account and rule, of the accounts for which an alert is asked: the newest one, of those within `alertIntervalMs` of now. */
  readonly alertedAt: ReadonlyMap<number, ReadonlyMap<string, number>>;
}

export interface AccountRow {
  readonly revision: number;
  readonly status: 'pending' | 'active' | 'withdrawn';
  readonly validUntil: number;
}

export interface AuthenticatorRow {
  readonly accountId: number;
  readonly lastStep: number;
  readonly lastClaim: ClaimFact | null;
}

export type Outcome =
  /** `record`: index in `Writes.records`. */
  | { readonly kind: 'committed'; readonly record: number }
  | { readonly kind: 'stale' }
  | { readonly kind: 'claim-lost'; readonly winner: ClaimFact | null }
  | { readonly kind: 'ticket-lost' }
  | { readonly kind: 'challenge-reused' };

/** Everything that must be written, in one transaction with the records. */
export interface Writes {
  readonly claims: readonly { authenticatorId: number; timeStep: number; claimant: ClaimFact }[];
  readonly ticketsSpent: readonly { ticketId: number }[];
  readonly ticketsIssued: readonly ({ accountId: number } & NonNullable<DecisionCommand['issue']>)[];
  readonly countersSet: readonly { accountId: number; counter: CounterFact }[];
  readonly countersForgotten: readonly { accountId: number; scope: string }[];
  readonly challengeClaims: readonly { challengeId: string; expiresAt: number }[];
  readonly sessionsEnded: readonly { accountId: number; sessionId: number }[];
  readonly sessions: readonly ({ accountId: number } & NonNullable<DecisionCommand['session']>)[];
  readonly alerts: readonly { accountId: number | null; rule: string; evidence: string; record: number }[];
  readonly records: readonly PreparedRecord[];
}

const mostCounters = 64;

/** Whoever can send packets in somebody's name must not be able to send the unit an alert for each: one by account and rule. */
export const alertIntervalMs = 3_600_000;

/**
 * Decides each command in turn on what the ones before it left, as if each had a transaction of its own.
 * @param now the commit's instant
 */
export function applyBatch(
  commands: readonly PreparedCommand[],
  rows: LockedRows,
  now: number,
): { outcomes: Outcome[]; writes: Writes } {
  const state = new BatchState(rows, now);
  const outcomes = commands.map((command) => state.refuse(command) ?? state.apply(command));
  return { outcomes, writes: state.writes() };
}

class BatchState {
  readonly #rows: LockedRows;
  readonly #now: number;
  readonly #counters = new Map<number, AccountCounters>();
  readonly #claims = new Map<number, { timeStep: number; claimant: ClaimFact }>();
  readonly #tickets = new Set<number>();
  readonly #ticketsIssued: Writes['ticketsIssued'][number][] = [];
  readonly #challenges = new Map<string, number>();
  readonly #sessionsEnded: Writes['sessionsEnded'][number][] = [];
  readonly #sessions: Writes['sessions'][number][] = [];
  readonly #alerts: Writes['alerts'][number][] = [];
  readonly #records: PreparedRecord[] = [];

  constructor(rows: LockedRows, now: number) {
    this.#rows = rows;
    this.#now = now;
  }

  /** Why the command must not be applied; null: it may. Changes nothing. */
  refuse(command: PreparedCommand): Outcome | null {
    const { accountId, guard, claim, spend, challengeClaim } = command;
    if (accountId !== null) {
      const account = this.#rows.accounts.get(accountId);
      if (account === undefined) return { kind: 'stale' };
      if (guard !== null && !this.#holds(guard, account, this.#countersOf(accountId)))
        return { kind: 'stale' };
      if (claim !== null) {
        const authenticator = this.#rows.authenticators.get(claim.authenticatorId);
        if (authenticator === undefined || authenticator.accountId !== accountId) return { kind: 'stale' };
        const spent = this.#claims.get(claim.authenticatorId);
        // Before the challenge: only a lost claim tells a retransmission that reached two nodes from a replay.
        if (claim.timeStep <= (spent?.timeStep ?? authenticator.lastStep)) {
          return { kind: 'claim-lost', winner: spent?.claimant ?? authenticator.lastClaim };
        }
      }
      if (spend !== null) {
        const ticket = this.#rows.unspentTickets.get(spend.ticketId);
        if (ticket?.accountId !== accountId || this.#tickets.has(spend.ticketId))
          return { kind: 'ticket-lost' };
      }
    }
    if (challengeClaim !== null) {
      const { challengeId } = challengeClaim;
      if (this.#rows.spentChallenges.has(challengeId) || this.#challenges.has(challengeId)) {
        return { kind: 'challenge-reused' };
      }
    }
    return null;
  }

  #holds(
    guard: NonNullable<DecisionCommand['guard']>,
    account: AccountRow,
    counters: AccountCounters,
  ): boolean {
    if (guard.revision !== account.revision) return false;
    if (guard.requireValid && (account.validUntil <= this.#now || account.status === 'withdrawn'))
      return false;
    return !guard.notLocked.some((scope) => isLocked(counters.get(scope), this.#now));
  }

  apply(command: PreparedCommand): Outcome {
    const { accountId, claim, spend, issue, challengeClaim, session, alert } = command;
    const record = this.#records.push(command.record) - 1;
    if (challengeClaim !== null) this.#challenges.set(challengeClaim.challengeId, challengeClaim.expiresAt);
    if (alert !== null && !this.#isAlerted(accountId, alert.rule)) {
      this.#alerts.push({ accountId, rule: alert.rule, evidence: alert.evidence, record });
    }
    if (accountId === null) return { kind: 'committed', record };
    if (claim !== null) this.#claims.set(claim.authenticatorId, claim);
    if (spend !== null) this.#tickets.add(spend.ticketId);
    if (issue !== null) this.#ticketsIssued.push({ accountId, ...issue });
    const counters = this.#countersOf(accountId);
    for (const scope of command.reset) counters.forget(scope);
    for (const scope of command.failures) {
      counters.set(afterFailure(counters.get(scope) ?? null, scope, command.lockout, this.#now));
    }
    for (const sessionId of command.endSessions) this.#sessionsEnded.push({ accountId, sessionId });
    if (session !== null) this.#sessions.push({ accountId, ...session });
    return { kind: 'committed', record };
  }

  #isAlerted(accountId: number | null, rule: string): boolean {
    if (accountId === null) return false;
    const at = this.#rows.alertedAt.get(accountId)?.get(rule);
    // An alert from the future is one of a clock that was wrong: it keeps nothing back.
    if (at !== undefined && Math.abs(this.#now - at) < alertIntervalMs) return true;
    return this.#alerts.some((alert) => alert.accountId === accountId && alert.rule === rule);
  }

  #countersOf(accountId: number): AccountCounters {
    const known = this.#counters.get(accountId);
    if (known !== undefined) return known;
    const counters = new AccountCounters(this.#rows.counters.get(accountId) ?? []);
    this.#counters.set(accountId, counters);
    return counters;
  }

  writes(): Writes {
    const countersSet: Writes['countersSet'][number][] = [];
    const countersForgotten: Writes['countersForgotten'][number][] = [];
    for (const [accountId, counters] of this.#counters) {
      for (const counter of counters.changed()) countersSet.push({ accountId, counter });
      for (const scope of counters.forgotten()) countersForgotten.push({ accountId, scope });
    }
    return {
      claims: [...this.#claims].map(([authenticatorId, { timeStep, claimant }]) => {
        return { authenticatorId, timeStep, claimant };
      }),
      ticketsSpent: [...this.#tickets].map((ticketId) => ({ ticketId })),
      ticketsIssued: this.#ticketsIssued,
      countersSet,
      countersForgotten,
      challengeClaims: [...this.#challenges].map(([challengeId, expiresAt]) => ({ challengeId, expiresAt })),
      sessionsEnded: this.#sessionsEnded,
      sessions: this.#sessions,
      alerts: this.#alerts,
      records: this.#records,
    };
  }
}

/** One account's counters, of which at most 64 are kept. */
class AccountCounters {
  readonly #stored: ReadonlySet<string>;
  readonly #present: Map<string, CounterFact>;
  readonly #changed = new Set<string>();

  constructor(counters: readonly CounterFact[]) {
    this.#stored = new Set(counters.map((counter) => counter.scope));
    this.#present = new Map(counters.map((counter) => [counter.scope, counter]));
  }

  get(scope: string): CounterFact | undefined {
    return this.#present.get(scope);
  }

  forget(scope: string): void {
    this.#present.delete(scope);
    this.#changed.delete(scope);
  }

  set(counter: CounterFact): void {
    this.#present.set(counter.scope, counter);
    this.#changed.add(counter.scope);
    while (this.#present.size > mostCounters) this.forget(this.#leastNeeded(counter.scope));
  }

  /**
   * Outsiders choose the names of source counters and so can make as many as they like: those go first, so that no flood of
   * sources washes away the count of guessed codes.
   */
  #leastNeeded(except: string): string {
    let least: CounterFact | null = null;
    for (const counter of this.#present.values()) {
      if (counter.scope === except) continue;
      if (least === null || ranksBelow(counter, least)) least = counter;
    }
    return least?.scope ?? except;
  }

  changed(): CounterFact[] {
    return [...this.#changed].flatMap((scope) => this.#present.get(scope) ?? []);
  }

  forgotten(): string[] {
    return [...this.#stored].filter((scope) => !this.#present.has(scope));
  }
}

function ranksBelow(a: CounterFact, b: CounterFact): boolean {
  const bySource = Number(isOfSource(b.scope)) - Number(isOfSource(a.scope));
  return bySource === 0 ? a.lastFailureAt < b.lastFailureAt : bySource < 0;
}

function isOfSource(scope: string): boolean {
  return scope.startsWith('password@') && !scope.startsWith('password@workstation:');
}
