// One person: employment as the personnel papers have it, personnel events, accounts, workstations.
import { Button, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Person } from '../../../api/people.ts';
import { call } from '../../shared/api.ts';
import { dateText, untilText } from '../../shared/dates.ts';
import { Facts, Section } from '../../shared/facts.tsx';
import { Fault } from '../../shared/fault.tsx';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';
import { type Column, RecordTable, Waiting } from '../../shared/table.tsx';
import { accountState, StateBadge } from '../parts/state-badge.tsx';
import { useCan } from '../session.tsx';

type Fact = Person['facts'][number];

/** What a fact or an event of employment says, and since when. */
function useFactColumns(): Column<Fact>[] {
  const { t } = useTranslation();
  return [
    { key: 'from', title: t('term.effectiveFrom'), cell: ({ effectiveAt }) => dateText(effectiveAt) },
    {
      key: 'kind',
      title: t('term.lifecycleEvent'),
      cell: ({ kind, detail }) =>
        detail === null
          ? t(`event.kind.${kind}`)
          : `${t(`event.kind.${kind}`)} (${t(`event.detail.${detail}`, { defaultValue: detail })})`,
    },
    {
      key: 'paper',
      title: t('term.documentNumber'),
      cell: ({ documentNumber }) => documentNumber ?? '–',
    },
    {
      key: 'source',
      title: t('column.source'),
      cell: ({ source }) => t(`sources.name.${source}`, { defaultValue: source }),
    },
  ];
}

export default function PersonPage() {
  const { t } = useTranslation();
  const can = useCan();
  const { id } = useParams({ strict: false }) as { id: string };
  const factColumns = useFactColumns();
  const { data: person, error } = useQuery({
    queryKey: ['/people', id],
    queryFn: ({ signal }) => call<Person>('GET', `/people/${id}`, { signal }),
  });
  if (person === undefined) {
    return <Page title={t('page.person')}>{error === null ? <Waiting /> : <Fault error={error} />}</Page>;
  }
  const now = Date.now();
  const { unit, employment, accounts } = person;
  const hasAccount = accounts.some(({ status }) => status !== 'withdrawn');
  const machines = accounts.flatMap(({ id: accountId, userName, workstations }) =>
    workstations.map((machine) => ({ ...machine, accountId, userName })),
  );
  return (
    <Page
      title={person.fullName}
      lead={[person.staffCode, unit.names.at(-1), person.position].filter(Boolean).join(' · ')}
    >
      <Section title={t('people.about')}>
        <Facts
          columns={3}
          facts={[
            [t('term.staffCode'), person.staffCode],
            [t('people.kind'), t(`people.kindIs.${person.kind}`)],
            [t('person.position'), person.position],
            [t('term.unit'), unit.names.join(' › ')],
            [
              t('account.employment'),
              [
                t(`account.employmentIs.${employment.state}`),
                employment.detail === null
                  ? ''
                  : t(`event.detail.${employment.detail}`, { defaultValue: employment.detail }),
              ]
                .filter((part) => part !== '')
                .join(' · '),
            ],
          ]}
        />
      </Section>
      <Section
        title={t('people.accounts')}
        acts={
          can('account.create') && !hasAccount && employment.state !== 'ended' ? (
            <Button component={Link} to="/accounts/new" search={{ person: id } as never} size="xs">
              {t('accountNew.make')}
            </Button>
          ) : undefined
        }
      >
        <RecordTable
          label={t('people.accounts')}
          rows={accounts}
          empty={t('people.noAccount')}
          idOf={(account) => account.id}
          columns={[
            {
              key: 'userName',
              title: t('term.userName'),
              cell: ({ id: accountId, userName }) => <Go to={`/accounts/${accountId}`}>{userName}</Go>,
            },
            { key: 'from', title: t('term.validFrom'), cell: ({ validFrom }) => dateText(validFrom) },
            { key: 'until', title: t('term.validUntil'), cell: ({ validUntil }) => untilText(validUntil) },
            {
              key: 'state',
              title: t('column.state'),
              cell: (account) => (
                <StateBadge
                  of="account"
                  state={accountState({ ...account, isSuspended: account.suspendedDetail !== null }, now)}
                />
              ),
            },
          ]}
        />
      </Section>
      <Section title={t('term.assignedWorkstation')}>
        <RecordTable
          label={t('term.assignedWorkstation')}
          rows={machines}
          empty={t('account.noWorkstation')}
          idOf={(machine) => `${machine.accountId} ${machine.id} ${machine.validFrom}`}
          columns={[
            { key: 'tag', title: t('term.assetTag'), cell: ({ assetTag }) => assetTag },
            { key: 'name', title: t('column.name'), cell: ({ name }) => name },
            { key: 'account', title: t('term.userName'), cell: ({ userName }) => userName },
            {
              key: 'term',
              title: t('term.termOfUse'),
              cell: ({ validFrom, validUntil }) =>
                `${dateText(validFrom)} – ${validUntil === null ? t('account.noEnd') : untilText(validUntil)}`,
            },
          ]}
        />
        {person.keeps.length === 0 ? null : (
          <Text size="sm" mt="sm">
            {t('people.keeps', { tags: person.keeps.map(({ assetTag }) => assetTag).join(', ') })}
          </Text>
        )}
      </Section>
      <Section title={t('account.employmentHistory')}>
        <RecordTable
          label={t('account.employmentHistory')}
          rows={person.facts}
          idOf={({ kind, effectiveAt, source }) => `${kind} ${effectiveAt} ${source}`}
          columns={factColumns}
        />
      </Section>
      {person.events === null ? null : (
        <Section
          title={t('page.events')}
          acts={
            can('lifecycle.read') ? (
              <Go to="/events" search={{ staffCode: person.staffCode }}>
                {t('people.allEvents')}
              </Go>
            ) : undefined
          }
        >
          <RecordTable
            label={t('page.events')}
            rows={person.events}
            empty={t('people.noEvent')}
            idOf={(event) => event.id}
            columns={[
              ...factColumns,
              {
                key: 'state',
                title: t('column.state'),
                cell: ({ state }) => <StateBadge of="event" state={state} />,
              },
            ]}
          />
        </Section>
      )}
    </Page>
  );
}
