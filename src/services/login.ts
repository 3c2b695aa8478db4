// One login as an edge hands it over, and the verdict that the edge renders. The edge translates; it never decides.
import type { ObservedIdentifier } from '../core/facts.ts';
import type { Detail, Reason, UndecidedCause } from '../core/reasons.ts';
import type { MsChapSuccess, MsChapTry } from '../wire/radius/ms-chap.ts';

/** What the holder typed, by the way in which the gateway carries it. Never logged, never recorded. */
export type LoginCredentials =
  | { readonly style: 'password+code'; readonly text: string }
  | { readonly style: 'code'; readonly text: string }
  /** First round of a challenge. */
  | { readonly style: 'password'; readonly text: string }
  | { readonly style: 'challenge-answer'; readonly text: string; readonly state: string }
  | { readonly style: 'static-challenge'; readonly password: string; readonly code: string }
  /** MS-CHAPv2: proof of the password for whoever knows it; a ticket that was bought with password and code stands for the code. */
  | ({ readonly style: 'ms-chap' } & MsChapTry)
  /** EAP-TLS: nothing was typed; a ticket that was bought with password and code stands for them. */
  | { readonly style: 'ticket' };

export interface LoginRequest {
  /** Chosen by the edge among the gateways of the settings in force. */
  readonly gatewayId: number;
  /** When the request came in, epoch ms: codes are judged at this instant. */
  readonly receivedAt: number;
  /** The same on the monotonic clock, ms: from it the time left for an answer is counted. */
  readonly receivedMonotonic: number;
  /** As typed. */
  readonly userName: string;
  /** The name that the gateway knows the login by, when it is another: the outer identity of a tunnelled EAP method. */
  readonly outerName?: string;
  readonly credentials: LoginCredentials;
  /** False: its method can't be asked anything further; left out: it can where the gateway's profile has challenges. */
  readonly canAsk?: boolean;
  /** The token of a ticket, where the profile has it in the password field and one came. Never logged. */
  readonly ticketToken?: string | null;
  /** Where the holder connects from, as the gateway says; empty when nothing was sent. */
  readonly station: string;
  readonly observed: readonly ObservedIdentifier[];
  /** Refused by the profile or a limit, whoever asks. */
  readonly refused: { readonly reason: Reason; readonly detail: Detail | null } | null;
  /** A gateway's own probe (its profile names the user): refused at once, neither counted nor recorded. */
  readonly isHealthProbe: boolean;
  /** How it wants to authenticate, in one of the edge's own words (`pap`, `EAP-TLS` …); for the record. */
  readonly method: string;
  /** Texts of the request for the record's erasable part: source address, NAS-Identifier, Connect-Info … No secrets. */
  readonly summary: Readonly<Record<string, string>>;
}

export type Verdict =
  | {
      readonly kind: 'accept';
      /** At least 1; the session must be down by then. */
      readonly sessionSeconds: number;
      readonly userName: string;
      /** Opaque, for Class: what accounting brings back names the session by it. */
      readonly sessionReference: string | null;
      /** What an upstream proved itself to the client with, and its keys. Secret. */
      readonly msChap?: MsChapSuccess;
    }
  | {
      readonly kind: 'reject';
      /** For the uniform text; null for a health probe. */
      readonly lookupCode: string | null;
      /** A health probe need not wait for the reject delay. */
      readonly isImmediate: boolean;
    }
  /** `message`: what an upstream wants to know, in its words (untrusted); left out: the prompt is the profile's. */
  | { readonly kind: 'challenge'; readonly state: string; readonly message?: string }
  /** No reply: the gateway asks another node, or again. Never a denial. */
  | { readonly kind: 'silent'; readonly cause: UndecidedCause };

export interface Authenticator {
  /** Never rejects: what fails is silent. Resolves only after the decision is durable. */
  authenticate(request: LoginRequest): Promise<Verdict>;
}
