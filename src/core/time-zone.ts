// Wall clocks of IANA time zones, with their gaps and overlaps; names of weekdays. A "wall" is the clock's reading taken as if it were UTC, in ms.
import { OperatorError } from '../base/errors.ts';
import type { Language } from './reason-texts.ts';

export const defaultTimeZone = 'Asia/Ho_Chi_Minh';
export const dayMs = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (cause) {
    throw new OperatorError(`unknown time zone ${JSON.stringify(timeZone)}`, {
      remedy: `give a name of the IANA time zone database, such as ${defaultTimeZone}`,
      cause,
    });
  }
  formats.set(timeZone, format);
  return format;
}

/** An OperatorError when the text is not the name of a time zone. */
export function checkTimeZone(timeZone: string): void {
  formatOf(timeZone);
}

/** What the wall clock shows at an instant (epoch ms). */
export function wallAt(instant: number, timeZone: string): number {
  const whole = Math.floor(instant / 1000) * 1000;
  const field = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  let beforeChrist = false;
  for (const { type, value } of formatOf(timeZone).formatToParts(whole)) {
    if (type in field) field[type as keyof typeof field] = Number(value);
    else if (type === 'era') beforeChrist = value.startsWith('B');
  }
  const wall = new Date(0);
  wall.setUTCFullYear(beforeChrist ? 1 - field.year : field.year, field.month - 1, field.day);
  wall.setUTCHours(field.hour, field.minute, field.second);
  return wall.getTime() + (instant - whole);
}

/**
 * The instant (epoch ms) at which the wall clock shows `wall`. A reading that comes twice (clocks put back) gives
 * the earlier or the later instant as asked; one that never comes (clocks put forward) gives the jump itself.
 */
export function instantAt(wall: number, timeZone: string, twice: 'earlier' | 'later'): number {
  const offsetAt = (instant: number) => wallAt(instant, timeZone) - instant;
  const before = offsetAt(wall - dayMs);
  const after = offsetAt(wall + dayMs);
  if (before === after) return wall - before;
  const candidates = [wall - Math.max(before, after), wall - Math.min(before, after)].filter(
    (instant) => wallAt(instant, timeZone) === wall,
  );
  const found = twice === 'earlier' ? candidates[0] : candidates.at(-1);
  if (found !== undefined) return found;

  let low = wall - after;
  let high = wall - before;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === after) high = middle;
    else low = middle;
  }
  return high;
}

/** The day that a wall lies in, counted from 1970-01-01. */
export function dayOf(wall: number): number {
  return Math.floor(wall / dayMs);
}

/** Monday is 1, Sunday 7 (ISO 8601). */
export function weekdayOf(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

const dayNames: Readonly<Record<Language, readonly string[]>> = {
  vi: ['thứ Hai', 'thứ Ba', 'thứ Tư', 'thứ Năm', 'thứ Sáu', 'thứ Bảy', 'Chủ Nhật'],
  en: ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'],
};

/** The name of a weekday (Monday 1) inside a sentence. */
export function weekdayName(weekday: number, language: Language): string {
  return dayNames[language][weekday - 1] ?? '';
}
