// Choosing a person: namesakes are normal, so each line shows name · staff code · unit · position.
import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { People } from '../../api/people.ts';
import { call } from './api.ts';

export interface ChoosablePerson {
  readonly id: number;
  readonly fullName: string;
  readonly staffCode: string;
  readonly unitName: string;
  readonly position: string | null;
}

export const personLine = ({
  fullName,
  staffCode,
  unitName,
  position,
}: Omit<ChoosablePerson, 'id'>): string =>
  [fullName, staffCode, unitName, position].filter((part) => part !== null && part !== '').join(' · ');

interface ChooserProps {
  readonly label: string;
  readonly value: ChoosablePerson | null;
  readonly onChange: (person: ChoosablePerson | null) => void;
  readonly required?: boolean;
  readonly error?: ReactNode;
  readonly description?: string;
}

export function PersonChooser({ label, value, onChange, ...rest }: ChooserProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed, 200);
  const { data } = useQuery({
    queryKey: ['/people', { q, limit: 20 }],
    queryFn: async ({ signal }) => {
      const { items } = await call<People>('GET', '/people', { query: { q, limit: 20 }, signal });
      return items.map(({ unit, ...person }): ChoosablePerson => ({ ...person, unitName: unit.name }));
    },
    enabled: q.trim() !== '',
    placeholderData: keepPreviousData,
  });
  const found = data ?? [];
  const people = value === null || found.some(({ id }) => id === value.id) ? found : [value, ...found];
  return (
    <Select
      {...rest}
      label={label}
      placeholder={t('person.search')}
      searchable
      clearable
      nothingFoundMessage={t('person.none')}
      // The server has searched already, without accents.
      filter={({ options }) => options}
      data={people.map((person) => ({ value: String(person.id), label: personLine(person) }))}
      value={value === null ? null : String(value.id)}
      onChange={(id) => onChange(people.find((person) => String(person.id) === id) ?? null)}
      onSearchChange={setTyped}
    />
  );
}
