// Hours of access: windows on the wall clock, over midnight, over changes of the clock, and without an end.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OperatorError } from '../../src/base/errors.ts';
import {
  type AccessHours,
  hoursInWords,
  hoursOfDayInWords,
  isOpen,
  openUntil,
  parseAccessHours,
} from '../../src/core/hours.ts';
import { dayOfIsoDate, emptyCalendar, type WorkingCalendar } from '../../src/core/working-calendar.ts';

const vietnam = 'Asia/Ho_Chi_Minh';
const at = (text: string) => Date.parse(text);
const office: AccessHours = {
  timeZone: vietnam,
  windows: [{ days: [1, 2, 3, 4, 5], from: '07:00', until: '18:00' }],
};

test('no hours mean open at all times and without an end', () => {
  expect(isOpen(null, emptyCalendar, 0)).toBe(true);
  expect(openUntil(null, emptyCalendar, 0)).toBeNull();
});

test('an empty list means never, and a session bounded by it cannot begin', () => {
  const never = { timeZone: vietnam, windows: [] };
  expect(isOpen(never, emptyCalendar, 12345)).toBe(false);
  expect(openUntil(never, emptyCalendar, 12345)).toBe(12345);
});

describe('office hours', () => {
  test.each([
    ['2026-03-02T06:59:59.999+07:00', false],
    ['2026-03-02T07:00:00.000+07:00', true],
    ['2026-03-02T17:59:59.999+07:00', true],
    ['2026-03-02T18:00:00.000+07:00', false],
    ['2026-03-06T12:00:00.000+07:00', true],
    ['2026-03-07T12:00:00.000+07:00', false],
    ['2026-03-08T12:00:00.000+07:00', false],
    ['2026-03-01T23:59:59.000Z', false],
    ['2026-03-02T00:00:00.000Z', true],
  ])('at %s: open is %s', (instant, open) => {
    expect(isOpen(office, emptyCalendar, at(instant))).toBe(open);
    expect(openUntil(office, emptyCalendar, at(instant))).toBe(
      open ? at(`${instant.slice(0, 10)}T18:00+07:00`) : at(instant),
    );
  });
});

describe('windows over midnight', () => {
  const night: AccessHours = { timeZone: vietnam, windows: [{ days: [5], from: '22:00', until: '06:00' }] };

  test('belong to the day on which they begin', () => {
    expect(isOpen(night, emptyCalendar, at('2026-03-06T05:00+07:00'))).toBe(false);
    expect(isOpen(night, emptyCalendar, at('2026-03-06T22:00+07:00'))).toBe(true);
    expect(isOpen(night, emptyCalendar, at('2026-03-07T05:59:59+07:00'))).toBe(true);
    expect(isOpen(night, emptyCalendar, at('2026-03-07T06:00+07:00'))).toBe(false);
    expect(isOpen(night, emptyCalendar, at('2026-03-07T22:00+07:00'))).toBe(false);
    expect(openUntil(night, emptyCalendar, at('2026-03-06T23:00+07:00'))).toBe(at('2026-03-07T06:00+07:00'));
    expect(openUntil(night, emptyCalendar, at('2026-03-07T01:00+07:00'))).toBe(at('2026-03-07T06:00+07:00'));
  });

  test('from Sunday reach into Monday', () => {
    const sunday = { timeZone: vietnam, windows: [{ days: [7], from: '20:00', until: '08:00' }] };
    expect(isOpen(sunday, emptyCalendar, at('2026-03-09T07:00+07:00'))).toBe(true);
    expect(isOpen(sunday, emptyCalendar, at('2026-03-10T07:00+07:00'))).toBe(false);
  });
});

