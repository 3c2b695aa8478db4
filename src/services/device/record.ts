// What is written when a workstation's proof is refused before anybody's account was named.
import { randomCode } from '../../base/random.ts';
import { appendRecord } from '../../store/audit/append.ts';
import type { AdministrationDeps } from '../administration.ts';
import type { ProofFault } from './proof.ts';

/** Records the refusal; the lookup code by which the help desk finds it. */
export async function recordBadProof(
  deps: Pick<AdministrationDeps, 'store' | 'clock' | 'random'>,
  refused: { readonly fault: ProofFault; readonly address: string; readonly path: string },
): Promise<string> {
  const { store, clock, random } = deps;
  const lookupCode = randomCode(random, 8);
  await store.write((db) =>
    appendRecord(db, {
      kind: 'decision',
      at: clock.now(),
      accountId: null,
      gatewayId: null,
      outcome: 'deny',
      reason: 'device-proof-invalid',
      detail: refused.fault,
      lookupCode,
      body: { purpose: refused.path.split('/').at(3) ?? '', method: 'https' },
      personal: { station: refused.address },
    }),
  );
  return lookupCode;
}
