// One attempt: what was decided, why, who does what next.
import { Alert, List, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { DecisionDetail, Explanation } from '../../../api/decisions.ts';
import { call } from '../../shared/api.ts';
import { useLanguage } from '../../shared/appearance.tsx';
import { CopyText } from '../../shared/copy-text.tsx';
import { dateTimeText, preciseText } from '../../shared/dates.ts';
import { Facts, Section } from '../../shared/facts.tsx';
import { Fault } from '../../shared/fault.tsx';
import { Go } from '../../shared/link.tsx';
import { Page } from '../../shared/page.tsx';
import { Waiting } from '../../shared/table.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import { lookupCodeText } from './attempts.tsx';

export function Explained({ explanation }: { readonly explanation: Explanation }) {
  const { t } = useTranslation();
  const { title, explanation: text, next } = explanation;
  return (
    <>
      <Text fw={600}>{title}</Text>
      {text === '' ? null : <Text>{text}</Text>}
      {next.length === 0 ? null : (
        <>
          <Text mt="sm" fw={600} size="sm">
            {t('attempts.next')}
          </Text>
          <List size="sm">
            {next.map(({ who, text: todo }) => (
              <List.Item key={`${who} ${todo}`}>
                <b>{who}:</b> {todo}
              </List.Item>
            ))}
          </List>
        </>
      )}
    </>
  );
}

export default function Attempt() {
  const { t } = useTranslation();
  const language = useLanguage();
  const { record } = useParams({ strict: false }) as { record: string };
  const { data, error } = useQuery({
    queryKey: ['/decisions', record, language],
    queryFn: ({ signal }) =>
      call<DecisionDetail>('GET', `/decisions/${encodeURIComponent(record)}`, { signal }),
  });
  if (error !== null) {
    return (
      <Page title={t('attempts.one')}>
        <Fault error={error} />
      </Page>
    );
  }
  if (data === undefined) {
    return (
      <Page title={t('attempts.one')}>
        <Waiting />
      </Page>
    );
  }
  const { personal } = data;
  return (
    <Page title={t('attempts.oneAt', { at: preciseText(data.at) })}>
      <Section title={t('attempts.why')} acts={<StateBadge of="outcome" state={data.outcome} />}>
        <Explained explanation={data.explanation} />
        {data.observed === null ? null : (
          <Alert mt="md" color="orange" title={t('attempts.observed')}>
            <Explained explanation={data.observed} />
          </Alert>
        )}
      </Section>
      <Section title={t('attempts.facts')}>
        <Facts
          columns={3}
          facts={[
            [
              t('term.userName'),
              data.accountId === null ? (
                data.userName
              ) : (
                <Go key="account" to={`/accounts/${data.accountId}`}>
                  {data.userName} · {data.fullName}
                </Go>
              ),
            ],
            [t('term.unit'), data.unitName],
            [t('term.vpnGateway'), data.gateway],
            [t('attempts.station'), data.station],
            [t('term.workstation'), personal?.['workstation']],
            [t('attempts.sourceAddress'), personal?.['sourceAddress']],
            [t('term.evidenceLevel'), data.evidence],
            [t('term.password'), data.password === null ? null : t(`attempts.password.${data.password}`)],
            [t('sessions.until'), data.until === null ? null : dateTimeText(data.until)],
            [
              t('term.lookupCode'),
              data.lookupCode === null ? null : (
                <CopyText key="code" value={lookupCodeText(data.lookupCode)} label={t('term.lookupCode')} />
              ),
            ],
            [
              t('attempts.record'),
              <CopyText key="record" value={data.record} label={t('attempts.record')} />,
            ],
          ]}
        />
        {personal === null ? (
          <Text size="sm" c="dimmed" mt="sm">
            {t('attempts.erased')}
          </Text>
        ) : null}
      </Section>
    </Page>
  );
}
