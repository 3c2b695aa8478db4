// Errors that an operator can act on, as opposed to defects.

/**
 * Something the operator gave is wrong. `message` names the thing and its fault; `remedy` says what to do.
 * Neither may contain a secret. The command line prints both and exits with 2; HTTP renders problem+json.
 */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  readonly remedy: string;
  /** Where: `file:line`, `gateways[3].secret`, `--valid-until` … */
  readonly at: string | undefined;
  /**
   * `not-found`: what was named is not there; `conflict`: somebody else was first; `precondition-failed`: it is not as it was seen;
   * else what was given is wrong.
   */
  readonly fault: 'invalid' | 'not-found' | 'conflict' | 'precondition-failed';
  /** The same in Vietnamese, `[message, remedy]`, where people read it in the portal or the console. */
  readonly vi: readonly [message: string, remedy: string] | undefined;

  constructor(
    message: string,
    options: {
      remedy: string;
      vi?: readonly [message: string, remedy: string];
      at?: string;
      fault?: 'not-found' | 'conflict' | 'precondition-failed';
      cause?: unknown;
    },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.remedy = options.remedy;
    this.at = options.at;
    this.vi = options.vi;
    this.fault = options.fault ?? 'invalid';
  }
}

/** The store cannot answer now. Nothing may be decided; no reply is sent (fail silent upstream). */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}
