// What the signed-in holder's pages share: who is signed in, and the answers on the own account.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { useTranslation } from 'react-i18next';
import type { PortalConnections, PortalHome, PortalRequests, PortalSession } from '../../api/portal.ts';
import { call } from '../shared/api.ts';

interface SignedInHolder {
  readonly session: PortalSession;
  /** Another session has taken this one's place: a new phone was enrolled. */
  readonly onRenewed: (session: PortalSession) => void;
  readonly onSignedOut: () => void;
}

export const HolderContext = createContext<SignedInHolder | null>(null);

export function useHolder(): SignedInHolder {
  const holder = useContext(HolderContext);
  if (holder === null) throw new Error('the page is shown to nobody');
  return holder;
}

function useOwn<T>(path: string) {
  const { i18n } = useTranslation();
  return useQuery({
    queryKey: [path, i18n.language],
    queryFn: ({ signal }) => call<T>('GET', path, { signal }),
  });
}

export const useHome = () => useOwn<PortalHome>('/home');
export const useConnections = () => useOwn<PortalConnections>('/connections');
export const useRequests = () => useOwn<PortalRequests>('/requests');
export const useRules = () =>
  useOwn<{ version: number; textVi: string; textEn: string; isAccepted: boolean }>('/rules');

/** After an act everything on the screen is asked for again. */
export function useRefresh(): () => Promise<void> {
  const client = useQueryClient();
  return () => client.invalidateQueries();
}
