// What administrative use cases need, from a request: who acts is written into every record.
import type { FastifyRequest } from 'fastify';
import type { AdministrationDeps } from '../../../services/administration.ts';
import { administratorOf } from '../../../services/operators/principal.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { callerOf } from '../../web/access.ts';
import { HttpProblem } from '../../web/problem.ts';

export function actingFor(deps: ConsoleRouteDeps, request: FastifyRequest): AdministrationDeps {
  const { store, keyring, clock, random } = deps;
  return { store, keyring, clock, random, by: administratorOf(callerOf(request)) };
}

/** Whoever acts on their own account would be judge in their own affair. */
export function refuseOwn(request: FastifyRequest, personId: number): void {
  const caller = callerOf(request);
  if (caller.kind === 'operator' && caller.operator.personId === personId)
    throw new HttpProblem('own-affair');
}
