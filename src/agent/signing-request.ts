// A certificate signing request (PKCS #10, RFC 2986) for a key that signs where it is kept.
import { createPublicKey } from 'node:crypto';
import type { DeviceKey } from './keys/key-store.ts';

/** DER of a value with its tag and length (X.690). */
function tlv(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  const { length } = body;
  const head =
    length < 0x80
      ? [tag, length]
      : length < 0x100
        ? [tag, 0x81, length]
        : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from(head), body]);
}

const sequence = (...parts: readonly Uint8Array[]) => tlv(0x30, ...parts);
const commonName = Buffer.from('0603550403', 'hex');
const ecdsaWithSha256 = Buffer.from('06082a8648ce3d040302', 'hex');
const version0 = Buffer.from('020100', 'hex');

/** An INTEGER of unsigned octets. */
function integer(octets: Uint8Array): Buffer {
  let start = 0;
  while (start < octets.length - 1 && octets[start] === 0) start += 1;
  const plain = Buffer.from(octets.subarray(start));
  return tlv(0x02, (plain[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), plain]) : plain);
}

/** DER of the request; its subject is only a label: the authority puts its own there. */
export async function makeSigningRequest(key: DeviceKey, label: string): Promise<Buffer> {
  const publicKey = createPublicKey({ key: { ...key.publicJwk }, format: 'jwk' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const subject = sequence(tlv(0x31, sequence(commonName, tlv(0x0c, Buffer.from(label)))));
  const info = sequence(version0, subject, spki, tlv(0xa0));
  const signature = await key.sign(info);
  const value = sequence(integer(signature.subarray(0, 32)), integer(signature.subarray(32)));
  return sequence(info, sequence(ecdsaWithSha256), tlv(0x03, Buffer.from([0]), value));
}
