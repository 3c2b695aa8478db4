// What every way of asking shares: the bounded queue, duplicates, rate limits, the reject delay.
import { describe, expect, it } from 'vitest';
import { createDuplicateCache } from '../../../src/services/admission/duplicate-cache.ts';
import { createAdmission } from '../../../src/services/admission/queue.ts';
import { createRateLimit, createWindows } from '../../../src/services/admission/rate-limit.ts';
import { createRejectDelay } from '../../../src/services/admission/reject-delay.ts';
import { createManualTime, freshAuthenticator } from '../../radius-server/harness.ts';

describe('the duplicate cache', () => {
  const create = (maxReplies = 100) => {
    const time = createManualTime();
    return {
      time,
      cache: createDuplicateCache({ lifetimeMs: 30_000, maxReplies, monotonic: time.clock.monotonic }),
    };
  };
  const reply = Buffer.from('reply');

  it('keeps a reply for its lifetime even when generations turn in between', () => {
    const { time, cache } = create();
    const authenticator = freshAuthenticator();
    time.advance(29_000);
    const admitted = cache.admit('a', authenticator);
    if (admitted.kind !== 'new') throw new Error('not new');
    cache.complete(admitted.entry, reply);
    for (const [ms, kind] of [
      [1_500, 'answered'],
      [28_000, 'answered'],
      [1_000, 'new'],
    ] as const) {
      time.advance(ms);
      expect(cache.admit('a', authenticator).kind).toBe(kind);
    }
  });

  it('forgets whole generations, so that its size is bounded by count and by time', () => {
    const { time, cache } = create(100);
    for (let i = 0; i < 10_000; i += 1) {
      const admitted = cache.admit(`key ${i}`, freshAuthenticator());
      if (admitted.kind === 'new') cache.complete(admitted.entry, reply);
      expect(cache.size).toBeLessThanOrEqual(101);
    }
    time.advance(61_000);
    const last = cache.admit('last', freshAuthenticator());
    if (last.kind === 'new') cache.complete(last.entry, reply);
    expect(cache.size).toBeLessThanOrEqual(1);
  });

  it('refuses the late reply of an entry that another request took over', () => {
    const { cache } = create();
    const first = cache.admit('a', freshAuthenticator());
    const second = cache.admit('a', freshAuthenticator());
    if (first.kind !== 'new' || second.kind !== 'new') throw new Error('not new');
    expect(cache.complete(first.entry, reply)).toBe(false);
    cache.release(first.entry);
    expect(cache.complete(second.entry, reply)).toBe(true);
    expect(cache.complete(second.entry, reply)).toBe(false);
  });

  it('keeps a copy of the authenticator, not a view of the datagram', () => {
    const { cache } = create();
    const authenticator = freshAuthenticator();
    cache.admit('a', authenticator);
    authenticator.fill(0);
    expect(cache.admit('a', authenticator).kind).toBe('new');
  });
});

describe('the reject delay', () => {
  it('sends in the order of the deadlines, never early', () => {
    const { clock, timers, advance } = createManualTime();
    const delay = createRejectDelay(1000, clock, timers);
    const start = clock.monotonic();
    const sent: [string, number][] = [];
    const send = (name: string) => () => sent.push([name, clock.monotonic() - start]);
    delay.schedule(start, send('first'));
    advance(333);
    delay.schedule(start + 300, send('third'));
    delay.schedule(start + 200, send('second'));
    advance(5_000);
    expect(sent.map(([name]) => name)).toEqual(['first', 'second', 'third']);
    for (const [index, deadline] of [1000, 1200, 1300].entries()) {
      const at = sent[index]?.[1] ?? 0;
      expect(at).toBeGreaterThanOrEqual(deadline);
      expect(at).toBeLessThanOrEqual(deadline + 20);
    }
    expect(delay.waiting).toBe(0);
  });

  it('sends at once what is overdue, and works again after a pause', () => {
    const { clock, timers, advance } = createManualTime();
    const delay = createRejectDelay(1000, clock, timers);
    const sent: string[] = [];
    delay.schedule(clock.monotonic() - 2000, () => sent.push('overdue'));
    expect(sent).toEqual(['overdue']);
    advance(60_000);
    delay.schedule(clock.monotonic(), () => sent.push('later'));
    advance(1_020);
    expect(sent).toEqual(['overdue', 'later']);
  });

  it('wakes for a deadline only, even when an earlier one comes later', () => {
    const { clock, timers, advance } = createManualTime();
    let wakes = 0;
    const after: typeof timers.after = (ms, task) =>
      timers.after(ms, () => {
        wakes += 1;
        task();
      });
    const delay = createRejectDelay(1000, clock, { after });
    const start = clock.monotonic();
    const sent: string[] = [];
    delay.schedule(start + 300.5, () => sent.push('second'));
    delay.schedule(start, () => sent.push('first'));
    advance(1_020);
    expect(sent).toEqual(['first']);
    advance(5_000);
    expect(sent).toEqual(['first', 'second']);
    expect(wakes).toBe(2);
  });

  it('sends everything on flush', () => {
    const { clock, timers } = createManualTime();
    const delay = createRejectDelay(1000, clock, timers);
    const sent: number[] = [];
    for (let i = 0; i < 10; i += 1) delay.schedule(clock.monotonic() + i * 50, () => sent.push(i));
    delay.flush();
    expect(sent).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(delay.waiting).toBe(0);
  });
});

