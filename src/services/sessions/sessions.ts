// Who is in now, and ending it by an administrator's word.
import { OperatorError } from '../../base/errors.ts';
import { type CutOfSession, listOpenCuts, listOpenSessionsOf } from '../../store/queries/cuts.ts';
import { findGatewayDetails } from '../../store/queries/gateway-changes.ts';
import { findSession, listSessions, type OpenSession } from '../../store/queries/sessions.ts';
import { getAccount } from '../accounts/account.ts';
import { type AdministrationDeps, checkReason, readOrganisation, recordAct } from '../administration.ts';
import { orderCuts } from './order.ts';

const longestList = 10_000;

export interface SessionList {
  readonly sessions: readonly (OpenSession & { readonly cut: CutOfSession | null })[];
  readonly timeZone: string;
}

/** Sessions that may be up, with the orders to end them. @throws OperatorError for an account or gateway that is not there */
export async function showSessions(
  { store }: Pick<AdministrationDeps, 'store'>,
  filter: { readonly user?: string; readonly gateway?: string },
): Promise<SessionList> {
  const { realms, timeZone } = await readOrganisation(store);
  const account = filter.user === undefined ? null : await getAccount(store, filter.user, realms);
  const { gateway: name } = filter;
  const gateway = name === undefined ? null : await store.read((db) => findGatewayDetails(db, name));
  if (name !== undefined && gateway === null) {
    throw new OperatorError(`There is no gateway ${name}.`, {
      at: '--gateway',
      remedy: 'See "gatewarden gateway list".',
    });
  }
  return await store.read(async (db) => {
    const sessions = await listSessions(db, {
      limit: longestList,
      ...(account === null ? {} : { accountId: account.id }),
      ...(gateway === null ? {} : { gatewayId: gateway.id }),
    });
    const cuts = new Map((await listOpenCuts(db, longestList)).map((cut) => [cut.sessionId, cut]));
    return { sessions: sessions.map((one) => ({ ...one, cut: cuts.get(one.id) ?? null })), timeZone };
  });
}

/**
 * Orders the end of one session, or of all of an account. The account itself is not changed: its holder may log in again.
 * @throws OperatorError when there is nothing to cut
 */
export async function cutSessions(
  deps: AdministrationDeps,
  order: { readonly user?: string; readonly session?: number; readonly reason: string },
): Promise<{ readonly ordered: number; readonly sessions: readonly number[] }> {
  const { store, clock, by } = deps;
  const reason = checkReason(order.reason);
  const { user, session: sessionId } = order;
  const { realms } = await readOrganisation(store);
  const account = user === undefined ? null : await getAccount(store, user, realms);
  return await store.write(async (db) => {
    const one = sessionId === undefined ? null : await findSession(db, sessionId);
    const ofAccount = account === null ? [] : await listOpenSessionsOf(db, [account.id]);
    const sessions = [...ofAccount, ...(one === null || one.state === 'ended' ? [] : [one])];
    if (sessions.length === 0) {
      throw new OperatorError('No session is open.', {
        at: 'USER',
        remedy: 'See "gatewarden sessions list".',
      });
    }
    const at = clock.now();
    const ordered = await orderCuts(db, sessions, { reason: 'administrator', at, by: by.name });
    const ids = sessions.map(({ id }) => id);
    const [first] = sessions;
    await recordAct(db, by, {
      verb: 'session.cut',
      at,
      ...(first === undefined ? {} : { accountId: first.accountId, gatewayId: first.gatewayId }),
      body: { sessions: ids.join(', '), ordered },
      personal: { reason },
    });
    return { ordered, sessions: ids };
  });
}
