// HOTP, TOTP, base32 and otpauth URIs: RFC vectors, the window's edges, and otplib as a second opinion.
import { createHash, createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { generateSync, verifySync } from 'otplib';
import { describe, expect, test } from 'vitest';
import { OperatorError } from '../../src/base/errors.ts';
import { systemRandom } from '../../src/base/random.ts';
import {
  decodeBase32,
  encodeBase32,
  findTwoCodes,
  generateSeed,
  hotp,
  matchCode,
  matchCounterCode,
  type OtpAlgorithm,
  type OtpParameters,
  otpauthUri,
  seedKey,
  timeStepAt,
  timeStepStart,
} from '../../src/core/otp.ts';

const usual: OtpParameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 };
const seeds: Record<OtpAlgorithm, Buffer> = {
  SHA1: Buffer.from('1234567890'.repeat(2)),
  SHA256: Buffer.from('1234567890'.repeat(4).slice(0, 32)),
  SHA512: Buffer.from('1234567890'.repeat(7).slice(0, 64)),
};
const key = seedKey(seeds.SHA1);

describe('RFC 4226 Appendix D', () => {
  const codes = '755224 287082 359152 969429 338314 254676 287922 162583 399871 520489'.split(' ');
  test.each(codes.map((code, counter) => ({ counter, code })))(
    'count $counter gives $code',
    ({ counter, code }) => {
      expect(hotp(key, counter, usual)).toBe(code);
    },
  );
});

describe('a counter-based token', () => {
  const match = (code: string, lastCounter: number, lookAhead = 10) =>
    matchCounterCode({ key, parameters: usual, code, lastCounter, lookAhead });

  test('is found within the window ahead, and no further', () => {
    expect(match('755224', -1)).toEqual({ kind: 'match', timeStep: 0 });
    expect(match('520489', -1)).toEqual({ kind: 'match', timeStep: 9 });
    expect(match('520489', -1, 9)).toEqual({ kind: 'wrong' });
    expect(match('520 489', 8)).toEqual({ kind: 'match', timeStep: 9 });
  });

  test('is replayed at the last counter and those before it', () => {
    expect(match('520489', 9)).toEqual({ kind: 'replayed', timeStep: 9 });
    expect(match('755224', 5)).toEqual({ kind: 'replayed', timeStep: 0 });
  });

  test.each(['', '75522', '7552244', '75522a', '０５５２２４', '000000'])('takes no %j', (code) => {
    expect(match(code, -1)).toEqual({ kind: 'wrong' });
  });

  test('is found again by two codes in a row, and by no others', () => {
    const find = (codes: readonly [string, string], from = 0) =>
      findTwoCodes({ key, parameters: usual, codes, from, to: 1_000, near: from });
    expect(find(['162583', '399871'])).toBe(8);
    expect(find(['755224', '287082'])).toBe(1);
    expect(find(['399871', '162583'])).toBeNull();
    expect(find(['162583', '520489'])).toBeNull();
    expect(find(['755224', '287082'], 2)).toBeNull();
    expect(find(['755224', 'x'])).toBeNull();
  });
});

describe('RFC 6238 Appendix B', () => {
  const rows: [number, string, string, string, string][] = [
    [59, '0000000000000001', '94287082', '46119246', '90693936'],
    [1111111109, '00000000023523EC', '07081804', '68084774', '25091201'],
    [1111111111, '00000000023523ED', '14050471', '67062674', '99943326'],
    [1234567890, '000000000273EF07', '89005924', '91819424', '93441116'],
    [2000000000, '0000000003F940AA', '69279037', '90698825', '38618901'],
    [20000000000, '0000000027BC86AA', '65353130', '77737706', '47863826'],
  ];
  for (const [time, step, ...codes] of rows) {
    for (const [index, algorithm] of (['SHA1', 'SHA256', 'SHA512'] as const).entries()) {
      const eight = codes[index] ?? '';
      test(`time ${time}, ${algorithm}: ${eight}, and its last six digits`, () => {
        const timeStep = timeStepAt(time * 1000, 30);
        expect(timeStep).toBe(Number.parseInt(step, 16));
        const seed = seedKey(seeds[algorithm]);
        expect(hotp(seed, timeStep, { algorithm, digits: 8, periodSeconds: 30 })).toBe(eight);
        expect(hotp(seed, timeStep, { algorithm, digits: 6, periodSeconds: 30 })).toBe(eight.slice(2));
      });
    }
  }
});

