// The hot query: everything a decision needs to know, in one prepared statement per dialect and one function for both.
import type {
  AccountFacts,
  AssignmentFact,
  AuthenticatorFact,
  CounterFact,
  EmploymentFact,
  Facts,
  SessionFact,
  SuspensionFact,
  TicketFact,
  WorkstationFact,
  WorkstationState,
} from '../core/facts.ts';
import type { OtpParameters } from '../core/otp.ts';
import { normaliseStoreError } from './errors.ts';
import type { PrimaryPool } from './postgresql/pool.ts';
import type { SqliteConnection } from './sqlite/connection.ts';
import type { DecisionStore, FactsQuery } from './store.ts';

type LoadFacts = DecisionStore['loadFacts'];

/** How many owners of observed identifiers are reported: those out of use first, then those of keys. */
const elsewhereLimit = 16;
const keysFirst = `min(CASE WHEN i.identifier LIKE '%-sha256:%' THEN 0 ELSE 1 END)`;

/** One row, in the order of the select lists below. Lists are JSON texts. */
type Row = readonly [
  codeFloorAt: number,
  settingsVersion: number,
  elsewhere: string,
  accountId: number | null,
  userName: string,
  revision: number,
  status: AccountFacts['status'],
  suspendedDetail: SuspensionFact['detail'] | null,
  suspendedAt: number | null,
  suspendedBy: string | null,
  validFrom: number,
  validUntil: number,
  passwordPhc: string | null,
  passwordState: AccountFacts['passwordState'],
  rulesVersionAccepted: number,
  unitPath: string,
  employment: string,
  assignments: string,
  workstations: string,
  authenticators: string,
  counters: string,
  sessions: string,
  tickets: string,
  firstFactor: string | null,
  withdrawnKeys: string,
];

const accountColumns = `a.id, a.user_name, a.revision, a.status, a.suspended_detail, a.suspended_at, a.suspended_by,
  a.valid_from, a.valid_until, a.password_phc, a.password_state, a.rules_version_accepted, u.path`;

const accountTables = `LEFT JOIN accounts a ON a.user_name = one.user_name
  LEFT JOIN people p ON p.id = a.person_id
  LEFT JOIN units u ON u.id = p.unit_id`;

// CROSS JOIN keeps SQLite from beginning with the larger table. Lists come unsorted: sorting them here costs a fifth more.
const sqliteText = `SELECT
  coalesce((SELECT CAST(value AS INTEGER) FROM settings WHERE key = 'codeFloorAt'), 0),
  coalesce((SELECT CAST(value AS INTEGER) FROM settings WHERE key = 'settingsVersion'), 0),
  (SELECT json_group_array(json_array(id, asset_tag, state, json(identifiers))) FROM (
    SELECT w.id, w.asset_tag, w.state, json_group_array(i.identifier) AS identifiers
    FROM json_each(one.observed) AS seen
      CROSS JOIN workstation_identifiers i ON i.identifier = seen.value
      CROSS JOIN workstations w ON w.id = i.workstation_id
    WHERE NOT EXISTS (
      SELECT 1 FROM account_workstations o WHERE o.account_id = a.id AND o.workstation_id = i.workstation_id)
    GROUP BY w.id, w.asset_tag, w.state ORDER BY w.state = 'active', ${keysFirst}, w.id LIMIT ${elsewhereLimit})),
  ${accountColumns},
  (SELECT json_group_array(json_array(effective_at, id, kind, detail, ends_at))
    FROM employment_events WHERE person_id = a.person_id),
  (SELECT json_group_array(json_array(s.id, s.valid_from, s.valid_until))
    FROM account_assignments l CROSS JOIN assignments s ON s.id = l.assignment_id WHERE l.account_id = a.id),
  (SELECT json_group_array(json_array(w.id, l.valid_from, l.valid_until, w.asset_tag, w.state,
      json((SELECT json_group_array(identifier) FROM workstation_identifiers WHERE workstation_id = w.id)),
      json((SELECT json_group_array(json_array(identifier, certificate_identifier, valid_until)) FROM workstation_keys
        WHERE workstation_id = w.id AND state = 'active' AND valid_until IS NOT NULL))))
    FROM account_workstations l CROSS JOIN workstations w ON w.id = l.workstation_id WHERE l.account_id = a.id),
  (SELECT json_group_array(json_array(id, algorithm, digits, period_seconds, hex(sealed_seed), last_step, drift_steps,
      last_claim_node, last_claim_gateway_id, last_claim_station, last_claim_at, mode, synced_at))
    FROM authenticators WHERE account_id = a.id AND state = 'active'),
  (SELECT json_group_array(json_array(scope, failures, last_failure_at, locked_until))
    FROM counters WHERE account_id = a.id),
  (SELECT json_group_array(json_array(id, gateway_id, workstation_id, station, started_at,
      coalesce(open_until, until)))
    FROM sessions WHERE account_id = a.id AND state <> 'ended'),
  (SELECT json_group_array(json_array(id, kind, workstation_id, key_identifier, address, token_hash, expires_at, spent_at,
      password_by))
    FROM device_tickets WHERE account_id = a.id),
  a.first_factor,
  CASE WHEN one.observed LIKE '%-sha256:%' THEN (SELECT json_group_array(json_array(r.name, w.asset_tag)) FROM (
    SELECT k.identifier AS name, k.workstation_id AS workstation_id FROM json_each(one.observed) AS seen
      CROSS JOIN workstation_keys k ON k.identifier = seen.value AND k.state = 'revoked'
    UNION SELECT k.certificate_identifier, k.workstation_id FROM json_each(one.observed) AS seen
      CROSS JOIN workstation_keys k ON k.certificate_identifier = seen.value AND k.state = 'revoked') AS r
    CROSS JOIN workstations w ON w.id = r.workstation_id
    WHERE NOT EXISTS (SELECT 1 FROM workstation_identifiers i WHERE i.identifier = r.name)) ELSE '[]' END
FROM (SELECT ? AS user_name, ? AS observed) one ${accountTables}`;

