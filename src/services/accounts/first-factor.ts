// Who knows the password of one account, before any policy: so that accounts move from an older server to the broker one by one.
import { OperatorError } from '../../base/errors.ts';
import { type AdministrationDeps, checkReason, readOrganisation } from '../administration.ts';
import { checkUpstream } from '../first-factor/known-upstream.ts';
import { actOnAccount, getAccount } from './account.ts';
import type { Done } from './standing.ts';

/**
 * `firstFactor`: `own`, the name of an upstream, or null for what the policy says.
 * @throws OperatorError for a name that is none, `own` without a password of its own, or nothing to change
 */
export async function setFirstFactor(
  deps: AdministrationDeps & { readonly upstreams: readonly string[] },
  order: { readonly user: string; readonly firstFactor: string | null; readonly reason: string },
): Promise<Done> {
  const reason = checkReason(order.reason);
  const { firstFactor } = order;
  const { realms } = await readOrganisation(deps.store);
  const account = await getAccount(deps.store, order.user, realms);
  const { userName } = account;
  if (firstFactor !== null) checkUpstream(firstFactor, deps.upstreams, '--first-factor');
  if (firstFactor === account.firstFactor) {
    throw new OperatorError(`${userName} has this already.`, {
      at: '--first-factor',
      remedy: 'Nothing needs to be done.',
      vi: [`${userName} đang được đặt đúng như vậy.`, 'Không cần làm gì.'],
    });
  }
  if (firstFactor === 'own' && account.passwordPhc === null) {
    throw new OperatorError(`${userName} has no password of its own: nobody could sign in with it.`, {
      at: '--first-factor',
      remedy:
        'Let the holder set one with an activation code, or set one with "gatewarden account set-password", first.',
      vi: [
        `${userName} chưa có mật khẩu do hệ thống này giữ.`,
        'Cấp mã kích hoạt để chủ tài khoản đặt mật khẩu trước.',
      ],
    });
  }
  const { revision } = await actOnAccount(deps, account, {
    verb: 'account.set-first-factor',
    set: { firstFactor },
    body: { firstFactor, formerFirstFactor: account.firstFactor },
    personal: { reason },
  });
  return { userName, revision };
}
