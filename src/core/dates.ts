// Dates as people write them, in the organisation's time zone: reading terms, and printing instants (epoch ms).
import { OperatorError } from '../base/errors.ts';
import type { Language } from './reason-texts.ts';
import { dayMs, dayOf, instantAt, wallAt, weekdayName, weekdayOf } from './time-zone.ts';

const earliestYear = 1900;
const latestYear = 2999;

/**
 * The instant (epoch ms) that a date of a term means. Takes `d/M/yyyy`, `d-M-yyyy`, `yyyy-MM-dd`, and ISO 8601
 * date-times with an offset. A date without a time is 00:00 of that day for `from`, 24:00 for `until`, in the
 * time zone. Two-digit years, month-first and impossible dates are an OperatorError that shows a good example.
 */
export function parseTermDate(text: string, kind: 'from' | 'until', timeZone: string): number {
  const written = text.trim();
  const dateTime =
    /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?([Zz]|[+-]\d\d(?::?\d\d)?)?$/.exec(
      written,
    );
  if (dateTime !== null) return parseDateTime(written, dateTime);

  const iso = /^(\d{4})-(\d\d)-(\d\d)$/.exec(written);
  const dayFirst = /^(\d{1,2})([/-])(\d{1,2})\2(\d{4})$/.exec(written);
  if (iso === null && dayFirst === null) {
    if (/^\d{1,2}[/.-]\d{1,2}[/.-]\d{2}$/.test(written)) refuse(written, 'has a year of two digits');
    refuse(written, 'is not a date');
  }
  const day =
    iso === null
      ? dayNumber(written, dayFirst?.[4], dayFirst?.[3], dayFirst?.[1])
      : dayNumber(written, iso[1], iso[2], iso[3]);
  return kind === 'from'
    ? instantAt(day * dayMs, timeZone, 'earlier')
    : instantAt((day + 1) * dayMs, timeZone, 'later');
}

function parseDateTime(written: string, match: RegExpExecArray): number {
  const [, year, month, date, hourText, minuteText, secondText = '0', fraction = '', offset] = match;
  if (offset === undefined)
    refuse(written, 'has a time but no offset from UTC', ' Or add the offset: 2026-02-28T17:30+07:00.');
  const day = dayNumber(written, year, month, date);
  const [hour, minute, second] = [Number(hourText), Number(minuteText), Number(secondText)];
  const endOfDay = hour === 24 && minute === 0 && second === 0 && Number(fraction) === 0;
  if ((hour > 23 && !endOfDay) || minute > 59 || second > 59) refuse(written, 'has an impossible time');
  const digits = offset.replace(/[^0-9]/g, '').padEnd(4, '0');
  const [offsetHours, offsetMinutes] = [Number(digits.slice(0, 2)), Number(digits.slice(2))];
  if (offsetHours > 14 || offsetMinutes > 59) refuse(written, 'has an impossible offset from UTC');
  const offsetMs = (offsetHours * 60 + offsetMinutes) * 60_000 * (offset.startsWith('-') ? -1 : 1);
  const millisecond = Number(fraction.padEnd(3, '0').slice(0, 3));
  return day * dayMs + ((hour * 60 + minute) * 60 + second) * 1000 + millisecond - offsetMs;
}

/** Days from 1970-01-01 of a calendar date; refuses what the calendar does not have. */
function dayNumber(written: string, yearText = '', monthText = '', dateText = ''): number {
  const [year, month, date] = [Number(yearText), Number(monthText), Number(dateText)];
  if (year < earliestYear || year > latestYear)
    refuse(written, `is not between ${earliestYear} and ${latestYear}`);
  if (month > 12 && date >= 1 && date <= 12) refuse(written, 'has the month before the day or no such month');
  const midnight = new Date(Date.UTC(year, month - 1, date));
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== date)
    refuse(written, 'is no day of the calendar');
  return midnight.getTime() / dayMs;
}

function refuse(written: string, fault: string, more = ''): never {
  throw new OperatorError(`${JSON.stringify(written.slice(0, 40))} ${fault}`, {
    remedy: `Write day/month/year with four digits for the year, such as 28/02/2026, or 2026-02-28.${more}`,
  });
}

interface WallFields {
  /** `HH:mm:ss`. */
  time: string;
  /** `dd/MM/yyyy`. */
  date: string;
  weekday: number;
}

function fieldsOf(wall: number): WallFields {
  const [date = '', time = ''] = new Date(wall).toISOString().split('T');
  return {
    time: time.slice(0, 8),
    date: date.split('-').reverse().join('/'),
    weekday: weekdayOf(dayOf(wall)),
  };
}

/** `HH:mm:ss dd/MM/yyyy`, for logs and records. The same in both languages. */
export function formatInstant(instant: number, timeZone: string): string {
  const { time, date } = fieldsOf(wallAt(instant, timeZone));
  return `${time} ${date}`;
}

/** `dd/MM/yyyy`. */
export function formatDate(instant: number, timeZone: string): string {
  return fieldsOf(wallAt(instant, timeZone)).date;
}

/**
 * An instant as people say it, to the minute (seconds only if there are any). As the end of something, the first
 * moment of a day is 24:00 of the day before.
 */
function spokenFields(instant: number, kind: 'from' | 'until', timeZone: string): WallFields {
  const wall = wallAt(instant, timeZone);
  const day = dayOf(wall);
  if (kind === 'until' && instantAt(day * dayMs, timeZone, 'later') === instant) {
    return { ...fieldsOf((day - 1) * dayMs), time: '24:00' };
  }
  const fields = fieldsOf(wall);
  return { ...fields, time: fields.time.endsWith(':00') ? fields.time.slice(0, 5) : fields.time };
}

/** `HH:mm dd/MM/yyyy`; as an end, midnight is 24:00 of the day before. */
export function formatMoment(instant: number, kind: 'from' | 'until', timeZone: string): string {
  const { time, date } = spokenFields(instant, kind, timeZone);
  return `${time} ${date}`;
}

const termLabels: Readonly<Record<'from' | 'until', Readonly<Record<Language, string>>>> = {
  from: { vi: 'Có hiệu lực từ', en: 'Valid from' },
  until: { vi: 'Truy cập lần cuối', en: 'Last access' },
};

/** A bound of a term repeated in words: "Truy cập lần cuối: 24:00 thứ Bảy, 28/02/2026". */
export function termInWords(
  instant: number,
  kind: 'from' | 'until',
  timeZone: string,
  language: Language,
): string {
  const { time, weekday, date } = spokenFields(instant, kind, timeZone);
  return `${termLabels[kind][language]}: ${time} ${weekdayName(weekday, language)}, ${date}`;
}
