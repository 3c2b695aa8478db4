// Policies of the organisation, its units and gateways: who says what, and when it was changed last.
import { Checkbox, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Policies } from '../../../api/policies.ts';
import { call } from '../../shared/api.ts';
import { dateTimeText } from '../../shared/dates.ts';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';
import { Branch, RecordTable } from '../../shared/table.tsx';

export default function PoliciesPage() {
  const { t } = useTranslation();
  const [isOwnOnly, setOwnOnly] = useState(false);
  const { data, error } = useQuery({
    queryKey: ['/policies'],
    queryFn: ({ signal }) => call<Policies>('GET', '/policies', { signal }),
  });
  const rows = data?.items.filter(({ fields }) => !isOwnOnly || fields.length > 0);
  return (
    <Page title={t('page.policies')} lead={t('policies.lead')}>
      <Checkbox
        label={t('policies.ownOnly')}
        checked={isOwnOnly}
        onChange={(event) => setOwnOnly(event.currentTarget.checked)}
      />
      <RecordTable
        label={t('page.policies')}
        rows={rows}
        error={error}
        idOf={({ scope }) => scope}
        columns={[
          {
            key: 'scope',
            title: t('policies.scope'),
            cell: ({ scope, kind, name, depth }) => (
              <Branch depth={kind === 'unit' ? depth + 1 : 0}>
                <Go to={`/policies/${scope}`}>{name === '' ? t('role.everywhere') : name}</Go>
              </Branch>
            ),
          },
          { key: 'kind', title: t('column.kind'), cell: ({ kind }) => t(`policies.kind.${kind}`) },
          {
            key: 'says',
            title: t('policies.says'),
            cell: ({ fields }) =>
              fields.length === 0 ? (
                <Text size="sm" c="dimmed">
                  {t('policies.asAbove')}
                </Text>
              ) : (
                <Text size="sm">{fields.map((field) => t(`policies.field.${field}`)).join(', ')}</Text>
              ),
          },
          {
            key: 'changed',
            title: t('policies.changed'),
            cell: ({ changedAt, changedBy }) =>
              changedAt === null ? (
                '–'
              ) : (
                <>
                  {dateTimeText(changedAt)}
                  <Text size="xs" c="dimmed">
                    {changedBy}
                  </Text>
                </>
              ),
          },
        ]}
      />
    </Page>
  );
}
