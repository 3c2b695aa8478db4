// Who is in now: live sessions, cutting one, and how far the cut has come.
import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Gateways } from '../../../api/gateways.ts';
import type { Session } from '../../../api/sessions.ts';
import { call } from '../../shared/api.ts';
import { useLanguage } from '../../shared/appearance.tsx';
import { dateTimeText } from '../../shared/dates.ts';
import { Go } from '../../shared/link.tsx';
import { sizeText } from '../../shared/numbers.ts';
import { Page } from '../../shared/page.tsx';
import { useRecords } from '../../shared/records.ts';
import { RecordTable } from '../../shared/table.tsx';
import { ActButton } from '../parts/act-button.tsx';
import { type FilterField, Filters, useEmpty, useFilters } from '../parts/filters.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import { useCan } from '../session.tsx';

/** Gateways as a filter, for those who may see them. */
export function useGatewayFilter(): FilterField[] {
  const { t } = useTranslation();
  const can = useCan();
  const { data } = useQuery({
    queryKey: ['/gateways'],
    queryFn: ({ signal }) => call<Gateways>('GET', '/gateways', { signal }),
    enabled: can('gateway.read'),
  });
  if (data === undefined) return [];
  return [
    {
      name: 'gateway',
      label: t('term.vpnGateway'),
      options: data.items.map(({ name }) => ({ value: name, label: name })),
    },
  ];
}

function CutState({ session }: { readonly session: Pick<Session, 'cut' | 'state'> }) {
  const { cut, state } = session;
  return cut === null ? <StateBadge of="session" state={state} /> : <StateBadge of="cut" state={cut.state} />;
}

export default function Sessions() {
  const { t } = useTranslation();
  const language = useLanguage();
  const can = useCan();
  const { values } = useFilters();
  const empty = useEmpty(t('sessions.none'));
  const gatewayFilter = useGatewayFilter();
  const { rows, error, more } = useRecords<Session>('/sessions', values, { refreshMs: 5_000 });
  return (
    <Page title={t('page.sessions')} lead={t('sessions.lead')}>
      <Filters
        page="sessions"
        fields={[
          { name: 'q', label: t('term.userName') },
          ...gatewayFilter,
          {
            name: 'cut',
            label: t('sessions.cutFilter'),
            options: [{ value: 'open', label: t('sessions.cutOpen') }],
          },
          {
            name: 'right',
            label: t('sessions.rightFilter'),
            options: [{ value: 'none', label: t('sessions.rightNone') }],
          },
        ]}
      />
      <RecordTable
        label={t('page.sessions')}
        rows={rows}
        error={error}
        more={more}
        empty={empty}
        idOf={({ id }) => id}
        columns={[
          {
            key: 'holder',
            title: t('column.holder'),
            cell: ({ accountId, fullName, userName }) => (
              <>
                <Go to={`/accounts/${accountId}`}>{fullName}</Go>
                <Text size="xs" c="dimmed">
                  {userName}
                </Text>
              </>
            ),
          },
          { key: 'unit', title: t('term.unit'), cell: ({ unitName }) => unitName },
          {
            key: 'workstation',
            title: t('term.workstation'),
            cell: ({ workstation, station }) => (
              <>
                {workstation ?? t('sessions.noWorkstation')}
                <Text size="xs" c="dimmed">
                  {station}
                </Text>
              </>
            ),
          },
          { key: 'gateway', title: t('term.vpnGateway'), cell: ({ gateway }) => gateway },
          { key: 'since', title: t('sessions.since'), cell: ({ startedAt }) => dateTimeText(startedAt) },
          {
            key: 'until',
            title: t('sessions.until'),
            cell: ({ until }) => dateTimeText(until),
            visibleFrom: 'lg',
          },
          {
            key: 'octets',
            title: t('sessions.traffic'),
            visibleFrom: 'lg',
            cell: ({ octetsIn, octetsOut }) =>
              octetsIn === null && octetsOut === null
                ? '–'
                : sizeText((octetsIn ?? 0) + (octetsOut ?? 0), language),
          },
          { key: 'state', title: t('column.state'), cell: (session) => <CutState session={session} /> },
          {
            key: 'act',
            title: '',
            cell: ({ id, userName, fullName, gateway, cut }) =>
              can('session.cut') && cut === null ? (
                <ActButton
                  label={t('term.cutASession')}
                  title={t('sessions.cutTitle', { name: fullName })}
                  effect={t('sessions.cutEffect', { userName, gateway })}
                  done={t('sessions.cutOrdered', { name: fullName })}
                  isDangerous
                  size="compact-sm"
                  reasonLabel={t('term.reason')}
                  act={(reason) => call('POST', `/sessions/${id}/cut`, { body: { reason } })}
                />
              ) : null,
          },
        ]}
      />
    </Page>
  );
}
