// Without the phone: a new one by recovery code or the unit's approval, and locking from anywhere.
import {
  Alert,
  Anchor,
  Button,
  Code,
  PasswordInput,
  SegmentedControl,
  Stack,
  TextInput,
} from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PortalSession } from '../../api/portal.ts';
import { call } from '../shared/api.ts';
import { Fault } from '../shared/fault.tsx';
import { Page } from '../shared/page.tsx';
import { useSubmit } from '../shared/submit.ts';
import { Enrol } from './enrol.tsx';

type Way = 'recovery' | 'request' | 'ask';

export function NewPhone({
  userName: known = '',
  onDone,
  onBack,
}: {
  /** Of who is signed in; else it is typed. */
  readonly userName?: string;
  readonly onDone: (session: PortalSession) => void;
  readonly onBack: () => void;
}) {
  const { t } = useTranslation();
  const { isBusy, error, run } = useSubmit();
  const [way, setWay] = useState<Way>('recovery');
  const [userName, setUserName] = useState(known);
  const [password, setPassword] = useState('');
  const [text, setText] = useState('');
  const [ticket, setTicket] = useState<string | null>(null);
  const [asked, setAsked] = useState<string | null>(null);
  const send = () =>
    run(async () => {
      if (way === 'ask') {
        const body = { userName, password, reason: text };
        setAsked((await call<{ code: string }>('POST', '/recovery/ask', { body })).code);
        return;
      }
      const body = { userName, password, by: way, code: text };
      setTicket((await call<{ ticket: string }>('POST', '/recovery', { body })).ticket);
    });
  if (ticket !== null) {
    return (
      <Page title={t('activate.app')}>
        <Enrol ticket={ticket} onDone={onDone} />
      </Page>
    );
  }
  return (
    <Page title={t('newPhone.title')} lead={t('newPhone.lead')}>
      <SegmentedControl
        orientation="vertical"
        fullWidth
        value={way}
        onChange={(value) => setWay(value as Way)}
        data={(['recovery', 'ask', 'request'] as const).map((value) => ({
          value,
          label: t(`newPhone.way.${value}`),
        }))}
      />
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Stack>
          <TextInput
            label={t('field.userName')}
            autoComplete="username"
            required
            readOnly={known !== ''}
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
            label={t(`newPhone.text.${way}`)}
            autoComplete="off"
            required
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          {asked === null ? null : (
            <Alert>
              {t('newPhone.asked')} <Code fz="lg">{asked}</Code>
            </Alert>
          )}
          <Fault error={error} />
          <Button type="submit" loading={isBusy}>
            {t('activate.next')}
          </Button>
          <Anchor component="button" type="button" onClick={onBack}>
            {t('app.back')}
          </Anchor>
        </Stack>
      </form>
    </Page>
  );
}

export function LockOutside({ onBack }: { readonly onBack: () => void }) {
  const { t } = useTranslation();
  const { isBusy, error, run } = useSubmit();
  const [kind, setKind] = useState<'password' | 'recovery'>('password');
  const [userName, setUserName] = useState('');
  const [secret, setSecret] = useState('');
  const [isLocked, setLocked] = useState(false);
  return (
    <Page title={t('lock.title')} lead={t('lock.lead')}>
      {isLocked ? (
        <Alert variant="default">{t('lock.done')}</Alert>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void run(async () => {
              await call('POST', '/lock', { body: { userName, kind, secret } });
              setLocked(true);
            });
          }}
        >
          <Stack>
            <SegmentedControl
              fullWidth
              value={kind}
              onChange={(value) => setKind(value as 'password' | 'recovery')}
              data={[
                { value: 'password', label: t('field.password') },
                { value: 'recovery', label: t('field.recovery') },
              ]}
            />
            <TextInput
              label={t('field.userName')}
              autoComplete="username"
              required
              value={userName}
              onChange={(event) => setUserName(event.currentTarget.value)}
            />
            <PasswordInput
              label={t(`field.${kind}`)}
              autoComplete="off"
              required
              value={secret}
              onChange={(event) => setSecret(event.currentTarget.value)}
            />
            <Fault error={error} />
            <Button type="submit" color="red" loading={isBusy}>
              {t('lock.act')}
            </Button>
          </Stack>
        </form>
      )}
      <Anchor component="button" type="button" onClick={onBack}>
        {t('app.back')}
      </Anchor>
    </Page>
  );
}
