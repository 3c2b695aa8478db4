// Batches of decisions on SQLite: one BEGIN IMMEDIATE … COMMIT of prepared statements each, in one synchronous go.
import type { CounterFact } from '../../core/facts.ts';
import { extend, type Head } from '../audit/chain.ts';
import { normaliseStoreError } from '../errors.ts';
import type { SqliteConnection } from '../sqlite/connection.ts';
import type { CommitResult } from '../store.ts';
import {
  type AccountRow,
  type AuthenticatorRow,
  alertIntervalMs,
  applyBatch,
  type LockedRows,
  type PreparedCommand,
  type Writes,
} from './apply.ts';
import {
  type AuthenticatorColumns,
  alertPayload,
  authenticatorRow,
  ChainLostError,
  challengeGraceMs,
  headAt,
  mostTickets,
  noteAlert,
  resultOf,
  ticketGraceMs,
} from './rows.ts';

/**
 * Applies batches to a connection that nobody else uses meanwhile. `records` go to the chain given, which must have its
 * first record. Throws with nothing written, or, when COMMIT itself failed, with an unknown outcome.
 */
export function createSqliteBatches(
  connection: SqliteConnection,
  now: () => number,
): (chain: string, commands: readonly PreparedCommand[]) => CommitResult[] {
  const statements = prepareStatements(connection);
  let head: Head | null = null;

  return (chain, commands) => {
    try {
      statements.begin.run();
      // After a failure the chain's end is read again: a COMMIT that failed may have happened.
      const before = head?.chain === chain ? head : statements.findHead(chain);
      const at = now();
      const { outcomes, writes } = applyBatch(commands, statements.load(commands, at), at);
      const heads = extend(
        before,
        writes.records.map((record) => record.body),
      );
      statements.write(writes, heads, at);
      statements.commit.run();
      head = heads.at(-1) ?? before;
      return outcomes.map((outcome) => resultOf(outcome, heads));
    } catch (error) {
      head = null;
      if (connection.open && connection.inTransaction) connection.exec('ROLLBACK');
      throw normaliseStoreError(error);
    }
  };
}

