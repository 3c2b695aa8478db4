import { describe, expect, it } from 'vitest';
import { nearestName } from '../../src/base/nearest.ts';

describe('nearestName', () => {
  const known = ['rejectDelayMs', 'receiveBufferBytes', 'listen'];

  it.each([
    ['rejectDelayMS', 'rejectDelayMs'],
    ['rejectDelay', 'rejectDelayMs'],
    ['lsiten', 'listen'],
    ['Listen', 'listen'],
    ['recieveBufferBytes', 'receiveBufferBytes'],
  ])('takes %s for %s', (typed, meant) => {
    expect(nearestName(typed, known)).toBe(meant);
  });

  it('does not guess when nothing is near', () => {
    expect(nearestName('xyzzy', known)).toBeNull();
    expect(nearestName('x', [])).toBeNull();
  });
});
