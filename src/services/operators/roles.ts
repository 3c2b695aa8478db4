// Roles as people read them: with units and names.
import type { Role } from '../../core/permissions.ts';
import type { RoleInForce } from '../../store/queries/operators.ts';
import { findNamesOfPeople } from '../../store/queries/people.ts';
import { findUnits } from '../../store/queries/units.ts';
import type { Store } from '../../store/store.ts';

export interface DescribedRole {
  readonly role: Role;
  readonly unit: { readonly id: number; readonly code: string; readonly name: string } | null;
  readonly validUntil: number | null;
  readonly acting: boolean;
  /** Whose role it is, by delegation: acts read "ký thay". */
  readonly onBehalfOf: string | null;
  readonly documentNumber: string | null;
}

export async function describeRoles(
  store: Pick<Store, 'read'>,
  roles: readonly RoleInForce[],
): Promise<DescribedRole[]> {
  const unitIds = roles.flatMap(({ unitId }) => (unitId === null ? [] : [unitId]));
  const personIds = roles.flatMap(({ delegatedByPersonId: id }) => (id === null ? [] : [id]));
  const { units, names } = await store.read(async (db) => ({
    units: await findUnits(db, unitIds),
    names: await findNamesOfPeople(db, personIds),
  }));
  return roles.map(({ role, unitId, validUntil, acting, delegatedByPersonId, documentNumber }) => {
    const unit = unitId === null ? undefined : units.get(unitId);
    return {
      role,
      unit: unit === undefined ? null : { id: unit.id, code: unit.code, name: unit.name },
      validUntil,
      acting,
      onBehalfOf: delegatedByPersonId === null ? null : (names.get(delegatedByPersonId) ?? null),
      documentNumber,
    };
  });
}
