// Encoding and signing: RFC 2865 §3, RFC 3579 §3.2, RFC 5176 §3.4, CVE-2024-3596.
import { describe, expect, test } from 'vitest';
import { verifyRequestAuthenticator, verifyResponse } from '../../../src/wire/radius/authenticator.ts';
import { checkMessageAuthenticator } from '../../../src/wire/radius/message-authenticator.ts';
import { all, codes, parsePacket } from '../../../src/wire/radius/packet.ts';
import { encodeReply, encodeRequest } from '../../../src/wire/radius/reply.ts';
import { createSecret } from '../../../src/wire/radius/secret.ts';

const secret = createSecret(Buffer.from('a shared secret of some length'));
const request = { identifier: 3, authenticator: Buffer.alloc(16, 0x5a) };

const signedReplies = [
  codes.AccessAccept,
  codes.AccessReject,
  codes.AccessChallenge,
  codes.DisconnectAck,
  codes.DisconnectNak,
  codes.CoaAck,
  codes.CoaNak,
  codes.ProtocolError,
];

describe('replies', () => {
  test.each(signedReplies)('code %i carries a valid Message-Authenticator at octet 20', (code) => {
    const attributes = [
      { type: 18, value: Buffer.from('no') },
      { type: 33, value: Buffer.from('p') },
    ];
    const bytes = encodeReply({ code, request, attributes, secret });
    const reply = parsePacket(bytes);
    expect(reply.attributes[0]).toMatchObject({ type: 80, offset: 20 });
    expect(reply.attributes.map(({ type }) => type)).toEqual([80, 18, 33]);
    expect(reply.identifier).toBe(3);
    expect(checkMessageAuthenticator(reply, secret, request.authenticator)).toBe('valid');
    expect(checkMessageAuthenticator(reply, secret, Buffer.alloc(16))).toBe('invalid');
    expect(verifyResponse(bytes, request.authenticator, secret)).toBe(true);
    expect(verifyResponse(bytes, Buffer.alloc(16), secret)).toBe(false);
  });

  test('Proxy-State is kept as it is, in order, over a hundred times', () => {
    const states = Array.from({ length: 120 }, (_, i) => ({ type: 33, value: Buffer.from([i, 0, 255]) }));
    const reply = parsePacket(encodeReply({ code: codes.AccessReject, request, attributes: states, secret }));
    expect(all(reply, 33).map(({ value }) => value)).toEqual(states.map(({ value }) => value));
  });

  test('4096 octets are encoded, one more is refused', () => {
    const full = Array.from({ length: 15 }, () => ({ type: 18, value: Buffer.alloc(253) }));
    const rest = 4096 - 20 - 18 - 15 * 255 - 2;
    const fits = [...full, { type: 18, value: Buffer.alloc(rest) }];
    const tooMuch = [...full, { type: 18, value: Buffer.alloc(rest + 1) }];
    const encode = (attributes: typeof full) =>
      encodeReply({ code: codes.AccessAccept, request, attributes, secret });
    expect(encode(fits).length).toBe(4096);
    expect(checkMessageAuthenticator(parsePacket(encode(fits)), secret, request.authenticator)).toBe('valid');
    expect(() => encode(tooMuch)).toThrow(RangeError);
  });

  test.each([
    ['a value over 253 octets', { type: 18, value: Buffer.alloc(254) }],
    ['a Message-Authenticator of the caller', { type: 80, value: Buffer.alloc(16) }],
    ['type 0', { type: 0, value: Buffer.alloc(1) }],
    ['type 256', { type: 256, value: Buffer.alloc(1) }],
  ])('%s is refused', (_, attribute) => {
    expect(() => encodeReply({ code: codes.AccessAccept, request, attributes: [attribute], secret })).toThrow(
      RangeError,
    );
  });
});

