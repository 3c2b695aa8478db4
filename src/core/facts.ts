// What the store knows at the moment of a decision. Loaded with one query, never cached. All instants are epoch milliseconds.
import type { EvidenceLevel } from './evidence.ts';
import type { OtpParameters } from './otp.ts';

/** An employment fact from HR. The state at any moment follows from the latest fact in force, so a late job lets nobody in. */
export interface EmploymentFact {
  readonly kind:
    | 'hired'
    | 'returned'
    | 'leave'
    | 'ended'
    | 'moved'
    | 'duties-changed'
    | 'suspended'
    | 'reinstated';
  /** `leave`: maternity, unpaid, sick, study, stood-down. `ended`: retired, resigned, dismissed, transferred-out, contract-ended, deceased. */
  readonly detail: string | null;
  /** From this instant on (00:00 of "kể từ ngày"). */
  readonly effectiveAt: number;
  /** `moved`, `duties-changed`: until then papers given before still count. Of a leave its planned end, which ends nothing. */
  readonly endsAt?: number | null;
}

export interface AssignmentFact {
  readonly assignmentId: number;
  readonly validFrom: number;
  /** Null: as long as the account's term. */
  readonly validUntil: number | null;
}

export type WorkstationState = 'active' | 'retired' | 'lost';

/** A workstation that the account may use (assigned) or that owns an identifier seen in the request (observed). */
export interface WorkstationFact {
  readonly workstationId: number;
  readonly assetTag: string;
  readonly state: WorkstationState;
  /** Identifier keys `type:value` (see evidence.ts). */
  readonly identifiers: readonly string[];
  /** Those of them that stop counting at an instant. Left out: none does. */
  readonly endings?: readonly { readonly identifier: string; readonly until: number }[];
  /** Null when the workstation is not assigned to this account at all. */
  readonly assignment: { readonly validFrom: number; readonly validUntil: number | null } | null;
}

export interface AuthenticatorFact {
  readonly authenticatorId: number;
  readonly parameters: OtpParameters;
  /** Sealed seed; opened by services/secrets with the row's identity as associated data. */
  readonly sealedSeed: Buffer;
  readonly lastStep: number;
  readonly driftSteps: number;
  /** It counts the codes it has shown (HOTP): `lastStep` is the last counter used. Left out: it goes by the clock. */
  readonly counterBased?: { readonly syncedAt: number };
  /** Who claimed `lastStep`: tells a retransmission that reached another node from a replay. */
  readonly lastClaim: ClaimFact | null;
}

export interface ClaimFact {
  readonly node: string;
  readonly gatewayId: number;
  /** Calling station as reported, or empty. */
  readonly station: string;
  readonly at: number;
}

/** A failure counter. `scope` says whose: see lockout.ts. */
export interface CounterFact {
  readonly scope: string;
  readonly failures: number;
  readonly lastFailureAt: number;
  readonly lockedUntil: number;
}

export interface SuspensionFact {
  readonly detail: 'by-unit' | 'by-centre' | 'by-holder' | 'case' | 'leak' | 'review' | 'dormant';
  readonly since: number;
  /** Role that suspended, for the explanation. */
  readonly by: string;
}

/** A ticket that was bought over HTTPS (core/ticket.ts). Spent and expired ones are remembered for a while. */
export interface TicketFact {
  readonly ticketId: number;
  readonly kind: 'proof' | 'login';
  readonly workstationId: number;
  /** The key that proved the workstation; null: it was bought without one. */
  readonly keyIdentifier: string | null;
  /** Canonical. */
  readonly address: string;
  /** SHA-256, hex; null: it has no token. */
  readonly tokenHash: string | null;
  readonly expiresAt: number;
  readonly isSpent: boolean;
  /** Who found the password to be right when it was sold: `own` or an upstream; null: nobody was asked. */
  readonly passwordBy: string | null;
}

export interface SessionFact {
  readonly sessionId: number;
  readonly gatewayId: number;
  readonly workstationId: number | null;
  readonly station: string;
  readonly startedAt: number;
  /** From this instant on it counts as ended, unless the gateway's accounting says otherwise. */
  readonly openUntil: number;
}

/** Everything about one account. */
export interface AccountFacts {
  readonly accountId: number;
  readonly userName: string;
  /** Bumped by every change to account, employment, assignment, workstation or authenticator. */
  readonly revision: number;
  readonly status: 'pending' | 'active' | 'withdrawn';
  readonly suspension: SuspensionFact | null;
  readonly validFrom: number;
  readonly validUntil: number;
  readonly passwordPhc: string | null;
  readonly passwordState: 'usable' | 'compromised' | 'change-required';
  /** Who knows the password, before any policy: `own`, or an upstream's name; null: as the policy says. */
  readonly firstFactor: string | null;
  readonly rulesVersionAccepted: number;
  /** Unit ids from the root to the holder's own unit. */
  readonly unitPath: readonly number[];
  readonly employment: readonly EmploymentFact[];
  readonly assignments: readonly AssignmentFact[];
  readonly workstations: readonly WorkstationFact[];
  readonly authenticators: readonly AuthenticatorFact[];
  readonly counters: readonly CounterFact[];
  readonly sessions: readonly SessionFact[];
  readonly tickets: readonly TicketFact[];
}

/** One answer of the store to one request. */
export interface Facts {
  /** Null: no such account. */
  readonly account: AccountFacts | null;
  /** Workstations that own an identifier seen in the request but are not assigned to the account. */
  readonly observedElsewhere: readonly {
    readonly workstationId: number;
    readonly assetTag: string;
    readonly state: WorkstationState;
    /** Those of its identifiers that were seen. */
    readonly identifiers: readonly string[];
  }[];
  /** Keys seen in the request that were withdrawn and are registered with no workstation since; `assetTag`: whose they were. */
  readonly withdrawnKeys: readonly { readonly identifier: string; readonly assetTag: string }[];
  /** Codes of steps that start before this instant are refused (set by a restore); 0: none. */
  readonly codeFloorAt: number;
  /** Version of gateways, policies and rules; when it differs from the snapshot in use, the snapshot is loaded again before deciding. */
  readonly settingsVersion: number;
}

/** An identifier of the workstation that the request carries. */
export interface ObservedIdentifier {
  /** `type:value`. */
  readonly key: string;
  readonly level: EvidenceLevel;
}
