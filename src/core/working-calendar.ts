// The working calendar: holidays, on which no hours of access begin, and make-up days, which are worked like another weekday.
import type { Language } from './reason-texts.ts';
import { dayMs, weekdayName } from './time-zone.ts';

export const calendarDayKinds = ['holiday', 'make-up-day'] as const;
export type CalendarDayKind = (typeof calendarDayKinds)[number];

/** What is said of one day. */
interface CalendarDay {
  /** The weekday (Monday 1 … Sunday 7) whose hours it has; null: it is a holiday and has none. */
  readonly worksLike: number | null;
  readonly name: string;
}

/** Days (counted from 1970-01-01) that are not like their weekday. */
export type WorkingCalendar = ReadonlyMap<number, CalendarDay>;

export const emptyCalendar: WorkingCalendar = new Map();

/** A day as the store and the API spell it, `yyyy-MM-dd`, counted from 1970-01-01. */
export function dayOfIsoDate(date: string): number {
  return Date.parse(date) / dayMs;
}

/** "30/04/2026 là ngày nghỉ lễ (…)"; null when nothing is said of the day. */
export function calendarDayInWords(
  calendar: WorkingCalendar,
  day: number,
  language: Language,
): string | null {
  const found = calendar.get(day);
  if (found === undefined) return null;
  const date = new Date(day * dayMs).toISOString().slice(0, 10).split('-').reverse().join('/');
  const { worksLike, name } = found;
  const weekday = worksLike === null ? '' : weekdayName(worksLike, language);
  if (language === 'vi') {
    const kind = worksLike === null ? 'là ngày nghỉ lễ' : `là ngày làm bù, như ${weekday}`;
    return `${date} ${kind} (${name})`;
  }
  return `${date} is ${worksLike === null ? 'a holiday' : `a make-up day, like ${weekday}`} (${name})`;
}
