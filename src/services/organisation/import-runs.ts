// Imports of organisation files that the console starts: one at a time, in the background, watched until they are done.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatorError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { type ImportFault, ImportRefusedError } from './faults.ts';
import { type ImportDeps, type ImportPhase, importOrganisation } from './import.ts';
import type { ImportReport } from './report.ts';

export interface OrganisationRun {
  readonly startedAt: number;
  readonly by: string;
  readonly fileName: string;
  readonly dryRun: boolean;
  readonly state: 'running' | 'done' | 'refused' | 'failed';
  readonly phase: ImportPhase;
  readonly done: number;
  readonly total: number | null;
  readonly report: ImportReport | null;
  readonly faults: readonly ImportFault[];
}

export interface OrganisationRuns {
  /** @throws OperatorError while another import is at work */
  start(
    deps: ImportDeps,
    order: { readonly content: Buffer; readonly fileName: string; readonly dryRun: boolean },
  ): OrganisationRun;
  /** The last one of this node; null: none yet. */
  last(): OrganisationRun | null;
  stop(): Promise<void>;
}

const extensions = ['.yaml', '.yml', '.json', '.jsonl', '.ndjson'] as const;

/** `directory` is the broker's own: the file lies there, readable for it alone, only as long as it is read. */
export function createOrganisationRuns({
  directory,
  log,
}: {
  readonly directory: string;
  readonly log: Log;
}): OrganisationRuns {
  let run: OrganisationRun | null = null;
  let work: Promise<void> = Promise.resolve();
  const stopping = new AbortController();

  async function go(
    deps: ImportDeps,
    content: Buffer,
    extension: string,
    started: OrganisationRun,
  ): Promise<void> {
    const change = (changes: Partial<OrganisationRun>) => {
      run = { ...(run ?? started), ...changes };
    };
    const place = await mkdtemp(join(directory, 'import-'));
    try {
      const file = join(place, `organisation${extension}`);
      await writeFile(file, content, { mode: 0o600 });
      const report = await importOrganisation(
        {
          file,
          dryRun: started.dryRun,
          signal: stopping.signal,
          progress: (phase, done, total) => change({ phase, done, total }),
        },
        deps,
      );
      change({ state: 'done', report });
    } catch (error) {
      if (error instanceof ImportRefusedError) {
        change({ state: 'refused', faults: error.faults });
      } else if (error instanceof OperatorError) {
        const { message, remedy } = error;
        change({ state: 'refused', faults: [{ place: '', message, remedy: remedy ?? '' }] });
      } else {
        log.error({ err: error }, 'an import of an organisation file failed');
        change({ state: 'failed' });
      }
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  }

  return {
    start(deps, { content, fileName, dryRun }) {
      if (run?.state === 'running') {
        throw new OperatorError('Another import is at work.', {
          at: 'file',
          vi: ['Đang có một lần nhập khác.', 'Đợi lần đó xong rồi làm lại.'],
          remedy: 'Wait until it is done.',
        });
      }
      const extension = extensions.find((known) => fileName.toLowerCase().endsWith(known));
      if (extension === undefined) {
        throw new OperatorError('The file is neither YAML nor JSON by its name.', {
          at: 'file',
          vi: ['Tên tệp không phải YAML hoặc JSON.', `Đặt tên tệp kết thúc bằng ${extensions.join(', ')}.`],
          remedy: `Name it with one of ${extensions.join(', ')}.`,
        });
      }
      const started: OrganisationRun = {
        startedAt: deps.clock.now(),
        by: deps.by.name,
        fileName,
        dryRun,
        state: 'running',
        phase: 'reading',
        done: 0,
        total: null,
        report: null,
        faults: [],
      };
      run = started;
      work = go(deps, content, extension, started);
      return started;
    },
    last: () => run,
    async stop() {
      stopping.abort();
      await work;
    },
  };
}