function prepareStatements(connection: SqliteConnection) {
  const account = connection.prepare<[number], AccountRow>(
    'SELECT revision, status, valid_until AS validUntil FROM accounts WHERE id = ?',
  );
  const counters = connection.prepare<[number], CounterFact>(
    `SELECT scope, failures, last_failure_at AS lastFailureAt, locked_until AS lockedUntil
       FROM counters WHERE account_id = ?`,
  );
  const authenticator = connection.prepare<[number], AuthenticatorColumns>(
    `SELECT id, account_id AS accountId, last_step AS lastStep, last_claim_node AS node,
            last_claim_gateway_id AS gatewayId, last_claim_station AS station, last_claim_at AS at
       FROM authenticators WHERE id = ?`,
  );
  const ticket = connection.prepare<[number], { accountId: number }>(
    'SELECT account_id AS accountId FROM device_tickets WHERE id = ? AND spent_at IS NULL',
  );
  const spendTicket = connection.prepare(
    'UPDATE device_tickets SET spent_at = ? WHERE id = ? AND spent_at IS NULL',
  );
  const issueTicket = connection.prepare(
    `INSERT INTO device_tickets (account_id, workstation_id, kind, key_identifier, address, token_hash, password_by, issued_at,
         expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const forgetTickets = connection.prepare(
    `DELETE FROM device_tickets WHERE account_id = ? AND (expires_at < ? OR id IN
       (SELECT id FROM device_tickets WHERE account_id = ? ORDER BY id DESC LIMIT -1 OFFSET ${mostTickets}))`,
  );
  const challenge = connection.prepare<[string]>('SELECT 1 FROM challenge_claims WHERE challenge_id = ?');
  const headOf = connection.prepare<[string], Head>(
    'SELECT chain, seq, hash FROM audit WHERE chain = ? ORDER BY seq DESC LIMIT 1',
  );
  const claim = connection.prepare(
    `UPDATE authenticators SET last_step = ?, last_claim_node = ?, last_claim_gateway_id = ?, last_claim_station = ?,
       last_claim_at = ? WHERE id = ? AND last_step < ?`,
  );
  const setCounter = connection.prepare(
    `INSERT INTO counters (account_id, scope, failures, last_failure_at, locked_until) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (account_id, scope) DO UPDATE SET failures = excluded.failures,
         last_failure_at = excluded.last_failure_at, locked_until = excluded.locked_until`,
  );
  const forgetCounter = connection.prepare('DELETE FROM counters WHERE account_id = ? AND scope = ?');
  const claimChallenge = connection.prepare(
    'INSERT INTO challenge_claims (challenge_id, expires_at) VALUES (?, ?)',
  );
  // A portion at a time, as after a long rest there may be many.
  const forgetChallenges = connection.prepare(
    `DELETE FROM challenge_claims WHERE challenge_id IN
       (SELECT challenge_id FROM challenge_claims WHERE expires_at < ? LIMIT 1000)`,
  );
  const endSession = connection.prepare(
    `UPDATE sessions SET state = 'ended', ended_at = ?, end_cause = 'given-way', revision = revision + 1
       WHERE id = ? AND account_id = ? AND state <> 'ended'`,
  );
  const openSession = connection.prepare(
    `INSERT INTO sessions (account_id, gateway_id, workstation_id, station, state, started_at, until, judge_at, open_until,
         reference, acct_session_id, identification, proven_by)
       VALUES (?, ?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const addRecord = connection.prepare(
    `INSERT INTO audit (chain, seq, at, kind, account_id, gateway_id, outcome, reason, detail, lookup_code, body, hash)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const addPersonal = connection.prepare(
    'INSERT INTO audit_personal (chain, seq, personal_values) VALUES (?, ?, ?)',
  );
  const addAlert = connection.prepare<unknown[], { id: number; unitId: number | null }>(
    `INSERT INTO alerts (rule, account_id, unit_id, evidence, at, chain, seq)
       VALUES (?, ?, (SELECT people.unit_id FROM accounts JOIN people ON people.id = accounts.person_id
                       WHERE accounts.id = ?), ?, ?, ?, ?)
       RETURNING id, unit_id AS unitId`,
  );
  const alertedAt = connection.prepare<[number, string, number, number], { at: number | null }>(
    'SELECT max(at) AS at FROM alerts WHERE account_id = ? AND rule = ? AND at > ? AND at < ?',
  );
  const addNotice = connection.prepare(
    `INSERT INTO outbox (kind, payload, created_at, next_attempt_at) VALUES ('alert', ?, ?, ?)`,
  );

  return {
    begin: connection.prepare('BEGIN IMMEDIATE'),
    commit: connection.prepare('COMMIT'),

    findHead(chain: string): Head {
      const head = headOf.get(chain);
      if (head === undefined) throw new ChainLostError(`chain ${chain} is not in the database`);
      return head;
    },

    load(commands: readonly PreparedCommand[], now: number): LockedRows {
      const accounts = new Map<number, AccountRow>();
      const countersOf = new Map<number, CounterFact[]>();
      const authenticators = new Map<number, AuthenticatorRow>();
      const unspentTickets = new Map<number, { accountId: number }>();
      const spentChallenges = new Set<string>();
      const alerted = new Map<number, Map<string, number>>();
      for (const { accountId, claim: wanted, spend, challengeClaim, alert } of commands) {
        if (accountId !== null && !accounts.has(accountId)) {
          const row = account.get(accountId);
          if (row !== undefined) accounts.set(accountId, row);
          countersOf.set(accountId, counters.all(accountId));
        }
        if (accountId !== null && alert !== null) {
          const found = alertedAt.get(accountId, alert.rule, now - alertIntervalMs, now + alertIntervalMs);
          if (found !== undefined && found.at !== null) noteAlert(alerted, accountId, alert.rule, found.at);
        }
        const columns = wanted === null ? undefined : authenticator.get(wanted.authenticatorId);
        if (columns !== undefined) authenticators.set(columns.id, authenticatorRow(columns));
        const unspent = spend === null ? undefined : ticket.get(spend.ticketId);
        if (spend !== null && unspent !== undefined) unspentTickets.set(spend.ticketId, unspent);
        if (challengeClaim !== null && challenge.get(challengeClaim.challengeId) !== undefined) {
          spentChallenges.add(challengeClaim.challengeId);
        }
      }
      return {
        accounts,
        counters: countersOf,
        authenticators,
        unspentTickets,
        spentChallenges,
        alertedAt: alerted,
      };
    },

    write(writes: Writes, heads: readonly Head[], at: number): void {
      for (const { authenticatorId, timeStep, claimant } of writes.claims) {
        const { node, gatewayId, station } = claimant;
        const { changes } = claim.run(
          timeStep,
          node,
          gatewayId,
          station,
          claimant.at,
          authenticatorId,
          timeStep,
        );
        if (changes !== 1) throw new Error('a time step was claimed outside the lock');
      }
      for (const { ticketId } of writes.ticketsSpent) {
        if (spendTicket.run(at, ticketId).changes !== 1)
          throw new Error('a ticket was spent outside the lock');
      }
      for (const ticket of writes.ticketsIssued) {
        const { accountId, workstationId, kind, keyIdentifier, address, tokenHash } = ticket;
        const { passwordBy, issuedAt, expiresAt } = ticket;
        issueTicket.run(
          accountId,
          workstationId,
          kind,
          keyIdentifier,
          address,
          tokenHash,
          passwordBy,
          issuedAt,
          expiresAt,
        );
        forgetTickets.run(accountId, at - ticketGraceMs, accountId);
      }
      for (const { accountId, scope } of writes.countersForgotten) forgetCounter.run(accountId, scope);
      for (const { accountId, counter } of writes.countersSet) {
        setCounter.run(
          accountId,
          counter.scope,
          counter.failures,
          counter.lastFailureAt,
          counter.lockedUntil,
        );
      }
      for (const { challengeId, expiresAt } of writes.challengeClaims)
        claimChallenge.run(challengeId, expiresAt);
      if (writes.challengeClaims.length > 0) forgetChallenges.run(at - challengeGraceMs);
      for (const { accountId, sessionId } of writes.sessionsEnded) endSession.run(at, sessionId, accountId);
      for (const session of writes.sessions) {
        const { accountId, gatewayId, workstationId, station, startedAt, until } = session;
        const { openUntil, reference, acctSessionId, identification, provenBy } = session;
        openSession.run(
          accountId,
          gatewayId,
          workstationId,
          station,
          startedAt,
          until,
          until,
          openUntil,
          reference,
          acctSessionId,
          identification,
          provenBy,
        );
      }
      for (const [index, record] of writes.records.entries()) {
        const { chain, seq, hash } = headAt(heads, index);
        const { kind, accountId, gatewayId, outcome, reason, detail, lookupCode, body, personal } = record;
        const { at: decidedAt } = record;
        addRecord.run(
          chain,
          seq,
          decidedAt,
          kind,
          accountId,
          gatewayId,
          outcome,
          reason,
          detail,
          lookupCode,
          body,
          hash,
        );
        if (personal !== null) addPersonal.run(chain, seq, personal);
      }
      for (const { rule, accountId, evidence, record } of writes.alerts) {
        const { chain, seq } = headAt(heads, record);
        const alert = addAlert.get(rule, accountId, accountId, evidence, at, chain, seq);
        if (alert === undefined) throw new Error('an alert was not stored');
        addNotice.run(alertPayload({ ...alert, rule, accountId, evidence, at, chain, seq }), at, at);
      }
    },
  };
}
