// Who knows a password, if it isn't this broker: a directory or an older RADIUS server. The edges and engines know how to ask.

export interface UpstreamQuestion {
  /** Canonical. */
  readonly userName: string;
  readonly password: string;
  /** Where the holder connects from, as the gateway says; may be empty. */
  readonly station: string;
  /** On the monotonic clock, ms: an answer after it is for nobody. */
  readonly deadline: number;
}

export type UpstreamAnswer =
  | 'right'
  | 'wrong'
  /** It must be changed there first. */
  | 'change-required'
  /** The account is locked, disabled or expired there. */
  | 'closed'
  /** No answer, or none that says yes or no: nothing is known. */
  | 'unavailable';
