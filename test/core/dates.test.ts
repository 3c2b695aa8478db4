// Dates as people write and read them: whole days, calendars, zones with gaps and overlaps.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OperatorError } from '../../src/base/errors.ts';
import { formatDate, formatInstant, formatMoment, parseTermDate, termInWords } from '../../src/core/dates.ts';

const vietnam = 'Asia/Ho_Chi_Minh';
const at = (text: string) => Date.parse(text);

describe('a date of a term', () => {
  test.each(['28/02/2026', '28/2/2026', '28-02-2026', '28-2-2026', '2026-02-28', ' 2026-02-28 '])(
    '%j begins at 00:00 and ends at 24:00 of that day in the zone',
    (text) => {
      expect(parseTermDate(text, 'from', vietnam)).toBe(at('2026-02-28T00:00:00+07:00'));
      expect(parseTermDate(text, 'until', vietnam)).toBe(at('2026-03-01T00:00:00+07:00'));
    },
  );

  test.each([
    ['2026-02-28T17:30+07:00', '2026-02-28T10:30:00Z'],
    ['2026-02-28T17:30:15+0700', '2026-02-28T10:30:15Z'],
    ['2026-02-28T17:30:15.250+07', '2026-02-28T10:30:15.250Z'],
    ['2026-02-28T17:30:15,25Z', '2026-02-28T17:30:15.250Z'],
    ['2026-02-28 17:30:15-03:30', '2026-02-28T21:00:15Z'],
    ['2026-02-28T24:00+07:00', '2026-02-28T17:00:00Z'],
    ['2026-02-28t00:00z', '2026-02-28T00:00:00Z'],
    ['2026-02-28T00:00:00.1234567Z', '2026-02-28T00:00:00.123Z'],
  ])('%j is exactly that instant, for the beginning and for the end', (text, instant) => {
    expect(parseTermDate(text, 'from', vietnam)).toBe(at(instant));
    expect(parseTermDate(text, 'until', vietnam)).toBe(at(instant));
  });

  test('knows leap years and the end of the year', () => {
    expect(parseTermDate('29/02/2028', 'until', vietnam)).toBe(at('2028-03-01T00:00+07:00'));
    expect(parseTermDate('29/2/2000', 'from', vietnam)).toBe(at('2000-02-29T00:00+07:00'));
    expect(parseTermDate('31/12/2026', 'until', vietnam)).toBe(at('2027-01-01T00:00+07:00'));
    for (const text of ['29/02/2026', '29/02/2100', '1900-02-29']) {
      expect(() => parseTermDate(text, 'from', vietnam)).toThrow(/no day of the calendar/);
    }
  });

  test.each([
    ['28/02/26', /two digits/],
    ['28.02.26', /two digits/],
    ['02/28/2026', /month before the day/],
    ['2026-28-02', /month before the day/],
    ['31/04/2026', /no day/],
    ['0/1/2026', /no day/],
    ['1/0/2026', /no day/],
    ['32/01/2026', /no day/],
    ['13/13/2026', /no day/],
    ['1/1/0026', /not between/],
    ['1/1/3000', /not between/],
    ['28/02-2026', /not a date/],
    ['28.02.2026', /not a date/],
    ['2026/02/28', /not a date/],
    ['2026-2-28', /not a date/],
    ['20260228', /not a date/],
    ['46081', /not a date/],
    ['tomorrow', /not a date/],
    ['', /not a date/],
    ['２８/02/2026', /not a date/],
    ['28/02/2026 17:30', /not a date/],
    ['2026-02-28T17:30', /no offset/],
    ['2026-02-28T25:00Z', /impossible time/],
    ['2026-02-28T24:01Z', /impossible time/],
    ['2026-02-28T17:60Z', /impossible time/],
    ['2026-02-28T23:59:60Z', /impossible time/],
    ['2026-02-28T17:30+15:00', /impossible offset/],
    ['2026-02-30T17:30Z', /no day/],
  ])('%j is refused, and the remedy shows a good example', (text, fault) => {
    for (const kind of ['from', 'until'] as const) {
      expect(() => parseTermDate(text, kind, vietnam)).toThrow(fault);
      try {
        parseTermDate(text, kind, vietnam);
      } catch (error) {
        expect(error).toBeInstanceOf(OperatorError);
        expect((error as OperatorError).remedy).toContain('28/02/2026');
      }
    }
  });

  test('names an unknown time zone as the fault', () => {
    expect(() => parseTermDate('28/02/2026', 'from', 'Hanoi')).toThrow(OperatorError);
  });
});

