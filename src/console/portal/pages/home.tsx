// The first page: one sentence on where the account stands, or what is missing with one button; locking; the newest login.
import { Alert, Button, Group, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PortalHome } from '../../../api/portal.ts';
import { call } from '../../shared/api.ts';
import { Confirm } from '../../shared/confirm.tsx';
import { dateTimeText, untilText } from '../../shared/dates.ts';
import { Section } from '../../shared/facts.tsx';
import { Fault } from '../../shared/fault.tsx';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';
import { Waiting } from '../../shared/table.tsx';
import { useHolder, useHome, useRefresh } from '../holder.ts';
import { RulesToAccept } from '../rules-to-accept.tsx';

interface Step {
  readonly to: string;
  readonly search?: Readonly<Record<string, string>>;
  readonly text: 'askExtension' | 'askUnlock' | 'askWorkstation' | 'changePassword';
}

/** What the holder can do in the portal about what keeps them out; null: nothing, or it stands on this page. */
function stepFor({ standing, suspended, workstations, mustChangePassword }: PortalHome): Step | null {
  if (mustChangePassword) return { to: '/authenticators', text: 'changePassword' };
  if (standing?.reason === 'expired')
    return { to: '/requests', search: { new: 'extension' }, text: 'askExtension' };
  if (suspended === 'by-holder') return { to: '/requests', search: { new: 'unlock' }, text: 'askUnlock' };
  if (standing === null && workstations.length === 0)
    return { to: '/requests', search: { new: 'workstation-register' }, text: 'askWorkstation' };
  return null;
}

function Standing({ home }: { readonly home: PortalHome }) {
  const { t } = useTranslation();
  const { standing, validUntil, workstations } = home;
  const machines = workstations.map(({ name, assetTag }) => `${name} (${assetTag})`).join(', ');
  const step = stepFor(home);
  const title =
    standing !== null
      ? standing.title
      : t(workstations.length === 0 ? 'home.noWorkstationTitle' : 'home.allowed');
  return (
    <Alert variant="default" title={title}>
      {standing !== null ? (
        <>
          <Text>{standing.explanation}</Text>
          {standing.next.map((text) => (
            <Text key={text} fw={600}>
              {text}
            </Text>
          ))}
        </>
      ) : workstations.length === 0 ? (
        <Text>{t('home.noWorkstation', { date: untilText(validUntil) })}</Text>
      ) : (
        <Text>{t('home.until', { date: untilText(validUntil), machines })}</Text>
      )}
      {step === null ? null : (
        <Button mt="sm" component={Link} to={step.to} search={(step.search ?? {}) as never}>
          {t(`home.step.${step.text}`)}
        </Button>
      )}
    </Alert>
  );
}

export default function Home() {
  const { t } = useTranslation();
  const { session } = useHolder();
  const refresh = useRefresh();
  const { data: home, error } = useHome();
  /** `lock`: of their own accord; else the login that was not theirs. */
  const [asked, setAsked] = useState<string | null>(null);
  const isNotMe = asked !== null && asked !== 'lock';
  async function confirm() {
    if (isNotMe) await call('POST', '/not-me', { body: { record: asked } });
    else await call('POST', '/lock/own');
    await refresh();
  }
  return (
    <Page
      title={session.fullName}
      lead={home === undefined ? '' : `${home.staffCode} · ${home.userName} · ${home.unitName}`}
    >
      <Fault error={error} />
      {home === undefined ? (
        error === null ? (
          <Waiting />
        ) : null
      ) : (
        <>
          <Standing home={home} />
          {home.rules.accepted >= home.rules.version ? null : <RulesToAccept />}
          <Section title={t('home.lastLogin')}>
            {home.lastLogin === null ? (
              <Text c="dimmed">{t('home.noLogin')}</Text>
            ) : (
              <Group justify="space-between" mb="xs">
                <Text>{dateTimeText(home.lastLogin.at)}</Text>
                <Button
                  variant="outline"
                  color="red"
                  onClick={() => setAsked(home.lastLogin?.record ?? null)}
                >
                  {t('connections.notMe')}
                </Button>
              </Group>
            )}
            <Go to="/connections">{t('home.allLogins')}</Go>
          </Section>
          {home.suspended === null ? (
            <Button color="red" variant="outline" onClick={() => setAsked('lock')}>
              {t('home.lock')}
            </Button>
          ) : null}
        </>
      )}
      <Confirm
        opened={asked !== null}
        onClose={() => setAsked(null)}
        title={isNotMe ? t('connections.notMe') : t('home.lock')}
        effect={t('home.lockEffect')}
        act={t('home.lock')}
        isDangerous
        onConfirm={confirm}
      />
    </Page>
  );
}
