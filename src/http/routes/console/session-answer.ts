// The session as the console is told of it.
import type { Session } from '../../../api/session.ts';
import { type Permission, permissions } from '../../../core/permissions.ts';
import { readOrganisation } from '../../../services/administration.ts';
import { isLinked } from '../../../services/operators/oidc/identity.ts';
import { loadOperator, reachOfPrincipal } from '../../../services/operators/principal.ts';
import { describeRoles } from '../../../services/operators/roles.ts';
import { csrfTokenOf } from '../../../services/web/sessions.ts';
import { findReplacingLink } from '../../../store/queries/operator-proofs.ts';
import type { OperatorWithPerson } from '../../../store/queries/operators.ts';
import type { WebSessionRow } from '../../../store/queries/web-sessions.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { HttpProblem } from '../../web/problem.ts';

/** So long an operator is told that a link took the place of what they had. */
const noticeMs = 30 * 86_400_000;

/** What the provider is for this session. */
function oidcOf(
  { oidc }: Pick<ConsoleRouteDeps, 'oidc'>,
  { method }: Pick<WebSessionRow, 'method'>,
  operator: OperatorWithPerson,
): Session['oidc'] {
  if (oidc === null) return null;
  const { config } = oidc;
  const cameByIt = method === 'oidc' || method === 'oidc+code';
  return {
    isLinked: isLinked(operator, config),
    mayLink: config.identity.claim === 'sub',
    signsOut: cameByIt && config.signOutAtProvider,
  };
}

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
    oidc: oidcOf(deps, session, principal.operator),
    linkUsed:
      link?.usedAt == null ? null : { at: link.usedAt, from: link.redeemedFrom ?? '', by: link.createdBy },
  };
}
