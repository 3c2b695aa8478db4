// The one search box: name without accents, staff code, user name, asset tag, document number, lookup code. Key: /
import { Combobox, Group, Kbd, Loader, Text, TextInput, useCombobox } from '@mantine/core';
import { useDebouncedValue, useHotkeys } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Search } from '../../../api/overview.ts';
import { call } from '../../shared/api.ts';
import { Icon } from '../../shared/icons.tsx';

type Found = Search['items'][number];
interface Place {
  readonly to: string;
  readonly search?: Readonly<Record<string, string>>;
}

/** Where each kind of thing found is shown. */
const placeOf: Readonly<Record<Found['kind'], (found: Found) => Place>> = {
  account: ({ id }) => ({ to: `/accounts/${id}` }),
  person: ({ id }) => ({ to: `/people/${id}` }),
  workstation: ({ title }) => ({ to: '/workstations', search: { q: title } }),
  assignment: ({ id }) => ({ to: `/assignments/${id}` }),
  decision: ({ id }) => ({ to: `/attempts/${id}` }),
};

export function SearchBox() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed.trim(), 200);
  const combobox = useCombobox({ onDropdownClose: () => combobox.resetSelectedOption() });
  const { data, isFetching } = useQuery({
    queryKey: ['/search', q],
    queryFn: ({ signal }) => call<Search>('GET', '/search', { query: { q }, signal }),
    enabled: q.length >= 2,
  });
  useHotkeys([['/', () => input.current?.focus()]]);
  const found = (q.length >= 2 ? data?.items : undefined) ?? [];

  function open(value: string) {
    const chosen = found.find(({ kind, id }) => `${kind}:${id}` === value);
    combobox.closeDropdown();
    setTyped('');
    if (chosen === undefined) return;
    const { to, search = {} } = placeOf[chosen.kind](chosen);
    void navigate({ to, search: search as never });
  }

  return (
    <Combobox store={combobox} onOptionSubmit={open} withinPortal>
      <Combobox.Target>
        <TextInput
          ref={input}
          aria-label={t('search.label')}
          placeholder={t('search.placeholder')}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            combobox.openDropdown();
            combobox.selectFirstOption();
          }}
          onBlur={() => combobox.closeDropdown()}
          leftSection={<Icon name="search" size={16} />}
          rightSection={
            isFetching ? (
              <Loader size="xs" />
            ) : (
              <Kbd size="xs" visibleFrom="sm">
                /
              </Kbd>
            )
          }
          style={{ flex: 1, maxWidth: 520, minWidth: 0 }}
          maxLength={100}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={q.length < 2}>
        <Combobox.Options aria-label={t('search.results')}>
          {found.map(({ kind, id, title, subtitle }) => (
            <Combobox.Option key={`${kind}:${id}`} value={`${kind}:${id}`}>
              <Group justify="space-between" wrap="nowrap" gap="sm">
                <div>
                  <Text size="sm">{title}</Text>
                  <Text size="xs" c="dimmed">
                    {subtitle}
                  </Text>
                </div>
                <Text size="xs" c="dimmed">
                  {t(`search.kind.${kind}`)}
                </Text>
              </Group>
            </Combobox.Option>
          ))}
          {found.length === 0 && !isFetching ? <Combobox.Empty>{t('search.none')}</Combobox.Empty> : null}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}
