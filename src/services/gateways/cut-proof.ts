// Whether a gateway has been seen to end sessions when told to: kept with it, and shown; until then its sessions are short.
import type { Clock } from '../../base/clock.ts';
import { type GatewayDetails, updateGateway } from '../../store/queries/gateway-changes.ts';
import { bumpSettingsVersion } from '../../store/queries/settings.ts';
import type { Store } from '../../store/store.ts';

/** Notes what the doctor has seen. Logins follow it from the next one on. */
export async function noteCutProof(
  { store, clock }: { readonly store: Pick<Store, 'write'>; readonly clock: Clock },
  gateway: Pick<GatewayDetails, 'id' | 'cutProvenAt'>,
  isProven: boolean,
): Promise<void> {
  if (!isProven && gateway.cutProvenAt === null) return;
  await store.write(async (db) => {
    await updateGateway(db, gateway.id, { cutProvenAt: isProven ? clock.now() : null });
    if ((gateway.cutProvenAt !== null) !== isProven) await bumpSettingsVersion(db);
  });
}
