// Why a sign-in by the organisation's provider is refused: a closed list, as it stands in the record; and what the browser is told.

export type OidcRefusal =
  /** No sign-in was begun by this browser, another was, it took too long, or the answer was used before. */
  | 'state'
  /** The answer or the ID token is from another provider (RFC 9207, RFC 9700 §2.1). */
  | 'issuer'
  /** The provider says no: cancelled, or not allowed to this client. */
  | 'provider-refused'
  /** The provider does not take the code. */
  | 'code'
  | 'nonce'
  /** Signature, algorithm, audience or form of the ID token. */
  | 'token'
  | 'token-expired'
  /** The provider authenticated the operator too long ago, or does not say when. */
  | 'stale'
  /** Nobody was added to whom this belongs. */
  | 'unknown'
  | 'email-unverified'
  /** The claim names an operator who is linked to another subject. */
  | 'other-subject'
  /** The subject is linked to another operator already. */
  | 'linked-elsewhere'
  /** Ended, or the person is not employed any more. */
  | 'left'
  | 'second-factor-missing'
  /** The session that asked for it is over. */
  | 'session'
  | 'unavailable';

/** What the browser is told: nothing of who exists here. */
export type OidcOutcome =
  | 'again'
  | 'cancelled'
  | 'stale'
  | 'refused'
  | 'second-factor-missing'
  | 'unavailable';

const outcomes: Readonly<Record<OidcRefusal, OidcOutcome>> = {
  state: 'again',
  issuer: 'refused',
  'provider-refused': 'cancelled',
  code: 'again',
  nonce: 'again',
  token: 'refused',
  'token-expired': 'again',
  stale: 'stale',
  unknown: 'refused',
  'email-unverified': 'refused',
  'other-subject': 'refused',
  'linked-elsewhere': 'refused',
  left: 'refused',
  'second-factor-missing': 'second-factor-missing',
  session: 'again',
  unavailable: 'unavailable',
};

export const outcomeOf = (refusal: OidcRefusal): OidcOutcome => outcomes[refusal];
