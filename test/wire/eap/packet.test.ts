// EAP packets, RFC 3748 §4.
import { expect, it } from 'vitest';
import { eapName, encodeEnd, encodeRequest, failureFor, parseEap } from '../../../src/wire/eap/packet.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

it('reads a Response and leaves out the padding behind it', () => {
  expect(parseEap(hex('02 07 000a 01 616c696365 0000'))).toEqual({
    code: 2,
    identifier: 7,
    type: 1,
    data: Buffer.from('alice'),
  });
});

it('reads what it writes', () => {
  expect(parseEap(encodeRequest(9, 21, hex('20')))).toEqual({
    code: 1,
    identifier: 9,
    type: 21,
    data: hex('20'),
  });
  expect(parseEap(encodeEnd('success', 9))).toEqual({
    code: 3,
    identifier: 9,
    type: null,
    data: Buffer.alloc(0),
  });
});

it.each([
  ['nothing', ''],
  ['a header that is cut', '02 07 00'],
  ['less than it says', '02 07 000a 01 616c'],
  ['a length below the header', '02 07 0003'],
  ['a length of zero', '02 07 0000 01'],
  ['a Response without a type', '02 07 0004'],
  ['a Success that carries something', '03 07 0005 01'],
  ['an unknown code', '05 07 0005 01'],
  ['code 0', '00 07 0005 01'],
])('refuses %s', (_name, octets) => {
  expect(parseEap(hex(octets))).toBeNull();
});

it('names methods for people', () => {
  expect(eapName(hex('02 07 0006 15 00'))).toBe('EAP-TTLS');
  expect(eapName(hex('02 07 0006 2b 00'))).toBe('EAP-43');
  expect(eapName(hex('01 07 0006 15 00'))).toBe('EAP');
});

it('answers an EAP-Start with a Failure of Identifier 0', () => {
  expect(failureFor(Buffer.alloc(0))).toEqual(hex('04 00 0004'));
});
