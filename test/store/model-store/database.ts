// The model database: rows in memory, locks on accounts in the order of asking, all changes of a transaction at one instant.
import { type Head, hashAfter, seedOf } from '../../../src/store/audit/chain.ts';
import type { AuditEntry } from '../../../src/store/audit/verify.ts';
import type { LockedRows, PreparedCommand, Writes } from '../../../src/store/decision-writer/apply.ts';
import {
  alertPayload,
  challengeGraceMs,
  headAt,
  mostTickets,
  ticketGraceMs,
} from '../../../src/store/decision-writer/rows.ts';
import { ModelRows } from './rows.ts';

/** Locks held or waited for by one transaction. */
export interface Locks {
  /** Resolves when all are held; never, once released. */
  readonly held: Promise<void>;
  release(): void;
}

/** What a transaction of decisions changed, told at the instant at which it took effect. */
export interface Effect {
  readonly chain: string;
  readonly node: string;
  /** The commit's instant by the clock of the node that committed. */
  readonly at: number;
  /** Each command that was applied, with the number of its record. */
  readonly applied: readonly { readonly command: PreparedCommand; readonly seq: number }[];
}

export class ModelDatabase {
  readonly rows = new ModelRows();
  /** Called when a transaction of decisions takes effect. */
  onEffect: (effect: Effect) => void = () => {};
  readonly #queues = new Map<number, (() => void)[]>();

  /** Locks accounts in the order of their ids, which is what keeps two transactions from waiting for each other. */
  lock(accountIds: readonly number[]): Locks {
    const ordered = [...new Set(accountIds)].sort((a, b) => a - b);
    let isReleased = false;
    const held: number[] = [];
    let waiting: { readonly accountId: number; readonly grant: () => void } | null = null;
    const whenHeld = new Promise<void>((resolve) => {
      const next = () => {
        const accountId = ordered[held.length];
        if (accountId === undefined) {
          resolve();
          return;
        }
        const queue = this.#queues.get(accountId);
        if (queue === undefined) {
          this.#queues.set(accountId, []);
          held.push(accountId);
          next();
          return;
        }
        const grant = () => {
          waiting = null;
          held.push(accountId);
          next();
        };
        waiting = { accountId, grant };
        queue.push(grant);
      };
      next();
    });
    return {
      held: whenHeld,
      release: () => {
        if (isReleased) return;
        isReleased = true;
        if (waiting !== null) {
          const queue = this.#queues.get(waiting.accountId);
          queue?.splice(queue.indexOf(waiting.grant), 1);
        }
        for (const accountId of held) this.#unlock(accountId);
      },
    };
  }

