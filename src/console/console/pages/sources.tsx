// Sources of personnel events and the brake of each.
import { Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Polled, Sources } from '../../../api/lifecycle.ts';
import { call } from '../../shared/api.ts';
import { useLanguage } from '../../shared/appearance.tsx';
import { dateTimeText } from '../../shared/dates.ts';
import { Go } from '../../shared/link.tsx';
import { numberText } from '../../shared/numbers.ts';
import { Page } from '../../shared/page.tsx';
import { RecordTable } from '../../shared/table.tsx';
import { ActButton } from '../parts/act-button.tsx';
import { useCan } from '../session.tsx';

/** Reads a source now: on trial first, since that changes nothing. */
function Poll({ name }: { readonly name: string }) {
  const { t } = useTranslation();
  const [result, setResult] = useState<Polled | null>(null);
  const poll = async (dryRun: boolean) => {
    setResult(null);
    const polled = await call<Polled>('POST', `/lifecycle/sources/${encodeURIComponent(name)}/poll`, {
      body: { dryRun },
    });
    setResult(polled);
  };
  return (
    <Stack gap={4}>
      <Group gap="xs">
        <ActButton
          size="xs"
          label={t('sources.dryRun')}
          title={t('sources.dryRunTitle', { name })}
          effect={t('sources.dryRunEffect')}
          done={t('sources.read')}
          act={() => poll(true)}
        />
        <ActButton
          size="xs"
          label={t('sources.readNow')}
          title={t('sources.readNowTitle', { name })}
          effect={t('sources.readNowEffect')}
          done={t('sources.read')}
          act={() => poll(false)}
        />
      </Group>
      {result === null ? null : (
        <Text size="sm" role="status" c={result.fault === null ? undefined : 'red'}>
          {result.fault === null
            ? t('sources.result', {
                events: result.events,
                held: result.held,
                leftOut: result.leftOut,
                files: result.files,
                waiting: result.waiting,
              })
            : t('sources.cannotBeRead', { fault: t(`sources.fault.${result.fault.kind}`) })}
        </Text>
      )}
    </Stack>
  );
}

export default function SourcesPage() {
  const { t } = useTranslation();
  const language = useLanguage();
  const can = useCan();
  const { data, error } = useQuery({
    queryKey: ['/lifecycle/sources'],
    queryFn: ({ signal }) => call<Sources>('GET', '/lifecycle/sources', { signal }),
  });
  return (
    <Page title={t('page.sources')} lead={t('sources.lead')}>
      <RecordTable
        label={t('page.sources')}
        rows={data?.items}
        error={error}
        empty={<Go to="/imports">{t('sources.none')}</Go>}
        idOf={({ name }) => name}
        columns={[
          {
            key: 'name',
            title: t('column.source'),
            cell: ({ name }) => (
              <Go to="/events" search={{ source: name }}>
                {name}
              </Go>
            ),
          },
          { key: 'kind', title: t('column.kind'), cell: ({ kind }) => t(`sources.kind.${kind}`) },
          {
            key: 'brake',
            title: t('term.massWithdrawalBrake'),
            cell: ({ brakeCount, brakePercent }) =>
              t('sources.brake', { count: brakeCount, share: numberText(brakePercent, language) }),
          },
          {
            key: 'last',
            title: t('sources.lastRun'),
            cell: ({ lastRunAt }) => (lastRunAt === null ? t('sources.never') : dateTimeText(lastRunAt)),
          },
          {
            key: 'read',
            title: t('sources.reading'),
            cell: ({ name, readFrom, faultSince, fault }) => (
              <Stack gap={4}>
                {faultSince === null ? null : (
                  <Text size="sm" c="red">
                    {t('sources.faultSince', {
                      fault: t(`sources.fault.${fault}`),
                      when: dateTimeText(faultSince),
                    })}
                  </Text>
                )}
                {readFrom !== null && can('import.run') ? <Poll name={name} /> : null}
              </Stack>
            ),
          },
        ]}
      />
    </Page>
  );
}