const postgresqlText = `SELECT
  coalesce((SELECT value::bigint FROM settings WHERE key = 'codeFloorAt'), 0),
  coalesce((SELECT value::bigint FROM settings WHERE key = 'settingsVersion'), 0),
  (SELECT coalesce(json_agg(json_build_array(id, asset_tag, state, identifiers)), '[]')::text FROM (
    SELECT w.id, w.asset_tag, w.state, json_agg(i.identifier) AS identifiers
    FROM workstation_identifiers i JOIN workstations w ON w.id = i.workstation_id
    WHERE i.identifier = ANY(one.observed) AND NOT EXISTS (
      SELECT 1 FROM account_workstations o WHERE o.account_id = a.id AND o.workstation_id = i.workstation_id)
    GROUP BY w.id, w.asset_tag, w.state ORDER BY w.state = 'active', ${keysFirst}, w.id LIMIT ${elsewhereLimit}) owners),
  ${accountColumns},
  (SELECT coalesce(json_agg(json_build_array(effective_at, id, kind, detail, ends_at)), '[]')::text
    FROM employment_events WHERE person_id = a.person_id),
  (SELECT coalesce(json_agg(json_build_array(s.id, s.valid_from, s.valid_until)), '[]')::text
    FROM account_assignments l JOIN assignments s ON s.id = l.assignment_id WHERE l.account_id = a.id),
  (SELECT coalesce(json_agg(json_build_array(w.id, l.valid_from, l.valid_until, w.asset_tag, w.state,
      (SELECT coalesce(json_agg(identifier), '[]') FROM workstation_identifiers WHERE workstation_id = w.id),
      (SELECT coalesce(json_agg(json_build_array(identifier, certificate_identifier, valid_until)), '[]') FROM workstation_keys
        WHERE workstation_id = w.id AND state = 'active' AND valid_until IS NOT NULL))), '[]')::text
    FROM account_workstations l JOIN workstations w ON w.id = l.workstation_id WHERE l.account_id = a.id),
  (SELECT coalesce(json_agg(json_build_array(id, algorithm, digits, period_seconds, encode(sealed_seed, 'hex'), last_step,
      drift_steps, last_claim_node, last_claim_gateway_id, last_claim_station, last_claim_at, mode, synced_at)), '[]')::text
    FROM authenticators WHERE account_id = a.id AND state = 'active'),
  (SELECT coalesce(json_agg(json_build_array(scope, failures, last_failure_at, locked_until)), '[]')::text
    FROM counters WHERE account_id = a.id),
  (SELECT coalesce(json_agg(json_build_array(id, gateway_id, workstation_id, station, started_at,
      coalesce(open_until, until))), '[]')::text
    FROM sessions WHERE account_id = a.id AND state <> 'ended'),
  (SELECT coalesce(json_agg(json_build_array(id, kind, workstation_id, key_identifier, address, token_hash, expires_at,
      spent_at, password_by)), '[]')::text
    FROM device_tickets WHERE account_id = a.id),
  a.first_factor,
  (SELECT coalesce(json_agg(json_build_array(r.name, w.asset_tag)), '[]')::text FROM (
    SELECT identifier AS name, workstation_id FROM workstation_keys
      WHERE state = 'revoked' AND identifier = ANY(one.observed)
    UNION SELECT certificate_identifier, workstation_id FROM workstation_keys
      WHERE state = 'revoked' AND certificate_identifier = ANY(one.observed)) r
    JOIN workstations w ON w.id = r.workstation_id
    WHERE NOT EXISTS (SELECT 1 FROM workstation_identifiers i WHERE i.identifier = r.name))
FROM (SELECT $1::text COLLATE "C" AS user_name, $2::text[] COLLATE "C" AS observed) one ${accountTables}`;

