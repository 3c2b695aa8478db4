// Signed in: one sentence on where the account stands, what can be done, live sessions and past attempts.
import { Alert, Badge, Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PortalConnections, PortalHome, PortalSession } from '../../api/portal.ts';
import { call } from '../shared/api.ts';
import { Confirm } from '../shared/confirm.tsx';
import { dateTimeText, untilText } from '../shared/dates.ts';
import { Fault } from '../shared/fault.tsx';
import { Page } from '../shared/page.tsx';

type Asked =
  | { readonly kind: 'lock' }
  | { readonly kind: 'not-me'; readonly record: string }
  | { readonly kind: 'cut'; readonly id: number };

export function Account({
  session,
  onSignedOut,
}: {
  readonly session: PortalSession;
  readonly onSignedOut: () => void;
}) {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const home = useQuery({
    queryKey: ['home', i18n.language],
    queryFn: () => call<PortalHome>('GET', '/home'),
  });
  const connections = useQuery({
    queryKey: ['connections', i18n.language],
    queryFn: () => call<PortalConnections>('GET', '/connections'),
  });
  const [asked, setAsked] = useState<Asked | null>(null);
  const found = home.data;

  async function confirm() {
    if (asked === null) return;
    if (asked.kind === 'lock') await call('POST', '/lock/own');
    else if (asked.kind === 'not-me') await call('POST', '/not-me', { body: { record: asked.record } });
    else await call('POST', `/sessions/${asked.id}/cut`);
    await client.invalidateQueries();
  }
  async function signOut() {
    await call('DELETE', '/session').catch(() => {});
    client.clear();
    onSignedOut();
  }
  const machines = found?.workstations.map(({ name, assetTag }) => `${name} (${assetTag})`).join(', ') ?? '';
  return (
    <Page
      title={session.fullName}
      lead={found === undefined ? '' : `${found.userName} · ${found.unitName}`}
      acts={
        <Button variant="default" onClick={() => void signOut()}>
          {t('shell.signOut')}
        </Button>
      }
    >
      <Fault error={home.error ?? connections.error} />
      {found === undefined ? null : found.standing === null ? (
        <Alert variant="default" title={t('home.allowed')}>
          {t('home.until', { date: untilText(found.validUntil), machines })}
        </Alert>
      ) : (
        <Alert variant="default" title={found.standing.title}>
          <Text>{found.standing.explanation}</Text>
          {found.standing.next.map((text) => (
            <Text key={text} fw={600}>
              {text}
            </Text>
          ))}
        </Alert>
      )}
      {found === undefined || found.rules.accepted >= found.rules.version ? null : <RulesToAccept />}
      {found?.suspended === null ? (
        <Button color="red.9" variant="outline" onClick={() => setAsked({ kind: 'lock' })}>
          {t('home.lock')}
        </Button>
      ) : null}
      <Title order={2} size="h3">
        {t('connections.live')}
      </Title>
      {connections.data?.sessions.length === 0 ? <Text c="dimmed">{t('connections.none')}</Text> : null}
      {connections.data?.sessions.map((one) => (
        <Card key={one.id} withBorder>
          <Group justify="space-between">
            <div>
              <Text fw={600}>{one.gateway}</Text>
              <Text size="sm">
                {dateTimeText(one.startedAt)} · {one.workstation ?? ''}
              </Text>
            </div>
            {one.cut === null ? (
              <Button color="red.9" variant="outline" onClick={() => setAsked({ kind: 'cut', id: one.id })}>
                {t('connections.cut')}
              </Button>
            ) : (
              <Badge variant="default">{t('connections.cutOrdered')}</Badge>
            )}
          </Group>
        </Card>
      ))}
      <Title order={2} size="h3">
        {t('connections.past')}
      </Title>
      {connections.data?.attempts.map((one) => (
        <Card key={one.record} withBorder>
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
                {one.gateway ?? ''} {one.station ?? ''}
              </Text>
              <Button
                size="compact-sm"
                variant="subtle"
                color="red.9"
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
        title={
          asked?.kind === 'cut'
            ? t('connections.cut')
            : asked?.kind === 'not-me'
              ? t('connections.notMe')
              : t('home.lock')
        }
        effect={asked?.kind === 'cut' ? t('connections.cutEffect') : t('home.lockEffect')}
        act={asked?.kind === 'cut' ? t('connections.cut') : t('home.lock')}
        isDangerous
        onConfirm={confirm}
      />
    </Page>
  );
}

function RulesToAccept() {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const rules = useQuery({
    queryKey: ['rules'],
    queryFn: () => call<{ version: number; textVi: string; textEn: string }>('GET', '/rules'),
  });
  const [error, setError] = useState<unknown>(null);
  if (rules.data === undefined) return <Fault error={rules.error} />;
  const { version, textVi, textEn } = rules.data;
  const accept = () =>
    call('POST', '/rules/accept', { body: { version } })
      .then(() => client.invalidateQueries())
      .catch(setError);
  return (
    <Card withBorder>
      <Stack>
        <Text fw={600}>{t('activate.rules')}</Text>
        <Text style={{ whiteSpace: 'pre-line' }}>{i18n.language === 'vi' ? textVi : textEn}</Text>
        <Fault error={error} />
        <Button onClick={() => void accept()}>{t('activate.accept')}</Button>
      </Stack>
    </Card>
  );
}
