// The browser's part of passkeys: what the server asks is handed to navigator.credentials, the answer goes back with its ticket.
import { browserSupportsWebAuthn, startAuthentication, startRegistration } from '@simplewebauthn/browser';
import { useQuery } from '@tanstack/react-query';
import { t } from 'i18next';
import type { Ceremony, Passkeys } from '../../../api/passkeys.ts';
import type { Session } from '../../../api/session.ts';
import { ApiError, call } from '../../shared/api.ts';

export const canUsePasskeys = browserSupportsWebAuthn();

/** The browser's own refusal (cancelled, no such key) as one that is shown like the server's. */
async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch {
    throw new ApiError(400, { detail: t('signIn.passkeyFailed') });
  }
}

/** Proves a passkey to the server: signing in, or once more. @throws ApiError */
export async function provePasskey(path: string): Promise<Session> {
  const { options, ticket } = await call<Ceremony>('POST', `${path}/begin`);
  const response = await asked(() =>
    startAuthentication({
      optionsJSON: options as unknown as Parameters<typeof startAuthentication>[0]['optionsJSON'],
    }),
  );
  return call<Session>('POST', path, { body: { ticket, response } });
}

/** Makes a passkey in the browser and registers it. @throws ApiError */
export async function addPasskey(name: string): Promise<void> {
  const { options, ticket } = await call<Ceremony>('POST', '/me/passkeys/begin');
  const response = await asked(() =>
    startRegistration({
      optionsJSON: options as unknown as Parameters<typeof startRegistration>[0]['optionsJSON'],
    }),
  );
  await call('POST', '/me/passkeys', { body: { ticket, name, response } });
}

export function usePasskeys() {
  return useQuery({
    queryKey: ['/me/passkeys'],
    queryFn: ({ signal }) => call<Passkeys>('GET', '/me/passkeys', { signal }),
  });
}
