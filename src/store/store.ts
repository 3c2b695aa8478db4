// The store as the layers above see it; SQLite and PostgreSQL behave alike (the contract tests run on both).
import type { ClaimFact, Facts } from '../core/facts.ts';
import type { LockoutPolicy } from '../core/policy.ts';
import type { Db } from './tables.ts';

export interface FactsQuery {
  /** Canonical user name (core/user-name.ts). */
  readonly userName: string;
  /** Identifier keys seen in the request, to tell an unregistered workstation from somebody else's. */
  readonly observedKeys: readonly string[];
}

/** What a record says. `body` is covered by the chain in clear, `personal` only through salted commitments. */
export interface RecordDraft {
  readonly kind: 'decision' | 'undecided' | 'administration' | 'system';
  readonly at: number;
  readonly accountId: number | null;
  readonly gatewayId: number | null;
  /** accept, challenge, deny, undecided; for administration the verb, e.g. `account.suspend`. */
  readonly outcome: string;
  readonly reason: string | null;
  readonly detail: string | null;
  /** Eight characters (base/random.ts randomCode) that the holder reads to the help desk; null when none was sent. */
  readonly lookupCode: string | null;
  readonly body: Readonly<Record<string, string | number | boolean | null>>;
  /** User name, station, addresses, names …: erasable without breaking the chain. */
  readonly personal: Readonly<Record<string, string>>;
}

/** One decision to be made durable: guards, effects and its record, all or nothing. */
export interface DecisionCommand {
  /** Null for an unknown account: only the record is written. */
  readonly accountId: number | null;
  /** Checked at commit; any difference yields `stale`. Null: no condition. */
  readonly guard: {
    /** accounts.revision as decided on. */
    readonly revision: number;
    /** Accepts only: accounts.validUntil must lie after the commit's instant. */
    readonly requireValid: boolean;
    /** None of these counters may be locked at commit. */
    readonly notLocked: readonly string[];
  } | null;
  readonly lockout: LockoutPolicy;
  readonly claim: {
    readonly authenticatorId: number;
    readonly timeStep: number;
    readonly claimant: ClaimFact;
  } | null;
  /** Single use of a ticket of the account. */
  readonly spend: { readonly ticketId: number } | null;
  /** A ticket that the account is given. It keeps eight at most: the oldest make room. */
  readonly issue: {
    readonly workstationId: number;
    readonly kind: 'proof' | 'login';
    /** The key that proved the workstation; null: it was bought without one. */
    readonly keyIdentifier: string | null;
    /** Where it was bought from: canonical IP address. */
    readonly address: string;
    /** SHA-256 (hex) of the token; null: it is found by its address. */
    readonly tokenHash: string | null;
    /** Who found the password to be right, as `first_factor` names it; null: it was not asked for. */
    readonly passwordBy: string | null;
    readonly issuedAt: number;
    readonly expiresAt: number;
  } | null;
  /** Single use of a challenge's State, or of the nonce of a proof. */
  readonly challengeClaim: { readonly challengeId: string; readonly expiresAt: number } | null;
  readonly failures: readonly string[];
  readonly reset: readonly string[];
  readonly session: {
    readonly gatewayId: number;
    readonly workstationId: number | null;
    /** The key identifier that proved the workstation; null: none did. */
    readonly provenBy: string | null;
    readonly station: string;
    readonly startedAt: number;
    readonly until: number;
    /** Past this instant it counts as ended unless accounting tells of it. */
    readonly openUntil: number;
    /** The Class of the Accept, unique. */
    readonly reference: string;
    /** As the gateway said in the Access-Request; null: it said none. */
    readonly acctSessionId: string | null;
    /** JSON: what the gateway knows the session by. */
    readonly identification: string;
  } | null;
  readonly endSessions: readonly number[];
  readonly alert: { readonly rule: string; readonly evidence: string } | null;
  readonly record: RecordDraft;
}

export type CommitResult =
  | { readonly kind: 'committed'; readonly chain: string; readonly seq: number }
  /** A guard failed: decide once more on fresh facts. Nothing was written. */
  | { readonly kind: 'stale' }
  /** Somebody else spent this step or a later one. Nothing was written. */
  | { readonly kind: 'claim-lost'; readonly winner: ClaimFact | null }
  /** The ticket was spent by somebody else, or withdrawn. Nothing was written. */
  | { readonly kind: 'ticket-lost' }
  | { readonly kind: 'challenge-reused' };

export interface DecisionStore {
  /** One prepared query. Rejects with StoreUnavailableError when the store can't answer. */
  loadFacts(query: FactsQuery): Promise<Facts>;
  /** Resolves only after the commit is durable. Rejects with StoreUnavailableError when that can't be known or done. */
  commit(command: DecisionCommand): Promise<CommitResult>;
}

/** What `doctor` tells of the database. */
export interface StoreDescription {
  /** Product and version. */
  readonly version: string;
  /** The newest migration applied. */
  readonly schema: string;
  /** `not-durable`: a commit may be lost with the power. `no-synchronous-standby`: it may be lost with this server. */
  readonly faults: readonly ('not-durable' | 'no-synchronous-standby')[];
}

export interface Store {
  readonly dialect: 'sqlite' | 'postgresql';
  readonly decisions: DecisionStore;
  /** Select-only handle. */
  read<T>(fn: (db: Db) => Promise<T>): Promise<T>;
  /**
   * For what looks at many rows: on SQLite, in a broker, its statements run in a thread of their own that stands back, so that nothing
   * waits for them. Each costs a tenth of a millisecond more.
   */
  readonly aside: Pick<Store, 'read'>;
  /** One transaction; nested writes throw. Records go through `appendRecord` (store/audit) inside it. */
  write<T>(fn: (db: Db) => Promise<T>): Promise<T>;
  /** Proof that the store answers and that a decision could be written now, within about the time given. */
  ping(timeoutMs: number): Promise<boolean>;
  describe(): Promise<StoreDescription>;
  close(): Promise<void>;
}
