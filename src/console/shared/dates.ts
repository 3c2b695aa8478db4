// Instants as people read them: dd/MM/yyyy, HH:mm in the organisation's time zone, never the browser's.
// Pure functions of milliseconds and language; glossary of dates: end of a day is 24:00, typed dates are day first.

export type Language = 'vi' | 'en';

const dayMs = 86_400_000;
let zone = 'Asia/Ho_Chi_Minh';
let format = createFormat(zone);

function createFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
}

/** The organisation's zone, as the server says; shown once in the footer. */
export function setTimeZone(name: string): void {
  zone = name;
  format = createFormat(name);
}

export const timeZone = (): string => zone;

export interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

interface Parts extends Day {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

function partsOf(at: number): Parts {
  const found: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(at)) found[type] = Number(value);
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = found;
  return { year, month, day, hour, minute, second };
}

const two = (value: number) => String(value).padStart(2, '0');

/** `09/02/2026` */
export const dayText = ({ year, month, day }: Day): string => `${two(day)}/${two(month)}/${year}`;

/** `2026-02-09`, as the API takes a day. */
export const dayIso = ({ year, month, day }: Day): string => `${year}-${two(month)}-${two(day)}`;

export const dayOf = (at: number): Day => partsOf(at);

/** `09/02/2026` */
export const dateText = (at: number): string => dayText(partsOf(at));

/** `14:05` */
export function timeText(at: number): string {
  const { hour, minute } = partsOf(at);
  return `${two(hour)}:${two(minute)}`;
}

/** `14:05 09/02/2026` */
export const dateTimeText = (at: number): string => `${timeText(at)} ${dateText(at)}`;

/** `14:05:09 09/02/2026`, for records where seconds matter. */
export function preciseText(at: number): string {
  const { second } = partsOf(at);
  return `${timeText(at)}:${two(second)} ${dateText(at)}`;
}

/** The last moment of a term in words of days: an end at 00:00 belongs to the day before, at 24:00. */
export function lastDayOf(until: number): { readonly day: Day; readonly time: string } {
  const time = timeText(until);
  return time === '00:00' ? { day: partsOf(until - 1), time: '24:00' } : { day: partsOf(until), time };
}

/** `28/02/2026`, or `15:30 28/02/2026` where the term ends inside a day. */
export function untilText(until: number): string {
  const { day, time } = lastDayOf(until);
  return time === '24:00' ? dayText(day) : `${time} ${dayText(day)}`;
}

const weekdays: Readonly<Record<Language, readonly string[]>> = {
  vi: ['Chủ Nhật', 'thứ Hai', 'thứ Ba', 'thứ Tư', 'thứ Năm', 'thứ Sáu', 'thứ Bảy'],
  en: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
};

/** `thứ Bảy, 28/02/2026` */
export function dayWords(day: Day, language: Language): string {
  const weekday = new Date(Date.UTC(day.year, day.month - 1, day.day)).getUTCDay();
  return `${weekdays[language][weekday]}, ${dayText(day)}`;
}

/** Whole calendar days from one instant to another. */
export function daysBetween(from: number, to: number): number {
  const midnight = ({ year, month, day }: Day) => Date.UTC(year, month - 1, day);
  return Math.round((midnight(partsOf(to)) - midnight(partsOf(from))) / dayMs);
}

export type TypedDay =
  | { readonly ok: true; readonly day: Day }
  | { readonly ok: false; readonly fault: 'form' | 'two-digit-year' | 'no-such-day' };

/** Takes `d/M/yyyy`, `dd-MM-yyyy` and ISO 8601. Two-digit years are refused, never guessed. */
export function parseDay(typed: string): TypedDay {
  const text = typed.trim();
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  const local = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/.exec(text);
  if (iso === null && local === null) {
    return { ok: false, fault: /^\d{1,2}[/.-]\d{1,2}[/.-]\d{2}$/.test(text) ? 'two-digit-year' : 'form' };
  }
  const [year, month, day] = (
    iso === null ? [local?.[3], local?.[2], local?.[1]] : [iso[1], iso[2], iso[3]]
  ).map(Number);
  if (year === undefined || month === undefined || day === undefined) return { ok: false, fault: 'form' };
  const check = new Date(Date.UTC(year, month - 1, day));
  const exists =
    check.getUTCFullYear() === year && check.getUTCMonth() === month - 1 && check.getUTCDate() === day;
  return exists ? { ok: true, day: { year, month, day } } : { ok: false, fault: 'no-such-day' };
}

/** 00:00 of a day in the organisation's zone. */
export function startOfDay({ year, month, day }: Day): number {
  const guess = Date.UTC(year, month - 1, day);
  const seen = partsOf(guess);
  const shown = Date.UTC(seen.year, seen.month - 1, seen.day, seen.hour, seen.minute, seen.second);
  return guess - (shown - guess);
}

/** 24:00 of a day, which is 00:00 of the next. */
export function endOfDay({ year, month, day }: Day): number {
  const next = new Date(Date.UTC(year, month - 1, day + 1));
  return startOfDay({ year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate() });
}
