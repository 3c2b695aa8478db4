// Entering one person by hand: somebody whom no source of personnel data tells of, such as an external.
import { Group, Select, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { call } from '../../shared/api.ts';
import { type Day, dayText } from '../../shared/dates.ts';
import { DayInput } from '../../shared/day-input.tsx';
import { fieldErrors } from '../../shared/fault.tsx';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { useAct } from '../../shared/step-up.tsx';
import { useDone } from './act-button.tsx';
import { useUnitOptions } from './units.ts';

const kinds = ['external', 'civil-servant', 'public-employee', 'worker'] as const;

interface Typed {
  kind: string;
  fullName: string;
  staffCode: string;
  position: string;
  unit: string | null;
  from: Day | null;
  documentNumber: string;
}

export function EnterPerson({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const navigate = useNavigate();
  const units = useUnitOptions();
  const form = useForm<Typed>({
    initialValues: {
      kind: 'external',
      fullName: '',
      staffCode: '',
      position: '',
      unit: null,
      from: null,
      documentNumber: '',
    },
  });
  const { kind, from, unit, position, ...texts } = form.values;
  const isComplete =
    from !== null && unit !== null && Object.values(texts).every((text) => text.trim() !== '');

  async function save() {
    if (from === null) return;
    const { id } = await act(() =>
      call<{ readonly id: number }>('POST', '/people', {
        body: {
          kind,
          fullName: texts.fullName.trim(),
          staffCode: texts.staffCode.trim(),
          unit,
          from: dayText(from),
          documentNumber: texts.documentNumber.trim(),
          ...(position.trim() === '' ? {} : { position: position.trim() }),
        },
      }),
    );
    onClose();
    await done(t('people.entered'));
    await navigate({ to: `/people/${id}` });
  }

  return (
    <FormDialog
      onClose={onClose}
      size="lg"
      title={t('people.enter')}
      act={t('people.enter')}
      isIncomplete={!isComplete}
      onSubmit={save}
      onRefused={(refused) => form.setErrors(fieldErrors(refused))}
    >
      <Select
        label={t('people.kind')}
        required
        allowDeselect={false}
        data={kinds.map((value) => ({ value, label: t(`people.kindIs.${value}`) }))}
        {...form.getInputProps('kind')}
      />
      <TextInput
        label={t('person.fullName')}
        description={t('people.fullNameHint')}
        required
        maxLength={200}
        autoComplete="off"
        {...form.getInputProps('fullName')}
      />
      <Group grow align="flex-start" preventGrowOverflow={false}>
        <TextInput
          label={t('term.staffCode')}
          description={t('people.staffCodeHint')}
          required
          maxLength={64}
          autoComplete="off"
          {...form.getInputProps('staffCode')}
        />
        <TextInput
          label={t('person.position')}
          description={t('people.positionHint')}
          maxLength={200}
          autoComplete="off"
          {...form.getInputProps('position')}
        />
      </Group>
      <Select label={t('term.unit')} required searchable data={units} {...form.getInputProps('unit')} />
      <Group grow align="flex-start" preventGrowOverflow={false}>
        <DayInput
          label={t('people.from')}
          means="day"
          required
          value={from}
          onChange={(day) => form.setFieldValue('from', day)}
          error={form.errors['from']}
        />
        <TextInput
          label={t('term.documentNumber')}
          placeholder="12/HĐ-KT"
          required
          maxLength={100}
          autoComplete="off"
          {...form.getInputProps('documentNumber')}
        />
      </Group>
    </FormDialog>
  );
}
