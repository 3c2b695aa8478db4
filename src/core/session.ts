// A session as the gateway's accounting tells of it: pending, live, ended. Pure; news may be late, repeated or missing.

/** `stopped` is the gateway's own word; the others are what was concluded without it. */
export type EndCause =
  | 'stopped'
  | 'gateway-restarted'
  /** No Accounting-Start within the profile's time. */
  | 'never-started'
  /** Interim-Updates stayed away. */
  | 'no-news'
  /** A newer session of the same workstation took its place. */
  | 'given-way'
  /** It was cut, and the gateway's own list of tunnels no longer holds it. */
  | 'cut';

export interface SessionState {
  readonly state: 'pending' | 'live' | 'ended';
  readonly accountId: number;
  readonly gatewayId: number;
  readonly station: string;
  readonly startedAt: number;
  readonly until: number;
  readonly openUntil: number | null;
  readonly endedAt: number | null;
  readonly endCause: EndCause | null;
  readonly acctSessionId: string | null;
  readonly reference: string | null;
  readonly liveAt: number | null;
  readonly lastSeenAt: number | null;
  readonly framedIpAddress: string | null;
  readonly octetsIn: number | null;
  readonly octetsOut: number | null;
  readonly terminateCause: number | null;
  /** JSON. */
  readonly identification: string | null;
}

/** One Accounting-Request about one session. */
export interface SessionNews {
  readonly kind: 'start' | 'interim' | 'stop';
  readonly gatewayId: number;
  /** When it happened. */
  readonly at: number;
  readonly receivedAt: number;
  /** Null: the name is nobody's. */
  readonly accountId: number | null;
  readonly station: string;
  readonly acctSessionId: string | null;
  /** Class, where the gateway echoes it. */
  readonly references: readonly string[];
  readonly framedIpAddress: string | null;
  readonly octetsIn: number | null;
  readonly octetsOut: number | null;
  readonly terminateCause: number | null;
  readonly identification: Readonly<Record<string, string>>;
  /** Milliseconds between Interim-Updates; 0: none come. */
  readonly interimMs: number;
}

/** Gateways stamp whole seconds. */
const resolutionMs = 2_000;
/** How far a gateway's clock may be behind before a login seems to come after its own tunnel. */
const clockToleranceMs = 300_000;
/** Interim-Updates that may be missing in a row, and the time for the last of them to be repeated. */
const missedInterims = 3;
const lateMs = 60_000;
/** How long after its end a tunnel of which no Interim-Updates come still counts as open. */
const afterEndMs = 3_600_000;

const isOpen = ({ state }: SessionState): boolean => state !== 'ended';
/** It ended by a conclusion of ours, which news can refute. */
const isPresumed = ({ state, endCause }: SessionState): boolean =>
  state === 'ended' && endCause !== 'stopped';

function isNearer(a: SessionState, b: SessionState, at: number): boolean {
  return Math.abs(a.startedAt - at) < Math.abs(b.startedAt - at);
}

function nearest<T extends SessionState>(sessions: readonly T[], at: number): T | null {
  return sessions.reduce<T | null>(
    (best, one) => (best === null || isNearer(one, best, at) ? one : best),
    null,
  );
}

/**
 * Which session the news is about, or null. In this order: the reference that the gateway echoes; its Acct-Session-Id among
 * open sessions; the same among ended ones, when the news is a repetition from before the end; the account and the station
 * of a session that is open and has no Acct-Session-Id yet; at last one that was only presumed to have ended.
 */
