// Sessions of a web site: an opaque random token in a cookie, of which the store keeps the hash; limited, revocable.
import { createHash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import {
  deleteOldWebSessions,
  endWebSession,
  endWebSessionByToken,
  endWebSessionsOf,
  findWebSession,
  insertWebSession,
  listWebSessionsOf,
  proveWebSession,
  touchWebSession,
  type WebSessionRow,
  type WebSubject,
} from '../../store/queries/web-sessions.ts';
import type { Store } from '../../store/store.ts';
import type { Db } from '../../store/tables.ts';

const tokenOctets = 32;
/** A session's last use is written down this often at most. */
const touchMs = 60_000;
const keepEndedMs = 30 * 86_400_000;

export interface SessionLimits {
  /** Ends when nothing was asked for this long … */
  readonly idleMs: number;
  /** … and this long after it began, whatever is done. */
  readonly absoluteMs: number;
  /** For so long after a proof dangerous acts need no further one. */
  readonly stepUpMs: number;
}

export const consoleLimits: SessionLimits = {
  idleMs: 30 * 60_000,
  absoluteMs: 10 * 3_600_000,
  stepUpMs: 5 * 60_000,
};
export const portalLimits: SessionLimits = {
  idleMs: 15 * 60_000,
  absoluteMs: 2 * 3_600_000,
  stepUpMs: 5 * 60_000,
};

/** How the holder proved who it is. */
type SignInMethod = 'password+code' | 'passkey' | 'oidc' | 'oidc+code' | 'link' | 'activation';

export interface SessionOrigin {
  readonly method: SignInMethod;
  /** Address of the client. */
  readonly address: string;
  readonly userAgent: string;
  /** The token that the browser came with; its session ends. Null: it had none. */
  readonly former: string | null;
}

export interface WebSessions {
  readonly limits: SessionLimits;
  /**
   * Begins a session within the write that proved its holder, so that no proof is spent in vain. Always a new token:
   * one that somebody planted before the sign-in is worth nothing. The browser's former session, whosever it was, ends.
   * @returns the token, for the cookie alone
   */
  begin(
    db: Db,
    subject: WebSubject,
    origin: SessionOrigin,
  ): Promise<{ readonly token: string; readonly id: number }>;
  /** The session of a token; null when there is none any more. Notes that it was used. */
  find(token: string): Promise<WebSessionRow | null>;
  /** Whether the last proof is fresh enough for a dangerous act. */
  isProved(session: Pick<WebSessionRow, 'provedAt'>): boolean;
  /**
   * Within the write that proved the holder once more: the session goes on under another token, so that whoever knew the former one
   * gains nothing. Its CSRF token stays, for other tabs.
   * @returns the new token, for the cookie alone; null when the session has ended, or has another token by now
   */
  prove(db: Db, id: number, former: string): Promise<string | null>;
  end(subject: WebSubject, id: number): Promise<boolean>;
  endAll(db: Db, subject: WebSubject, exceptId?: number): Promise<number>;
  list(subject: WebSubject): Promise<WebSessionRow[]>;
}

/** SHA-256 suffices: tokens are random, nobody can list them. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}

/** 132 of a token's bits stay for the session's life; the other 126 are new after each proof. */
const lastingCharacters = 22;

/** What requests that change something must carry beside the cookie: known to the site's own pages alone, the same for a session's life. */
export function csrfTokenOf(token: string): string {
  const lasting = token.slice(0, lastingCharacters);
  return createHash('sha256').update(`csrf:${lasting}`, 'utf8').digest('base64url');
}

/** A token of 256 random bits, base64url. */
export function newToken(random: Random): string {
  return random.bytes(tokenOctets).toString('base64url');
}

export function createWebSessions(deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly site: WebSessionRow['site'];
  readonly limits: SessionLimits;
}): WebSessions {
  const { store, clock, random, site, limits } = deps;
  const inForce = () => ({ now: clock.now(), seenAfter: clock.now() - limits.idleMs });
  return {
    limits,

    async begin(db, subject, { method, address, userAgent, former }) {
      const token = newToken(random);
      const now = clock.now();
      if (former !== null) await endWebSessionByToken(db, { tokenHash: hashToken(former), site }, now);
      const id = await insertWebSession(db, {
        ...subject,
        tokenHash: hashToken(token),
        site,
        method,
        address,
        userAgent: userAgent.replace(/\p{Cc}/gu, '').slice(0, 200),
        createdAt: now,
        lastSeenAt: now,
        expiresAt: now + limits.absoluteMs,
        provedAt: now,
      });
      return { token, id };
    },

    async find(token) {
      const query = { tokenHash: hashToken(token), site, ...inForce() };
      const session = await store.read((db) => findWebSession(db, query));
      if (session !== null && query.now - session.lastSeenAt >= touchMs) {
        await store.write((db) => touchWebSession(db, session.id, query.now));
      }
      return session;
    },

    isProved: ({ provedAt }) => {
      const age = clock.now() - provedAt;
      return age >= 0 && age < limits.stepUpMs;
    },
    async prove(db, id, former) {
      const fresh = newToken(random);
      const next = former.slice(0, lastingCharacters) + fresh.slice(lastingCharacters);
      const tokens = { former: hashToken(former), next: hashToken(next) };
      return (await proveWebSession(db, id, tokens, clock.now())) ? next : null;
    },
    end: (subject, id) => store.write((db) => endWebSession(db, subject, id, clock.now())),
    endAll: (db, subject, exceptId) => endWebSessionsOf(db, subject, clock.now(), exceptId ?? null),
    list: (subject) => store.read((db) => listWebSessionsOf(db, subject, inForce())),
  };
}

/** Takes sessions of all sites away that have been over for a month. */
export async function deleteOldSessions(deps: {
  readonly store: Store;
  readonly clock: Clock;
}): Promise<void> {
  await deps.store.write((db) => deleteOldWebSessions(db, deps.clock.now() - keepEndedMs));
}
