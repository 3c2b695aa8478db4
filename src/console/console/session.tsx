// Who is signed in, what they may do, and the ways in and out.
import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect } from 'react';
import type { Permission, Session } from '../../api/session.ts';
import { ApiError, call, setCsrfToken, whenSignedOut } from '../shared/api.ts';
import { setTimeZone } from '../shared/dates.ts';

const sessionKey = ['/session'];

/** Takes over what a session's answer says of tokens and time. */
function adopt(session: Session): Session {
  setCsrfToken(session.csrfToken);
  setTimeZone(session.timeZone);
  return session;
}

/** The session; null: nobody is signed in; undefined: not known yet. */
export function useSessionQuery() {
  const queryClient = useQueryClient();
  const query = useQuery({
    queryKey: sessionKey,
    queryFn: async ({ signal }) => {
      try {
        return adopt(await call<Session>('GET', '/session', { signal }));
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: 60_000,
  });
  useEffect(() => {
    // Asked anew rather than taken for granted: what was under way while a proof renewed the cookie was sent with the former one.
    whenSignedOut(() => void queryClient.invalidateQueries({ queryKey: sessionKey }));
  }, [queryClient]);
  return query;
}

/** Everything but the session itself, which is being watched. */
function forgetRest(queryClient: QueryClient): void {
  queryClient.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
}

/** For whoever has just signed in: nothing that was shown before stays. */
export function useEnter(): (session: Session) => void {
  const queryClient = useQueryClient();
  return (session) => {
    queryClient.setQueryData(sessionKey, adopt(session));
    forgetRest(queryClient);
  };
}

/** Signs out here, and where the session came from the organisation's provider, there too. */
export function useSignOut(): (session: Session) => Promise<void> {
  const queryClient = useQueryClient();
  return async ({ oidc }) => {
    try {
      await call('DELETE', '/session');
    } finally {
      setCsrfToken(null);
      queryClient.setQueryData(sessionKey, null);
      forgetRest(queryClient);
    }
    if (oidc?.signsOut === true) window.location.assign('/api/v1/sign-in/oidc/sign-out');
  };
}

const SessionContext = createContext<Session | null>(null);

export function SessionProvider({ session, children }: { session: Session; children: ReactNode }) {
  return <SessionContext.Provider value={session}>{children}</SessionContext.Provider>;
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('the page is shown to nobody');
  return session;
}

/** Whether the operator may do a thing somewhere. The server decides; this only spares useless buttons. */
export function useCan(): (permission: Permission) => boolean {
  const { permissions } = useSession();
  return (permission) => permissions.includes(permission);
}
