// The working calendar in the API: holidays and make-up days of a year.
import { type Static, Type } from 'typebox';
import { calendarDayKinds } from '../core/working-calendar.ts';
import { closed, dayText, instant, nullable } from './common.ts';

const kind = Type.Enum([...calendarDayKinds]);
const isoDay = Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$', description: '`yyyy-MM-dd`' });
const weekday = 'whose hours of access it has: Monday 1 … Sunday 7';

export const calendarQuery = Type.Object({ year: Type.Integer({ minimum: 1900, maximum: 2999 }) }, closed);

export const calendarSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      day: isoDay,
      kind,
      worksLike: nullable(Type.Integer({ description: `of a make-up day: the weekday ${weekday}` })),
      name: Type.String(),
      changedAt: instant('last change'),
      changedBy: Type.String(),
    }),
  ),
});

export type WorkingCalendar = Static<typeof calendarSchema>;

export const calendarDaysBodySchema = Type.Object(
  {
    from: dayText,
    until: Type.Optional(dayText),
    kind,
    worksLike: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 7, description: `for a make-up day: the weekday ${weekday}` }),
    ),
    name: Type.String({ minLength: 1, maxLength: 200 }),
  },
  closed,
);

export const calendarDaysSchema = Type.Object({ days: Type.Array(isoDay) });

export const calendarDayParams = Type.Object({ day: isoDay });
