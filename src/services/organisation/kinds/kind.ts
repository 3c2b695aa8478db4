// One kind of entries: what the store holds of them, what differs, and writing only that.
import { OperatorError } from '../../../base/errors.ts';
import type { Db } from '../../../store/tables.ts';
import type { Keyring } from '../../secrets/keyring.ts';
import type { EntryKind } from '../schema.ts';
import { keyOf, type StagedEntries } from '../staged.ts';

/** A field that differs. Secrets are only said to have changed. */
interface FieldChange {
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface EntryChange {
  readonly kind: EntryKind;
  readonly key: string;
  readonly what: 'create' | 'change';
  /** Empty for a new entry. */
  readonly fields: readonly FieldChange[];
  /** Of an account that exists. */
  readonly accountId: number | null;
}

export interface KindContext {
  readonly importId: string;
  readonly keyring: Keyring;
  readonly now: number;
  /** Name of whoever imports. */
  readonly by: string;
  /** In which instants are shown. */
  readonly timeZone: string;
}

/** What would happen to some entries. `write` does it, in the transaction of the handle it is given. */
export interface Plan {
  readonly changes: readonly EntryChange[];
  readonly same: number;
  write(db: Db): Promise<void>;
}

export interface Changed<E, C> {
  readonly entry: E;
  readonly current: C;
  readonly fields: readonly FieldChange[];
}

interface KindDefinition<K extends EntryKind, C> {
  /** What the store holds under the keys of these entries. */
  load(db: Db, entries: readonly StagedEntries[K][], context: KindContext): Promise<ReadonlyMap<string, C>>;
  /** What differs; empty: nothing does. */
  compare(current: C, entry: StagedEntries[K], context: KindContext): FieldChange[];
  write(
    db: Db,
    created: readonly StagedEntries[K][],
    changed: readonly Changed<StagedEntries[K], C>[],
    context: KindContext,
  ): Promise<void>;
  /** For the record of what happened to an account. */
  accountIdOf?(current: C): number;
}

export interface Kind<K extends EntryKind> {
  /** Compares with what `db` sees now. */
  plan(db: Db, entries: readonly StagedEntries[K][], context: KindContext): Promise<Plan>;
}

export function defineKind<K extends EntryKind, C>(kind: K, definition: KindDefinition<K, C>): Kind<K> {
  return {
    async plan(db, entries, context) {
      const known = await definition.load(db, entries, context);
      const created: StagedEntries[K][] = [];
      const changed: Changed<StagedEntries[K], C>[] = [];
      const changes: EntryChange[] = [];
      for (const entry of entries) {
        const key = keyOf[kind](entry);
        const current = known.get(key);
        const fields = current === undefined ? [] : definition.compare(current, entry, context);
        if (current === undefined) {
          created.push(entry);
          changes.push({ kind, key, what: 'create', fields, accountId: null });
        } else if (fields.length > 0) {
          const accountId = definition.accountIdOf?.(current) ?? null;
          changed.push({ entry, current, fields });
          changes.push({ kind, key, what: 'change', fields, accountId });
        }
      }
      return {
        changes,
        same: entries.length - changes.length,
        write: (to) => definition.write(to, created, changed, context),
      };
    },
  };
}

/** Collects the fields that differ. */
export function createComparison() {
  const fields: FieldChange[] = [];
  return {
    fields,
    /** Notes the field if the two differ; `show` makes them readable. */
    field<T extends string | number | boolean | null>(
      field: string,
      before: T,
      after: T,
      show: (value: T) => string | null = (value) => (value === null ? null : String(value)),
    ): void {
      if (before !== after) fields.push({ field, before: show(before), after: show(after) });
    },
    /** The same for lists, whose order does not count. */
    list(field: string, before: readonly string[], after: readonly string[]): void {
      const [was, is] = [before, after].map((items) => [...items].sort().join(', '));
      if (was !== is) fields.push({ field, before: was ?? '', after: is ?? '' });
    },
    /** A value that must not be shown. */
    secret(field: string): void {
      fields.push({ field, before: null, after: 'changed' });
    },
  };
}

/** The value that was there when the staging area was checked. @throws OperatorError when somebody removed it since */
export function mustGet<T>(map: ReadonlyMap<string, T>, key: string): T {
  const value = map.get(key);
  if (value !== undefined) return value;
  throw new OperatorError(`${JSON.stringify(key)} was removed while the file was imported`, {
    remedy: 'Put it back and import the file again, or import a file that does not name it.',
  });
}
