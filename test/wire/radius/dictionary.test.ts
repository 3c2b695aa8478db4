// The dictionary: its data files, attributes as text, and what is never shown.
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OperatorError } from '../../../src/base/errors.ts';
import { standardData } from '../../../src/wire/radius/dictionary.generated.ts';
import {
  formatAttribute,
  parseAttributeText,
  standardDictionary,
} from '../../../src/wire/radius/dictionary.ts';
import { createDictionary } from '../../../src/wire/radius/dictionary-definition.ts';
import { parseDictionaryFiles } from '../../../src/wire/radius/dictionary-file.ts';

const hex = (text: string) => Buffer.from(text, 'hex');
const roundTrip = (name: string, text: string) => formatAttribute(parseAttributeText(name, text));

test('the generated dictionary is what the data files say (else run scripts/generate-dictionary.ts)', () => {
  const folder = new URL('../../../config/dictionaries/', import.meta.url);
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.csv'))
    .sort()
    .map((name) => ({ name, text: readFileSync(new URL(name, folder), 'utf8') }));
  expect(standardData).toEqual(parseDictionaryFiles(files));
});

describe('lookups', () => {
  test.each([
    ['User-Name', { type: 1, dataType: 'text' }],
    ['Service-Type', { type: 6, dataType: 'enum' }],
    ['EAP-Message', { type: 79, dataType: 'concat', hidden: true }],
    ['Tunnel-Client-Endpoint', { type: 66, dataType: 'text', tagged: true }],
    ['Framed-IPv6-Address', { type: 168, dataType: 'ipv6addr' }],
    ['Original-Packet-Code', { type: 241, extendedType: 4, dataType: 'integer' }],
    ['Cisco-AVPair', { type: 26, vendorId: 9, vendorType: 1, dataType: 'text' }],
    ['MS-MPPE-Recv-Key', { type: 26, vendorId: 311, vendorType: 17, hidden: true }],
    ['ASA-Tunnel-Group-Name', { type: 26, vendorId: 3076, vendorType: 146, dataType: 'text' }],
    ['Fortinet-Vdom-Name', { type: 26, vendorId: 12356, vendorType: 3 }],
    ['Mikrotik-Rate-Limit', { type: 26, vendorId: 14988, vendorType: 8 }],
    ['PaloAlto-Client-Hostname', { type: 26, vendorId: 25461, vendorType: 9 }],
    ['Juniper-Local-User-Name', { type: 26, vendorId: 2636, vendorType: 1 }],
    ['F5-LTM-User-Role', { type: 26, vendorId: 3375, vendorType: 1 }],
  ])('%s by name and by number', (name, expected) => {
    const definition = standardDictionary.byName(name);
    expect(definition).toMatchObject(expected);
    if (definition) expect(standardDictionary.byNumber(definition)).toBe(definition);
  });

  test('the named values that decisions hang on', () => {
    const values = (name: string) => standardDictionary.byName(name)?.values;
    expect(values('Service-Type')).toMatchObject({
      Login: 1,
      Framed: 2,
      'Authenticate-Only': 8,
      'Authorize-Only': 17,
    });
    expect(values('Acct-Status-Type')).toMatchObject({
      Start: 1,
      Stop: 2,
      'Interim-Update': 3,
      'Accounting-Off': 8,
    });
    expect(values('Error-Cause')).toMatchObject({
      'Session-Context-Not-Found': 503,
      'Response-Too-Big': 601,
    });
    expect(values('NAS-Port-Type')).toMatchObject({ Virtual: 5, 'Wireless-802.11': 19 });
    expect(values('Prompt')).toEqual({ 'No-Echo': 0, Echo: 1 });
  });

  test('names are exact and unknown ones are not found', () => {
    expect(standardDictionary.byName('user-name')).toBeUndefined();
    expect(standardDictionary.byName('constructor')).toBeUndefined();
    expect(standardDictionary.byNumber({ type: 0 })).toBeUndefined();
    expect(standardDictionary.byNumber({ type: 26, vendorId: 9, vendorType: 77 })).toBeUndefined();
  });

  test('two attributes of one name or one number are refused', () => {
    const one = { name: 'A', type: 1, dataType: 'text' as const };
    expect(() => createDictionary({ vendors: {}, attributes: [one, { ...one, type: 2 }] })).toThrow(
      'defined twice',
    );
    expect(() => createDictionary({ vendors: {}, attributes: [one, { ...one, name: 'B' }] })).toThrow(
      'defined twice',
    );
  });
});

