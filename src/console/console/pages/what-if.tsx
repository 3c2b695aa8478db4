// Trying a situation: would this login work? Nothing is changed by asking.
import { Alert, Button, Group, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { WhatIfAnswer } from '../../../api/decisions.ts';
import type { Gateways } from '../../../api/gateways.ts';
import { call } from '../../shared/api.ts';
import { type Day, dateTimeText, startOfDay } from '../../shared/dates.ts';
import { DayInput } from '../../shared/day-input.tsx';
import { Section } from '../../shared/facts.tsx';
import { Fault, fieldErrors } from '../../shared/fault.tsx';
import { Page } from '../../shared/page.tsx';
import { useFilters } from '../parts/filters.tsx';
import { StateBadge } from '../parts/state-badge.tsx';
import { Explained } from './attempt.tsx';

interface Typed {
  userName: string;
  gateway: string;
  workstation: string;
  day: Day | null;
  time: string;
  password: string;
  code: string;
}

/** HH:mm as milliseconds of its day; null: it is no time. */
function timeOfDay(typed: string): number | null {
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(typed.trim()) ?? [];
  return hours === undefined || minutes === undefined
    ? null
    : (Number(hours) * 60 + Number(minutes)) * 60_000;
}

export default function WhatIf() {
  const { t } = useTranslation();
  const { values } = useFilters();
  const { data: gateways } = useQuery({
    queryKey: ['/gateways'],
    queryFn: ({ signal }) => call<Gateways>('GET', '/gateways', { signal }),
    retry: false,
  });
  const form = useForm<Typed>({
    initialValues: {
      userName: values['user'] ?? '',
      gateway: '',
      workstation: values['workstation'] ?? '',
      day: null,
      time: '12:00',
      password: 'right',
      code: 'right',
    },
    validate: {
      time: (time, { day }) => (day !== null && timeOfDay(time) === null ? t('whatIf.timeForm') : null),
    },
  });
  const ask = useMutation({
    mutationFn: ({ userName, gateway, workstation, day, time, password, code }: Typed) =>
      call<WhatIfAnswer>('POST', '/what-if', {
        body: {
          userName,
          gateway,
          password,
          code,
          ...(workstation.trim() === '' ? {} : { workstation: workstation.trim() }),
          ...(day === null ? {} : { at: startOfDay(day) + (timeOfDay(time) ?? 0) }),
        },
      }),
    onError: (error) => form.setErrors(fieldErrors(error)),
  });
  const secrets = (names: readonly string[]) =>
    names.map((value) => ({ value, label: t(`whatIf.is.${value}`) }));
  return (
    <Page title={t('page.whatIf')} lead={t('whatIf.lead')}>
      <Section title={t('whatIf.situation')}>
        <form onSubmit={form.onSubmit((typed) => ask.mutate(typed))}>
          <Stack>
            <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }}>
              <TextInput label={t('term.userName')} required {...form.getInputProps('userName')} />
              {gateways === undefined ? (
                <TextInput label={t('term.vpnGateway')} required {...form.getInputProps('gateway')} />
              ) : (
                <Select
                  label={t('term.vpnGateway')}
                  required
                  data={gateways.items.map(({ name }) => name)}
                  {...form.getInputProps('gateway')}
                />
              )}
              <TextInput
                label={t('term.assetTag')}
                description={t('whatIf.workstationHint')}
                inputWrapperOrder={['label', 'input', 'description', 'error']}
                {...form.getInputProps('workstation')}
              />
              <DayInput
                label={t('whatIf.day')}
                means="day"
                value={form.values.day}
                onChange={(day) => form.setFieldValue('day', day)}
              />
              <TextInput
                label={t('whatIf.time')}
                placeholder="HH:mm"
                autoComplete="off"
                disabled={form.values.day === null}
                {...form.getInputProps('time')}
              />
              <Select
                label={t('term.password')}
                data={secrets(['right', 'wrong'])}
                allowDeselect={false}
                {...form.getInputProps('password')}
              />
              <Select
                label={t('term.oneTimeCode')}
                data={secrets(['right', 'wrong', 'absent'])}
                allowDeselect={false}
                {...form.getInputProps('code')}
              />
            </SimpleGrid>
            <Fault error={ask.error} />
            <Group>
              <Button type="submit" loading={ask.isPending}>
                {t('whatIf.try')}
              </Button>
            </Group>
          </Stack>
        </form>
      </Section>
      {ask.data === undefined ? null : (
        <Section title={t('whatIf.answer')} acts={<StateBadge of="outcome" state={ask.data.outcome} />}>
          <div aria-live="polite">
            <Explained explanation={ask.data.explanation} />
            {ask.data.until === null ? null : (
              <Text mt="sm">{t('whatIf.until', { at: dateTimeText(ask.data.until) })}</Text>
            )}
            {ask.data.observed === null ? null : (
              <Alert mt="md" color="orange" title={t('attempts.observed')}>
                <Explained explanation={ask.data.observed} />
              </Alert>
            )}
          </div>
        </Section>
      )}
    </Page>
  );
}
