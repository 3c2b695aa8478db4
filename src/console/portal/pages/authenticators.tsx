// What proves the holder: authenticators in use, own password, recovery codes; another phone, a lost one.
import { Alert, Button, Group, Modal, PasswordInput, Stack, Text } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../shared/api.ts';
import { Confirm } from '../../shared/confirm.tsx';
import { dateText, dateTimeText } from '../../shared/dates.ts';
import { Section } from '../../shared/facts.tsx';
import { Fault } from '../../shared/fault.tsx';
import { Page } from '../../shared/page.tsx';
import { NewPasswordInput } from '../../shared/password-input.tsx';
import { CodeInput } from '../../shared/step-up.tsx';
import { useSubmit } from '../../shared/submit.ts';
import { Waiting } from '../../shared/table.tsx';
import { useHolder, useHome, useRefresh } from '../holder.ts';
import { NewPhone } from '../lost.tsx';
import { RecoveryCodes } from '../recovery-codes.tsx';

type Open = 'password' | 'recovery-codes' | 'lost' | null;

interface ProofFormProps {
  readonly act: string;
  /** Told with what the holder has proved; a rejection is shown. */
  readonly onProved: (proof: { readonly password: string; readonly code: string }) => Promise<void>;
  readonly children?: ReactNode;
}

/** Password and a fresh code once more, then the act. */
function ProofForm({ act, onProved, children }: ProofFormProps) {
  const { t } = useTranslation();
  const { isBusy, error, run } = useSubmit();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  function send(event: FormEvent) {
    event.preventDefault();
    void run(() => onProved({ password, code }));
  }
  return (
    <form onSubmit={send}>
      <Stack>
        <PasswordInput
          label={t('authenticators.current')}
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': t('password.show') }}
        />
        {children}
        <CodeInput value={code} onChange={setCode} />
        <Fault error={error} />
        <Button type="submit" loading={isBusy} disabled={code.length < 6}>
          {act}
        </Button>
      </Stack>
    </form>
  );
}

function ChangePassword({ onDone }: { readonly onDone: () => void }) {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  return (
    <ProofForm
      act={t('authenticators.changePassword')}
      onProved={async ({ password: current, code }) => {
        await call('POST', '/password', { body: { current, code, password } });
        onDone();
      }}
    >
      <NewPasswordInput
        label={t('authenticators.newPassword')}
        required
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
    </ProofForm>
  );
}

function RenewCodes({ onDone }: { readonly onDone: () => void }) {
  const { t } = useTranslation();
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  if (codes !== null) return <RecoveryCodes codes={codes} onDone={onDone} />;
  return (
    <Stack>
      <Text>{t('authenticators.renewEffect')}</Text>
      <ProofForm
        act={t('authenticators.renew')}
        onProved={async (proof) => {
          const body = { ...proof };
          setCodes(
            (await call<{ recoveryCodes: string[] }>('POST', '/recovery-codes', { body })).recoveryCodes,
          );
        }}
      />
    </Stack>
  );
}

export default function Authenticators() {
  const { t } = useTranslation();
  const { session, onRenewed } = useHolder();
  const refresh = useRefresh();
  const { data: home, error } = useHome();
  const [open, setOpen] = useState<Open>(null);
  const [isNewPhone, setNewPhone] = useState(false);
  const [isChanged, setChanged] = useState(false);
  function close() {
    setOpen(null);
    void refresh();
  }
  if (isNewPhone) {
    return (
      <NewPhone
        userName={session.userName}
        onDone={(renewed) => {
          setNewPhone(false);
          onRenewed(renewed);
          void refresh();
        }}
        onBack={() => setNewPhone(false)}
      />
    );
  }
  return (
    <Page title={t('page.authenticators')} lead={t('authenticators.lead')}>
      <Fault error={error} />
      {home === undefined && error === null ? <Waiting /> : null}
      {home === undefined ? null : (
        <>
          <Section title={t('authenticators.inUse')}>
            {home.authenticators.length === 0 ? (
              <Text c="dimmed">{t('authenticators.none')}</Text>
            ) : (
              home.authenticators.map(({ id, kind, serialNumber, createdAt, lastClaimAt }) => (
                <div key={id}>
                  <Text fw={600}>
                    {t(`authenticators.kind.${kind}`)} {serialNumber ?? ''}
                  </Text>
                  <Text size="sm" c="dimmed">
                    {t('authenticators.since', { date: dateText(createdAt) })}{' '}
                    {lastClaimAt === null
                      ? t('authenticators.neverUsed')
                      : t('authenticators.lastUsed', { at: dateTimeText(lastClaimAt) })}
                  </Text>
                </div>
              ))
            )}
            <Group gap="xs" mt="sm">
              <Button variant="default" onClick={() => setNewPhone(true)}>
                {t('newPhone.title')}
              </Button>
              {home.suspended === null ? (
                <Button variant="outline" color="red" onClick={() => setOpen('lost')}>
                  {t('signIn.lock')}
                </Button>
              ) : null}
            </Group>
          </Section>
          <Section title={t('field.password')}>
            {isChanged ? (
              <Alert variant="default" mb="sm" role="status">
                {t('authenticators.changed')}
              </Alert>
            ) : null}
            {home.mustChangePassword ? <Text mb="sm">{t('authenticators.mustChange')}</Text> : null}
            <Button variant="default" onClick={() => setOpen('password')}>
              {t('authenticators.changePassword')}
            </Button>
          </Section>
          <Section title={t('authenticators.codes')}>
            <Text mb="sm">
              {home.recoveryCodesLeft === 0
                ? t('authenticators.noCodes')
                : t('authenticators.codesLeft', { count: home.recoveryCodesLeft })}
            </Text>
            <Button variant="default" onClick={() => setOpen('recovery-codes')}>
              {t('authenticators.renew')}
            </Button>
          </Section>
        </>
      )}
      <Modal
        opened={open === 'password' || open === 'recovery-codes'}
        onClose={close}
        title={
          <Text fw={600}>
            {t(open === 'password' ? 'authenticators.changePassword' : 'authenticators.renew')}
          </Text>
        }
      >
        {open === 'password' ? (
          <ChangePassword
            onDone={() => {
              setChanged(true);
              close();
            }}
          />
        ) : (
          <RenewCodes onDone={close} />
        )}
      </Modal>
      <Confirm
        opened={open === 'lost'}
        onClose={() => setOpen(null)}
        title={t('signIn.lock')}
        effect={t('home.lockEffect')}
        act={t('home.lock')}
        isDangerous
        onConfirm={async () => {
          await call('POST', '/lock/own');
          await refresh();
        }}
      />
    </Page>
  );
}
