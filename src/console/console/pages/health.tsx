// The health of the installation: what keeps a node from answering, store and disk, nodes, jobs, messages, checkpoint, backup, tokens, certificates; the doctor when it is asked.
import { Alert, List } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { TFunction } from 'i18next';
import { useTranslation } from 'react-i18next';
import type { HealthReport } from '../../../api/health.ts';
import { call } from '../../shared/api.ts';
import { useLanguage } from '../../shared/appearance.tsx';
import { dateText, dateTimeText, untilText } from '../../shared/dates.ts';
import { Facts, Section } from '../../shared/facts.tsx';
import { Fault } from '../../shared/fault.tsx';
import { numberText } from '../../shared/numbers.ts';
import { Page } from '../../shared/page.tsx';
import { RecordTable, Waiting } from '../../shared/table.tsx';
import { DoctorSection } from '../parts/doctor-section.tsx';

const dayMs = 86_400_000;
const gigabyte = 1024 ** 3;
/** Below this share of the disk, and beyond these ages, somebody should act. */
const leastFree = 0.1;
const longestBackupDays = 2;
const certificateWarningDays = 30;

/** What somebody should act on, in words. */
function useWarnings(): (report: HealthReport) => string[] {
  const { t } = useTranslation();
  return ({ at, causes, disk, backupAt, store, certificates, messages, tokens }) => [
    ...causes.map((cause) => t(`health.cause.${cause}`)),
    ...(disk !== null && disk.freeBytes < disk.sizeBytes * leastFree ? [t('health.diskFull')] : []),
    ...(store.dialect === 'sqlite' && (backupAt === null || at - backupAt > longestBackupDays * dayMs)
      ? [t('health.backupOld')]
      : []),
    ...certificates.flatMap(({ name, validUntil }) => {
      if (validUntil === null) return [t('health.certificateUnreadable', { name })];
      return validUntil - at < certificateWarningDays * dayMs ? [t('health.certificateEnds', { name })] : [];
    }),
    ...tokens.map(({ name, expiresAt }) => t('health.tokenEnds', { name, date: dateText(expiresAt) })),
    ...(messages.attempts > 3 ? [t('health.messagesStuck')] : []),
  ];
}

/** Jobs in words; those that read a source are named after it (jobs/feeds.ts, services/feeds/poll.ts). */
function jobText(t: TFunction, name: string): string {
  const [, source] = /^(?:feed-|reading )(.+)$/.exec(name) ?? [];
  return source === undefined
    ? t(`health.job.${name}`, { defaultValue: name })
    : t('health.jobOfSource', { source });
}

export default function Health() {
  const { t } = useTranslation();
  const language = useLanguage();
  const warningsOf = useWarnings();
  const { data, error } = useQuery({
    queryKey: ['/health'],
    queryFn: ({ signal }) => call<HealthReport>('GET', '/health', { signal }),
    refetchInterval: 15_000,
  });
  if (data === undefined)
    return <Page title={t('page.health')}>{error === null ? <Waiting /> : <Fault error={error} />}</Page>;
  const warnings = warningsOf(data);
  const size = (bytes: number) => `${numberText(Math.round(bytes / gigabyte), language)} GB`;
  return (
    <Page title={t('page.health')} lead={t('health.lead')}>
      {warnings.length === 0 ? (
        <Alert color="green">{t('health.well')}</Alert>
      ) : (
        <Alert color="orange" title={t('health.act')}>
          <List size="sm">
            {warnings.map((warning) => (
              <List.Item key={warning}>{warning}</List.Item>
            ))}
          </List>
        </Alert>
      )}
      <DoctorSection />
      <Section title={t('health.store')}>
        <Facts
          columns={3}
          facts={[
            [t('health.dialect'), data.store.dialect === 'sqlite' ? 'SQLite' : 'PostgreSQL'],
            [t('health.readTime'), `${data.store.readMs} ms`],
            [
              t('health.disk'),
              data.disk === null
                ? null
                : t('health.diskFree', { free: size(data.disk.freeBytes), all: size(data.disk.sizeBytes) }),
            ],
            [t('health.backup'), data.backupAt === null ? t('health.never') : dateTimeText(data.backupAt)],
            [
              t('health.checkpoint'),
              data.checkpointAt === null ? t('health.never') : dateTimeText(data.checkpointAt),
            ],
            [
              t('health.messages'),
              data.messages.waiting === 0 || data.messages.oldestAt === null
                ? t('health.noMessages')
                : t('health.messagesSince', {
                    count: data.messages.waiting,
                    at: dateTimeText(data.messages.oldestAt),
                  }),
            ],
          ]}
        />
      </Section>
      <Section title={t('health.nodes')}>
        <RecordTable
          label={t('health.nodes')}
          rows={data.nodes}
          idOf={({ node }) => node}
          columns={[
            { key: 'node', title: t('column.name'), cell: ({ node }) => node },
            { key: 'since', title: t('health.started'), cell: ({ startedAt }) => dateTimeText(startedAt) },
          ]}
        />
      </Section>
      <Section title={t('health.jobs')}>
        <RecordTable
          label={t('health.jobs')}
          rows={data.jobs}
          empty={t('health.noJobs')}
          idOf={({ name }) => name}
          columns={[
            { key: 'name', title: t('column.name'), cell: ({ name }) => jobText(t, name) },
            { key: 'holder', title: t('health.holder'), cell: ({ holder }) => holder },
            {
              key: 'state',
              title: t('column.state'),
              cell: ({ isHeld }) => t(isHeld ? 'health.held' : 'health.free'),
            },
          ]}
        />
      </Section>
      <Section title={t('health.certificates')}>
        <RecordTable
          label={t('health.certificates')}
          rows={data.certificates}
          empty={t('health.noCertificates')}
          idOf={({ name }) => name}
          columns={[
            { key: 'name', title: t('health.usedFor'), cell: ({ name }) => name },
            { key: 'subject', title: t('column.name'), cell: ({ subject }) => subject ?? '–' },
            {
              key: 'until',
              title: t('term.validUntil'),
              cell: ({ validUntil }) => (validUntil === null ? '–' : untilText(validUntil)),
            },
          ]}
        />
      </Section>
    </Page>
  );
}
