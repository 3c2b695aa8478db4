// How often one account may be asked for through a gateway: by each source, and with room for many sources in all.
import { canonicalUserName } from '../../core/user-name.ts';
import type { RateLimit } from './rate-limit.ts';

const defaultRequestsPerMinute = 60;
const leastBurst = 10;
/** So many busy sources may ask for one account before the others are refused with them. */
const busySources = 10;

/**
 * The key of the limit that is exceeded, or null. Whoever uses up one source's share keeps nobody out who comes from
 * elsewhere; a request over its source's share takes nothing from the account's.
 * @param perMinute the gateway's own limit; null: the default, far above what people do
 */
export function exceededAccountLimit(
  limit: RateLimit,
  request: { readonly gatewayId: number; readonly userName: string; readonly station: string },
  realms: readonly string[],
  perMinute: number | null,
): string | null {
  // One account under one key, however its name is spelt. What no account can be called is counted as it is.
  const name = canonicalUserName(request.userName, { realms });
  const account = `account ${request.gatewayId} ${name.ok ? name.userName : `?${request.userName}`}`;
  const source = `${account}\0${request.station}`;
  const most = perMinute ?? defaultRequestsPerMinute;
  const perSecond = most / 60;
  const burst = Math.max(leastBurst, most);
  if (!limit.take(source, { perSecond, burst })) return source;
  const all = { perSecond: perSecond * busySources, burst: burst * busySources };
  return limit.take(account, all) ? null : account;
}
