// Choosing an account, or some: namesakes are normal, so each line shows name · staff code · unit · position.
import { MultiSelect, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AccountsPage } from '../../../api/accounts.ts';
import { call } from '../../shared/api.ts';
import { personLine } from '../../shared/person-chooser.tsx';

export interface ChoosableAccount {
  readonly id: number;
  readonly userName: string;
  readonly line: string;
}

/** Looks accounts up by what is typed. */
function useChooser() {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed.trim(), 200);
  const { data = [] } = useQuery({
    queryKey: ['/accounts', { q, limit: 20 }],
    queryFn: async ({ signal }) => {
      const { items } = await call<AccountsPage>('GET', '/accounts', { query: { q, limit: 20 }, signal });
      return items.map(
        ({ id, userName, unit, ...person }): ChoosableAccount => ({
          id,
          userName,
          line: `${personLine({ ...person, unitName: unit.name })} (${userName})`,
        }),
      );
    },
    enabled: q !== '',
    placeholderData: keepPreviousData,
  });
  /** What can be chosen: what is chosen already, and what was found beside it. */
  const offer = (chosen: readonly ChoosableAccount[]) => [
    ...chosen,
    ...data.filter(({ id }) => !chosen.some((one) => one.id === id)),
  ];
  return { typed, setTyped, offer, placeholder: t('person.search'), none: t('person.none') };
}

const optionsOf = (accounts: readonly ChoosableAccount[]) =>
  accounts.map(({ id, line }) => ({ value: String(id), label: line }));

export function AccountChooser({
  label,
  value,
  onChange,
  required,
}: {
  readonly label: string;
  readonly value: ChoosableAccount | null;
  readonly onChange: (account: ChoosableAccount | null) => void;
  readonly required?: boolean;
}) {
  const { setTyped, offer, placeholder, none } = useChooser();
  const all = offer(value === null ? [] : [value]);
  return (
    <Select
      label={label}
      {...(required === undefined ? {} : { required })}
      placeholder={placeholder}
      searchable
      clearable
      nothingFoundMessage={none}
      // The server has searched already, without accents.
      filter={({ options }) => options}
      data={optionsOf(all)}
      value={value === null ? null : String(value.id)}
      onChange={(chosen) => onChange(all.find(({ id }) => String(id) === chosen) ?? null)}
      onSearchChange={setTyped}
    />
  );
}

export function AccountsChooser({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: readonly ChoosableAccount[];
  readonly onChange: (accounts: readonly ChoosableAccount[]) => void;
}) {
  const { typed, setTyped, offer, placeholder, none } = useChooser();
  const all = offer(value);
  return (
    <MultiSelect
      label={label}
      placeholder={placeholder}
      searchable
      clearable
      nothingFoundMessage={none}
      filter={({ options }) => options}
      data={optionsOf(all)}
      value={value.map(({ id }) => String(id))}
      onChange={(ids) => onChange(all.filter(({ id }) => ids.includes(String(id))))}
      searchValue={typed}
      onSearchChange={setTyped}
    />
  );
}
