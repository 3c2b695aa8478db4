// Garbage and mutated requests on the live socket: every valid one among them is answered, and nothing breaks.
import { afterEach, expect, it } from 'vitest';
import { type EncodedAttribute, splitConcat } from '../../src/wire/radius/attribute.ts';
import { codes } from '../../src/wire/radius/packet.ts';
import { accept, closeAll, papRequest, reject, startHarness, text } from './harness.ts';

afterEach(closeAll);

/** Numbers from 0 to 2^32 - 1, the same for the same seed (mulberry32). */
function createNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

function garbage(number: () => number): Buffer {
  const octets = (length: number) => Buffer.from(Array.from({ length }, () => number() & 255));
  const valid = papRequest({ identifier: number() & 127, userName: 'fuzz' });
  switch (number() % 8) {
    case 0:
      return octets(number() % 300);
    case 1: {
      // A valid header over random octets.
      const datagram = octets(20 + (number() % 400));
      datagram[0] = codes.AccessRequest;
      datagram.writeUInt16BE(datagram.length, 2);
      return datagram;
    }
    case 2:
      return valid.subarray(0, number() % valid.length);
    case 3: {
      for (let flips = 1 + (number() % 4); flips > 0; flips -= 1) {
        const at = number() % valid.length;
        valid[at] = (valid[at] ?? 0) ^ (1 << (number() % 8));
      }
      return valid;
    }
    case 4: {
      valid.writeUInt16BE(number() & 0xffff, 2);
      return valid;
    }
    case 5: {
      // Signed, well framed, with odd values of every type.
      const attributes: EncodedAttribute[] = Array.from({ length: number() % 20 }, () => ({
        type: 1 + (number() % 255),
        value: octets(number() % 40),
      })).filter(({ type }) => type !== 80);
      return papRequest({ identifier: number() & 127, userName: 'fuzz', attributes });
    }
    case 6:
      // 1,900 empty EAP-Messages: an endless loop elsewhere once (CVE-2017-10985).
      return papRequest({
        identifier: number() & 127,
        password: null,
        userName: 'fuzz',
        attributes: Array.from({ length: 1900 }, () => ({ type: 79, value: Buffer.alloc(0) })),
      });
    default:
      return papRequest({
        identifier: number() & 127,
        password: null,
        userName: 'fuzz',
        attributes: splitConcat(79, octets(number() % 1500)),
      });
  }
}

it('3,000 pieces of garbage change nothing for the valid requests between them', async () => {
  const number = createNumbers(20261123);
  const harness = await startHarness({
    authenticate: ({ refused }) => (refused === null ? accept : reject),
  });
  const gateway = await harness.play();
  for (let round = 0; round < 300; round += 1) {
    for (let i = 0; i < 10; i += 1) gateway.send(garbage(number));
    const valid = papRequest({
      identifier: 128 + (round % 128),
      userName: `user-${round}`,
      attributes: [text(31, '10.0.0.1')],
    });
    const reply = await gateway.ask(valid);
    expect(reply.code).toBe(codes.AccessAccept);
  }
  const { dropped, datagrams } = harness.server.counters();
  expect(datagrams).toBe(3300);
  expect(dropped.defect).toBe(0);
  expect(dropped.malformed).toBeGreaterThan(500);
  expect(dropped['message-authenticator-invalid']).toBeGreaterThan(100);
  expect(harness.lines.filter(({ level }) => level === 'error')).toEqual([]);
  expect(harness.logins.filter(({ userName }) => userName.startsWith('user-'))).toHaveLength(300);
});
