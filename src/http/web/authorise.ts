// The hook that lets a request of the console's site in: who asks, whether the one table of permissions allows it, and where.
import { needsStepUp, reaches } from '../../core/permissions.ts';
import type { AdministrationDeps } from '../../services/administration.ts';
import { loadOperator, type Principal, reachOfPrincipal } from '../../services/operators/principal.ts';
import { shareReads } from '../../services/shared-reads.ts';
import { findToken } from '../../services/web/api-tokens.ts';
import type { WebSessions } from '../../services/web/sessions.ts';
import { findUnitPathOf } from '../../store/queries/reach.ts';
import type { WebSessionRow } from '../../store/queries/web-sessions.ts';
import { checkCsrf } from './guard.ts';
import { HttpProblem } from './problem.ts';
import type { Authorise } from './server.ts';
import { readSessionCookie } from './session-cookie.ts';

type Deps = Pick<AdministrationDeps, 'store' | 'clock'> & { readonly sessions: WebSessions };

type FindToken = (text: string) => ReturnType<typeof findToken>;

interface Caller {
  readonly principal: Principal;
  readonly session: WebSessionRow | null;
}

function bearerOf(header: string): string | null {
  return /^Bearer ([\w-]{1,100})$/i.exec(header)?.[1] ?? null;
}

async function identify(
  deps: Deps & { readonly tokenOf: FindToken },
  header: string | undefined,
  cookie: string | null,
): Promise<Caller> {
  if (header !== undefined) {
    const text = bearerOf(header);
    const token = text === null ? null : await deps.tokenOf(text);
    if (token === null) {
      throw new HttpProblem('token-refused', { headers: { 'www-authenticate': 'Bearer' } });
    }
    return { principal: { kind: 'token', token }, session: null };
  }
  const session = cookie === null ? null : await deps.sessions.find(cookie);
  const principal = session?.operatorId == null ? null : await loadOperator(deps, session.operatorId);
  if (principal === null) throw new HttpProblem('not-signed-in');
  return { principal, session };
}

/** Ids are whole numbers; anything else names nothing. */
function idOf(params: unknown): number | null {
  const { id } = params as { id?: unknown };
  return typeof id === 'string' && /^[1-9][0-9]{0,14}$/.test(id) ? Number(id) : null;
}

export function createAuthorise(given: Deps): Authorise {
  const deps = { ...given, tokenOf: shareReads((text) => findToken(given, text)) };
  return async (request, access) => {
    if ('open' in access) return;
    const cookie = readSessionCookie(request, 'console');
    const { principal, session } = await identify(deps, request.headers.authorization, cookie);
    if (session !== null) checkCsrf(request, cookie ?? '');
    request.principal = principal;
    request.webSession = session;
    if ('known' in access) return;
    if ('signedIn' in access) {
      if (principal.kind !== 'operator') throw new HttpProblem('forbidden');
      return;
    }
    if ('token' in access) {
      if (principal.kind !== 'token' || !principal.token.scopes.includes(access.token)) {
        throw new HttpProblem('forbidden');
      }
      return;
    }
    if (!('permission' in access)) throw new HttpProblem('forbidden');
    const { permission, of } = access;
    const reach = reachOfPrincipal(principal, permission);
    if (reach === null || (of === 'organisation' && reach !== 'everywhere'))
      throw new HttpProblem('forbidden');
    if (of !== 'organisation' && of !== 'list') {
      // What lies outside is answered like what does not exist.
      const id = idOf(request.params);
      const path = id === null ? null : await deps.store.read((db) => findUnitPathOf(db, of, id));
      if (path === null || !reaches(reach, path)) throw new HttpProblem('not-found');
      request.unitPath = path;
    }
    if (needsStepUp(permission) && (session === null || !deps.sessions.isProved(session))) {
      throw new HttpProblem('step-up-required');
    }
    request.reach = reach;
  };
}
