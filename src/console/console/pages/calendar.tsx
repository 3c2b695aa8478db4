// The working calendar: the holidays and make-up days of a year, by which hours of access differ from those of the weekday.
import { Button, Group, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { WorkingCalendar } from '../../../api/calendar.ts';
import { call, callWithEtag } from '../../shared/api.ts';
import { useLanguage } from '../../shared/appearance.tsx';
import { type Day, dateTimeText, dayOf, dayText, dayWords, parseDay } from '../../shared/dates.ts';
import { DayInput } from '../../shared/day-input.tsx';
import { FormDialog } from '../../shared/form-dialog.tsx';
import { Page } from '../../shared/page.tsx';
import { useAct } from '../../shared/step-up.tsx';
import { RecordTable } from '../../shared/table.tsx';
import { ActButton, useDone } from '../parts/act-button.tsx';
import { useFilters } from '../parts/filters.tsx';
import { useCan } from '../session.tsx';

type Item = WorkingCalendar['items'][number];

const kinds = ['holiday', 'make-up-day'] as const;
const weekdays = [1, 2, 3, 4, 5, 6, 7] as const;

interface EnterDaysProps {
  /** Of the calendar that whoever enters has looked at. */
  readonly seenEtag: string | undefined;
  readonly onClose: () => void;
}

function EnterDays({ seenEtag, onClose }: EnterDaysProps) {
  const { t } = useTranslation();
  const act = useAct();
  const done = useDone();
  const [etag] = useState(seenEtag);
  const [kind, setKind] = useState<(typeof kinds)[number]>('holiday');
  const [from, setFrom] = useState<Day | null>(null);
  const [until, setUntil] = useState<Day | null>(null);
  const [worksLike, setWorksLike] = useState<string | null>(null);
  const [name, setName] = useState('');
  const isMakeUp = kind === 'make-up-day';

  async function save() {
    const body = {
      from: from === null ? '' : dayText(from),
      ...(until === null ? {} : { until: dayText(until) }),
      kind,
      ...(isMakeUp ? { worksLike: Number(worksLike) } : {}),
      name: name.trim(),
    };
    await act(() => call('POST', '/calendar', { body, etag }));
    onClose();
    await done(t('calendar.saved'));
  }

  return (
    <FormDialog
      onClose={onClose}
      title={t('calendar.enter')}
      act={t('act.save')}
      isIncomplete={from === null || name.trim() === '' || (isMakeUp && worksLike === null)}
      onSubmit={save}
    >
      <Select
        label={t('column.kind')}
        required
        allowDeselect={false}
        data={kinds.map((value) => ({ value, label: t(`calendar.kind.${value}`) }))}
        value={kind}
        onChange={(value) => setKind(value ?? kind)}
      />
      <Group grow align="flex-start" preventGrowOverflow={false}>
        <DayInput label={t('calendar.from')} means="day" required value={from} onChange={setFrom} />
        <DayInput
          label={t('calendar.until')}
          means="day"
          min={from ?? undefined}
          value={until}
          onChange={setUntil}
        />
      </Group>
      {isMakeUp ? (
        <Select
          label={t('calendar.worksLike')}
          description={t('calendar.worksLikeHint')}
          required
          data={weekdays.map((day) => ({ value: String(day), label: t(`calendar.weekday.${day}`) }))}
          value={worksLike}
          onChange={setWorksLike}
        />
      ) : null}
      <TextInput
        label={t('calendar.name')}
        placeholder={t(`calendar.nameExample.${kind}`)}
        required
        maxLength={200}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </FormDialog>
  );
}

/** "thứ Năm, 30/04/2026" of yyyy-MM-dd. */
function useDayWords(): (day: string) => string {
  const language = useLanguage();
  return (day) => {
    const parsed = parseDay(day);
    return parsed.ok ? dayWords(parsed.day, language) : day;
  };
}

export default function CalendarPage() {
  const { t } = useTranslation();
  const can = useCan();
  const words = useDayWords();
  const { values, set } = useFilters();
  const thisYear = dayOf(Date.now()).year;
  const year = values['year'] ?? String(thisYear);
  const [isEntering, setEntering] = useState(false);
  const { data: seen, error } = useQuery({
    queryKey: ['/calendar', year],
    queryFn: ({ signal }) => callWithEtag<WorkingCalendar>('GET', '/calendar', { query: { year }, signal }),
  });
  return (
    <Page
      title={t('page.calendar')}
      lead={t('calendar.lead')}
      acts={
        can('calendar.edit') ? (
          <Button onClick={() => setEntering(true)}>{t('calendar.enter')}</Button>
        ) : undefined
      }
    >
      <Select
        label={t('calendar.year')}
        data={[-1, 0, 1, 2].map((more) => String(thisYear + more))}
        value={year}
        allowDeselect={false}
        onChange={(value) => set({ year: value })}
        w={160}
      />
      <RecordTable
        label={t('page.calendar')}
        rows={seen?.data.items}
        error={error}
        empty={t('calendar.none', { year })}
        idOf={({ day }) => day}
        columns={[
          { key: 'day', title: t('calendar.day'), cell: ({ day }) => words(day) },
          {
            key: 'kind',
            title: t('column.kind'),
            cell: ({ kind, worksLike }) =>
              worksLike === null
                ? t(`calendar.kind.${kind}`)
                : t('calendar.likeWeekday', { weekday: t(`calendar.weekday.${worksLike}`) }),
          },
          { key: 'name', title: t('calendar.name'), cell: ({ name }) => name },
          {
            key: 'changed',
            title: t('policies.changed'),
            cell: ({ changedAt, changedBy }) => `${dateTimeText(changedAt)} · ${changedBy}`,
          },
          ...(can('calendar.edit')
            ? [
                {
                  key: 'act',
                  title: t('column.act'),
                  cell: ({ day, name }: Item) => (
                    <ActButton
                      size="compact-sm"
                      label={t('act.remove')}
                      title={t('calendar.removeTitle', { day: words(day), name })}
                      effect={t('calendar.removeEffect')}
                      done={t('calendar.removed')}
                      isDangerous
                      act={() => call('DELETE', `/calendar/${day}`, { etag: seen?.etag })}
                    />
                  ),
                },
              ]
            : []),
        ]}
      />
      {isEntering ? <EnterDays seenEtag={seen?.etag} onClose={() => setEntering(false)} /> : null}
    </Page>
  );
}
