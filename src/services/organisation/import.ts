// Import of an organisation file: read and checked whole in a staging area, then compared or applied in resumable chunks.
import { OperatorError } from '../../base/errors.ts';
import { programVersion } from '../../base/program.ts';
import type { Random } from '../../base/random.ts';
import {
  changeImportState,
  deleteImport,
  deleteSomeStaged,
  type ImportRow,
  insertImport,
  listImportsWithRemains,
  listUnfinishedImports,
} from '../../store/queries/import/staging.ts';
import type { Store } from '../../store/store.ts';
import { recordAct } from '../administration.ts';
import { type ApplyDeps, applyStaged, compareStaged, takenOver } from './apply.ts';
import { checkStaged } from './check.ts';
import { FaultCollector } from './faults.ts';
import { digestFile } from './read.ts';
import { changedOf, doneOf, emptyCounts, type ImportReport, type ImportTotals } from './report.ts';
import { entryKinds } from './schema.ts';
import { readOrganisationContext, type StagingDeps, stageFile } from './stage.ts';

export interface ImportDeps extends StagingDeps, ApplyDeps {
  readonly random: Random;
}

export type ImportPhase = 'reading' | 'checking' | 'comparing' | 'applying' | 'clearing';

export interface ImportInput {
  /** YAML, JSON, or JSON lines (`.jsonl`). */
  readonly file: string;
  /** Whether its `secretFile`s are read on the broker's host: only for who may read there anyway. Absent: they are refused. */
  readonly mayNameFiles?: boolean;
  /** Says what would change, and changes nothing. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  /** `total` null: not known yet. */
  readonly progress: (phase: ImportPhase, done: number, total: number | null) => void;
}

const removedPerWrite = 1_000;

/** One import at a time in a process; among several nodes the later one stops the earlier. */
const busy = new WeakSet<Store>();

async function clearStaging(store: Store, importId: string): Promise<void> {
  while (await store.write((db) => deleteSomeStaged(db, importId, removedPerWrite)));
}

/** Leaves no trace of an import that changed nothing. */
async function discard(store: Store, importId: string): Promise<void> {
  await clearStaging(store, importId);
  await store.write((db) => deleteImport(db, importId));
}

/** The import to go on with, if this file was begun before; what other files left behind is given up. */
async function takeUp(
  attempt: string,
  { store, clock }: ImportDeps,
): Promise<{ readonly begun: ImportRow | null; readonly warnings: string[] }> {
  for (const id of await store.read(listImportsWithRemains)) await clearStaging(store, id);
  let begun: ImportRow | null = null;
  const warnings: string[] = [];
  for (const row of await store.read(listUnfinishedImports)) {
    if (row.state === 'applying' && row.digest === attempt && begun === null) {
      begun = row;
      continue;
    }
    if (row.state === 'staging') {
      await discard(store, row.id);
    } else {
      const { entries, counts } = JSON.parse(row.totals) as ImportTotals;
      warnings.push(
        `An earlier import of another file (${row.id}) was broken off after ${doneOf(counts)} of ${entries} entries; it is given up.`,
      );
      const finishedAt = clock.now();
      await store.write((db) =>
        changeImportState(db, row.id, 'applying', { state: 'abandoned', finishedAt }),
      );
      await clearStaging(store, row.id);
    }
  }
  return { begun, warnings };
}

/** Reads and checks the file. @throws ImportRefusedError with every fault, having changed nothing */
async function stageNew(importId: string, attempt: string, input: ImportInput, deps: ImportDeps) {
  const { store, clock } = deps;
  const { file, mayNameFiles = false, signal, progress } = input;
  const none: ImportTotals = { entries: 0, counts: emptyCounts() };
  await store.write((db) =>
    insertImport(db, { id: importId, digest: attempt, totals: JSON.stringify(none), createdAt: clock.now() }),
  );
  const faults = new FaultCollector();
  const { counts, unitCodes } = await stageFile(
    { file, mayNameFiles, importId, faults, signal, progress: (done) => progress('reading', done, null) },
    deps,
  );
  const countOf = (kind: string): number => counts.get(kind) ?? 0;
  const entries = entryKinds.reduce((sum, kind) => sum + countOf(kind), 0);
  await checkStaged(
    { importId, file, faults, unitCodes, signal, progress: (done) => progress('checking', done, entries) },
    deps,
  );
  faults.throwIfAny();
  return entries;
}

