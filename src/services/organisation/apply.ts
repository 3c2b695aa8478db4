// Third pass: the staging area compared with the store and applied, in chunks that hold the turn only briefly.
import type { Clock } from '../../base/clock.ts';
import { OperatorError } from '../../base/errors.ts';
import { advanceImport, listStaged } from '../../store/queries/import/staging.ts';
import type { Store } from '../../store/store.ts';
import type { Db } from '../../store/tables.ts';
import { type Administrator, recordAct } from '../administration.ts';
import type { Keyring } from '../secrets/keyring.ts';
import type { EntryChange, KindContext, Plan } from './kinds/kind.ts';
import { kinds } from './kinds/kinds.ts';
import { addCounts, changedOf, doneOf, type ImportCounts, type KindCounts, listedChanges } from './report.ts';
import { type EntryKind, entryKinds } from './schema.ts';
import { rangeOf } from './sequence.ts';
import type { StagedPayload } from './stage.ts';
import type { StagedEntries } from './staged.ts';

export interface ApplyDeps {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly by: Administrator;
}

export interface ApplyInput {
  readonly importId: string;
  readonly digest: string;
  readonly entries: number;
  /** Where an earlier attempt stopped. */
  readonly appliedThrough: number;
  readonly counts: ImportCounts;
  readonly timeZone: string;
  readonly signal: AbortSignal;
  readonly progress: (done: number) => void;
}

// Decisions wait while an import has the turn. Half of the 50 ms that one may hold it is left for the commit.
const slowMs = 25;
const quickMs = 10;
const leastChunk = 5;
const firstChunk = 50;
const mostChunk = 400;

/** Chunks as large as the time allows. */
function createChunkSize() {
  let size = firstChunk;
  return {
    current: () => size,
    learn(ms: number, entries: number): void {
      if (ms > slowMs) size = Math.max(leastChunk, Math.floor(entries / 2));
      else if (ms < quickMs && entries >= size) size = Math.min(mostChunk, size * 2);
    },
  };
}

function countsOf(plan: Plan): KindCounts {
  const create = plan.changes.filter(({ what }) => what === 'create').length;
  return { create, change: plan.changes.length - create, same: plan.same };
}

function planEntries<K extends EntryKind>(
  kind: K,
  db: Db,
  payloads: readonly string[],
  context: KindContext,
): Promise<Plan> {
  const entries = payloads.map((payload) => (JSON.parse(payload) as StagedPayload<StagedEntries[K]>).entry);
  return kinds[kind].plan(db, entries, context);
}

/** Goes through the staging area in its order; `step` is given some entries of one kind and says how long it took. */
async function walk(
  input: ApplyInput,
  { store }: ApplyDeps,
  step: (kind: EntryKind, payloads: readonly string[], through: number) => Promise<number>,
): Promise<void> {
  const size = createChunkSize();
  for (const kind of entryKinds) {
    const { after, before } = rangeOf(kind);
    let through = Math.max(after, input.appliedThrough);
    while (through < before) {
      input.signal.throwIfAborted();
      const range = { after: through, before, limit: size.current() };
      const rows = await store.read((db) => listStaged(db, input.importId, range));
      const last = rows.at(-1);
      if (last === undefined) break;
      through = last.seq;
      const ms = await step(
        kind,
        rows.map(({ payload }) => payload),
        through,
      );
      size.learn(ms, rows.length);
    }
  }
}

/** Compares everything and changes nothing. */
export async function compareStaged(
  input: ApplyInput,
  deps: ApplyDeps,
): Promise<{ readonly counts: ImportCounts; readonly changes: readonly EntryChange[] }> {
  const { store, keyring, clock } = deps;
  let { counts } = input;
  const changes: EntryChange[] = [];
  await walk(input, deps, async (kind, payloads) => {
    const context = {
      importId: input.importId,
      keyring,
      now: clock.now(),
      by: deps.by.name,
      timeZone: input.timeZone,
    };
    const plan = await store.read((db) => planEntries(kind, db, payloads, context));
    changes.push(...plan.changes.slice(0, listedChanges - changes.length));
    counts = addCounts(counts, kind, countsOf(plan));
    input.progress(doneOf(counts));
    return 0;
  });
  return { counts, changes };
}

async function recordChunk(
  db: Db,
  kind: EntryKind,
  { changes, same }: Plan,
  { importId, by, at }: { readonly importId: string; readonly by: Administrator; readonly at: number },
): Promise<void> {
  for (const { key, fields, accountId } of changes) {
    if (accountId === null) continue;
    await recordAct(db, by, {
      verb: 'account.change',
      at,
      accountId,
      body: { importId, fields: fields.map(({ field }) => field).join(', ') },
      personal: { userName: key, changes: JSON.stringify(fields) },
    });
  }
  const keysOf = (what: EntryChange['what']): string[] =>
    changes.filter((change) => change.what === what).map(({ key }) => key);
  const [created, changed] = [keysOf('create'), keysOf('change')];
  await recordAct(db, by, {
    verb: 'import.chunk',
    at,
    body: { importId, entries: kind, created: created.length, changed: changed.length, same },
    personal: { created: JSON.stringify(created), changed: JSON.stringify(changed) },
  });
}

/**
 * Applies what differs, each chunk in one write together with how far the import has come: after a crash it goes on
 * there, exactly once. What is the same is not written at all.
 */
export async function applyStaged(input: ApplyInput, deps: ApplyDeps): Promise<ImportCounts> {
  const { store, keyring, clock, by } = deps;
  const { importId, digest, entries } = input;
  let { counts } = input;
  let persisted = input.appliedThrough;
  let lastHadChanges = true;

  await walk(input, deps, async (kind, payloads, through) => {
    const context = { importId, keyring, now: clock.now(), by: by.name, timeZone: input.timeZone };
    const finish = (plan: Plan): void => {
      counts = addCounts(counts, kind, countsOf(plan));
      lastHadChanges = plan.changes.length > 0;
      input.progress(doneOf(counts));
    };
    if (!lastHadChanges) {
      // Most likely there is nothing to write here either: look without taking the turn.
      const plan = await store.read((db) => planEntries(kind, db, payloads, context));
      if (plan.changes.length === 0) {
        finish(plan);
        return 0;
      }
    }
    const { plan, ms } = await store.write(async (db) => {
      const begin = clock.monotonic();
      const made = await planEntries(kind, db, payloads, context);
      if (made.changes.length > 0) {
        if (changedOf(counts) === 0) {
          await recordAct(db, by, {
            verb: 'import.start',
            at: context.now,
            body: { importId, digest, entries },
          });
        }
        await made.write(db);
        await recordChunk(db, kind, made, { importId, by, at: context.now });
        const totals = JSON.stringify({ entries, counts: addCounts(counts, kind, countsOf(made)) });
        if (!(await advanceImport(db, importId, persisted, through, totals))) throw takenOver();
      }
      return { plan: made, ms: clock.monotonic() - begin };
    });
    if (plan.changes.length > 0) persisted = through;
    finish(plan);
    return ms;
  });
  return counts;
}

/** Another import, begun meanwhile, gave this one up or goes on with it. */
export function takenOver(): OperatorError {
  return new OperatorError('another import was begun meanwhile; this one stops', {
    remedy: 'import one file at a time; import this one again if it is the newer one',
  });
}
