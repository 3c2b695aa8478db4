// The overview, in the order in which an administrator should look: what must be zero, my work, health, denials, what is due.
import { Alert, Card, Group, List, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import type { Overview } from '../../../api/overview.ts';
import { call } from '../../shared/api.ts';
import { useLanguage } from '../../shared/appearance.tsx';
import { dateTimeText, daysBetween, timeText } from '../../shared/dates.ts';
import { Section } from '../../shared/facts.tsx';
import { Fault } from '../../shared/fault.tsx';
import { Icon } from '../../shared/icons.tsx';
import { Go } from '../../shared/link.tsx';
import { numberText } from '../../shared/numbers.ts';
import { Page } from '../../shared/page.tsx';
import { Waiting } from '../../shared/table.tsx';
import { FirstSteps } from '../parts/first-steps.tsx';
import { LinkUsed } from '../parts/link-used.tsx';

const Chart = lazy(() => import('../../shared/chart.tsx'));

interface FigureProps {
  readonly label: string;
  readonly value: number | { readonly count: number; readonly isCapped: boolean };
  readonly to: string;
  readonly search?: Readonly<Record<string, string>>;
  /** Anything but zero is wrong. */
  readonly mustBeZero?: boolean;
}

/** A number that opens the list behind it. */
function Figure({ label, value, to, search, mustBeZero = false }: FigureProps) {
  const language = useLanguage();
  const { t } = useTranslation();
  const { count, isCapped } = typeof value === 'number' ? { count: value, isCapped: false } : value;
  const isWrong = mustBeZero && (count > 0 || isCapped);
  const shown = (
    <>
      <Text component="span" size="xl" fw={700} display="block">
        {`${numberText(count, language)}${isCapped ? '+' : ''}`}
      </Text>
      <Text component="span" size="sm" display="block">
        {label}
      </Text>
    </>
  );
  return (
    <Card withBorder padding="sm" className="figure" data-wrong={isWrong || undefined}>
      <Go to={to} {...(search === undefined ? {} : { search })}>
        {shown}
      </Go>
      {mustBeZero ? (
        <Group gap={4} wrap="nowrap">
          <Icon name={isWrong ? 'alert' : 'check'} size={14} />
          <Text size="xs">{t(isWrong ? 'overview.mustBeZero' : 'overview.isZero')}</Text>
        </Group>
      ) : null}
    </Card>
  );
}

const Figures = ({ children }: { readonly children: ReactNode }) => (
  <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }}>{children}</SimpleGrid>
);

function Denials({ denials }: { readonly denials: Overview['denials'] }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const navigate = useNavigate();
  const shown = denials.slice(0, 8);
  if (shown.length === 0) return <Text c="dimmed">{t('overview.noDenials')}</Text>;
  return (
    <Stack>
      <Suspense fallback={<Skeleton h={260} />}>
        <div aria-hidden="true">
          <Chart
            kind="bar"
            height={40 + 34 * shown.length}
            data={shown.map(({ reason, title, today, usual }) => ({
              key: title,
              code: reason,
              today,
              usual,
            }))}
            series={[
              { name: 'today', label: t('overview.today'), color: 'red.7' },
              { name: 'usual', label: t('overview.usual'), color: 'gray.5' },
            ]}
            onPick={(reason) =>
              void navigate({ to: '/attempts', search: { outcome: 'deny', reason } as never })
            }
          />
        </div>
      </Suspense>
      <List size="sm">
        {shown.map(({ reason, title, today, usual }) => (
          <List.Item key={reason}>
            <Go to="/attempts" search={{ outcome: 'deny', reason }}>
              {title}
            </Go>
            {`: ${t('overview.denialCount', { today: numberText(today, language), usual: numberText(usual, language) })}`}
          </List.Item>
        ))}
      </List>
    </Stack>
  );
}

