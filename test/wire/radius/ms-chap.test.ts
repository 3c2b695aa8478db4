// MS-CHAPv2 inside RADIUS: the try of RFC 2759 §9.2, what counts as one, and the keys on their way from one secret to another.
import { expect, it } from 'vitest';
import type { EncodedAttribute } from '../../../src/wire/radius/attribute.ts';
import {
  encodeMsChapSuccess,
  encodeMsChapTry,
  type MsChapSuccess,
  readMsChapError,
  readMsChapSuccess,
  readMsChapTry,
} from '../../../src/wire/radius/ms-chap.ts';
import { codes, parsePacket } from '../../../src/wire/radius/packet.ts';
import { encodeReply } from '../../../src/wire/radius/reply.ts';
import { encodeMppeKeyPair } from '../../../src/wire/radius/salted.ts';
import { createSecret } from '../../../src/wire/radius/secret.ts';
import { encodeVendorAttribute } from '../../../src/wire/radius/vendor.ts';

const secret = createSecret(Buffer.from('secret-of-the-older-server-4hJd6fGa'));
const authenticator = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const request = { identifier: 7, authenticator };
const packetOf = (attributes: EncodedAttribute[], code: number = codes.AccessAccept) =>
  parsePacket(encodeReply({ code, request, attributes, secret }));
const vsa = (type: number, value: Buffer | string) => encodeVendorAttribute(311, type, Buffer.from(value));

const asked = {
  challenge: Buffer.from('5b5d7c7d7b3f2f3e3c2c602132262628', 'hex'),
  response: Buffer.from(
    '010021402324255e262a28295f2b3a337c7e000000000000000082309ecd8d708b5ea08faa3981cd83544233114a3d85d6df',
    'hex',
  ),
};
const success = '\u0001S=407A5589115FD0D6209F510FE9C04566932CDA56';
const keys = { recv: Buffer.alloc(16, 1), send: Buffer.alloc(16, 2) };
const encryption = { policy: Buffer.from([0, 0, 0, 1]), types: Buffer.from([0, 0, 0, 6]) };

it('a try is one challenge and one response of their lengths, and nothing that means something else', () => {
  const [challenge, response] = encodeMsChapTry(asked) as [EncodedAttribute, EncodedAttribute];
  expect(readMsChapTry(packetOf([challenge, response]))).toEqual(asked);
  for (const attributes of [
    [challenge],
    [response],
    [challenge, challenge, response],
    [challenge, response, response],
    [vsa(11, Buffer.alloc(8)), response],
    [challenge, vsa(25, Buffer.alloc(49))],
    [challenge, response, vsa(1, Buffer.alloc(50))],
    [challenge, response, { type: 24, value: Buffer.from('state') }],
  ]) {
    expect(readMsChapTry(packetOf(attributes))).toBeNull();
  }
});

it('keys come out of one secret and go under another unchanged', () => {
  const granted = { success: Buffer.from(success), keys, encryption };
  const hide = (pair: NonNullable<MsChapSuccess['keys']>) =>
    encodeMppeKeyPair(pair, Buffer.alloc(4, 9), authenticator, secret);
  const accept = packetOf(encodeMsChapSuccess(granted, hide));
  expect(readMsChapSuccess(accept, asked, authenticator, secret)).toEqual(granted);
  expect(accept.bytes.includes(keys.recv)).toBe(false);
  const without = { ...granted, keys: null, encryption: null };
  const bare = packetOf(encodeMsChapSuccess(without, hide));
  expect(readMsChapSuccess(bare, asked, authenticator, secret)).toEqual(without);
});

it.each([
  ['no proof of its own', []],
  ['a proof for another try', [vsa(26, `\u0002${success.slice(1)}`)]],
  ['a proof that is none', [vsa(26, '\u0001S=407A')]],
  ['two proofs', [vsa(26, success), vsa(26, success)]],
  ['keys that can not be read', [vsa(26, success), vsa(16, Buffer.alloc(9)), vsa(17, Buffer.alloc(9))]],
])('an Accept with %s is none', (_name, attributes) => {
  expect(readMsChapSuccess(packetOf(attributes), asked, authenticator, secret)).toBeNull();
});

it('the number of an error is read, and whatever else is there is none', () => {
  const of = (text: string) => readMsChapError(packetOf([vsa(2, `\u0001${text}`)], codes.AccessReject));
  expect(of('E=648 R=0 C=00 V=3 M=expired')).toBe(648);
  expect(of('M=E=648')).toBeNull();
  expect(readMsChapError(packetOf([], codes.AccessReject))).toBeNull();
});
