// Vectors made for this project and cross-checked on the wire with radclient 3.2.1, decoded and encoded.
import { describe, expect, test } from 'vitest';
import { encodeValue } from '../../../src/wire/radius/attribute.ts';
import { verifyRequestAuthenticator, verifyResponse } from '../../../src/wire/radius/authenticator.ts';
import { checkMessageAuthenticator } from '../../../src/wire/radius/message-authenticator.ts';
import { all, codes, first, parsePacket } from '../../../src/wire/radius/packet.ts';
import { encodeReply, encodeRequest } from '../../../src/wire/radius/reply.ts';
import { encodeMppeKeys, revealMppeKey } from '../../../src/wire/radius/salted.ts';
import { createSecret } from '../../../src/wire/radius/secret.ts';
import { hideUserPassword, revealUserPassword } from '../../../src/wire/radius/user-password.ts';
import { vendorAttributes } from '../../../src/wire/radius/vendor.ts';
import { loadVectors, present } from './vectors.ts';

const { secret, bytes } = loadVectors('own');
const wrong = createSecret(Buffer.from('testing123-secret-0123456789abce'));

const text = (type: number, value: string) => ({ type, value: Buffer.from(value) });
const integer = (type: number, value: number) => ({ type, value: encodeValue('integer', value) });
const sequence = (from: number, length: number) => Buffer.from(Array.from({ length }, (_, i) => from + i));

const request = parsePacket(bytes('access-request'));

describe('Access-Request with Message-Authenticator first', () => {
  test('decodes and verifies', () => {
    expect(request.code).toBe(codes.AccessRequest);
    expect(request.identifier).toBe(7);
    expect(request.authenticator).toEqual(sequence(0, 16));
    expect(request.attributes.map(({ type }) => type)).toEqual([80, 1, 2, 32]);
    expect(checkMessageAuthenticator(request, secret)).toBe('valid');
    expect(checkMessageAuthenticator(request, wrong)).toBe('invalid');
    const value = present(first(request, 2)).value;
    expect(revealUserPassword(value, request.authenticator, secret)?.toString()).toBe(
      'correct horse battery staple123456',
    );
    expect(revealUserPassword(value, request.authenticator, wrong)?.toString()).not.toContain('horse');
  });

  test('encodes to the same octets', () => {
    const password = Buffer.from('correct horse battery staple123456');
    const encoded = encodeRequest({
      code: codes.AccessRequest,
      identifier: 7,
      authenticator: request.authenticator,
      attributes: [
        text(1, 'alice'),
        { type: 2, value: hideUserPassword(password, request.authenticator, secret) },
        text(32, 'vpn1'),
      ],
      secret,
      messageAuthenticator: true,
    });
    expect(encoded).toEqual(bytes('access-request'));
  });

  test('any changed octet is noticed', () => {
    for (let at = 4; at < request.bytes.length; at += 1) {
      const changed = Buffer.from(request.bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      let verdict = 'malformed';
      try {
        verdict = checkMessageAuthenticator(parsePacket(changed), secret);
      } catch {
        // A changed length octet may break the framing, which is as good.
      }
      expect(verdict).not.toBe('valid');
    }
  });
});

describe('Access-Accept with MPPE keys and two Proxy-States', () => {
  const accept = parsePacket(bytes('access-accept'));

  test('decodes and verifies', () => {
    expect(verifyResponse(accept.bytes, request.authenticator, secret)).toBe(true);
    expect(verifyResponse(accept.bytes, request.authenticator, wrong)).toBe(false);
    expect(checkMessageAuthenticator(accept, secret, request.authenticator)).toBe('valid');
    expect(checkMessageAuthenticator(accept, secret)).toBe('invalid');
    expect(all(accept, 33).map(({ value }) => value.toString())).toEqual(['p1', 'p2']);
    const key = (vendorType: number) =>
      revealMppeKey(
        present(vendorAttributes(accept, 311, vendorType)[0]).value,
        request.authenticator,
        secret,
      );
    expect(key(17)).toEqual(sequence(0x20, 32));
    expect(key(16)).toEqual(sequence(0x40, 32));
  });

  test('encodes to the same octets', () => {
    const salts = Buffer.from('80018002', 'hex');
    const encoded = encodeReply({
      code: codes.AccessAccept,
      request,
      attributes: [
        text(25, 'cls-1'),
        integer(27, 3600),
        ...encodeMppeKeys(sequence(0x20, 64), salts, request.authenticator, secret),
        text(33, 'p1'),
        text(33, 'p2'),
      ],
      secret,
    });
    expect(encoded).toEqual(bytes('access-accept'));
  });
});

describe('Accounting-Request and its response', () => {
  const start = parsePacket(bytes('accounting-request'));

  test('decode and verify', () => {
    expect(verifyRequestAuthenticator(start, secret)).toBe(true);
    expect(verifyRequestAuthenticator(start, wrong)).toBe(false);
    expect(checkMessageAuthenticator(start, secret)).toBe('absent');
    expect(verifyResponse(bytes('accounting-response'), start.authenticator, secret)).toBe(true);
  });

  test('encode to the same octets, without Message-Authenticator', () => {
    const encoded = encodeRequest({
      code: codes.AccountingRequest,
      identifier: 9,
      attributes: [integer(40, 1), text(1, 'alice'), text(44, 's1')],
      secret,
      messageAuthenticator: false,
    });
    expect(encoded).toEqual(bytes('accounting-request'));
    const response = encodeReply({ code: codes.AccountingResponse, request: start, attributes: [], secret });
    expect(response).toEqual(bytes('accounting-response'));
  });
});

describe('Disconnect-Request', () => {
  const disconnect = parsePacket(bytes('disconnect-request'));

  test('decodes and verifies, its Message-Authenticator over zeros', () => {
    expect(verifyRequestAuthenticator(disconnect, secret)).toBe(true);
    expect(verifyRequestAuthenticator(disconnect, wrong)).toBe(false);
    expect(checkMessageAuthenticator(disconnect, secret)).toBe('valid');
    expect(checkMessageAuthenticator(disconnect, wrong)).toBe('invalid');
  });

  test('encodes to the same octets', () => {
    const encoded = encodeRequest({
      code: codes.DisconnectRequest,
      identifier: 11,
      attributes: [text(1, 'alice'), text(44, 's1'), integer(55, 1_700_000_000)],
      secret,
      messageAuthenticator: true,
    });
    expect(encoded).toEqual(bytes('disconnect-request'));
  });
});
