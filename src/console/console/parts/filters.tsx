// Filters of a list, kept in the page's address so that a figure, a bookmark or a colleague's link opens the same rows.
import { Button, Group, Menu, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SavedViews } from '../../../api/overview.ts';
import { call } from '../../shared/api.ts';
import { Icon } from '../../shared/icons.tsx';

export type FilterValues = Readonly<Record<string, string>>;

export interface FilterField {
  readonly name: string;
  readonly label: string;
  /** Without options: a text field. */
  readonly options?: readonly { readonly value: string; readonly label: string }[];
}

/** The filters in the address, and a way to change them. */
export function useFilters(): {
  readonly values: FilterValues;
  readonly set: (changes: Readonly<Record<string, string | null>>) => void;
  readonly replace: (values: FilterValues) => void;
} {
  const values = useSearch({ strict: false }) as FilterValues;
  const navigate = useNavigate();
  const replace = (next: FilterValues) => void navigate({ to: '.', search: next, replace: true });
  return {
    values,
    replace,
    set: (changes) => {
      const next: Record<string, string> = { ...values };
      for (const [name, value] of Object.entries(changes)) {
        if (value === null || value === '') delete next[name];
        else next[name] = value;
      }
      replace(next);
    },
  };
}

/** What an empty list says: that nothing matches, where filters are set. */
export function useEmpty(nothing?: string): string | undefined {
  const { t } = useTranslation();
  const { values } = useFilters();
  return Object.keys(values).length > 0 ? t('filter.noMatch') : nothing;
}

function TextFilter({
  field,
  value,
  onChange,
}: {
  field: FilterField;
  value: string;
  onChange: (value: string) => void;
}) {
  const [typed, setTyped] = useState(value);
  const later = useDebouncedCallback(onChange, 300);
  useEffect(() => setTyped(value), [value]);
  return (
    <TextInput
      label={field.label}
      value={typed}
      onChange={(event) => {
        setTyped(event.currentTarget.value);
        later(event.currentTarget.value);
      }}
      leftSection={<Icon name="search" size={16} />}
      w={{ base: '100%', xs: 260 }}
    />
  );
}

function SavedViewMenu({ page }: { readonly page: string }) {
  const { t } = useTranslation();
  const { values, replace } = useFilters();
  const [name, setName] = useState('');
  const queryClient = useQueryClient();
  const { data } = useQuery({
    queryKey: ['/saved-views', page],
    queryFn: ({ signal }) => call<SavedViews>('GET', '/saved-views', { query: { page }, signal }),
  });
  const views = data?.items ?? [];
  const reload = () => queryClient.invalidateQueries({ queryKey: ['/saved-views', page] });

  async function save() {
    await call('POST', '/saved-views', { body: { page, name: name.trim(), query: values } });
    setName('');
    await reload();
  }

  async function remove(id: number) {
    await call('DELETE', `/saved-views/${id}`);
    await reload();
  }

  return (
    <Menu position="bottom-end" closeOnItemClick={false} width={280}>
      <Menu.Target>
        <Button variant="default">{t('filter.views')}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {views.map((view) => (
          <Group key={view.id} wrap="nowrap" gap={4}>
            <Menu.Item closeMenuOnClick onClick={() => replace(view.query)}>
              {view.name}
            </Menu.Item>
            <Button
              variant="subtle"
              color="red"
              size="compact-xs"
              onClick={() => void remove(view.id)}
              aria-label={t('filter.removeView', { name: view.name })}
            >
              {t('act.remove')}
            </Button>
          </Group>
        ))}
        {views.length === 0 ? <Menu.Label>{t('filter.noViews')}</Menu.Label> : <Menu.Divider />}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() !== '') void save();
          }}
        >
          <Group gap="xs" p="xs" align="flex-end" wrap="nowrap">
            <TextInput
              label={t('filter.viewName')}
              size="xs"
              value={name}
              maxLength={60}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Button type="submit" size="xs" disabled={name.trim() === ''}>
              {t('act.save')}
            </Button>
          </Group>
        </form>
      </Menu.Dropdown>
    </Menu>
  );
}

/** The filters of a page in one row, with the views that this operator has kept. */
export function Filters({
  page,
  fields,
}: {
  readonly page: string;
  readonly fields: readonly FilterField[];
}) {
  const { t } = useTranslation();
  const { values, set, replace } = useFilters();
  const areAnySet = fields.some(({ name }) => values[name] !== undefined);
  return (
    <Group align="flex-end" gap="sm" role="search" aria-label={t('filter.label')}>
      {fields.map((field) =>
        field.options === undefined ? (
          <TextFilter
            key={field.name}
            field={field}
            value={values[field.name] ?? ''}
            onChange={(value) => set({ [field.name]: value })}
          />
        ) : (
          <Select
            key={field.name}
            label={field.label}
            placeholder={t('filter.all')}
            data={field.options.map((option) => ({ ...option }))}
            value={values[field.name] ?? null}
            onChange={(value) => set({ [field.name]: value })}
            clearable
            clearButtonProps={{ 'aria-label': t('filter.clearOne', { label: field.label }) }}
            searchable={field.options.length > 8}
            w={{ base: '100%', xs: 220 }}
          />
        ),
      )}
      {areAnySet ? (
        <Button variant="subtle" onClick={() => replace({})}>
          {t('filter.clear')}
        </Button>
      ) : null}
      <SavedViewMenu page={page} />
    </Group>
  );
}
