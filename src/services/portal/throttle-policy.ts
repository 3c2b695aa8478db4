// How wrong codes of no account slow down the place they come from.
import type { LockoutPolicy } from '../../core/policy.ts';

/**
 * A whole unit may sit behind one address, so it begins late and lasts shortly. The codes have 60 bits: what is fended off is load,
 * guessing is hopeless anyway.
 */
export const throttlePolicy: LockoutPolicy = {
  passwordAttempts: 20,
  passwordDelayMs: 30_000,
  maxPasswordDelayMs: 15 * 60_000,
  codeAttempts: 20,
  lockMs: 30_000,
  maxLockMs: 15 * 60_000,
  forgetMs: 3_600_000,
};
