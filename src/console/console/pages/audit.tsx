// The audit log: searched here, taken away whole to be verified elsewhere.
import { Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { AuditRecord } from '../../../api/audit.ts';
import { download } from '../../shared/api.ts';
import { preciseText } from '../../shared/dates.ts';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';
import { useRecords } from '../../shared/records.ts';
import { RecordTable } from '../../shared/table.tsx';
import { ActButton } from '../parts/act-button.tsx';
import { auditFactText } from '../parts/audit-fact.ts';
import { Filters, useEmpty, useFilters } from '../parts/filters.tsx';
import { useCan } from '../session.tsx';

const kinds = ['administration', 'decision', 'undecided', 'system'] as const;

export default function Audit() {
  const { t } = useTranslation();
  const can = useCan();
  const { values } = useFilters();
  const empty = useEmpty();
  const { rows, error, more } = useRecords<AuditRecord>('/audit', values);
  return (
    <Page
      title={t('page.audit')}
      lead={t('audit.lead')}
      acts={
        can('audit.export') ? (
          <ActButton
            label={t('audit.export')}
            title={t('audit.exportTitle')}
            effect={t('audit.exportEffect')}
            done={t('audit.exported')}
            act={() => download('/audit/export', 'gatewarden-audit.jsonl', { method: 'POST' })}
          />
        ) : undefined
      }
    >
      <Filters
        page="audit"
        fields={[
          { name: 'outcome', label: t('audit.act') },
          {
            name: 'kind',
            label: t('column.kind'),
            options: kinds.map((value) => ({ value, label: t(`audit.kind.${value}`) })),
          },
        ]}
      />
      <RecordTable
        label={t('page.audit')}
        rows={rows}
        error={error}
        more={more}
        empty={empty}
        idOf={({ record }) => record}
        columns={[
          { key: 'at', title: t('column.at'), cell: ({ at }) => preciseText(at) },
          {
            key: 'act',
            title: t('audit.act'),
            cell: ({ title, outcome, reason }) => (
              <>
                {title}
                <Text size="xs" c="dimmed">
                  {[outcome, reason].filter((part) => part !== null && part !== title).join(' · ')}
                </Text>
              </>
            ),
          },
          { key: 'by', title: t('column.by'), cell: ({ by }) => by ?? '–' },
          {
            key: 'account',
            title: t('term.userName'),
            cell: ({ accountId, userName }) =>
              accountId === null || userName === null ? (
                '–'
              ) : (
                <Go to={`/accounts/${accountId}`}>{userName}</Go>
              ),
          },
          {
            key: 'data',
            title: t('audit.data'),
            cell: ({ data }) => (
              <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                {data.map((fact) => auditFactText(fact, t)).join(' · ')}
              </Text>
            ),
          },
        ]}
      />
    </Page>
  );
}
