// What accounting makes of a session, whatever order it comes in.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adoptedSession,
  afterNews,
  findSessionOf,
  type SessionNews,
  type SessionState,
} from '../../src/core/session.ts';

const now = Date.UTC(2026, 5, 1, 8);
const minute = 60_000;

const pending: SessionState = {
  state: 'pending',
  accountId: 7,
  gatewayId: 1,
  station: '198.51.100.7',
  startedAt: now,
  until: now + 8 * 60 * minute,
  openUntil: now + minute,
  endedAt: null,
  endCause: null,
  acctSessionId: null,
  reference: 'ref',
  liveAt: null,
  lastSeenAt: null,
  framedIpAddress: null,
  octetsIn: null,
  octetsOut: null,
  terminateCause: null,
  identification: null,
};

function news(kind: SessionNews['kind'], afterMs: number, over: Partial<SessionNews> = {}): SessionNews {
  return {
    kind,
    gatewayId: 1,
    at: now + afterMs,
    receivedAt: now + afterMs,
    accountId: 7,
    station: '198.51.100.7',
    acctSessionId: 's1',
    references: [],
    framedIpAddress: null,
    octetsIn: null,
    octetsOut: null,
    terminateCause: null,
    identification: {},
    interimMs: 0,
    ...over,
  };
}

const start = news('start', 2_000);
const interim = news('interim', 10 * minute, { octetsIn: 1_000, octetsOut: 5 * 2 ** 32 });
const stop = news('stop', 20 * minute, { octetsIn: 2_000, octetsOut: 6 * 2 ** 32, terminateCause: 1 });
const through = (session: SessionState, ...all: SessionNews[]) => all.reduce(afterNews, session);

describe('a session', () => {
  it('is pending until its Start, live until its Stop, then ended with what the Stop counts', () => {
    const live = afterNews(pending, start);
    expect(live).toMatchObject({ state: 'live', liveAt: start.at, acctSessionId: 's1' });
    expect(through(live, interim, stop)).toMatchObject({
      state: 'ended',
      endCause: 'stopped',
      endedAt: stop.at,
      terminateCause: 1,
      octetsIn: 2_000,
      octetsOut: 6 * 2 ** 32,
    });
  });

  it('is live by an Interim-Update whose Start was lost', () => {
    expect(afterNews(pending, interim)).toMatchObject({ state: 'live', liveAt: interim.at });
  });

  it('is ended by a Stop that comes first, and the Start that comes late does not open it again', () => {
    const ended = afterNews(pending, stop);
    expect(ended.state).toBe('ended');
    expect(afterNews(ended, start)).toBe(ended);
    expect(afterNews(ended, interim)).toBe(ended);
  });

  it('takes nothing from what is repeated', () => {
    const live = afterNews(pending, start);
    expect(afterNews(live, start)).toBe(live);
    const ended = afterNews(live, stop);
    expect(afterNews(ended, { ...stop, terminateCause: 10 })).toBe(ended);
  });

  it('that was only presumed to have ended is live again when the gateway speaks of it', () => {
    const silent: SessionState = {
      ...afterNews(pending, start),
      state: 'ended',
      endCause: 'no-news',
      endedAt: now + 9 * minute,
    };
    expect(afterNews(silent, interim)).toMatchObject({ state: 'live', endedAt: null, endCause: null });
    expect(afterNews(silent, news('interim', 8 * minute))).toBe(silent);
    const neverStarted: SessionState = {
      ...pending,
      state: 'ended',
      endCause: 'never-started',
      endedAt: now + minute,
    };
    expect(afterNews(neverStarted, start)).toMatchObject({ state: 'live', liveAt: start.at });
  });

  it('counts as open for three missed Interim-Updates, or beyond its end where none come', () => {
    const often = { interimMs: 10 * minute };
    expect(afterNews(pending, { ...start, ...often }).openUntil).toBe(start.at + 31 * minute);
    expect(afterNews(pending, start).openUntil).toBe(pending.until + 60 * minute);
  });

  it('ends the same whatever the order and however often its news comes', () => {
    const all = [start, news('interim', 5 * minute, { octetsIn: 10 }), interim, stop];
    const expected = through(pending, ...all);
    fc.assert(
      fc.property(fc.array(fc.nat(all.length - 1), { maxLength: 12 }), (order) => {
        const mixed = order.flatMap((index) => all[index] ?? []);
        const result = through(pending, ...mixed, stop);
        expect(result).toMatchObject({ state: 'ended', endCause: 'stopped', endedAt: expected.endedAt });
        expect(result.octetsIn).toBe(2_000);
      }),
    );
  });

  it('of which no Accept is known is kept as the account’s, without a term of its own', () => {
    const adopted = adoptedSession({ ...interim, accountId: 7 });
    expect(adopted).toMatchObject({ state: 'live', reference: null, until: interim.at, octetsIn: 1_000 });
  });
});

describe('news finds its session', () => {
  const live = afterNews(pending, start);
  const ended = afterNews(live, stop);

  it('by the reference that the gateway echoes', () => {
    const other = { ...pending, reference: 'other' };
    expect(findSessionOf({ ...start, references: ['ref'], station: '' }, [other, pending])).toBe(pending);
  });

  it('by its Acct-Session-Id on the same gateway only', () => {
    expect(findSessionOf(interim, [{ ...live, gatewayId: 2 }, live])).toBe(live);
    expect(findSessionOf({ ...interim, gatewayId: 3 }, [live])).toBeNull();
  });

  it('by account and station while it has no Acct-Session-Id, the one that began nearest', () => {
    const earlier = { ...pending, startedAt: now - minute, reference: 'earlier' };
    expect(findSessionOf(start, [earlier, pending])).toBe(pending);
    expect(findSessionOf({ ...start, accountId: 8 }, [pending])).toBeNull();
    expect(findSessionOf({ ...start, station: '203.0.113.9' }, [pending])).toBeNull();
    expect(findSessionOf({ ...start, acctSessionId: 's2' }, [live])).toBeNull();
  });

  it('and a repeated Stop finds the ended one, not the login that follows', () => {
    const next = { ...pending, startedAt: stop.at + minute, reference: 'next' };
    expect(findSessionOf(stop, [ended, next])).toBe(ended);
    expect(findSessionOf(start, [ended, next])).toBe(ended);
  });

  it('but an Acct-Session-Id that is used again after a restart belongs to the new login', () => {
    const next = { ...pending, startedAt: stop.at + minute, reference: 'next' };
    expect(findSessionOf(news('start', 21 * minute + 1_000), [ended, next])).toBe(next);
  });

  it('and one that was presumed to have ended, when nothing else fits', () => {
    const presumed: SessionState = {
      ...live,
      state: 'ended',
      endCause: 'no-news',
      endedAt: now + 5 * minute,
    };
    expect(findSessionOf(interim, [presumed])).toBe(presumed);
    expect(findSessionOf(news('interim', 30 * minute), [ended])).toBeNull();
  });
});
