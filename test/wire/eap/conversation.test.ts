// What peers may do wrong in a conversation, and that each gets its end: RFC 3748, RFC 3579 §2.6, RFC 5216 §2.1.5.
import { describe, expect, it } from 'vitest';
import { type Conversation, newConversation, step } from '../../../src/wire/eap/conversation.ts';
import { described, respond, room, rules, type Stage, stages, tell } from './stages.ts';

const outputOf = (stage: Stage, octets: Buffer): string =>
  described(tell(stages[stage].conversation, octets)[1]);
const names = Object.keys(stages) as Stage[];

/** A fragment of the stage's method, under the right Identifier. */
function fragment(stage: Stage, ...parts: (number | Buffer)[]): Buffer {
  const { identifier, type } = stages[stage];
  const data = Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : part)));
  return respond(identifier, type, data);
}

function uint32(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
}

describe('the beginning', () => {
  it('asks for the identity when the gateway starts, and offers the first method when it is given', () => {
    const [asked, output] = step(newConversation, { kind: 'start' }, rules, room);
    expect(output).toEqual({ kind: 'request', octets: Buffer.from([1, 1, 0, 5, 1]) });
    const [, offered] = tell(asked, respond(1, 1, 'alice'));
    expect(offered).toEqual({ kind: 'request', octets: Buffer.from([1, 2, 0, 6, 21, 0x20]) });
  });

  it('counts its Identifiers on from the one of the identity, and over 255 to 0', () => {
    expect(tell(newConversation, respond(255, 1, 'alice'))[1]).toMatchObject({
      octets: Buffer.from([1, 0, 0, 6, 21, 0x20]),
    });
  });

  it('is nothing but an identity', () => {
    for (const type of [2, 3, 4, 6, 13, 21, 25, 254]) {
      expect(outputOf('start', respond(7, type, Buffer.from([0])))).toBe('failure: no-identity');
    }
  });
});

describe('role reversal and reflection', () => {
  it.each(names)('our own Request, a Success and a Failure end the conversation at stage %s', (stage) => {
    const { conversation, identifier } = stages[stage];
    const reflected = conversation.lastRequest ?? Buffer.from([1, identifier, 0, 5, 1]);
    for (const octets of [
      reflected,
      Buffer.from([3, identifier, 0, 4]),
      Buffer.from([4, identifier, 0, 4]),
    ]) {
      const [after, output] = tell(conversation, octets);
      expect(described(output)).toBe('failure: role-reversal');
      expect(described(tell(after, respond(identifier, 21, Buffer.from([0])))[1])).toBe('failure: over');
    }
  });
});

describe('packets that belong nowhere', () => {
  it('get the last Request again five times, then the end', () => {
    let { conversation }: { conversation: Conversation } = stages.handshake;
    const stray = respond(77, 21, Buffer.from([0]));
    for (let count = 1; count <= 6; count += 1) {
      const [after, output] = tell(conversation, count % 2 === 0 ? Buffer.from([2, 9]) : stray);
      if (count <= 5) expect(output).toEqual({ kind: 'request', octets: conversation.lastRequest });
      else expect(described(output)).toBe('failure: malformed');
      conversation = after;
    }
  });

  it.each(names.filter((name) => name !== 'start'))('another method ends stage %s', (stage) => {
    for (const type of [1, 2, 4, 13, 52, 255]) {
      expect(outputOf(stage, respond(stages[stage].identifier, type, 'x'))).toBe('failure: another-method');
    }
  });

  it('a start within a conversation ends it', () => {
    expect(described(step(stages.handshake.conversation, { kind: 'start' }, rules, room)[1])).toBe(
      'failure: start-within',
    );
  });
});

