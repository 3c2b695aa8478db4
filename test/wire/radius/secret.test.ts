// The shared secret: HMAC-MD5 as node:crypto has it, and nothing to be read out of it.
import { createHash, createHmac } from 'node:crypto';
import { format, inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSecret } from '../../../src/wire/radius/secret.ts';

const octets = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));

describe('digests equal those of node:crypto for secrets of every length', () => {
  test('HMAC-MD5 over a packet', () => {
    fc.assert(
      fc.property(octets(1, 300), octets(38, 600), octets(16, 16), (key, packet, authenticator) => {
        const image = Buffer.from(packet);
        authenticator.copy(image, 4);
        image.fill(0, 22, 38);
        const expected = createHmac('md5', key).update(image).digest();
        expect(createSecret(key).hmacOfPacket(packet, authenticator, 22)).toEqual(expected);
      }),
    );
  });

  test.each([1, 63, 64, 65, 128])('HMAC-MD5 under a secret of %i octets', (length) => {
    const [key, packet] = [Buffer.alloc(length, 0xa5), Buffer.alloc(40)];
    const expected = createHmac('md5', key).update(packet).digest();
    expect(createSecret(key).hmacOfPacket(packet, Buffer.alloc(16), 22)).toEqual(expected);
  });

  test('MD5 over a packet and the secret, and the key stream', () => {
    fc.assert(
      fc.property(octets(1, 300), octets(20, 600), octets(16, 16), (key, packet, authenticator) => {
        const image = Buffer.from(packet);
        authenticator.copy(image, 4);
        const secret = createSecret(key);
        expect(secret.digestOfPacket(packet, authenticator)).toEqual(
          createHash('md5').update(image).update(key).digest(),
        );
        expect(secret.keyStream(authenticator, packet.subarray(0, 2))).toEqual(
          createHash('md5').update(key).update(authenticator).update(packet.subarray(0, 2)).digest(),
        );
      }),
    );
  });

  test('a secret longer than the scratch buffer', () => {
    const key = Buffer.alloc(20_000, 7);
    const packet = Buffer.alloc(4096, 1);
    const zero = Buffer.alloc(16, 1);
    const expected = createHash('md5').update(packet).update(key).digest();
    expect(createSecret(key).digestOfPacket(packet, zero)).toEqual(expected);
  });
});

describe('a secret', () => {
  const secret = createSecret(Buffer.from('do-not-print-me'));

  test('is not printed by anything', () => {
    const shown = [
      String(secret),
      `${secret}`,
      JSON.stringify({ secret }),
      inspect({ secret }, { depth: 9, showHidden: true }),
      format('%s %o %O %j', secret, secret, secret, secret),
    ].join('\n');
    expect(shown).not.toContain('do-not-print-me');
    expect(shown).not.toContain(Buffer.from('do-not').toString('hex'));
    expect(shown).toContain('[secret]');
    expect(Object.keys(secret)).toEqual([]);
    expect(Reflect.ownKeys(secret)).toEqual([]);
  });

  test('is a copy of what it was made from', () => {
    const text = Buffer.from('secret');
    const made = createSecret(text);
    const before = made.keyStream(Buffer.alloc(16));
    text.fill(0);
    expect(made.keyStream(Buffer.alloc(16))).toEqual(before);
  });

  test('is never empty', () => {
    expect(() => createSecret(Buffer.alloc(0))).toThrow(RangeError);
  });
});
