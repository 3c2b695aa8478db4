// AVPs of EAP-TTLS, RFC 5281 §10.1.
import { describe, expect, it } from 'vitest';
import { encodeAvp, parseAvps } from '../../../src/wire/eap/avp.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('AVPs', () => {
  it('reads User-Name and a vendor attribute, with padding', () => {
    const octets = hex('00000001 40 00000b 626f62 00  0000000b c0 00000e 00000137 abcd 0000');
    expect(parseAvps(octets)).toEqual([
      { code: 1, vendorId: 0, mandatory: true, value: Buffer.from('bob') },
      { code: 11, vendorId: 311, mandatory: true, value: hex('abcd') },
    ]);
  });

  it('reads what it writes', () => {
    for (let length = 0; length < 9; length += 1) {
      const value = Buffer.alloc(length, 0x61);
      expect(parseAvps(encodeAvp(79, value))).toEqual([{ code: 79, vendorId: 0, mandatory: true, value }]);
      expect(encodeAvp(79, value).length % 4).toBe(0);
    }
  });

  it('tolerates that the last padding is missing', () => {
    expect(parseAvps(hex('00000001 40 000009 61'))?.[0]?.value).toEqual(Buffer.from('a'));
  });

  it.each([
    ['a header that is cut', '00000001 40 0000'],
    ['a length below the header', '00000001 40 000007'],
    ['a length below the header with its vendor', '00000001 c0 00000b 00000137'],
    ['a length past the end', '00000001 40 00000d 61626300'],
    ['a length of 16 MiB', '00000001 40 ffffff 61626300'],
    ['more than a peer would send', '0000000140000008'.repeat(65)],
  ])('refuses %s', (_name, octets) => {
    expect(parseAvps(hex(octets))).toBeNull();
  });
});