describe('hotp', () => {
  test('counts beyond 32 bits, and each half of the counter matters', () => {
    const codes = [1, 2 ** 32, 2 ** 32 + 1, 2 ** 33 + 1, 2 ** 52 + 1].map((counter) =>
      hotp(key, counter, usual),
    );
    expect(new Set(codes).size).toBe(5);
  });

  test('refuses a counter that is negative, fractional or too large to be exact', () => {
    for (const counter of [-1, 0.5, 2 ** 53, Number.NaN])
      expect(() => hotp(key, counter, usual)).toThrow(RangeError);
  });
});

describe('time steps', () => {
  test('begin where timeStepStart says and end one millisecond before the next', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 34), fc.constantFrom(30, 60), (step, period) => {
        expect(timeStepAt(timeStepStart(step, period), period)).toBe(step);
        expect(timeStepAt(timeStepStart(step + 1, period) - 1, period)).toBe(step);
      }),
    );
  });
});

const receivedAt = 1_800_000_012_345;
const now = timeStepAt(receivedAt, 30);

function judge(code: string, over: Partial<Parameters<typeof matchCode>[0]> = {}) {
  return matchCode({
    key,
    parameters: usual,
    code,
    receivedAt,
    window: { back: 1, ahead: 1 },
    lastStep: -1,
    driftSteps: 0,
    floorAt: 0,
    ...over,
  });
}
const codeAt = (step: number, parameters = usual) => hotp(key, step, parameters);

