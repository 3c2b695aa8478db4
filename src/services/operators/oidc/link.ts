// Taking an operator's link to the provider away: by themselves, or by an administrator; and the end of their sessions when the provider
// says that they signed out (OpenID Connect Back-Channel Logout 1.0).
import { OperatorError } from '../../../base/errors.ts';
import { changeOperator, findOperator, findOperatorBySubject } from '../../../store/queries/operators.ts';
import { spendChallenge } from '../../../store/queries/passkeys.ts';
import { endWebSessionsOf } from '../../../store/queries/web-sessions.ts';
import { type AdministrationDeps, changedMeanwhile, checkReason, recordAct } from '../../administration.ts';
import { inOneWrite } from '../../one-write.ts';
import { getOtherOperator, type OperatorDeps } from '../operators.ts';
import { subjectOf } from './identity.ts';
import type { OidcDeps } from './sign-in.ts';

/** A logout token's claims are remembered so long, whatever its end: it is good once. */
const replayMs = 24 * 3_600_000;
const logoutEvent = 'http://schemas.openid.net/event/backchannel-logout';

function notLinked(): OperatorError {
  return new OperatorError("The operator is not linked to the organisation's account.", {
    at: 'id',
    remedy: 'Load the page again.',
    vi: ['Cán bộ vận hành này chưa liên kết với tài khoản của cơ quan.', 'Tải lại trang.'],
    fault: 'not-found',
  });
}

type UnlinkDeps = Pick<AdministrationDeps, 'store' | 'clock' | 'by'>;

async function unlink(
  { store, clock, by }: UnlinkDeps,
  operatorId: number,
  more: { readonly reason: string | null; readonly exceptSessionId: number | null },
): Promise<void> {
  const at = clock.now();
  await store.write(async (db) => {
    const operator = await findOperator(db, operatorId);
    if (operator === null || operator.oidcSubject === null) throw notLinked();
    if (!(await changeOperator(db, operator, { oidcSubject: null }))) throw changedMeanwhile('The operator');
    const sessions = await endWebSessionsOf(db, { operatorId }, at, more.exceptSessionId);
    await recordAct(db, by, {
      verb: 'operator.unlink-provider',
      at,
      body: { operatorId, sessions },
      personal: more.reason === null ? {} : { reason: more.reason },
    });
  });
}

/** One's own; the other sessions end. @throws OperatorError when there is none */
export function unlinkOwn(deps: UnlinkDeps, operatorId: number, sessionId: number): Promise<void> {
  return unlink(deps, operatorId, { reason: null, exceptSessionId: sessionId });
}

/** Another operator's, whose sessions end. @throws OperatorError */
export async function unlinkOther(
  deps: OperatorDeps,
  order: { readonly operatorId: number; readonly reason: string },
): Promise<void> {
  const reason = checkReason(order.reason, 'reason');
  await inOneWrite(deps, async (inner, db) => {
    await getOtherOperator(db, inner, order.operatorId);
    await unlink(inner, order.operatorId, { reason, exceptSessionId: null });
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/**
 * Ends the sessions of the operator whom a logout token names; one who is unknown here has none.
 * @returns false when the token is not to be believed
 */
export async function endByLogoutToken(
  deps: Pick<OidcDeps, 'store' | 'clock' | 'config' | 'provider'>,
  token: string,
  address: string,
): Promise<boolean> {
  const { store, clock, config, provider } = deps;
  const claims = await provider.verifyLogoutToken(token);
  if (claims === null) return false;
  const { sub, jti, events, nonce } = claims;
  if (typeof sub !== 'string' || typeof jti !== 'string' || nonce !== undefined) return false;
  if (!isRecord(events) || !isRecord(events[logoutEvent])) return false;
  const at = clock.now();
  return await store.write(async (db) => {
    if (!(await spendChallenge(db, `oidc-logout:${jti.slice(0, 200)}`, at + replayMs))) return false;
    const operator = await findOperatorBySubject(db, subjectOf(config.issuer, sub));
    if (operator === null) return true;
    const sessions = await endWebSessionsOf(db, { operatorId: operator.id }, at);
    await recordAct(
      db,
      { name: 'OpenID Connect', via: 'console' },
      {
        verb: 'operator.sign-out',
        at,
        detail: 'oidc-back-channel',
        body: { operatorId: operator.id, sessions },
        personal: { address },
      },
    );
    return true;
  });
}
