// The bound on an account's term of use.
import type { Policy } from './policy.ts';
import { dayMs } from './time-zone.ts';

/** Why the term is longer than the policy lets it be; null: it is within the bound. Instants in epoch ms. */
export function findTermFault(
  from: number,
  until: number,
  policy: Pick<Policy, 'longestTermDays'>,
): { readonly days: number; readonly longestDays: number } | null {
  const days = Math.ceil((until - from) / dayMs);
  return days > policy.longestTermDays ? { days, longestDays: policy.longestTermDays } : null;
}