describe('matchCode', () => {
  test('takes every step of the window and none beside it', () => {
    for (const offset of [-1, 0, 1]) {
      expect(judge(codeAt(now + offset))).toEqual({ kind: 'match', timeStep: now + offset });
    }
    for (const offset of [-2, 2]) expect(judge(codeAt(now + offset)).kind).toBe('wrong');
    const lopsided = { window: { back: 2, ahead: 0 } };
    expect(judge(codeAt(now - 2), lopsided)).toEqual({ kind: 'match', timeStep: now - 2 });
    expect(judge(codeAt(now + 1), lopsided).kind).toBe('wrong');
  });

  test('judges by the instant of receipt: the code changes with the first millisecond of the next step', () => {
    const exact = { window: { back: 0, ahead: 0 } };
    const start = timeStepStart(now, 30);
    expect(judge(codeAt(now), { ...exact, receivedAt: start }).kind).toBe('match');
    expect(judge(codeAt(now), { ...exact, receivedAt: start + 29_999 }).kind).toBe('match');
    expect(judge(codeAt(now), { ...exact, receivedAt: start - 1 }).kind).toBe('wrong');
    expect(judge(codeAt(now), { ...exact, receivedAt: start + 30_000 }).kind).toBe('wrong');
  });

  test('takes a window wider than the scan for clock skew', () => {
    const wide = { window: { back: 30, ahead: 30 } };
    expect(judge(codeAt(now - 30), wide)).toEqual({ kind: 'match', timeStep: now - 30 });
    expect(judge(codeAt(now + 30), wide)).toEqual({ kind: 'match', timeStep: now + 30 });
  });

  test('calls a code of the last claimed step, or of an earlier one, replayed', () => {
    expect(judge(codeAt(now), { lastStep: now })).toEqual({ kind: 'replayed', timeStep: now });
    expect(judge(codeAt(now - 1), { lastStep: now })).toEqual({ kind: 'replayed', timeStep: now - 1 });
    expect(judge(codeAt(now + 1), { lastStep: now })).toEqual({ kind: 'match', timeStep: now + 1 });
  });

  test('keeps every used step refused when the clock steps back', () => {
    expect(judge(codeAt(now), { receivedAt: receivedAt - 30_000, lastStep: now }).kind).toBe('replayed');
    expect(judge(codeAt(now - 1), { receivedAt: receivedAt - 30_000, lastStep: now }).kind).toBe('replayed');
  });

  test('lets the unused newer step win when two steps of the window share a code', () => {
    const seen = new Map<string, number>();
    let collision: { older: number; newer: number } | undefined;
    for (let step = 0; collision === undefined; step++) {
      const older = seen.get(codeAt(step));
      if (older !== undefined && step - older < 2_000) collision = { older, newer: step };
      seen.set(codeAt(step), step);
    }
    const { older, newer } = collision;
    const shared = {
      receivedAt: timeStepStart(newer, 30),
      window: { back: newer - older, ahead: 0 },
    };
    expect(judge(codeAt(older), { ...shared, lastStep: older })).toEqual({ kind: 'match', timeStep: newer });
    expect(judge(codeAt(older), { ...shared, lastStep: newer })).toEqual({
      kind: 'replayed',
      timeStep: newer,
    });
  });

  test('refuses every step that starts before the floor, to the millisecond', () => {
    const start = timeStepStart(now, 30);
    expect(judge(codeAt(now), { floorAt: start })).toEqual({ kind: 'match', timeStep: now });
    expect(judge(codeAt(now), { floorAt: start + 1 })).toEqual({ kind: 'replayed', timeStep: now });
    expect(judge(codeAt(now - 1), { floorAt: start })).toEqual({ kind: 'replayed', timeStep: now - 1 });
    expect(judge(codeAt(now + 1), { floorAt: start + 30_000 })).toEqual({ kind: 'match', timeStep: now + 1 });
  });

  test('moves the window by the drift, and the floor with a clock that runs fast', () => {
    expect(judge(codeAt(now + 5), { driftSteps: 5 })).toEqual({ kind: 'match', timeStep: now + 5 });
    expect(judge(codeAt(now), { driftSteps: 5 }).kind).toBe('wrong');
    expect(judge(codeAt(now - 4), { driftSteps: -5 })).toEqual({ kind: 'match', timeStep: now - 4 });
    // The token showed this code while the wall clock was at `now`, which may be before the restore.
    const floorAt = timeStepStart(now + 1, 30);
    expect(judge(codeAt(now + 5), { driftSteps: 5, floorAt }).kind).toBe('replayed');
    expect(judge(codeAt(now + 6), { driftSteps: 5, floorAt }).kind).toBe('match');
    expect(judge(codeAt(now - 5), { driftSteps: -5, floorAt }).kind).toBe('replayed');
  });

  test.each([
    [-20, -10],
    [-19, -10],
    [-4, -2],
    [-2, -1],
    [2, 1],
    [3, 2],
    [6, 3],
    [20, 10],
  ])('reports a code of %i steps away as %i minutes, never as a match', (steps, minutes) => {
    expect(judge(codeAt(now + steps))).toEqual({ kind: 'wrong', clockSkewMinutes: minutes });
  });

  test('reports no skew beyond ten minutes, and never an offset of zero', () => {
    for (const steps of [-21, 21]) expect(judge(codeAt(now + steps))).toEqual({ kind: 'wrong' });
    const narrow = { window: { back: 0, ahead: 0 } };
    expect(judge(codeAt(now - 1), narrow)).toEqual({ kind: 'wrong', clockSkewMinutes: -1 });
    expect(judge(codeAt(now + 1), narrow)).toEqual({ kind: 'wrong', clockSkewMinutes: 1 });
  });

  test('measures the skew of tokens with 60 s steps and from where the token was expected', () => {
    const parameters: OtpParameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 60 };
    const step = timeStepAt(receivedAt, 60);
    expect(judge(codeAt(step + 10, parameters), { parameters })).toEqual({
      kind: 'wrong',
      clockSkewMinutes: 10,
    });
    expect(judge(codeAt(step + 11, parameters), { parameters })).toEqual({ kind: 'wrong' });
    expect(judge(codeAt(now + 9), { driftSteps: 5 })).toEqual({ kind: 'wrong', clockSkewMinutes: 2 });
  });

  test('removes spaces and nothing else', () => {
    const code = codeAt(now);
    expect(judge(` ${code.slice(0, 3)} ${code.slice(3)} `).kind).toBe('match');
    const full = (offset: number) => [...code].map((d) => String.fromCodePoint(offset + Number(d))).join('');
    const faulty = [
      '',
      ' ',
      code.slice(1),
      `${code}0`,
      `0${code}`,
      `${code}\n`,
      `\t${code}`,
      `${code.slice(0, 3)}\u00a0${code.slice(3)}`,
      `${code.slice(0, 3)}-${code.slice(3)}`,
      `+${code.slice(1)}`,
      `${code.slice(0, 4)}e1`,
      '0x1234',
      full(0xff10),
      full(0x0660),
      `${code}\0`,
    ];
    for (const text of faulty) expect(judge(text)).toEqual({ kind: 'wrong' });
  });

  test('never throws and never accepts more than the window, whatever is typed', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[0-9]{5,9}$/)), (text) => {
        const valid = [-1, 0, 1].map((offset) => codeAt(now + offset));
        expect(judge(text).kind === 'match').toBe(valid.includes(text.replaceAll(' ', '')));
      }),
    );
  });

  test('works in the first minutes of 1970, where part of the window does not exist', () => {
    expect(judge(codeAt(0), { receivedAt: 0 })).toEqual({ kind: 'match', timeStep: 0 });
    expect(judge('000000', { receivedAt: 0 }).kind).toBe('wrong');
  });
});

