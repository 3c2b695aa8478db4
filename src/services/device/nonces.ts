// Nonces for device proofs (RFC 9449 §8): made without state, so that any node can check what another one gave out.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Random } from '../../base/random.ts';
import type { Keyring } from '../secrets/keyring.ts';

const lifetimeMs = 120_000;
const idOctets = 12;
const instantOctets = 6;
const macOctets = 16;
const form = /^[A-Za-z0-9_-]{46}$/;

export interface GoodNonce {
  /** Names it for its single use. */
  readonly nonceId: string;
  readonly expiresAt: number;
}

export interface Nonces {
  issue(now: number): string;
  /** Null: not one of this cluster's, or it has run out. Whether it was used before is for the store to say. */
  check(nonce: string, now: number): GoodNonce | null;
}

/** Creates the making and checking of nonces under a key of the cluster. */
export function createNonces(deps: {
  readonly keyring: Pick<Keyring, 'clusterKeys'>;
  readonly random: Random;
}): Nonces {
  const macs = (body: Buffer): Buffer[] =>
    deps.keyring
      .clusterKeys('device-nonce')
      .map(({ key }) => createHmac('sha256', key).update(body).digest().subarray(0, macOctets));
  return {
    issue(now) {
      const body = Buffer.alloc(idOctets + instantOctets);
      deps.random.bytes(idOctets).copy(body);
      body.writeUIntBE(now + lifetimeMs, idOctets, instantOctets);
      const [mac] = macs(body);
      if (mac === undefined) throw new Error('the keyring has no cluster secret');
      return Buffer.concat([body, mac]).toString('base64url');
    },
    check(nonce, now) {
      if (!form.test(nonce)) return null;
      const octets = Buffer.from(nonce, 'base64url');
      const body = octets.subarray(0, idOctets + instantOctets);
      const mac = octets.subarray(idOctets + instantOctets);
      if (mac.length !== macOctets || !macs(body).some((one) => timingSafeEqual(one, mac))) return null;
      const expiresAt = body.readUIntBE(idOctets, instantOctets);
      return now < expiresAt ? { nonceId: body.subarray(0, idOctets).toString('hex'), expiresAt } : null;
    },
  };
}
