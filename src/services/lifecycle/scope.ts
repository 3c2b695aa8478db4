// Whom and which units a source may tell of, where it is bound: one that was taken over then reaches nobody else's people and no other unit.
import { findFeed, findPeopleOfOtherSources } from '../../store/queries/feeds.ts';
import { findUnitByCode, findUnitPaths } from '../../store/queries/units.ts';
import type { Db } from '../../store/tables.ts';

export type ScopeFault = 'person-elsewhere' | 'unit-elsewhere';

export interface ScopeSettings {
  /** Code of the unit that the source is bound to, with all below it; null: the whole organisation. */
  readonly within: string | null;
  /**
   * `own`: whom it hired or holds itself, and whom no source does; `all`: those of other sources too. Usually all: whichever source first
   * knows that somebody leaves must be able to say so.
   */
  readonly people: 'own' | 'all';
}

export const unbound: ScopeSettings = { within: null, people: 'all' };

/** Null: it may. Of those asked about when it was read alone. */
export interface Scope {
  readonly ofPerson: (person: { readonly personId: number; readonly unitId: number }) => ScopeFault | null;
  readonly ofUnit: (unitId: number) => ScopeFault | null;
}

/** Of a person, and of no source: everything. */
export const everything: Scope = { ofPerson: () => null, ofUnit: () => null };

/** What a source may do to these people and units. A unit of its settings that is no more leaves it nothing. */
export async function readScope(
  db: Db,
  source: string,
  people: readonly { readonly personId: number; readonly unitId: number }[],
  unitIds: readonly number[],
): Promise<Scope> {
  const row = await findFeed(db, source);
  const { within, people: whose }: ScopeSettings = {
    ...unbound,
    ...(row === null ? {} : (JSON.parse(row.settings) as Partial<ScopeSettings>)),
  };
  if (within === null && whose === 'all') return everything;
  const personIds = people.map(({ personId }) => personId);
  const taken = whose === 'own' ? await findPeopleOfOtherSources(db, source, personIds) : new Set<number>();
  const root = within === null ? null : await findUnitByCode(db, within);
  const all = within === null ? [] : [...unitIds, ...people.map(({ unitId }) => unitId)];
  const paths = await findUnitPaths(db, all);
  const ofUnit = (unitId: number): ScopeFault | null => {
    const isWithin = within === null || (root !== null && paths.get(unitId)?.startsWith(root.path) === true);
    return isWithin ? null : 'unit-elsewhere';
  };
  return {
    ofUnit,
    ofPerson: ({ personId, unitId }) => (taken.has(personId) ? 'person-elsewhere' : ofUnit(unitId)),
  };
}
