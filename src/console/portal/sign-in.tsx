// Signing in with password and code, and the doors for who can't.
import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PortalSession } from '../../api/portal.ts';
import { call } from '../shared/api.ts';
import { Fault } from '../shared/fault.tsx';
import { Page } from '../shared/page.tsx';
import { useSubmit } from '../shared/submit.ts';

interface SignInProps {
  readonly onDone: (session: PortalSession) => void;
  readonly onGo: (door: 'activate' | 'new-phone' | 'lock') => void;
}

export function SignIn({ onDone, onGo }: SignInProps) {
  const { t } = useTranslation();
  const { isBusy, error, run } = useSubmit();
  const [userName, setUserName] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  return (
    <Page title={t('signIn.title')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const body = { userName, password, code };
          void run(async () => onDone(await call<PortalSession>('POST', '/session', { body })));
        }}
      >
        <Stack>
          <TextInput
            label={t('field.userName')}
            autoComplete="username"
            required
            value={userName}
            onChange={(event) => setUserName(event.currentTarget.value)}
          />
          <PasswordInput
            label={t('field.password')}
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <TextInput
            label={t('field.code')}
            inputMode="numeric"
            autoComplete="one-time-code"
            required
            value={code}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
          <Fault error={error} />
          <Button type="submit" loading={isBusy}>
            {t('signIn.act')}
          </Button>
        </Stack>
      </form>
      <Stack gap="xs">
        <Button variant="default" onClick={() => onGo('activate')}>
          {t('signIn.activate')}
        </Button>
        <Button variant="default" onClick={() => onGo('new-phone')}>
          {t('signIn.newPhone')}
        </Button>
        <Button variant="outline" color="red" onClick={() => onGo('lock')}>
          {t('signIn.lock')}
        </Button>
      </Stack>
    </Page>
  );
}