interface WaitingQuery {
  readonly query: FactsQuery;
  readonly resolve: (facts: Facts) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Loads facts through a connection of this thread. Queries made in one turn of the event loop share one moment of the
 * database, later than all of them: SQLite forgets every page that it has read whenever another connection has committed.
 */
export function createSqliteFacts(connection: SqliteConnection): LoadFacts {
  const statement = connection.prepare<[string, string], Row>(sqliteText).raw();
  const begin = connection.prepare('BEGIN');
  const end = connection.prepare('COMMIT');
  let waiting: WaitingQuery[] = [];

  function load({ userName, observedKeys }: FactsQuery): Facts {
    const keys = storable(observedKeys);
    const row = statement.get(userName, keys.length === 0 ? '[]' : JSON.stringify(keys));
    if (row === undefined) throw new Error('the facts query gave no row');
    return toFacts(row);
  }

  function loadAll(): void {
    const queries = waiting;
    waiting = [];
    try {
      begin.run();
    } catch (error) {
      for (const { reject } of queries) reject(normaliseStoreError(error));
      return;
    }
    for (const { query, resolve, reject } of queries) {
      try {
        resolve(load(query));
      } catch (error) {
        reject(normaliseStoreError(error));
      }
    }
    if (connection.inTransaction) end.run();
  }

  return (query) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ query, resolve, reject }) === 1) setImmediate(loadAll);
    });
}

/** Loads facts through a pool; the statement is prepared once per connection. */
export function createPostgresqlFacts(pool: PrimaryPool): LoadFacts {
  return (query: FactsQuery): Promise<Facts> =>
    pool.use(async (client) => {
      const { rows } = await client.query<[...Row]>({
        name: 'facts',
        text: postgresqlText,
        rowMode: 'array',
        // No name in the store holds a NUL, which PostgreSQL would not even take as a parameter.
        values: [query.userName.replaceAll('\0', '\uFFFD'), storable(query.observedKeys)],
      });
      const [row] = rows;
      if (row === undefined) throw new Error('the facts query gave no row');
      return toFacts(row);
    });
}

/** What a gateway reports may hold anything; identifiers in the store hold no NUL. */
function storable(keys: readonly string[]): readonly string[] {
  return keys.some((key) => key.includes('\0')) ? keys.filter((key) => !key.includes('\0')) : keys;
}

function toFacts(row: Row): Facts {
  const accountId = row[3];
  return {
    account: accountId === null ? null : toAccount(row, accountId),
    observedElsewhere: list<[number, string, WorkstationState, string[]]>(row[2]).map(
      ([workstationId, assetTag, state, identifiers]) => ({
        workstationId,
        assetTag,
        state,
        identifiers: [...new Set(identifiers)].sort(),
      }),
    ),
    withdrawnKeys: list<[string, string]>(row[24]).map(([identifier, assetTag]) => ({
      identifier,
      assetTag,
    })),
    codeFloorAt: row[0],
    settingsVersion: row[1],
  };
}

