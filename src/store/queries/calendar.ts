// The working calendar: one row for each day that is not like its weekday.
import { and, asc, between, inArray } from 'drizzle-orm';
import type { Db, Tables } from '../tables.ts';

export type CalendarDayRow = Tables['calendarDays']['$inferSelect'];

/** Days from one to another (`yyyy-MM-dd`, both included), in order; null: all. */
export async function listCalendarDays(
  db: Db,
  range: { readonly from: string; readonly until: string } | null,
): Promise<CalendarDayRow[]> {
  const { calendarDays: t } = db.tables;
  return await db
    .select()
    .from(t)
    .where(range === null ? undefined : and(between(t.day, range.from, range.until)))
    .orderBy(asc(t.day));
}

/** Puts rows in the place of whatever was said of their days. */
export async function putCalendarDays(db: Db, rows: readonly CalendarDayRow[]): Promise<void> {
  const { calendarDays: t } = db.tables;
  await removeCalendarDays(
    db,
    rows.map(({ day }) => day),
  );
  await db.insert(t).values([...rows]);
}

/** How many of the days had something said of them. */
export async function removeCalendarDays(db: Db, days: readonly string[]): Promise<number> {
  const { calendarDays: t } = db.tables;
  const removed = await db
    .delete(t)
    .where(inArray(t.day, [...days]))
    .returning({ day: t.day });
  return removed.length;
}
