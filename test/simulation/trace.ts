// What happened in a run, line by line where somebody wants to read it; its hash tells whether two runs were the same.
import { createHash } from 'node:crypto';

export interface Violation {
  readonly invariant: string;
  readonly detail: string;
}

export class Trace {
  readonly #now: () => number;
  readonly #isKept: boolean;
  readonly #lines: string[] = [];
  #violation: Violation | null = null;
  #linesUntilViolation = 0;

  /** Without `isKept` violations alone are kept, which costs next to nothing. */
  constructor(now: () => number, isKept: boolean) {
    this.#now = now;
    this.#isKept = isKept;
  }

  add(line: string): void {
    if (!this.#isKept) return;
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
