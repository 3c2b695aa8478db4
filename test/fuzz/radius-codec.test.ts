// Fuzzing of the RADIUS codec: a committed corpus, and mutations of it that know the structure of a packet.
// FUZZ_RUNS and FUZZ_SEED change how many and which; a finding becomes a file of the corpus.
import { describe, expect, test } from 'vitest';
import { decodeTaggedInteger, decodeValue, joinConcat, splitTag } from '../../src/wire/radius/attribute.ts';
import { verifyRequestAuthenticator, verifyResponse } from '../../src/wire/radius/authenticator.ts';
import { formatAttribute, standardDictionary } from '../../src/wire/radius/dictionary.ts';
import { readExtended } from '../../src/wire/radius/extended.ts';
import { checkMessageAuthenticator } from '../../src/wire/radius/message-authenticator.ts';
import { codeName, MalformedPacketError, type Packet, parsePacket } from '../../src/wire/radius/packet.ts';
import { encodePacket11, parsePacket11 } from '../../src/wire/radius/radius11.ts';
import { encodeReply } from '../../src/wire/radius/reply.ts';
import { revealMppeKey, revealTunnelPassword } from '../../src/wire/radius/salted.ts';
import { clearSealing } from '../../src/wire/radius/sealing.ts';
import { createSecret } from '../../src/wire/radius/secret.ts';
import { revealUserPassword } from '../../src/wire/radius/user-password.ts';
import { parseAvPair, parseVendorSpecific, vendorAttributes } from '../../src/wire/radius/vendor.ts';
import { readCorpus } from './corpus.ts';
import { createNumbers, mutate } from './mutate.ts';

const secret = createSecret(Buffer.from('xyzzy5461'));
const runs = Number(process.env['FUZZ_RUNS'] ?? 20_000);
const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_124);

const corpus = readCorpus();

const valueTypes = [
  ...(['integer', 'time', 'text', 'string', 'ipv4addr', 'ipv6addr'] as const),
  ...(['ipv4prefix', 'ipv6prefix', 'ifid', 'integer64', 'tlv'] as const),
];

/** `expect` costs more than the parsers do. */
function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`broken: ${what}`);
}

/** Runs every parser over a packet and checks what must hold of the results. Throws on anything unexpected. */
function exercise(packet: Packet): void {
  let at = 20;
  for (const { type, value, offset } of packet.attributes) {
    must(offset === at, 'an offset');
    at += 2 + value.length;
    for (const valueType of valueTypes) decodeValue(valueType, value);
    decodeTaggedInteger(value);
    must(splitTag(value).value.length >= value.length - 1, 'a tag');
    revealUserPassword(value, packet.authenticator, secret);
    revealTunnelPassword(value, packet.authenticator, secret);
    revealMppeKey(value, packet.authenticator, secret);
    for (const inner of parseVendorSpecific(value)?.attributes ?? []) {
      must(inner.value.length <= 247, 'a vendor attribute');
      parseAvPair(inner.value.toString('utf8'));
    }
    const { name, text } = formatAttribute({ type, value });
    must(!/[\p{C}\p{Zl}\p{Zp}]/u.test(name + text), 'text without invisible characters');
    must(!standardDictionary.byNumber({ type })?.hidden || text === '[hidden]', 'a hidden value');
  }
  must(at === packet.bytes.length, 'the end');

  must((joinConcat(packet, 79)?.length ?? 0) < packet.bytes.length, 'a joined value');
  for (const vendor of [9, 311, 24757]) vendorAttributes(packet, vendor);
  const extended = readExtended(packet);
  const fragments = packet.attributes.filter(({ type }) => type >= 241 && type <= 246).length;
  must(extended.valid.length + extended.invalid.length <= fragments, 'extended attributes');
  codeName(packet.code);

  // Nobody can sign a packet by mutating one, but the untouched vectors do verify: only the absence of errors counts.
  checkMessageAuthenticator(packet, secret);
  checkMessageAuthenticator(packet, secret, packet.authenticator);
  verifyRequestAuthenticator(packet, secret);
  verifyResponse(packet.bytes, packet.authenticator, secret);

  const proxyStates = packet.attributes.filter(({ type }) => type === 33);
  const reply = encodeReply({ code: 3, request: packet, attributes: proxyStates.slice(0, 15), secret });
  const copied = parsePacket(reply).attributes.slice(1);
  must(copied.length === Math.min(15, proxyStates.length), 'the number of Proxy-States');
  for (const [i, { value }] of copied.entries()) {
    must(proxyStates[i]?.value.equals(value) === true, 'a Proxy-State');
  }
}

/** The same octets as RADIUS/1.1 has them: what is read can be written again, and is the same then. */
function exercise11(octets: Buffer): void {
  const packet = parsePacket11(octets);
  must(packet.identifier >= 0 && packet.identifier < 2 ** 32, 'a Token');
  must(!packet.attributes.some(({ type }) => type === 80), 'a signature that has no meaning');
  for (const { value } of packet.attributes) {
    const password = clearSealing.revealPassword(value, packet);
    must(password === null || password === value, 'a password');
  }
  const { code, identifier: token, attributes } = packet;
  const again = parsePacket11(
    encodePacket11({ code, token, attributes: attributes.filter(({ type }) => type !== 0) }),
  );
  must(again.identifier === token && again.code === code, 'a header');
  const kept = attributes.filter(({ type }) => type !== 0);
  must(
    again.attributes.every(({ value }, at) => kept[at]?.value.equals(value) === true),
    'an attribute',
  );
}

/** What becomes of a datagram: `packet`, or the fault by which it is refused. Any other error gets out. */
function outcome(datagram: Buffer): string {
  try {
    exercise(parsePacket(datagram));
    exercise11(datagram);
    return 'packet';
  } catch (error) {
    if (error instanceof MalformedPacketError) return error.fault;
    throw error;
  }
}

describe('the corpus', () => {
  test.each(corpus.map((entry) => [entry.name, entry] as const))('%s', (_, { expected, octets }) => {
    expect(outcome(octets)).toBe(expected);
  });
});

test(`${runs} mutations end as a packet or a named fault, nothing else (seed ${seed})`, () => {
  const random = createNumbers(seed);
  const reached = new Set<string>();
  let datagram: Buffer = Buffer.alloc(0);
  try {
    for (let run = 0; run < runs; run += 1) {
      const original = corpus[random(corpus.length)]?.octets ?? Buffer.alloc(20);
      const other = corpus[random(corpus.length)]?.octets ?? Buffer.alloc(20);
      datagram = mutate(original, other, random);
      reached.add(outcome(datagram));
    }
  } catch (cause) {
    throw new Error(`add this to the corpus: ${datagram.toString('hex')}`, { cause });
  }
  expect([...reached].sort()).toEqual(
    ['attribute-length', 'length-field', 'packet', 'too-long', 'too-short', 'truncated'].sort(),
  );
});

test('random octets end as a packet or a named fault', () => {
  const random = createNumbers(seed + 1);
  for (let run = 0; run < runs / 10; run += 1) {
    const datagram = Buffer.from(Array.from({ length: random(300) }, () => random(256)));
    if (datagram.length >= 4) datagram.writeUInt16BE(datagram.length, 2);
    outcome(datagram);
  }
});
