// Rate limits of a gateway and of an account through it. What is over one is refused, and put on record once a window.
import type { LoginRequest, Verdict } from '../login.ts';
import type { Gateway } from '../settings/clients.ts';
import { exceededAccountLimit } from './account-limit.ts';
import { createRateLimit, createWindows } from './rate-limit.ts';

const windowMs = 10_000;
const maxKeys = 100_000;
/** Unless the gateway has its own: more than a node decides, so that it bounds only a flood. */
const defaultRequestsPerSecond = 50_000;

/** Whom a request is for, as it says itself. */
type Asked = Pick<LoginRequest, 'userName' | 'station'>;

export interface Limits {
  /** The key of the gateway's limit if that is exceeded, or null. */
  gateway(gateway: Gateway): string | null;
  /** The key of the account's limit if that is exceeded, or null. */
  account(gateway: Gateway, asked: Asked): string | null;
  /** The refusal on record for this limit in the window that is open; undefined: there is none. */
  refusal(limit: string): Promise<Verdict> | undefined;
  /** Asks for a verdict; `limit`: the key of the one that is exceeded, or null. */
  ask(login: LoginRequest, limit: string | null): Promise<Verdict>;
}

export function createLimits(deps: {
  /** Never rejects. */
  readonly ask: (login: LoginRequest) => Promise<Verdict>;
  readonly realms: () => readonly string[];
  readonly monotonic: () => number;
}): Limits {
  const { ask, monotonic } = deps;
  const rateLimit = createRateLimit({ maxKeys, monotonic });
  const windows = createWindows<Promise<Verdict>>({ windowMs, maxKeys, monotonic });
  return {
    gateway({ gatewayId, requestsPerSecond }) {
      const perSecond = requestsPerSecond ?? defaultRequestsPerSecond;
      const key = `gateway ${gatewayId}`;
      return rateLimit.take(key, { perSecond, burst: perSecond * 4 }) ? null : key;
    },
    account({ gatewayId, accountRequestsPerMinute }, { userName, station }) {
      const request = { gatewayId, userName, station };
      return exceededAccountLimit(rateLimit, request, deps.realms(), accountRequestsPerMinute);
    },
    refusal: (limit) => windows.find(limit),
    async ask(login, limit) {
      if (limit === null) return await ask(login);
      const refused: LoginRequest = { ...login, refused: { reason: 'too-many-requests', detail: null } };
      if (login.isHealthProbe) return await ask(refused);
      // Recorded once a window; whoever keeps asking gets the lookup code of that record, which a probe has none of.
      const open = windows.find(limit);
      if (open !== undefined) return await open;
      const verdict = ask(refused);
      windows.open(limit, verdict);
      const settled = await verdict;
      if (settled.kind !== 'reject') windows.close(limit);
      return settled;
    },
  };
}
