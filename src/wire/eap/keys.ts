// The MSK of the TLS-based methods: RFC 5216 §2.3, RFC 5281 §8, RFC 9190 §2.3, RFC 9427 §2.1.
import { eapTypes } from './packet.ts';
import type { TlsEngine } from './tls/engine.ts';

const exported = 128;
const mskLength = 64;
const labelOfTls13 = 'EXPORTER_EAP_TLS_Key_Material';

/** The first 64 octets of what both ends export: all 128 must be asked for, fewer would be other octets in TLS 1.3. */
export function exportMsk(engine: Pick<TlsEngine, 'exportKey' | 'version'>, type: number): Buffer {
  const isTls13 = engine.version === 'TLSv1.3';
  const labelOfTls12 = type === eapTypes.ttls ? 'ttls keying material' : 'client EAP encryption';
  const material = isTls13
    ? engine.exportKey(labelOfTls13, exported, Buffer.from([type]))
    : engine.exportKey(labelOfTls12, exported, null);
  return material.subarray(0, mskLength);
}
