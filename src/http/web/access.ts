// What a route asks of whoever calls it. Every route of the two web sites declares it; one without it fails the start.
import type { Permission, Reach } from '../../core/permissions.ts';
import type { OperatorPrincipal, Principal } from '../../services/operators/principal.ts';
import type { WebSessionRow } from '../../store/queries/web-sessions.ts';

/** Things that belong to a unit; `:id` in the path names one. */
type Target =
  | 'account'
  | 'assignment'
  | 'operator'
  | 'person'
  | 'request'
  | 'session'
  | 'unit'
  | 'workstation';

export type Access =
  /** Anybody: sign-in itself, and the pages. */
  | { readonly open: true }
  /** Every operator, and every program with a token of any kind. */
  | { readonly known: true }
  /** Whoever is signed in, about themselves. */
  | { readonly signedIn: true }
  | {
      readonly permission: Permission;
      /**
       * What it acts on. `organisation`: everything at once, so only a role for the whole organisation will do. `list`: the
       * handler keeps to `request.reach`. Else the thing named by `:id`, which must lie within reach.
       */
      readonly of: 'organisation' | 'list' | Target;
    }
  /** A program with a token for this interface. */
  | { readonly token: 'scim' | 'decisions' }
  /** The holder of an account, on the portal. */
  | { readonly holder: true };

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    /** Rests on the state that was seen: asks for If-Match. */
    precondition?: true;
    /** Takes no Idempotency-Key: proofs, which are spent by themselves, and questions. */
    repeatable?: true;
    /** May be asked by a link or redirection from elsewhere: it changes nothing but its own state. */
    crossSite?: true;
  }
  interface FastifyRequest {
    /** Who asks, once the route's access was granted. */
    principal: Principal | null;
    /** The session, where there is one. */
    webSession: WebSessionRow | null;
    /** Within what the route's permission counts for the caller. */
    reach: Reach | null;
    /** Path of the unit of the thing that `:id` names; null: it names none. */
    unitPath: string | null;
  }
}

interface Asked {
  readonly principal: Principal | null;
  readonly webSession: WebSessionRow | null;
  readonly reach: Reach | null;
}

/** The operator who asks, on a route for people. */
export function operatorOf({ principal }: Asked): OperatorPrincipal {
  if (principal?.kind !== 'operator') throw new Error('the route lets in others than operators');
  return principal;
}

/** The session of whoever asks, on a route for people. */
export function sessionOf({ webSession }: Asked): WebSessionRow {
  if (webSession === null) throw new Error('the route does not ask for a session');
  return webSession;
}

/** Who asks, on a route that is not open. */
export function callerOf({ principal }: Asked): Principal {
  if (principal === null) throw new Error('the route lets anybody in');
  return principal;
}

/** Within what the caller may see, on a route with a permission. */
export function reachOfRequest({ reach }: Asked): Reach {
  if (reach === null) throw new Error('the route has no permission');
  return reach;
}
