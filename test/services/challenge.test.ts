import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { systemRandom } from '../../src/base/random.ts';
import { detailsOf, reasons } from '../../src/core/reasons.ts';
import { type ChallengeContent, createChallenges } from '../../src/services/challenge.ts';
import type { ClusterKey } from '../../src/services/secrets/keyring.ts';
import { createTestClock } from './clock.ts';

const now = Date.UTC(2026, 2, 2, 1);
const expiresAt = now + 120_000;
const parties = { gatewayId: 7, userName: 'nvduc', station: '203.0.113.9' };
const rightPassword: ChallengeContent = {
  accountId: 42,
  denial: null,
  passwordPhc: '$argon2id$one',
  relayed: null,
};

/** A node; nodes that get the same secrets are one cluster. */
function createNode(secrets: Map<number, Buffer>) {
  const reloads: number[] = [];
  const clock = createTestClock(now);
  const keyring = {
    clusterKeys: (purpose: string): ClusterKey[] =>
      [...secrets].map(([id, secret]) => {
        return {
          id,
          key: createSecretKey(
            Buffer.concat([secret, Buffer.from(purpose)])
              .subarray(purpose.endsWith('tags') ? 4 : 0)
              .subarray(0, 32),
          ),
        };
      }),
    reload: async () => void reloads.push(1),
  };
  return { challenges: createChallenges({ keyring, random: systemRandom, clock }), reloads, clock };
}

const secrets = new Map([[1, randomBytes(32)]]);
const { challenges } = createNode(secrets);

describe('a State', () => {
  test("carries an upstream's question, of the greatest length still within 252 characters", async () => {
    for (const length of [1, 16, 126]) {
      for (const code of [null, { authenticatorId: 2 ** 31, timeStep: 2 ** 40 }]) {
        const relayed = { server: 0xfedcba98, state: Buffer.alloc(length, 0), round: 3, code };
        const state = challenges.seal(parties, { ...rightPassword, relayed }, expiresAt);
        expect(state).toMatch(/^[A-Za-z0-9_-]{66,252}$/);
        const opened = await challenges.open(state, parties, now);
        expect(opened).toMatchObject({ kind: 'opened', challenge: { relayed, accountId: 42 } });
        expect(await challenges.open(state, { ...parties, gatewayId: 8 }, now)).toMatchObject({
          fault: { detail: 'other-gateway' },
        });
        // Neither shortened, nor passed off as one without a question.
        const octets = Buffer.from(state, 'base64url');
        octets[0] = (octets.readUInt8(0) & 31) | (1 << 5);
        for (const forged of [octets, Buffer.from(state, 'base64url').subarray(0, -1)]) {
          expect(await challenges.open(forged.toString('base64url'), parties, now)).toMatchObject({
            fault: { detail: 'malformed' },
          });
        }
      }
    }
    for (const length of [0, 127]) {
      const relayed = { server: 1, state: Buffer.alloc(length), round: 1, code: null };
      expect(() => challenges.seal(parties, { ...rightPassword, relayed }, expiresAt)).toThrow(RangeError);
    }
  });

  test('is 64 printable ASCII characters, different each time', () => {
    const states = new Set(
      Array.from({ length: 50 }, () => challenges.seal(parties, rightPassword, expiresAt)),
    );
    expect(states.size).toBe(50);
    for (const state of states) expect(state).toMatch(/^[A-Za-z0-9_-]{64}$/);
  });

  test('brings round one over to another node of the cluster', async () => {
    const state = challenges.seal(parties, rightPassword, expiresAt);
    const result = await createNode(secrets).challenges.open(state, parties, expiresAt - 1);
    if (result.kind !== 'opened') throw new Error('not opened');
    expect(result.challenge).toMatchObject({ accountId: 42, denial: null, expiresAt });
    expect(result.challenge.challengeId).toMatch(/^[0-9a-f]{24}$/);
    expect(result.challenge.isPasswordUnchanged('$argon2id$one')).toBe(true);
    expect(result.challenge.isPasswordUnchanged('$argon2id$two')).toBe(false);
    expect(result.challenge.isPasswordUnchanged(null)).toBe(false);
  });

  test('carries every reason and detail', async () => {
    for (const reason of reasons) {
      for (const detail of [null, ...detailsOf(reason)]) {
        const state = challenges.seal(parties, { ...rightPassword, denial: { reason, detail } }, expiresAt);
        expect(await challenges.open(state, parties, now)).toMatchObject({
          kind: 'opened',
          challenge: { denial: { reason, detail } },
        });
      }
    }
  });

  test('is drawn up for unknown accounts too', async () => {
    const content: ChallengeContent = {
      accountId: null,
      denial: { reason: 'account-unknown', detail: null },
      passwordPhc: null,
      relayed: null,
    };
    const state = challenges.seal(parties, content, expiresAt);
    expect(await challenges.open(state, parties, now)).toMatchObject({
      kind: 'opened',
      challenge: { accountId: null, denial: content.denial },
    });
  });

  test.each([
    ['other-account', { ...parties, userName: 'pmtam' }],
    ['other-gateway', { ...parties, gatewayId: 8 }],
    ['other-client', { ...parties, station: '203.0.113.10' }],
  ])('is refused with the detail %s', async (detail, others) => {
    const state = challenges.seal(parties, rightPassword, expiresAt);
    expect(await challenges.open(state, others, now)).toEqual({
      kind: 'fault',
      fault: { reason: 'challenge-mismatch', detail },
    });
  });

  test('is refused from the second it expires in', async () => {
    const state = challenges.seal(parties, rightPassword, expiresAt);
    expect(await challenges.open(state, parties, expiresAt)).toEqual({
      kind: 'fault',
      fault: { reason: 'challenge-expired', detail: null },
    });
  });

  const malformed = { kind: 'fault', fault: { reason: 'challenge-mismatch', detail: 'malformed' } };

  test('is malformed after any change of any bit', async () => {
    const octets = Buffer.from(challenges.seal(parties, rightPassword, expiresAt), 'base64url');
    for (let bit = 0; bit < octets.length * 8; bit += 1) {
      const changed = Buffer.from(octets);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(await challenges.open(changed.toString('base64url'), parties, now)).toEqual(malformed);
    }
  });

  test('is malformed whatever else somebody sends', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.base64String()), async (text) => {
        expect(await challenges.open(text, parties, now)).toEqual(malformed);
      }),
    );
  });

  test('of another cluster is malformed', async () => {
    const stranger = createNode(new Map([[1, randomBytes(32)]])).challenges;
    const state = stranger.seal(parties, rightPassword, expiresAt);
    expect(await challenges.open(state, parties, now)).toEqual(malformed);
  });
});

test('an unknown key makes a node load the keys again, though rarely', async () => {
  const node = createNode(secrets);
  const state = createNode(new Map([[2, randomBytes(32)]])).challenges.seal(
    parties,
    rightPassword,
    expiresAt,
  );
  await node.challenges.open(state, parties, now);
  await node.challenges.open(state, parties, now);
  expect(node.reloads).toHaveLength(1);
  node.clock.advance(1000);
  await node.challenges.open(state, parties, now);
  expect(node.reloads).toHaveLength(2);
});
