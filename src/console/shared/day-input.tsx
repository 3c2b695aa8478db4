// A day typed as d/M/yyyy or picked from a calendar; what it means is repeated in words, down to the minute.
import { ActionIcon, Popover, Skeleton, TextInput, type TextInputProps } from '@mantine/core';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLanguage } from './appearance.tsx';
import { type Day, dayIso, dayText, dayWords, parseDay } from './dates.ts';
import { Icon } from './icons.tsx';

const Calendar = lazy(() => import('./calendar.tsx'));

export interface DayInputProps
  extends Omit<TextInputProps, 'value' | 'onChange' | 'defaultValue' | 'min' | 'max'> {
  readonly value: Day | null;
  readonly onChange: (day: Day | null) => void;
  /** 'until': the whole day still counts, to 24:00. 'from': from 00:00 on. */
  readonly means: 'until' | 'from' | 'day';
  readonly min?: Day | undefined;
  readonly max?: Day | undefined;
}

const fault = {
  form: 'date.form',
  'two-digit-year': 'date.twoDigitYear',
  'no-such-day': 'date.noSuchDay',
} as const;
const meaning = { until: 'date.lastAccess', from: 'date.firstAccess', day: 'date.day' } as const;

export function DayInput({ value, onChange, means, min, max, error, ...rest }: DayInputProps) {
  const { t } = useTranslation();
  const language = useLanguage();
  const [typed, setTyped] = useState(value === null ? '' : dayText(value));
  const [problem, setProblem] = useState<string | null>(null);
  const [isOpen, setOpen] = useState(false);
  const iso = value === null ? null : dayIso(value);

  // Another value from outside replaces what is typed; one that the typed text means already does not.
  useEffect(() => {
    setTyped((now) => {
      const parsed = parseDay(now);
      if (iso === null) return parsed.ok ? '' : now;
      if (parsed.ok && dayIso(parsed.day) === iso) return now;
      const again = parseDay(iso);
      return again.ok ? dayText(again.day) : now;
    });
  }, [iso]);

  function check(day: Day): string | null {
    if (min !== undefined && dayIso(day) < dayIso(min)) return t('date.tooEarly', { date: dayText(min) });
    if (max !== undefined && dayIso(day) > dayIso(max)) return t('date.tooLate', { date: dayText(max) });
    return null;
  }

  function take(text: string) {
    setTyped(text);
    if (text.trim() === '') {
      setProblem(null);
      onChange(null);
      return;
    }
    const parsed = parseDay(text);
    setProblem(parsed.ok ? check(parsed.day) : t(fault[parsed.fault]));
    onChange(parsed.ok ? parsed.day : null);
  }

  const words = value === null ? undefined : t(meaning[means], { day: dayWords(value, language) });
  return (
    <TextInput
      {...rest}
      value={typed}
      onChange={(event) => take(event.currentTarget.value)}
      placeholder={t('date.placeholder')}
      description={problem === null ? words : undefined}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      error={problem ?? error}
      autoComplete="off"
      inputMode="numeric"
      rightSection={
        <Popover opened={isOpen} onChange={setOpen} position="bottom-end" trapFocus>
          <Popover.Target>
            <ActionIcon
              variant="subtle"
              aria-label={t('date.open')}
              onClick={() => setOpen((open) => !open)}
              disabled={rest.disabled === true}
            >
              <Icon name="calendar" />
            </ActionIcon>
          </Popover.Target>
          <Popover.Dropdown>
            <Suspense fallback={<Skeleton w={260} h={260} />}>
              <Calendar
                value={iso}
                min={min === undefined ? undefined : dayIso(min)}
                max={max === undefined ? undefined : dayIso(max)}
                onPick={(picked) => {
                  setOpen(false);
                  const parsed = parseDay(picked);
                  if (parsed.ok) take(dayText(parsed.day));
                }}
              />
            </Suspense>
          </Popover.Dropdown>
        </Popover>
      }
    />
  );
}
