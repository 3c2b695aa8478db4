// One written assignment: what stands on the paper, the accounts it covers; extended, shortened, withdrawn.
import { Button, Text, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Assignment } from '../../../api/assignments.ts';
import { type Answer, call, callWithEtag } from '../../shared/api.ts';
import { type Day, dateText, dayIso, dayOf, dayText, lastDayOf, untilText } from '../../shared/dates.ts';
import { DayInput } from '../../shared/day-input.tsx';
import { Facts, Section } from '../../shared/facts.tsx';
import { Fault } from '../../shared/fault.tsx';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';
import { useAct } from '../../shared/step-up.tsx';
import { RecordTable, Waiting } from '../../shared/table.tsx';
import { AccountsChooser, type ChoosableAccount } from '../parts/account-chooser.tsx';
import { ActButton, useDone } from '../parts/act-button.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import { useCan } from '../session.tsx';

type Seen = Answer<Assignment>;

function SetEnd({ seen, onClose }: { readonly seen: Seen; readonly onClose: () => void }) {
  // As it was when the form was opened: what is typed rests on that.
  const [{ data, etag }] = useState(seen);
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const before = data.validUntil === null ? null : lastDayOf(data.validUntil).day;
  const [until, setUntil] = useState<Day | null>(before);
  const [reason, setReason] = useState('');
  const iso = (day: Day | null) => (day === null ? '' : dayIso(day));
  const isEarlier = until !== null && (before === null || iso(until) < iso(before));
  return (
    <FormDialog
      onClose={onClose}
      title={t('papers.endTitle', { number: data.documentNumber })}
      act={t(isEarlier ? 'term.shortenTheTerm' : 'term.extension')}
      isIncomplete={iso(until) === iso(before) || reason.trim() === ''}
      onSubmit={async () => {
        const body = { validUntil: until === null ? null : dayText(until), reason: reason.trim() };
        await act(() => call('PATCH', `/assignments/${data.id}`, { body, etag }));
        onClose();
        await done(t('account.done'));
      }}
    >
      <Text>{t('papers.endEffect', { count: data.accounts })}</Text>
      <DayInput
        label={t('papers.until')}
        means="until"
        min={dayOf(Date.now())}
        value={until}
        onChange={setUntil}
      />
      <Textarea
        label={t('term.reason')}
        description={t('account.reasonHint')}
        required
        maxLength={500}
        autosize
        minRows={2}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

function AddAccounts({
  seen: { data, etag },
  onClose,
}: {
  readonly seen: Seen;
  readonly onClose: () => void;
}) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const [accounts, setAccounts] = useState<readonly ChoosableAccount[]>([]);
  return (
    <FormDialog
      onClose={onClose}
      title={t('papers.addAccounts')}
      act={t('papers.addAccounts')}
      isIncomplete={accounts.length === 0}
      onSubmit={async () => {
        const body = { accounts: accounts.map((account) => account.id) };
        await act(() => call('POST', `/assignments/${data.id}/accounts`, { body, etag }));
        onClose();
        await done(t('account.done'));
      }}
    >
      <AccountsChooser label={t('papers.covers')} value={accounts} onChange={setAccounts} />
    </FormDialog>
  );
}

export default function AssignmentPage() {
  const { t } = useTranslation();
  const can = useCan();
  const { id } = useParams({ strict: false }) as { id: string };
  const [open, setOpen] = useState<'end' | 'accounts' | null>(null);
  const { data: seen, error } = useQuery({
    queryKey: ['/assignments', id],
    queryFn: ({ signal }) => callWithEtag<Assignment>('GET', `/assignments/${id}`, { signal }),
  });
  if (seen === undefined) {
    return <Page title={t('term.assignment')}>{error === null ? <Waiting /> : <Fault error={error} />}</Page>;
  }
  const { data: paper, etag } = seen;
  const mayEdit = can('assignment.edit');
  return (
    <Page
      title={paper.documentNumber}
      lead={[t('term.assignment'), paper.unit.name].join(' · ')}
      acts={
        mayEdit ? (
          <>
            <Button onClick={() => setOpen('end')}>{t('papers.setEnd')}</Button>
            {paper.state === 'in-force' ? (
              <ActButton
                label={t('term.withdraw')}
                title={t('papers.withdrawTitle', { number: paper.documentNumber })}
                effect={t('papers.withdrawEffect', { count: paper.accounts })}
                done={t('account.done')}
                isDangerous
                reasonLabel=""
                act={(reason) =>
                  call('POST', `/assignments/${paper.id}/withdraw`, { body: { reason }, etag })
                }
              />
            ) : null}
          </>
        ) : undefined
      }
    >
      <Section title={t('papers.content')} acts={<StateBadge of="paper" state={paper.state} />}>
        <Facts
          facts={[
            [t('account.paperDate'), dateText(paper.documentDate)],
            [t('term.signatory'), paper.signatory],
            [t('papers.unit'), paper.unit.name],
            [t('term.validFrom'), dateText(paper.validFrom)],
            [
              t('term.validUntil'),
              paper.validUntil === null ? t('account.forever') : untilText(paper.validUntil),
            ],
            [t('term.purpose'), paper.purpose],
            [t('term.dataScope'), paper.dataScope],
          ]}
        />
      </Section>
      <Section
        title={t('papers.covers')}
        acts={
          mayEdit ? (
            <Button size="xs" variant="default" onClick={() => setOpen('accounts')}>
              {t('papers.addAccounts')}
            </Button>
          ) : undefined
        }
      >
        {paper.covered.length < paper.accounts ? (
          <Text size="sm" c="dimmed">
            {t('papers.outside', { count: paper.accounts - paper.covered.length })}
          </Text>
        ) : null}
        <RecordTable
          label={t('papers.covers')}
          rows={paper.covered}
          empty={t('papers.coversNobody')}
          idOf={(account) => account.id}
          columns={[
            {
              key: 'name',
              title: t('column.holder'),
              cell: ({ id: accountId, fullName, staffCode }) => (
                <>
                  <Go to={`/accounts/${accountId}`}>{fullName}</Go>
                  <Text size="xs" c="dimmed">
                    {staffCode}
                  </Text>
                </>
              ),
            },
            { key: 'userName', title: t('term.userName'), cell: ({ userName }) => userName },
            {
              key: 'unit',
              title: t('term.unit'),
              cell: ({ unitName, position }) => (
                <>
                  {unitName}
                  <Text size="xs" c="dimmed">
                    {position}
                  </Text>
                </>
              ),
            },
            { key: 'until', title: t('papers.termUntil'), cell: ({ validUntil }) => untilText(validUntil) },
            ...(mayEdit
              ? [
                  {
                    key: 'act',
                    title: t('operators.acts'),
                    cell: ({ id: accountId, fullName }: Assignment['covered'][number]) => (
                      <ActButton
                        label={t('papers.takeOff')}
                        title={t('papers.takeOffTitle', { name: fullName, number: paper.documentNumber })}
                        effect={t('papers.takeOffEffect')}
                        done={t('account.done')}
                        size="compact-sm"
                        isDangerous
                        reasonLabel=""
                        act={(reason) =>
                          call('DELETE', `/assignments/${paper.id}/accounts/${accountId}`, {
                            query: { reason },
                            etag,
                          })
                        }
                      />
                    ),
                  },
                ]
              : []),
          ]}
        />
      </Section>
      {open === 'end' ? <SetEnd seen={seen} onClose={() => setOpen(null)} /> : null}
      {open === 'accounts' ? <AddAccounts seen={seen} onClose={() => setOpen(null)} /> : null}
    </Page>
  );
}
