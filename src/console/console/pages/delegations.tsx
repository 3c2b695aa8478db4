// Delegations in force or to come: a head lets an operator act for them, by a document.
import { Button, Group, Select, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Delegations } from '../../../api/delegations.ts';
import { call } from '../../shared/api.ts';
import { type Day, dateText, dayOf, dayText, untilText } from '../../shared/dates.ts';
import { DayInput } from '../../shared/day-input.tsx';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { Page } from '../../shared/page.tsx';
import { type ChoosablePerson, PersonChooser } from '../../shared/person-chooser.tsx';
import { useAct } from '../../shared/step-up.tsx';
import { RecordTable } from '../../shared/table.tsx';
import { ActButton, useDone } from '../parts/act-button.tsx';
import { useUnitOptions } from '../parts/units.ts';
import { useCan } from '../session.tsx';

function Add({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const units = useUnitOptions();
  const [head, setHead] = useState<ChoosablePerson | null>(null);
  const [delegate, setDelegate] = useState<ChoosablePerson | null>(null);
  const [unit, setUnit] = useState<string | null>(null);
  const [from, setFrom] = useState<Day | null>(null);
  const [until, setUntil] = useState<Day | null>(null);
  const [documentNumber, setDocumentNumber] = useState('');
  return (
    <FormDialog
      onClose={onClose}
      size="lg"
      title={t('delegations.add')}
      act={t('delegations.add')}
      isIncomplete={
        delegate === null || unit === null || from === null || until === null || documentNumber.trim() === ''
      }
      onSubmit={async () => {
        if (delegate === null || from === null || until === null) return;
        const body = {
          ...(head === null ? {} : { head: head.staffCode }),
          delegate: delegate.staffCode,
          unit,
          from: dayText(from),
          until: dayText(until),
          documentNumber: documentNumber.trim(),
        };
        await act(() => call('POST', '/delegations', { body }));
        onClose();
        await done(t('delegations.saved'));
      }}
    >
      <PersonChooser
        label={t('delegations.head')}
        description={t('delegations.headHint')}
        value={head}
        onChange={setHead}
      />
      <PersonChooser
        label={t('delegations.delegate')}
        description={t('delegations.delegateHint')}
        required
        value={delegate}
        onChange={setDelegate}
      />
      <Select label={t('term.unit')} required searchable data={units} value={unit} onChange={setUnit} />
      <Group grow align="flex-start" preventGrowOverflow={false}>
        <DayInput label={t('term.effectiveFrom')} means="day" required value={from} onChange={setFrom} />
        <DayInput
          label={t('delegations.until')}
          means="day"
          required
          min={dayOf(Date.now())}
          value={until}
          onChange={setUntil}
        />
      </Group>
      <TextInput
        label={t('term.documentNumber')}
        placeholder="123/QĐ-TCCB"
        required
        maxLength={100}
        autoComplete="off"
        value={documentNumber}
        onChange={(event) => setDocumentNumber(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

export default function DelegationsPage() {
  const { t } = useTranslation();
  const can = useCan();
  const mayEdit = can('delegation.edit');
  const [isAdding, setAdding] = useState(false);
  const { data, error } = useQuery({
    queryKey: ['/delegations'],
    queryFn: ({ signal }) => call<Delegations>('GET', '/delegations', { signal }),
  });
  return (
    <Page
      title={t('page.delegations')}
      lead={t('delegations.lead')}
      acts={mayEdit ? <Button onClick={() => setAdding(true)}>{t('delegations.add')}</Button> : undefined}
    >
      <RecordTable
        label={t('page.delegations')}
        rows={data?.items}
        error={error}
        empty={t('delegations.none')}
        idOf={({ id }) => id}
        columns={[
          { key: 'head', title: t('delegations.head'), cell: ({ head }) => head },
          {
            key: 'delegate',
            title: t('delegations.delegate'),
            cell: ({ delegate, delegateStaffCode }) => (
              <>
                {delegate}
                <Text size="xs" c="dimmed">
                  {delegateStaffCode}
                </Text>
              </>
            ),
          },
          { key: 'unit', title: t('term.unit'), cell: ({ unit }) => unit.name },
          { key: 'paper', title: t('term.documentNumber'), cell: ({ documentNumber }) => documentNumber },
          { key: 'from', title: t('term.effectiveFrom'), cell: ({ validFrom }) => dateText(validFrom) },
          {
            key: 'until',
            title: t('delegations.until'),
            cell: ({ validUntil }) => (validUntil === null ? t('account.forever') : untilText(validUntil)),
          },
          {
            key: 'acts',
            title: t('operators.acts'),
            cell: ({ id, delegate }) =>
              mayEdit ? (
                <ActButton
                  size="compact-sm"
                  label={t('delegations.end')}
                  title={t('delegations.endTitle', { name: delegate })}
                  effect={t('delegations.endEffect')}
                  done={t('delegations.ended')}
                  isDangerous
                  reasonLabel=""
                  act={(reason) => call('POST', `/delegations/${id}/end`, { body: { reason } })}
                />
              ) : (
                '–'
              ),
          },
        ]}
      />
      {isAdding ? <Add onClose={() => setAdding(false)} /> : null}
    </Page>
  );
}
