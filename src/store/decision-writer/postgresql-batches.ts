// Batches of decisions on PostgreSQL: one transaction each, locked reads, one set-based write, then COMMIT.
import type pg from 'pg';
import { StoreUnavailableError } from '../../base/errors.ts';
import type { CounterFact } from '../../core/facts.ts';
import { extend, type Head } from '../audit/chain.ts';
import { normaliseStoreError } from '../errors.ts';
import type { PrimaryPool } from '../postgresql/pool.ts';
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
import { ContentionError } from './coalescer.ts';
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

/** Longer than PostgreSQL's deadlock_timeout (1 s), so that a deadlock is told from a slow holder. */
const lockTimeoutMs = 1_500;

/**
 * Applies batches for one lane, one at a time; `chain` belongs to the lane alone. Rejects with ContentionError when another
 * transaction was in the way and nothing was written, with StoreUnavailableError when nothing was written or the outcome is
 * unknown: a COMMIT that got no answer may have happened, and then a time step is spent without a reply.
 */
export function createPostgresqlBatches(
  pool: Pick<PrimaryPool, 'connect'>,
  now: () => number,
): (chain: string, commands: readonly PreparedCommand[]) => Promise<CommitResult[]> {
  let head: Head | null = null;

  return async (chain, commands) => {
    const client = await pool.connect();
    let broken = false;
    const known = head;
    head = null;
    try {
      await client.query(`BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL lock_timeout = ${lockTimeoutMs}`);
      const rows = await loadLocked(client, commands, now());
      const before = known?.chain === chain ? known : await findHead(client, chain);
      // Not before the locks are held: whoever waited for them must be judged by the instant at which it goes on.
      const at = now();
      const { outcomes, writes } = applyBatch(commands, rows, at);
      const heads = extend(
        before,
        writes.records.map((record) => record.body),
      );
      await write(client, writes, heads, at);
      await commit(client);
      head = heads.at(-1) ?? before;
      return outcomes.map((outcome) => resultOf(outcome, heads));
    } catch (error) {
      broken = !(await rolledBack(client));
      throw isContention(error)
        ? new ContentionError('a batch met another', { cause: error })
        : normaliseStoreError(error);
    } finally {
      client.release(broken);
    }
  };
}

async function commit(client: pg.PoolClient): Promise<void> {
  try {
    await client.query('COMMIT');
  } catch (error) {
    throw new StoreUnavailableError('the outcome of a commit is unknown', {
      cause: normaliseStoreError(error),
    });
  }
}

async function rolledBack(client: pg.PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}

/** Deadlock, serialisation, lock not granted in time, a key taken meanwhile. */
function isContention(error: unknown): boolean {
  if (error instanceof ContentionError) return true;
  const { code } = error as { code?: unknown };
  return code === '40P01' || code === '40001' || code === '55P03' || code === '23505';
}

/**
 * The accounts' rows stay locked until the end, in the order of their ids, and everything read after them is what the last
 * holder of each lock committed.
 * @param about the instant before the locks are held, near which alerts are of interest
 */
