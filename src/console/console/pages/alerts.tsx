// Alerts within reach, the newest first; each opens the account and, where a login raised it, why that was denied.
import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { AlertItem } from '../../../api/alerts.ts';
import { preciseText } from '../../shared/dates.ts';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';
import { useRecords } from '../../shared/records.ts';
import { RecordTable } from '../../shared/table.tsx';
import { Filters, useEmpty, useFilters } from '../parts/filters.tsx';

const rules = [
  'login-after-employment-ended',
  'login-from-revoked-workstation',
  'login-from-unassigned-workstation',
  'login-with-wrong-workstation-key',
  'denied-by-holder',
  'locked-by-holder',
  'activation-guessed',
  'slip-for-person-by-hand',
  'operator-link-used',
  'operator-link-guessed',
  'administrator-ended',
  'administrator-alone',
  'credential-ends',
  'cut-unconfirmed',
  'cut-impossible',
  'lifecycle-brake',
  'feed-fault',
  'head-without-operator',
  'decision-unwritable',
] as const;

export default function Alerts() {
  const { t } = useTranslation();
  const { values } = useFilters();
  const empty = useEmpty(t('alert.none'));
  const { rows, error, more } = useRecords<AlertItem>('/alerts', values, { refreshMs: 30_000 });
  return (
    <Page title={t('page.alerts')} lead={t('alert.lead')}>
      <Filters
        page="alerts"
        fields={[
          {
            name: 'rule',
            label: t('alert.what'),
            options: rules.map((rule) => ({ value: rule, label: t(`alert.rule.${rule}`) })),
          },
        ]}
      />
      <RecordTable
        label={t('page.alerts')}
        rows={rows}
        error={error}
        empty={empty}
        idOf={({ id }) => id}
        more={more}
        columns={[
          { key: 'at', title: t('column.at'), cell: ({ at }) => preciseText(at) },
          {
            key: 'rule',
            title: t('alert.what'),
            cell: ({ rule, record }) => {
              const words = t(`alert.rule.${rule}`, { defaultValue: rule });
              return rule.startsWith('login-') ? <Go to={`/attempts/${record}`}>{words}</Go> : words;
            },
          },
          {
            key: 'holder',
            title: t('column.holder'),
            cell: ({ accountId, fullName, userName, operator }) =>
              accountId === null ? (
                operator === null ? (
                  '–'
                ) : (
                  <>
                    {operator.signInName}
                    <Text size="xs" c="dimmed">
                      {[
                        operator.madeBy === null ? '' : t('alert.linkBy', { name: operator.madeBy }),
                        operator.network === null ? '' : t('alert.linkFrom', { network: operator.network }),
                        operator.endedBy === null ? '' : t('alert.endedBy', { name: operator.endedBy }),
                      ]
                        .filter((part) => part !== '')
                        .join(' ')}
                    </Text>
                  </>
                )
              ) : (
                <Go to={`/accounts/${accountId}`}>
                  {[fullName, userName].filter((part) => part !== null).join(' · ')}
                </Go>
              ),
          },
          { key: 'unit', title: t('term.unit'), cell: ({ unitName }) => unitName ?? '–' },
        ]}
      />
    </Page>
  );
}
