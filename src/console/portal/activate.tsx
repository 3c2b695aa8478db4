// Activation: the slip's code, a second fact where it is asked, an own password, the rules, an app, recovery codes.
import { Alert, Anchor, Button, Checkbox, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PortalSession } from '../../api/portal.ts';
import { call } from '../shared/api.ts';
import { useLanguage } from '../shared/appearance.tsx';
import { Fault } from '../shared/fault.tsx';
import { Page } from '../shared/page.tsx';
import { NewPasswordInput } from '../shared/password-input.tsx';
import { useSubmit } from '../shared/submit.ts';
import { Enrol } from './enrol.tsx';

interface Opened {
  readonly step:
    | 'open'
    | 'fact-needed'
    | 'fact-wrong'
    | 'hand-over-needed'
    | 'assignment-missing'
    | 'employment-not-started';
  readonly ticket: string | null;
  readonly holder: { readonly userName: string; readonly fullName: string; readonly unitName: string } | null;
}
interface Rules {
  readonly version: number;
  readonly textVi: string;
  readonly textEn: string;
  readonly isAccepted: boolean;
}

export function Activate({
  onDone,
  onBack,
}: {
  readonly onDone: (session: PortalSession) => void;
  readonly onBack: () => void;
}) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { isBusy, error, run } = useSubmit();
  const [code, setCode] = useState('');
  const [birthDate, setBirthDate] = useState('');
  const [opened, setOpened] = useState<Opened | null>(null);
  const [password, setPassword] = useState('');
  const [rules, setRules] = useState<Rules | null>(null);
  const [isRead, setRead] = useState(false);
  const [isReady, setReady] = useState(false);
  const ticket = opened?.ticket ?? null;

  const open = () =>
    run(async () => {
      const body = { code, ...(birthDate === '' ? {} : { birthDate }) };
      setOpened(await call<Opened>('POST', '/activation', { body }));
    });
  const choose = () =>
    run(async () => {
      await call('POST', '/enrolment/password', { body: { ticket, password } });
      setPassword('');
      const found = await call<Rules>('POST', '/enrolment/rules', { body: { ticket } });
      setRules(found);
      setReady(found.isAccepted);
    });
  const accept = () =>
    run(async () => {
      await call('POST', '/enrolment/rules/accept', { body: { ticket, version: rules?.version ?? 0 } });
      setReady(true);
    });

  if (ticket === null) {
    const asksFact = opened?.step === 'fact-needed' || opened?.step === 'fact-wrong';
    return (
      <Page title={t('activate.title')} lead={t('activate.lead')}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void open();
          }}
        >
          <Stack>
            <TextInput
              label={t('activate.code')}
              placeholder="XXXX-XXXX-XXXX"
              autoComplete="off"
              autoCapitalize="characters"
              required
              value={code}
              onChange={(event) => setCode(event.currentTarget.value)}
            />
            {asksFact ? (
              <TextInput
                label={t('activate.birthDate')}
                placeholder="28/02/1985"
                required
                value={birthDate}
                error={opened?.step === 'fact-wrong' ? t('activate.step.fact-wrong') : undefined}
                onChange={(event) => setBirthDate(event.currentTarget.value)}
              />
            ) : opened === null || opened.step === 'open' ? null : (
              <Alert variant="default">{t(`activate.step.${opened.step}`)}</Alert>
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
  const lead = `${opened?.holder?.fullName ?? ''} · ${opened?.holder?.userName ?? ''} · ${opened?.holder?.unitName ?? ''}`;
  if (rules === null) {
    return (
      <Page title={t('activate.password')} lead={lead}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void choose();
          }}
        >
          <Stack>
            <NewPasswordInput
              label={t('field.password')}
              required
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
            <Text size="sm" c="dimmed">
              {t('activate.keyboard')}
            </Text>
            <Fault error={error} />
            <Button type="submit" loading={isBusy}>
              {t('activate.next')}
            </Button>
          </Stack>
        </form>
      </Page>
    );
  }
  if (!isReady) {
    return (
      <Page title={t('activate.rules')} lead={lead}>
        <Text style={{ whiteSpace: 'pre-line' }}>{language === 'vi' ? rules.textVi : rules.textEn}</Text>
        <Checkbox
          label={t('activate.read')}
          checked={isRead}
          onChange={(event) => setRead(event.currentTarget.checked)}
        />
        <Fault error={error} />
        <Button onClick={() => void accept()} loading={isBusy} disabled={!isRead}>
          {t('activate.accept')}
        </Button>
      </Page>
    );
  }
  return (
    <Page title={t('activate.app')} lead={lead}>
      <Enrol ticket={ticket} onDone={onDone} />
    </Page>
  );
}
