// RADIUS/1.1: packets laid out by hand from RFC 9765 §4 and §5, read and written.
import { describe, expect, test } from 'vitest';
import { MalformedPacketError } from '../../../src/wire/radius/packet.ts';
import { encodePacket11, parsePacket11 } from '../../../src/wire/radius/radius11.ts';
import { clearSealing, protocolError, versionRefused } from '../../../src/wire/radius/sealing.ts';

/** Code, Reserved-1, Length, Token, Reserved-2, attributes. */
const packet = (code: string, length: string, token: string, attributes = '', reserved1 = '00') =>
  Buffer.from(`${code}${reserved1}${length}${token}${'00'.repeat(12)}${attributes}`, 'hex');

const userName = '0107616c696365';
const password = '020e736563726574313233343536';
const request = packet('01', '0029', 'fffefdfc', userName + password);

describe('a packet of RADIUS/1.1', () => {
  test('has a Token of four octets, and its password in clear', () => {
    const read = parsePacket11(request);
    expect([read.code, read.identifier]).toEqual([1, 0xfffefdfc]);
    expect(read.attributes.map(({ type, value }) => [type, String(value)])).toEqual([
      [1, 'alice'],
      [2, 'secret123456'],
    ]);
    expect(clearSealing.revealPassword(read.attributes[1]?.value ?? Buffer.alloc(0), read)).toEqual(
      Buffer.from('secret123456'),
    );
  });

  test('is written as it is read: no identifier, no authenticator, nothing signed', () => {
    const written = encodePacket11({
      code: 1,
      token: 0xfffefdfc,
      attributes: [
        { type: 1, value: Buffer.from('alice') },
        { type: 2, value: Buffer.from('secret123456') },
      ],
    });
    expect(written.toString('hex')).toBe(request.toString('hex'));
  });

  test('is read whatever stands in the reserved octets', () => {
    const other = Buffer.from(request);
    other[1] = 0x5a;
    other.fill(0xa5, 8, 20);
    const { identifier, attributes } = parsePacket11(other);
    expect(identifier).toBe(0xfffefdfc);
    expect(attributes).toHaveLength(2);
  });

  test('loses Message-Authenticator and Original-Packet-Code on the way in, whatever is in them', () => {
    const signature = `5012${'ee'.repeat(16)}`;
    const short = '500300';
    const original = 'f1070400000001';
    const otherExtended = 'f1070500000001';
    const attributes = signature + short + userName + original + otherExtended;
    const length = (20 + attributes.length / 2).toString(16).padStart(4, '0');
    const read = parsePacket11(packet('01', length, '00000000', attributes));
    expect(read.attributes.map(({ type, value }) => [type, value[0]])).toEqual([
      [1, 0x61],
      [241, 5],
    ]);
  });

  test.each([80, 241])('is never written with an attribute of type %d that has no meaning', (type) => {
    const value = type === 80 ? Buffer.alloc(16) : Buffer.from('0400000001', 'hex');
    expect(() => encodePacket11({ code: 2, token: 1, attributes: [{ type, value }] })).toThrow(RangeError);
  });

  test('of no whole header, a lying length or a broken attribute is none', () => {
    for (const octets of [
      request.subarray(0, 19),
      packet('01', '0013', '00000001'),
      packet('01', '1001', '00000001'),
      packet('01', '0016', '00000001', '0101'),
    ]) {
      expect(() => parsePacket11(octets)).toThrow(MalformedPacketError);
    }
  });
});

describe('what is hidden otherwise', () => {
  const read = parsePacket11(request);

  test('a password of 1 to 128 octets, its NULs its own', () => {
    expect(clearSealing.revealPassword(Buffer.from('a\0'), read)).toEqual(Buffer.from('a\0'));
    expect(clearSealing.revealPassword(Buffer.alloc(128, 97), read)).toHaveLength(128);
    expect(clearSealing.revealPassword(Buffer.alloc(0), read)).toBeNull();
    expect(clearSealing.revealPassword(Buffer.alloc(129, 97), read)).toBeNull();
  });

  test('MPPE keys as they are: vendor 311, Recv-Key out of the first half of the MSK', () => {
    const msk = Buffer.from(Array.from({ length: 64 }, (_, index) => index));
    const keys = clearSealing.encodeKeys(msk, Buffer.alloc(4), read);
    const reply = clearSealing.encodeReply(read, { code: 2, attributes: keys });
    const half = (from: number) => msk.subarray(from, from + 32).toString('hex');
    expect(reply.toString('hex')).toBe(
      packet('02', '0064', 'fffefdfc', `1a28000001371122${half(0)}1a28000001371022${half(32)}`).toString(
        'hex',
      ),
    );
    expect(() => clearSealing.encodeKeys(msk.subarray(1), Buffer.alloc(4), read)).toThrow(RangeError);
  });
});

test('a request that cannot be processed gets its Token back in a Protocol-Error with the cause', () => {
  expect(protocolError(0xfffefdfc, 506).toString('hex')).toBe(
    packet('34', '001a', 'fffefdfc', '6506000001fa').toString('hex'),
  );
});

test('a version that is not taken is told in a Protocol-Error to no request, with 406', () => {
  expect(versionRefused('x').toString('hex')).toBe(
    packet('34', '001d', '00000000', '120378650600000196').toString('hex'),
  );
});
