// Imports of event files that the console starts: run in the background, watched by their id, reported when done.
import { OperatorError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { type EventFault, eventFaultTexts } from '../../core/lifecycle-texts.ts';
import type { Language } from '../../core/reason-texts.ts';
import {
  type FileReport,
  formatOf,
  importLifecycleFile,
  rejectedRows,
  rejectedTitle,
} from './file/import.ts';
import type { LifecycleDeps } from './record.ts';

export interface ImportRun {
  readonly id: string;
  readonly source: string;
  readonly dryRun: boolean;
  readonly startedAt: number;
  readonly by: string;
  readonly done: number;
  readonly total: number;
  readonly state: 'running' | 'done' | 'failed';
  readonly report: FileReport | null;
  /** What the operator can correct; null unless it failed. */
  readonly fault: { readonly message: string; readonly remedy: string | null } | null;
}

interface Kept {
  run: ImportRun;
  readonly octets: Buffer;
}

/** Runs are kept for whoever looks at their report; the files of older ones are let go. */
const mostKept = 20;

export interface ImportRuns {
  start(
    deps: LifecycleDeps,
    order: { readonly octets: Buffer; readonly source: string; readonly dryRun: boolean },
  ): ImportRun;
  /** The newest first. */
  list(): readonly ImportRun[];
  /** @throws OperatorError when this node keeps no such run */
  get(id: string): ImportRun;
  /** A table of the rows that were left out, each with what is wrong with it. @throws OperatorError */
  rejected(
    id: string,
    language: Language,
  ): { readonly extension: string; readonly mediaType: string; readonly rows: Promise<Buffer> };
  /** Ends what is under way after the write at work. */
  stop(): Promise<void>;
}

export function createImportRuns({
  random,
  log,
}: {
  readonly random: Random;
  readonly log: Log;
}): ImportRuns {
  const kept = new Map<string, Kept>();
  const working = new Set<Promise<void>>();
  const stopping = new AbortController();

  function find(id: string): Kept {
    const found = kept.get(id);
    if (found !== undefined) return found;
    throw new OperatorError('There is no such import any more.', {
      at: 'id',
      vi: ['Lần nhập này không còn.', 'Tải tệp lên lại; các dòng đã ghi sẽ được nhận ra.'],
      remedy: 'Load the file again: rows that were recorded are recognised.',
    });
  }

  async function work(deps: LifecycleDeps, entry: Kept): Promise<void> {
    const { source, dryRun } = entry.run;
    try {
      const report = await importLifecycleFile(deps, {
        octets: entry.octets,
        source,
        dryRun,
        signal: stopping.signal,
        progress: (done, total) => {
          entry.run = { ...entry.run, done, total };
        },
      });
      entry.run = { ...entry.run, state: 'done', done: report.rows, total: report.rows, report };
    } catch (error) {
      if (!(error instanceof OperatorError)) log.error({ err: error, source }, 'an import of events failed');
      const fault =
        error instanceof OperatorError
          ? { message: error.message, remedy: error.remedy ?? null }
          : {
              message: 'The import broke off.',
              remedy: 'Load the file again: rows that were recorded are recognised.',
            };
      entry.run = { ...entry.run, state: 'failed', fault };
    }
  }

  return {
    start(deps, { octets, source, dryRun }) {
      const id = random.bytes(12).toString('hex');
      const run: ImportRun = {
        id,
        source,
        dryRun,
        startedAt: deps.clock.now(),
        by: deps.by.name,
        done: 0,
        total: 0,
        state: 'running',
        report: null,
        fault: null,
      };
      const entry: Kept = { run, octets };
      kept.set(id, entry);
      for (const [old, { run: former }] of kept) {
        if (kept.size <= mostKept) break;
        if (former.state !== 'running') kept.delete(old);
      }
      const promise = work(deps, entry).finally(() => working.delete(promise));
      working.add(promise);
      return entry.run;
    },
    list: () => [...kept.values()].map(({ run }) => run).reverse(),
    get: (id) => find(id).run,
    rejected(id, language) {
      const { run, octets } = find(id);
      const text = (fault: EventFault) => eventFaultTexts[fault][language];
      const rows = rejectedRows(octets, run.report?.rejected ?? [], { title: rejectedTitle[language], text });
      return { ...formatOf(octets), rows };
    },
    async stop() {
      stopping.abort();
      await Promise.all(working);
    },
  };
}
