// Values by data type, RFC 8044 §3; tags, RFC 2868; long text and EAP-Message.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeTaggedInteger,
  decodeValue,
  encodeTaggedInteger,
  encodeValue,
  joinConcat,
  joinTag,
  splitConcat,
  splitTag,
  splitText,
  type ValueOf,
} from '../../../src/wire/radius/attribute.ts';
import { codes, parsePacket } from '../../../src/wire/radius/packet.ts';
import { encodeReply } from '../../../src/wire/radius/reply.ts';
import { createSecret } from '../../../src/wire/radius/secret.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
const octets = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((array) => Buffer.from(array));

const packetOf = (attributes: { type: number; value: Buffer }[]) =>
  parsePacket(
    encodeReply({
      code: codes.AccessChallenge,
      request: { identifier: 0, authenticator: Buffer.alloc(16) },
      attributes,
      secret: createSecret(Buffer.from('s')),
    }),
  );

describe('values are read and written', () => {
  const cases: { [Type in keyof ValueOf]: [string, ValueOf[Type]][] } = {
    integer: [
      ['00000000', 0],
      ['ffffffff', 0xffffffff],
    ],
    enum: [['00000011', 17]],
    time: [['ffffffff', 0xffffffff]],
    text: [
      ['616c696365', 'alice'],
      ['4e677579e1bb856e', 'Nguyễn'],
    ],
    string: [['00ff', hex('00ff')]],
    ipv4addr: [
      ['c0a80110', '192.168.1.16'],
      ['ffffffff', '255.255.255.255'],
    ],
    ipv6addr: [
      ['20010db8000000000000000000000001', '2001:db8::1'],
      ['00000000000000000000000000000000', '::'],
      ['00010000000000000001000000000001', '1::1:0:0:1'],
    ],
    ipv4prefix: [
      ['00180a010200', '10.1.2.0/24'],
      ['000000000000', '0.0.0.0/0'],
    ],
    ipv6prefix: [
      ['004020010db800000000', '2001:db8::/64'],
      ['0000', '::/0'],
      ['008020010db8000000000000000000000001', '2001:db8::1/128'],
    ],
    ifid: [['0011223344556677', hex('0011223344556677')]],
    integer64: [['ffffffffffffffff', 0xffffffffffffffffn]],
    tlv: [
      [
        '010461620203ff',
        [
          { type: 1, value: hex('6162') },
          { type: 2, value: hex('ff') },
        ],
      ],
    ],
  };
  for (const type of Object.keys(cases) as (keyof ValueOf)[]) {
    test.each(cases[type] as [string, ValueOf[typeof type]][])(`${type} %s`, (octetsText, value) => {
      expect(decodeValue(type, hex(octetsText))).toEqual(value);
      expect(encodeValue(type, value)).toEqual(hex(octetsText));
    });
  }

  test('a shorter or longer way to write an IPv6 prefix is read too', () => {
    expect(decodeValue('ipv6prefix', hex('002020010db80000'))).toBe('2001:db8::/32');
    expect(decodeValue('ipv6prefix', hex('002020010db8000000000000000000000000'))).toBe('2001:db8::/32');
  });

  test('reserved bits in the length of an IPv4 prefix are ignored', () => {
    expect(decodeValue('ipv4prefix', hex('00d80a010200'))).toBe('10.1.2.0/24');
  });
});

describe('a value that does not fit its type is an invalid attribute, not an error', () => {
  const cases: [keyof ValueOf, string][] = [
    ['integer', ''],
    ['integer', '000001'],
    ['integer', '0000000001'],
    ['enum', '01'],
    ['time', '0000000000000000'],
    ['text', ''],
    ['text', 'ff'],
    ['text', 'c3'],
    ['text', '610062'],
    ['text', 'eda080'],
    ['string', ''],
    ['ipv4addr', 'c0a801'],
    ['ipv4addr', 'c0a8011000'],
    ['ipv6addr', 'c0a80110'],
    ['ipv4prefix', '0018c0a801'],
    ['ipv4prefix', '0021c0a80100'],
    ['ipv4prefix', '00180a010201'],
    ['ipv6prefix', ''],
    ['ipv6prefix', '00'],
    ['ipv6prefix', '0040'],
    ['ipv6prefix', '0100'],
    ['ipv6prefix', '0140'],
    ['ipv6prefix', '0081'],
    ['ipv6prefix', '002020010db8ff'],
    ['ipv6prefix', '0000000000000000000000000000000000000000'],
    ['ifid', '00112233445566'],
    ['integer64', '00000001'],
    ['tlv', ''],
    ['tlv', '01'],
    ['tlv', '0100'],
    ['tlv', '0101'],
    ['tlv', '0102'],
    ['tlv', '010461'],
    ['tlv', '01036102'],
  ];
  test.each(cases)('%s %s', (type, octetsText) => {
    expect(decodeValue(type, hex(octetsText))).toBeNull();
  });

  test('nothing is ever thrown while decoding', () => {
    const types: (keyof ValueOf)[] = [
      ...['integer', 'enum', 'time', 'text', 'string', 'ipv4addr', 'ipv6addr'],
      ...['ipv4prefix', 'ipv6prefix', 'ifid', 'integer64', 'tlv'],
    ] as (keyof ValueOf)[];
    fc.assert(
      fc.property(octets(0, 253), fc.constantFrom(...types), (value, type) => {
        decodeValue(type, value);
        decodeTaggedInteger(value);
        splitTag(value);
      }),
    );
  });
});

