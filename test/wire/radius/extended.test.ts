// Extended attributes and their fragments, RFC 6929.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ExtendedAttribute, encodeExtended, readExtended } from '../../../src/wire/radius/extended.ts';
import { codes, parsePacket } from '../../../src/wire/radius/packet.ts';
import { encodeReply } from '../../../src/wire/radius/reply.ts';
import { createSecret } from '../../../src/wire/radius/secret.ts';

const hex = (text: string) => Buffer.from(text, 'hex');

const packetOf = (attributes: { type: number; value: Buffer }[]) =>
  parsePacket(
    encodeReply({
      code: codes.AccessAccept,
      request: { identifier: 0, authenticator: Buffer.alloc(16) },
      attributes,
      secret: createSecret(Buffer.from('s')),
    }),
  );
const read = (...attributes: { type: number; value: Buffer }[]) => readExtended(packetOf(attributes));

/** A fragment of 245.`extendedType`; a full one has 251 octets. */
const fragment = (extendedType: number, flags: number, length = 251, type = 245) => ({
  type,
  value: Buffer.concat([Buffer.from([extendedType, flags]), Buffer.alloc(length, 0x61)]),
});
const more = 0x80;

describe('what is encoded is read', () => {
  const octets = (maxLength: number) =>
    fc.uint8Array({ minLength: 1, maxLength }).map((array) => Buffer.from(array));
  const plainType = fc.integer({ min: 1, max: 255 }).filter((type) => type !== 26);
  const vendor = fc.record({ id: fc.nat(0xffffffff), type: fc.nat(255) });
  const attribute: fc.Arbitrary<ExtendedAttribute> = fc.oneof(
    fc.record({ type: fc.integer({ min: 241, max: 244 }), extendedType: plainType, value: octets(252) }),
    fc.record({ type: fc.constantFrom(245, 246), extendedType: plainType, value: octets(1500) }),
    fc.record({
      type: fc.integer({ min: 241, max: 244 }),
      extendedType: fc.constant(26),
      vendor,
      value: octets(247),
    }),
    fc.record({
      type: fc.constantFrom(245, 246),
      extendedType: fc.constant(26),
      vendor,
      value: octets(1500),
    }),
  );

  test('one after the other, fragments included', () => {
    fc.assert(
      fc.property(attribute, attribute, (one, two) => {
        const result = read(...encodeExtended(one), { type: 1, value: hex('61') }, ...encodeExtended(two));
        expect(result).toEqual({ valid: [one, two], invalid: [] });
      }),
    );
  });

  test('two whole long ones of the same type stay two', () => {
    const one = { type: 245, extendedType: 1, value: Buffer.alloc(251, 1) };
    expect(read(...encodeExtended(one), ...encodeExtended(one)).valid).toEqual([one, one]);
  });

  test('close to what a packet can hold', () => {
    const big = { type: 246, extendedType: 9, value: Buffer.alloc(251 * 15 + 200, 7) };
    expect(read(...encodeExtended(big))).toEqual({ valid: [big], invalid: [] });
  });
});

describe('what is broken is invalid as a whole and costs nothing else', () => {
  const good = { type: 241, value: hex('0161') };
  test.each([
    ['More on a lone attribute', [fragment(1, more)], 1],
    ['More on the last fragment', [fragment(1, more), fragment(1, more)], 2],
    ['More on a fragment that is not full', [fragment(1, more, 10), fragment(1, 0, 1)], 1],
    ['More on the last and short fragment', [fragment(1, more), fragment(1, more, 10)], 2],
    ['another type in between', [fragment(1, more), { type: 1, value: hex('61') }, fragment(1, 0, 1)], 1],
    ['another extended type next', [fragment(1, more), fragment(2, 0, 1)], 1],
    ['the other long type next', [fragment(1, more), fragment(1, 0, 1, 246)], 1],
    ['an empty last fragment', [fragment(1, more), fragment(1, 0, 0)], 2],
    ['an empty extended attribute', [{ type: 242, value: Buffer.alloc(0) }], 1],
    ['an extended type alone', [{ type: 242, value: hex('01') }], 1],
    ['an empty long one', [{ type: 245, value: Buffer.alloc(0) }], 1],
    ['a long one without flags', [{ type: 245, value: hex('01') }], 1],
    ['a long one without value', [{ type: 245, value: hex('0100') }], 1],
    ['a vendor without value', [{ type: 241, value: hex('1a0000000901') }], 1],
    ['half a vendor', [{ type: 246, value: hex('1a00000000') }], 1],
  ])('%s', (_, attributes, invalid) => {
    const result = read(good, ...attributes, good);
    expect(result.invalid).toHaveLength(invalid);
    const expected = { type: 241, extendedType: 1, value: hex('61') };
    expect(result.valid[0]).toEqual(expected);
    expect(result.valid.at(-1)).toEqual(expected);
  });

  test('a packet full of fragments that all announce more', () => {
    const result = read(...Array.from({ length: 15 }, () => fragment(1, more)));
    expect(result.valid).toEqual([]);
    expect(result.invalid).toHaveLength(15);
  });

  test('reserved flags are ignored', () => {
    expect(read(fragment(1, 0x7f, 1)).valid).toHaveLength(1);
  });
});

test('what cannot be encoded is refused', () => {
  const value = hex('61');
  expect(() => encodeExtended({ type: 240, extendedType: 1, value })).toThrow(RangeError);
  expect(() => encodeExtended({ type: 241, extendedType: 1, value: Buffer.alloc(0) })).toThrow(RangeError);
  expect(() => encodeExtended({ type: 241, extendedType: 1, value: Buffer.alloc(253) })).toThrow(RangeError);
  expect(() => encodeExtended({ type: 241, extendedType: 26, value })).toThrow(RangeError);
  expect(() => encodeExtended({ type: 241, extendedType: 1, vendor: { id: 9, type: 1 }, value })).toThrow(
    RangeError,
  );
});
