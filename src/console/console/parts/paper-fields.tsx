// The fields of a written assignment, entered from the paper: for a paper by itself, and for one with the account it covers.
import { Group, Select, Textarea, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { useTranslation } from 'react-i18next';
import { type Day, dayOf, dayText } from '../../shared/dates.ts';
import { DayInput } from '../../shared/day-input.tsx';
import { useUnitOptions } from './units.ts';

export interface TypedPaper {
  documentNumber: string;
  documentDate: Day | null;
  signatory: string;
  purpose: string;
  dataScope: string;
  unit: string | null;
  from: Day | null;
  until: Day | null;
}

export const emptyPaper: TypedPaper = {
  documentNumber: '',
  documentDate: null,
  signatory: '',
  purpose: '',
  dataScope: '',
  unit: null,
  from: null,
  until: null,
};

/** What the API calls the fields, where the form has another name. */
export const paperFieldNames = { validFrom: 'from', validUntil: 'until' } as const;

/** The paper as the API takes it; null: something is missing still. */
export function paperOf(typed: TypedPaper) {
  const { documentDate, from, until, unit } = typed;
  const texts = {
    documentNumber: typed.documentNumber.trim(),
    signatory: typed.signatory.trim(),
    purpose: typed.purpose.trim(),
    dataScope: typed.dataScope.trim(),
  };
  if (documentDate === null || from === null || unit === null || Object.values(texts).includes(''))
    return null;
  return {
    ...texts,
    documentDate: dayText(documentDate),
    unit,
    validFrom: dayText(from),
    ...(until === null ? {} : { validUntil: dayText(until) }),
  };
}

export function PaperFields({ form }: { readonly form: UseFormReturnType<TypedPaper> }) {
  const { t } = useTranslation();
  const units = useUnitOptions();
  const day = (name: 'documentDate' | 'from' | 'until') => ({
    value: form.values[name],
    onChange: (value: Day | null) => form.setFieldValue(name, value),
    error: form.errors[name],
  });
  return (
    <>
      <Group grow align="flex-start" preventGrowOverflow={false}>
        <TextInput
          label={t('term.documentNumber')}
          placeholder="123/QĐ-TCCB"
          required
          maxLength={100}
          autoComplete="off"
          {...form.getInputProps('documentNumber')}
        />
        <DayInput
          label={t('account.paperDate')}
          means="day"
          required
          max={dayOf(Date.now())}
          {...day('documentDate')}
        />
      </Group>
      <TextInput
        label={t('term.signatory')}
        description={t('papers.signatoryHint')}
        required
        maxLength={200}
        {...form.getInputProps('signatory')}
      />
      <Select label={t('papers.unit')} required searchable data={units} {...form.getInputProps('unit')} />
      <Textarea
        label={t('term.purpose')}
        required
        maxLength={500}
        autosize
        minRows={2}
        {...form.getInputProps('purpose')}
      />
      <Textarea
        label={t('term.dataScope')}
        required
        maxLength={500}
        autosize
        minRows={2}
        {...form.getInputProps('dataScope')}
      />
      <Group grow align="flex-start" preventGrowOverflow={false}>
        <DayInput label={t('papers.from')} means="from" required {...day('from')} />
        <DayInput label={t('papers.until')} means="until" {...day('until')} />
      </Group>
    </>
  );
}
