// Choosing accounts: namesakes are normal, so each line shows name · staff code · unit · position.
import { MultiSelect } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AccountsPage } from '../../../api/accounts.ts';
import { call } from '../../shared/api.ts';
import { personLine } from '../../shared/person-chooser.tsx';

export interface ChoosableAccount {
  readonly id: number;
  readonly line: string;
}

interface ChooserProps {
  readonly label: string;
  readonly value: readonly ChoosableAccount[];
  readonly onChange: (accounts: readonly ChoosableAccount[]) => void;
}

export function AccountChooser({ label, value, onChange }: ChooserProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed.trim(), 200);
  const { data } = useQuery({
    queryKey: ['/accounts', { q, limit: 20 }],
    queryFn: async ({ signal }) => {
      const { items } = await call<AccountsPage>('GET', '/accounts', { query: { q, limit: 20 }, signal });
      return items.map(({ id, userName, unit, ...person }) => ({
        id,
        line: `${personLine({ ...person, unitName: unit.name })} (${userName})`,
      }));
    },
    enabled: q !== '',
    placeholderData: keepPreviousData,
  });
  const found = (data ?? []).filter(({ id }) => !value.some((chosen) => chosen.id === id));
  const all = [...value, ...found];
  return (
    <MultiSelect
      label={label}
      placeholder={t('person.search')}
      searchable
      clearable
      nothingFoundMessage={t('person.none')}
      // The server has searched already, without accents.
      filter={({ options }) => options}
      data={all.map(({ id, line }) => ({ value: String(id), label: line }))}
      value={value.map(({ id }) => String(id))}
      onChange={(ids) => onChange(all.filter(({ id }) => ids.includes(String(id))))}
      searchValue={typed}
      onSearchChange={setTyped}
    />
  );
}
