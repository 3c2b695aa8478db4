// Which counters bind an attempt, and how long they stop further ones.
import { describe, expect, it } from 'vitest';
import type { CounterFact } from '../../src/core/facts.ts';
import { afterFailure, scopesFor } from '../../src/core/lockout.ts';
import { defaultPolicy } from '../../src/core/policy.ts';

const policy = defaultPolicy.lockout;

/** The longest wait that guesses, each made as soon as the last wait is over, ever bring about. */
function longestWait(station: string): number {
  const counters = new Map<string, CounterFact>();
  let now = 1_000_000;
  let longest = 0;
  for (let guess = 0; guess < 60; guess += 1) {
    const { password } = scopesFor(null, station);
    for (const scope of password) {
      counters.set(scope, afterFailure(counters.get(scope) ?? null, scope, policy, now));
    }
    const until = Math.max(...password.map((scope) => counters.get(scope)?.lockedUntil ?? 0));
    longest = Math.max(longest, until - now);
    now = Math.max(now + 1000, until);
  }
  return longest;
}

describe('wrong passwords', () => {
  it('of one source make that source wait for up to the cap of a source', () => {
    expect(longestWait('198.51.100.7')).toBe(policy.maxPasswordDelayMs);
  });

  it('through a gateway that names no source make the account wait no longer than its own low cap', () => {
    expect(scopesFor(null, '').password).toEqual(['password']);
    expect(longestWait('')).toBe(policy.maxPasswordDelayMs / 4);
  });

  it('from a station that calls itself a workstation do not count on that workstation', () => {
    const { password: pair } = scopesFor(7, '198.51.100.7');
    for (const scope of scopesFor(null, 'workstation:7').password) expect(pair).not.toContain(scope);
  });
});
