// Dates as the pages show and take them, in Vietnam's time whatever the browser's.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dateText,
  dateTimeText,
  dayIso,
  dayOf,
  daysBetween,
  dayText,
  dayWords,
  endOfDay,
  lastDayOf,
  parseDay,
  preciseText,
  startOfDay,
  untilText,
} from '../../src/console/shared/dates.ts';

const at = (text: string) => Date.parse(`${text}+07:00`);
const day = { year: 2026, month: 2, day: 28 };

describe('dates on the pages', () => {
  it('are dd/MM/yyyy and HH:mm in Vietnam', () => {
    expect(dateText(at('2026-02-09T00:00:00'))).toBe('09/02/2026');
    expect(dateTimeText(at('2026-02-09T14:05:09'))).toBe('14:05 09/02/2026');
    expect(preciseText(at('2026-02-09T14:05:09'))).toBe('14:05:09 09/02/2026');
  });

  it('end a day at 24:00, not at 00:00 of the next', () => {
    expect(lastDayOf(at('2026-03-01T00:00:00'))).toMatchObject({ day, time: '24:00' });
    expect(untilText(at('2026-03-01T00:00:00'))).toBe('28/02/2026');
    expect(untilText(at('2026-02-28T15:30:00'))).toBe('15:30 28/02/2026');
  });

  it('name the weekday as letters do', () => {
    expect(dayWords(day, 'vi')).toBe('thứ Bảy, 28/02/2026');
    expect(dayWords({ ...day, day: 22 }, 'vi')).toBe('Chủ Nhật, 22/02/2026');
    expect(dayWords(day, 'en')).toBe('Saturday, 28/02/2026');
  });

  it('count whole calendar days', () => {
    expect(daysBetween(at('2026-02-27T23:59:00'), at('2026-02-28T00:01:00'))).toBe(1);
    expect(daysBetween(at('2026-02-28T00:01:00'), at('2026-02-28T23:59:00'))).toBe(0);
  });

  it.each(['28/2/2026', '28/02/2026', '28-02-2026', '28.02.2026', '2026-02-28', ' 28/2/2026 '])(
    'are taken as %s',
    (typed) => expect(parseDay(typed)).toEqual({ ok: true, day }),
  );

  it.each([
    ['28/2/26', 'two-digit-year'],
    ['2/28/2026', 'no-such-day'],
    ['30/02/2026', 'no-such-day'],
    ['29/02/2027', 'no-such-day'],
    ['mai', 'form'],
    ['', 'form'],
  ])('are refused as %s: %s', (typed, fault) => expect(parseDay(typed)).toEqual({ ok: false, fault }));

  it('go from a day to its first and last instant and back', () => {
    const days = fc.date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(days, (date) => {
        const some = dayOf(date.getTime());
        expect(parseDay(dayText(some))).toMatchObject({ ok: true });
        expect(dayIso(dayOf(startOfDay(some)))).toBe(dayIso(some));
        expect(lastDayOf(endOfDay(some)).time).toBe('24:00');
        expect(dayIso(lastDayOf(endOfDay(some)).day)).toBe(dayIso(some));
      }),
    );
  });
});