describe('against otplib', () => {
  const anyParameters = fc.record({
    algorithm: fc.constantFrom('SHA1', 'SHA256', 'SHA512'),
    digits: fc.constantFrom(6, 8),
    periodSeconds: fc.constantFrom(30, 60),
  });
  const anySeed = fc.uint8Array({ minLength: 16, maxLength: 64 });
  const lowerName = { SHA1: 'sha1', SHA256: 'sha256', SHA512: 'sha512' } as const;

  test('gives the same code for any seed, time and parameters', () => {
    fc.assert(
      fc.property(anySeed, fc.nat(2 ** 37), anyParameters, (seed, epoch, parameters) => {
        const theirs = generateSync({
          secret: seed,
          epoch,
          algorithm: lowerName[parameters.algorithm],
          digits: parameters.digits,
          period: parameters.periodSeconds,
        });
        const step = timeStepAt(epoch * 1000, parameters.periodSeconds);
        expect(hotp(seedKey(seed), step, parameters)).toBe(theirs);
      }),
    );
  });

  test('agrees on which step of the window a code belongs to', () => {
    fc.assert(
      fc.property(
        anySeed,
        fc.integer({ min: 1_000_000, max: 2 ** 34 }),
        fc.integer({ min: -3, max: 3 }),
        (seed, epoch, offset) => {
          const step = timeStepAt(epoch * 1000, 30);
          const code = hotp(seedKey(seed), step + offset, usual);
          const theirs = verifySync({ secret: seed, token: code, epoch, epochTolerance: 30 });
          const ours = judge(code, { key: seedKey(seed), receivedAt: epoch * 1000 });
          // Both see [-30 s, +30 s]; otplib counts it from the instant, we from the step, so only the middle is shared.
          if (offset === 0) expect(theirs.valid).toBe(true);
          if (theirs.valid) expect(ours.kind).toBe('match');
        },
      ),
    );
  });
});

describe('seeds', () => {
  test('are as long as the algorithm puts out, and come from the given source', () => {
    const random = { bytes: (length: number) => Buffer.alloc(length, 7) };
    expect(generateSeed(random, 'SHA1')).toEqual(Buffer.alloc(20, 7));
    expect(generateSeed(random, 'SHA256')).toHaveLength(32);
    expect(generateSeed(random, 'SHA512')).toHaveLength(64);
    expect(generateSeed(systemRandom, 'SHA1')).not.toEqual(generateSeed(systemRandom, 'SHA1'));
  });

  test('shorter than 16 octets are refused by every use', () => {
    const seed = Buffer.alloc(15, 1);
    expect(() => seedKey(seed)).toThrow(OperatorError);
    expect(() => otpauthUri({ issuer: 'A', account: 'b', seed, parameters: usual })).toThrow(OperatorError);
    expect(seedKey(Buffer.alloc(16, 1)).symmetricKeySize).toBe(16);
    expect(seedKey(seeds.SHA1).equals(createSecretKey(seeds.SHA1))).toBe(true);
  });
});

