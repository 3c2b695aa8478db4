// The assigned workstations, what is asked for them, and the three things that can be asked.
import { Button, Card, Group, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { untilText } from '../../shared/dates.ts';
import { Section } from '../../shared/facts.tsx';
import { Fault } from '../../shared/fault.tsx';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';
import { Waiting } from '../../shared/table.tsx';
import { useHome, useRequests } from '../holder.ts';

function Ask({ kind, asset }: { readonly kind: string; readonly asset?: string }) {
  const { t } = useTranslation();
  const search = asset === undefined ? { new: kind } : { new: kind, old: asset };
  return (
    <Button variant="default" component={Link} to="/requests" search={search as never}>
      {t(`requests.kind.${kind}`)}
    </Button>
  );
}

export default function Workstations() {
  const { t } = useTranslation();
  const { data: home, error } = useHome();
  const requests = useRequests();
  const waiting = requests.data?.requests.filter(
    ({ kind, state }) => kind.startsWith('workstation-') && (state === 'open' || state === 'returned'),
  );
  return (
    <Page title={t('page.workstations')} lead={t('workstations.lead')}>
      <Fault error={error ?? requests.error} />
      {home === undefined && error === null ? <Waiting /> : null}
      {home?.workstations.length === 0 ? <Text c="dimmed">{t('workstations.none')}</Text> : null}
      {home?.workstations.map(({ assetTag, name, validUntil }) => (
        <Card key={assetTag} withBorder component="article">
          <Group justify="space-between">
            <div>
              <Text fw={600}>{name}</Text>
              <Text size="sm">
                {t('term.assetTag')}: {assetTag}
              </Text>
              <Text size="sm" c="dimmed">
                {validUntil === null
                  ? t('workstations.lasting')
                  : t('workstations.until', { date: untilText(validUntil) })}
              </Text>
            </div>
            <Ask kind="workstation-replace" asset={assetTag} />
          </Group>
        </Card>
      ))}
      <Section title={t('workstations.ask')}>
        <Text size="sm" mb="sm">
          {t('workstations.askLead')}
        </Text>
        <Group gap="xs">
          <Ask kind="workstation-register" />
          <Ask kind="workstation-temporary" />
        </Group>
      </Section>
      {waiting === undefined || waiting.length === 0 ? null : (
        <Section title={t('workstations.waiting')}>
          <Text mb="xs">{t('workstations.waitingCount', { count: waiting.length })}</Text>
          <Go to="/requests">{t('page.requests')}</Go>
        </Section>
      )}
    </Page>
  );
}