describe('what cannot be written is refused', () => {
  const cases: [string, () => Buffer][] = [
    ['an integer over 32 bits', () => encodeValue('integer', 2 ** 32)],
    ['a fraction', () => encodeValue('integer', 1.5)],
    ['a negative integer', () => encodeValue('integer', -1)],
    ['a time over 32 bits', () => encodeValue('time', 2 ** 32)],
    ['text with NUL', () => encodeValue('text', 'a\0')],
    ['an IPv4 address of three parts', () => encodeValue('ipv4addr', '10.0.1')],
    ['an IPv6 address with a zone', () => encodeValue('ipv6addr', 'fe80::1%eth0')],
    ['an IPv4 address as IPv6', () => encodeValue('ipv6addr', '10.0.0.1')],
    ['a prefix without length', () => encodeValue('ipv6prefix', '2001:db8::')],
    ['a prefix of 129 bits', () => encodeValue('ipv6prefix', '::/129')],
    ['a prefix with host bits', () => encodeValue('ipv4prefix', '10.0.0.1/8')],
    ['a prefix with two lengths', () => encodeValue('ipv4prefix', '10.0.0.0/8/8')],
    ['an interface identifier of 7 octets', () => encodeValue('ifid', Buffer.alloc(7))],
    ['an empty TLV', () => encodeValue('tlv', [{ type: 1, value: Buffer.alloc(0) }])],
    ['a tag of 32', () => encodeTaggedInteger(32, 1)],
    ['a tagged integer over 24 bits', () => encodeTaggedInteger(1, 2 ** 24)],
  ];
  test.each(cases)('%s', (_, encode) => {
    expect(encode).toThrow(RangeError);
  });
});

test('addresses and prefixes survive writing and reading', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV6(), octets(16, 16), fc.nat(128), (v4, v6, address, length) => {
      expect(decodeValue('ipv4addr', encodeValue('ipv4addr', v4))).toBe(v4);
      const six = encodeValue('ipv6addr', v6);
      expect(encodeValue('ipv6addr', decodeValue('ipv6addr', six) ?? '')).toEqual(six);
      for (let bit = length; bit < 128; bit += 1) {
        address[bit >> 3] = (address[bit >> 3] ?? 0) & ~(0x80 >> (bit & 7));
      }
      const prefix = `${decodeValue('ipv6addr', address)}/${length}`;
      expect(decodeValue('ipv6prefix', encodeValue('ipv6prefix', prefix))).toBe(prefix);
    }),
  );
});

describe('tags of RFC 2868', () => {
  test('an integer of 3 octets behind its tag', () => {
    expect(encodeTaggedInteger(1, 9)).toEqual(hex('01000009'));
    expect(decodeTaggedInteger(hex('01000009'))).toEqual({ tag: 1, value: 9 });
    expect(decodeTaggedInteger(hex('1fffffff'))).toEqual({ tag: 31, value: 0xffffff });
    expect(decodeTaggedInteger(hex('20000009'))).toBeNull();
    expect(decodeTaggedInteger(hex('000009'))).toBeNull();
  });

  test('a string with a tag, with tag 0, and without one', () => {
    expect(splitTag(hex('0131302e30'))).toEqual({ tag: 1, value: Buffer.from('10.0') });
    expect(splitTag(hex('0031302e30'))).toEqual({ tag: 0, value: Buffer.from('10.0') });
    expect(splitTag(Buffer.from('10.0'))).toEqual({ tag: 0, value: Buffer.from('10.0') });
    expect(splitTag(Buffer.alloc(0))).toEqual({ tag: 0, value: Buffer.alloc(0) });
    expect(joinTag(5, Buffer.from('x'))).toEqual(hex('0578'));
    expect(joinTag(0, Buffer.from('x'))).toEqual(hex('78'));
    expect(() => joinTag(32, Buffer.from('x'))).toThrow(RangeError);
  });
});

describe('text over several attributes', () => {
  test('is cut between characters and joins to the same text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), (raw) => {
        const text = raw.replaceAll('\0', '');
        const parts = splitText(18, text);
        expect(parts.map(({ value }) => value.toString()).join('')).toBe(text);
        for (const { type, value } of parts) {
          expect(type).toBe(18);
          expect(value.length).toBeGreaterThan(0);
          expect(value.length).toBeLessThanOrEqual(253);
          expect(decodeValue('text', value)).not.toBeNull();
        }
      }),
    );
  });

  test('a character of three octets at the boundary goes whole into the second', () => {
    const parts = splitText(18, `${'a'.repeat(252)}ễb`);
    expect(parts.map(({ value }) => value.length)).toEqual([252, 4]);
  });

  test('empty text needs no attribute', () => {
    expect(splitText(18, '')).toEqual([]);
  });
});

describe('values of type concat', () => {
  test('are split and joined', () => {
    fc.assert(
      fc.property(octets(0, 3900), (value) => {
        const parts = splitConcat(79, value);
        expect(parts.length).toBe(Math.max(1, Math.ceil(value.length / 253)));
        expect(joinConcat(packetOf(parts), 79)).toEqual(value);
      }),
    );
  });

  test('one empty EAP-Message is EAP-Start, none at all is null', () => {
    expect(joinConcat(packetOf([{ type: 79, value: Buffer.alloc(0) }]), 79)).toEqual(Buffer.alloc(0));
    expect(joinConcat(packetOf([]), 79)).toBeNull();
  });

  test('two thousand empty ones join to nothing', () => {
    const empty = Array.from({ length: 2000 }, () => ({ type: 79, value: Buffer.alloc(0) }));
    expect(joinConcat(packetOf(empty), 79)).toEqual(Buffer.alloc(0));
  });

  test('other types in between do not matter', () => {
    const parts = [79, 1, 79].map((type, i) => ({ type, value: Buffer.from([i]) }));
    expect(joinConcat(packetOf(parts), 79)).toEqual(hex('0002'));
  });
});
