// The session as the console is told of it.
import type { Session } from '../../../api/session.ts';
import { type Permission, permissions } from '../../../core/permissions.ts';
import { readOrganisation } from '../../../services/administration.ts';
import { loadOperator, reachOfPrincipal } from '../../../services/operators/principal.ts';
import { describeRoles } from '../../../services/operators/roles.ts';
import { csrfTokenOf } from '../../../services/web/sessions.ts';
import { findReplacingLink } from '../../../store/queries/operator-proofs.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { HttpProblem } from '../../web/problem.ts';

/** So long an operator is told that a link took the place of what they had. */
const noticeMs = 30 * 86_400_000;

/** Describes the session of a token. @throws HttpProblem when there is none */
export async function sessionAnswer(deps: ConsoleRouteDeps, token: string): Promise<Session> {
  const { store, sessions } = deps;
  const session = await sessions.find(token);
  const principal = session?.operatorId == null ? null : await loadOperator(deps, session.operatorId);
  if (session === null || principal === null) throw new HttpProblem('not-signed-in');
  const organisation = await readOrganisation(store);
  const { id, personId, signInName, fullName, staffCode, position } = principal.operator;
  const link = await store.read((db) => findReplacingLink(db, id, deps.clock.now() - noticeMs));
  const names = Object.keys(permissions) as Permission[];
  return {
    operator: { id, personId, signInName, fullName, staffCode, position },
    roles: await describeRoles(store, principal.roles),
    permissions: names.filter((name) => reachOfPrincipal(principal, name) !== null),
    everywhere: names.filter((name) => reachOfPrincipal(principal, name) === 'everywhere'),
    csrfToken: csrfTokenOf(token),
    organisationName: organisation.name,
    timeZone: organisation.timeZone,
    expiresAt: session.expiresAt,
    idleSeconds: sessions.limits.idleMs / 1_000,
    provedUntil: session.provedAt + sessions.limits.stepUpMs,
    linkUsed:
      link?.usedAt == null ? null : { at: link.usedAt, from: link.redeemedFrom ?? '', by: link.createdBy },
  };
}
