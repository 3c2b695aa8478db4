// The first ten minutes: what a new installation still lacks, in order, each step with its page. Gone once all is done.
import { List, Paper, Progress, Text, ThemeIcon, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Checklist } from '../../../api/overview.ts';
import { call } from '../../shared/api.ts';
import { Icon } from '../../shared/icons.tsx';
import { Go } from '../../shared/link.tsx';
import { useSession } from '../session.tsx';

type Step = Checklist['steps'][number]['step'];

const pageOf: Readonly<Record<Step, string>> = {
  organisation: '/organisation',
  units: '/organisation',
  gateway: '/gateways/new',
  policy: '/policies/organisation',
  people: '/organisation',
  account: '/organisation',
  slip: '/rollout',
  login: '/attempts',
  sample: '/organisation',
};

export function FirstSteps() {
  const { t } = useTranslation();
  const { everywhere } = useSession();
  const { data } = useQuery({
    queryKey: ['/checklist'],
    queryFn: ({ signal }) => call<Checklist>('GET', '/checklist', { signal }),
    refetchInterval: 10_000,
  });
  const steps = data?.steps ?? [];
  const done = steps.filter(({ isDone }) => isDone).length;
  if (!everywhere.includes('gateway.edit') || steps.length === 0 || done === steps.length) return null;
  return (
    <Paper withBorder p="md" component="section" aria-label={t('steps.title')}>
      <Title order={2} size="h4">
        {t('steps.title')}
      </Title>
      <Progress
        value={(100 * done) / steps.length}
        my="sm"
        aria-label={t('steps.progress', { done, all: steps.length })}
      />
      <List spacing="xs" center>
        {steps.map(({ step, isDone }) => (
          <List.Item
            key={step}
            icon={
              <ThemeIcon size={22} radius="xl" variant={isDone ? 'filled' : 'default'} color="teal">
                {isDone ? <Icon name="check" size={14} /> : null}
              </ThemeIcon>
            }
          >
            {isDone ? (
              <Text c="dimmed">{t(`steps.step.${step}`)}</Text>
            ) : (
              <Go to={pageOf[step]}>{t(`steps.step.${step}`)}</Go>
            )}
          </List.Item>
        ))}
      </List>
    </Paper>
  );
}
