// VICI by the example of libvici's README, and whatever octets else.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createViciFramer,
  encodeVici,
  MalformedViciError,
  parseVici,
  type ViciSection,
  viciTypes,
} from '../../../src/wire/vici/message.ts';
import { readListSa } from '../../../src/wire/vici/security-associations.ts';

/** The README's "encoding example": a value, a section with a value, a list and a section within. */
const example = {
  message: {
    key1: 'value1',
    section1: { 'sub-section': { key2: 'value2' }, list1: ['item1', 'item2'] },
  },
  octets: Buffer.concat([
    Buffer.from([3, 4]),
    Buffer.from('key1'),
    Buffer.from([0, 6]),
    Buffer.from('value1'),
    Buffer.from([1, 8]),
    Buffer.from('section1'),
    Buffer.from([1, 11]),
    Buffer.from('sub-section'),
    Buffer.from([3, 4]),
    Buffer.from('key2'),
    Buffer.from([0, 6]),
    Buffer.from('value2'),
    Buffer.from([2]),
    Buffer.from([4, 5]),
    Buffer.from('list1'),
    Buffer.from([5, 0, 5]),
    Buffer.from('item1'),
    Buffer.from([5, 0, 5]),
    Buffer.from('item2'),
    Buffer.from([6]),
    Buffer.from([2]),
  ]),
};

const plain = (section: ViciSection): unknown => JSON.parse(JSON.stringify(section));

describe('a VICI message', () => {
  it('is encoded as the README shows', () => {
    const encoded = encodeVici({ type: viciTypes.commandResponse, name: '', message: example.message });
    expect(encoded.readUInt32BE()).toBe(encoded.length - 4);
    expect(encoded.subarray(4)).toEqual(Buffer.concat([Buffer.from([1]), example.octets]));
  });

  it('is read as the README shows', () => {
    const packet = parseVici(Buffer.concat([Buffer.from([1]), example.octets]));
    expect(plain(packet.message)).toEqual(example.message);
  });

  it('carries the name of a command or an event', () => {
    const body = encodeVici({ type: viciTypes.event, name: 'list-sa', message: { a: '1' } }).subarray(4);
    expect(parseVici(body)).toMatchObject({ type: 7, name: 'list-sa' });
  });

  it.each([
    ['nothing', ''],
    ['an unknown type', '09'],
    ['no name', '00'],
    ['an empty name', '0000'],
    ['a section without an end', '01010161'],
    ['an end without a section', '0102'],
    ['a value beyond the packet', '0103016100ff41'],
    ['a list without an end', '0104016105000141'],
    ['a value inside a list', '010401610301610000'],
    ['an element that is none', '0107'],
  ])('of %s is refused', (_, hex) => {
    expect(() => parseVici(Buffer.from(hex, 'hex'))).toThrow(MalformedViciError);
  });

  it('of sections without end goes no deeper than is sensible', () => {
    const deep = Buffer.concat([
      Buffer.from([1]),
      ...Array.from({ length: 1_000 }, () => Buffer.from([1, 1, 97])),
    ]);
    expect(() => parseVici(deep)).toThrow(MalformedViciError);
  });

  it('comes back as it went, and is refused or read whatever its octets are', () => {
    const key = fc
      .string({ minLength: 1, maxLength: 20 })
      .filter((name) => name !== '__proto__' && !/^\d+$/.test(name));
    const section: fc.Arbitrary<ViciSection> = fc.letrec<{ section: ViciSection }>((tie) => ({
      section: fc.dictionary(
        key,
        fc.oneof(
          { depthSize: 'small' },
          fc.string(),
          fc.array(fc.string(), { maxLength: 3 }),
          tie('section'),
        ),
        { maxKeys: 4 },
      ),
    })).section;
    fc.assert(
      fc.property(section, (message) => {
        const body = encodeVici({ type: viciTypes.commandRequest, name: 'x', message }).subarray(4);
        expect(plain(parseVici(body).message)).toEqual(plain(message));
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        try {
          parseVici(Buffer.from(octets));
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedViciError);
        }
      }),
    );
  });

  it('has a prototype of nobody: a section named __proto__ is a section', () => {
    const body = encodeVici({
      type: 1,
      name: '',
      message: JSON.parse('{"__proto__": {"uniqueid": "1"}}') as ViciSection,
    }).subarray(4);
    expect(readListSa(parseVici(body).message)).toHaveLength(1);
    expect(({} as { uniqueid?: string }).uniqueid).toBeUndefined();
  });
});

describe('a stream', () => {
  it('is cut into packets wherever it breaks', () => {
    const packets = ['a', 'bb', 'ccc'].map((name) => encodeVici({ type: 0, name, message: {} }));
    const stream = Buffer.concat(packets);
    for (let size = 1; size <= stream.length; size += 1) {
      const framer = createViciFramer();
      const names: string[] = [];
      for (let at = 0; at < stream.length; at += size) {
        for (const body of framer.push(stream.subarray(at, at + size))) names.push(parseVici(body).name);
      }
      expect(names).toEqual(['a', 'bb', 'ccc']);
    }
  });

  it.each(['00000000', 'ffffffff'])('of a length that no packet has (%s) is refused', (hex) => {
    expect(() => createViciFramer().push(Buffer.from(hex, 'hex'))).toThrow(MalformedViciError);
  });
});

describe('an SA', () => {
  it('is known by the identity that the person has proven, before that of the machine', () => {
    const sa = {
      uniqueid: '7',
      'remote-id': 'CN=pc',
      'remote-host': '192.0.2.1',
      'remote-vips': ['10.0.0.1'],
    };
    const read = (more: object) => readListSa({ rw: { ...sa, ...more } })[0];
    expect(read({ 'remote-eap-id': 'alice' })).toEqual({
      uniqueId: '7',
      userName: 'alice',
      remoteHost: '192.0.2.1',
      virtualAddresses: ['10.0.0.1'],
    });
    expect(read({ 'remote-xauth-id': 'bob' })?.userName).toBe('bob');
    expect(read({})?.userName).toBe('CN=pc');
  });

  it('without a number that can be named is left out', () => {
    expect(readListSa({ rw: { uniqueid: '' }, other: { uniqueid: '1 2' }, text: 'x' })).toEqual([]);
  });
});
