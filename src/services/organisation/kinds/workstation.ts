// Workstations and the identifiers by which gateways report them.
import { OperatorError } from '../../../base/errors.ts';
import { findPersonIds } from '../../../store/queries/import/people.ts';
import { findUnitIds } from '../../../store/queries/import/units.ts';
import {
  bumpAccountsOfWorkstations,
  deleteIdentifiers,
  findWorkstations,
  insertIdentifiers,
  insertWorkstations,
  type KnownWorkstation,
  updateWorkstation,
} from '../../../store/queries/import/workstations.ts';
import { createComparison, defineKind, mustGet } from './kind.ts';

async function insertAll(...args: Parameters<typeof insertIdentifiers>): Promise<void> {
  if (await insertIdentifiers(...args)) return;
  throw new OperatorError('A key of the file was registered with another workstation meanwhile.', {
    at: 'identifiers',
    remedy: 'Take it out of the file, or away from that workstation, and import the file again.',
  });
}

/** Keys that are registered come and go by approval and revocation: the file neither has to name them nor takes them away. */
function listedIn(identifiers: readonly string[], { registered }: KnownWorkstation): string[] {
  return identifiers.filter((identifier) => !registered.has(identifier));
}

export const workstationKind = defineKind('workstation', {
  async load(db, entries): Promise<ReadonlyMap<string, KnownWorkstation>> {
    const rows = await findWorkstations(
      db,
      entries.map(({ assetTag }) => assetTag),
    );
    return new Map(rows.map((row) => [row.assetTag, row]));
  },
  compare(current, entry) {
    const { fields, field, list } = createComparison();
    field('name', current.name, entry.name);
    field<string>('kind', current.kind, entry.kind);
    field<string>('state', current.state, entry.state ?? current.state);
    field('unit', current.unit, entry.unit);
    field('keeper', current.keeper, entry.keeper);
    list('identifiers', listedIn(current.identifiers, current), listedIn(entry.identifiers, current));
    return fields;
  },
  async write(db, created, changed) {
    const entries = [...created, ...changed.map(({ entry }) => entry)];
    const unitIds = await findUnitIds(
      db,
      entries.map(({ unit }) => unit),
    );
    const keeperIds = await findPersonIds(
      db,
      entries.flatMap(({ keeper }) => keeper ?? []),
    );
    const columnsOf = ({ name, kind, unit, keeper }: (typeof entries)[number]) => ({
      name,
      kind,
      unitId: mustGet(unitIds, unit),
      keeperPersonId: keeper === null ? null : mustGet(keeperIds, keeper),
    });
    const ids = await insertWorkstations(
      db,
      created.map((entry) => ({
        assetTag: entry.assetTag,
        state: entry.state ?? 'active',
        ...columnsOf(entry),
      })),
    );
    await insertAll(
      db,
      created.flatMap(({ assetTag, identifiers }) =>
        identifiers.map((identifier) => ({ workstationId: mustGet(ids, assetTag), identifier })),
      ),
    );
    for (const { entry, current } of changed) {
      await updateWorkstation(db, current.id, { ...columnsOf(entry), state: entry.state ?? current.state });
      const is = new Set(entry.identifiers);
      const was = new Set(current.identifiers);
      await deleteIdentifiers(
        db,
        current.id,
        listedIn(current.identifiers, current).filter((identifier) => !is.has(identifier)),
      );
      await insertAll(
        db,
        listedIn(entry.identifiers, current)
          .filter((identifier) => !was.has(identifier))
          .map((identifier) => ({ workstationId: current.id, identifier })),
      );
    }
    const concerned = changed.filter(({ fields }) =>
      fields.some(({ field }) => field === 'state' || field === 'identifiers'),
    );
    await bumpAccountsOfWorkstations(
      db,
      concerned.map(({ current }) => current.id),
    );
  },
});
