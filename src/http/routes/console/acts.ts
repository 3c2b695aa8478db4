// What administrative use cases need, from a request: who acts is written into every record.
import type { FastifyRequest } from 'fastify';
import type { AdministrationDeps, Administrator } from '../../../services/administration.ts';
import { administratorOf } from '../../../services/operators/principal.ts';
import { findMakerOfToken } from '../../../store/queries/api-tokens.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { callerOf } from '../../web/access.ts';
import { HttpProblem } from '../../web/problem.ts';

/** Who acts, for the record; by delegation, if the act rests on one alone. */
export function actorOf(request: FastifyRequest): Administrator {
  const { access } = request.routeOptions.config;
  const act =
    access !== undefined && 'permission' in access
      ? { permission: access.permission, unitPath: request.unitPath }
      : null;
  return administratorOf(callerOf(request), act);
}

export function actingFor(deps: ConsoleRouteDeps, request: FastifyRequest): AdministrationDeps {
  const { store, keyring, clock, random } = deps;
  return { store, keyring, clock, random, by: actorOf(request) };
}

/** The person behind whoever asks: they may not approve it, nor may who made the token that asks. */
export async function personBehind(
  { store }: Pick<ConsoleRouteDeps, 'store'>,
  request: FastifyRequest,
): Promise<number | null> {
  const caller = callerOf(request);
  if (caller.kind === 'operator') return caller.operator.personId;
  return await store.read((db) => findMakerOfToken(db, caller.token.id));
}

/** Whoever acts on their own account would be judge in their own affair. */
export function refuseOwn(request: FastifyRequest, personId: number): void {
  const caller = callerOf(request);
  if (caller.kind === 'operator' && caller.operator.personId === personId)
    throw new HttpProblem('own-affair');
}
