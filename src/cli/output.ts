// What a command shows: events that travel through the control socket as JSON and are rendered where the operator sits.
import type { Writable } from 'node:stream';
import cliProgress from 'cli-progress';
import { type Clock, systemClock } from '../base/clock.ts';

export type Cell = string | number | boolean | null;

export type OutputEvent =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'warning'; readonly text: string }
  /** Rows under headings; a null cell is empty. */
  | {
      readonly type: 'table';
      readonly columns: readonly string[];
      readonly rows: readonly (readonly Cell[])[];
    }
  /** Name and value, one pair a line. */
  | { readonly type: 'fields'; readonly fields: readonly (readonly [string, Cell])[] }
  /** `total` null: unknown. `done` equal to `total` ends the bar. */
  | {
      readonly type: 'progress';
      readonly label: string;
      readonly done: number;
      readonly total: number | null;
    };

/** Where a command writes. With --json events are dropped and only the command's result is printed. */
export interface Output {
  emit(event: OutputEvent): void;
}

export const text = (line: string): OutputEvent => ({ type: 'text', text: line });
export const warning = (line: string): OutputEvent => ({ type: 'warning', text: line });

function shown(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  return String(cell).normalize('NFC');
}

/** Control characters from a record or a packet must not reach the terminal. */
function harmless(line: string): string {
  // biome's rule against control characters is off: these are the ones meant.
  return line.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}

/** A value is one line, and reads from left to right: a line end in it, or a mark that turns text round, could show what is not there. */
function oneLine(value: string): string {
  return harmless(value).replace(/[\n\u2028-\u202e\u2066-\u2069\u200e\u200f]/g, '\ufffd');
}

function tableLines(columns: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  const cells = rows.map((row) => columns.map((_, i) => oneLine(shown(row[i] ?? null))));
  const widths = columns.map((column, i) =>
    Math.max(column.length, ...cells.map((row) => row[i]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(columns), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)];
}

/** Groups of four, as a lookup code stands in the text that the holder saw. */
export function spellLookupCode(code: string): string {
  return code.replace(/^(.{4})(.{4})$/, '$1-$2');
}

type ProgressEvent = Extract<OutputEvent, { type: 'progress' }>;

/** Where nobody watches a bar (a log, a pipe) a line tells how far it is, this often. */
const progressLineMs = 10_000;

/** Renders for people: results to `stdout`, warnings and progress to `stderr`: a bar on a terminal, else a line now and then. */
export function createTextOutput(
  streams: { readonly stdout: Writable; readonly stderr: Writable },
  clock: Clock = systemClock,
): Output {
  let bar: cliProgress.SingleBar | null = null;
  let barLabel = '';
  const closeBar = () => {
    bar?.stop();
    bar = null;
  };
  const print = (line: string) => {
    closeBar();
    streams.stdout.write(`${line}\n`);
  };
  const showBar = (event: ProgressEvent) => {
    if (bar !== null && barLabel !== event.label) closeBar();
    if (bar === null) {
      bar = new cliProgress.SingleBar({
        format: event.total === null ? '{label} {value}' : '{label} {bar} {value}/{total}',
        hideCursor: true,
        stream: streams.stderr as NodeJS.WritableStream,
      });
      barLabel = event.label;
      bar.start(event.total ?? event.done, event.done, { label: event.label });
    }
    if (event.total !== null) bar.setTotal(event.total);
    bar.update(event.done, { label: event.label });
    if (event.done === event.total) closeBar();
  };
  let lastLineAt = clock.monotonic();
  const showLine = (event: ProgressEvent) => {
    const now = clock.monotonic();
    if (now - lastLineAt < progressLineMs) return;
    lastLineAt = now;
    const of = event.total === null ? '' : ` of ${event.total}`;
    streams.stderr.write(`${event.label}: ${event.done}${of}\n`);
  };
  const showProgress = 'isTTY' in streams.stderr && streams.stderr.isTTY === true ? showBar : showLine;
  return {
    emit(event) {
      switch (event.type) {
        case 'text':
          print(harmless(event.text));
          break;
        case 'warning':
          closeBar();
          streams.stderr.write(`warning: ${harmless(event.text)}\n`);
          break;
        case 'table':
          for (const line of tableLines(event.columns, event.rows)) print(line);
          break;
        case 'fields': {
          const width = Math.max(0, ...event.fields.map(([name]) => name.length));
          for (const [name, value] of event.fields)
            print(`${name.padEnd(width)}  ${oneLine(shown(value))}`.trimEnd());
          break;
        }
        case 'progress':
          showProgress(event);
          break;
      }
    },
  };
}

/** Renders nothing but warnings: the result is printed as JSON at the end. */
export function createQuietOutput(streams: { readonly stderr: Writable }): Output {
  return {
    emit(event) {
      if (event.type === 'warning') streams.stderr.write(`${JSON.stringify({ warning: event.text })}\n`);
    },
  };
}