describe('attributes as text', () => {
  test.each([
    ['User-Name', 'nguyễn.an', { type: 1, value: Buffer.from('nguyễn.an') }],
    ['Framed-IP-Address', '10.0.0.1', { type: 8, value: hex('0a000001') }],
    ['Service-Type', 'Framed', { type: 6, value: hex('00000002') }],
    ['Session-Timeout', '3600', { type: 27, value: hex('00000e10') }],
    ['Event-Timestamp', '2023-11-14T22:13:20.000Z', { type: 55, value: hex('6553f100') }],
    ['NAS-IPv6-Address', '2001:db8::1', { type: 95, value: hex('20010db8000000000000000000000001') }],
    ['Framed-IPv6-Prefix', '2001:db8::/32', { type: 97, value: hex('002020010db8') }],
    ['PMIP6-Home-IPv4-HoA', '10.0.0.0/8', { type: 155, value: hex('00080a000000') }],
    ['Framed-Interface-Id', '0x0011223344556677', { type: 96, value: hex('0011223344556677') }],
    ['MIP6-Feature-Vector', '1', { type: 124, value: hex('0000000000000001') }],
    ['State', '0x00ff', { type: 24, value: hex('00ff') }],
    ['State', 'printable', { type: 24, value: Buffer.from('printable') }],
    ['Tunnel-Type:1', 'ESP', { type: 64, value: hex('01000009') }],
    ['Tunnel-Type', 'ESP', { type: 64, value: hex('00000009') }],
    ['Tunnel-Client-Endpoint:2', '10.0.0.1', { type: 66, value: hex('02') }],
    ['Cisco-AVPair', 'mdm-tlv=device-mac=00-0c', { type: 26, value: hex('00000009') }],
    ['Original-Packet-Code', '4', { type: 241, value: hex('0400000004') }],
    ['Attr-200', '0x0102', { type: 200, value: hex('0102') }],
    ['Attr-241.77', '0x0102', { type: 241, value: hex('4d0102') }],
    ['Attr-245.77', '0x0102', { type: 245, value: hex('4d000102') }],
    ['Vendor-9-Attr-77', '0x0102', { type: 26, value: hex('000000094d040102') }],
  ])('%s = %s, there and back', (name, text, expected) => {
    const attribute = parseAttributeText(name, text);
    expect(attribute.type).toBe(expected.type);
    expect(attribute.value.subarray(0, expected.value.length)).toEqual(expected.value);
    expect(formatAttribute(attribute)).toEqual({ name, text });
  });

  test('other ways to write the same', () => {
    expect(roundTrip('Service-Type', '2').text).toBe('Framed');
    expect(roundTrip('Service-Type', '77').text).toBe('77');
    expect(roundTrip('Event-Timestamp', '1700000000').text).toBe('2023-11-14T22:13:20.000Z');
    expect(roundTrip('Event-Timestamp', '2023-11-15T05:13:20+07:00').text).toBe('2023-11-14T22:13:20.000Z');
    expect(roundTrip('NAS-IPv6-Address', '2001:DB8:0::1').text).toBe('2001:db8::1');
    expect(roundTrip('Attr-1', '0x616c696365')).toEqual({ name: 'User-Name', text: 'alice' });
    expect(roundTrip('User-Name', 'DOMAIN\\alice').text).toBe('DOMAIN\\alice');
  });

  test.each([
    ['Framed-IP-Address', '10.0.0'],
    ['Service-Type', 'Framd'],
    ['Service-Type', '4294967296'],
    ['Service-Type', 'constructor'],
    ['Session-Timeout', '-1'],
    ['Session-Timeout', '1.5'],
    ['Event-Timestamp', 'yesterday'],
    ['Event-Timestamp', '2023-99-99T00:00:00Z'],
    ['Framed-IPv6-Prefix', '2001:db8::1/32'],
    ['Framed-Interface-Id', '0x00'],
    ['MIP6-Feature-Vector', '18446744073709551616'],
    ['User-Name', 'a'.repeat(254)],
    ['User-Name', 'a\0b'],
    ['Cisco-AVPair', 'a'.repeat(248)],
    ['Tunnel-Type:32', 'ESP'],
    ['Tunnel-Type:1', '16777216'],
    ['Original-Packet-Code', ''],
    ['SAML-Assertion', `0x${'61'.repeat(300)}`],
    ['Extended-Vendor-Specific-1', '0x00'],
    ['User-Password', 'hunter2'],
    ['Tunnel-Password', 'hunter2'],
    ['EAP-Message', 'text'],
    ['User-Name:1', 'alice'],
    ['Attr-0', '0x00'],
    ['Attr-256', '0x00'],
    ['Attr-1.1', '0x00'],
    ['Attr-241.256', '0x00'],
    ['Vendor-99999999-Attr-1', '0x00'],
    ['Vendor-9-Attr-256', '0x00'],
  ])('%s = %s is refused with a remedy, and the value is not repeated', (name, text) => {
    try {
      parseAttributeText(name, text);
      expect.unreachable();
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      expect(error.remedy).not.toBe('');
      if (text.length > 4) expect(`${error.message} ${error.remedy}`).not.toContain(text);
    }
  });

  test('a misspelt name gets the nearest known one', () => {
    const attempt = () => parseAttributeText('Calling-Station-ID', 'x');
    expect(attempt).toThrow(expect.objectContaining({ remedy: 'Did you mean Calling-Station-Id?' }));
  });
});

