// What happened in a run, line by line; its hash tells whether two runs were the same.
import { createHash } from 'node:crypto';

export interface Violation {
  readonly invariant: string;
  readonly detail: string;
}

export class Trace {
  readonly #now: () => number;
  readonly #lines: string[] = [];
  #violation: Violation | null = null;
  #linesUntilViolation = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(line: string): void {
    this.#lines.push(`${(this.#now() / 1000).toFixed(3).padStart(8)} ${line}`);
  }

  /** The first one counts: what follows from it is no news. */
  violate(invariant: string, detail: string): void {
    this.add(`VIOLATED ${invariant}: ${detail}`);
    if (this.#violation !== null) return;
    this.#violation = { invariant, detail };
    this.#linesUntilViolation = this.#lines.length;
  }

  get violation(): Violation | null {
    return this.#violation;
  }

  /** Up to the violation if there was one. */
  lines(): readonly string[] {
    return this.#violation === null ? this.#lines : this.#lines.slice(0, this.#linesUntilViolation);
  }

  hash(): string {
    return createHash('sha256').update(this.#lines.join('\n')).digest('hex');
  }
}
