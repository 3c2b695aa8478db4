// Attempts to log in, with the reason of each in words.
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { DecisionItem, Reasons } from '../../../api/decisions.ts';
import { call } from '../../shared/api.ts';
import { useLanguage } from '../../shared/appearance.tsx';
import { preciseText } from '../../shared/dates.ts';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';
import { useRecords } from '../../shared/records.ts';
import { RecordTable } from '../../shared/table.tsx';
import { Filters, useEmpty, useFilters } from '../parts/filters.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import { useGatewayFilter } from './sessions.tsx';

export const lookupCodeText = (code: string): string => `${code.slice(0, 4)}-${code.slice(4)}`;

function AttemptTable(props: {
  readonly label: string;
  readonly rows: readonly DecisionItem[] | undefined;
  readonly error: unknown;
  readonly more: { readonly hasMore: boolean; readonly isLoading: boolean; readonly load: () => void };
  readonly empty: string | undefined;
}) {
  const { t } = useTranslation();
  return (
    <RecordTable
      label={props.label}
      rows={props.rows}
      error={props.error}
      more={props.more}
      empty={props.empty}
      idOf={({ record }) => record}
      columns={[
        {
          key: 'at',
          title: t('column.at'),
          cell: ({ record, at }) => <Go to={`/attempts/${record}`}>{preciseText(at)}</Go>,
        },
        {
          key: 'account',
          title: t('term.userName'),
          cell: ({ accountId, userName }) =>
            accountId === null ? (userName ?? '–') : <Go to={`/accounts/${accountId}`}>{userName}</Go>,
        },
        { key: 'unit', title: t('term.unit'), cell: ({ unitName }) => unitName ?? '–' },
        {
          key: 'outcome',
          title: t('column.outcome'),
          cell: ({ outcome }) => <StateBadge of="outcome" state={outcome} />,
        },
        { key: 'reason', title: t('term.reason'), cell: ({ title }) => title },
        { key: 'gateway', title: t('term.vpnGateway'), cell: ({ gateway }) => gateway ?? '–' },
        {
          key: 'station',
          title: t('attempts.station'),
          cell: ({ station }) => station ?? '–',
          visibleFrom: 'lg',
        },
        {
          key: 'code',
          title: t('term.lookupCode'),
          cell: ({ lookupCode }) =>
            lookupCode === null ? '–' : <span className="nowrap">{lookupCodeText(lookupCode)}</span>,
        },
      ]}
    />
  );
}

export default function Attempts() {
  const { t } = useTranslation();
  const language = useLanguage();
  const { values } = useFilters();
  const empty = useEmpty(t('attempts.none'));
  const gatewayFilter = useGatewayFilter();
  const { data: reasons } = useQuery({
    queryKey: ['/reasons', language],
    queryFn: ({ signal }) => call<Reasons>('GET', '/reasons', { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const { rows, error, more } = useRecords<DecisionItem>('/decisions', values);
  return (
    <Page title={t('page.attempts')} lead={t('attempts.lead')}>
      <Filters
        page="attempts"
        fields={[
          {
            name: 'outcome',
            label: t('column.outcome'),
            options: ['accept', 'deny', 'challenge'].map((value) => ({
              value,
              label: t(`state.outcome.${value}`),
            })),
          },
          {
            name: 'reason',
            label: t('term.reason'),
            options: (reasons?.items ?? []).map(({ reason, title }) => ({ value: reason, label: title })),
          },
          ...gatewayFilter,
        ]}
      />
      <AttemptTable label={t('page.attempts')} rows={rows} error={error} more={more} empty={empty} />
    </Page>
  );
}