  #unlock(accountId: number): void {
    const next = this.#queues.get(accountId)?.shift();
    if (next === undefined) this.#queues.delete(accountId);
    else next();
  }

  /** The rows that a batch depends on, as they stand now. */
  readLocked(commands: readonly PreparedCommand[]): LockedRows {
    const { rows } = this;
    const accountIds = commands.flatMap(({ accountId }) => accountId ?? []);
    const authenticatorIds = commands.flatMap(({ claim }) => claim?.authenticatorId ?? []);
    const ticketIds = commands.flatMap(({ spend }) => spend?.ticketId ?? []);
    const challengeIds = commands.flatMap(({ challengeClaim }) => challengeClaim?.challengeId ?? []);
    const pairs = <Key, Value>(keys: readonly Key[], find: (key: Key) => Value | undefined): [Key, Value][] =>
      keys.flatMap((key) => {
        const value = find(key);
        return value === undefined ? [] : [[key, value]];
      });
    return {
      accounts: new Map(pairs(accountIds, (id) => rows.accounts.get(id))),
      counters: new Map(pairs(accountIds, (id) => [...(rows.counters.get(id)?.values() ?? [])])),
      authenticators: new Map(pairs(authenticatorIds, (id) => rows.authenticators.get(id))),
      unspentTickets: new Map(
        pairs(ticketIds, (id) => {
          const ticket = rows.tickets.get(id);
          return ticket?.isSpent === false ? ticket : undefined;
        }),
      ),
      spentChallenges: new Set(challengeIds.filter((id) => rows.challengeClaims.has(id))),
      alertedAt: Map.groupBy(
        rows.alerts.filter(({ accountId }) => accountId !== null && accountIds.includes(accountId)),
        ({ accountId }) => accountId ?? 0,
      )
        .entries()
        .reduce((found, [id, alerts]) => {
          return found.set(id, new Map(alerts.map(({ rule, at }) => [rule, at])));
        }, new Map<number, Map<string, number>>()),
    };
  }

  /** Begins a chain. */
  startChain(chain: string, origin: { node: string; lane: string }, record: PreparedCommand['record']): void {
    const head = this.#headAfter(seedOf(chain), record);
    const { at: startedAt } = record;
    this.rows.chains.set(chain, { ...origin, startedAt, records: [{ ...head, record }] });
  }

  #headAfter(previous: Head, record: PreparedCommand['record']): Head {
    return { chain: previous.chain, seq: previous.seq + 1, hash: hashAfter(previous, record.body) };
  }

  /** The last record of a chain; null when the chain was never begun. */
  findHead(chain: string): Head | null {
    return this.rows.chains.get(chain)?.records.at(-1) ?? null;
  }

  heads(): Head[] {
    return [...this.rows.chains.keys()].flatMap((chain) => this.findHead(chain) ?? []);
  }

  /** Whether a challenge of the batch was spent since it was read: only an account's lock keeps others off. */
  meetsAnother(writes: Writes): boolean {
    return writes.challengeClaims.some(({ challengeId }) => this.rows.challengeClaims.has(challengeId));
  }

  /** Applies everything that a batch changes, at once. Throws, with nothing applied, when a row points nowhere. */
  apply(writes: Writes, heads: readonly Head[], at: number): void {
    const { rows } = this;
    for (const { gatewayId } of writes.sessions) {
      if (!rows.gateways.has(gatewayId)) throw new Error(`there is no gateway ${gatewayId}`);
    }
    for (const { authenticatorId, timeStep, claimant } of writes.claims) {
      const row = rows.authenticators.get(authenticatorId);
      if (row !== undefined) {
        rows.authenticators.set(authenticatorId, { ...row, lastStep: timeStep, lastClaim: claimant });
      }
    }
    for (const { ticketId } of writes.ticketsSpent) {
      const row = rows.tickets.get(ticketId);
      if (row !== undefined) rows.tickets.set(ticketId, { ...row, isSpent: true });
    }
    for (const { issuedAt: _, ...ticket } of writes.ticketsIssued) {
      const ticketId = Math.max(0, ...rows.tickets.keys()) + 1;
      rows.tickets.set(ticketId, { ...ticket, ticketId, isSpent: false });
      const ofAccount = [...rows.tickets.values()].filter(({ accountId }) => accountId === ticket.accountId);
      for (const { expiresAt, ticketId: id } of ofAccount)
        if (expiresAt < at - ticketGraceMs) rows.tickets.delete(id);
      for (const { ticketId: id } of ofAccount.slice(0, -mostTickets)) rows.tickets.delete(id);
    }
    for (const { accountId, scope } of writes.countersForgotten) rows.counters.get(accountId)?.delete(scope);
    for (const { accountId, counter } of writes.countersSet) {
      const ofAccount = rows.counters.get(accountId) ?? new Map();
      rows.counters.set(accountId, ofAccount.set(counter.scope, counter));
    }
    for (const { challengeId, expiresAt } of writes.challengeClaims) {
      rows.challengeClaims.set(challengeId, expiresAt);
    }
    if (writes.challengeClaims.length > 0) {
      for (const [challengeId, expiresAt] of rows.challengeClaims) {
        if (expiresAt < at - challengeGraceMs) rows.challengeClaims.delete(challengeId);
      }
    }
    for (const { accountId, sessionId } of writes.sessionsEnded) {
      const index = rows.sessions.findIndex(
        (row) => row.accountId === accountId && row.sessionId === sessionId,
      );
      const row = rows.sessions[index];
      if (row !== undefined) rows.sessions[index] = { ...row, state: 'ended' };
    }
    for (const session of writes.sessions) {
      rows.sessions.push({ ...session, sessionId: rows.sessions.length + 1, state: 'pending' });
    }
    for (const [index, record] of writes.records.entries()) {
      const head = headAt(heads, index);
      rows.chains.get(head.chain)?.records.push({ ...head, record });
    }
    for (const { record, rule, accountId, evidence } of writes.alerts) {
      const { chain, seq } = headAt(heads, record);
      const id = rows.alerts.length + 1;
      const unitId = accountId === null ? null : (rows.accounts.get(accountId)?.unitId ?? null);
      const alert = { id, rule, accountId, unitId, evidence, at, chain, seq };
      rows.alerts.push(alert);
      rows.outbox.push(alertPayload(alert));
    }
  }

  /** The whole log as the verifier reads it. */
  async *audit(): AsyncGenerator<AuditEntry> {
    let count = 0;
    for (const [chain, { node, lane, startedAt, records }] of this.rows.chains) {
      const [start] = records;
      const startHash = start?.hash ?? Buffer.alloc(0);
      yield {
        type: 'chain',
        chain: { chain, node, lane, startedAt, startHash },
        startBody: start?.record.body ?? null,
      };
    }
    for (const { records } of this.rows.chains.values()) {
      for (const { chain, seq, hash, record } of records) {
        const { body, personal, ...columns } = record;
        yield { type: 'record', record: { chain, seq, hash, body, personal, columns } };
        count += 1;
      }
    }
    yield { type: 'end', records: count };
  }
}
