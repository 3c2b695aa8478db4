// Requests done once however often they are sent (draft-ietf-httpapi-idempotency-key-header): the key is claimed before, marked in
// the write of the act itself, and holds the sealed answer after.
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import {
  claimIdempotencyKey,
  deleteIdempotencyKeys,
  type HeldKey,
  type IdempotencyKeyRow,
  keepAnswer,
  markActed,
  releaseIdempotencyKey,
  takeOverIdempotencyKey,
} from '../../store/queries/idempotency-keys.ts';
import type { Store } from '../../store/store.ts';
import { changedMeanwhile } from '../administration.ts';
import { contextOf, type Keyring } from '../secrets/keyring.ts';
import { SealedValueError } from '../secrets/sealing.ts';

/** How long a key is known. */
const knownMs = 24 * 3_600_000;
/** A try that has written nothing for so long is given up: its node has died, or what it still writes is refused. */
const workMs = 60_000;
/** Longer answers are files: they are made anew. */
const longestAnswer = 65_536;

/** One request as its caller sends it again. */
interface KeyedRequest {
  /** Who asks: `operator:7`. */
  readonly caller: string;
  readonly key: string;
  /** All that makes it this request and no other. */
  readonly content: readonly (string | Uint8Array)[];
}

export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A try at a request, which alone may do it. */
export interface Claim extends HeldKey {
  hasActed: boolean;
  isOver: boolean;
}

type Claimed =
  | { readonly kind: 'claimed'; readonly claim: Claim }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  /** It was done; what was answered is not kept, or was lost with the node. */
  | { readonly kind: 'done' }
  | { readonly kind: 'at-work' }
  /** The key is that of another request. */
  | { readonly kind: 'other-request' };

export interface Idempotency {
  /** The store for whatever acts: within `run` the first write marks the key, and fails when the key is another's by now. */
  readonly store: Store;
  claim(request: KeyedRequest): Promise<Claimed>;
  /** Runs what does the request. */
  run<T>(claim: Claim, work: () => T): T;
  /** After the act. `answer` null: it is not kept. What failed without having written anything may be tried again with the same key. */
  settle(claim: Claim, status: number, answer: Omit<KeptAnswer, 'status'> | null): Promise<void>;
}

interface Deps {
  readonly store: Store;
  readonly keyring: Pick<Keyring, 'seal' | 'openReloading' | 'clusterKeys'>;
  readonly clock: Clock;
  readonly random: Random;
}

/** Keyed, since bodies hold codes and passphrases that could be guessed from a plain hash; under each cluster key, the newest first. */
function digestsOf({ keyring }: Deps, content: KeyedRequest['content']): [Buffer, ...Buffer[]] {
  const [first, ...others] = keyring.clusterKeys('idempotency').map(({ key }) => {
    const hmac = createHmac('sha256', key);
    for (const part of content) {
      const octets = typeof part === 'string' ? Buffer.from(part, 'utf8') : part;
      hmac.update(`${octets.length}:`).update(octets);
    }
    return hmac.digest();
  });
  if (first === undefined) throw new Error('the keyring has no cluster key');
  return [first, ...others];
}

export function createIdempotency(deps: Deps): Idempotency {
  const { store, keyring, clock, random } = deps;
  const current = new AsyncLocalStorage<Claim>();
  const contextFor = ({ caller, key }: Pick<HeldKey, 'caller' | 'key'>) => contextOf.answer(caller, key);

  async function answerOf(row: IdempotencyKeyRow): Promise<Claimed> {
    const { status, sealedAnswer, actedAt, createdAt } = row;
    if (status === null) {
      return { kind: actedAt !== null && createdAt <= clock.now() - workMs ? 'done' : 'at-work' };
    }
    if (sealedAnswer === null) return { kind: 'done' };
    try {
      const text = (await keyring.openReloading(sealedAnswer, contextFor(row))).toString('utf8');
      return { kind: 'answered', answer: { status, ...(JSON.parse(text) as Omit<KeptAnswer, 'status'>) } };
    } catch (error) {
      if (error instanceof SealedValueError) return { kind: 'done' };
      throw error;
    }
  }

  async function mark(claim: Claim, db: Parameters<typeof markActed>[0]): Promise<void> {
    if (!(await markActed(db, claim, clock.now()))) throw changedMeanwhile('The request');
  }

  return {
    store: {
      ...store,
      async write(fn) {
        const claim = current.getStore();
        if (claim === undefined || claim.hasActed || claim.isOver) return store.write(fn);
        const result = await store.write(async (db) => {
          await mark(claim, db);
          return fn(db);
        });
        claim.hasActed = true;
        return result;
      },
    },
    async claim({ caller, key, content }) {
      const digests = digestsOf(deps, content);
      const claim = random.bytes(12).toString('base64url');
      const held: Claim = { caller, key, claim, hasActed: false, isOver: false };
      const now = clock.now();
      const row = await store.write((db) =>
        claimIdempotencyKey(db, {
          caller,
          key,
          claim,
          digest: digests[0],
          now,
          overBefore: now - knownMs,
        }),
      );
      if (row === null) return { kind: 'claimed', claim: held };
      const { digest } = row;
      if (!digests.some((one) => one.length === digest.length && timingSafeEqual(one, digest))) {
        return { kind: 'other-request' };
      }
      const isGivenUp = row.status === null && row.actedAt === null && row.createdAt <= now - workMs;
      if (!isGivenUp) return answerOf(row);
      const isTaken = await store.write((db) => takeOverIdempotencyKey(db, row, { claim, now }));
      return isTaken ? { kind: 'claimed', claim: held } : { kind: 'at-work' };
    },
    run: (claim, work) => current.run(claim, work),
    async settle(claim, status, answer) {
      claim.isOver = true;
      const text = answer === null || status >= 500 ? null : JSON.stringify(answer);
      const isKept = text !== null && Buffer.byteLength(text) <= longestAnswer;
      const sealedAnswer = isKept ? keyring.seal(Buffer.from(text, 'utf8'), contextFor(claim)) : null;
      await store.write(async (db) => {
        if (status >= 400 && (await releaseIdempotencyKey(db, claim))) return;
        await keepAnswer(db, claim, { status, sealedAnswer });
      });
    },
  };
}

/** Forgets the keys whose time is over, with their answers. */
export async function deleteOldKeys({ store, clock }: Pick<Deps, 'store' | 'clock'>): Promise<void> {
  await store.write((db) => deleteIdempotencyKeys(db, clock.now() - knownMs));
}
