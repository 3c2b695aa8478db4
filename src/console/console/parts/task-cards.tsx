// What waits, one card each: focused by J and K, opened by Enter, decided by a key of its own.
import { Button, Card, Group, Stack, Text } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import type { KeyboardEvent, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { LifecycleEvent } from '../../../api/lifecycle.ts';
import type { Request } from '../../../api/requests.ts';
import type { Session } from '../../../api/sessions.ts';
import { dateText, dateTimeText } from '../../shared/dates.ts';
import { Facts } from '../../shared/facts.tsx';
import { Go } from '../../shared/link.tsx';
import { personLine } from '../../shared/person-chooser.tsx';
import { useCan } from '../session.tsx';
import { EventKind } from './event-kind.tsx';
import { StateBadge } from './state-badge.tsx';

export type Outcome = 'approved' | 'rejected' | 'returned';

export const outcomeVerbs = { approved: 'approve', rejected: 'reject', returned: 'return' } as const;

function termsText({ terms }: Request): string {
  return Object.values(terms).join(' → ');
}

interface TaskCardProps {
  readonly id: string;
  readonly label: string;
  readonly onFocus: () => void;
  /** The keys of this card besides those that move. */
  readonly keys: Readonly<Record<string, () => void>>;
  readonly children: ReactNode;
}

function TaskCard({ id, label, onFocus, keys, children }: TaskCardProps) {
  function press(event: KeyboardEvent<HTMLElement>) {
    // Keys typed in a button or a dialog are theirs.
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keys[event.key.toLowerCase()];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }
  return (
    <Card
      id={`task-${id}`}
      withBorder
      tabIndex={0}
      component="article"
      aria-label={label}
      onFocus={onFocus}
      onKeyDown={press}
    >
      <Stack gap="sm">{children}</Stack>
    </Card>
  );
}

export function RequestTask({
  request,
  onFocus,
  onDecide,
}: {
  request: Request;
  onFocus: () => void;
  onDecide: (outcome: Outcome) => void;
}) {
  const { t } = useTranslation();
  const can = useCan();
  const navigate = useNavigate();
  const what = t(`tasks.kind.${request.kind}`);
  const to = `/accounts/${request.accountId}`;
  const mayDecide = can('request.decide');
  return (
    <TaskCard
      id={`request-${request.id}`}
      label={`${what}: ${request.fullName}`}
      onFocus={onFocus}
      keys={{
        enter: () => void navigate({ to }),
        ...(mayDecide
          ? {
              a: () => onDecide('approved'),
              r: () => onDecide('returned'),
              x: () => onDecide('rejected'),
            }
          : {}),
      }}
    >
      <Text fw={600}>
        {what}: <Go to={to}>{personLine(request)}</Go>
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
      {mayDecide ? (
        <Group gap="xs">
          {(['approved', 'returned', 'rejected'] as const).map((outcome) => (
            <Button
              key={outcome}
              size="xs"
              variant={outcome === 'approved' ? 'filled' : 'default'}
              onClick={() => onDecide(outcome)}
            >
              {t(`tasks.${outcomeVerbs[outcome]}`)}
            </Button>
          ))}
        </Group>
      ) : null}
    </TaskCard>
  );
}

export function HeldTask({ event, onFocus }: { event: LifecycleEvent; onFocus: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { fullName, staffCode, effectiveAt, documentNumber, source, withdrawals, recordedAt } = event;
  const search = { state: 'held', staffCode };
  const what = t('tasks.heldOne');
  return (
    <TaskCard
      id={`held-${event.eventId}`}
      label={`${what}: ${fullName}`}
      onFocus={onFocus}
      keys={{ enter: () => void navigate({ to: '/events', search: search as never }) }}
    >
      <Text fw={600}>
        {what}:{' '}
        <Go to="/events" search={search}>
          {fullName} · {staffCode}
        </Go>
      </Text>
      <Facts
        columns={3}
        facts={[
          [t('term.lifecycleEvent'), <EventKind key="kind" event={event} />],
          [t('term.effectiveFrom'), dateText(effectiveAt)],
          [t('term.documentNumber'), documentNumber],
          [t('events.accounts'), withdrawals],
          [t('column.source'), t(`sources.name.${source}`, { defaultValue: source })],
          [t('column.at'), dateTimeText(recordedAt)],
        ]}
      />
    </TaskCard>
  );
}

export function CutTask({ session, onFocus }: { session: Session; onFocus: () => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { id, accountId, fullName, userName, gateway, workstation, cut } = session;
  const to = `/accounts/${accountId}`;
  const what = t('tasks.cutOne');
  return (
    <TaskCard
      id={`cut-${id}`}
      label={`${what}: ${fullName}`}
      onFocus={onFocus}
      keys={{ enter: () => void navigate({ to }) }}
    >
      <Text fw={600}>
        {what}:{' '}
        <Go to={to}>
          {fullName} · {userName}
        </Go>
      </Text>
      <Facts
        columns={3}
        facts={[
          [t('term.vpnGateway'), gateway],
          [t('term.workstation'), workstation ?? t('sessions.noWorkstation')],
          [t('column.state'), cut === null ? null : <StateBadge key="state" of="cut" state={cut.state} />],
          [t('tasks.ordered'), cut === null ? null : dateTimeText(cut.orderedAt)],
          [t('tasks.attempts'), cut?.attempts],
          [t('term.reason'), cut?.reason],
        ]}
      />
    </TaskCard>
  );
}
