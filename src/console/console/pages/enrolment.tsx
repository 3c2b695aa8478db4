// The one-time link: its holder chooses a password and enrols an authenticator app. The first operator also says who they are.
import {
  Alert,
  Anchor,
  Button,
  Group,
  Skeleton,
  Stack,
  Stepper,
  Text,
  TextInput,
  type TextInputProps,
} from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { BegunEnrolment, Link, Session } from '../../../api/session.ts';
import { call } from '../../shared/api.ts';
import { CopyText } from '../../shared/copy-text.tsx';
import { Fault, fieldErrors } from '../../shared/fault.tsx';
import { NewPasswordInput } from '../../shared/password-input.tsx';
import { CodeInput } from '../../shared/step-up.tsx';
import { useSubmit } from '../../shared/submit.ts';
import { Waiting } from '../../shared/table.tsx';
import { useEnter } from '../session.tsx';
import { Gate } from './sign-in.tsx';

const QrCode = lazy(() => import('../../shared/qr-code.tsx'));

interface Typed {
  readonly fullName: string;
  readonly staffCode: string;
  readonly position: string;
  readonly signInName: string;
  readonly unitCode: string;
  readonly unitName: string;
  readonly password: string;
  readonly secondFact: string;
}

/** Names of the API's fields in this form. */
const fieldNames = {
  'person.fullName': 'fullName',
  'person.staffCode': 'staffCode',
  'person.position': 'position',
  'person.signInName': 'signInName',
  'person.unit.code': 'unitCode',
  'person.unit.name': 'unitName',
};

/** What is asked for beside the link; a present password is not shown as it is typed. */
function SecondFactInput({
  fact,
  ...input
}: { readonly fact: NonNullable<Link['secondFact']> } & Omit<TextInputProps, 'label' | 'description'>) {
  const { t } = useTranslation();
  return (
    <TextInput
      label={t(`enrol.secondFact.${fact}`)}
      description={t(`enrol.secondFactHint.${fact}`)}
      type={fact === 'credential' ? 'password' : 'text'}
      autoComplete={fact === 'credential' ? 'current-password' : 'off'}
      required
      {...input}
    />
  );
}

export default function Enrolment({ link }: { readonly link: string }) {
  const { t } = useTranslation();
  const enter = useEnter();
  const [begun, setBegun] = useState<BegunEnrolment | null>(null);
  const [code, setCode] = useState('');
  const { data, error: linkError } = useQuery({
    queryKey: ['/enrolment/link', link],
    queryFn: ({ signal }) => call<Link>('POST', '/enrolment/link', { body: { link }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const form = useForm<Typed>({
    initialValues: {
      fullName: '',
      staffCode: '',
      position: '',
      signInName: '',
      unitCode: '',
      unitName: '',
      password: '',
      secondFact: '',
    },
  });

  const {
    isBusy,
    error,
    run: attempt,
  } = useSubmit((refused) => form.setErrors(fieldErrors(refused, fieldNames)));

  async function begin({ password, secondFact, position, unitCode, unitName, ...person }: Typed) {
    const isFirst = data?.purpose === 'first-operator';
    setBegun(
      await call<BegunEnrolment>('POST', '/enrolment/begin', {
        body: {
          link,
          password,
          ...(secondFact === '' ? {} : { secondFact }),
          ...(isFirst
            ? {
                person: {
                  ...person,
                  ...(position === '' ? {} : { position }),
                  ...(data.hasUnits ? {} : { unit: { code: unitCode, name: unitName } }),
                },
              }
            : {}),
        },
      }),
    );
  }

  async function finish() {
    if (begun === null) return;
    const { ticket } = begun;
    const session = await call<Session>('POST', '/enrolment/finish', { body: { link, ticket, code } });
    window.history.replaceState(null, '', '/');
    enter(session);
  }

  if (linkError !== null) {
    return (
      <Gate title={t('enrol.title')}>
        <Fault error={linkError} />
        <Anchor href="/">{t('signIn.title')}</Anchor>
      </Gate>
    );
  }
  if (data === undefined) {
    return (
      <Gate title={t('enrol.title')}>
        <Waiting lines={3} />
      </Gate>
    );
  }
  const isFirst = data.purpose === 'first-operator';
  return (
    <Gate title={t(isFirst ? 'enrol.firstTitle' : 'enrol.title')}>
      <Stepper active={begun === null ? 0 : 1} size="xs" allowNextStepsSelect={false}>
        <Stepper.Step label={t('enrol.stepPassword')} />
        <Stepper.Step label={t('term.authenticatorApp')} />
      </Stepper>
      {begun === null ? (
        <form onSubmit={form.onSubmit((typed) => void attempt(() => begin(typed)))}>
          <Stack>
            {data.operator === null ? (
              <>
                <Text>{t('enrol.firstLead')}</Text>
                <TextInput
                  label={t('person.fullName')}
                  description={t('person.fullNameHint')}
                  required
                  {...form.getInputProps('fullName')}
                />
                <TextInput label={t('term.staffCode')} required {...form.getInputProps('staffCode')} />
                <TextInput label={t('person.position')} {...form.getInputProps('position')} />
                {data.hasUnits ? null : (
                  <Group grow align="flex-start">
                    <TextInput
                      label={t('enrol.unitName')}
                      description={t('enrol.unitNameHint')}
                      required
                      {...form.getInputProps('unitName')}
                    />
                    <TextInput
                      label={t('enrol.unitCode')}
                      description={t('enrol.unitCodeHint')}
                      required
                      {...form.getInputProps('unitCode')}
                    />
                  </Group>
                )}
                <TextInput
                  label={t('term.userName')}
                  description={t('enrol.signInNameHint')}
                  autoComplete="username"
                  required
                  {...form.getInputProps('signInName')}
                />
              </>
            ) : (
              <Text>
                {t('enrol.lead', { name: data.operator.fullName, userName: data.operator.signInName })}
              </Text>
            )}
            {data.secondFact === null ? null : (
              <SecondFactInput fact={data.secondFact} {...form.getInputProps('secondFact')} />
            )}
            <NewPasswordInput label={t('term.password')} required {...form.getInputProps('password')} />
            <Fault error={error} />
            <Button type="submit" loading={isBusy}>
              {t('act.continue')}
            </Button>
          </Stack>
        </form>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void attempt(finish);
          }}
        >
          <Stack>
            <Text>{t('enrol.scan')}</Text>
            <Group justify="center" visibleFrom="xs">
              <Suspense fallback={<Skeleton w={220} h={220} />}>
                <QrCode text={begun.uri} label={t('enrol.qr')} />
              </Suspense>
            </Group>
            <Button component="a" href={begun.uri} variant="default" hiddenFrom="xs">
              {t('enrol.openApp')}
            </Button>
            <div>
              <Text size="sm" c="dimmed">
                {t('enrol.typeInstead')}
              </Text>
              <CopyText value={begun.secret} label={t('enrol.key')} />
            </div>
            <CodeInput value={code} onChange={setCode} />
            <Alert color="gray">{t('enrol.codeOnce')}</Alert>
            <Fault error={error} />
            <Button type="submit" loading={isBusy} disabled={code.length < 6}>
              {t('enrol.finish')}
            </Button>
          </Stack>
        </form>
      )}
    </Gate>
  );
}
