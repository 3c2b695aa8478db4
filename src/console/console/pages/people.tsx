// People by name or staff code; each opens their page.
import { Button, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { People } from '../../../api/people.ts';
import { call } from '../../shared/api.ts';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';
import { RecordTable } from '../../shared/table.tsx';
import { EnterPerson } from '../parts/enter-person.tsx';
import { useCan } from '../session.tsx';

const mostShown = 50;

export default function PeoplePage() {
  const { t } = useTranslation();
  const can = useCan();
  const [isEntering, setEntering] = useState(false);
  const [typed, setTyped] = useState('');
  const [q] = useDebouncedValue(typed.trim(), 200);
  const { data, error } = useQuery({
    queryKey: ['/people', { q, limit: mostShown }],
    queryFn: ({ signal }) => call<People>('GET', '/people', { query: { q, limit: mostShown }, signal }),
    enabled: q !== '',
    placeholderData: keepPreviousData,
  });
  return (
    <Page
      title={t('page.people')}
      lead={t('people.lead')}
      acts={
        can('person.edit') ? (
          <Button onClick={() => setEntering(true)}>{t('people.enter')}</Button>
        ) : undefined
      }
    >
      <TextInput
        label={t('person.search')}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        maxLength={200}
        maw={480}
        autoComplete="off"
      />
      {q === '' ? (
        <Text c="dimmed">{t('people.type')}</Text>
      ) : (
        <RecordTable
          label={t('page.people')}
          rows={data?.items}
          error={error}
          empty={t('person.none')}
          idOf={({ id }) => id}
          columns={[
            {
              key: 'name',
              title: t('person.fullName'),
              cell: ({ id, fullName }) => <Go to={`/people/${id}`}>{fullName}</Go>,
            },
            { key: 'code', title: t('term.staffCode'), cell: ({ staffCode }) => staffCode },
            { key: 'unit', title: t('term.unit'), cell: ({ unit }) => unit.name },
            { key: 'position', title: t('person.position'), cell: ({ position }) => position ?? '–' },
          ]}
        />
      )}
      {data?.items.length === mostShown && q !== '' ? (
        <Text size="sm" c="dimmed">
          {t('people.more', { count: mostShown })}
        </Text>
      ) : null}
      {isEntering ? <EnterPerson onClose={() => setEntering(false)} /> : null}
    </Page>
  );
}
