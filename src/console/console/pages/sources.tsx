// Sources of personnel events and the brake of each.
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Sources } from '../../../api/lifecycle.ts';
import { call } from '../../shared/api.ts';
import { useLanguage } from '../../shared/appearance.tsx';
import { dateTimeText } from '../../shared/dates.ts';
import { Go } from '../../shared/link.tsx';
import { numberText } from '../../shared/numbers.ts';
import { Page } from '../../shared/page.tsx';
import { RecordTable } from '../../shared/table.tsx';

export default function SourcesPage() {
  const { t } = useTranslation();
  const language = useLanguage();
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
        ]}
      />
    </Page>
  );
}