async function loadLocked(
  client: pg.PoolClient,
  commands: readonly PreparedCommand[],
  about: number,
): Promise<LockedRows> {
  const accountIds = distinct(commands.map((command) => command.accountId));
  const authenticatorIds = distinct(commands.map((command) => command.claim?.authenticatorId));
  const ticketIds = distinct(commands.map((command) => command.spend?.ticketId));
  const challengeIds = distinct(commands.map((command) => command.challengeClaim?.challengeId));
  const accounts = new Map<number, AccountRow>();
  const counters = new Map<number, CounterFact[]>();
  const authenticators = new Map<number, AuthenticatorRow>();
  const unspentTickets = new Map<number, { accountId: number }>();
  const spentChallenges = new Set<string>();
  const alertedAt = new Map<number, Map<string, number>>();
  const alertedIds = distinct(commands.map(({ accountId, alert }) => (alert === null ? null : accountId)));
  if (accountIds.length > 0) {
    const locked = await client.query<AccountRow & { id: number }>({
      name: 'decisions-lock',
      text: `SELECT id, revision, status, valid_until AS "validUntil" FROM accounts
              WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE`,
      values: [accountIds],
    });
    for (const row of locked.rows) accounts.set(row.id, row);
    const counted = await client.query<CounterFact & { accountId: number }>({
      name: 'decisions-counters',
      text: `SELECT account_id AS "accountId", scope, failures, last_failure_at AS "lastFailureAt",
                    locked_until AS "lockedUntil"
               FROM counters WHERE account_id = ANY($1::bigint[])`,
      values: [accountIds],
    });
    for (const { accountId, ...counter } of counted.rows) {
      const ofAccount = counters.get(accountId);
      if (ofAccount === undefined) counters.set(accountId, [counter]);
      else ofAccount.push(counter);
    }
  }
  if (authenticatorIds.length > 0) {
    const found = await client.query<AuthenticatorColumns>({
      name: 'decisions-authenticators',
      text: `SELECT id, account_id AS "accountId", last_step AS "lastStep", last_claim_node AS node,
                    last_claim_gateway_id AS "gatewayId", last_claim_station AS station, last_claim_at AS at
               FROM authenticators WHERE id = ANY($1::bigint[])`,
      values: [authenticatorIds],
    });
    for (const row of found.rows) authenticators.set(row.id, authenticatorRow(row));
  }
  if (ticketIds.length > 0) {
    const unspent = await client.query<{ id: number; accountId: number }>({
      name: 'decisions-tickets',
      text: `SELECT id, account_id AS "accountId" FROM device_tickets
              WHERE id = ANY($1::bigint[]) AND spent_at IS NULL`,
      values: [ticketIds],
    });
    for (const { id, accountId } of unspent.rows) unspentTickets.set(id, { accountId });
  }
  if (challengeIds.length > 0) {
    const spent = await client.query<{ id: string }>({
      name: 'decisions-challenges',
      text: 'SELECT challenge_id AS id FROM challenge_claims WHERE challenge_id = ANY($1::text[])',
      values: [challengeIds],
    });
    for (const row of spent.rows) spentChallenges.add(row.id);
  }
  if (alertedIds.length > 0) {
    const alerted = await client.query<{ accountId: number; rule: string; at: number }>({
      name: 'decisions-alerts',
      text: `SELECT account_id AS "accountId", rule, max(at) AS at FROM alerts
              WHERE account_id = ANY($1::bigint[]) AND at > $2 AND at < $3 GROUP BY account_id, rule`,
      values: [alertedIds, about - alertIntervalMs, about + alertIntervalMs],
    });
    for (const { accountId, rule, at } of alerted.rows) noteAlert(alertedAt, accountId, rule, at);
  }
  return { accounts, counters, authenticators, unspentTickets, spentChallenges, alertedAt };
}

function distinct<T>(values: readonly (T | null | undefined)[]): T[] {
  return [...new Set(values)].filter((value): value is T & {} => value !== null && value !== undefined);
}

async function findHead(client: pg.PoolClient, chain: string): Promise<Head> {
  const { rows } = await client.query<Head>(
    'SELECT chain, seq, hash FROM audit WHERE chain = $1 ORDER BY seq DESC LIMIT 1',
    [chain],
  );
  const [head] = rows;
  if (head === undefined) throw new ChainLostError(`chain ${chain} is not in the database`);
  return head;
}

