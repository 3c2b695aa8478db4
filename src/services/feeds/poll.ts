// Reading a source now and then, by its job or on a person's word: never twice at the same time, on whichever node.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../base/clock.ts';
import { OperatorError } from '../../base/errors.ts';
import { type Random, randomCode } from '../../base/random.ts';
import type { DirectoryConfig } from '../../config/directories.ts';
import type { FolderConfig } from '../../config/folders.ts';
import type { Store } from '../../store/store.ts';
import { createLease } from '../leases.ts';
import type { LifecycleDeps } from '../lifecycle/record.ts';
import { type DirectoryOutcome, pollDirectory } from './directory.ts';
import { createFolderWatch, type FolderOutcome, type FolderWatch } from './folder.ts';

/** What the configuration says of sources that are read. */
export interface PolledSources {
  readonly directories: readonly DirectoryConfig[];
  readonly folders: readonly FolderConfig[];
}

export type PollOutcome =
  | { readonly from: 'directory'; readonly read: DirectoryOutcome | { readonly outcome: 'busy' } }
  | { readonly from: 'folder'; readonly read: FolderOutcome };

/** What a reading came to, in numbers. */
export interface PollSummary {
  readonly from: PollOutcome['from'];
  /** Null: it could be read. */
  readonly fault: { readonly kind: string; readonly message: string } | null;
  readonly events: number;
  readonly held: number;
  /** Rows of files, or entries, that are nobody or wrong. */
  readonly leftOut: number;
  /** Files taken, refused ones too. */
  readonly files: number;
  /** Files that are still being written. */
  readonly waiting: number;
}

export function summaryOf({ from, read }: PollOutcome): PollSummary {
  const nothing = { from, fault: null, events: 0, held: 0, leftOut: 0, files: 0, waiting: 0 };
  if (read.outcome === 'busy') return nothing;
  if (read.outcome === 'fault') return { ...nothing, fault: { kind: read.kind, message: read.message } };
  if ('report' in read) {
    const { events, held, skipped } = read.report;
    return { ...nothing, events, held, leftOut: Object.values(skipped).reduce((a, b) => a + b, 0) };
  }
  const reports = read.files.flatMap(({ report }) => report ?? []);
  const total = (of: (report: (typeof reports)[number]) => number) =>
    reports.map(of).reduce((a, b) => a + b, 0);
  return {
    ...nothing,
    events: total(({ applied, scheduled, held }) => applied + scheduled + held),
    held: total(({ held }) => held),
    leftOut: total(({ rejected }) => rejected.length),
    files: read.files.length,
    waiting: read.waiting,
  };
}

interface PollDeps {
  readonly store: Pick<Store, 'write'>;
  readonly clock: Clock;
  readonly random: Random;
}

/** Holds a reading's own lease while it lasts; false while another reads the source. */
async function alone(
  { store, clock, random }: PollDeps,
  source: string,
  read: (lost: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const lease = createLease({ store, clock, name: `reading ${source}`, holder: randomCode(random, 16) });
  try {
    return await lease.run(read);
  } finally {
    await lease.release();
  }
}

export interface Poller {
  readonly source: string;
  readonly intervalSeconds: number;
  /** @throws OperatorError when there is no source of this name and kind */
  poll(signal: AbortSignal): Promise<PollOutcome>;
}

/** The sources to be read at their intervals. */
export function createPollers(
  { directories, folders }: PolledSources,
  deps: PollDeps & { readonly lifecycle: (source: string) => LifecycleDeps },
): Poller[] {
  const ofDirectories = directories.map((config): Poller => {
    const { source, intervalSeconds } = config;
    const lifecycle = deps.lifecycle(source);
    return {
      source,
      intervalSeconds,
      poll: (signal) => readDirectory(deps, lifecycle, config, { dryRun: false, signal }),
    };
  });
  const ofFolders = folders.map((config): Poller => {
    const { source, intervalSeconds } = config;
    const watch = createFolderWatch(deps.lifecycle(source), config);
    return {
      source,
      intervalSeconds,
      poll: (signal) => readFolder(deps, source, watch, { dryRun: false, signal }),
    };
  });
  return [...ofDirectories, ...ofFolders];
}

interface ReadOptions {
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

async function readDirectory(
  deps: PollDeps,
  lifecycle: LifecycleDeps,
  config: DirectoryConfig,
  { dryRun, signal }: ReadOptions,
): Promise<PollOutcome> {
  let outcome: DirectoryOutcome | { readonly outcome: 'busy' } = { outcome: 'busy' };
  await alone(deps, config.source, async (lost) => {
    outcome = await pollDirectory(lifecycle, config, { dryRun, signal: AbortSignal.any([signal, lost]) });
  });
  return { from: 'directory', read: outcome };
}

async function readFolder(
  deps: PollDeps,
  source: string,
  watch: FolderWatch,
  { dryRun, signal }: ReadOptions,
): Promise<Extract<PollOutcome, { readonly from: 'folder' }>> {
  const read = await watch.look({ trial: dryRun, signal, alone: (work) => alone(deps, source, work) });
  return { from: 'folder', read };
}

/**
 * Reads a source now, on a person's word; what it does counts for the brake as ever. A folder is looked at twice, since that
 * shows what is complete.
 * @throws OperatorError when the source is not read from a directory or folder, or is being read
 */
export async function pollNow(
  deps: PollDeps & { readonly lifecycle: LifecycleDeps; readonly sources: PolledSources },
  order: { readonly source: string; readonly dryRun: boolean; readonly signal: AbortSignal },
): Promise<PollOutcome> {
  const { lifecycle, sources } = deps;
  const { source, signal } = order;
  const directory = sources.directories.find((one) => one.source === source);
  const folder = sources.folders.find((one) => one.source === source);
  if (directory !== undefined) return checked(await readDirectory(deps, lifecycle, directory, order));
  if (folder === undefined)
    throw new OperatorError(`${source} is read from no directory and no folder.`, {
      at: 'NAME',
      remedy: 'Name a source that stands under directories or folders in the configuration.',
      vi: [
        `Nguồn ${source} không được đọc từ thư mục nào.`,
        'Chọn nguồn đã khai trong mục directories hoặc folders của tệp cấu hình.',
      ],
    });
  const watch = createFolderWatch(lifecycle, folder);
  const options = { dryRun: order.dryRun, signal };
  const first = await readFolder(deps, source, watch, options);
  if (first.read.outcome !== 'read' || first.read.waiting === 0) return checked(first);
  await sleep(folder.settleSeconds * 1_000, undefined, { signal });
  return checked(await readFolder(deps, source, watch, options));
}

function checked(outcome: PollOutcome): PollOutcome {
  if (outcome.read.outcome !== 'busy') return outcome;
  throw new OperatorError('The source is being read at this moment, here or on another node.', {
    at: 'NAME',
    remedy: 'Wait until that reading is over, then ask again.',
    vi: ['Nguồn này đang được đọc, ở nút này hoặc nút khác.', 'Chờ lượt đọc đó xong rồi làm lại.'],
    fault: 'conflict',
  });
}
