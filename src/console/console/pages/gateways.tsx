// VPN gateways: what is declared, when each was last heard of, what it demands.
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Gateways } from '../../../api/gateways.ts';
import { call } from '../../shared/api.ts';
import { useLanguage } from '../../shared/appearance.tsx';
import { dateTimeText } from '../../shared/dates.ts';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';
import { RecordTable } from '../../shared/table.tsx';
import { useUnitName } from '../parts/units.ts';
import { useCan } from '../session.tsx';

export default function GatewaysPage() {
  const { t } = useTranslation();
  const can = useCan();
  const language = useLanguage();
  const unitName = useUnitName();
  const { data, error } = useQuery({
    queryKey: ['/gateways', language],
    queryFn: ({ signal }) => call<Gateways>('GET', '/gateways', { signal }),
  });
  return (
    <Page
      title={t('page.gateways')}
      acts={
        can('gateway.edit') ? (
          <Button component={Link} to="/gateways/new">
            {t('gateways.add')}
          </Button>
        ) : undefined
      }
    >
      <RecordTable
        label={t('page.gateways')}
        rows={data?.items}
        error={error}
        idOf={({ name }) => name}
        columns={[
          {
            key: 'name',
            title: t('column.name'),
            cell: ({ name }) => <Go to={`/gateways/${name}`}>{name}</Go>,
          },
          { key: 'product', title: t('gateways.product'), cell: ({ profileTitle }) => profileTitle },
          { key: 'address', title: t('gateways.address'), cell: ({ address }) => address },
          { key: 'unit', title: t('term.unit'), cell: ({ unit }) => unitName(unit) ?? t('role.everywhere') },
          {
            key: 'evidence',
            title: t('term.evidenceLevel'),
            cell: ({ leastEvidence, mode }) => `${leastEvidence} · ${t(`term.${mode}`)}`,
          },
          {
            key: 'seen',
            title: t('gateways.lastSeen'),
            cell: ({ lastSeenAt }) =>
              lastSeenAt === null ? t('gateways.neverSeen') : dateTimeText(lastSeenAt),
          },
        ]}
      />
    </Page>
  );
}
