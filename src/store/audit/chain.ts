// The audit chain: one per process incarnation and writer lane, so that no two writers ever wait for each other's hash.
//
// chain id   = 32 lower-case hexadecimal digits, random.
// hash(0)    = SHA-256("gatewarden audit chain v1" ‖ 0x00 ‖ chain id), the seed; it belongs to no record.
// hash(seq)  = SHA-256(hash(seq-1) (32 octets) ‖ seq (8 octets, big-endian) ‖ body (UTF-8)), seq from 1 on, without gaps.
// Record 1 of every chain is of kind `system` with outcome `chain-start`. Its data names the node, the lane, the program's
// version and, as `head:<chain id>` = `<seq> <hash in hex>`, the heads of the chains that no earlier start names at their
// present length. So every ended chain is tied in by a later one, and whoever holds the newest heads holds everything.
import { hash } from 'node:crypto';
import type { Random } from '../../base/random.ts';
import type { RecordDraft } from '../store.ts';
import { type RecordBody, readBody } from './record.ts';

/** Where a chain stands: the number and the hash of its last record. */
export interface Head {
  readonly chain: string;
  readonly seq: number;
  readonly hash: Buffer;
}

/** Who writes a chain; stands in its first record. */
export interface ChainOrigin {
  readonly node: string;
  readonly lane: string;
  /** Version of the program. */
  readonly program: string;
}

const domain = 'gatewarden audit chain v1\0';
const headPrefix = 'head:';

export function newChainId(random: Random): string {
  return random.bytes(16).toString('hex');
}

/** The head of a chain without records. */
export function seedOf(chain: string): Head {
  return { chain, seq: 0, hash: hash('sha256', domain + chain, 'buffer') };
}

let scratch = Buffer.allocUnsafe(4096);

/** The hash of the record that follows `previous`. */
export function hashAfter(previous: Pick<Head, 'seq' | 'hash'>, body: string): Buffer {
  const longest = 40 + body.length * 3;
  if (scratch.length < longest) scratch = Buffer.allocUnsafe(longest * 2);
  previous.hash.copy(scratch, 0, 0, 32);
  scratch.writeBigUInt64BE(BigInt(previous.seq + 1), 32);
  const length = 40 + scratch.write(body, 40, 'utf8');
  return hash('sha256', scratch.subarray(0, length), 'buffer');
}

/** The heads after each of the bodies, in order. */
export function extend(head: Head, bodies: readonly string[]): Head[] {
  let last = head;
  return bodies.map((body) => {
    last = { chain: last.chain, seq: last.seq + 1, hash: hashAfter(last, body) };
    return last;
  });
}

/** The first record of a chain. `open` are the heads that no earlier start names (see `openHeads`). */
export function chainStart(origin: ChainOrigin, open: readonly Head[], at: number): RecordDraft {
  const data: Record<string, string> = { node: origin.node, lane: origin.lane, program: origin.program };
  for (const head of open) data[headPrefix + head.chain] = `${head.seq} ${head.hash.toString('hex')}`;
  return {
    kind: 'system',
    at,
    accountId: null,
    gatewayId: null,
    outcome: 'chain-start',
    reason: null,
    detail: null,
    lookupCode: null,
    body: data,
    personal: {},
  };
}

/** The heads that the first record of a chain names. Entries that cannot be heads are left out. */
export function headsNamed(start: RecordBody): Head[] {
  const heads: Head[] = [];
  for (const [key, value] of Object.entries(start.body)) {
    if (!key.startsWith(headPrefix) || typeof value !== 'string') continue;
    const match = /^([1-9][0-9]{0,15}) ([0-9a-f]{64})$/.exec(value);
    if (match === null) continue;
    heads.push({
      chain: key.slice(headPrefix.length),
      seq: Number(match[1]),
      hash: Buffer.from(match[2] ?? '', 'hex'),
    });
  }
  return heads;
}

/**
 * The heads that stand for everything written so far: those of all chains except the ones that some chain's first record
 * names at their present length.
 * @param starts bodies of the first records of all chains
 */
export function openHeads(heads: readonly Head[], starts: readonly string[]): Head[] {
  const named = new Map<string, number>();
  for (const text of starts) {
    const start = readBody(text);
    if (start === null) continue;
    for (const head of headsNamed(start)) {
      named.set(head.chain, Math.max(head.seq, named.get(head.chain) ?? 0));
    }
  }
  return heads.filter((head) => head.seq > (named.get(head.chain) ?? 0));
}
