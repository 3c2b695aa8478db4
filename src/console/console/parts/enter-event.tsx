// Entering one personnel event by hand, from the decision paper.
import { Group, Select, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { call } from '../../shared/api.ts';
import { type Day, dayText } from '../../shared/dates.ts';
import { DayInput } from '../../shared/day-input.tsx';
import { fieldErrors } from '../../shared/fault.tsx';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { type ChoosablePerson, PersonChooser } from '../../shared/person-chooser.tsx';
import { useAct } from '../../shared/step-up.tsx';
import { useDone } from './act-button.tsx';
import { useUnitOptions } from './units.ts';

const kinds = [
  'ended',
  'leave',
  'returned',
  'moved',
  'seconded',
  'secondment-ended',
  'duties-changed',
  'suspended',
  'reinstated',
  'hired',
] as const;
const details: Readonly<Record<string, readonly string[]>> = {
  ended: ['retired', 'resigned', 'dismissed', 'transferred-out', 'contract-ended', 'deceased'],
  leave: ['maternity', 'unpaid', 'sick', 'study', 'stood-down'],
};
const toUnit: readonly string[] = ['moved', 'seconded'];
const withEnd: readonly string[] = ['leave', 'seconded'];

interface Typed {
  person: ChoosablePerson | null;
  kind: string;
  detail: string | null;
  from: Day | null;
  until: Day | null;
  unit: string | null;
  documentNumber: string;
}

const empty: Typed = {
  person: null,
  kind: 'ended',
  detail: null,
  from: null,
  until: null,
  unit: null,
  documentNumber: '',
};

export function EnterEvent({ opened, onClose }: { readonly opened: boolean; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const units = useUnitOptions();
  const form = useForm<Typed>({ initialValues: empty });
  const { person, kind, detail, from, until, unit, documentNumber } = form.values;
  const ofKind = details[kind];
  const isComplete =
    person !== null &&
    from !== null &&
    documentNumber.trim() !== '' &&
    (ofKind === undefined || detail !== null) &&
    (!toUnit.includes(kind) || unit !== null);

  function close() {
    form.reset();
    onClose();
  }

  async function enter() {
    if (person === null || from === null) return;
    await act(() =>
      call('POST', '/lifecycle/events', {
        body: {
          staffCode: person.staffCode,
          kind,
          documentNumber: documentNumber.trim(),
          from: dayText(from),
          ...(detail === null || ofKind === undefined ? {} : { detail }),
          ...(until === null || !withEnd.includes(kind) ? {} : { until: dayText(until) }),
          ...(unit === null || !toUnit.includes(kind) ? {} : { unit }),
        },
      }),
    );
    close();
    await done(t('events.entered'));
  }

  return (
    <FormDialog
      opened={opened}
      onClose={close}
      title={t('events.enter')}
      size="lg"
      act={t('events.record')}
      isIncomplete={!isComplete}
      onSubmit={enter}
      onRefused={(refused) => form.setErrors(fieldErrors(refused, { document: 'documentNumber' }))}
    >
      <PersonChooser
        label={t('term.person')}
        required
        value={person}
        onChange={(chosen) => form.setFieldValue('person', chosen)}
      />
      <Group grow align="flex-start">
        <Select
          label={t('term.lifecycleEvent')}
          required
          allowDeselect={false}
          data={kinds.map((value) => ({ value, label: t(`event.kind.${value}`) }))}
          value={kind}
          onChange={(value) => form.setValues({ kind: value ?? 'ended', detail: null })}
        />
        {ofKind === undefined ? null : (
          <Select
            label={t('event.detailLabel')}
            required
            data={ofKind.map((value) => ({ value, label: t(`event.detail.${value}`) }))}
            {...form.getInputProps('detail')}
          />
        )}
      </Group>
      {toUnit.includes(kind) ? (
        <Select label={t('event.toUnit')} required searchable data={units} {...form.getInputProps('unit')} />
      ) : null}
      <DayInput
        label={t('term.effectiveFrom')}
        means="day"
        required
        value={from}
        onChange={(day) => form.setFieldValue('from', day)}
        error={form.errors['from']}
      />
      {withEnd.includes(kind) ? (
        <DayInput
          label={t('event.until')}
          means="day"
          value={until}
          onChange={(day) => form.setFieldValue('until', day)}
          error={form.errors['until']}
        />
      ) : null}
      <TextInput
        label={t('term.documentNumber')}
        placeholder="123/QĐ-TCCB"
        required
        {...form.getInputProps('documentNumber')}
      />
    </FormDialog>
  );
}
