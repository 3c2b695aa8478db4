// What an import did or would do: counts of each kind, and the first changes one by one.
import type { EntryChange } from './kinds/kind.ts';
import { type EntryKind, entryKinds } from './schema.ts';

export interface KindCounts {
  readonly create: number;
  readonly change: number;
  readonly same: number;
}

export type ImportCounts = Readonly<Record<EntryKind, KindCounts>>;

export interface ImportReport {
  readonly importId: string;
  readonly dryRun: boolean;
  /** Whether an earlier attempt at the same file was taken up. */
  readonly resumed: boolean;
  readonly counts: ImportCounts;
  /** Of a dry run, in the order of application; at most `listedChanges`. */
  readonly changes: readonly EntryChange[];
  readonly warnings: readonly string[];
}

export const listedChanges = 1_000;

/** How far an import has come; kept with it, so that a later attempt reports the whole. */
export interface ImportTotals {
  /** Entries in the staging area. */
  readonly entries: number;
  readonly counts: ImportCounts;
}

export function emptyCounts(): ImportCounts {
  const none: KindCounts = { create: 0, change: 0, same: 0 };
  return Object.fromEntries(entryKinds.map((kind) => [kind, none])) as unknown as ImportCounts;
}

export function addCounts(counts: ImportCounts, kind: EntryKind, more: KindCounts): ImportCounts {
  const { create, change, same } = counts[kind];
  return {
    ...counts,
    [kind]: { create: create + more.create, change: change + more.change, same: same + more.same },
  };
}

/** Entries gone through. */
export function doneOf(counts: ImportCounts): number {
  return Object.values(counts).reduce((sum, { create, change, same }) => sum + create + change + same, 0);
}

/** Entries that were (or would be) created or changed. */
export function changedOf(counts: ImportCounts): number {
  return Object.values(counts).reduce((sum, { create, change }) => sum + create + change, 0);
}