describe('the rate limit', () => {
  it('lets a burst through, then as many as its rate', () => {
    const { clock, advance } = createManualTime();
    const limit = createRateLimit({ maxKeys: 100, monotonic: clock.monotonic });
    const rate = { perSecond: 2, burst: 3 };
    const take = () => limit.take('a', rate);
    expect([take(), take(), take(), take()]).toEqual([true, true, true, false]);
    advance(500);
    expect([take(), take()]).toEqual([true, false]);
    advance(60_000);
    expect([take(), take(), take(), take()]).toEqual([true, true, true, false]);
    expect(limit.take('b', rate)).toBe(true);
  });

  it('is not reset for a busy key by many others', () => {
    const { clock } = createManualTime();
    const limit = createRateLimit({ maxKeys: 10, monotonic: clock.monotonic });
    const rate = { perSecond: 1, burst: 1 };
    expect(limit.take('busy', rate)).toBe(true);
    for (let i = 0; i < 4; i += 1) limit.take(`other ${i}`, rate);
    expect(limit.take('busy', rate)).toBe(false);
  });

  it('remembers an open window by key until it ends, and no more windows than allowed', () => {
    const { clock, advance } = createManualTime();
    const windows = createWindows<number>({ windowMs: 10_000, maxKeys: 3, monotonic: clock.monotonic });
    windows.open('a', 1);
    advance(9_999);
    expect(windows.find('a')).toBe(1);
    advance(2);
    expect(windows.find('a')).toBeUndefined();
    for (const [index, key] of ['b', 'c', 'd', 'e'].entries()) windows.open(key, index);
    expect(['b', 'c', 'd', 'e'].map((key) => windows.find(key))).toEqual([undefined, 1, 2, 3]);
    windows.close('e');
    expect(windows.find('e')).toBeUndefined();
  });
});

describe('admission', () => {
  it('runs what has a State first and tells when all is done', async () => {
    const admission = createAdmission({ maxInFlight: 1, maxQueued: 10 });
    const order: string[] = [];
    const finish: (() => void)[] = [];
    const submit = (name: string, hasState: boolean) =>
      admission.submit({
        hasState,
        run: () => {
          order.push(name);
          return new Promise((resolve) => finish.push(resolve));
        },
        drop: () => order.push(`dropped ${name}`),
      });
    submit('one', false);
    submit('two', false);
    submit('three', true);
    const idle = admission.idle();
    while (finish.length > 0) {
      finish.shift()?.();
      await new Promise(setImmediate);
    }
    await idle;
    expect(order).toEqual(['one', 'three', 'two']);
    expect(admission.inFlight).toBe(0);
  });

  it('drops one with a State only when nothing else waits', () => {
    const admission = createAdmission({ maxInFlight: 0, maxQueued: 2 });
    const dropped: string[] = [];
    for (const [name, hasState] of [
      ['state 1', true],
      ['plain', false],
      ['state 2', true],
      ['state 3', true],
    ] as const) {
      admission.submit({ hasState, run: async () => undefined, drop: () => dropped.push(name) });
    }
    expect(dropped).toEqual(['plain', 'state 1']);
  });
});
