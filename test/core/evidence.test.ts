// Identifiers of workstations: one spelling each, and nothing that names no machine.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  evidenceLabel,
  identifierKey,
  identifierTypes,
  normaliseIdentifier as normalise,
} from '../../src/core/evidence.ts';

describe('mac', () => {
  test.each([
    '00-0c-29-74-9d-e8',
    '00-0C-29-74-9D-E8',
    '00:0c:29:74:9d:e8',
    '0:c:29:74:9d:e8',
    '000c.2974.9de8',
    '000C-2974-9DE8',
    '000c29-749de8',
    '000c29749de8',
    '00 0c 29 74 9d e8',
    '00.0c.29.74.9d.e8',
    ' 00-0c-29-74-9d-e8 ',
    '000c29749de8\0',
  ])('%j is 000c29749de8', (text) => {
    expect(normalise('mac', text)).toBe('000c29749de8');
  });

  test.each([
    '',
    '00-00-00-00-00-00',
    'ff:ff:ff:ff:ff:ff',
    '01:00:5e:00:00:01',
    '00-0c-29-74-9d',
    '00-0c-29-74-9d-e8-00',
    '00-0c:29-74:9d-e8',
    '00-0c-29-74-9d-eg',
    '000c29749de',
    'hostname',
    '10.0.0.1',
    '00-10-A4-23-19-C0:ssid',
    '００0c29749de8',
  ])('%j is none', (text) => {
    expect(normalise('mac', text)).toBeNull();
  });
});

describe('digests', () => {
  const hex = `${'ab'.repeat(31)}c0`;
  test.each(['certificate-sha256', 'spki-sha256'] as const)(
    '%s takes any case, with or without colons',
    (type) => {
      expect(normalise(type, hex)).toBe(hex);
      expect(normalise(type, hex.toUpperCase().replace(/(..)(?=.)/g, '$1:'))).toBe(hex);
      for (const text of [
        '',
        hex.slice(2),
        `${hex}00`,
        `${hex.slice(1)}g`,
        '00'.repeat(32),
        `${hex.slice(0, 32)} ${hex.slice(32)}`,
      ]) {
        expect(normalise(type, text)).toBeNull();
      }
    },
  );
});

describe('device-uid', () => {
  test('takes hexadecimal texts and GUIDs in any case', () => {
    expect(normalise('device-uid', 'A1B2C3D4E5F60718')).toBe('a1b2c3d4e5f60718');
    expect(normalise('device-uid', '{4C4C4544-0042-3510-8052-B4C04F564231}')).toBe(
      '4c4c4544004235108052b4c04f564231',
    );
    expect(normalise('device-uid', '4c4c4544-0042-3510-8052-b4c04f564231 ')).toBe(
      '4c4c4544004235108052b4c04f564231',
    );
  });

  test('refuses what firmware sends when it has none', () => {
    for (const text of [
      '',
      '0',
      '00000000-0000-0000-0000-000000000000',
      'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
      'To be filled',
      'a1b2c3',
      'a'.repeat(129),
    ]) {
      expect(normalise('device-uid', text)).toBeNull();
    }
  });
});

describe('hostname', () => {
  test.each([
    ['PC-KT-01', 'pc-kt-01'],
    ['PC-KT-01\0', 'pc-kt-01'],
    ['pc-kt-01.bhxh.example.vn.', 'pc-kt-01.bhxh.example.vn'],
    ['MÁY_TRẠM', 'máy_trạm'],
    ['MÁY_TRẠM'.normalize('NFD'), 'máy_trạm'],
    ['12345', '12345'],
  ])('%j is %j', (text, name) => {
    expect(normalise('hostname', text)).toBe(name);
  });

  test.each([
    '',
    '.',
    '-pc',
    'pc-',
    'a..b',
    'a b',
    'a\nb',
    'a\u202eb',
    'localhost',
    '10.0.0.1',
    'fe80::1',
    'x'.repeat(64),
    `${'a.'.repeat(127)}aa`,
    'a\0b',
    'a/b',
    "o'b",
  ])('%j is none', (text) => {
    expect(normalise('hostname', text)).toBeNull();
  });
});

describe('source-address', () => {
  test.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7[4500]', '203.0.113.7'],
    ['203.0.113.7:51820', '203.0.113.7'],
    ['[203.0.113.7]:1', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8::1[4500]', '2001:db8::1'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['127.0.0.1', '127.0.0.1'],
    [' 203.0.113.7\0', '203.0.113.7'],
  ])('%j is %j', (text, address) => {
    expect(normalise('source-address', text)).toBe(address);
  });

  test.each([
    '',
    '0.0.0.0',
    '::',
    '255.255.255.255',
    '224.0.0.1',
    'ff02::1',
    '10.1',
    '010.0.0.1',
    '0x0a.0.0.1',
    '10.0.0.256',
    '10.0.0.1/8',
    '10.0.0.1:',
    '10.0.0.1:x',
    '10.0.0.1[',
    '1::2::3',
    'host',
  ])('%j is none', (text) => {
    expect(normalise('source-address', text)).toBeNull();
  });
});

describe('station-id', () => {
  test('becomes a MAC or an address when it looks like one', () => {
    expect(normalise('station-id', '00-10-A4-23-19-C0')).toBe('0010a42319c0');
    expect(normalise('station-id', '203.0.113.7[4500]')).toBe('203.0.113.7');
    expect(normalise('station-id', '2001:DB8::1')).toBe('2001:db8::1');
    expect(normalise('station-id', '00:00:00:00:00:00')).toBeNull();
    expect(normalise('station-id', '0.0.0.0')).toBeNull();
  });

  test('is otherwise trimmed and put in lower case, without anything that could break a log', () => {
    expect(normalise('station-id', ' Trạm 01 ')).toBe('trạm 01');
    for (const text of ['', ' ', 'a\nb', 'a\u001b[31m', 'x'.repeat(254)])
      expect(normalise('station-id', text)).toBeNull();
  });
});

describe('every type', () => {
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'grapheme' }),
    fc.stringMatching(/^[0-9a-fA-F:.[\]% -]{0,80}$/),
    fc.ipV4(),
    fc.ipV6(),
    fc.domain(),
  );
  test.each(identifierTypes)(
    '%s: a normal form is its own normal form, never empty, without control characters',
    (type) => {
      fc.assert(
        fc.property(anyText, (text) => {
          const once = normalise(type, text);
          if (once === null) return;
          expect(normalise(type, once)).toBe(once);
          expect(once).not.toBe('');
          expect(once).not.toMatch(/\p{Cc}/u);
        }),
        { numRuns: 1000 },
      );
    },
  );
});

test('levels and keys have one form', () => {
  expect(([0, 1, 2, 3] as const).map(evidenceLabel)).toEqual(['E0', 'E1', 'E2', 'E3']);
  expect(identifierKey('mac', '000c29749de8')).toBe('mac:000c29749de8');
});
