// Written assignments within reach, the newest first; a new one is entered from the paper.
import { Button, Group, Select, Textarea, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AssignmentItem } from '../../../api/assignments.ts';
import { call } from '../../shared/api.ts';
import { type Day, dateText, dayOf, dayText, untilText } from '../../shared/dates.ts';
import { DayInput } from '../../shared/day-input.tsx';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';
import { useRecords } from '../../shared/records.ts';
import { useAct } from '../../shared/step-up.tsx';
import { RecordTable } from '../../shared/table.tsx';
import { AccountsChooser, type ChoosableAccount } from '../parts/account-chooser.tsx';
import { useDone } from '../parts/act-button.tsx';
import { Filters, useFilters } from '../parts/filters.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import { useUnitOptions } from '../parts/units.ts';
import { useCan } from '../session.tsx';

const states = ['in-force', 'not-begun', 'ended'] as const;

function Enter({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const navigate = useNavigate();
  const units = useUnitOptions();
  const [documentNumber, setDocumentNumber] = useState('');
  const [documentDate, setDocumentDate] = useState<Day | null>(null);
  const [signatory, setSignatory] = useState('');
  const [purpose, setPurpose] = useState('');
  const [dataScope, setDataScope] = useState('');
  const [unit, setUnit] = useState<string | null>(null);
  const [from, setFrom] = useState<Day | null>(null);
  const [until, setUntil] = useState<Day | null>(null);
  const [accounts, setAccounts] = useState<readonly ChoosableAccount[]>([]);
  const texts = [documentNumber, signatory, purpose, dataScope];

  async function save() {
    if (documentDate === null || from === null) return;
    const body = {
      documentNumber: documentNumber.trim(),
      documentDate: dayText(documentDate),
      signatory: signatory.trim(),
      purpose: purpose.trim(),
      dataScope: dataScope.trim(),
      unit,
      validFrom: dayText(from),
      ...(until === null ? {} : { validUntil: dayText(until) }),
      accounts: accounts.map(({ id }) => id),
    };
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
      isIncomplete={
        texts.some((text) => text.trim() === '') || documentDate === null || from === null || unit === null
      }
      onSubmit={save}
    >
      <Group grow align="flex-start" preventGrowOverflow={false}>
        <TextInput
          label={t('term.documentNumber')}
          placeholder="123/QĐ-TCCB"
          required
          maxLength={100}
          autoComplete="off"
          value={documentNumber}
          onChange={(event) => setDocumentNumber(event.currentTarget.value)}
        />
        <DayInput
          label={t('account.paperDate')}
          means="day"
          required
          max={dayOf(Date.now())}
          value={documentDate}
          onChange={setDocumentDate}
        />
      </Group>
      <TextInput
        label={t('term.signatory')}
        description={t('papers.signatoryHint')}
        required
        maxLength={200}
        value={signatory}
        onChange={(event) => setSignatory(event.currentTarget.value)}
      />
      <Select label={t('papers.unit')} required searchable data={units} value={unit} onChange={setUnit} />
      <Textarea
        label={t('term.purpose')}
        required
        maxLength={500}
        autosize
        minRows={2}
        value={purpose}
        onChange={(event) => setPurpose(event.currentTarget.value)}
      />
      <Textarea
        label={t('term.dataScope')}
        required
        maxLength={500}
        autosize
        minRows={2}
        value={dataScope}
        onChange={(event) => setDataScope(event.currentTarget.value)}
      />
      <Group grow align="flex-start" preventGrowOverflow={false}>
        <DayInput label={t('term.validFrom')} means="from" required value={from} onChange={setFrom} />
        <DayInput label={t('papers.until')} means="until" value={until} onChange={setUntil} />
      </Group>
      <AccountsChooser label={t('papers.covers')} value={accounts} onChange={setAccounts} />
    </FormDialog>
  );
}

export default function Assignments() {
  const { t } = useTranslation();
  const can = useCan();
  const { values } = useFilters();
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
        empty={t('papers.none')}
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
            cell: ({ validUntil }) => (validUntil === null ? t('account.noEnd') : untilText(validUntil)),
          },
          {
            key: 'accounts',
            title: t('papers.accounts'),
            align: 'right',
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