async function finish(
  importId: string,
  totals: ImportTotals,
  { store, clock, by }: ImportDeps,
): Promise<void> {
  await store.write(async (db) => {
    const at = clock.now();
    const change = { state: 'applied', totals: JSON.stringify(totals), finishedAt: at } as const;
    if (!(await changeImportState(db, importId, 'applying', change))) throw takenOver();
    if (changedOf(totals.counts) === 0) return;
    const sum = (what: 'create' | 'change' | 'same'): number =>
      Object.values(totals.counts).reduce((all, counts) => all + counts[what], 0);
    const body = { importId, created: sum('create'), changed: sum('change'), same: sum('same') };
    await recordAct(db, by, { verb: 'import.finish', at, body });
  });
}

async function run(input: ImportInput, deps: ImportDeps): Promise<ImportReport> {
  const { store, random } = deps;
  const { file, dryRun, signal, progress } = input;
  const digest = await digestFile(file);
  // Another version of the program may have staged entries in another form.
  const attempt = `${digest} ${programVersion}`;
  const { begun, warnings } = dryRun ? { begun: null, warnings: [] } : await takeUp(attempt, deps);
  const importId = begun?.id ?? random.bytes(8).toString('hex');
  let totals: ImportTotals =
    begun === null ? { entries: 0, counts: emptyCounts() } : (JSON.parse(begun.totals) as ImportTotals);
  const { timeZone } = await readOrganisationContext(store);
  const common = { importId, digest, timeZone, signal };

  const clear = async () => {
    progress('clearing', 0, null);
    await clearStaging(store, importId);
  };

  if (begun === null) {
    try {
      const entries = await stageNew(importId, attempt, input, deps);
      totals = { ...totals, entries };
      if (dryRun) {
        const show = (done: number) => progress('comparing', done, entries);
        const compared = await compareStaged(
          { ...common, ...totals, appliedThrough: 0, progress: show },
          deps,
        );
        await discard(store, importId);
        return { importId, dryRun, resumed: false, ...compared, warnings };
      }
      const change = { state: 'applying', totals: JSON.stringify(totals) } as const;
      const isOurs = await store.write((db) => changeImportState(db, importId, 'staging', change));
      if (!isOurs) throw takenOver();
    } catch (error) {
      await discard(store, importId);
      throw error;
    }
  }

  const { entries, counts } = totals;
  const done = await applyStaged(
    {
      ...common,
      entries,
      appliedThrough: begun?.appliedThrough ?? 0,
      counts,
      progress: (count) => progress('applying', count, entries),
    },
    deps,
  );
  await finish(importId, { entries, counts: done }, deps);
  await clear();
  return { importId, dryRun, resumed: begun !== null, counts: done, changes: [], warnings };
}

/**
 * Imports an organisation file. Nothing is applied unless all of it is right; what is the same is not written; what
 * differs is set to what the file says, and nothing that the file does not name is removed. An import that is broken off
 * while it is applied goes on where it stopped when the same file is given again.
 * @throws ImportRefusedError with every fault of the file; OperatorError when stopped by `signal`
 */
export async function importOrganisation(input: ImportInput, deps: ImportDeps): Promise<ImportReport> {
  const { store } = deps;
  if (busy.has(store)) {
    throw new OperatorError('an import is under way', { remedy: 'wait until it has finished' });
  }
  busy.add(store);
  try {
    return await run(input, deps);
  } catch (error) {
    if (!input.signal.aborted || error instanceof OperatorError) throw error;
    throw new OperatorError('the import was stopped', {
      remedy: 'Import the same file again: it goes on where it stopped.',
    });
  } finally {
    busy.delete(store);
  }
}