export default function OverviewPage() {
  const { t } = useTranslation();
  const language = useLanguage();
  const { data, error } = useQuery({
    queryKey: ['/overview', language],
    queryFn: ({ signal }) => call<Overview>('GET', '/overview', { signal }),
    refetchInterval: 15_000,
  });
  if (data === undefined) {
    return <Page title={t('page.overview')}>{error === null ? <Waiting /> : <Fault error={error} />}</Page>;
  }
  const { mustBeZero, work, accounts, sessions, denials, hours, causes, at } = data;
  return (
    <Page title={t('page.overview')} lead={t('overview.at', { at: dateTimeText(at) })}>
      <LinkUsed />
      <FirstSteps />
      <Section title={t('overview.zero')}>
        <Figures>
          <Figure
            label={t('overview.sessionsWithoutRight')}
            value={mustBeZero.sessionsWithoutRight}
            to="/sessions"
            search={{ right: 'none' }}
            mustBeZero
          />
          <Figure
            label={t('overview.unconfirmedCuts')}
            value={mustBeZero.unconfirmedCuts}
            to="/sessions"
            search={{ cut: 'open' }}
            mustBeZero
          />
          <Figure
            label={t('overview.goneButActive')}
            value={mustBeZero.goneButActive}
            to="/accounts"
            search={{ attention: 'gone' }}
            mustBeZero
          />
        </Figures>
      </Section>
      <Section title={t('overview.work')}>
        <Figures>
          <Figure label={t('overview.requests')} value={work.requests} to="/tasks" />
          {work.heldEvents === null ? null : (
            <Figure
              label={t('overview.heldEvents')}
              value={work.heldEvents}
              to="/events"
              search={{ state: 'held' }}
            />
          )}
        </Figures>
        {work.oldestRequestAt === null ? null : (
          <Text size="sm" mt="xs">
            {t('overview.oldest', { count: daysBetween(work.oldestRequestAt, at) })}
          </Text>
        )}
      </Section>
      {causes === null ? null : (
        <Section title={t('overview.health')}>
          {causes.length === 0 ? (
            <Alert color="green" icon={<Icon name="check" />}>
              {t('overview.healthy')}
            </Alert>
          ) : (
            <Alert color="red" icon={<Icon name="alert" />}>
              {causes.map((cause) => t(`health.cause.${cause}`)).join(' ')}
            </Alert>
          )}
        </Section>
      )}
      <Section title={t('overview.denials')}>
        <Denials denials={denials} />
      </Section>
      <Section title={t('overview.due')}>
        <Figures>
          <Figure label={t('overview.live')} value={sessions.live} to="/sessions" />
          <Figure
            label={t('overview.valid')}
            value={accounts.valid}
            to="/accounts"
            search={{ state: 'valid' }}
          />
          <Figure
            label={t('overview.expiring')}
            value={accounts.expiring}
            to="/accounts"
            search={{ expiringDays: '30' }}
          />
          <Figure
            label={t('term.dormant')}
            value={accounts.dormant}
            to="/accounts"
            search={{ attention: 'dormant' }}
          />
          <Figure
            label={t('overview.incomplete')}
            value={accounts.incomplete}
            to="/accounts"
            search={{ attention: 'incomplete' }}
          />
          <Figure
            label={t('term.pending')}
            value={accounts.pending}
            to="/accounts"
            search={{ state: 'pending' }}
          />
        </Figures>
      </Section>
      <Section title={t('overview.hours')}>
        <Suspense fallback={<Skeleton h={220} />}>
          <figure
            className="plot"
            aria-label={t('overview.hoursText', {
              accepted: hours.reduce((sum, hour) => sum + hour.accepted, 0),
              denied: hours.reduce((sum, hour) => sum + hour.denied, 0),
            })}
          >
            <Chart
              kind="area"
              data={hours.map((hour) => ({
                key: timeText(hour.at),
                accepted: hour.accepted,
                denied: hour.denied,
              }))}
              series={[
                { name: 'accepted', label: t('state.outcome.accept'), color: 'teal.7' },
                { name: 'denied', label: t('state.outcome.deny'), color: 'red.7' },
              ]}
            />
          </figure>
        </Suspense>
      </Section>
    </Page>
  );
}
