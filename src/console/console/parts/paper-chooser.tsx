// Choosing a written assignment by the beginning of its number; each line says of which unit and what for.
import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AssignmentItem } from '../../../api/assignments.ts';
import { call } from '../../shared/api.ts';
import { dateText } from '../../shared/dates.ts';

export interface ChoosablePaper {
  readonly id: number;
  readonly line: string;
}

interface ChooserProps {
  readonly label: string;
  readonly value: ChoosablePaper | null;
  readonly onChange: (paper: ChoosablePaper | null) => void;
  readonly error?: ReactNode;
}

export function PaperChooser({ label, value, onChange, error }: ChooserProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed.trim(), 200);
  const query = { state: 'in-force', limit: 20, ...(value === null && q !== '' ? { q } : {}) };
  const { data } = useQuery({
    queryKey: ['/assignments', query],
    queryFn: async ({ signal }) => {
      const { items } = await call<{ readonly items: readonly AssignmentItem[] }>('GET', '/assignments', {
        query,
        signal,
      });
      return items.map(
        ({ id, documentNumber, documentDate, unit, purpose }): ChoosablePaper => ({
          id,
          line: [documentNumber, dateText(documentDate), unit.name, purpose].join(' · '),
        }),
      );
    },
    placeholderData: keepPreviousData,
  });
  const found = data ?? [];
  const papers = value === null || found.some(({ id }) => id === value.id) ? found : [value, ...found];
  return (
    <Select
      label={label}
      required
      searchable
      clearable
      nothingFoundMessage={t('papers.none')}
      // The server has searched already.
      filter={({ options }) => options}
      data={papers.map(({ id, line }) => ({ value: String(id), label: line }))}
      value={value === null ? null : String(value.id)}
      onChange={(id) => onChange(papers.find((paper) => String(paper.id) === id) ?? null)}
      onSearchChange={setTyped}
      error={error}
    />
  );
}
