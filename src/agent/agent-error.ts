// What the person at the workstation can correct: what is wrong, and what to do.

/** Never holds a secret. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  readonly remedy: string;

  constructor(message: string, remedy: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.remedy = remedy;
  }
}