describe('windows that touch or overlap', () => {
  test('are one interval, also over midnight', () => {
    const hours = {
      timeZone: vietnam,
      windows: [
        { days: [1], from: '07:00', until: '11:30' },
        { days: [1], from: '11:00', until: '24:00' },
        { days: [2], from: '00:00', until: '02:00' },
      ],
    };
    expect(openUntil(hours, emptyCalendar, at('2026-03-02T08:00+07:00'))).toBe(at('2026-03-03T02:00+07:00'));
  });

  test('with a break between them are two', () => {
    const hours = {
      timeZone: vietnam,
      windows: [
        { days: [1], from: '07:00', until: '11:30' },
        { days: [1], from: '13:30', until: '17:00' },
      ],
    };
    expect(openUntil(hours, emptyCalendar, at('2026-03-02T08:00+07:00'))).toBe(at('2026-03-02T11:30+07:00'));
    expect(isOpen(hours, emptyCalendar, at('2026-03-02T12:00+07:00'))).toBe(false);
  });

  test('all week round have no end', () => {
    for (const until of ['24:00', '00:00']) {
      const always = { timeZone: vietnam, windows: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', until }] };
      expect(isOpen(always, emptyCalendar, at('2026-03-02T08:00+07:00'))).toBe(true);
      expect(openUntil(always, emptyCalendar, at('2026-03-02T08:00+07:00'))).toBeNull();
    }
    const workdays = {
      timeZone: vietnam,
      windows: [{ days: [1, 2, 3, 4, 5], from: '00:00', until: '24:00' }],
    };
    expect(openUntil(workdays, emptyCalendar, at('2026-03-02T08:00+07:00'))).toBe(
      at('2026-03-07T00:00+07:00'),
    );
  });
});

describe('the working calendar', () => {
  const day = (date: string, worksLike: number | null, name: string) =>
    [dayOfIsoDate(date), { worksLike, name }] as const;
  // 2026-04-30 is a Thursday; 2026-05-09 a Saturday.
  const calendar: WorkingCalendar = new Map([
    day('2026-04-30', null, 'Ngày Giải phóng miền Nam'),
    day('2026-05-09', 5, 'làm bù cho 30/04'),
  ]);

  test('closes a holiday and opens a make-up day like the weekday that it replaces', () => {
    expect(isOpen(office, calendar, at('2026-04-30T09:00+07:00'))).toBe(false);
    expect(isOpen(office, emptyCalendar, at('2026-04-30T09:00+07:00'))).toBe(true);
    expect(isOpen(office, calendar, at('2026-05-09T09:00+07:00'))).toBe(true);
    expect(openUntil(office, calendar, at('2026-05-09T09:00+07:00'))).toBe(at('2026-05-09T18:00+07:00'));
    expect(isOpen(office, emptyCalendar, at('2026-05-09T09:00+07:00'))).toBe(false);
    const fridays = { timeZone: vietnam, windows: [{ days: [5], from: '08:00', until: '12:00' }] };
    const saturdays = { timeZone: vietnam, windows: [{ days: [6], from: '08:00', until: '12:00' }] };
    expect(isOpen(fridays, calendar, at('2026-05-09T09:00+07:00'))).toBe(true);
    expect(isOpen(saturdays, calendar, at('2026-05-09T09:00+07:00'))).toBe(false);
  });

  test('ends no night that began on the day before, and none that would begin on the holiday begins', () => {
    const nights = { timeZone: vietnam, windows: [{ days: [3, 4, 5], from: '22:00', until: '06:00' }] };
    expect(openUntil(nights, calendar, at('2026-04-29T23:00+07:00'))).toBe(at('2026-04-30T06:00+07:00'));
    expect(isOpen(nights, calendar, at('2026-04-30T23:00+07:00'))).toBe(false);
    expect(isOpen(nights, calendar, at('2026-05-01T03:00+07:00'))).toBe(false);
  });

  test('ends what is open all day long, however far ahead a session can reach', () => {
    const always = {
      timeZone: vietnam,
      windows: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', until: '24:00' }],
    };
    expect(openUntil(always, calendar, at('2026-04-02T08:00+07:00'))).toBe(at('2026-04-30T00:00+07:00'));
    expect(openUntil(always, calendar, at('2026-01-02T08:00+07:00'))).toBeNull();
    expect(
      openUntil({ ...always, followsCalendar: false }, calendar, at('2026-04-02T08:00+07:00')),
    ).toBeNull();
  });

  test('is told with the hours, where it says something of the day and counts', () => {
    const told = (date: string, hours = office) =>
      hoursOfDayInWords(hours, calendar, at(`${date}T09:00+07:00`), 'vi');
    expect(told('2026-04-30')).toBe(
      'thứ Hai đến thứ Sáu 07:00–18:00; 30/04/2026 là ngày nghỉ lễ (Ngày Giải phóng miền Nam)',
    );
    expect(told('2026-05-09')).toContain('09/05/2026 là ngày làm bù, như thứ Sáu (làm bù cho 30/04)');
    expect(told('2026-04-29')).toBe('thứ Hai đến thứ Sáu 07:00–18:00');
    expect(told('2026-04-30', { ...office, followsCalendar: false })).not.toContain('nghỉ lễ');
    expect(hoursOfDayInWords(office, calendar, at('2026-04-30T09:00+07:00'), 'en')).toContain(
      '30/04/2026 is a holiday',
    );
  });
});

describe('changes of the clock (Europe/Berlin)', () => {
  const berlin = (from: string, until: string): AccessHours => ({
    timeZone: 'Europe/Berlin',
    windows: [{ days: [7], from, until }],
  });

  test('a window that begins in the missing hour begins at the jump', () => {
    expect(isOpen(berlin('02:30', '04:00'), emptyCalendar, at('2026-03-29T00:59:59Z'))).toBe(false);
    expect(isOpen(berlin('02:30', '04:00'), emptyCalendar, at('2026-03-29T01:00:00Z'))).toBe(true);
    expect(openUntil(berlin('01:00', '02:30'), emptyCalendar, at('2026-03-29T00:30:00Z'))).toBe(
      at('2026-03-29T01:00:00Z'),
    );
  });

  test('a window over the missing hour is an hour shorter, over the doubled hour an hour longer', () => {
    expect(openUntil(berlin('01:00', '05:00'), emptyCalendar, at('2026-03-29T00:00:00Z'))).toBe(
      at('2026-03-29T03:00:00Z'),
    );
    expect(openUntil(berlin('01:00', '05:00'), emptyCalendar, at('2026-10-24T23:00:00Z'))).toBe(
      at('2026-10-25T04:00:00Z'),
    );
  });

  test('a window that begins or ends in the doubled hour has all of it', () => {
    expect(isOpen(berlin('02:30', '04:00'), emptyCalendar, at('2026-10-25T00:30:00Z'))).toBe(true);
    expect(openUntil(berlin('01:00', '02:30'), emptyCalendar, at('2026-10-25T00:00:00Z'))).toBe(
      at('2026-10-25T01:30:00Z'),
    );
  });
});

test('the interval really is open until its end and closed at it, for any windows and any time', () => {
  const time = fc
    .tuple(fc.nat(23), fc.nat(59))
    .map(([h, m]) => `${`${h}`.padStart(2, '0')}:${`${m}`.padStart(2, '0')}`);
  const window = fc.record({
    days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
    from: time,
    until: fc.oneof(time, fc.constant('24:00')),
  });
  const zone = fc.constantFrom(
    vietnam,
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
  );
  const said = fc.option(fc.integer({ min: 1, max: 7 }));
  const instant = fc.integer({ min: at('2026-01-01T00:00Z'), max: at('2027-01-01T00:00Z') });
  fc.assert(
    fc.property(
      zone,
      fc.array(window, { maxLength: 4 }),
      instant,
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      fc.array(fc.tuple(fc.integer({ min: -2, max: 40 }), said), { maxLength: 5 }),
      (timeZone, windows, now, share, days) => {
        const hours = { timeZone, windows };
        const today = Math.floor(now / 86_400_000);
        const calendar = new Map(days.map(([after, worksLike]) => [today + after, { worksLike, name: 'x' }]));
        const end = openUntil(hours, calendar, now);
        expect(isOpen(hours, calendar, now)).toBe(end === null || end > now);
        if (end === null) return;
        expect(isOpen(hours, calendar, end)).toBe(false);
        if (end > now) {
          expect(isOpen(hours, calendar, end - 1)).toBe(true);
          expect(isOpen(hours, calendar, now + Math.floor((end - now) * share))).toBe(true);
        }
      },
    ),
  );
});

describe('hours from a file', () => {
  const read = (value: unknown) => parseAccessHours(value, 'policies[0].hours', vietnam);

  test('get the time zone of the organisation, and sorted days once each', () => {
    expect(read({ windows: [{ days: [5, 1, 1], from: '07:00', until: '24:00' }] })).toEqual({
      timeZone: vietnam,
      windows: [{ days: [1, 5], from: '07:00', until: '24:00' }],
    });
    expect(read({ timeZone: 'Europe/Berlin', windows: [] })).toEqual({
      timeZone: 'Europe/Berlin',
      windows: [],
    });
  });

  test.each([
    null,
    [],
    'office',
    {},
    { windows: {} },
    { windows: [], zone: 'x' },
    { windows: [], timeZone: 'Mars/Olympus' },
    { windows: [], timeZone: 7 },
    { windows: [null] },
    { windows: [{ days: [], from: '07:00', until: '18:00' }] },
    { windows: [{ days: [0], from: '07:00', until: '18:00' }] },
    { windows: [{ days: [8], from: '07:00', until: '18:00' }] },
    { windows: [{ days: ['1'], from: '07:00', until: '18:00' }] },
    { windows: [{ days: 'Mon', from: '07:00', until: '18:00' }] },
    { windows: [{ days: [1], from: '7:00', until: '18:00' }] },
    { windows: [{ days: [1], from: '24:00', until: '18:00' }] },
    { windows: [{ days: [1], from: '07:00', until: '24:01' }] },
    { windows: [{ days: [1], from: '07:00', until: '18:60' }] },
    { windows: [{ days: [1], from: '07:00', until: 18 }] },
    { windows: [{ days: [1], from: '07:00', until: '18:00', note: '' }] },
  ])('are refused when they are %j, with what to write instead', (value) => {
    expect(() => read(value)).toThrow(OperatorError);
    try {
      read(value);
    } catch (error) {
      expect((error as OperatorError).remedy).not.toBe('');
    }
  });
});

test('hours are said in a line, runs of days together', () => {
  expect(hoursInWords(office, 'vi')).toBe('thứ Hai đến thứ Sáu 07:00–18:00');
  const hours = {
    timeZone: vietnam,
    windows: [
      { days: [6, 7], from: '07:00', until: '11:30' },
      { days: [1, 2, 3, 5], from: '22:00', until: '24:00' },
    ],
  };
  expect(hoursInWords(hours, 'en')).toBe(
    'Saturday, Sunday 07:00–11:30; Monday to Wednesday, Friday 22:00–24:00',
  );
  expect(hoursInWords({ timeZone: vietnam, windows: [] }, 'vi')).toBe('không có giờ nào');
});
