// Files that a personnel system puts into a folder: taken once they are complete, recorded, and moved to where it shows what became of them.
import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { access, lstat, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { OperatorError } from '../../base/errors.ts';
import type { FolderConfig } from '../../config/folders.ts';
import { type EventFault, eventFaultTexts } from '../../core/lifecycle-texts.ts';
import { type FeedFileRow, insertFeedFile, isFeedFileDone } from '../../store/queries/feed-files.ts';
import { findFeed } from '../../store/queries/feeds.ts';
import { recordAct } from '../administration.ts';
import {
  type FileReport,
  formatOf,
  importLifecycleFile,
  largestFile,
  rejectedRows,
  rejectedTitle,
} from '../lifecycle/file/import.ts';
import { getSource, type LifecycleDeps } from '../lifecycle/record.ts';
import { clearFeedFault, raiseFeedFault } from './fault.ts';

interface TakenFile {
  readonly name: string;
  /** `known`: a file of this content was taken whole before; nothing was done. */
  readonly state: FeedFileRow['state'] | 'known';
  /** Null when it could not be read at all, or is known. */
  readonly report: FileReport | null;
  readonly fault: string | null;
}

export type FolderOutcome =
  | {
      readonly outcome: 'read';
      readonly files: readonly TakenFile[];
      /** Files that are still being written, for all that can be seen. */
      readonly waiting: number;
    }
  /** Somebody else takes files from it at this moment. */
  | { readonly outcome: 'busy' }
  /** Nothing more was taken; what was recorded until then stands. */
  | { readonly outcome: 'fault'; readonly kind: FolderFault; readonly message: string };

type FolderFault = 'folder-gone' | 'folder-forbidden' | 'file-unreadable' | 'file-stuck';

class FolderError extends Error {
  readonly fault: FolderFault;

  constructor(fault: FolderFault, message: string, cause: unknown) {
    super(message, { cause });
    this.fault = fault;
  }
}

const codeOf = (error: unknown) => String((error as NodeJS.ErrnoException).code ?? error);

/** What programs call files that they still write, and what lies beside a document that is open. */
const unfinished = /^[.~]|~$|\.(tmp|temp|part|partial|filepart|crdownload|lock)$/i;

const marksOf = (stat: Stats) => `${stat.ino} ${stat.size} ${stat.mtimeMs} ${stat.ctimeMs}`;

/** What tells a file that is being written from one that is complete. */
interface Look {
  readonly marks: string;
  /** Monotonic. */
  readonly since: number;
}

interface Complete {
  readonly name: string;
  readonly octets: Buffer;
  readonly sha256: string;
}

export interface FolderWatch {
  /**
   * Takes what has not changed since an earlier look, `settleSeconds` ago or more: the oldest first. A folder that is gone or
   * may not be read or written withdraws nobody and raises one alert until it can be.
   * @throws OperatorError when there is no source of this name and kind
   */
  look(options: LookOptions): Promise<FolderOutcome>;
}

interface LookOptions {
  /** Says what would come of it; files stay where they are, and nothing is written. */
  readonly trial: boolean;
  readonly signal: AbortSignal;
  /** Does the work unless another does the same; false then. The signal says that it may not go on. */
  readonly alone: (work: (lost: AbortSignal) => Promise<void>) => Promise<boolean>;
}

export function createFolderWatch(deps: LifecycleDeps, config: FolderConfig): FolderWatch {
  const { store, clock, log, by } = deps;
  const { source, directory, mapping, language, settleSeconds } = config;
  let looks = new Map<string, Look>();

  /** The places that files are moved to, before any is read: what can't be moved would be taken again and again. */
  async function prepare(): Promise<void> {
    try {
      if (!(await lstat(directory)).isDirectory()) throw new Error('it is no folder');
      for (const place of ['done', 'refused', 'checked']) {
        await mkdir(join(directory, place), { recursive: true, mode: 0o770 });
        const made = await lstat(join(directory, place));
        if (!made.isDirectory() || made.uid !== process.geteuid?.())
          throw new Error(`${place} is no folder of the broker's own`);
        await access(join(directory, place), constants.W_OK | constants.X_OK);
      }
      await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    } catch (error) {
      const code = codeOf(error);
      const fault =
        code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? 'folder-forbidden' : 'folder-gone';
      throw new FolderError(fault, `${directory} cannot be read and written (${code})`, error);
    }
  }

  /** Names of files that are complete, the oldest first; notes what the others are like. */
  async function findSettled(): Promise<{ names: string[]; waiting: number }> {
    const now = clock.monotonic();
    const seen = new Map<string, Look>();
    const settled: { name: string; at: number }[] = [];
    for (const name of await readdir(directory)) {
      if (unfinished.test(name)) continue;
      const stat = await lstat(join(directory, name)).catch(() => null);
      // Links too: a file is taken from this folder and no other.
      if (stat?.isFile() !== true) continue;
      const marks = marksOf(stat);
      const before = looks.get(name);
      const look = before?.marks === marks ? before : { marks, since: now };
      seen.set(name, look);
      if (look === before && now - look.since >= settleSeconds * 1_000)
        settled.push({ name, at: stat.mtimeMs });
    }
    looks = seen;
    const names = settled.sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1)).map(({ name }) => name);
    return { names, waiting: seen.size - names.length };
  }

  /** Null: it has changed or gone since it was looked at. */
  async function read(name: string): Promise<Complete | null> {
    try {
      const file = await open(
        join(directory, name),
        constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
      );
      try {
        const stat = await file.stat();
        if (!stat.isFile() || marksOf(stat) !== looks.get(name)?.marks) return null;
        if (stat.size > largestFile)
          return { name, octets: Buffer.alloc(0), sha256: `too-large-${stat.size}` };
        const octets = await file.readFile();
        if (octets.length !== stat.size) return null;
        return { name, octets, sha256: createHash('sha256').update(octets).digest('hex') };
      } finally {
        await file.close();
      }
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ELOOP') return null;
      throw new FolderError(
        'file-unreadable',
        `${join(directory, name)} cannot be read (${codeOf(error)})`,
        error,
      );
    }
  }

  /** Null: it was broken off, and is taken again from the start. */
  async function judge(
    { octets }: Complete,
    options: { readonly dryRun: boolean; readonly signal: AbortSignal },
  ): Promise<FileReport | OperatorError | null> {
    if (octets.length === 0)
      return new OperatorError('The file is empty, or larger than 32 MB.', {
        at: 'FILE',
        remedy: 'Nothing was done. Send the whole file, or several smaller ones.',
        vi: ['Tệp rỗng hoặc lớn hơn 32 MB.', 'Chưa ghi nhận gì. Hãy gửi lại tệp đầy đủ hoặc chia nhỏ.'],
      });
    try {
      return await importLifecycleFile(deps, {
        octets,
        source,
        mapping,
        ...options,
        progress: () => undefined,
      });
    } catch (error) {
      if (error instanceof OperatorError) return options.signal.aborted ? null : error;
      throw error;
    }
  }

  /** The file to where it belongs, and beside a refused one what is wrong with it; done again, it comes to the same. */
  async function putAway(
    { name, octets, sha256 }: Complete,
    place: FeedFileRow['state'],
    wrong: OperatorError | FileReport['rejected'],
  ): Promise<void> {
    const { name: stem, ext } = parse(name);
    const path = join(directory, place, `${stem}.${sha256.slice(0, 12)}`);
    try {
      if (wrong instanceof OperatorError) {
        const [message, remedy] =
          language === 'vi' && wrong.vi !== undefined ? wrong.vi : [wrong.message, wrong.remedy];
        await write(`${path}.fault.txt`, `\ufeff${message}\r\n${remedy}\r\n`);
      } else if (wrong.length > 0) {
        const text = (fault: EventFault) => eventFaultTexts[fault][language];
        const rows = await rejectedRows(octets, wrong, { title: rejectedTitle[language], text });
        await write(`${path}.rejected.${formatOf(octets).extension}`, rows);
      }
      // Another of its name has come meanwhile: that one has its own turn.
      if (marksOf(await lstat(join(directory, name))) !== looks.get(name)?.marks) return;
      await rename(join(directory, name), `${path}${ext}`);
    } catch (error) {
      throw new FolderError(
        'file-stuck',
        `${join(directory, name)} cannot be moved to ${place} (${codeOf(error)})`,
        error,
      );
    }
  }

  /** Whoever may put files into the folder may have put a link there: it is never written through. */
  async function write(path: string, content: string | Buffer): Promise<void> {
    await rm(`${path}.tmp`, { force: true });
    await writeFile(`${path}.tmp`, content, { mode: 0o660, flag: 'wx' });
    await rename(`${path}.tmp`, path);
  }

  async function take(
    file: Complete,
    { trial, signal }: Pick<LookOptions, 'trial' | 'signal'>,
  ): Promise<TakenFile | null> {
    const { name, sha256 } = file;
    const dryRun = trial || config.dryRun;
    const isKnown = !dryRun && (await store.read((db) => isFeedFileDone(db, source, sha256)));
    if (isKnown) {
      await putAway(file, 'done', []);
      log.info({ source, file: name }, 'a file of this content was taken before: nothing is done');
      return { name, state: 'known', report: null, fault: null };
    }
    const result = await judge(file, { dryRun, signal });
    if (result === null) return null;
    const report = result instanceof OperatorError ? null : result;
    const fault = result instanceof OperatorError ? result.message : null;
    const wrong = result instanceof OperatorError ? result : result.rejected;
    const isSound = report !== null && report.rejected.length === 0;
    const state = isSound ? (dryRun ? 'checked' : 'done') : 'refused';
    if (trial) return { name, state, report, fault };
    const { rows = 0, applied = 0, scheduled = 0, held = 0, same = 0 } = report ?? {};
    const counts = { rows, applied, scheduled, held, same, rejected: report?.rejected.length ?? 0 };
    const note = () =>
      store.write(async (db) => {
        const at = clock.now();
        await insertFeedFile(db, { source, name, sha256, state, ...counts, fault, at });
        const body = { source, sha256, state, dryRun, ...counts };
        await recordAct(db, by, { verb: 'source.file', at, body, personal: { fileName: name } });
      });
    // Killed in between, a file that was taken whole is known by its content and only moved; what is taken again must be noted last.
    if (state === 'done') await note();
    await putAway(file, state, wrong);
    if (state !== 'done') await note();
    log.info({ source, file: name, state, ...counts }, 'a file was taken from a watched folder');
    return { name, state, report, fault };
  }

  async function takeAll({ trial, signal, alone }: LookOptions): Promise<FolderOutcome> {
    await prepare();
    const { names, waiting } = await findSettled();
    const files: TakenFile[] = [];
    const takeEach = async (lost: AbortSignal) => {
      const both = AbortSignal.any([signal, lost]);
      for (const name of names) {
        if (both.aborted) return;
        const file = await read(name);
        const taken = file === null ? null : await take(file, { trial, signal: both });
        if (taken !== null) files.push(taken);
      }
    };
    // Looking costs no write.
    if (names.length > 0 && !(await alone(takeEach))) return { outcome: 'busy' };
    if (!trial) await tell(files);
    return { outcome: 'read', files, waiting };
  }

  /** A refused file is told once, until one is taken whole; whatever else was wrong is over by now. */
  async function tell(files: readonly TakenFile[]): Promise<void> {
    const refused = files.find(({ state }) => state === 'refused');
    const before = await store.read((db) => findFeed(db, source));
    if (before?.fault !== refusedFile || (refused === undefined && files.length > 0))
      await clearFeedFault(deps, source);
    if (refused === undefined) return;
    await raiseFeedFault(deps, source, {
      kind: refusedFile,
      message: `${refused.name}: ${refused.fault ?? `${refused.report?.rejected.length} rows are wrong`}`,
    });
  }

  return {
    async look(options) {
      if ((await getSource(store, source)).kind !== 'file')
        throw new OperatorError(`folders: ${source} is a source, but not of the kind file.`, {
          at: 'folders.source',
          remedy: 'Add one of the kind file with "gatewarden source add NAME", and name that.',
        });
      try {
        return await takeAll(options);
      } catch (error) {
        if (!(error instanceof FolderError)) throw error;
        if (!options.trial) await raiseFeedFault(deps, source, { kind: error.fault, message: error.message });
        return { outcome: 'fault', kind: error.fault, message: error.message };
      }
    },
  };
}

const refusedFile = 'file-refused';
