import { expect, it } from 'vitest';
import { defaultPolicy } from '../../src/core/policy.ts';
import { findTermFault } from '../../src/core/term.ts';

const day = 86_400_000;

it('a term of a leap year is within the default bound, and not one millisecond more', () => {
  expect(findTermFault(0, 366 * day, defaultPolicy)).toBeNull();
  expect(findTermFault(0, 366 * day + 1, defaultPolicy)).toEqual({ days: 367, longestDays: 366 });
  expect(findTermFault(5 * day, 12 * day, { longestTermDays: 7 })).toBeNull();
});