describe('requests', () => {
  test.each([codes.AccountingRequest, codes.CoaRequest, codes.DisconnectRequest])(
    'code %i computes its authenticator, Message-Authenticator included',
    (code) => {
      for (const messageAuthenticator of [true, false]) {
        const attributes = [{ type: 1, value: Buffer.from('alice') }];
        const bytes = encodeRequest({ code, identifier: 1, attributes, secret, messageAuthenticator });
        const packet = parsePacket(bytes);
        expect(verifyRequestAuthenticator(packet, secret)).toBe(true);
        expect(checkMessageAuthenticator(packet, secret)).toBe(messageAuthenticator ? 'valid' : 'absent');
      }
      expect(() =>
        encodeRequest({
          code,
          identifier: 1,
          attributes: [],
          secret,
          messageAuthenticator: true,
          authenticator: Buffer.alloc(16),
        }),
      ).toThrow(RangeError);
    },
  );

  test.each([codes.AccessRequest, codes.StatusServer])('code %i carries the authenticator given', (code) => {
    const authenticator = Buffer.alloc(16, 9);
    const base = { code, identifier: 1, attributes: [], secret, messageAuthenticator: true };
    const packet = parsePacket(encodeRequest({ ...base, authenticator }));
    expect(packet.authenticator).toEqual(authenticator);
    expect(checkMessageAuthenticator(packet, secret)).toBe('valid');
    expect(() => encodeRequest(base)).toThrow(RangeError);
    expect(() => encodeRequest({ ...base, authenticator: Buffer.alloc(15) })).toThrow(RangeError);
  });
});

describe('a Message-Authenticator is invalid when', () => {
  const signed = encodeRequest({
    code: codes.AccessRequest,
    identifier: 1,
    authenticator: Buffer.alloc(16, 9),
    attributes: [{ type: 1, value: Buffer.from('alice') }],
    secret,
    messageAuthenticator: true,
  });
  const withTail = (tail: Buffer) => {
    const bytes = Buffer.concat([signed, tail]);
    bytes.writeUInt16BE(bytes.length, 2);
    return parsePacket(bytes);
  };

  test('there are two, even if both are the same', () => {
    expect(checkMessageAuthenticator(withTail(signed.subarray(20, 38)), secret)).toBe('invalid');
  });

  test('there are two and the last one signs the packet as it is', () => {
    const packet = withTail(signed.subarray(20, 38));
    const valueAt = packet.bytes.length - 16;
    secret.hmacOfPacket(packet.bytes, packet.authenticator, valueAt).copy(packet.bytes, valueAt);
    expect(checkMessageAuthenticator(packet, secret)).toBe('invalid');
  });

  test.each([0, 1, 15, 17, 32])('it has %i octets', (length) => {
    const bytes = Buffer.concat([
      signed.subarray(0, 20),
      Buffer.from([80, 2 + length]),
      Buffer.alloc(length),
    ]);
    bytes.writeUInt16BE(bytes.length, 2);
    expect(checkMessageAuthenticator(parsePacket(bytes), secret)).toBe('invalid');
  });

  test('attributes were added behind it', () => {
    expect(checkMessageAuthenticator(withTail(Buffer.from('210370', 'hex')), secret)).toBe('invalid');
  });

  test('it is valid wherever it stands', () => {
    const moved = Buffer.concat([signed.subarray(0, 20), signed.subarray(38), signed.subarray(20, 38)]);
    const valueAt = moved.length - 16;
    secret.hmacOfPacket(moved, moved.subarray(4, 20), valueAt).copy(moved, valueAt);
    expect(checkMessageAuthenticator(parsePacket(moved), secret)).toBe('valid');
  });

  test('checking changes nothing in the packet', () => {
    const before = Buffer.from(signed);
    checkMessageAuthenticator(parsePacket(signed), secret);
    expect(signed).toEqual(before);
  });
});

test('a response shorter than a header does not verify', () => {
  expect(verifyResponse(Buffer.alloc(19), request.authenticator, secret)).toBe(false);
});