export function findSessionOf<T extends SessionState>(news: SessionNews, candidates: readonly T[]): T | null {
  const { acctSessionId, at } = news;
  const own = candidates.filter(({ gatewayId }) => gatewayId === news.gatewayId);
  const byReference = own.find(
    (session) =>
      session.reference !== null &&
      news.references.includes(session.reference) &&
      // A gateway that reconnects by itself opens another tunnel under the same Accept.
      (session.acctSessionId === null || acctSessionId === null || session.acctSessionId === acctSessionId),
  );
  if (byReference !== undefined) return byReference;

  const sameId = acctSessionId === null ? [] : own.filter((one) => one.acctSessionId === acctSessionId);
  const open = nearest(sameId.filter(isOpen), at);
  if (open !== null) return open;
  const isRepeated = ({ endedAt }: SessionState) => endedAt !== null && at <= endedAt + resolutionMs;
  const repeated = nearest(sameId.filter(isRepeated), at);
  if (repeated !== null) return repeated;

  const waiting = own.filter(
    (session) =>
      isOpen(session) &&
      session.accountId === news.accountId &&
      (session.acctSessionId === null || acctSessionId === null) &&
      (session.station === news.station || session.station === '' || news.station === '') &&
      session.startedAt <= at + clockToleranceMs,
  );
  return nearest(waiting, at) ?? nearest(sameId.filter(isPresumed), at);
}

function latest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.max(a, b);
}

function mergeIdentification(known: string | null, news: SessionNews['identification']): string | null {
  if (Object.keys(news).length === 0) return known;
  const former: unknown = known === null ? {} : JSON.parse(known);
  const merged = { ...(former as Record<string, string>), ...news };
  const text = JSON.stringify(merged);
  return text === known ? known : text;
}

/** Past which instant a live session counts as ended when nothing more is heard of it. */
function openUntilOf(session: SessionState, news: SessionNews): number {
  if (news.interimMs > 0) return news.receivedAt + missedInterims * news.interimMs + lateMs;
  return Math.max(session.until, news.receivedAt) + afterEndMs;
}

/**
 * The session after the news; the very same object when it says nothing new. What a Stop has ended stays ended; what was
 * only presumed to have ended is live again when the gateway still speaks of it.
 */
export function afterNews<T extends SessionState>(session: T, news: SessionNews): T {
  if (session.endCause === 'stopped') return session;
  const counted = {
    acctSessionId: session.acctSessionId ?? news.acctSessionId,
    framedIpAddress: news.framedIpAddress ?? session.framedIpAddress,
    octetsIn: latest(session.octetsIn, news.octetsIn),
    octetsOut: latest(session.octetsOut, news.octetsOut),
    lastSeenAt: latest(session.lastSeenAt, news.at),
    identification: mergeIdentification(session.identification, news.identification),
  };
  if (news.kind === 'stop') {
    return {
      ...session,
      ...counted,
      state: 'ended',
      endCause: 'stopped',
      endedAt: news.at,
      terminateCause: news.terminateCause,
    };
  }
  // News from before what ended it: it arrives late and refutes nothing.
  if (session.endedAt !== null && news.at <= session.endedAt && session.endCause !== 'never-started') {
    return session;
  }
  if (session.state === 'live' && news.at <= (session.lastSeenAt ?? 0)) {
    const isEarlierStart = news.kind === 'start' && news.at < (session.liveAt ?? 0);
    return isEarlierStart ? { ...session, liveAt: news.at } : session;
  }
  return {
    ...session,
    ...counted,
    state: 'live',
    endCause: null,
    endedAt: null,
    liveAt: session.liveAt ?? news.at,
    openUntil: Math.max(session.state === 'live' ? (session.openUntil ?? 0) : 0, openUntilOf(session, news)),
  };
}

/** A session that no Accept of ours is known for, as its first news tells of it. It has no right to go on by itself. */
export function adoptedSession(
  news: SessionNews & { readonly accountId: number },
): SessionState & { readonly workstationId: null } {
  const { accountId, gatewayId, station, at, acctSessionId } = news;
  const empty = {
    accountId,
    gatewayId,
    station,
    workstationId: null,
    startedAt: at,
    until: at,
    state: 'pending' as const,
    openUntil: null,
    endedAt: null,
    endCause: null,
    acctSessionId,
    reference: null,
    liveAt: null,
    lastSeenAt: null,
    framedIpAddress: null,
    octetsIn: null,
    octetsOut: null,
    terminateCause: null,
    identification: null,
  };
  return afterNews(empty, news);
}
