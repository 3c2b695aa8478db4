// Verification of the audit log, of the live store or of an export, by the rules written down in chain.ts and record.ts.
import type { JWK } from 'jose';
import { type Head, hashAfter, headsNamed, seedOf } from './chain.ts';
import { checkpointHash, openCheckpoint } from './checkpoint.ts';
import { alteredFields, type RecordBody, readBody, readPersonal } from './record.ts';

/** The columns beside the body, which searching uses; they must say what the body says. */
type AuditColumns = Pick<
  RecordBody,
  'at' | 'kind' | 'accountId' | 'gatewayId' | 'outcome' | 'reason' | 'detail' | 'lookupCode'
>;

interface ChainEntry {
  readonly chain: string;
  readonly node: string;
  readonly lane: string;
  readonly startedAt: number;
  readonly startHash: Buffer;
}

interface RecordEntry extends Head {
  readonly body: string;
  /** Values and salts as text; null when erased or never there. */
  readonly personal: string | null;
  /** Null in an export: there the body alone counts. */
  readonly columns: AuditColumns | null;
}

/**
 * What is verified, in this order: all chains (each with the body of its first record), checkpoints, records (by rising seq
 * within each chain), the end. `malformed` is a piece that could not be read.
 */
export type AuditEntry =
  | { readonly type: 'chain'; readonly chain: ChainEntry; readonly startBody: string | null }
  | { readonly type: 'checkpoint'; readonly jws: string }
  | { readonly type: 'record'; readonly record: RecordEntry }
  | { readonly type: 'malformed'; readonly where: string }
  | { readonly type: 'end'; readonly records: number };

type FaultKind =
  /** The hash does not follow from the predecessor and the body: this record, or its predecessor's hash, was changed. */
  | 'hash-mismatch'
  /** A body that no program of this kind writes. */
  | 'body-malformed'
  /** A column beside the body says something else. */
  | 'column-altered'
  /** A personal value does not fit its commitment. */
  | 'personal-altered'
  /** Records are missing before a later one of the same chain. */
  | 'records-missing'
  /** A record stands twice or out of order. */
  | 'out-of-order'
  /** Records at the end of a chain are missing; a checkpoint or a later chain's first record names them. */
  | 'truncated'
  /** A record is not the one that a checkpoint or a later chain's first record names. */
  | 'rewritten'
  /** The list of chains does not fit the records. */
  | 'chain-altered'
  | 'checkpoint-invalid'
  /** Two checkpoints name the same predecessor: the store was set back in between. */
  | 'checkpoint-forked'
  /** The export could not be read or ends early. */
  | 'export-malformed';

interface Fault {
  readonly kind: FaultKind;
  readonly chain: string | null;
  readonly seq: number | null;
  /** For the reader: which field, which range, who says so. Never a personal value. */
  readonly detail: string;
}

export interface Verification {
  readonly sound: boolean;
  /** The first bad one in the order of reading. */
  readonly first: Fault | null;
  /** The first hundred. */
  readonly faults: readonly Fault[];
  readonly faultCount: number;
  readonly chains: number;
  readonly records: number;
  /** Records whose personal values are (in part) no longer there. */
  readonly erased: number;
  readonly checkpoints: number;
  /** Checkpoints that could not be checked because no key was given. */
  readonly checkpointsUnchecked: number;
  /** Instant of the newest good checkpoint: what was written before it is proven to be complete and unchanged. */
  readonly provenUntil: number | null;
}

const faultsKept = 100;

/**
 * Reads everything once, in constant memory but for the list of chains.
 * @param given.checkpoints compact JWS kept outside, besides those that the entries hold
 * @param given.keys public keys of checkpoints; without any, checkpoints are counted but prove nothing
 */
