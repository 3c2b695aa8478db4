// Fuzzing of EAP: a committed corpus with what must become of each packet, and mutations of it at every stage of a conversation.
// FUZZ_RUNS and FUZZ_SEED change how many and which; a finding becomes a file of the corpus.
import { describe, expect, test } from 'vitest';
import { parseAvps } from '../../src/wire/eap/avp.ts';
import { type Conversation, type ConversationInput, step } from '../../src/wire/eap/conversation.ts';
import { parseEap } from '../../src/wire/eap/packet.ts';
import { described, room, rules, type Stage, stages, tell } from '../wire/eap/stages.ts';
import { readCorpus } from './corpus.ts';
import { createNumbers, mutate, type Numbers } from './mutate.ts';

const runs = Number(process.env['FUZZ_RUNS'] ?? 20_000);
const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_125);
const corpus = readCorpus('eap');

/** `expect` costs more than a step does. */
function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`broken: ${what}`);
}

function checkOutput([after, output]: ReturnType<typeof step>): Conversation {
  if (output.kind === 'request' || output.kind === 'success' || output.kind === 'failure') {
    const packet = parseEap(output.octets);
    const code = { request: 1, success: 3, failure: 4 }[output.kind];
    must(packet?.code === code, 'a packet of ours');
    must(output.octets.length <= room, 'its length');
    must(output.kind !== 'success', 'a success without a decision');
    must(output.kind !== 'request' || packet?.identifier === after.identifier, 'its Identifier');
  }
  if (output.kind === 'feed') must(output.records.length > 0 && output.records.length <= 32_768, 'a message');
  return after;
}

/** TLS that makes anything of what it is fed. */
function anyTurn(random: Numbers, plain: Buffer): ConversationInput {
  const turn = {
    records: Buffer.alloc(random(2) * random(1_500), 0x16),
    plain: random(2) === 0 ? Buffer.alloc(0) : plain,
    isEstablished: random(2) === 0,
    fault: random(8) === 0 ? 'fuzzed' : null,
  };
  return { kind: 'turn', turn, isTls13: random(2) === 0, wasSaid: random(4) === 0 };
}

describe('EAP', () => {
  test.each(corpus.map((entry) => [entry.name, entry] as const))(
    '%s',
    (_name, { stage, expected, octets }) => {
      const [, output] = tell(stages[stage as Stage].conversation, octets);
      expect(described(output)).toBe(expected);
    },
  );

  test(`survives ${runs} mutated conversations from seed ${seed}, and none succeeds by itself`, () => {
    const random = createNumbers(seed);
    const names = Object.keys(stages) as Stage[];
    const any = <T>(list: readonly T[]): T => {
      const found = list[random(list.length)];
      if (found === undefined) throw new Error('an empty list');
      return found;
    };
    for (let run = 0; run < runs; run += 1) {
      const { conversation, identifier } = stages[any(names)];
      let at: Conversation = conversation;
      for (let round = 0; round < 6; round += 1) {
        const octets = Buffer.from(mutate(any(corpus).octets, any(corpus).octets, random));
        // Most must get past the first look.
        if (octets.length > 4 && random(4) !== 0) {
          octets[0] = 2;
          octets[1] = round === 0 ? identifier : at.identifier;
          octets.writeUInt16BE(octets.length, 2);
          if (at.phase.name === 'tunnel') octets[4] = at.phase.tunnel.method.type;
        }
        const stepped = tell(at, octets);
        at = checkOutput(stepped);
        if (stepped[1].kind === 'feed') {
          at = checkOutput(step(at, anyTurn(random, octets.subarray(random(6))), rules, room));
        }
      }
    }
  });

  test('AVPs are views that stay within their octets', () => {
    const random = createNumbers(seed);
    for (let run = 0; run < runs; run += 1) {
      const octets = Buffer.from(Array.from({ length: random(64) }, () => random(8) * random(32)));
      const found = parseAvps(octets) ?? [];
      must(found.reduce((sum, { value }) => sum + 8 + value.length, 0) <= octets.length, 'AVPs');
    }
  });
});
