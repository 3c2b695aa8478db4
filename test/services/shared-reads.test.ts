import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { shareReads } from '../../src/services/shared-reads.ts';

function createSource() {
  const state = { value: 'old', reads: 0 };
  const ends: (() => void)[] = [];
  const ask = shareReads(async (key) => {
    state.reads += 1;
    const { value } = state;
    await new Promise<void>((resolve) => ends.push(resolve));
    if (value === 'broken') throw new Error('the store is gone');
    return `${key} ${value}`;
  });
  return { state, ask, end: () => ends.shift()?.() };
}

describe('shared reads', () => {
  it('are one for all who ask at once for the same, and none for another', async () => {
    const { state, ask, end } = createSource();
    const [a, b, other] = [ask('a'), ask('a'), ask('b')];
    await turn();
    await turn();
    expect(state.reads).toBe(2);
    end();
    end();
    expect(await Promise.all([a, b, other])).toEqual(['a old', 'a old', 'b old']);
  });

  it('are never older than the question: who asks while one is under way gets the next', async () => {
    const { state, ask, end } = createSource();
    const before = ask('a');
    await turn();
    await turn();
    state.value = 'new';
    const after = [ask('a'), ask('a')];
    await turn();
    expect(state.reads).toBe(1);
    end();
    expect(await before).toBe('a old');
    await turn();
    await turn();
    end();
    expect(await Promise.all(after)).toEqual(['a new', 'a new']);
    expect(state.reads).toBe(2);
  });

  it('fail for those who share one, and not for the next', async () => {
    const { state, ask, end } = createSource();
    state.value = 'broken';
    const failing = [ask('a'), ask('a')].map((one) => one.catch((error: Error) => error.message));
    await turn();
    await turn();
    end();
    expect(await Promise.all(failing)).toEqual(['the store is gone', 'the store is gone']);
    state.value = 'whole';
    const next = ask('a');
    await turn();
    await turn();
    end();
    expect(await next).toBe('a whole');
  });
});
