// Enrolling an app: opened on this phone, copied, or scanned; confirmed by a code; then the recovery codes.
import { Alert, Button, Code, CopyButton, Image, Stack, Text, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PortalSession } from '../../api/portal.ts';
import { call } from '../shared/api.ts';
import { Fault } from '../shared/fault.tsx';
import { useSubmit } from '../shared/submit.ts';
import { RecoveryCodes } from './recovery-codes.tsx';

interface Begun {
  readonly uri: string;
  readonly secret: string;
  readonly qr: string;
}

export function Enrol({
  ticket,
  onDone,
}: {
  readonly ticket: string;
  readonly onDone: (session: PortalSession) => void;
}) {
  const { t } = useTranslation();
  const { isBusy, error, run } = useSubmit();
  const [begun, setBegun] = useState<Begun | null>(null);
  const [code, setCode] = useState('');
  const [finished, setFinished] = useState<{ recoveryCodes: string[]; session: PortalSession } | null>(null);

  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each ticket
  useEffect(() => {
    void run(async () => setBegun(await call<Begun>('POST', '/enrolment/begin', { body: { ticket } })));
  }, [ticket]);

  if (finished !== null) {
    return (
      <Stack>
        <Alert variant="default">{t('recovery.done')}</Alert>
        <RecoveryCodes codes={finished.recoveryCodes} onDone={() => onDone(finished.session)} />
      </Stack>
    );
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const body = { ticket, code };
        void run(async () => setFinished(await call('POST', '/enrolment/finish', { body })));
      }}
    >
      <Stack>
        <Text>{t('enrol.lead')}</Text>
        {begun === null ? null : (
          <>
            <Button component="a" href={begun.uri} hiddenFrom="sm">
              {t('enrol.openApp')}
            </Button>
            <Image src={begun.qr} alt={t('enrol.qr')} w={220} visibleFrom="sm" />
            <CopyButton value={begun.secret}>
              {({ copied, copy }) => (
                <Button variant="default" onClick={copy}>
                  {t(copied ? 'act.copied' : 'enrol.copyKey')}
                </Button>
              )}
            </CopyButton>
            <Code data-testid="secret">{begun.secret}</Code>
            <TextInput
              label={t('enrol.code')}
              inputMode="numeric"
              autoComplete="one-time-code"
              required
              value={code}
              onChange={(event) => setCode(event.currentTarget.value)}
            />
          </>
        )}
        <Fault error={error} />
        <Button type="submit" loading={isBusy} disabled={begun === null}>
          {t('enrol.confirm')}
        </Button>
      </Stack>
    </form>
  );
}
