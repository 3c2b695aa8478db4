// Signing in: name, password and code; or a passkey, or the organisation's own sign-in, where the server offers them.
import {
  Alert,
  Button,
  Center,
  Divider,
  Group,
  Paper,
  PasswordInput,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Session, SignInMethods } from '../../../api/session.ts';
import { call } from '../../shared/api.ts';
import { ColourSwitch, LanguageSwitch } from '../../shared/appearance.tsx';
import { Fault } from '../../shared/fault.tsx';
import { CodeInput } from '../../shared/step-up.tsx';
import { useSubmit } from '../../shared/submit.ts';
import { forgetOutcome, type OidcOutcome, outcomeInAddress } from '../parts/oidc.ts';
import { canUsePasskeys, provePasskey } from '../parts/passkeys.ts';
import { useEnter } from '../session.tsx';

/** The frame of the pages before sign-in. */
export function Gate({ title, children }: { readonly title: string; readonly children: React.ReactNode }) {
  const { t } = useTranslation();
  useEffect(() => {
    document.title = t('shell.windowTitle', { page: title });
  }, [t, title]);
  return (
    <Center component="main" mih="100vh" p="md">
      <Stack w="100%" maw={460}>
        <Group justify="space-between">
          <Text fw={700}>{t('app.product')}</Text>
          <Group gap={4}>
            <LanguageSwitch areas={['common', 'console']} />
            <ColourSwitch />
          </Group>
        </Group>
        <Paper withBorder p="lg">
          <Stack>
            <Title order={1} size="h3">
              {title}
            </Title>
            {children}
          </Stack>
        </Paper>
      </Stack>
    </Center>
  );
}

/** The provider has said who it is, but not by a second factor: the code is asked for here. */
function CodeAlone({ onGiveUp }: { readonly onGiveUp: () => void }) {
  const { t } = useTranslation();
  const enter = useEnter();
  const [code, setCode] = useState('');
  const { isBusy, error, run } = useSubmit(() => setCode(''));
  const verify = () =>
    run(async () => enter(await call<Session>('POST', '/sign-in/oidc/code', { body: { code } })));
  return (
    <Gate title={t('signIn.title')}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void verify();
        }}
      >
        <Stack>
          <Text>{t('oidc.codeWanted')}</Text>
          <CodeInput value={code} onChange={setCode} />
          <Fault error={error} />
          <Button type="submit" loading={isBusy} disabled={code.length < 6}>
            {t('act.continue')}
          </Button>
          <Button variant="default" onClick={onGiveUp}>
            {t('oidc.otherWay')}
          </Button>
        </Stack>
      </form>
    </Gate>
  );
}

export function SignIn() {
  const [outcome, setOutcome] = useState(outcomeInAddress);
  useEffect(forgetOutcome, []);
  if (outcome === 'code') return <CodeAlone onGiveUp={() => setOutcome(null)} />;
  return <WaysIn outcome={outcome === 'done' ? null : outcome} />;
}

function WaysIn({ outcome }: { readonly outcome: Exclude<OidcOutcome, 'code' | 'done'> | null }) {
  const { t } = useTranslation();
  const enter = useEnter();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const { isBusy, error, run } = useSubmit(() => setCode(''));
  const { data } = useQuery({
    queryKey: ['/sign-in'],
    queryFn: ({ signal }) => call<SignInMethods>('GET', '/sign-in', { signal }),
  });

  const hasPasskeys = data?.methods.passkey === true && canUsePasskeys;
  const attempt = (work: () => Promise<Session>) => run(async () => enter(await work()));

  return (
    <Gate title={t('signIn.title')}>
      {data?.organisationName ? <Text c="dimmed">{data.organisationName}</Text> : null}
      {data?.needsFirstOperator ? <Alert color="blue">{t('signIn.needsFirst')}</Alert> : null}
      {outcome === null ? null : (
        <Alert color="red" variant="light" role="alert">
          {t(`oidc.${outcome}`)}
        </Alert>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void attempt(() => call<Session>('POST', '/session', { body: { name, password, code } }));
        }}
      >
        <Stack>
          <TextInput
            label={t('term.userName')}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            autoComplete="username"
            required
          />
          <PasswordInput
            label={t('term.password')}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            autoComplete="current-password"
            required
            visibilityToggleButtonProps={{ 'aria-label': t('password.show') }}
          />
          <CodeInput value={code} onChange={setCode} />
          <Fault error={error} />
          <Button type="submit" loading={isBusy}>
            {t('signIn.title')}
          </Button>
        </Stack>
      </form>
      {hasPasskeys || data?.methods.oidc === true ? <Divider label={t('signIn.or')} /> : null}
      {hasPasskeys ? (
        <Button
          variant="default"
          loading={isBusy}
          onClick={() => void attempt(() => provePasskey('/sign-in/passkey'))}
        >
          {t('signIn.passkey')}
        </Button>
      ) : null}
      {data?.methods.oidc === true ? (
        <Button variant="default" component="a" href="/api/v1/sign-in/oidc">
          {t('oidc.signIn')}
        </Button>
      ) : null}
    </Gate>
  );
}
