// Accounts: found by name without accents, user name, staff code; filtered by state, unit and what is due.
import { Button, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AccountsPage } from '../../../api/accounts.ts';
import { untilText } from '../../shared/dates.ts';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';
import { useRecords } from '../../shared/records.ts';
import { type Column, RecordTable } from '../../shared/table.tsx';
import { BulkActs } from '../parts/bulk-acts.tsx';
import { Filters, useEmpty, useFilters } from '../parts/filters.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import { Total } from '../parts/total.tsx';
import { useUnitOptions } from '../parts/units.ts';
import { useCan } from '../session.tsx';

type Item = AccountsPage['items'][number];

const states = ['valid', 'pending', 'suspended', 'locked', 'expired', 'not-yet-valid', 'withdrawn'] as const;
const lacking = ['assignment', 'workstation', 'authenticator'] as const;
const attentions = ['gone', 'dormant', 'incomplete'] as const;
const terms = ['7', '30', '90'] as const;

export default function Accounts() {
  const { t } = useTranslation();
  const { values } = useFilters();
  const empty = useEmpty(t('accounts.none'));
  const units = useUnitOptions('id');
  const { rows, total, error, more } = useRecords<Item>('/accounts', values);
  const can = useCan();
  const mayAct = can('account.suspend') || can('account.set-term');
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const columns: Column<Item>[] = [
    {
      key: 'name',
      title: t('column.holder'),
      cell: ({ id, fullName }) => <Go to={`/accounts/${id}`}>{fullName}</Go>,
    },
    { key: 'userName', title: t('term.userName'), cell: ({ userName }) => userName },
    { key: 'staffCode', title: t('term.staffCode'), cell: ({ staffCode }) => staffCode },
    {
      key: 'unit',
      title: t('term.unit'),
      cell: ({ unit, position }) => (
        <>
          {unit.name}
          {position === null ? null : (
            <Text size="xs" c="dimmed">
              {position}
            </Text>
          )}
        </>
      ),
    },
    { key: 'until', title: t('term.validUntil'), cell: ({ validUntil }) => untilText(validUntil) },
    {
      key: 'state',
      title: t('column.state'),
      cell: ({ state }) => <StateBadge of="account" state={state} />,
    },
  ];
  return (
    <Page
      title={t('page.accounts')}
      acts={
        can('account.create') ? (
          <Button component={Link} to="/accounts/new">
            {t('accountNew.make')}
          </Button>
        ) : undefined
      }
    >
      <Filters
        page="accounts"
        fields={[
          { name: 'q', label: t('filter.q') },
          {
            name: 'state',
            label: t('column.state'),
            options: states.map((state) => ({ value: state, label: t(`state.account.${state}`) })),
          },
          { name: 'unit', label: t('term.unit'), options: units },
          {
            name: 'expiringDays',
            label: t('accounts.expiring'),
            options: terms.map((days) => ({
              value: days,
              label: t('accounts.withinDays', { count: Number(days) }),
            })),
          },
          {
            name: 'incomplete',
            label: t('accounts.lacking'),
            options: lacking.map((value) => ({ value, label: t(`accounts.lack.${value}`) })),
          },
          {
            name: 'attention',
            label: t('accounts.attention'),
            options: attentions.map((value) => ({ value, label: t(`accounts.attentionIs.${value}`) })),
          },
        ]}
      />
      <Total total={total} />
      <BulkActs ids={selected} onDone={() => setSelected(new Set())} />
      <RecordTable
        label={t('page.accounts')}
        columns={columns}
        rows={rows}
        idOf={({ id }) => id}
        nameOf={({ fullName }) => fullName}
        selection={mayAct ? { ids: selected, onChange: setSelected } : undefined}
        error={error}
        more={more}
        empty={empty}
      />
    </Page>
  );
}
