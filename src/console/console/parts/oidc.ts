// Proving oneself by the organisation's provider, in a window of its own: what was typed on this page stays. The provider's pages cut
// the two windows apart (Cross-Origin-Opener-Policy), so the answer comes over a channel of this site.
import { t } from 'i18next';
import type { ProviderAddress } from '../../../api/oidc.ts';
import { ApiError, call } from '../../shared/api.ts';

const channelName = 'gatewarden-oidc-proof';
const patienceMs = 10 * 60_000;

/** What the server may say in the address that it sends the browser back to. */
const outcomes = ['again', 'cancelled', 'stale', 'refused', 'second-factor-missing', 'unavailable'] as const;
export type OidcOutcome = (typeof outcomes)[number] | 'code' | 'done';

/** What came of it, from the address; null: nothing is said. */
export function outcomeInAddress(): OidcOutcome | null {
  const said = new URLSearchParams(window.location.search).get('oidc');
  return ([...outcomes, 'code', 'done'] as const).find((known) => known === said) ?? null;
}

/** Takes the outcome out of the address, so that loading the page again says nothing of it. */
export function forgetOutcome(): void {
  window.history.replaceState(null, '', window.location.pathname);
}

/** In the window of the provider: tells the page that waits. */
export function tellOutcome(outcome: OidcOutcome | null): void {
  const channel = new BroadcastChannel(channelName);
  channel.postMessage(outcome ?? 'again');
  channel.close();
}

/** Proves the operator once more. @throws ApiError */
export async function proveByProvider(): Promise<void> {
  const { url } = await call<ProviderAddress>('POST', '/session/step-up/oidc');
  const channel = new BroadcastChannel(channelName);
  try {
    const told = new Promise<unknown>((resolve) => {
      channel.onmessage = ({ data }) => resolve(data);
      setTimeout(() => resolve('again'), patienceMs);
    });
    if (window.open(url, 'gatewarden-oidc', 'popup,width=560,height=720') === null) {
      throw new ApiError(400, { detail: t('oidc.blocked') });
    }
    const said = await told;
    if (said === 'done') return;
    throw new ApiError(400, { detail: t(`oidc.${outcomes.find((known) => known === said) ?? 'again'}`) });
  } finally {
    channel.close();
  }
}
