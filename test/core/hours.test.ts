// Hours of access: windows on the wall clock, over midnight, over changes of the clock, and without an end.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OperatorError } from '../../src/base/errors.ts';
import { type AccessHours, hoursInWords, isOpen, openUntil, parseAccessHours } from '../../src/core/hours.ts';

const vietnam = 'Asia/Ho_Chi_Minh';
const at = (text: string) => Date.parse(text);
const office: AccessHours = {
  timeZone: vietnam,
  windows: [{ days: [1, 2, 3, 4, 5], from: '07:00', until: '18:00' }],
};

test('no hours mean open at all times and without an end', () => {
  expect(isOpen(null, 0)).toBe(true);
  expect(openUntil(null, 0)).toBeNull();
});

test('an empty list means never, and a session bounded by it cannot begin', () => {
  const never = { timeZone: vietnam, windows: [] };
  expect(isOpen(never, 12345)).toBe(false);
  expect(openUntil(never, 12345)).toBe(12345);
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
    expect(isOpen(office, at(instant))).toBe(open);
    expect(openUntil(office, at(instant))).toBe(
      open ? at(`${instant.slice(0, 10)}T18:00+07:00`) : at(instant),
    );
  });
});

describe('windows over midnight', () => {
  const night: AccessHours = { timeZone: vietnam, windows: [{ days: [5], from: '22:00', until: '06:00' }] };

  test('belong to the day on which they begin', () => {
    expect(isOpen(night, at('2026-03-06T05:00+07:00'))).toBe(false);
    expect(isOpen(night, at('2026-03-06T22:00+07:00'))).toBe(true);
    expect(isOpen(night, at('2026-03-07T05:59:59+07:00'))).toBe(true);
    expect(isOpen(night, at('2026-03-07T06:00+07:00'))).toBe(false);
    expect(isOpen(night, at('2026-03-07T22:00+07:00'))).toBe(false);
    expect(openUntil(night, at('2026-03-06T23:00+07:00'))).toBe(at('2026-03-07T06:00+07:00'));
    expect(openUntil(night, at('2026-03-07T01:00+07:00'))).toBe(at('2026-03-07T06:00+07:00'));
  });

  test('from Sunday reach into Monday', () => {
    const sunday = { timeZone: vietnam, windows: [{ days: [7], from: '20:00', until: '08:00' }] };
    expect(isOpen(sunday, at('2026-03-09T07:00+07:00'))).toBe(true);
    expect(isOpen(sunday, at('2026-03-10T07:00+07:00'))).toBe(false);
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
    expect(openUntil(hours, at('2026-03-02T08:00+07:00'))).toBe(at('2026-03-03T02:00+07:00'));
  });

  test('with a break between them are two', () => {
    const hours = {
      timeZone: vietnam,
      windows: [
        { days: [1], from: '07:00', until: '11:30' },
        { days: [1], from: '13:30', until: '17:00' },
      ],
    };
    expect(openUntil(hours, at('2026-03-02T08:00+07:00'))).toBe(at('2026-03-02T11:30+07:00'));
    expect(isOpen(hours, at('2026-03-02T12:00+07:00'))).toBe(false);
  });

  test('all week round have no end', () => {
    for (const until of ['24:00', '00:00']) {
      const always = { timeZone: vietnam, windows: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '00:00', until }] };
      expect(isOpen(always, at('2026-03-02T08:00+07:00'))).toBe(true);
      expect(openUntil(always, at('2026-03-02T08:00+07:00'))).toBeNull();
    }
    const workdays = {
      timeZone: vietnam,
      windows: [{ days: [1, 2, 3, 4, 5], from: '00:00', until: '24:00' }],
    };
    expect(openUntil(workdays, at('2026-03-02T08:00+07:00'))).toBe(at('2026-03-07T00:00+07:00'));
  });
});

describe('changes of the clock (Europe/Berlin)', () => {
  const berlin = (from: string, until: string): AccessHours => ({
    timeZone: 'Europe/Berlin',
    windows: [{ days: [7], from, until }],
  });

  test('a window that begins in the missing hour begins at the jump', () => {
    expect(isOpen(berlin('02:30', '04:00'), at('2026-03-29T00:59:59Z'))).toBe(false);
    expect(isOpen(berlin('02:30', '04:00'), at('2026-03-29T01:00:00Z'))).toBe(true);
    expect(openUntil(berlin('01:00', '02:30'), at('2026-03-29T00:30:00Z'))).toBe(at('2026-03-29T01:00:00Z'));
  });

  test('a window over the missing hour is an hour shorter, over the doubled hour an hour longer', () => {
    expect(openUntil(berlin('01:00', '05:00'), at('2026-03-29T00:00:00Z'))).toBe(at('2026-03-29T03:00:00Z'));
    expect(openUntil(berlin('01:00', '05:00'), at('2026-10-24T23:00:00Z'))).toBe(at('2026-10-25T04:00:00Z'));
  });

  test('a window that begins or ends in the doubled hour has all of it', () => {
    expect(isOpen(berlin('02:30', '04:00'), at('2026-10-25T00:30:00Z'))).toBe(true);
    expect(openUntil(berlin('01:00', '02:30'), at('2026-10-25T00:00:00Z'))).toBe(at('2026-10-25T01:30:00Z'));
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
  const instant = fc.integer({ min: at('2026-01-01T00:00Z'), max: at('2027-01-01T00:00Z') });
  fc.assert(
    fc.property(
      zone,
      fc.array(window, { maxLength: 4 }),
      instant,
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (timeZone, windows, now, share) => {
        const hours = { timeZone, windows };
        const end = openUntil(hours, now);
        expect(isOpen(hours, now)).toBe(end === null || end > now);
        if (end === null) return;
        expect(isOpen(hours, end)).toBe(false);
        if (end > now) {
          expect(isOpen(hours, end - 1)).toBe(true);
          expect(isOpen(hours, now + Math.floor((end - now) * share))).toBe(true);
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
