import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extend, hashAfter, seedOf } from '../../../src/store/audit/chain.ts';
import {
  alteredFields,
  canonical,
  prepareRecord,
  readBody,
  readPersonal,
} from '../../../src/store/audit/record.ts';
import type { RecordDraft } from '../../../src/store/store.ts';

const draft: RecordDraft = {
  kind: 'decision',
  at: 1_700_000_000_000,
  accountId: 7,
  gatewayId: null,
  outcome: 'deny',
  reason: 'code-wrong',
  detail: null,
  lookupCode: 'ABCD2345',
  body: { zeta: true, alpha: 'ô', beta: 1.5, gamma: null },
  personal: { userName: 'an', station: '198.51.100.7' },
};
const counting = { bytes: (length: number) => Buffer.from(Array.from({ length }, (_, index) => index)) };

describe('a record', () => {
  it('has the documented body, octet by octet', () => {
    const commit = (salt: Buffer, name: string, value: string) =>
      createHash('sha256')
        .update(Buffer.concat([salt, Buffer.from(name), Buffer.of(0), Buffer.from(value)]))
        .digest('base64url');
    const salts = counting.bytes(32);
    const station = commit(salts.subarray(0, 16), 'station', '198.51.100.7');
    const userName = commit(salts.subarray(16), 'userName', 'an');
    expect(prepareRecord(draft, counting).body).toBe(
      `{"accountId":7,"at":1700000000000,"data":{"alpha":"ô","beta":1.5,"gamma":null,"zeta":true},"detail":null,` +
        `"gatewayId":null,"kind":"decision","lookupCode":"ABCD2345","outcome":"deny",` +
        `"personal":{"station":"${station}","userName":"${userName}"},"reason":"code-wrong","v":1}`,
    );
  });

  it('keeps personal values out of the body and hands them back with their salts', () => {
    const { body, personal } = prepareRecord(draft, counting);
    expect(body).not.toContain('198.51.100.7');
    const fields = readPersonal(personal ?? '');
    expect(fields?.['station']?.value).toBe('198.51.100.7');
    expect(alteredFields(readBody(body)?.commitments ?? {}, fields ?? {})).toEqual([]);
  });

  it('names the fields whose value or salt differs, and those that it never had', () => {
    const { body, personal } = prepareRecord(draft, counting);
    const commitments = readBody(body)?.commitments ?? {};
    const { station, userName } = readPersonal(personal ?? '') ?? {};
    if (station === undefined || userName === undefined) throw new Error('fields are missing');
    expect(alteredFields(commitments, { station: { ...station, value: 'x' }, userName })).toEqual([
      'station',
    ]);
    expect(alteredFields(commitments, { userName: { ...userName, salt: station.salt } })).toEqual([
      'userName',
    ]);
    expect(alteredFields(commitments, { extra: userName })).toEqual(['extra']);
    expect(alteredFields(commitments, {})).toEqual([]);
  });

  it('refuses what would make the body ambiguous', () => {
    expect(() => prepareRecord({ ...draft, body: { n: Number.NaN } }, counting)).toThrow(TypeError);
    expect(() => prepareRecord({ ...draft, personal: { 'a\0b': 'c' } }, counting)).toThrow(TypeError);
  });

  it('is read back as it was written, whatever it holds', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 });
    const scalar = fc.oneof(
      text,
      fc.boolean(),
      fc.constant(null),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    );
    const key = fc
      .string({ unit: 'binary', maxLength: 8 })
      .filter((name) => !name.includes('\0') && name !== '__proto__');
    fc.assert(
      fc.property(fc.dictionary(key, scalar), fc.dictionary(key, text), (data, personal) => {
        const prepared = prepareRecord({ ...draft, body: data, personal }, counting);
        expect(prepared.body).toBe(canonical(JSON.parse(prepared.body)));
        const body = readBody(prepared.body);
        expect(body?.body).toEqual(JSON.parse(JSON.stringify(data)));
        const fields = prepared.personal === null ? {} : readPersonal(prepared.personal);
        expect(
          Object.fromEntries(Object.entries(fields ?? {}).map(([name, field]) => [name, field.value])),
        ).toEqual(Object.fromEntries(Object.entries(personal)));
        expect(alteredFields(body?.commitments ?? {}, fields ?? {})).toEqual([]);
      }),
    );
  });

  it('is not read from text in another order, with white space, or of another kind', () => {
    const { body } = prepareRecord(draft, counting);
    expect(readBody(body.replace(':', ': '))).toBeNull();
    expect(readBody(body.replace('"v":1', '"v":2'))).toBeNull();
    expect(readBody(body.replace('"decision"', '"other"'))).toBeNull();
    expect(readBody('null')).toBeNull();
    expect(readBody('{')).toBeNull();
  });
});

describe('the chain', () => {
  it('has the documented hashes', () => {
    const chain = '00112233445566778899aabbccddeeff';
    const sha256 = (...parts: (string | Buffer)[]) =>
      createHash('sha256')
        .update(Buffer.concat(parts.map((part) => Buffer.from(part as string))))
        .digest();
    const seed = sha256('gatewarden audit chain v1\0', chain);
    const first = sha256(seed, Buffer.from('0000000000000001', 'hex'), 'thân');
    const second = sha256(first, Buffer.from('0000000000000002', 'hex'), '{}');
    expect(extend(seedOf(chain), ['thân', '{}'])).toEqual([
      { chain, seq: 1, hash: first },
      { chain, seq: 2, hash: second },
    ]);
  });

  it('hashes bodies of any length', () => {
    const seed = seedOf('a');
    for (const length of [0, 1, 4_000, 4_096, 100_000]) {
      const body = 'ế'.repeat(length);
      const expected = createHash('sha256')
        .update(Buffer.concat([seed.hash, Buffer.from('0000000000000001', 'hex'), Buffer.from(body)]))
        .digest();
      expect(hashAfter(seed, body).equals(expected)).toBe(true);
    }
  });
});
