// What one administrator has asked for and another has to approve: operators, roles of administrators, new links.
import { Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { OperatorLinkAnswer, OperatorOrders, OrderDecided } from '../../../api/operators.ts';
import { call } from '../../shared/api.ts';
import { dateTimeText } from '../../shared/dates.ts';
import { Section } from '../../shared/facts.tsx';
import { RecordTable } from '../../shared/table.tsx';
import { ActButton } from './act-button.tsx';

export function OperatorOrdersSection({ onLink }: { readonly onLink: (link: OperatorLinkAnswer) => void }) {
  const { t } = useTranslation();
  const { data, error } = useQuery({
    queryKey: ['/operator-orders'],
    queryFn: ({ signal }) => call<OperatorOrders>('GET', '/operator-orders', { signal }),
  });
  if (error === null && (data === undefined || data.items.length === 0)) return null;

  async function decide(id: number, outcome: 'approved' | 'rejected', reason: string) {
    const { link } = await call<OrderDecided>('POST', `/operator-orders/${id}/decision`, {
      body: { outcome, reason },
    });
    if (link !== null) onLink(link);
  }

  return (
    <Section title={t('operators.orders')}>
      <RecordTable
        label={t('operators.orders')}
        rows={data?.items}
        error={error}
        idOf={({ id }) => id}
        columns={[
          {
            key: 'what',
            title: t('operators.orderWhat'),
            cell: ({ kind, operator, signInName, role }) => (
              <>
                {t(`operators.order.${kind}`)}
                <Text size="xs" c="dimmed">
                  {[operator, signInName, role === null ? '' : t(`role.${role}`)]
                    .filter((part) => part !== '')
                    .join(' · ')}
                </Text>
              </>
            ),
          },
          {
            key: 'by',
            title: t('operators.orderBy'),
            cell: ({ filedBy, filedAt, reason }) => (
              <>
                {filedBy}
                <Text size="xs" c="dimmed">
                  {[dateTimeText(filedAt), reason].filter((part) => part !== '').join(' · ')}
                </Text>
              </>
            ),
          },
          {
            key: 'acts',
            title: t('operators.acts'),
            cell: ({ id, operator, isOwn }) => (
              <Group gap="xs">
                {isOwn ? null : (
                  <ActButton
                    size="compact-sm"
                    label={t('operators.approve')}
                    title={t('operators.approveTitle', { name: operator })}
                    effect={t('operators.approveEffect')}
                    done={t('operators.saved')}
                    reasonLabel=""
                    act={(reason) => decide(id, 'approved', reason)}
                  />
                )}
                <ActButton
                  size="compact-sm"
                  label={t(isOwn ? 'operators.withdrawOrder' : 'operators.reject')}
                  title={t('operators.rejectTitle', { name: operator })}
                  effect={t('operators.rejectEffect')}
                  done={t('operators.saved')}
                  reasonLabel=""
                  act={(reason) => decide(id, 'rejected', reason)}
                />
              </Group>
            ),
          },
        ]}
      />
    </Section>
  );
}
