// What is wrong with an organisation file: all of it at once, each fault with its place and remedy.
import { OperatorError } from '../../base/errors.ts';

export interface ImportFault {
  /** `file:line`, with the field where there is one. */
  readonly place: string;
  readonly message: string;
  readonly remedy: string;
}

/** How many faults are listed; the rest is counted. */
const listed = 100;

/** The file is refused as a whole; nothing was changed. */
export class ImportRefusedError extends OperatorError {
  readonly faults: readonly ImportFault[];

  constructor(faults: readonly ImportFault[], total: number) {
    const more = total > faults.length ? `\n… and ${total - faults.length} more` : '';
    super(
      `${total === 1 ? 'One fault' : `${total} faults`}; nothing was imported.\n${faults
        .map(({ place, message, remedy }) => `${place}: ${message} ${remedy}`)
        .join('\n')}${more}`,
      { remedy: 'Correct the file and import it again.' },
    );
    this.faults = faults;
  }
}

/** Text as a sentence: texts of core have no full stop and begin in lower case. */
function sentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}

/** Reports the faults of one entry. */
export class EntryFaults {
  readonly #collector: FaultCollector;
  readonly #place: string;
  readonly #name: string;
  #count = 0;

  /** `name`: what the entry is called, e.g. `account "nvan"`. */
  constructor(collector: FaultCollector, place: string, name: string) {
    this.#collector = collector;
    this.#place = place;
    this.#name = name;
  }

  get count(): number {
    return this.#count;
  }

  /** `field` null: the message names it. */
  add(field: string | null, message: string, remedy: string): void {
    this.#count++;
    this.#collector.add({
      place: this.#place,
      message: sentence(`${this.#name}: ${field === null ? '' : `${field}: `}${message}`),
      remedy: sentence(remedy.charAt(0).toUpperCase() + remedy.slice(1)),
    });
  }

  /** The value of `read`, or null once its OperatorError is reported. */
  attempt<T>(field: string, read: () => T): T | null {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      this.add(field, error.message, error.remedy);
      return null;
    }
  }
}

/** Collects faults; `throwIfAny` ends the import. */
export class FaultCollector {
  readonly #faults: ImportFault[] = [];
  #total = 0;

  get total(): number {
    return this.#total;
  }

  add(fault: ImportFault): void {
    this.#total++;
    if (this.#faults.length < listed) this.#faults.push(fault);
  }

  get faults(): readonly ImportFault[] {
    return this.#faults;
  }

  throwIfAny(): void {
    if (this.#total > 0) throw new ImportRefusedError(this.#faults, this.#total);
  }
}
