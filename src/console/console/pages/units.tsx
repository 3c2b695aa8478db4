// Units: the tree, a new one below another, and what happens to units by decision papers, ahead of its day too.
import { Button, Group, Select, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { UnitEventEntered, UnitEvents, UnitItem, Units } from '../../../api/units.ts';
import { call } from '../../shared/api.ts';
import { type Day, dateText, dayText } from '../../shared/dates.ts';
import { DayInput } from '../../shared/day-input.tsx';
import { Section } from '../../shared/facts.tsx';
import { fieldErrors } from '../../shared/fault.tsx';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { Page } from '../../shared/page.tsx';
import { useAct } from '../../shared/step-up.tsx';
import { Branch, RecordTable } from '../../shared/table.tsx';
import { ActButton, useDone } from '../parts/act-button.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import { useUnitOptions } from '../parts/units.ts';
import { useCan, useSession } from '../session.tsx';

function AddUnit({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const units = useUnitOptions();
  const form = useForm<{ code: string; name: string; parent: string | null }>({
    initialValues: { code: '', name: '', parent: units[0]?.value ?? null },
  });
  const { code, name, parent } = form.values;
  async function save() {
    await act(() => call('POST', '/units', { body: { code: code.trim(), name: name.trim(), parent } }));
    onClose();
    await done(t('units.added'));
  }
  return (
    <FormDialog
      onClose={onClose}
      title={t('units.add')}
      act={t('units.add')}
      isIncomplete={code.trim() === '' || name.trim() === '' || parent === null}
      onSubmit={save}
      onRefused={(refused) => form.setErrors(fieldErrors(refused))}
    >
      <Select label={t('units.parent')} required searchable data={units} {...form.getInputProps('parent')} />
      <TextInput
        label={t('units.name')}
        required
        maxLength={300}
        autoComplete="off"
        {...form.getInputProps('name')}
      />
      <TextInput
        label={t('units.code')}
        description={t('units.codeHint')}
        required
        maxLength={64}
        autoComplete="off"
        {...form.getInputProps('code')}
      />
    </FormDialog>
  );
}

const kinds = ['renamed', 'merged', 'dissolved'] as const;
type Kind = (typeof kinds)[number];

interface TypedChange {
  kind: Kind;
  name: string;
  code: string;
  into: string | null;
  from: Day | null;
  reapproveBy: Day | null;
  documentNumber: string;
}

function ChangeUnit({ unit, onClose }: { readonly unit: UnitItem; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const units = useUnitOptions().filter(({ value }) => value !== unit.code);
  const [tried, setTried] = useState<UnitEventEntered | null>(null);
  const form = useForm<TypedChange>({
    initialValues: {
      kind: 'renamed',
      name: unit.name,
      code: unit.code,
      into: null,
      from: null,
      reapproveBy: null,
      documentNumber: '',
    },
    // What was tried is not what is entered any more.
    onValuesChange: () => setTried(null),
  });
  const { kind, name, code, into, from, reapproveBy, documentNumber } = form.values;
  const isRename = kind === 'renamed';
  const isComplete =
    from !== null &&
    documentNumber.trim() !== '' &&
    (isRename ? name.trim() !== '' && code.trim() !== '' : into !== null && reapproveBy !== null);
  const day = (field: 'from' | 'reapproveBy') => ({
    value: form.values[field],
    onChange: (value: Day | null) => form.setFieldValue(field, value),
    error: form.errors[field],
  });

  /** Tried first: what it would do is shown, and entered by the second press. */
  async function enter() {
    if (from === null) return;
    const body = {
      kind,
      from: dayText(from),
      documentNumber: documentNumber.trim(),
      ...(isRename
        ? { name: name.trim(), code: code.trim() }
        : { into, ...(reapproveBy === null ? {} : { reapproveBy: dayText(reapproveBy) }) }),
    };
    const path = `/units/${unit.id}/events`;
    if (tried === null) {
      setTried(
        await act(() =>
          call<UnitEventEntered>('POST', path, { body: { ...body, dryRun: true }, etag: unit.etag }),
        ),
      );
      return;
    }
    const { state } = await act(() => call<UnitEventEntered>('POST', path, { body, etag: unit.etag }));
    onClose();
    await done(t(state === 'applied' ? 'units.applied' : 'units.scheduled'));
  }

  return (
    <FormDialog
      onClose={onClose}
      size="lg"
      title={t('units.changeTitle', { name: unit.name })}
      act={t(tried === null ? 'units.try' : 'units.enter')}
      isDangerous={tried !== null && !isRename}
      isIncomplete={!isComplete}
      onSubmit={enter}
      onRefused={(refused) => form.setErrors(fieldErrors(refused, { document: 'documentNumber' }))}
    >
      <Select
        label={t('units.what')}
        required
        allowDeselect={false}
        data={kinds.map((value) => ({ value, label: t(`units.kind.${value}`) }))}
        {...form.getInputProps('kind')}
      />
      {isRename ? (
        <Group grow align="flex-start" preventGrowOverflow={false}>
          <TextInput label={t('units.newName')} required maxLength={300} {...form.getInputProps('name')} />
          <TextInput label={t('units.newCode')} required maxLength={64} {...form.getInputProps('code')} />
        </Group>
      ) : (
        <>
          <Select label={t('units.into')} required searchable data={units} {...form.getInputProps('into')} />
          <DayInput label={t('units.reapproveBy')} means="day" required {...day('reapproveBy')} />
        </>
      )}
      <Group grow align="flex-start" preventGrowOverflow={false}>
        <DayInput label={t('term.effectiveFrom')} means="day" required {...day('from')} />
        <TextInput
          label={t('term.documentNumber')}
          placeholder="123/QĐ-TCCB"
          required
          maxLength={100}
          {...form.getInputProps('documentNumber')}
        />
      </Group>
      {tried === null ? null : (
        <Text role="status">
          {isRename
            ? t('units.renameEffect', { date: dateText(tried.effectiveAt) })
            : t('units.moveEffect', {
                date: dateText(tried.effectiveAt),
                people: tried.people,
                accounts: tried.accounts,
                units: tried.unitsBelow,
              })}
        </Text>
      )}
    </FormDialog>
  );
}

function Changes() {
  const { t } = useTranslation();
  const can = useCan();
  const { data, error } = useQuery({
    queryKey: ['/unit-events'],
    queryFn: ({ signal }) => call<UnitEvents>('GET', '/unit-events', { signal }),
  });
  return (
    <Section title={t('units.changes')}>
      <RecordTable
        label={t('units.changes')}
        rows={data?.items}
        error={error}
        empty={t('units.noChanges')}
        idOf={({ id }) => id}
        columns={[
          { key: 'from', title: t('term.effectiveFrom'), cell: ({ effectiveAt }) => dateText(effectiveAt) },
          { key: 'unit', title: t('term.unit'), cell: ({ unit }) => `${unit.name} (${unit.code})` },
          { key: 'kind', title: t('units.what'), cell: ({ kind }) => t(`units.kind.${kind}`) },
          { key: 'paper', title: t('term.documentNumber'), cell: ({ documentNumber }) => documentNumber },
          {
            key: 'state',
            title: t('column.state'),
            cell: ({ state }) => <StateBadge of="event" state={state} />,
          },
          ...(can('lifecycle.undo')
            ? [
                {
                  key: 'act',
                  title: t('column.act'),
                  cell: ({ id, state, unit, documentNumber }: UnitEvents['items'][number]) =>
                    state === 'undone' ? null : (
                      <ActButton
                        size="xs"
                        label={t('term.undo')}
                        title={t('units.undoTitle', { name: unit.name, number: documentNumber })}
                        effect={t('units.undoEffect')}
                        done={t('units.undone')}
                        reasonLabel=""
                        act={(reason) => call('POST', `/unit-events/${id}/undo`, { body: { reason } })}
                      />
                    ),
                },
              ]
            : []),
        ]}
      />
    </Section>
  );
}

export default function UnitsPage() {
  const { t } = useTranslation();
  const can = useCan();
  const { everywhere } = useSession();
  const [isAdding, setAdding] = useState(false);
  const [changing, setChanging] = useState<UnitItem | null>(null);
  const { data, error } = useQuery({
    queryKey: ['/units'],
    queryFn: ({ signal }) => call<Units>('GET', '/units', { signal }),
  });
  return (
    <Page
      title={t('page.units')}
      lead={t('units.lead')}
      acts={can('unit.edit') ? <Button onClick={() => setAdding(true)}>{t('units.add')}</Button> : undefined}
    >
      <RecordTable
        label={t('page.units')}
        rows={data?.items}
        error={error}
        empty={t('units.none')}
        idOf={({ id }) => id}
        columns={[
          {
            key: 'name',
            title: t('units.name'),
            cell: ({ name, depth }) => <Branch depth={depth}>{name}</Branch>,
          },
          { key: 'code', title: t('units.code'), cell: ({ code }) => code },
          ...(can('unit.edit')
            ? [
                {
                  key: 'act',
                  title: t('column.act'),
                  cell: (unit: UnitItem) => (
                    <Button
                      size="compact-sm"
                      variant="default"
                      aria-label={t('units.changeTitle', { name: unit.name })}
                      onClick={() => setChanging(unit)}
                    >
                      {t('units.change')}
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
      {everywhere.includes('lifecycle.read') ? <Changes /> : null}
      {isAdding ? <AddUnit onClose={() => setAdding(false)} /> : null}
      {changing === null ? null : <ChangeUnit unit={changing} onClose={() => setChanging(null)} />}
    </Page>
  );
}
