// Accounting-Requests as typed events: RFC 2866, 2869; when something happened and how much was counted.
import { describe, expect, it } from 'vitest';
import { readAccounting } from '../../../src/wire/radius/accounting.ts';
import { type EncodedAttribute, encodeValue } from '../../../src/wire/radius/attribute.ts';
import { codes, parsePacket } from '../../../src/wire/radius/packet.ts';
import { encodeRequest } from '../../../src/wire/radius/reply.ts';
import { createSecret } from '../../../src/wire/radius/secret.ts';

const receivedAt = Date.UTC(2026, 5, 1, 8);
const secret = createSecret(Buffer.from('secret'));
const integer = (type: number, value: number): EncodedAttribute => ({
  type,
  value: encodeValue('integer', value),
});
const text = (type: number, value: string): EncodedAttribute => ({ type, value: Buffer.from(value) });

function read(...attributes: EncodedAttribute[]) {
  const request = {
    code: codes.AccountingRequest,
    identifier: 1,
    attributes,
    secret,
    messageAuthenticator: false,
  };
  return readAccounting(parsePacket(encodeRequest(request)), receivedAt);
}

describe('an Accounting-Request', () => {
  it('counts octets beyond 32 bits with gigawords, and nothing where nothing is said', () => {
    const event = read(integer(40, 2), integer(42, 5), integer(52, 3), integer(43, 0xffff_ffff));
    expect(event).toMatchObject({ kind: 'stop', octetsIn: 3 * 2 ** 32 + 5, octetsOut: 0xffff_ffff });
    expect(read(integer(40, 1))).toMatchObject({ octetsIn: null, octetsOut: null, terminateCause: null });
    const most = read(integer(40, 2), integer(52, 0xffff_ffff));
    expect(most?.octetsIn).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('happened when Event-Timestamp says, or before the receipt by Acct-Delay-Time', () => {
    expect(read(integer(40, 1))?.at).toBe(receivedAt);
    expect(read(integer(40, 1), integer(41, 30))?.at).toBe(receivedAt - 30_000);
    const seconds = receivedAt / 1000;
    expect(read(integer(40, 1), integer(55, seconds - 60), integer(41, 30))?.at).toBe(receivedAt - 60_000);
  });

  it('never happened later than it came, nor in a year that only a dead clock shows', () => {
    const seconds = receivedAt / 1000;
    expect(read(integer(40, 1), integer(55, seconds + 3_600))?.at).toBe(receivedAt);
    expect(read(integer(40, 1), integer(55, 1_000), integer(41, 5))?.at).toBe(receivedAt - 5_000);
  });

  it('of another kind than sessions and restarts is none', () => {
    expect(read(integer(40, 9))).toBeNull();
    expect(read()).toBeNull();
    expect(read(integer(40, 7))?.kind).toBe('on');
    expect(read(integer(40, 8))?.kind).toBe('off');
  });

  it('keeps no name that a database could not hold', () => {
    const event = read(
      integer(40, 1),
      { type: 1, value: Buffer.from([0xff, 0xfe]) },
      text(44, 'a\0b'),
      text(25, 'ref'),
    );
    expect(event).toMatchObject({ userName: '', acctSessionId: 'a\uFFFDb', classes: ['ref'] });
  });
});
