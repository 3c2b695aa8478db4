// The decision's input and output. Pure values: no promises, sockets, clock reads or logs.
import type { EvidenceLevel } from './evidence.ts';
import type { ObservedIdentifier } from './facts.ts';
import type { CodeMatch } from './otp.ts';
import type { Detail, Reason } from './reasons.ts';
import type { TicketPresentation } from './ticket.ts';

/** What services learned about the password before the decision. */
export type PasswordVerdict =
  /** The method carries no password (code only). */
  | 'not-required'
  | 'right'
  | 'wrong'
  /** Right, or as good as right, where it is kept; but it must be changed there first. */
  | 'change-required'
  /** Whoever keeps the password has closed the account. */
  | 'closed-upstream'
  /** Whoever keeps it asks for something more first (with `deferred` only): nothing is known yet. Never leads to an Accept. */
  | 'asked-back'
  /** Whoever keeps it took it, or asked back, and then refused the answer. */
  | 'answer-refused'
  /** Not hashed: under pressure and the code was wrong, or an earlier check refused already. Never leads to an Accept. */
  | 'not-checked';

export interface CodeEvidence {
  readonly authenticatorId: number;
  readonly match: CodeMatch;
}

/** The request, already translated by the gateway's profile. */
export interface Attempt {
  readonly gatewayId: number;
  /** Where the request says it came from (Calling-Station-Id or the profile's choice); empty when nothing was sent. */
  readonly station: string;
  readonly observed: readonly ObservedIdentifier[];
  /** Refused by the profile or by a limit before any fact counts. */
  readonly refused: { readonly reason: Reason; readonly detail: Detail | null } | null;
  readonly password: PasswordVerdict;
  /**
   * `absent`: none was given; `deferred`: it will be asked for (first round of a challenge); `ticket`: password and code were
   * given over HTTPS, and a ticket stands for them; `code-ticket`: such a ticket stands for the code, the password is proven here.
   */
  readonly code: CodeEvidence | 'absent' | 'deferred' | 'ticket' | 'code-ticket';
  /** By what a ticket would be found; null: this gateway carries none. */
  readonly ticket: TicketPresentation | null;
  /** Second round of a challenge: what is wrong with its State, if anything. */
  readonly challengeFault: {
    readonly reason: 'challenge-expired' | 'challenge-mismatch';
    readonly detail: Detail | null;
  } | null;
  /** Second round: the first round's denial (already recorded and counted), which stands. */
  readonly earlierDenial: { readonly reason: Reason; readonly detail: Detail | null } | null;
}

/** Values that an explanation needs; only dates, levels, minutes: nothing personal. */
type ReasonParameters = Readonly<Record<string, string | number>>;

export interface Denial {
  readonly reason: Reason;
  readonly detail: Detail | null;
  readonly parameters: ReasonParameters;
}

/** What must change together with the record, all or nothing. */
export interface Effects {
  /** Spend this time step; lost if another decision spent it or a later one. */
  readonly claim: { readonly authenticatorId: number; readonly timeStep: number } | null;
  /** Spend this ticket; lost if another decision spent it. */
  readonly spend: { readonly ticketId: number } | null;
  /** Counters that must not be locked at commit: guesses count in commit order. Empty when nothing was guessed. */
  readonly notLocked: readonly string[];
  /** Count a failure on these counters (scopes of lockout.ts), in commit order. */
  readonly failures: readonly string[];
  /** Forget these counters (a success). */
  readonly reset: readonly string[];
  /** Open a pending session. */
  readonly session: {
    readonly workstationId: number | null;
    /** The key that the workstation was proven by; null: by none. */
    readonly provenBy: string | null;
    readonly until: number;
  } | null;
  /** Sessions that give way to this one. */
  readonly endSessions: readonly number[];
  /** Raise an alert for the unit. */
  readonly alert: string | null;
}

interface Considered {
  /** The assigned workstation that the request identified, if any. */
  readonly workstationId: number | null;
  /** Best evidence level found for it; 0 when nothing matched. */
  readonly evidence: EvidenceLevel;
  readonly effects: Effects;
}

interface Acceptance extends Considered {
  readonly outcome: 'accept';
  /** What enforcement would have said (observe mode). */
  readonly observed: Denial | null;
  /** Instant at which the session must be down. */
  readonly until: number;
}

/** First round of a challenge. The client is asked for the code in any case; the verdict travels sealed. */
interface Challenge extends Considered {
  readonly outcome: 'challenge';
  readonly denial: Denial | null;
}

interface Refusal extends Considered {
  readonly outcome: 'deny';
  readonly denial: Denial;
}

export type Decision = Acceptance | Challenge | Refusal;
