// Header and attribute framing, RFC 2865 §3 and §5.
import { describe, expect, test } from 'vitest';
import { all, codeName, codes, first, parsePacket } from '../../../src/wire/radius/packet.ts';

/** A packet of code 1 with these attribute octets; the length field can be made to lie. */
function packetOf(attributes: string, length?: number): Buffer {
  const octets = Buffer.concat([Buffer.alloc(20, 0xaa), Buffer.from(attributes, 'hex')]);
  octets[0] = 1;
  octets[1] = 7;
  octets.writeUInt16BE(length ?? octets.length, 2);
  return octets;
}

const fault = (name: string) => expect.objectContaining({ name: 'MalformedPacketError', fault: name });

describe('what is a packet', () => {
  test('a bare header', () => {
    const packet = parsePacket(packetOf(''));
    expect(packet).toMatchObject({ code: 1, identifier: 7, attributes: [] });
    expect(packet.authenticator).toEqual(Buffer.alloc(16, 0xaa));
    expect(packet.bytes.length).toBe(20);
  });

  test('octets beyond the length field are padding', () => {
    const packet = parsePacket(packetOf('010361ffffff', 23));
    expect(packet.bytes.length).toBe(23);
    expect(packet.attributes).toHaveLength(1);
  });

  test('attributes keep their order, offsets and empty values', () => {
    const packet = parsePacket(packetOf('4f02' + '210370' + '4f0401ff' + '210371'));
    expect(packet.attributes.map(({ type, offset }) => [type, offset])).toEqual([
      [79, 20],
      [33, 22],
      [79, 25],
      [33, 29],
    ]);
    expect(first(packet, 79)?.value.length).toBe(0);
    expect(all(packet, 33).map(({ value }) => value.toString())).toEqual(['p', 'q']);
    expect(first(packet, 1)).toBeUndefined();
    expect(all(packet, 1)).toEqual([]);
  });

  test('values are views of the datagram, not copies', () => {
    const datagram = packetOf('010361');
    const packet = parsePacket(datagram);
    datagram[22] = 0x62;
    expect(first(packet, 1)?.value.toString()).toBe('b');
  });

  test('4096 octets and 2038 empty attributes', () => {
    expect(parsePacket(packetOf('4f02'.repeat(2038))).attributes).toHaveLength(2038);
  });

  test('unknown codes and types', () => {
    const octets = packetOf('fe0361');
    octets[0] = 255;
    expect(parsePacket(octets)).toMatchObject({ code: 255, attributes: [{ type: 254 }] });
  });
});

describe('what is none', () => {
  test.each([
    ['nothing at all', Buffer.alloc(0), 'too-short'],
    ['19 octets', Buffer.alloc(19), 'too-short'],
    ['a length below the header', packetOf('', 19), 'length-field'],
    ['a length of zero', packetOf('', 0), 'length-field'],
    ['a length over 4096', packetOf('4f02'.repeat(2039)), 'too-long'],
    ['a length beyond what arrived', packetOf('', 21), 'truncated'],
    ['an attribute of length 0', packetOf('0100'), 'attribute-length'],
    ['an attribute of length 1', packetOf('0101'), 'attribute-length'],
    ['an attribute past the end', packetOf('010461'), 'attribute-length'],
    ['a lone type octet', packetOf('01036101'), 'attribute-length'],
    ['an attribute that needs the padding', packetOf('010461', 22), 'attribute-length'],
  ])('%s', (_, octets, expected) => {
    expect(() => parsePacket(octets)).toThrow(fault(expected));
  });

  test('the error holds nothing of the packet', () => {
    let caught: unknown;
    try {
      parsePacket(packetOf(`0109${Buffer.from('hu').toString('hex')}`));
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({ fault: 'attribute-length' });
    expect(`${JSON.stringify(caught)} ${caught}`).not.toContain('hu');
  });
});

test('codes have the names of the RFCs', () => {
  expect(Object.values(codes).map(codeName)).not.toContainEqual(expect.stringContaining('Code-'));
  expect(codeName(codes.DisconnectNak)).toBe('Disconnect-NAK');
  expect(codeName(200)).toBe('Code-200');
});