export async function verifyAudit(
  entries: AsyncIterable<AuditEntry>,
  given: { checkpoints: readonly string[]; keys: readonly JWK[] },
): Promise<Verification> {
  const faults: Fault[] = [];
  let faultCount = 0;
  const report = (kind: FaultKind, chain: string | null, seq: number | null, detail: string) => {
    faultCount += 1;
    if (faults.length < faultsKept) faults.push({ kind, chain, seq, detail });
  };
  const chains = new Map<string, ChainState>();
  const witnesses = new Witnesses(report);
  const checkpoints = new Checkpoints(given.keys, witnesses, report);
  let records = 0;
  let erased = 0;
  let announced: number | null = null;

  for (const jws of given.checkpoints) await checkpoints.add(jws);
  for await (const entry of entries) {
    if (records > 0 && (entry.type === 'chain' || entry.type === 'checkpoint')) {
      // Whoever has rewritten a record could put what names it behind it, where it would no longer be compared.
      report(
        'export-malformed',
        null,
        null,
        `a ${entry.type} stands behind records, where it proves nothing`,
      );
      continue;
    }
    switch (entry.type) {
      case 'chain': {
        const { chain } = entry.chain;
        if (chains.has(chain)) report('chain-altered', chain, null, 'listed twice');
        chains.set(chain, { entry: entry.chain, startBody: entry.startBody, head: seedOf(chain) });
        const start = entry.startBody === null ? null : readBody(entry.startBody);
        for (const head of start === null ? [] : headsNamed(start)) {
          witnesses.add(head, `the first record of chain ${chain}`);
        }
        break;
      }
      case 'checkpoint':
        await checkpoints.add(entry.jws);
        break;
      case 'record': {
        records += 1;
        const state = chains.get(entry.record.chain);
        if (state === undefined) {
          report('chain-altered', entry.record.chain, entry.record.seq, 'its chain is not in the list');
          chains.set(entry.record.chain, { entry: null, startBody: null, head: headBefore(entry.record) });
        } else {
          followChain(state, entry.record, report);
        }
        witnesses.meet(entry.record);
        if (checkContents(entry.record, report)) erased += 1;
        const known = chains.get(entry.record.chain);
        if (known !== undefined && entry.record.seq > known.head.seq) known.head = entry.record;
        break;
      }
      case 'malformed':
        report('export-malformed', null, null, entry.where);
        break;
      case 'end':
        announced = entry.records;
        break;
    }
  }
  for (const { entry, head } of chains.values()) {
    if (entry !== null && head.seq === 0) report('chain-altered', entry.chain, 1, 'it has no record');
  }
  witnesses.finish(chains);
  checkpoints.finish();
  if (announced !== records) {
    report(
      'export-malformed',
      null,
      null,
      `the end announces ${announced ?? 'nothing'}, ${records} records were read`,
    );
  }
  return {
    sound: faultCount === 0,
    first: faults[0] ?? null,
    faults,
    faultCount,
    chains: chains.size,
    records,
    erased,
    checkpoints: checkpoints.good,
    checkpointsUnchecked: checkpoints.unchecked,
    provenUntil: faultCount === 0 ? checkpoints.newest : null,
  };
}

type Report = (kind: FaultKind, chain: string | null, seq: number | null, detail: string) => void;

interface ChainState {
  readonly entry: ChainEntry | null;
  readonly startBody: string | null;
  head: Head;
}

/** A stand-in for the predecessor of a record whose chain is unknown: so that only the chain is complained of. */
function headBefore(record: RecordEntry): Head {
  return { chain: record.chain, seq: record.seq - 1, hash: Buffer.alloc(32) };
}

function followChain(state: ChainState, record: RecordEntry, report: Report): void {
  const { chain, seq } = record;
  const expected = state.head.seq + 1;
  if (seq < expected) {
    report('out-of-order', chain, seq, `follows ${state.head.seq}`);
    return;
  }
  if (seq > expected) {
    // What a missing record's hash was is unknown: the chain is taken up again from here.
    report('records-missing', chain, expected, `${seq - expected} missing: ${expected} to ${seq - 1}`);
  } else if (!hashAfter(state.head, record.body).equals(record.hash)) {
    report('hash-mismatch', chain, seq, 'the hash does not follow from the record before and the body');
  }
  if (seq === 1 && state.entry !== null) {
    if (state.startBody !== record.body) report('chain-altered', chain, 1, 'the start listed is another one');
    if (!state.entry.startHash.equals(record.hash)) report('chain-altered', chain, 1, 'startHash');
    const start = readBody(record.body);
    if (start === null || start.kind !== 'system' || start.outcome !== 'chain-start') {
      report('chain-altered', chain, 1, 'the first record is no chain-start');
    } else {
      if (start.body['node'] !== state.entry.node) report('chain-altered', chain, 1, 'node');
      if (start.body['lane'] !== state.entry.lane) report('chain-altered', chain, 1, 'lane');
      if (start.at !== state.entry.startedAt) report('chain-altered', chain, 1, 'startedAt');
    }
  }
}

