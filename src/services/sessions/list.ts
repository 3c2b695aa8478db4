// Open sessions page by page, and one with what became of the order to end it.
import { OperatorError } from '../../base/errors.ts';
import { canonicalUserName } from '../../core/user-name.ts';
import {
  findSessionInList,
  type ListedSession,
  listOpenSessionPage,
} from '../../store/queries/session-list.ts';
import type { UnitsWithin } from '../../store/queries/within.ts';
import type { Store } from '../../store/store.ts';
import { type PageOf, pageOf, readCursor } from '../page.ts';

export interface ShownSession
  extends Omit<ListedSession, 'cutState' | 'cutReason' | 'cutOrderedAt' | 'cutAttempts' | 'cutError'> {
  /** The open order to end it. */
  readonly cut: {
    readonly state: string;
    readonly reason: string;
    readonly orderedAt: number;
    readonly attempts: number;
    readonly error: string | null;
  } | null;
}

function shown(row: ListedSession): ShownSession {
  const { cutState, cutReason, cutOrderedAt, cutAttempts, cutError, ...session } = row;
  const cut =
    cutState === null || cutReason === null || cutOrderedAt === null
      ? null
      : {
          state: cutState,
          reason: cutReason,
          orderedAt: cutOrderedAt,
          attempts: cutAttempts ?? 0,
          error: cutError,
        };
  return { ...session, cut };
}

export async function listSessionPage(
  { store }: { readonly store: Pick<Store, 'read'> },
  query: {
    readonly within: UnitsWithin;
    /** Beginning of a user name, as typed. */
    readonly q: string | null;
    readonly accountId: number | null;
    readonly gateway: string | null;
    readonly isBeingCut: boolean;
    readonly withoutRightAt: number | null;
    readonly cursor: string | undefined;
    readonly limit: number;
  },
): Promise<PageOf<ShownSession>> {
  const { q, cursor, limit, ...filter } = query;
  const place = readCursor(cursor, ['number', 'number']);
  const typed =
    q === null || q.trim() === '' ? null : canonicalUserName(q.normalize('NFC').trim(), { realms: [] });
  // What can't be the beginning of a user name is the beginning of none.
  if (typed !== null && !typed.ok) return { items: [], next: null };
  const rows = await store.read((db) =>
    listOpenSessionPage(db, {
      ...filter,
      userName: typed === null ? null : typed.userName,
      after: place === null ? null : { startedAt: Number(place[0]), id: Number(place[1]) },
      limit: limit + 1,
    }),
  );
  const { items, next } = pageOf(rows, limit, ({ startedAt, id }) => [startedAt, id]);
  return { items: items.map(shown), next };
}

/** @throws OperatorError when there is no such session */
export async function showSession(
  { store }: { readonly store: Pick<Store, 'read'> },
  id: number,
): Promise<{ readonly session: ShownSession; readonly cutState: string | null }> {
  const found = await store.read((db) => findSessionInList(db, id));
  if (found === null) {
    throw new OperatorError('There is no such session.', {
      at: 'id',
      remedy: 'See the list of sessions.',
      vi: ['Không có phiên này.', 'Xem lại danh sách phiên.'],
    });
  }
  const { lastCut, ...session } = found;
  return { session: shown(session), cutState: lastCut?.state ?? null };
}
