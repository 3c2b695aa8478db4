// One account with its whole story: who, until when, by which paper, on which machine, what keeps it out, what happened.
import { Alert, Button, Group, List, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Account } from '../../../api/accounts.ts';
import { call, callWithEtag } from '../../shared/api.ts';
import { useLanguage } from '../../shared/appearance.tsx';
import { dateText, dateTimeText, daysBetween, untilText } from '../../shared/dates.ts';
import { Facts, Section } from '../../shared/facts.tsx';
import { Fault } from '../../shared/fault.tsx';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';
import { RecordTable, Waiting } from '../../shared/table.tsx';
import { ActButton } from '../parts/act-button.tsx';
import { AssignWorkstation } from '../parts/assign-workstation.tsx';
import { SetFirstFactor } from '../parts/set-first-factor.tsx';
import { SetTerm } from '../parts/set-term.tsx';
import { accountState, StateBadge } from '../parts/state-badge.tsx';
import { Story } from '../parts/story.tsx';
import { useCan } from '../session.tsx';
import { Explained } from './attempt.tsx';

/** The account as it was read, with its version: acts are refused once somebody else has changed it. */
export interface SeenAccount {
  readonly account: Account;
  readonly etag: string | undefined;
}

function Acts({ seen }: { readonly seen: SeenAccount }) {
  const { t } = useTranslation();
  const can = useCan();
  const [isSettingTerm, setSettingTerm] = useState(false);
  const { account, etag } = seen;
  const { id, userName, person, status, suspended, locks } = account;
  const name = `${person.fullName} (${userName})`;
  const act = (verb: string) => (reason: string) =>
    call('POST', `/accounts/${id}/${verb}`, { body: { reason }, etag });
  const reason = { reasonLabel: t('term.reason') };
  const isWithdrawn = status === 'withdrawn';
  const isStopped = locks.some(({ lockedUntil }) => lockedUntil > Date.now());
  return (
    <>
      {can('account.set-term') && !isWithdrawn ? (
        <>
          <Button onClick={() => setSettingTerm(true)}>{t('account.setTerm')}</Button>
          <SetTerm seen={seen} opened={isSettingTerm} onClose={() => setSettingTerm(false)} />
        </>
      ) : null}
      {can('account.reinstate') && isStopped ? (
        <ActButton
          {...reason}
          label={t('account.unlock')}
          title={t('account.unlockTitle', { name })}
          effect={t('account.unlockEffect')}
          done={t('account.done')}
          act={act('unlock')}
        />
      ) : null}
      {can('account.suspend') && suspended === null && !isWithdrawn ? (
        <ActButton
          {...reason}
          label={t('account.suspend')}
          title={t('account.suspendTitle', { name })}
          effect={t('account.suspendEffect')}
          done={t('account.done')}
          isDangerous
          act={act('suspend')}
        />
      ) : null}
      {can('account.reinstate') && suspended !== null ? (
        <ActButton
          {...reason}
          label={t('account.reinstate')}
          title={t('account.reinstateTitle', { name })}
          effect={t('account.reinstateEffect')}
          done={t('account.done')}
          act={act('reinstate')}
        />
      ) : null}
      {can('account.withdraw') && !isWithdrawn ? (
        <ActButton
          {...reason}
          label={t('term.withdraw')}
          title={t('account.withdrawTitle', { name })}
          effect={t('account.withdrawEffect')}
          done={t('account.done')}
          isDangerous
          act={act('withdraw')}
        />
      ) : null}
    </>
  );
}

function Workstations({ seen }: { readonly seen: SeenAccount }) {
  const { t } = useTranslation();
  const can = useCan();
  const [isAssigning, setAssigning] = useState(false);
  const { account, etag } = seen;
  return (
    <Section
      title={t('term.assignedWorkstation')}
      acts={
        can('workstation.edit') ? (
          <Button size="xs" variant="default" onClick={() => setAssigning(true)}>
            {t('account.assign')}
          </Button>
        ) : undefined
      }
    >
      <AssignWorkstation seen={seen} opened={isAssigning} onClose={() => setAssigning(false)} />
      <RecordTable
        label={t('term.assignedWorkstation')}
        rows={account.workstations}
        empty={t('account.noWorkstation')}
        idOf={({ id, validFrom }) => `${id} ${validFrom}`}
        columns={[
          { key: 'tag', title: t('term.assetTag'), cell: ({ assetTag }) => assetTag },
          { key: 'name', title: t('column.name'), cell: ({ name }) => name },
          {
            key: 'kind',
            title: t('column.kind'),
            cell: ({ assignmentKind }) => t(`account.assignment.${assignmentKind}`),
          },
          {
            key: 'term',
            title: t('term.termOfUse'),
            cell: ({ validFrom, validUntil }) =>
              `${dateText(validFrom)} – ${validUntil === null ? t('account.noEnd') : untilText(validUntil)}`,
          },
          {
            key: 'act',
            title: '',
            cell: ({ assetTag, validUntil }) =>
              can('workstation.edit') && (validUntil === null || validUntil > Date.now()) ? (
                <ActButton
                  label={t('account.endAssignment')}
                  title={t('account.endTitle', { assetTag, name: account.person.fullName })}
                  effect={t('account.endEffect')}
                  done={t('account.done')}
                  size="compact-sm"
                  act={() =>
                    call('POST', `/accounts/${account.id}/workstations/end`, { body: { assetTag }, etag })
                  }
                />
              ) : null,
          },
        ]}
      />
    </Section>
  );
}

