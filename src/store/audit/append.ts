// Records written through a transaction's handle: the start of a chain, and administrators' acts in a chain of their own.
import { and, desc, eq, sql } from 'drizzle-orm';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { insertRows } from '../queries/many.ts';
import type { RecordDraft } from '../store.ts';
import type { Db } from '../tables.ts';
import {
  type ChainOrigin,
  chainStart,
  type Head,
  hashAfter,
  newChainId,
  openHeads,
  seedOf,
} from './chain.ts';
import { prepareRecord } from './record.ts';

/** Where the records of one writer that writes by itself go, one write at a time. */
export interface RecordLane {
  readonly chain: string;
  readonly origin: ChainOrigin;
  readonly random: Random;
  readonly clock: Clock;
}

/** A lane with a chain of its own, which begins with the lane's first record. */
export function createRecordLane(
  origin: ChainOrigin,
  deps: { readonly random: Random; readonly clock: Clock },
): RecordLane {
  return { chain: newChainId(deps.random), origin, random: deps.random, clock: deps.clock };
}

const lanes = new WeakMap<Db, RecordLane>();
/** Rows in one statement. */
const manyRecords = 500;

/** Makes `appendRecord` work on the handle. Writes that share a lane must follow each other. */
export function bindRecordLane(db: Db, lane: RecordLane): void {
  lanes.set(db, lane);
}

/**
 * Writes a record within a `store.write`: it becomes durable with everything else of that write or not at all.
 * @returns where the record stands, should the write succeed
 */
export async function appendRecord(db: Db, draft: RecordDraft): Promise<{ chain: string; seq: number }> {
  const lane = lanes.get(db);
  if (lane === undefined) throw new Error('a record can be appended only within store.write');
  // Read afresh each time: an earlier write of this lane may have been rolled back.
  const head = (await findHead(db, lane.chain)) ?? (await startChain(db, lane));
  const { seq } = await insertRecord(db, head, draft, lane.random);
  return { chain: lane.chain, seq };
}

/** Writes many records of one act as `appendRecord` writes one. */
export async function appendRecords(db: Db, drafts: readonly RecordDraft[]): Promise<void> {
  if (drafts.length === 0) return;
  const lane = lanes.get(db);
  if (lane === undefined) throw new Error('a record can be appended only within store.write');
  const { audit, auditPersonal } = db.tables;
  let head = (await findHead(db, lane.chain)) ?? (await startChain(db, lane));
  for (let at = 0; at < drafts.length; at += manyRecords) {
    const rows: (typeof audit.$inferInsert)[] = [];
    const personalRows: (typeof auditPersonal.$inferInsert)[] = [];
    for (const draft of drafts.slice(at, at + manyRecords)) {
      const { personal, ...columns } = prepareRecord(draft, lane.random);
      const { chain } = lane;
      const seq = head.seq + 1;
      const hash = hashAfter(head, columns.body);
      rows.push({ chain, seq, hash, ...columns });
      if (personal !== null) personalRows.push({ chain, seq, personalValues: personal });
      head = { chain, seq, hash };
    }
    await insertRows(db, audit, rows);
    if (personalRows.length > 0) await insertRows(db, auditPersonal, personalRows);
  }
}

/** Writes a chain's first record, which ties in the open heads of the others. */
export async function startChain(db: Db, lane: RecordLane): Promise<Head> {
  const { chain, origin } = lane;
  const at = lane.clock.now();
  const head = await insertRecord(
    db,
    seedOf(chain),
    chainStart(origin, await findOpenHeads(db), at),
    lane.random,
  );
  await db
    .insert(db.tables.auditChains)
    .values({ chain, node: origin.node, lane: origin.lane, startedAt: at, startHash: head.hash });
  return head;
}

/** The heads that stand for all records committed so far. */
export async function findOpenHeads(db: Db): Promise<Head[]> {
  const { audit, auditChains } = db.tables;
  const newest = sql`(select max("seq") from "audit" "newest" where "newest"."chain" = ${auditChains.chain})`;
  const heads = await db
    .select({ chain: audit.chain, seq: audit.seq, hash: audit.hash })
    .from(auditChains)
    .innerJoin(audit, and(eq(audit.chain, auditChains.chain), eq(audit.seq, newest)));
  const starts = await db
    .select({ body: audit.body })
    .from(auditChains)
    .innerJoin(audit, and(eq(audit.chain, auditChains.chain), eq(audit.seq, 1)));
  return openHeads(
    heads,
    starts.map((start) => start.body),
  );
}

async function findHead(db: Db, chain: string): Promise<Head | null> {
  const { audit } = db.tables;
  const [head] = await db
    .select({ chain: audit.chain, seq: audit.seq, hash: audit.hash })
    .from(audit)
    .where(eq(audit.chain, chain))
    .orderBy(desc(audit.seq))
    .limit(1);
  return head ?? null;
}

async function insertRecord(db: Db, previous: Head, draft: RecordDraft, random: Random): Promise<Head> {
  const { personal, ...columns } = prepareRecord(draft, random);
  const { chain } = previous;
  const seq = previous.seq + 1;
  const hash = hashAfter(previous, columns.body);
  await db.insert(db.tables.audit).values({ chain, seq, hash, ...columns });
  if (personal !== null)
    await db.insert(db.tables.auditPersonal).values({ chain, seq, personalValues: personal });
  return { chain, seq, hash };
}