describe('days in zones that change their clocks', () => {
  test('last 23 and 25 hours in Berlin', () => {
    const length = (day: string) =>
      (parseTermDate(day, 'until', 'Europe/Berlin') - parseTermDate(day, 'from', 'Europe/Berlin')) /
      3_600_000;
    expect(length('28/03/2026')).toBe(24);
    expect(length('29/03/2026')).toBe(23);
    expect(length('25/10/2026')).toBe(25);
  });

  test('begin at the jump where midnight does not exist', () => {
    // Lebanon puts clocks forward at 00:00 to 01:00; Lord Howe by half an hour at 02:00; Samoa left out a day.
    expect(parseTermDate('31/03/2024', 'from', 'Asia/Beirut')).toBe(at('2024-03-30T22:00:00Z'));
    expect(parseTermDate('30/03/2024', 'until', 'Asia/Beirut')).toBe(at('2024-03-30T22:00:00Z'));
    expect(termInWords(at('2024-03-30T22:00:00Z'), 'until', 'Asia/Beirut', 'en')).toBe(
      'Last access: 24:00 Saturday, 30/03/2024',
    );
    expect(parseTermDate('30/12/2011', 'from', 'Pacific/Apia')).toBe(at('2011-12-30T10:00:00Z'));
  });

  test('that come upon a doubled midnight begin with the first and end with the last', () => {
    // Cuba puts clocks back at 01:00 to 00:00.
    expect(parseTermDate('01/11/2026', 'from', 'America/Havana')).toBe(at('2026-11-01T04:00:00Z'));
    expect(parseTermDate('31/10/2026', 'until', 'America/Havana')).toBe(at('2026-11-01T05:00:00Z'));
  });
});

const zones = fc.constantFrom(
  vietnam,
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'UTC',
);
// From 1987 on none of these zones jumps at midnight, as Kathmandu's did on 01/01/1986; such days have tests of their own above.
const days = fc
  .tuple(
    fc.integer({ min: 1987, max: 2099 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 28 }),
  )
  .map(([year, month, day]) => `${`${day}`.padStart(2, '0')}/${`${month}`.padStart(2, '0')}/${year}`);

test('any day comes back as it was written, from its first to its last millisecond', () => {
  fc.assert(
    fc.property(days, zones, (day, zone) => {
      const from = parseTermDate(day, 'from', zone);
      const until = parseTermDate(day, 'until', zone);
      expect(formatDate(from, zone)).toBe(day);
      expect(formatDate(until - 1, zone)).toBe(day);
      expect(formatDate(until, zone)).not.toBe(day);
      expect(formatInstant(from, zone)).toBe(`00:00:00 ${day}`);
      expect(formatMoment(from, 'from', zone)).toBe(`00:00 ${day}`);
      expect(formatMoment(until, 'until', zone)).toBe(`24:00 ${day}`);
    }),
  );
});

test('any instant is shown as the calendar of the platform shows it', () => {
  fc.assert(
    fc.property(fc.integer({ min: at('1976-01-01'), max: at('2099-12-31') }), zones, (instant, timeZone) => {
      const parts = Object.fromEntries(
        new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
          .formatToParts(instant)
          .map(({ type, value }) => [type, value]),
      );
      const { hour, minute, second, day, month, year } = parts;
      expect(formatInstant(instant, timeZone)).toBe(`${hour}:${minute}:${second} ${day}/${month}/${year}`);
    }),
  );
});

describe('a bound of a term in words', () => {
  test('ends at 24:00 of the last day and begins at 00:00 of the first', () => {
    const until = parseTermDate('28/02/2026', 'until', vietnam);
    expect(termInWords(until, 'until', vietnam, 'vi')).toBe('Truy cập lần cuối: 24:00 thứ Bảy, 28/02/2026');
    expect(termInWords(until, 'until', vietnam, 'en')).toBe('Last access: 24:00 Saturday, 28/02/2026');
    const from = parseTermDate('1/3/2026', 'from', vietnam);
    expect(termInWords(from, 'from', vietnam, 'vi')).toBe('Có hiệu lực từ: 00:00 Chủ Nhật, 01/03/2026');
    expect(termInWords(from, 'from', vietnam, 'en')).toBe('Valid from: 00:00 Sunday, 01/03/2026');
  });

  test('shows minutes, and seconds only where there are any', () => {
    expect(termInWords(at('2026-02-28T17:30+07:00'), 'until', vietnam, 'vi')).toBe(
      'Truy cập lần cuối: 17:30 thứ Bảy, 28/02/2026',
    );
    expect(formatMoment(at('2026-02-28T23:59:59+07:00'), 'until', vietnam)).toBe('23:59:59 28/02/2026');
  });
});
