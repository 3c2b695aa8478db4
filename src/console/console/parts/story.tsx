// The whole story of an account on one time line: what was recorded, and what takes or took effect by its papers, newest first.
import { Button, Group, Stack, Text, Timeline } from '@mantine/core';
import type { TFunction } from 'i18next';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Account, Timeline as Records } from '../../../api/accounts.ts';
import { dateText, preciseText, untilText } from '../../shared/dates.ts';
import { Fault } from '../../shared/fault.tsx';
import { Go } from '../../shared/link.tsx';
import { useRecords } from '../../shared/records.ts';
import { Waiting } from '../../shared/table.tsx';

interface Moment {
  readonly key: string;
  readonly at: number;
  readonly title: ReactNode;
  readonly line: string;
  readonly colour: 'teal' | 'red' | 'gray';
}

function Paper({ text, paper }: { text: string; paper: Account['assignments'][number] }) {
  return (
    <>
      {text} <Go to={`/assignments/${paper.id}`}>{paper.documentNumber}</Go>
    </>
  );
}

/** Days on which something about the account begins or ends; some lie ahead. */
function datedFacts(account: Account, t: TFunction): Moment[] {
  const { employmentEvents, assignments, workstations, validFrom, validUntil } = account;
  const from = (key: string, at: number, title: ReactNode, more: string | null = null): Moment => ({
    key,
    at,
    title,
    line: [dateText(at), more].filter(Boolean).join(' · '),
    colour: 'gray',
  });
  const until = (key: string, at: number | null, title: ReactNode): Moment[] =>
    at === null ? [] : [{ key, at, title, line: untilText(at), colour: 'gray' }];
  return [
    from('term-from', validFrom, t('story.termFrom')),
    ...until('term-until', validUntil, t('story.termUntil')),
    ...employmentEvents.map(({ kind, detail, effectiveAt, documentNumber }) =>
      from(
        `event ${kind} ${effectiveAt}`,
        effectiveAt,
        detail === null ? t(`event.kind.${kind}`) : t(`event.detail.${detail}`, { defaultValue: detail }),
        documentNumber,
      ),
    ),
    ...assignments.flatMap((paper) => [
      from(
        `paper-from ${paper.id}`,
        paper.validFrom,
        <Paper key="from" text={t('story.paperFrom')} paper={paper} />,
        paper.purpose,
      ),
      ...until(
        `paper-until ${paper.id}`,
        paper.validUntil,
        <Paper key="until" text={t('story.paperUntil')} paper={paper} />,
      ),
    ]),
    ...workstations.flatMap(({ id, assetTag, validFrom: since, validUntil: end }) => [
      from(`machine-from ${id} ${since}`, since, t('story.workstationFrom', { assetTag })),
      ...until(`machine-until ${id} ${since}`, end, t('story.workstationUntil', { assetTag })),
    ]),
  ];
}

function recorded(row: Records['items'][number]): Moment {
  const { record, at, kind, explanation, gateway, personal, outcome } = row;
  return {
    key: record,
    at,
    title: kind === 'decision' ? <Go to={`/attempts/${record}`}>{explanation.title}</Go> : explanation.title,
    line: [preciseText(at), gateway, personal?.['administrator'], personal?.['reason']]
      .filter(Boolean)
      .join(' · '),
    colour: kind === 'decision' && outcome === 'deny' ? 'red' : 'teal',
  };
}

export function Story({ account }: { readonly account: Account }) {
  const { t } = useTranslation();
  const { rows, error, more } = useRecords<Records['items'][number]>(`/accounts/${account.id}/timeline`, {});
  if (error !== null) return <Fault error={error} />;
  if (rows === undefined) return <Waiting />;
  // What lies before the oldest record loaded is shown with the records of its time.
  const oldest = more.hasMore ? (rows.at(-1)?.at ?? 0) : Number.NEGATIVE_INFINITY;
  const moments = [...rows.map(recorded), ...datedFacts(account, t).filter(({ at }) => at >= oldest)].sort(
    (a, b) => b.at - a.at,
  );
  const now = Date.now();
  return (
    <Stack>
      <Timeline bulletSize={14} lineWidth={2} active={moments.length}>
        {moments.map(({ key, at, title, line, colour }) => (
          <Timeline.Item key={key} title={title} color={colour}>
            <Text size="sm" c="dimmed">
              {at > now ? `${t('story.ahead')} · ${line}` : line}
            </Text>
          </Timeline.Item>
        ))}
      </Timeline>
      {more.hasMore ? (
        <Group>
          <Button variant="default" loading={more.isLoading} onClick={more.load}>
            {t('list.more')}
          </Button>
        </Group>
      ) : null}
    </Stack>
  );
}
