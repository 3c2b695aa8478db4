// The working calendar, kept by the centre: holidays and make-up days, by which hours of access differ from those of the weekday.
import { OperatorError } from '../base/errors.ts';
import { parseTermDate } from '../core/dates.ts';
import { dayMs } from '../core/time-zone.ts';
import { type CalendarDayKind, dayOfIsoDate } from '../core/working-calendar.ts';
import {
  type CalendarDayRow,
  listCalendarDays,
  putCalendarDays,
  removeCalendarDays,
} from '../store/queries/calendar.ts';
import { markSessionsToJudge } from '../store/queries/sessions.ts';
import { bumpSettingsVersion } from '../store/queries/settings.ts';
import type { Store } from '../store/store.ts';
import type { Db } from '../store/tables.ts';
import { type AdministrationDeps, checkText, recordAct, refuse } from './administration.ts';
import { checkSeen, tagOf } from './seen.ts';

const mostDays = 31;

/** A day as people or programs write it, as `yyyy-MM-dd`. @throws OperatorError that names the field */
function readDay(text: string, at: string): string {
  try {
    return new Date(parseTermDate(text.trim(), 'from', 'UTC')).toISOString().slice(0, 10);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return refuse(
      at,
      [error.message, error.remedy],
      ['Ngày không hợp lệ.', 'Nhập ngày/tháng/năm, năm đủ bốn chữ số, ví dụ 30/04/2026.'],
    );
  }
}

/** Days from one to another, both included. */
function readDays(from: string, until: string | undefined): string[] {
  const first = dayOfIsoDate(readDay(from, 'from'));
  const last = until === undefined ? first : dayOfIsoDate(readDay(until, 'until'));
  if (last < first || last - first >= mostDays) {
    refuse(
      'until',
      [`It is no day from the first one to ${mostDays - 1} days later.`, 'Correct the last day.'],
      [`Ngày cuối phải từ ngày đầu đến ${mostDays - 1} ngày sau đó.`, 'Sửa lại ngày cuối.'],
    );
  }
  return Array.from({ length: last - first + 1 }, (_, i) =>
    new Date((first + i) * dayMs).toISOString().slice(0, 10),
  );
}

/** What is said of the days of a year, and the tag of the whole calendar: days of a holiday may lie in two years. */
export async function showCalendar(
  store: Pick<Store, 'read'>,
  year: number,
): Promise<{ readonly days: readonly CalendarDayRow[]; readonly tag: string }> {
  const all = await store.read((db) => listCalendarDays(db, null));
  return { days: all.filter(({ day }) => day.startsWith(`${year}-`)), tag: tagOf(all) };
}

async function checkCalendarSeen(db: Db, deps: Pick<AdministrationDeps, 'ifSeen'>): Promise<void> {
  checkSeen(deps, await listCalendarDays(db, null), 'The calendar');
}

/** Hours of access are those of the new calendar at once, for whoever is connected too. */
async function putInForce(db: Db): Promise<void> {
  await bumpSettingsVersion(db);
  await markSessionsToJudge(db, undefined);
}

/**
 * Says of days what they are, whatever was said before. @returns the days (`yyyy-MM-dd`)
 * @throws OperatorError when a field is wrong, or the calendar is not as it was seen
 */
export async function setCalendarDays(
  deps: AdministrationDeps,
  order: {
    readonly from: string;
    /** The last one; left out: it is one day. */
    readonly until?: string;
    readonly kind: CalendarDayKind;
    /** For make-up days: the weekday (Monday 1 … Sunday 7) whose hours they have. */
    readonly worksLike?: number;
    readonly name: string;
  },
): Promise<{ readonly days: readonly string[] }> {
  const { store, clock, by } = deps;
  const { kind, worksLike = null } = order;
  const days = readDays(order.from, order.until);
  const name = checkText(order.name, 'name', 200);
  if ((kind === 'make-up-day') !== (worksLike !== null)) {
    refuse(
      'worksLike',
      ['A make-up day is worked like a weekday, and only that.', 'Name the weekday whose hours it has.'],
      [
        'Ngày làm bù phải theo giờ của một ngày trong tuần; ngày nghỉ lễ thì không.',
        'Chọn ngày trong tuần mà ngày làm bù thay thế.',
      ],
    );
  }
  const at = clock.now();
  await store.write(async (db) => {
    await checkCalendarSeen(db, deps);
    await putCalendarDays(
      db,
      days.map((day) => ({ day, kind, worksLike, name, changedAt: at, changedBy: by.name })),
    );
    await putInForce(db);
    const [from = null, until = null] = [days[0], days.at(-1)];
    const body = { from, until, kind, worksLike };
    await recordAct(db, by, { verb: 'calendar.set', at, body, personal: { name } });
  });
  return { days };
}

/** Days are like their weekday again. @throws OperatorError when nothing was said of any of them */
export async function clearCalendarDays(
  deps: AdministrationDeps,
  order: { readonly from: string; readonly until?: string },
): Promise<{ readonly removed: number }> {
  const { store, clock, by } = deps;
  const days = readDays(order.from, order.until);
  const at = clock.now();
  return await store.write(async (db) => {
    await checkCalendarSeen(db, deps);
    const removed = await removeCalendarDays(db, days);
    if (removed === 0) {
      refuse(
        'from',
        ['The calendar says nothing of that day.', 'Look at the list of its days.'],
        ['Lịch làm việc không ghi gì về ngày này.', 'Xem lại danh sách các ngày.'],
        'not-found',
      );
    }
    await putInForce(db);
    const [from = null, until = null] = [days[0], days.at(-1)];
    await recordAct(db, by, { verb: 'calendar.clear', at, body: { from, until, removed } });
    return { removed };
  });
}
