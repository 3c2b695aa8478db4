// What administrative use cases need, from a request: who acts is written into every record.
import type { FastifyRequest } from 'fastify';
import type { AdministrationDeps } from '../../../services/administration.ts';
import { administratorOf } from '../../../services/operators/principal.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { callerOf } from '../../web/access.ts';

export function actingFor(deps: ConsoleRouteDeps, request: FastifyRequest): AdministrationDeps {
  const { store, keyring, clock, random } = deps;
  return { store, keyring, clock, random, by: administratorOf(callerOf(request)) };
}
