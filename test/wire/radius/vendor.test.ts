// Vendor-Specific, RFC 2865 §5.26, and Cisco-AVPair.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codes, parsePacket } from '../../../src/wire/radius/packet.ts';
import { encodeReply } from '../../../src/wire/radius/reply.ts';
import { createSecret } from '../../../src/wire/radius/secret.ts';
import {
  encodeVendorAttribute,
  parseAvPair,
  parseVendorSpecific,
  vendorAttributes,
} from '../../../src/wire/radius/vendor.ts';

const hex = (text: string) => Buffer.from(text, 'hex');

describe('Vendor-Specific', () => {
  test('what is encoded is parsed, up to 247 octets', () => {
    const octets = fc.uint8Array({ maxLength: 247 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(fc.nat(0xffffff), fc.nat(255), octets, (vendorId, vendorType, value) => {
        const attribute = encodeVendorAttribute(vendorId, vendorType, value);
        expect(attribute.type).toBe(26);
        expect(attribute.value.length).toBeLessThanOrEqual(253);
        expect(parseVendorSpecific(attribute.value)?.attributes).toEqual([{ vendorId, vendorType, value }]);
      }),
    );
    expect(() => encodeVendorAttribute(9, 1, Buffer.alloc(248))).toThrow(RangeError);
  });

  test('several sub-attributes share one', () => {
    const parsed = parseVendorSpecific(hex('00000137' + '1c060a000001' + '1d060a000002'));
    expect(parsed?.attributes?.map(({ vendorType, value }) => [vendorType, value.toString('hex')])).toEqual([
      [28, '0a000001'],
      [29, '0a000002'],
    ]);
  });

  test.each([
    ['a sub-attribute of length 0', '000000090100'],
    ['a sub-attribute of length 1', '000000090101'],
    ['a sub-attribute past the end', '0000000901056162'],
    ['one octet after the last', '000000090103616f'],
    ['a Vendor-Id with its high octet set', '01000009010361'],
  ])('%s makes the inside opaque', (_, octets) => {
    const parsed = parseVendorSpecific(hex(octets));
    expect(parsed?.attributes).toBeNull();
    expect(parsed?.data).toEqual(hex(octets).subarray(4));
  });

  test.each(['', '00', '000009', '00000009'])('%s is an invalid attribute', (octets) => {
    expect(parseVendorSpecific(hex(octets))).toBeNull();
  });

  test('sub-attributes are found over the whole packet, in order, opaque and invalid ones passed over', () => {
    const value = (text: string) => ({ type: 26, value: hex(text) });
    const packet = parsePacket(
      encodeReply({
        code: codes.AccessAccept,
        request: { identifier: 0, authenticator: Buffer.alloc(16) },
        attributes: [
          value('00000009' + '010361' + '020362'),
          value('00000137' + '010378'),
          value('00000009' + '0100'),
          value('000000'),
          value('00000009' + '010363'),
        ],
        secret: createSecret(Buffer.from('s')),
      }),
    );
    const texts = (type?: number) => vendorAttributes(packet, 9, type).map(({ value }) => value.toString());
    expect(texts()).toEqual(['a', 'b', 'c']);
    expect(texts(1)).toEqual(['a', 'c']);
    expect(vendorAttributes(packet, 3076)).toEqual([]);
  });
});

describe('Cisco-AVPair', () => {
  test.each([
    ['audit-session-id=0a0b', { key: 'audit-session-id', value: '0a0b' }],
    ['ip:source-ip=1.2.3.4', { key: 'ip:source-ip', value: '1.2.3.4' }],
    [
      'ACS:CiscoSecure-Defined-ACL=#ACSACL#-IP-x=y',
      { key: 'ACS:CiscoSecure-Defined-ACL', value: '#ACSACL#-IP-x=y' },
    ],
    [
      'mdm-tlv=device-mac=00-0c-29-74-9d-e8',
      { key: 'mdm-tlv', tlv: 'device-mac', value: '00-0c-29-74-9d-e8' },
    ],
    [
      'mdm-tlv=device-platform-version=10.0.17134 ',
      { key: 'mdm-tlv', tlv: 'device-platform-version', value: '10.0.17134 ' },
    ],
    [
      'mdm-tlv=device-type=VMware, Inc. a=b',
      { key: 'mdm-tlv', tlv: 'device-type', value: 'VMware, Inc. a=b' },
    ],
    ['coa-push=', { key: 'coa-push', value: '' }],
  ])('%s', (text, expected) => {
    expect(parseAvPair(text)).toEqual(expected);
  });

  test.each(['', '=', '=x', 'no pair', 'mdm-tlv=device-mac', 'mdm-tlv==x', 'mdm-tlv='])(
    '"%s" is no pair',
    (text) => {
      expect(parseAvPair(text)).toBeNull();
    },
  );
});
