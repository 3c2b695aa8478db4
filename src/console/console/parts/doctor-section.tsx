// The doctor, run when it is asked for: the broker itself, then each gateway with something to mend.
import { Button, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DoctorReport } from '../../../api/health.ts';
import { call } from '../../shared/api.ts';
import { preciseText } from '../../shared/dates.ts';
import { Section } from '../../shared/facts.tsx';
import { Fault } from '../../shared/fault.tsx';
import { Go } from '../../shared/link.tsx';
import { useSubmit } from '../../shared/submit.ts';
import { Findings } from './findings.tsx';

export function DoctorSection() {
  const { t } = useTranslation();
  const { isBusy, error, run } = useSubmit();
  const [report, setReport] = useState<DoctorReport | null>(null);
  const examine = async () => setReport(await call<DoctorReport>('POST', '/health/doctor'));
  const isWell = (findings: DoctorReport['broker']) => findings.every(({ state }) => state === 'ok');
  const ill = report?.gateways.filter(({ findings }) => !isWell(findings)) ?? [];
  const well = report?.gateways.filter(({ findings }) => isWell(findings)) ?? [];
  return (
    <Section
      title={t('term.doctor')}
      acts={
        <Button size="xs" loading={isBusy} onClick={() => void run(examine)}>
          {t('doctor.run')}
        </Button>
      }
    >
      <Stack>
        <Text c="dimmed" role="status">
          {report === null ? t('doctor.lead') : t('doctor.at', { at: preciseText(report.at) })}
        </Text>
        <Fault error={error} />
        {report === null ? null : (
          <>
            <Title order={3} size="h5">
              {t('doctor.broker')}
            </Title>
            <Findings findings={report.broker} />
            {ill.map(({ name, findings }) => (
              <Stack key={name} gap="xs">
                <Title order={3} size="h5">
                  <Go to={`/gateways/${name}`}>{t('doctor.gateway', { name })}</Go>
                </Title>
                <Findings findings={findings.filter(({ state }) => state !== 'ok')} />
              </Stack>
            ))}
            {well.length === 0 ? null : (
              <Text size="sm">{t('doctor.well', { names: well.map(({ name }) => name).join(', ') })}</Text>
            )}
            {report.gatewaysLeftOut === 0 ? null : (
              <Text size="sm">{t('doctor.leftOut', { count: report.gatewaysLeftOut })}</Text>
            )}
            <Text size="sm" c="dimmed">
              {t('doctor.cut')}
            </Text>
          </>
        )}
      </Stack>
    </Section>
  );
}
