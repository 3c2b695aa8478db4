// Throttling and lockout: whose guesses count where, and for how long a counter stops further ones (RFC 4226 §7.3).
//
// A wrong password slows down the pair (account, source) and, with a cap, the account. The hard stop counts only wrong codes
// after a right password (code only: wrong codes). An account on a workstation assigned to it has counters of its own, so
// that outsiders cannot lock staff out. Nothing is ever counted by source address alone: carriers put many staff behind one.
import type { CounterFact } from './facts.ts';
import type { LockoutPolicy } from './policy.ts';

/** Counter scopes of one account. */
type CounterScope =
  | 'password'
  | `password@${string}`
  | `password@workstation:${number}`
  | 'code'
  | `code@workstation:${number}`;

export interface ScopesInForce {
  /** A wrong password counts on these. */
  readonly password: readonly CounterScope[];
  /** A wrong code after a right password counts on this one. */
  readonly code: CounterScope;
}

const longestSource = 64;

/**
 * The counters that bind an attempt. With an assigned workstation recognised, only the pair's own; otherwise the source's,
 * if there is one, and the account's.
 * @param workstationId the assigned workstation that the request identified, or null
 * @param station calling station as reported (may be empty, is cut to 64 characters)
 */
export function scopesFor(workstationId: number | null, station: string): ScopesInForce {
  if (workstationId !== null) {
    return {
      password: [`password@workstation:${workstationId}`],
      code: `code@workstation:${workstationId}`,
    };
  }
  // Where a gateway names no source, everybody's guesses would count as one source's, with waits up to its high cap.
  if (station === '') return { password: ['password'], code: 'code' };
  return { password: [`password@${sourceOf(station)}`, 'password'], code: 'code' };
}

/** A name that every database gives back as it was stored: the cut may halve a character, and PostgreSQL takes no NUL. */
function sourceOf(station: string): string {
  const name = station.slice(0, longestSource).replaceAll('\0', '\uFFFD').toWellFormed();
  // A station that calls itself so must not count on a pair's own counter.
  return name.startsWith('workstation:') ? `:${name}` : name;
}

/** Whether the counter stops attempts at `now`. */
export function isLocked(counter: Pick<CounterFact, 'lockedUntil'> | null | undefined, now: number): boolean {
  return counter !== null && counter !== undefined && counter.lockedUntil > now;
}

/** The counter after one more failure at `now`. Waits double from the threshold on and are capped. */
export function afterFailure(
  counter: CounterFact | null,
  scope: string,
  policy: LockoutPolicy,
  now: number,
): CounterFact {
  const remembered = counter !== null && now - counter.lastFailureAt < policy.forgetMs ? counter.failures : 0;
  const failures = remembered + 1;
  const { threshold, waits } = waitsOf(scope, policy);
  const beyond = failures - threshold;
  const waitMs = beyond < 0 ? 0 : (waits[Math.min(beyond, waits.length - 1)] ?? 0);
  return { scope, failures, lastFailureAt: now, lockedUntil: waitMs === 0 ? 0 : now + waitMs };
}

/** The waits from the threshold on, failure by failure, in milliseconds; the last one is that of every further failure. */
export function waitsOf(
  scope: string,
  policy: LockoutPolicy,
): { readonly threshold: number; readonly waits: readonly number[] } {
  const { threshold, firstMs, capMs } = limitsOf(scope, policy);
  const waits: number[] = [];
  for (let wait = firstMs; wait > 0 && wait < capMs; wait *= 2) waits.push(wait);
  waits.push(capMs);
  return { threshold, waits };
}

function limitsOf(scope: string, policy: LockoutPolicy) {
  if (scope === 'code' || scope.startsWith('code@')) {
    return { threshold: policy.codeAttempts, firstMs: policy.lockMs, capMs: policy.maxLockMs };
  }
  if (scope === 'password') {
    // Reached only by many sources together: a slower start and a lower cap keep it from being a way to lock staff out.
    return {
      threshold: policy.passwordAttempts * 4,
      firstMs: policy.passwordDelayMs,
      capMs: policy.maxPasswordDelayMs / 4,
    };
  }
  return {
    threshold: policy.passwordAttempts,
    firstMs: policy.passwordDelayMs,
    capMs: policy.maxPasswordDelayMs,
  };
}
