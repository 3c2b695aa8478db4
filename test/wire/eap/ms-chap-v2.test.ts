import { describe, expect, it } from 'vitest';
import {
  agrees,
  encodeChallenge,
  encodeProof,
  readResponse,
} from '../../../src/wire/eap/method/ms-chap-v2.ts';

// RFC 2759 §9.2.
const peerChallenge = Buffer.from('21402324255e262a28295f2b3a337c7e', 'hex');
const ntResponse = Buffer.from('82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df', 'hex');
const value = Buffer.concat([peerChallenge, Buffer.alloc(8), ntResponse, Buffer.from([0])]);

function responseOf(octets: Buffer = value, name = 'User'): Buffer {
  const header = Buffer.from([2, 7, 0, 0, octets.length]);
  header.writeUInt16BE(5 + octets.length + name.length, 2);
  return Buffer.concat([header, octets, Buffer.from(name)]);
}

describe('EAP-MSCHAPv2', () => {
  it('asks with sixteen octets and says how long it is', () => {
    const challenge = Buffer.from('5b5d7c7d7b3f2f3e3c2c602132262628', 'hex');
    const octets = encodeChallenge(7, challenge);
    expect(octets.subarray(0, 5)).toEqual(Buffer.from([1, 7, 0, octets.length, 16]));
    expect(octets.subarray(5, 21)).toEqual(challenge);
    expect(encodeProof(7, Buffer.from('S=00'))).toEqual(Buffer.from([3, 7, 0, 8, 0x53, 0x3d, 0x30, 0x30]));
  });

  it('reads a Response as MS-CHAP2-Response: identifier and flags come first', () => {
    const expected = Buffer.concat([Buffer.from([7, 0]), peerChallenge, Buffer.alloc(8), ntResponse]);
    expect(readResponse(responseOf(), 7)).toEqual(expected);
    expect(readResponse(responseOf(value, ''), 7)).toEqual(expected);
  });

  it('takes nothing else for one', () => {
    const right = responseOf();
    for (let length = 0; length < right.length; length += 1) {
      expect(readResponse(right.subarray(0, length), 7)).toBeNull();
    }
    expect(readResponse(right, 8)).toBeNull();
    for (const [at, octet] of [
      [0, 1],
      [0, 3],
      [3, 4],
      [4, 48],
      [4, 50],
    ] as const) {
      const wrong = Buffer.from(right);
      wrong[at] = octet;
      expect(readResponse(wrong, 7)).toBeNull();
    }
    expect(agrees(Buffer.from([3]))).toBe(true);
    expect(agrees(Buffer.from([4]))).toBe(false);
    expect(agrees(Buffer.alloc(0))).toBe(false);
  });
});