const columnNames = [
  'at',
  'kind',
  'accountId',
  'gatewayId',
  'outcome',
  'reason',
  'detail',
  'lookupCode',
] as const satisfies readonly (keyof AuditColumns)[];

/** Checks the body's form, the columns and the personal values. Returns whether values are erased. */
function checkContents(record: RecordEntry, report: Report): boolean {
  const body = readBody(record.body);
  if (body === null) {
    report('body-malformed', record.chain, record.seq, 'not a canonical record');
    return false;
  }
  for (const name of record.columns === null ? [] : columnNames) {
    if (record.columns?.[name] !== body[name]) report('column-altered', record.chain, record.seq, name);
  }
  const committed = Object.keys(body.commitments).length;
  if (record.personal === null) return committed > 0;
  const fields = readPersonal(record.personal);
  if (fields === null) {
    report('personal-altered', record.chain, record.seq, 'not readable');
    return false;
  }
  for (const name of alteredFields(body.commitments, fields)) {
    report(
      'personal-altered',
      record.chain,
      record.seq,
      name in body.commitments ? name : 'a field unknown to the record',
    );
  }
  return Object.keys(fields).length < committed;
}

/** Heads named elsewhere: each must be met with the same hash, or something was cut off or rewritten. */
class Witnesses {
  readonly #open = new Map<string, Map<number, { hash: Buffer; by: string }[]>>();
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  add(head: Head, by: string): void {
    const ofChain = this.#open.get(head.chain) ?? new Map<number, { hash: Buffer; by: string }[]>();
    this.#open.set(head.chain, ofChain);
    const named = ofChain.get(head.seq) ?? [];
    ofChain.set(head.seq, named);
    if (!named.some((other) => other.by === by && other.hash.equals(head.hash)))
      named.push({ hash: head.hash, by });
  }

  meet(record: RecordEntry): void {
    const ofChain = this.#open.get(record.chain);
    for (const { hash, by } of ofChain?.get(record.seq) ?? []) {
      if (!hash.equals(record.hash)) {
        this.#report('rewritten', record.chain, record.seq, `not the record that ${by} names`);
      }
    }
    ofChain?.delete(record.seq);
  }

  finish(chains: ReadonlyMap<string, ChainState>): void {
    for (const [chain, named] of this.#open) {
      const last = chains.get(chain)?.head.seq ?? 0;
      for (const [seq, [first]] of [...named].sort((a, b) => a[0] - b[0])) {
        // A missing record in the middle has been reported as such.
        if (seq > last) {
          this.#report('truncated', chain, last + 1, `ends at ${last}, but ${first?.by} names record ${seq}`);
        }
      }
    }
  }
}

class Checkpoints {
  good = 0;
  unchecked = 0;
  newest: number | null = null;
  readonly #met = new Set<string>();
  readonly #seen = new Map<string, { previous: string | null }>();
  readonly #keys: readonly JWK[];
  readonly #witnesses: Witnesses;
  readonly #report: Report;

  constructor(keys: readonly JWK[], witnesses: Witnesses, report: Report) {
    this.#keys = keys;
    this.#witnesses = witnesses;
    this.#report = report;
  }

  async add(jws: string): Promise<void> {
    const id = checkpointHash(jws);
    if (this.#met.has(id)) return;
    this.#met.add(id);
    if (this.#keys.length === 0) {
      this.unchecked += 1;
      return;
    }
    const checkpoint = await openCheckpoint(jws, this.#keys);
    if (checkpoint === null) {
      this.#report('checkpoint-invalid', null, null, `${id}: not signed by a key given`);
      return;
    }
    this.good += 1;
    this.#seen.set(id, checkpoint);
    this.newest = Math.max(this.newest ?? 0, checkpoint.instant);
    const by = `the checkpoint of ${new Date(checkpoint.instant).toISOString()}`;
    for (const head of checkpoint.heads) this.#witnesses.add(head, by);
  }

  /** Each checkpoint follows another one. That some are not at hand is no fault. */
  finish(): void {
    const followers = new Map<string | null, string>();
    for (const [id, { previous }] of this.#seen) {
      const other = followers.get(previous);
      if (other !== undefined) {
        this.#report('checkpoint-forked', null, null, `${other} and ${id} both follow ${previous ?? 'none'}`);
      }
      followers.set(previous, id);
    }
  }
}
