// Whether an operator's password is out of use because they sign in by the organisation's provider. Never that of the last central
// administrators who could come in without the provider: the break-glass.
import type { Clock } from '../../../base/clock.ts';
import type { OidcConfig } from '../../../config/oidc.ts';
import { listLastingCentralAdministrators } from '../../../store/queries/operator-list.ts';
import { findOperator, type OperatorWithPerson } from '../../../store/queries/operators.ts';
import type { Store } from '../../../store/store.ts';
import { loadOperator } from '../principal.ts';
import { isLinked } from './identity.ts';

interface Deps {
  readonly store: Pick<Store, 'read'>;
  readonly clock: Clock;
}

/** Central administrators in office who have password and authenticator and are not linked to the provider. */
export async function findBreakGlass(deps: Deps, config: OidcConfig): Promise<number[]> {
  const ids = await deps.store.read((db) => listLastingCentralAdministrators(db, deps.clock.now()));
  const found: number[] = [];
  for (const id of ids) {
    const operator = await deps.store.read((db) => findOperator(db, id));
    if (operator === null || operator.passwordPhc === null || isLinked(operator, config)) continue;
    if ((await loadOperator(deps, id)) !== null) found.push(id);
  }
  return found;
}

export async function isPasswordOff(
  deps: Deps,
  config: OidcConfig | null,
  operator: OperatorWithPerson,
): Promise<boolean> {
  if (config?.passwordSignIn !== 'refused' || !isLinked(operator, config)) return false;
  const central = await deps.store.read((db) => listLastingCentralAdministrators(db, deps.clock.now()));
  if (!central.includes(operator.id)) return true;
  return (await findBreakGlass(deps, config)).length > 0;
}