// One statement, so that a batch costs one round trip whatever it changes. No row is touched by two of its parts.
const writeBatch = `
WITH claims AS (
  UPDATE authenticators SET last_step = c.step, last_claim_node = c.node, last_claim_gateway_id = c.gateway_id,
         last_claim_station = c.station, last_claim_at = c.at
    FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::bigint[])
         AS c(id, step, node, gateway_id, station, at)
   WHERE authenticators.id = c.id AND authenticators.last_step < c.step
  RETURNING 1
), forgotten AS (
  DELETE FROM counters USING unnest($7::bigint[], $8::text[]) AS f(account_id, scope)
   WHERE counters.account_id = f.account_id AND counters.scope = f.scope
), counted AS (
  INSERT INTO counters (account_id, scope, failures, last_failure_at, locked_until)
  SELECT * FROM unnest($9::bigint[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[])
  ON CONFLICT (account_id, scope) DO UPDATE SET failures = excluded.failures,
    last_failure_at = excluded.last_failure_at, locked_until = excluded.locked_until
), challenges AS (
  INSERT INTO challenge_claims (challenge_id, expires_at) SELECT * FROM unnest($14::text[], $15::bigint[])
  ON CONFLICT (challenge_id) DO NOTHING
  RETURNING 1
), ended AS (
  UPDATE sessions SET state = 'ended', ended_at = $18, end_cause = 'given-way', revision = sessions.revision + 1
    FROM unnest($16::bigint[], $17::bigint[]) AS e(account_id, id)
   WHERE sessions.id = e.id AND sessions.account_id = e.account_id AND sessions.state <> 'ended'
), opened AS (
  INSERT INTO sessions (account_id, gateway_id, workstation_id, station, state, started_at, until, judge_at, open_until,
         reference, acct_session_id, identification, proven_by)
  SELECT s.account_id, s.gateway_id, s.workstation_id, s.station, 'pending', s.started_at, s.until, s.until, s.open_until,
         s.reference, s.acct_session_id, s.identification, s.proven_by
    FROM unnest($19::bigint[], $20::bigint[], $21::bigint[], $22::text[], $23::bigint[], $24::bigint[], $25::bigint[],
                $26::text[], $27::text[], $28::text[], $43::text[])
         AS s(account_id, gateway_id, workstation_id, station, started_at, until, open_until, reference, acct_session_id,
              identification, proven_by)
), spent AS (
  UPDATE device_tickets SET spent_at = $18 WHERE id = ANY($44::bigint[]) AND spent_at IS NULL RETURNING 1
), records AS (
  INSERT INTO audit (chain, seq, hash, at, kind, account_id, gateway_id, outcome, reason, detail, lookup_code, body)
  SELECT $29, * FROM unnest($30::bigint[], $31::bytea[], $32::bigint[], $33::text[], $34::bigint[], $35::bigint[],
                            $36::text[], $37::text[], $38::text[], $39::text[], $40::text[])
), personal AS (
  INSERT INTO audit_personal (chain, seq, personal_values) SELECT $29, * FROM unnest($41::bigint[], $42::text[])
)
SELECT (SELECT count(*) FROM claims) AS claims, (SELECT count(*) FROM challenges) AS challenges,
       (SELECT count(*) FROM spent) AS tickets`;

// The tickets that were there before are those that the second part sees: one place is for the new one.
const issueTickets = `
WITH issued AS (
  INSERT INTO device_tickets (account_id, workstation_id, kind, key_identifier, address, token_hash, password_by, issued_at,
         expires_at)
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[],
                       $9::bigint[])
)
DELETE FROM device_tickets WHERE account_id = ANY($1::bigint[]) AND (expires_at < $10 OR id IN
  (SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY account_id ORDER BY id DESC) AS place
                     FROM device_tickets WHERE account_id = ANY($1::bigint[])) AS placed
    WHERE place >= ${mostTickets}))`;

// Rows that another node is deleting are left to it.
const forgetChallenges = `
DELETE FROM challenge_claims WHERE challenge_id IN
  (SELECT challenge_id FROM challenge_claims WHERE expires_at < $1 LIMIT 1000 FOR UPDATE SKIP LOCKED)`;