describe('fragments with lying lengths', () => {
  const x = (length: number) => Buffer.alloc(length, 0x16);
  it.each([
    ['a start from the peer', fragment('handshake', 0x20)],
    ['no flags', fragment('handshake')],
    ['no room for the length it announces', fragment('handshake', 0x80, 0, 0)],
    ['more than announced', fragment('handshake', 0x80, uint32(3), x(4))],
    ['more than announced', fragment('handshake', 0x80, uint32(0), x(1))],
    ['less than announced', fragment('handshake', 0x80, uint32(5), x(4))],
    ['too long a message', fragment('handshake', 0xc0, uint32(2 ** 31), x(4))],
    ['too long a message', fragment('handshake', 0xc0, uint32(0xffffffff), x(4))],
    ['an empty fragment with more to come', fragment('handshake', 0x40)],
    ['an empty fragment with more to come', fragment('handshake', 0xc0, uint32(9))],
  ])('%s', (fault, octets) => {
    expect(outputOf('handshake', octets)).toBe(`failure: fragment: ${fault}`);
  });

  it.each([
    ['another length than announced at first', [0xc0, uint32(9), x(2)], [0xc0, uint32(8), x(2)]],
    ['a length announced late', [0x40, x(2)], [0xc0, uint32(9), x(2)]],
    ['more than announced', [0xc0, uint32(3), x(2)], [0x00, x(2)]],
    ['less than announced', [0xc0, uint32(5), x(2)], [0x00, x(2)]],
  ] as const)('%s, in the second fragment', (fault, first, second) => {
    const [after, output] = tell(stages.handshake.conversation, fragment('handshake', ...first));
    expect(output).toMatchObject({ kind: 'request' });
    const next = respond(
      10,
      21,
      Buffer.concat(second.map((part) => (typeof part === 'number' ? Buffer.from([part]) : part))),
    );
    expect(described(tell(after, next)[1])).toBe(`failure: fragment: ${fault}`);
  });

  it('M without end is cut off by length or by rounds, whatever comes first', () => {
    for (const size of [1, 200, 1_000, 4_000]) {
      let { conversation, identifier }: { conversation: Conversation; identifier: number } = stages.handshake;
      let held = 0;
      for (let count = 0; ; count += 1) {
        expect(count).toBeLessThan(700);
        const [after, output] = tell(
          conversation,
          respond(identifier, 21, Buffer.concat([Buffer.from([0x40]), x(size)])),
        );
        if (output.kind === 'failure') {
          expect(output.cause).toMatch(/^(fragment: too long a message|too-many-rounds|too-many-octets)$/);
          break;
        }
        held += size;
        conversation = after;
        identifier = conversation.identifier;
      }
      expect(held).toBeLessThanOrEqual(32_768);
    }
  });

  it('an acknowledgement of nothing, and data where one is due, end it', () => {
    expect(outputOf('handshake', fragment('handshake', 0))).toBe('failure: acknowledgement-of-nothing');
    expect(outputOf('offered', fragment('offered', 0))).toBe('failure: acknowledgement-of-nothing');
    expect(outputOf('sending', fragment('sending', 0, x(3)))).toBe(
      'failure: data-instead-of-acknowledgement',
    );
    expect(outputOf('sending', fragment('sending', 0x40, x(3)))).toBe(
      'failure: data-instead-of-acknowledgement',
    );
  });

  it('puts a message together whose first fragment announces its length, or none', () => {
    for (const first of [
      [0xc0, uint32(4), x(2)],
      [0x40, x(2)],
    ] as const) {
      const [after] = tell(stages.handshake.conversation, fragment('handshake', ...first));
      expect(tell(after, respond(10, 21, Buffer.concat([Buffer.from([0]), x(2)])))[1]).toEqual({
        kind: 'feed',
        records: x(4),
      });
    }
  });

  it('sends its own in pieces that fit, the length in the first alone', () => {
    const { conversation } = stages.sending;
    const first = conversation.lastRequest ?? Buffer.alloc(0);
    expect(first.length).toBe(room);
    expect(first.subarray(5, 10)).toEqual(Buffer.from([0xc0, 0, 0, 0x02, 0xbc]));
    const [after, second] = tell(conversation, respond(9, 21, Buffer.from([0])));
    if (second.kind !== 'request') throw new Error('no second piece');
    expect(second.octets[5]).toBe(0x40);
    const [, third] = tell(after, respond(10, 21, Buffer.from([0])));
    if (third.kind !== 'request') throw new Error('no third piece');
    expect(third.octets[5]).toBe(0);
    expect(first.length - 10 + second.octets.length - 6 + third.octets.length - 6).toBe(700);
  });
});

describe('alerts', () => {
  const turn = {
    records: Buffer.from('alert'),
    plain: Buffer.alloc(0),
    isEstablished: false,
    fault: 'ssl_bad',
  };
  const [fed] = tell(stages.offered.conversation, respond(8, 21, Buffer.from([0, 1])));

  it('an alert of ours goes out, and after its acknowledgement comes failure', () => {
    const [after, output] = step(fed, { kind: 'turn', turn, isTls13: false, wasSaid: false }, rules, room);
    expect(output).toMatchObject({ kind: 'request' });
    expect(described(tell(after, respond(9, 21, Buffer.from([0])))[1])).toBe('failure: tls: ssl_bad');
  });

  it('data after an alert of ours changes nothing', () => {
    const [after] = step(fed, { kind: 'turn', turn, isTls13: false, wasSaid: false }, rules, room);
    expect(described(tell(after, respond(9, 21, Buffer.from([0, 1, 2])))[1])).toBe('failure: tls: ssl_bad');
  });

  it("a peer's alert, which leaves nothing to say, is failure at once", () => {
    const silent = { ...turn, records: Buffer.alloc(0) };
    const [, output] = step(fed, { kind: 'turn', turn: silent, isTls13: false, wasSaid: false }, rules, room);
    expect(described(output)).toBe('failure: tls: ssl_bad');
  });
});

describe('decisions', () => {
  it('a denial ends every stage in failure, and an acceptance none that has presented nothing', () => {
    for (const name of names) {
      const { conversation } = stages[name];
      const denied = step(conversation, { kind: 'decided', decision: { verdict: 'reject' } }, rules, room);
      expect(described(denied[1])).toBe('failure: denied');
    }
    for (const name of ['start', 'offered'] as const) {
      const { conversation } = stages[name];
      const accepted = step(
        conversation,
        { kind: 'decided', decision: { verdict: 'accept', proof: null } },
        rules,
        room,
      );
      expect(described(accepted[1])).toBe('failure: nothing-to-decide');
    }
  });
});