function toAccount(row: Row, accountId: number): AccountFacts {
  const [
    ,
    ,
    ,
    ,
    userName,
    revision,
    status,
    suspendedDetail,
    suspendedAt,
    suspendedBy,
    validFrom,
    validUntil,
  ] = row;
  return {
    accountId,
    userName,
    revision,
    status,
    suspension:
      suspendedDetail === null || suspendedAt === null
        ? null
        : { detail: suspendedDetail, since: suspendedAt, by: suspendedBy ?? '' },
    validFrom,
    validUntil,
    passwordPhc: row[12],
    passwordState: row[13],
    firstFactor: row[23],
    rulesVersionAccepted: row[14],
    unitPath: row[15].slice(1, -1).split('/').map(Number),
    employment: list<EmploymentRow>(row[16]).map(toEmployment),
    assignments: list<AssignmentRow>(row[17]).map(toAssignment),
    workstations: list<WorkstationRow>(row[18]).map(toWorkstation),
    authenticators: list<AuthenticatorRow>(row[19]).map(toAuthenticator),
    counters: list<CounterRow>(row[20]).map(toCounter),
    sessions: list<SessionRow>(row[21]).map(toSession),
    tickets: list<TicketRow>(row[22]).map(toTicket),
  };
}

type EmploymentRow = [number, number, EmploymentFact['kind'], string | null, number | null];

function toEmployment([effectiveAt, , kind, detail, endsAt]: EmploymentRow): EmploymentFact {
  return endsAt === null ? { kind, detail, effectiveAt } : { kind, detail, effectiveAt, endsAt };
}

type AssignmentRow = [number, number, number | null];

function toAssignment([assignmentId, validFrom, validUntil]: AssignmentRow): AssignmentFact {
  return { assignmentId, validFrom, validUntil };
}

type WorkstationRow = [
  number,
  number,
  number | null,
  string,
  WorkstationState,
  string[],
  (readonly [string, string | null, number])[],
];

function toWorkstation(row: WorkstationRow): WorkstationFact {
  const [workstationId, validFrom, validUntil, assetTag, state, identifiers, keys] = row;
  const endings = keys.flatMap(([key, certificate, until]) =>
    [key, certificate].flatMap((identifier) => (identifier === null ? [] : [{ identifier, until }])),
  );
  return {
    workstationId,
    assetTag,
    state,
    identifiers: [...new Set(identifiers)].sort(),
    ...(endings.length === 0 ? {} : { endings: endings.sort((a, b) => compare(a.identifier, b.identifier)) }),
    assignment: { validFrom, validUntil },
  };
}

type AuthenticatorRow = [
  number,
  OtpParameters['algorithm'],
  OtpParameters['digits'],
  OtpParameters['periodSeconds'],
  string,
  number,
  number,
  string | null,
  number | null,
  string | null,
  number | null,
  'totp' | 'hotp',
  number | null,
];

function toAuthenticator(row: AuthenticatorRow): AuthenticatorFact {
  const [
    authenticatorId,
    algorithm,
    digits,
    periodSeconds,
    seed,
    lastStep,
    driftSteps,
    node,
    gatewayId,
    station,
    at,
    mode,
    syncedAt,
  ] = row;
  return {
    authenticatorId,
    parameters: { algorithm, digits, periodSeconds },
    sealedSeed: Buffer.from(seed, 'hex'),
    lastStep,
    driftSteps,
    ...(mode === 'hotp' ? { counterBased: { syncedAt: syncedAt ?? 0 } } : {}),
    lastClaim:
      node === null || gatewayId === null || at === null
        ? null
        : { node, gatewayId, station: station ?? '', at },
  };
}

type CounterRow = [string, number, number, number];

function toCounter([scope, failures, lastFailureAt, lockedUntil]: CounterRow): CounterFact {
  return { scope, failures, lastFailureAt, lockedUntil };
}

type SessionRow = [number, number, number | null, string, number, number];

function toSession(row: SessionRow): SessionFact {
  const [sessionId, gatewayId, workstationId, station, startedAt, openUntil] = row;
  return { sessionId, gatewayId, workstationId, station, startedAt, openUntil };
}

type TicketRow = [
  number,
  TicketFact['kind'],
  number,
  string | null,
  string,
  string | null,
  number,
  number | null,
  string | null,
];

function toTicket(row: TicketRow): TicketFact {
  const [ticketId, kind, workstationId, keyIdentifier, address, tokenHash, expiresAt, spentAt, passwordBy] =
    row;
  return {
    ticketId,
    kind,
    workstationId,
    keyIdentifier,
    address,
    tokenHash,
    expiresAt,
    isSpent: spentAt !== null,
    passwordBy,
  };
}

/** The rows of a JSON text, ordered by their first two fields, so that both databases give the same facts. */
function list<T extends readonly [string | number, ...unknown[]]>(json: string): T[] {
  if (json === '[]') return [];
  const rows = JSON.parse(json) as T[];
  return rows.length < 2 ? rows : rows.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]));
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : Number(a > b);
  return 0;
}
