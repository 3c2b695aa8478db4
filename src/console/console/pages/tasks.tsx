// What waits for this operator: requests to decide, the oldest first and by keyboard; beside them what the brake holds and cuts.
import { Button, Card, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Request } from '../../../api/requests.ts';
import { call } from '../../shared/api.ts';
import { dateTimeText } from '../../shared/dates.ts';
import { Facts } from '../../shared/facts.tsx';
import { Fault } from '../../shared/fault.tsx';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';
import { personLine } from '../../shared/person-chooser.tsx';
import { useRecords } from '../../shared/records.ts';
import { useAct } from '../../shared/step-up.tsx';
import { Waiting } from '../../shared/table.tsx';
import { useDone } from '../parts/act-button.tsx';
import { useCan } from '../session.tsx';

type Outcome = 'approved' | 'rejected' | 'returned';

const verbs = { approved: 'approve', rejected: 'reject', returned: 'return' } as const;

function termsText({ terms }: Request): string {
  return Object.values(terms).join(' → ');
}

function Decide({ request, outcome, onClose }: { request: Request; outcome: Outcome; onClose: () => void }) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const [reason, setReason] = useState('');
  const [code, setCode] = useState('');
  const needsCode = request.kind === 'new-authenticator' && outcome === 'approved';
  const what = t(`tasks.kind.${request.kind}`);

  async function decide() {
    await act(() =>
      call('POST', `/requests/${request.id}/decision`, {
        body: { outcome, reason: reason.trim(), ...(needsCode ? { code: code.trim() } : {}) },
        etag: request.etag,
      }),
    );
    onClose();
    await done(t('tasks.decided'));
  }

  return (
    <FormDialog
      onClose={onClose}
      title={t(`tasks.${verbs[outcome]}Title`, { what, name: request.fullName })}
      act={t(`tasks.${verbs[outcome]}`)}
      isIncomplete={reason.trim() === ''}
      onSubmit={decide}
    >
      <Text>{t(outcome === 'approved' ? 'tasks.approveEffect' : 'tasks.rejectEffect')}</Text>
      {needsCode ? (
        <TextInput
          label={t('tasks.code')}
          required
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
      ) : null}
      <Textarea
        label={t('term.reason')}
        required
        value={reason}
        maxLength={500}
        onChange={(event) => setReason(event.currentTarget.value)}
        autosize
        minRows={2}
        data-autofocus
      />
    </FormDialog>
  );
}

export default function Tasks() {
  const { t } = useTranslation();
  const can = useCan();
  const { rows, error, more } = useRecords<Request>('/requests', { state: 'open' }, { refreshMs: 15_000 });
  const [at, setAt] = useState(0);
  const [deciding, setDeciding] = useState<{ request: Request; outcome: Outcome } | null>(null);
  const all = rows ?? [];
  const move = (by: number) => {
    const next = Math.max(0, Math.min(all.length - 1, at + by));
    setAt(next);
    document.getElementById(`request-${all[next]?.id}`)?.focus();
  };
  useHotkeys([
    ['j', () => move(1)],
    ['k', () => move(-1)],
  ]);
  return (
    <Page title={t('page.tasks')} lead={t('tasks.lead')}>
      <Group>
        {can('lifecycle.read') ? (
          <Go to="/events" search={{ state: 'held' }}>
            {t('tasks.held')}
          </Go>
        ) : null}
        <Go to="/sessions" search={{ cut: 'open' }}>
          {t('tasks.cuts')}
        </Go>
      </Group>
      {error === null ? null : <Fault error={error} />}
      {rows === undefined && error === null ? <Waiting /> : null}
      {rows !== undefined && all.length === 0 ? <Text c="dimmed">{t('tasks.none')}</Text> : null}
      {all.map((request, i) => (
        <Card
          key={request.id}
          id={`request-${request.id}`}
          withBorder
          tabIndex={0}
          component="article"
          aria-label={`${t(`tasks.kind.${request.kind}`)}: ${request.fullName}`}
          onFocus={() => setAt(i)}
        >
          <Stack gap="sm">
            <Text fw={600}>
              {t(`tasks.kind.${request.kind}`)}:{' '}
              <Go to={`/accounts/${request.accountId}`}>{personLine(request)}</Go>
            </Text>
            <Facts
              columns={3}
              facts={[
                [t('tasks.what'), termsText(request)],
                [t('term.reason'), request.reason],
                [t('term.documentNumber'), request.documentNumber],
                [t('tasks.filed'), dateTimeText(request.filedAt)],
                [t('tasks.filedBy'), request.filedBy],
                [t('tasks.waitsFor'), request.waitsFor ?? t('tasks.centre')],
              ]}
            />
            {can('request.decide') ? (
              <Group gap="xs">
                {(['approved', 'returned', 'rejected'] as const).map((outcome) => (
                  <Button
                    key={outcome}
                    size="xs"
                    variant={outcome === 'approved' ? 'filled' : 'default'}
                    onClick={() => setDeciding({ request, outcome })}
                  >
                    {t(`tasks.${verbs[outcome]}`)}
                  </Button>
                ))}
              </Group>
            ) : null}
          </Stack>
        </Card>
      ))}
      {more.hasMore ? (
        <Group>
          <Button variant="default" onClick={more.load} loading={more.isLoading}>
            {t('list.more')}
          </Button>
        </Group>
      ) : null}
      {deciding === null ? null : <Decide {...deciding} onClose={() => setDeciding(null)} />}
    </Page>
  );
}
