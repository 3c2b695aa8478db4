// The portal: who is not signed in sees the doors and nothing else; who is, the own account.
import { Container, Group, Stack, Text } from '@mantine/core';
import { lazy, Suspense, useCallback, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PortalSession } from '../../api/portal.ts';
import { call, setCsrfToken, whenSignedOut } from '../shared/api.ts';
import { ColourSwitch, LanguageSwitch } from '../shared/appearance.tsx';
import { setTimeZone } from '../shared/dates.ts';
import { Activate } from './activate.tsx';
import { LockOutside, NewPhone } from './lost.tsx';
import { SignIn } from './sign-in.tsx';

const SignedIn = lazy(() => import('./signed-in.tsx'));

type Door = 'sign-in' | 'activate' | 'new-phone' | 'lock';

export function Portal() {
  const { t } = useTranslation();
  const [session, setSession] = useState<PortalSession | null>(null);
  const [isAsked, setAsked] = useState(false);
  const [door, setDoor] = useState<Door>(location.pathname === '/activate' ? 'activate' : 'sign-in');

  const begin = useCallback((found: PortalSession) => {
    setCsrfToken(found.csrfToken);
    setTimeZone(found.timeZone);
    if (location.pathname === '/activate') history.replaceState(null, '', '/');
    setSession(found);
  }, []);
  const end = useCallback(() => {
    setCsrfToken(null);
    setSession(null);
    setDoor('sign-in');
  }, []);

  useEffect(() => {
    call<PortalSession>('GET', '/session')
      .then(begin, () => {})
      .finally(() => {
        whenSignedOut(end);
        setAsked(true);
      });
  }, [begin, end]);

  if (!isAsked) return null;
  if (session !== null) {
    return (
      <Suspense>
        <SignedIn session={session} onRenewed={begin} onSignedOut={end} />
      </Suspense>
    );
  }
  const back = () => setDoor('sign-in');
  return (
    <Container size="sm" py="sm" component="main" id="main">
      <Stack gap="lg">
        <Group justify="space-between" wrap="nowrap">
          <Text fw={700}>{t('app.title')}</Text>
          <Group gap={4} wrap="nowrap">
            <LanguageSwitch areas={['common', 'portal']} />
            <ColourSwitch />
          </Group>
        </Group>
        {door === 'activate' ? (
          <Activate onDone={begin} onBack={back} />
        ) : door === 'new-phone' ? (
          <NewPhone onDone={begin} onBack={back} />
        ) : door === 'lock' ? (
          <LockOutside onBack={back} />
        ) : (
          <SignIn onDone={begin} onGo={setDoor} />
        )}
      </Stack>
    </Container>
  );
}
