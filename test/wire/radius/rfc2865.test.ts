// The examples of RFC 2865 §7, decoded and encoded.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { verifyResponse } from '../../../src/wire/radius/authenticator.ts';
import { codes, first, parsePacket } from '../../../src/wire/radius/packet.ts';
import { encodeRequest } from '../../../src/wire/radius/reply.ts';
import { hideUserPassword, revealUserPassword } from '../../../src/wire/radius/user-password.ts';
import { loadVectors, present } from './vectors.ts';

const { secret, bytes } = loadVectors('rfc2865');

const reveal = (value: Buffer, authenticator: Buffer) =>
  revealUserPassword(value, authenticator, secret)?.toString();

/** Encodes an Access-Request without Message-Authenticator, its password hidden afresh. */
function reencode(name: string, password: string): Buffer {
  const packet = parsePacket(bytes(name));
  return encodeRequest({
    code: packet.code,
    identifier: packet.identifier,
    authenticator: packet.authenticator,
    secret,
    messageAuthenticator: false,
    attributes: packet.attributes.map(({ type, value }) => ({
      type,
      value: type === 2 ? hideUserPassword(Buffer.from(password), packet.authenticator, secret) : value,
    })),
  });
}

describe('RFC 2865 §7.1, User Telnet to Specified Host', () => {
  const request = parsePacket(bytes('7.1 request'));

  test('the request decodes', () => {
    expect(request).toMatchObject({ code: codes.AccessRequest, identifier: 0 });
    expect(request.attributes.map(({ type }) => type)).toEqual([1, 2, 4, 5]);
    expect(first(request, 1)?.value.toString()).toBe('nemo');
    expect(reveal(present(first(request, 2)).value, request.authenticator)).toBe('arctangent');
  });

  test('the request encodes to the same octets', () => {
    expect(reencode('7.1 request', 'arctangent')).toEqual(bytes('7.1 request'));
  });

  test('the accept verifies against its own request and no other', () => {
    const accept = bytes('7.1 accept');
    expect(verifyResponse(accept, request.authenticator, secret)).toBe(true);
    expect(verifyResponse(accept, parsePacket(bytes('7.2 request')).authenticator, secret)).toBe(false);
    accept[37] = 9;
    expect(verifyResponse(accept, request.authenticator, secret)).toBe(false);
  });
});

describe('RFC 2865 §7.2, Framed User Authenticating with CHAP', () => {
  const request = parsePacket(bytes('7.2 request'));

  test('the CHAP response is the one for the password, with the Request Authenticator as challenge', () => {
    const chap = present(first(request, 3)).value;
    expect(chap[0]).toBe(0x16);
    const digest = createHash('md5')
      .update(chap.subarray(0, 1))
      .update('arctangent')
      .update(request.authenticator)
      .digest();
    expect(chap.subarray(1)).toEqual(digest);
  });

  test('the accept verifies', () => {
    expect(verifyResponse(bytes('7.2 accept'), request.authenticator, secret)).toBe(true);
  });
});

describe('RFC 2865 §7.3, User with Challenge-Response card', () => {
  const request = parsePacket(bytes('7.3 request'));

  test('the first request decodes and encodes', () => {
    expect(reveal(present(first(request, 2)).value, request.authenticator)).toBe('challenge');
    expect(reencode('7.3 request', 'challenge')).toEqual(bytes('7.3 request'));
  });

  test('the challenge verifies and carries text and State', () => {
    const challenge = parsePacket(bytes('7.3 challenge'));
    expect(challenge.code).toBe(codes.AccessChallenge);
    expect(verifyResponse(challenge.bytes, request.authenticator, secret)).toBe(true);
    expect(first(challenge, 18)?.value.toString()).toBe('Challenge 32769430.  Enter response at prompt.');
    expect(first(challenge, 24)?.value.toString()).toBe('32769430');
  });

  test('the second request as printed is malformed: its State claims 16 octets and 10 follow', () => {
    expect(() => parsePacket(bytes('7.3 response, as printed'))).toThrow(
      expect.objectContaining({ name: 'MalformedPacketError', fault: 'attribute-length' }),
    );
  });

  test('with the State length put right it decodes, and the reject verifies', () => {
    const octets = bytes('7.3 response, as printed');
    octets[58] = 10;
    const second = parsePacket(octets);
    expect(reveal(present(first(second, 2)).value, second.authenticator)).toBe('99101462');
    expect(first(second, 24)?.value.toString()).toBe('32769430');
    expect(verifyResponse(bytes('7.3 reject'), second.authenticator, secret)).toBe(true);
  });
});
