// Own connections: live sessions, which the holder may cut, and past attempts with their reasons.
import { Badge, Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../../shared/api.ts';
import { Confirm } from '../../shared/confirm.tsx';
import { dateTimeText, untilText } from '../../shared/dates.ts';
import { Fault } from '../../shared/fault.tsx';
import { Page } from '../../shared/page.tsx';
import { Waiting } from '../../shared/table.tsx';
import { useConnections, useRefresh } from '../holder.ts';

type Asked =
  | { readonly kind: 'not-me'; readonly record: string }
  | { readonly kind: 'cut'; readonly id: number };

export default function Connections() {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const { data, error } = useConnections();
  const [asked, setAsked] = useState<Asked | null>(null);
  async function confirm() {
    if (asked === null) return;
    if (asked.kind === 'not-me') await call('POST', '/not-me', { body: { record: asked.record } });
    else await call('POST', `/sessions/${asked.id}/cut`);
    await refresh();
  }
  const isCut = asked?.kind === 'cut';
  return (
    <Page title={t('page.connections')} lead={t('connections.lead')}>
      <Fault error={error} />
      {data === undefined && error === null ? <Waiting /> : null}
      <Title order={2} size="h3">
        {t('connections.live')}
      </Title>
      {data?.sessions.length === 0 ? <Text c="dimmed">{t('connections.none')}</Text> : null}
      {data?.sessions.map((one) => (
        <Card key={one.id} withBorder>
          <Group justify="space-between">
            <div>
              <Text fw={600}>
                {[one.gateway, one.workstation].filter((part) => part !== null).join(' · ')}
              </Text>
              <Text size="sm">
                {t('connections.fromUntil', {
                  from: dateTimeText(one.startedAt),
                  until: untilText(one.until),
                })}
              </Text>
            </div>
            {one.cut === null ? (
              <Button color="red" variant="outline" onClick={() => setAsked({ kind: 'cut', id: one.id })}>
                {t('connections.cut')}
              </Button>
            ) : (
              <Badge variant="default" tt="none">
                {t('connections.cutOrdered')}
              </Badge>
            )}
          </Group>
        </Card>
      ))}
      <Title order={2} size="h3">
        {t('connections.past')}
      </Title>
      {data?.attempts.length === 0 ? <Text c="dimmed">{t('connections.noAttempt')}</Text> : null}
      {data?.attempts.map((one) => (
        <Card key={one.record} withBorder component="article">
          <Stack gap={4}>
            <Group justify="space-between">
              <Text fw={600}>{one.title}</Text>
              <Text size="sm">{dateTimeText(one.at)}</Text>
            </Group>
            {one.explanation === '' ? null : <Text size="sm">{one.explanation}</Text>}
            {one.next.map((text) => (
              <Text key={text} size="sm">
                → {text}
              </Text>
            ))}
            <Group justify="space-between">
              <Text size="sm" c="dimmed">
                {[one.gateway, one.workstation, one.station].filter((part) => part !== null).join(' · ')}
                {one.lookupCode === null ? null : (
                  <>
                    <br />
                    {t('term.lookupCode')}: {one.lookupCode}
                  </>
                )}
              </Text>
              <Button
                size="compact-sm"
                variant="outline"
                color="red"
                onClick={() => setAsked({ kind: 'not-me', record: one.record })}
              >
                {t('connections.notMe')}
              </Button>
            </Group>
          </Stack>
        </Card>
      ))}
      <Confirm
        opened={asked !== null}
        onClose={() => setAsked(null)}
        title={t(isCut ? 'connections.cut' : 'connections.notMe')}
        effect={t(isCut ? 'connections.cutEffect' : 'home.lockEffect')}
        act={t(isCut ? 'connections.cut' : 'home.lock')}
        isDangerous
        onConfirm={confirm}
      />
    </Page>
  );
}
