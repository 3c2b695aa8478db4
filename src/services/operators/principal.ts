// Who asks through the API: an operator with a session, or a program with a token; and what they may reach.
import type { Clock } from '../../base/clock.ts';
import { employmentAt } from '../../core/employment.ts';
import { type Permission, type Reach, reachOf } from '../../core/permissions.ts';
import { listEmploymentEvents } from '../../store/queries/account-details.ts';
import {
  findOperator,
  findOperatorOfPerson,
  listRolesInForce,
  type OperatorWithPerson,
  type RoleInForce,
} from '../../store/queries/operators.ts';
import type { Store } from '../../store/store.ts';
import type { Db } from '../../store/tables.ts';
import type { Administrator } from '../administration.ts';
import type { ApiToken } from '../web/api-tokens.ts';

export interface OperatorPrincipal {
  readonly kind: 'operator';
  readonly operator: OperatorWithPerson;
  readonly roles: readonly RoleInForce[];
}

interface TokenPrincipal {
  readonly kind: 'token';
  readonly token: ApiToken;
}

export type Principal = OperatorPrincipal | TokenPrincipal;

/**
 * The operator with the roles in force, read afresh each time: null when the operator has ended, or the person behind it is not
 * employed any more (or not yet, or stood down), whether or not any job has run.
 */
export async function loadOperator(
  { store, clock }: { readonly store: Pick<Store, 'read'>; readonly clock: Clock },
  operatorId: number,
): Promise<OperatorPrincipal | null> {
  const now = clock.now();
  return store.read(async (db) => {
    const operator = await findOperator(db, operatorId);
    if (operator === null || operator.state !== 'active') return null;
    const facts = await listEmploymentEvents(db, operator.personId);
    if (employmentAt(facts, now).state !== 'employed') return null;
    const roles: RoleInForce[] = [];
    for (const role of await listRolesInForce(db, operatorId, now)) {
      if (role.delegatedByPersonId === null || (await isDelegatorInOffice(db, role, now))) roles.push(role);
    }
    return { kind: 'operator', operator, roles };
  });
}

/** A delegation counts as long as whoever gave it is employed, and holds the role that is delegated themselves. */
async function isDelegatorInOffice(db: Db, role: RoleInForce, now: number): Promise<boolean> {
  const { delegatedByPersonId: personId, unitPath } = role;
  if (personId === null) return true;
  if (employmentAt(await listEmploymentEvents(db, personId), now).state !== 'employed') return false;
  const delegator = await findOperatorOfPerson(db, personId);
  if (delegator === null || delegator.state !== 'active') return false;
  return (await listRolesInForce(db, delegator.id, now)).some(
    (held) => held.role === role.role && held.unitPath === unitPath && held.delegatedByPersonId === null,
  );
}

/** Within what the principal may do a thing; null: nowhere. */
export function reachOfPrincipal(principal: Principal, permission: Permission): Reach | null {
  if (principal.kind === 'operator') return reachOf(permission, principal.roles);
  const { scopes, unitPath } = principal.token;
  if (!scopes.includes(permission)) return null;
  return unitPath === null ? 'everywhere' : [unitPath];
}

/**
 * As records name whoever acts. With what is done and where (null: nowhere in particular), an act that rests on a delegation alone
 * reads "ký thay" with its document.
 */
export function administratorOf(
  principal: Principal,
  act: { readonly permission: Permission; readonly unitPath: string | null } | null = null,
): Administrator {
  if (principal.kind === 'token')
    return { name: `token ${principal.token.id}: ${principal.token.name}`, via: 'api' };
  const { fullName, staffCode } = principal.operator;
  const name = `${fullName} (${staffCode})`;
  const granting = principal.roles.filter(
    ({ role, unitPath }) =>
      act !== null &&
      reachOf(act.permission, [{ role, unitPath }]) !== null &&
      (act.unitPath === null || unitPath === null || act.unitPath.startsWith(unitPath)),
  );
  const [delegated] = granting;
  if (delegated === undefined || granting.some(({ delegatedByPersonId }) => delegatedByPersonId === null))
    return { name, via: 'console' };
  const { delegatedByName, documentNumber } = delegated;
  return {
    name: `${name}, ký thay ${delegatedByName ?? ''} theo ${documentNumber ?? ''}`,
    via: 'console',
    ...(documentNumber === null ? {} : { delegation: documentNumber }),
  };
}
