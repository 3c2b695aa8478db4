// Messages between the writer thread and its clients, besides those of the turn (sqlite/turn.ts).
import type { CommitResult } from '../store.ts';
import type { PreparedCommand } from './apply.ts';

/** Commands made in one tick. JSON crosses faster than a structured clone, texts by themselves faster still. */
export interface CommitMessage {
  readonly kind: 'commit';
  /** Number of the first command; the others follow. */
  readonly first: number;
  /** JSON of PreparedCommand[], without the texts. */
  readonly commands: string;
  /** Body and personal part of each command's record: texts of JSON, which would be escaped once more. */
  readonly texts: readonly (string | null)[];
}

/** Packs commands that are numbered from `first` on. */
export function packCommands(first: number, commands: readonly PreparedCommand[]): CommitMessage {
  const texts: (string | null)[] = [];
  const withoutTexts = commands.map((command) => {
    const { record } = command;
    texts.push(record.body, record.personal);
    return { ...command, record: { ...record, body: '', personal: null } };
  });
  return { kind: 'commit', first, commands: JSON.stringify(withoutTexts), texts };
}

/** The commands that `packCommands` was given. */
export function unpackCommands({ commands, texts }: CommitMessage): PreparedCommand[] {
  return (JSON.parse(commands) as PreparedCommand[]).map((command, index) => {
    const { record } = command;
    const body = texts[index * 2] ?? '';
    return { ...command, record: { ...record, body, personal: texts[index * 2 + 1] ?? null } };
  });
}

/** Asks whether something can be written; answered with `probed` and the same number. */
export interface ProbeMessage {
  readonly kind: 'probe';
  readonly id: number;
}

export interface ProbedMessage {
  readonly kind: 'probed';
  readonly id: number;
  /** Null: it was. */
  readonly fault: string | null;
}

export type Reply =
  | CommitResult
  | { readonly kind: 'unavailable'; readonly message: string }
  | { readonly kind: 'failed'; readonly message: string };

export interface ResultsMessage {
  readonly kind: 'results';
  readonly results: readonly (readonly [number, Reply])[];
}

/** To the thread that started the writer. */
export type WriterNotice =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly message: string; readonly remedy: string | null }
  | {
      readonly kind: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly fields: Record<string, unknown>;
      readonly message: string;
    };

/** From the thread that started the writer. */
export type WriterOrder = { readonly kind: 'client' } | { readonly kind: 'stop' };

export interface WriterThreadData {
  readonly file: string;
  readonly node: string;
  readonly program: string;
  readonly queueLimit: number | null;
}