function Authenticators({ seen }: { readonly seen: SeenAccount }) {
  const { t } = useTranslation();
  const can = useCan();
  const { account, etag } = seen;
  return (
    <Section
      title={t('account.proofs')}
      acts={can('account.set-first-factor') ? <SetFirstFactor seen={seen} /> : undefined}
    >
      <Stack gap="xs">
        <Text>{t(account.hasPassword ? 'account.hasPassword' : 'account.noPassword')}</Text>
        {account.firstFactor === null ? null : (
          <Text>
            {account.firstFactor === 'own'
              ? t('account.checkedHere')
              : t('account.checkedBy', { name: account.firstFactor })}
          </Text>
        )}
        {account.authenticators
          .filter(({ state }) => state !== 'revoked')
          .map(({ id, kind, serialNumber, createdAt }) => (
            <Group key={id} justify="space-between">
              <Text>
                {[t(`account.authenticator.${kind}`), serialNumber, dateText(createdAt)]
                  .filter(Boolean)
                  .join(' · ')}
              </Text>
              {can('account.reset-authenticator') ? (
                <ActButton
                  label={t('account.revoke')}
                  title={t('account.revokeTitle', { name: account.person.fullName })}
                  effect={t('account.revokeEffect')}
                  done={t('account.done')}
                  isDangerous
                  size="compact-sm"
                  reasonLabel={t('term.reason')}
                  act={(reason) =>
                    call('POST', `/accounts/${account.id}/authenticators/${id}/revoke`, {
                      body: { reason },
                      etag,
                    })
                  }
                />
              ) : null}
            </Group>
          ))}
        {account.authenticators.some(({ state }) => state === 'active') ? null : (
          <Text c="dimmed">{t('account.noAuthenticator')}</Text>
        )}
      </Stack>
    </Section>
  );
}

export default function AccountPage() {
  const { t } = useTranslation();
  const language = useLanguage();
  const { id } = useParams({ strict: false }) as { id: string };
  const { data, error } = useQuery({
    queryKey: ['/accounts', id, language],
    queryFn: async ({ signal }): Promise<SeenAccount> => {
      const { data: account, etag } = await callWithEtag<Account>('GET', `/accounts/${id}`, { signal });
      return { account, etag };
    },
  });
  if (data === undefined) {
    return <Page title={t('page.account')}>{error === null ? <Waiting /> : <Fault error={error} />}</Page>;
  }
  const { account } = data;
  const { person, standing, assignments, rules } = account;
  const now = Date.now();
  const state = accountState({ ...account, isSuspended: account.suspended !== null }, now);
  const days = daysBetween(now, account.validUntil - 1);
  return (
    <Page
      title={person.fullName}
      lead={[account.userName, person.staffCode, person.unit.names.at(-1), person.position]
        .filter(Boolean)
        .join(' · ')}
      acts={<Acts seen={data} />}
    >
      {standing === null ? (
        <Alert color="green">{t('account.inOrder')}</Alert>
      ) : (
        <Alert color="red" role="note">
          <Explained explanation={standing} />
        </Alert>
      )}
      <Section title={t('account.about')} acts={<StateBadge of="account" state={state} />}>
        <Facts
          columns={3}
          facts={[
            [t('term.validFrom'), dateText(account.validFrom)],
            [
              t('term.validUntil'),
              `${untilText(account.validUntil)} (${
                days >= 0 ? t('account.daysLeft', { count: days }) : t('account.daysOver', { count: -days })
              })`,
            ],
            [t('account.longestTerm'), t('account.days', { count: account.longestTermDays })],
            [
              t('term.person'),
              <Go key="person" to={`/people/${person.id}`}>
                {person.fullName}
              </Go>,
            ],
            [t('term.unit'), person.unit.names.join(' › ')],
            [t('account.employment'), t(`account.employmentIs.${person.employment.state}`)],
            [
              t('term.rulesOfUse'),
              rules.accepted >= rules.current ? t('account.rulesAccepted') : t('account.rulesNotAccepted'),
            ],
            [
              t('page.whatIf'),
              <Go key="what-if" to="/what-if" search={{ user: account.userName }}>
                {t('account.tryLogin')}
              </Go>,
            ],
          ]}
        />
      </Section>
      <Section title={t('term.assignment')}>
        <RecordTable
          label={t('term.assignment')}
          rows={assignments}
          empty={t('account.noAssignment')}
          idOf={(paper) => paper.id}
          columns={[
            {
              key: 'number',
              title: t('term.documentNumber'),
              cell: ({ id: paper, documentNumber }) => <Go to={`/assignments/${paper}`}>{documentNumber}</Go>,
            },
            {
              key: 'date',
              title: t('account.paperDate'),
              cell: ({ documentDate }) => dateText(documentDate),
            },
            { key: 'signatory', title: t('term.signatory'), cell: ({ signatory }) => signatory },
            { key: 'purpose', title: t('term.purpose'), cell: ({ purpose }) => purpose },
            { key: 'scope', title: t('term.dataScope'), cell: ({ dataScope }) => dataScope },
            {
              key: 'until',
              title: t('term.validUntil'),
              cell: ({ validUntil }) => (validUntil === null ? t('account.forever') : untilText(validUntil)),
            },
          ]}
        />
      </Section>
      <Workstations seen={data} />
      <Authenticators seen={data} />
      <Section title={t('term.liveSession')}>
        <List size="sm">
          {account.sessions.map(({ gateway, startedAt, until, state: sessionState }) => (
            <List.Item key={`${gateway} ${startedAt}`}>
              {gateway} · {t(`state.session.${sessionState}`)} ·{' '}
              {t('account.sessionFromTo', { from: dateTimeText(startedAt), until: dateTimeText(until) })}
            </List.Item>
          ))}
        </List>
        {account.sessions.length === 0 ? <Text c="dimmed">{t('sessions.none')}</Text> : null}
      </Section>
      <Section title={t('account.story')}>
        <Story account={account} />
      </Section>
    </Page>
  );
}