async function write(
  client: pg.PoolClient,
  writes: Writes,
  heads: readonly Head[],
  at: number,
): Promise<void> {
  const [last] = heads.slice(-1);
  if (last === undefined) return;
  const {
    claims,
    ticketsSpent,
    ticketsIssued,
    countersForgotten,
    countersSet,
    challengeClaims,
    sessionsEnded,
    sessions,
    records,
  } = writes;
  const personal = records.flatMap((record, index) => {
    return record.personal === null ? [] : [{ seq: headAt(heads, index).seq, values: record.personal }];
  });
  const { rows } = await client.query<{ claims: number; challenges: number; tickets: number }>({
    name: 'decisions-write',
    text: writeBatch,
    values: [
      ...columns(claims, [
        (row) => row.authenticatorId,
        (row) => row.timeStep,
        (row) => row.claimant.node,
        (row) => row.claimant.gatewayId,
        (row) => row.claimant.station,
        (row) => row.claimant.at,
      ]),
      ...columns(countersForgotten, [(row) => row.accountId, (row) => row.scope]),
      ...columns(countersSet, [
        (row) => row.accountId,
        (row) => row.counter.scope,
        (row) => row.counter.failures,
        (row) => row.counter.lastFailureAt,
        (row) => row.counter.lockedUntil,
      ]),
      ...columns(challengeClaims, [(row) => row.challengeId, (row) => row.expiresAt]),
      ...columns(sessionsEnded, [(row) => row.accountId, (row) => row.sessionId]),
      at,
      ...columns(sessions, [
        (row) => row.accountId,
        (row) => row.gatewayId,
        (row) => row.workstationId,
        (row) => row.station,
        (row) => row.startedAt,
        (row) => row.until,
        (row) => row.openUntil,
        (row) => row.reference,
        (row) => row.acctSessionId,
        (row) => row.identification,
      ]),
      last.chain,
      ...columns(heads, [(row) => row.seq, (row) => row.hash]),
      ...columns(records, [
        (row) => row.at,
        (row) => row.kind,
        (row) => row.accountId,
        (row) => row.gatewayId,
        (row) => row.outcome,
        (row) => row.reason,
        (row) => row.detail,
        (row) => row.lookupCode,
        (row) => row.body,
      ]),
      ...columns(personal, [(row) => row.seq, (row) => row.values]),
      ...columns(sessions, [(row) => row.provenBy]),
      ...columns(ticketsSpent, [(row) => row.ticketId]),
    ],
  });
  // The accounts are locked, so only what no account locks (a challenge of an unknown one) can have been taken meanwhile.
  const [written] = rows;
  if (
    written?.claims !== claims.length ||
    written.challenges !== challengeClaims.length ||
    written.tickets !== ticketsSpent.length
  ) {
    throw new ContentionError('a claim was taken meanwhile');
  }
  if (challengeClaims.length > 0) {
    await client.query(forgetChallenges, [at - challengeGraceMs]);
  }
  if (ticketsIssued.length > 0) {
    const values = columns(ticketsIssued, [
      (row) => row.accountId,
      (row) => row.workstationId,
      (row) => row.kind,
      (row) => row.keyIdentifier,
      (row) => row.address,
      (row) => row.tokenHash,
      (row) => row.passwordBy,
      (row) => row.issuedAt,
      (row) => row.expiresAt,
    ]);
    await client.query({
      name: 'decisions-issue',
      text: issueTickets,
      values: [...values, at - ticketGraceMs],
    });
  }
  for (const alert of writes.alerts) await writeAlert(client, alert, headAt(heads, alert.record), at);
}

/** Rows as arrays of columns, for unnest. */
function columns<T>(rows: readonly T[], fields: readonly ((row: T) => unknown)[]): unknown[][] {
  return fields.map((field) => rows.map(field));
}

async function writeAlert(
  client: pg.PoolClient,
  alert: Writes['alerts'][number],
  place: Head,
  at: number,
): Promise<void> {
  const { rule, accountId, evidence } = alert;
  const { chain, seq } = place;
  const { rows } = await client.query<{ id: number; unitId: number | null }>(
    `INSERT INTO alerts (rule, account_id, unit_id, evidence, at, chain, seq)
       VALUES ($1, $2, (SELECT people.unit_id FROM accounts JOIN people ON people.id = accounts.person_id
                         WHERE accounts.id = $2), $3, $4, $5, $6)
       RETURNING id, unit_id AS "unitId"`,
    [rule, accountId, evidence, at, chain, seq],
  );
  for (const row of rows) {
    const payload = alertPayload({ ...row, rule, accountId, evidence, at, chain, seq });
    await client.query(
      `INSERT INTO outbox (kind, payload, created_at, next_attempt_at) VALUES ('alert', $1, $2, $2)`,
      [payload, at],
    );
  }
}
