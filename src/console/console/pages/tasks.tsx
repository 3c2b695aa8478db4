// What waits for this operator, the oldest first and by keyboard: requests to decide, events that the brake holds, cuts that are not confirmed.
import { Button, Group, Text, Textarea, TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { LifecycleEvent } from '../../../api/lifecycle.ts';
import type { Request } from '../../../api/requests.ts';
import type { Session } from '../../../api/sessions.ts';
import { call } from '../../shared/api.ts';
import { Fault } from '../../shared/fault.tsx';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';
import { useRecords } from '../../shared/records.ts';
import { useAct } from '../../shared/step-up.tsx';
import { Waiting } from '../../shared/table.tsx';
import { useDone } from '../parts/act-button.tsx';
import { CutTask, HeldTask, type Outcome, outcomeVerbs, RequestTask } from '../parts/task-cards.tsx';
import { useCan, useSession } from '../session.tsx';

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
      title={t(`tasks.${outcomeVerbs[outcome]}Title`, { what, name: request.fullName })}
      act={t(`tasks.${outcomeVerbs[outcome]}`)}
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

type Task =
  | { readonly kind: 'request'; readonly at: number; readonly id: string; readonly request: Request }
  | { readonly kind: 'held'; readonly at: number; readonly id: string; readonly event: LifecycleEvent }
  | { readonly kind: 'cut'; readonly at: number; readonly id: string; readonly session: Session };

/** Of what has a page of its own so many are shown here. */
const mostBeside = 20;

/** What waits beside the requests; null: not for this operator to see. */
function useBeside<Row>(path: string, query: Readonly<Record<string, string>>, isShown: boolean) {
  const { data, error } = useQuery({
    queryKey: [path, 'tasks', query],
    queryFn: ({ signal }) =>
      call<{ readonly items: readonly Row[] }>('GET', path, {
        query: { ...query, limit: mostBeside },
        signal,
      }),
    enabled: isShown,
    refetchInterval: 15_000,
  });
  return { items: data?.items ?? [], error };
}

/** All that waits, the oldest first. */
function useTasks() {
  const { everywhere } = useSession();
  const can = useCan();
  const requests = useRecords<Request>('/requests', { state: 'open' }, { refreshMs: 15_000 });
  const held = useBeside<LifecycleEvent>(
    '/lifecycle/events',
    { state: 'held' },
    everywhere.includes('lifecycle.read'),
  );
  const cuts = useBeside<Session>('/sessions', { cut: 'open' }, can('session.read'));
  const tasks: Task[] = [
    ...(requests.rows ?? []).map(
      (request): Task => ({ kind: 'request', at: request.filedAt, id: `request-${request.id}`, request }),
    ),
    ...held.items.map(
      (event): Task => ({ kind: 'held', at: event.recordedAt, id: `held-${event.eventId}`, event }),
    ),
    ...cuts.items.map(
      (session): Task => ({
        kind: 'cut',
        at: session.cut?.orderedAt ?? session.startedAt,
        id: `cut-${session.id}`,
        session,
      }),
    ),
  ];
  return {
    tasks: tasks.sort((a, b) => a.at - b.at),
    isLoading: requests.rows === undefined,
    error: requests.error ?? held.error ?? cuts.error,
    more: requests.more,
  };
}

export default function Tasks() {
  const { t } = useTranslation();
  const can = useCan();
  const { everywhere } = useSession();
  const { tasks, isLoading, error, more } = useTasks();
  const [at, setAt] = useState(-1);
  const [deciding, setDeciding] = useState<{ request: Request; outcome: Outcome } | null>(null);
  const move = (by: number) => {
    const next = Math.max(0, Math.min(tasks.length - 1, at + by));
    setAt(next);
    document.getElementById(`task-${tasks[next]?.id}`)?.focus();
  };
  useHotkeys([
    ['j', () => move(1)],
    ['k', () => move(-1)],
  ]);
  return (
    <Page title={t('page.tasks')} lead={t('tasks.lead')}>
      <Group>
        {everywhere.includes('lifecycle.read') ? (
          <Go to="/events" search={{ state: 'held' }}>
            {t('tasks.held')}
          </Go>
        ) : null}
        {can('session.read') ? (
          <Go to="/sessions" search={{ cut: 'open' }}>
            {t('tasks.cuts')}
          </Go>
        ) : null}
        {can('account.read') ? (
          <Go to="/accounts" search={{ expiringDays: '7' }}>
            {t('tasks.due')}
          </Go>
        ) : null}
      </Group>
      {error === null ? null : <Fault error={error} />}
      {isLoading && error === null ? <Waiting /> : null}
      {!isLoading && tasks.length === 0 ? <Text c="dimmed">{t('tasks.none')}</Text> : null}
      {tasks.map((task, i) => {
        const onFocus = () => setAt(i);
        if (task.kind === 'held') return <HeldTask key={task.id} event={task.event} onFocus={onFocus} />;
        if (task.kind === 'cut') return <CutTask key={task.id} session={task.session} onFocus={onFocus} />;
        const { request } = task;
        return (
          <RequestTask
            key={task.id}
            request={request}
            onFocus={onFocus}
            onDecide={(outcome) => setDeciding({ request, outcome })}
          />
        );
      })}
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