describe('base32', () => {
  // RFC 4648 §10, without the padding that otpauth URIs leave out.
  const vectors: [string, string][] = [
    ['', ''],
    ['f', 'MY======'],
    ['fo', 'MZXQ===='],
    ['foo', 'MZXW6==='],
    ['foob', 'MZXW6YQ='],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI======'],
  ];
  test.each(vectors)('RFC 4648 §10: "%s" is %s', (text, encoded) => {
    expect(encodeBase32(Buffer.from(text))).toBe(encoded.replaceAll('=', ''));
    expect(decodeBase32(encoded).toString()).toBe(text);
    expect(decodeBase32(encoded.replaceAll('=', '')).toString()).toBe(text);
  });

  test('comes back the same through grouping, dashes and lower case', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (octets) => {
        const encoded = encodeBase32(octets);
        const typed = encoded
          .toLowerCase()
          .replace(/(.{4})/g, '$1 ')
          .replace(/ (.{2})/, '-$1');
        expect(new Uint8Array(decodeBase32(encoded))).toEqual(octets);
        expect(new Uint8Array(decodeBase32(typed))).toEqual(octets);
      }),
    );
  });

  test.each([
    'A',
    'ABC',
    'ABCDEF',
    'MY=',
    'MY=====',
    'MY=======',
    'MZXW6YTB========',
    '=',
    'M=Y',
    'MZ',
    'MZXW1',
    'MZXW0',
    'MZXW8',
    'MZ\u0130',
    'ſſ',
    'MY\n',
    'MYàà',
  ])('refuses %j without repeating it', (text) => {
    expect(() => decodeBase32(text)).toThrow(OperatorError);
    try {
      decodeBase32(text);
    } catch (error) {
      expect((error as OperatorError).message).not.toContain(text.length > 1 ? text : '\0');
      expect((error as OperatorError).remedy).not.toBe('');
    }
  });
});

describe('otpauthUri', () => {
  const make = (issuer: string, account: string, parameters = usual) =>
    otpauthUri({ issuer, account, seed: seeds.SHA1, parameters });

  test('has label, secret, issuer and all parameters, with %20 for a space', () => {
    expect(make('Cổng VPN', 'nguyen.van.a')).toBe(
      'otpauth://totp/C%E1%BB%95ng%20VPN:nguyen.van.a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' +
        '&issuer=C%E1%BB%95ng%20VPN&algorithm=SHA1&digits=6&period=30',
    );
    expect(make('A', 'b', { algorithm: 'SHA512', digits: 8, periodSeconds: 60 })).toContain(
      '&algorithm=SHA512&digits=8&period=60',
    );
  });

  test('escapes whatever could end the label or a parameter early', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (account) => {
        fc.pre(account.trim() !== '');
        const uri = new URL(make("Ban CNTT & 'Trung tâm' #1", account));
        expect(uri.searchParams.get('issuer')).toBe("Ban CNTT & 'Trung tâm' #1");
        const label = decodeURIComponent(uri.pathname.replace(/^\/+(totp\/)?/, ''));
        expect(label).toBe(`Ban CNTT & 'Trung tâm' #1:${account}`);
        expect(uri.href).toMatch(/^[A-Za-z0-9._~%:/?&=-]+$/);
      }),
    );
  });

  test('refuses an issuer with a colon and empty names', () => {
    for (const [issuer, account] of [
      ['A:B', 'c'],
      ['', 'c'],
      [' ', 'c'],
      ['A', ''],
    ] as const) {
      expect(() => make(issuer, account)).toThrow(OperatorError);
    }
  });

  test('puts the seed in as base32 without padding', () => {
    const seed = createHash('sha256').update('x').digest();
    const uri = otpauthUri({ issuer: 'A', account: 'b', seed, parameters: usual });
    expect(uri).toContain(`?secret=${encodeBase32(seed)}&`);
    expect(uri).not.toContain('%3D');
  });
});
