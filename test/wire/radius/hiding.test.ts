// User-Password, Tunnel-Password and MPPE keys: RFC 2865 §5.2, RFC 2868 §3.5, RFC 2548 §2.4.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyKeyStream } from '../../../src/wire/radius/key-stream.ts';
import {
  encodeMppeKeys,
  hideTunnelPassword,
  revealMppeKey,
  revealTunnelPassword,
} from '../../../src/wire/radius/salted.ts';
import { createSecret } from '../../../src/wire/radius/secret.ts';
import { hideUserPassword, revealUserPassword } from '../../../src/wire/radius/user-password.ts';
import { parseVendorSpecific } from '../../../src/wire/radius/vendor.ts';
import { present } from './vectors.ts';

const octets = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));
const twice = (arbitrary: fc.Arbitrary<Buffer>) => arbitrary.map((octets) => Buffer.concat([octets, octets]));
const authenticator = Buffer.alloc(16, 0x31);
const secret = createSecret(Buffer.from('hiding secret'));

describe('User-Password', () => {
  test('what is hidden is revealed, up to 128 octets, but for trailing NULs', () => {
    fc.assert(
      fc.property(octets(1, 200), octets(16, 16), octets(0, 128), (key, ra, password) => {
        const shared = createSecret(key);
        const hidden = hideUserPassword(password, ra, shared);
        expect(hidden.length % 16).toBe(0);
        expect(hidden.length).toBeGreaterThanOrEqual(16);
        let end = password.length;
        while (end > 0 && password[end - 1] === 0) end -= 1;
        expect(revealUserPassword(hidden, ra, shared)).toEqual(password.subarray(0, end));
      }),
    );
  });

  test.each(['a\0b\0\0c', 'ends in spaces  ', '', 'tab\t\n'])(
    'nothing but trailing NULs goes: %j',
    (text) => {
      const password = Buffer.from(text);
      expect(
        revealUserPassword(hideUserPassword(password, authenticator, secret), authenticator, secret),
      ).toEqual(password);
    },
  );

  test.each([0, 1, 15, 17, 31, 127, 129, 144, 253])('a value of %i octets is illegal', (length) => {
    expect(revealUserPassword(Buffer.alloc(length), authenticator, secret)).toBeNull();
  });

  test('a password over 128 octets is refused', () => {
    expect(() => hideUserPassword(Buffer.alloc(129, 1), authenticator, secret)).toThrow(RangeError);
  });

  test('the value given is left as it was', () => {
    const hidden = hideUserPassword(Buffer.from('twenty octets long!!'), authenticator, secret);
    const before = Buffer.from(hidden);
    revealUserPassword(hidden, authenticator, secret);
    expect(hidden).toEqual(before);
  });
});

describe('Tunnel-Password', () => {
  test('what is hidden is revealed with its tag, and the salt has its top bit set', () => {
    fc.assert(
      fc.property(octets(0, 239), fc.nat(31), octets(2, 2), (password, tag, random) => {
        const hidden = hideTunnelPassword(password, tag, random, authenticator, secret);
        expect(hidden.length).toBeLessThanOrEqual(253);
        expect((hidden[1] ?? 0) & 0x80).toBe(0x80);
        expect(revealTunnelPassword(hidden, authenticator, secret)).toEqual({ tag, password });
      }),
    );
  });

  test.each([0, 1, 2, 3, 4, 15, 17, 18, 20, 34, 129, 253])(
    'a value of %i octets is no Tunnel-Password',
    (n) => {
      expect(revealTunnelPassword(Buffer.alloc(n), authenticator, secret)).toBeNull();
    },
  );

  test('a tag over 31 is refused both ways', () => {
    const hidden = hideTunnelPassword(Buffer.from('x'), 31, Buffer.alloc(2), authenticator, secret);
    hidden[0] = 32;
    expect(revealTunnelPassword(hidden, authenticator, secret)).toBeNull();
    expect(() => hideTunnelPassword(Buffer.from('x'), 32, Buffer.alloc(2), authenticator, secret)).toThrow(
      RangeError,
    );
  });

  test('more than 239 octets, or no whole salt, are refused', () => {
    const hide = (length: number, salt: number) => () =>
      hideTunnelPassword(Buffer.alloc(length), 0, Buffer.alloc(salt), authenticator, secret);
    expect(hide(240, 2)).toThrow(RangeError);
    expect(hide(1, 1)).toThrow(RangeError);
  });

  test('an inner length of just one too many is refused', () => {
    const salt = Buffer.from([0x80, 1]);
    for (const [length, fits] of [
      [15, true],
      [16, false],
      [255, false],
    ] as const) {
      const padded = Buffer.alloc(16);
      padded[0] = length;
      const hidden = Buffer.concat([salt, applyKeyStream('hide', padded, authenticator, secret, salt)]);
      expect(revealMppeKey(hidden, authenticator, secret)?.length).toBe(fits ? length : undefined);
    }
  });

  test('an inner length beyond what is there is refused, as a wrong secret most often gives', () => {
    const other = createSecret(Buffer.from('other'));
    const random = Buffer.from([0, 1]);
    let refused = 0;
    for (let i = 0; i < 200; i += 1) {
      random[1] = i;
      const hidden = hideTunnelPassword(Buffer.from('p'), 0, random, authenticator, secret);
      if (revealTunnelPassword(hidden, authenticator, other) === null) refused += 1;
    }
    expect(refused).toBeGreaterThan(170);
  });
});

describe('MPPE keys', () => {
  test('the halves of the MSK come back, under salts that differ whatever the random octets', () => {
    fc.assert(
      fc.property(octets(64, 64), fc.oneof(octets(4, 4), twice(octets(2, 2))), (msk, random) => {
        const keys = encodeMppeKeys(msk, random, authenticator, secret);
        const values = keys.map(({ value }) => present(parseVendorSpecific(value)?.attributes?.[0]));
        expect(values.map(({ vendorId, vendorType }) => [vendorId, vendorType])).toEqual([
          [311, 17],
          [311, 16],
        ]);
        expect(keys.map(({ value }) => value.length)).toEqual([56, 56]);
        const [recv, send] = values.map(({ value }) => revealMppeKey(value, authenticator, secret));
        expect(recv).toEqual(msk.subarray(0, 32));
        expect(send).toEqual(msk.subarray(32));
        const salts = values.map(({ value }) => value.readUInt16BE(0));
        expect(salts[0]).not.toBe(salts[1]);
        for (const salt of salts) expect(salt & 0x8000).toBe(0x8000);
      }),
    );
  });

  test.each([0, 1, 2, 3, 17, 19, 33])('a value of %i octets is no key', (length) => {
    expect(revealMppeKey(Buffer.alloc(length), authenticator, secret)).toBeNull();
  });

  test('an MSK or salts of another length are refused', () => {
    expect(() => encodeMppeKeys(Buffer.alloc(48), Buffer.alloc(4), authenticator, secret)).toThrow(
      RangeError,
    );
    expect(() => encodeMppeKeys(Buffer.alloc(64), Buffer.alloc(2), authenticator, secret)).toThrow(
      RangeError,
    );
  });
});