describe('what is shown', () => {
  test('passwords, keys and what leads to them are hidden, in vendor attributes too', () => {
    const leak = Buffer.from('hunter2-hunter2-');
    for (const definition of standardData.attributes.filter(({ hidden }) => hidden)) {
      const { type, extendedType, vendorId, vendorType = 0, name } = definition;
      const inner = Buffer.concat([Buffer.from([vendorType, 2 + leak.length]), leak]);
      const id = Buffer.alloc(4);
      id.writeUInt32BE(vendorId ?? 0);
      let value = leak;
      if (vendorId !== undefined) value = Buffer.concat([id, inner]);
      else if (extendedType !== undefined) value = Buffer.concat([Buffer.from([extendedType, 0x80]), leak]);
      expect(formatAttribute({ type, value })).toEqual({ name, text: '[hidden]' });
    }
    const names = standardData.attributes.flatMap(({ name, hidden }) => (hidden ? [name] : []));
    for (const name of [
      'User-Password',
      'CHAP-Password',
      'Tunnel-Password',
      'EAP-Message',
      'MS-CHAP2-Response',
    ]) {
      expect(names).toContain(name);
    }
  });

  test('a vendor with keys whose inside does not parse shows nothing of it', () => {
    expect(formatAttribute({ type: 26, value: hex('00000137110561') })).toEqual({
      name: 'Vendor-311',
      text: '[hidden]',
    });
    expect(formatAttribute({ type: 26, value: hex('00000009110561') })).toEqual({
      name: 'Vendor-9',
      text: '0x110561',
    });
  });

  test('several sub-attributes in one Vendor-Specific', () => {
    const value = hex('00000137' + '1c060a000001' + '100661626364');
    expect(formatAttribute({ type: 26, value })).toEqual({
      name: 'Vendor-Specific',
      text: 'MS-Primary-DNS-Server = 10.0.0.1, MS-MPPE-Send-Key = [hidden]',
    });
  });

  test('nothing invisible gets through: line ends, escapes, direction marks', () => {
    const forged = 'a\r\nlogin ok\u001b[2J\u202egnp.exe\u2028\u0085';
    const { text } = formatAttribute({ type: 1, value: Buffer.from(forged) });
    expect(text).toBe('a\\u{d}\\u{a}login ok\\u{1b}[2J\\u{202e}gnp.exe\\u{2028}\\u{85}');
  });

  test('values that are invalid for their type are octets and said to be', () => {
    expect(formatAttribute({ type: 8, value: hex('0a0000') }).text).toBe('0x0a0000 (invalid ipv4addr)');
    expect(formatAttribute({ type: 1, value: hex('ff') }).text).toBe('0xff (invalid text)');
    expect(formatAttribute({ type: 64, value: hex('20000001') }).text).toBe('536870913');
    expect(formatAttribute({ type: 64, value: hex('01') }).text).toBe('0x01 (invalid enum)');
    expect(formatAttribute({ type: 26, value: hex('0001') })).toEqual({
      name: 'Vendor-Specific',
      text: '0x0001 (invalid)',
    });
    expect(formatAttribute({ type: 245, value: hex('4d8001') }).text).toBe('0x8001 (fragment)');
  });

  test('any octets give one line of visible text', () => {
    const value = fc.uint8Array({ maxLength: 253 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(fc.nat(255), value, (type, octets) => {
        const { name, text } = formatAttribute({ type, value: octets });
        expect(`${name}${text}`).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  test('visible ASCII of every text attribute survives there and back', () => {
    const texts = standardData.attributes.filter(({ dataType, hidden }) => dataType === 'text' && !hidden);
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.string({ minLength: 1, maxLength: 200 }),
        ({ name }, text) => {
          expect(roundTrip(name, text)).toEqual({ name, text });
        },
      ),
    );
  });
});

describe('a dictionary file', () => {
  const parse = (text: string) => parseDictionaryFiles([{ name: 'x.csv', text }]);

  test('of an operator', () => {
    const text = [
      '# ours',
      'vendor, 64512, Example',
      '',
      'attribute,1,Example-Role,enum',
      'attribute,2,Example-Key,string,tagged hidden\r',
      'value,Example-Role,0,None',
      'value,Example-Role,1,Admin',
    ].join('\n');
    expect(parse(text)).toEqual({
      vendors: { 64512: 'Example' },
      attributes: [
        {
          name: 'Example-Role',
          type: 26,
          vendorId: 64512,
          vendorType: 1,
          dataType: 'enum',
          values: { None: 0, Admin: 1 },
        },
        {
          name: 'Example-Key',
          type: 26,
          vendorId: 64512,
          vendorType: 2,
          dataType: 'string',
          tagged: true,
          hidden: true,
        },
      ],
    });
    const dictionary = createDictionary(parse(text));
    expect(formatAttribute(parseAttributeText('Example-Role', 'Admin', dictionary), dictionary)).toEqual({
      name: 'Example-Role',
      text: 'Admin',
    });
  });

  test.each([
    ['an unknown record', 'atribute,1,A,text'],
    ['a missing field', 'attribute,1,A'],
    ['an empty field', 'attribute,,A,text'],
    ['a field too many', 'value,A,1,One,more'],
    ['an unknown type', 'attribute,1,A,octets'],
    ['an unknown flag', 'attribute,1,A,text,secret'],
    ['a number over 255', 'attribute,256,A,text'],
    ['no number', 'attribute,0x1,A,text'],
    ['a number of three parts', 'attribute,241.1.1,A,text'],
    ['an extended number of a vendor', 'vendor,9,C\nattribute,1.1,A,text'],
    ['a vendor number over 24 bits', 'vendor,16777216,C'],
    ['a name with a space', 'attribute,1,A B,text'],
    ['a name used twice', 'attribute,1,A,text\nattribute,2,A,text'],
    ['a value of nothing', 'value,A,1,One'],
    ['a value of text', 'attribute,1,A,text\nvalue,A,1,One'],
  ])('with %s is refused at its line', (_, text) => {
    const line = text.split('\n').length;
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ name: 'OperatorError', at: `x.csv:${line}` }),
    );
  });
});
