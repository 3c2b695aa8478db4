// Personnel events: what came from where, what is held back by the brake, undoing.
import { Alert, Anchor, Button, Group, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Approved, LifecycleEvent } from '../../../api/lifecycle.ts';
import { call } from '../../shared/api.ts';
import { dateText, dateTimeText } from '../../shared/dates.ts';
import { Page } from '../../shared/page.tsx';
import { useRecords } from '../../shared/records.ts';
import { RecordTable } from '../../shared/table.tsx';
import { ActButton } from '../parts/act-button.tsx';
import { EnterEvent } from '../parts/enter-event.tsx';
import { EventKind } from '../parts/event-kind.tsx';
import { Filters, useEmpty, useFilters } from '../parts/filters.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import { useCan } from '../session.tsx';

const states = ['held', 'scheduled', 'applied', 'rejected', 'undone'] as const;

export default function Events() {
  const { t } = useTranslation();
  const can = useCan();
  const { values, set } = useFilters();
  const empty = useEmpty(t('events.none'));
  const { rows, error, more } = useRecords<LifecycleEvent>('/lifecycle/events', values);
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const [isEntering, setEntering] = useState(false);
  const isHeld = values['state'] === 'held';
  const mayDecide = isHeld && can('lifecycle.decide');
  const chosen = (rows ?? []).filter(({ eventId }) => selected.has(eventId));
  const accounts = chosen.reduce((sum, { withdrawals }) => sum + withdrawals, 0);
  const eventIds = chosen.map(({ eventId }) => eventId);
  return (
    <Page
      title={t('page.events')}
      lead={t('events.lead')}
      acts={
        can('lifecycle.enter') ? (
          <Button onClick={() => setEntering(true)}>{t('events.enter')}</Button>
        ) : undefined
      }
    >
      <EnterEvent opened={isEntering} onClose={() => setEntering(false)} />
      <Filters
        page="events"
        fields={[
          { name: 'staffCode', label: t('term.staffCode') },
          {
            name: 'state',
            label: t('column.state'),
            options: states.map((value) => ({ value, label: t(`state.event.${value}`) })),
          },
        ]}
      />
      {isHeld ? (
        <Alert color="orange" title={t('term.massWithdrawalBrake')}>
          {t('events.heldText')}
        </Alert>
      ) : (
        <Text size="sm">
          <Anchor component="button" type="button" onClick={() => set({ state: 'held' })}>
            {t('events.showHeld')}
          </Anchor>
        </Text>
      )}
      {mayDecide && chosen.length > 0 ? (
        <Group>
          <ActButton
            label={t('events.confirm')}
            title={t('events.confirmTitle', { count: chosen.length })}
            effect={t('events.confirmEffect', { count: accounts })}
            done={t('events.confirmed')}
            isDangerous
            reasonLabel={t('term.reason')}
            act={async (reason) => {
              const answer = await call<Approved>('POST', '/lifecycle/held/approve', {
                body: { eventIds, reason },
              });
              setSelected(new Set(answer.misfits));
            }}
          />
          <ActButton
            label={t('events.drop')}
            title={t('events.dropTitle', { count: chosen.length })}
            effect={t('events.dropEffect')}
            done={t('events.dropped')}
            reasonLabel={t('term.reason')}
            act={async (reason) => {
              await call('POST', '/lifecycle/held/reject', { body: { eventIds, reason } });
              setSelected(new Set());
            }}
          />
        </Group>
      ) : null}
      <RecordTable
        label={t('page.events')}
        rows={rows}
        error={error}
        more={more}
        empty={empty}
        idOf={({ eventId }) => eventId}
        nameOf={({ fullName, staffCode }) => `${fullName} (${staffCode})`}
        selection={mayDecide ? { ids: selected, onChange: setSelected } : undefined}
        columns={[
          {
            key: 'person',
            title: t('term.person'),
            cell: ({ fullName, staffCode }) => (
              <>
                {fullName}
                <Text size="xs" c="dimmed">
                  {staffCode}
                </Text>
              </>
            ),
          },
          { key: 'kind', title: t('term.lifecycleEvent'), cell: (event) => <EventKind event={event} /> },
          { key: 'from', title: t('term.effectiveFrom'), cell: ({ effectiveAt }) => dateText(effectiveAt) },
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
          {
            key: 'effect',
            title: t('events.accounts'),
            areFigures: true,
            cell: ({ withdrawals }) => (withdrawals === 0 ? '–' : withdrawals),
          },
          {
            key: 'recorded',
            title: t('column.at'),
            cell: ({ recordedAt }) => dateTimeText(recordedAt),
            visibleFrom: 'lg',
          },
          {
            key: 'state',
            title: t('column.state'),
            cell: ({ state, decidedBy }) => (
              <>
                <StateBadge of="event" state={state} />
                {decidedBy === null ? null : (
                  <Text size="xs" c="dimmed">
                    {decidedBy}
                  </Text>
                )}
              </>
            ),
          },
          {
            key: 'act',
            title: '',
            cell: ({ eventId, state, fullName, kind }) =>
              can('lifecycle.undo') && (state === 'applied' || state === 'scheduled') ? (
                <ActButton
                  label={t('term.undo')}
                  title={t('events.undoTitle', { kind: t(`event.kind.${kind}`), name: fullName })}
                  effect={t('events.undoEffect')}
                  done={t('events.undone')}
                  size="compact-sm"
                  reasonLabel={t('term.reason')}
                  act={(reason) => call('POST', `/lifecycle/events/${eventId}/undo`, { body: { reason } })}
                />
              ) : null,
          },
        ]}
      />
    </Page>
  );
}
