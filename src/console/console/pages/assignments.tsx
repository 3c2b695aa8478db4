// Written assignments within reach, the newest first; a new one is entered from the paper.
import { Button } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AssignmentItem } from '../../../api/assignments.ts';
import { call } from '../../shared/api.ts';
import { dateText, untilText } from '../../shared/dates.ts';
import { fieldErrors } from '../../shared/fault.tsx';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';
import { useRecords } from '../../shared/records.ts';
import { useAct } from '../../shared/step-up.tsx';
import { RecordTable } from '../../shared/table.tsx';
import { AccountsChooser, type ChoosableAccount } from '../parts/account-chooser.tsx';
import { useDone } from '../parts/act-button.tsx';
import { Filters, useEmpty, useFilters } from '../parts/filters.tsx';
import {
  emptyPaper,
  PaperFields,
  paperFieldNames,
  paperOf,
  type TypedPaper,
} from '../parts/paper-fields.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import { useUnitOptions } from '../parts/units.ts';
import { useCan } from '../session.tsx';

const states = ['in-force', 'not-begun', 'ended'] as const;

function Enter({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const navigate = useNavigate();
  const form = useForm<TypedPaper>({ initialValues: emptyPaper });
  const [accounts, setAccounts] = useState<readonly ChoosableAccount[]>([]);
  const paper = paperOf(form.values);

  async function save() {
    const body = { ...paper, accounts: accounts.map(({ id }) => id) };
    const { id } = await act(() => call<{ readonly id: number }>('POST', '/assignments', { body }));
    onClose();
    await done(t('papers.saved'));
    await navigate({ to: `/assignments/${id}` });
  }

  return (
    <FormDialog
      onClose={onClose}
      size="lg"
      title={t('papers.enter')}
      act={t('papers.enter')}
      isIncomplete={paper === null}
      onSubmit={save}
      onRefused={(refused) => form.setErrors(fieldErrors(refused, paperFieldNames))}
    >
      <PaperFields form={form} />
      <AccountsChooser label={t('papers.covers')} value={accounts} onChange={setAccounts} />
    </FormDialog>
  );
}

export default function Assignments() {
  const { t } = useTranslation();
  const can = useCan();
  const { values } = useFilters();
  const empty = useEmpty(t('papers.none'));
  const units = useUnitOptions('id');
  const [isEntering, setEntering] = useState(false);
  const { rows, error, more } = useRecords<AssignmentItem>('/assignments', values);
  return (
    <Page
      title={t('page.assignments')}
      lead={t('papers.lead')}
      acts={
        can('assignment.edit') ? (
          <Button onClick={() => setEntering(true)}>{t('papers.enter')}</Button>
        ) : undefined
      }
    >
      <Filters
        page="assignments"
        fields={[
          { name: 'q', label: t('term.documentNumber') },
          {
            name: 'state',
            label: t('column.state'),
            options: states.map((value) => ({ value, label: t(`state.paper.${value}`) })),
          },
          { name: 'unit', label: t('term.unit'), options: units },
        ]}
      />
      <RecordTable
        label={t('page.assignments')}
        rows={rows}
        error={error}
        empty={empty}
        idOf={({ id }) => id}
        more={more}
        columns={[
          {
            key: 'number',
            title: t('term.documentNumber'),
            cell: ({ id, documentNumber }) => <Go to={`/assignments/${id}`}>{documentNumber}</Go>,
          },
          {
            key: 'date',
            title: t('account.paperDate'),
            cell: ({ documentDate }) => dateText(documentDate),
          },
          { key: 'unit', title: t('papers.unit'), cell: ({ unit }) => unit.name },
          { key: 'purpose', title: t('term.purpose'), cell: ({ purpose }) => purpose },
          {
            key: 'until',
            title: t('term.validUntil'),
            cell: ({ validUntil }) => (validUntil === null ? t('account.forever') : untilText(validUntil)),
          },
          {
            key: 'accounts',
            title: t('papers.accounts'),
            areFigures: true,
            cell: ({ accounts }) => accounts,
          },
          {
            key: 'state',
            title: t('column.state'),
            cell: ({ state }) => <StateBadge of="paper" state={state} />,
          },
        ]}
      />
      {isEntering ? <Enter onClose={() => setEntering(false)} /> : null}
    </Page>
  );
}
