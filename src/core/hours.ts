// Hours of access: on which days and between which times of the wall clock an account may be connected.
import { OperatorError } from '../base/errors.ts';
import type { Language } from './reason-texts.ts';
import { checkTimeZone, dayMs, dayOf, instantAt, wallAt, weekdayName, weekdayOf } from './time-zone.ts';
import { calendarDayInWords, emptyCalendar, type WorkingCalendar } from './working-calendar.ts';

/** No session lasts longer: the most that a policy may say (`uncutSessionMinutes`). */
const longestSessionDays = 31;

interface AccessWindow {
  /** Days on which it begins: Monday 1 … Sunday 7. */
  readonly days: readonly number[];
  /** `HH:mm`. */
  readonly from: string;
  /** `HH:mm`, up to `24:00`. Not later than `from`: on the following day. */
  readonly until: string;
}

export interface AccessHours {
  /** IANA name. */
  readonly timeZone: string;
  /** Open if any window is; none: never. */
  readonly windows: readonly AccessWindow[];
  /** False: holidays and make-up days are like their weekday. Left out: the working calendar counts. */
  readonly followsCalendar?: boolean;
}

/** Whether access is open at an instant (epoch ms). Null hours are always open; the end of a window is closed. */
export function isOpen(hours: AccessHours | null, calendar: WorkingCalendar, now: number): boolean {
  return hours === null || furthestEnd(hours, calendarOf(hours, calendar), now) > now;
}

function calendarOf({ followsCalendar }: AccessHours, calendar: WorkingCalendar): WorkingCalendar {
  return followsCalendar === false ? emptyCalendar : calendar;
}

/**
 * The instant (epoch ms) at which the open interval around `now` ends, windows that touch or overlap taken as one;
 * null when it has no end. While closed it is `now` itself, so that a session bounded by it cannot begin.
 */
export function openUntil(hours: AccessHours | null, calendar: WorkingCalendar, now: number): number | null {
  if (hours === null) return null;
  const followed = calendarOf(hours, calendar);
  // The windows repeat every week: what is open for longer than that stays open, unless a holiday comes before any session ends.
  const longestMs = (followed.size === 0 ? 9 : longestSessionDays) * dayMs;
  let end = now;
  for (;;) {
    const longer = furthestEnd(hours, followed, end);
    if (longer <= end) return end;
    end = longer;
    if (end - now > longestMs) return null;
  }
}

/** The latest end of the windows that are open at an instant; the instant itself when none is. */
function furthestEnd(hours: AccessHours, calendar: WorkingCalendar, instant: number): number {
  const { timeZone, windows } = hours;
  const today = dayOf(wallAt(instant, timeZone));
  const begins = [today - 1, today].map((day) => {
    const said = calendar.get(day);
    return { day, weekday: said === undefined ? weekdayOf(day) : said.worksLike };
  });
  let furthest = instant;
  for (const { days, from, until } of windows) {
    const begin = minutesOf(from);
    const length = (minutesOf(until) - begin + 1440) % 1440 || 1440;
    for (const { day, weekday } of begins) {
      if (weekday === null || !days.includes(weekday)) continue;
      const wall = day * dayMs + begin * 60_000;
      const opens = instantAt(wall, timeZone, 'earlier');
      const closes = instantAt(wall + length * 60_000, timeZone, 'later');
      if (opens <= instant && instant < closes) furthest = Math.max(furthest, closes);
    }
  }
  return furthest;
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

/**
 * Hours of access from a file or a request, checked; `at` names the field for the OperatorError.
 * The time zone of the organisation stands in for a missing one.
 */
export function parseAccessHours(value: unknown, at: string, organisationTimeZone: string): AccessHours {
  const refuse = (message: string, remedy: string): never => {
    throw new OperatorError(message, { at, remedy });
  };
  const example = '{ windows: [{ days: [1, 2, 3, 4, 5], from: "07:00", until: "18:00" }] }';
  const isRecord = (it: unknown): it is Record<string, unknown> =>
    typeof it === 'object' && it !== null && !Array.isArray(it);
  const onlyKeys = (it: Record<string, unknown>, known: readonly string[]) => {
    const unknown = Object.keys(it).find((key) => !known.includes(key));
    if (unknown !== undefined) refuse(`hours: unknown field ${unknown}`, `known: ${known.join(', ')}`);
  };

  if (!isRecord(value)) return refuse('hours are not an object', `write ${example}`);
  onlyKeys(value, ['timeZone', 'windows', 'followsCalendar']);
  const { timeZone = organisationTimeZone, windows, followsCalendar } = value;
  if (typeof timeZone !== 'string') return refuse('hours: the time zone is not a text', 'give an IANA name');
  checkTimeZone(timeZone);
  if (followsCalendar !== undefined && typeof followsCalendar !== 'boolean')
    return refuse('hours: "followsCalendar" is neither true nor false', 'leave it out, or write false');
  if (!Array.isArray(windows)) return refuse('hours without a list of windows', `write ${example}`);
  return {
    timeZone,
    ...(followsCalendar === undefined ? {} : { followsCalendar }),
    windows: windows.map((window: unknown) => {
      if (!isRecord(window)) return refuse('hours: a window is not an object', `write ${example}`);
      onlyKeys(window, ['days', 'from', 'until']);
      const { days, from, until } = window;
      const isDay = (day: unknown): day is number =>
        Number.isInteger(day) && [1, 2, 3, 4, 5, 6, 7].includes(Number(day));
      if (!Array.isArray(days) || days.length === 0 || !days.every(isDay)) {
        return refuse('hours: days are numbers from 1 (Monday) to 7 (Sunday)', `write ${example}`);
      }
      if (typeof from !== 'string' || !/^([01]\d|2[0-3]):[0-5]\d$/.test(from)) {
        return refuse('hours: "from" is not a time from 00:00 to 23:59', `write ${example}`);
      }
      if (typeof until !== 'string' || !/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/.test(until)) {
        return refuse('hours: "until" is not a time from 00:00 to 24:00', `write ${example}`);
      }
      return { days: [...new Set(days)].sort(), from, until };
    }),
  };
}

/** Hours of access in a line: "thứ Hai đến thứ Sáu 07:00–18:00; thứ Bảy 07:00–11:30". */
export function hoursInWords(hours: AccessHours, language: Language): string {
  const [to, none] = language === 'vi' ? ['đến', 'không có giờ nào'] : ['to', 'no hours at all'];
  const lines = hours.windows.map(({ days, from, until }) => {
    const runs: [number, number][] = [];
    for (const day of [...days].sort((a, b) => a - b)) {
      const last = runs.at(-1);
      if (last !== undefined && last[1] === day - 1) last[1] = day;
      else runs.push([day, day]);
    }
    const names = runs.map(([first, last]) => {
      if (first === last) return weekdayName(first, language);
      const joint = last === first + 1 ? ', ' : ` ${to} `;
      return weekdayName(first, language) + joint + weekdayName(last, language);
    });
    return `${names.join(', ')} ${from}–${until}`;
  });
  return lines.length === 0 ? none : lines.join('; ');
}

/** The same, with what the working calendar says of the day of an instant. */
export function hoursOfDayInWords(
  hours: AccessHours,
  calendar: WorkingCalendar,
  instant: number,
  language: Language,
): string {
  const day = dayOf(wallAt(instant, hours.timeZone));
  const said = calendarDayInWords(calendarOf(hours, calendar), day, language);
  return [hoursInWords(hours, language), ...(said === null ? [] : [said])].join('; ');
}
