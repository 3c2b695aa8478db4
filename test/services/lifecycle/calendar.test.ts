// Days of the calendar that go wrong elsewhere: 29 February, the end of the year, changes of summer time, a clock that is put.
import { expect, it } from 'vitest';
import { parseTermDate } from '../../../src/core/dates.ts';
import { employmentAt } from '../../../src/core/employment.ts';
import { hasGround } from '../../../src/core/lifecycle.ts';
import { eventFaultTexts } from '../../../src/core/lifecycle-texts.ts';
import { warnOfExpiry } from '../../../src/services/expiry-warnings.ts';
import { importLifecycleFile } from '../../../src/services/lifecycle/file/import.ts';
import { enterEvent } from '../../../src/services/lifecycle/manual.ts';
import { putSetting, settingKeys } from '../../../src/store/queries/settings.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { oneDay } from '../../store/fixtures.ts';
import { at, createStaff } from './staff.ts';

type Staff = Awaited<ReturnType<typeof createStaff>>;

const hour = 3_600_000;
const hanoi = 7 * hour;

function load(staff: Staff, rows: readonly string[]) {
  const file = ['Mã CCVC;Biến động;Kể từ ngày;Đến hết ngày', ...rows, ''].join('\r\n');
  return importLifecycleFile(staff.deps, {
    octets: Buffer.from(file),
    source: 'hr',
    dryRun: false,
    signal: new AbortController().signal,
    progress() {},
  });
}

/** Whether the account has its ground, by the decision's own facts, one millisecond before an instant and at it. */
async function groundAround(staff: Staff, index: number, instant: number): Promise<boolean[]> {
  const { employment, ...account } = await staff.facts(index);
  return [instant - 1, instant].map((moment) => hasGround(account, employment, moment));
}

describeOnEachStore('the calendar of personnel events', (open) => {
  it('has a 29 February in leap years alone: from 00:00 as a first day, to 24:00 as a last one', async () => {
    const staff = await createStaff(await open(), 4);
    const code = (index: number) => staff.people[index]?.staffCode;
    const report = await load(staff, [
      `${code(0)};Nghỉ hưu;29/02/2028;`,
      `${code(1)};Gia hạn;02/03/2026;29/02/2028`,
      `${code(2)};Nghỉ hưu;29/02/2027;`,
      `${code(3)};Gia hạn;02/03/2026;29/02/2100`,
    ]);
    expect(report.rejected.map(({ row, fault }) => [row, fault])).toEqual([
      [2, 'date-wrong'],
      [3, 'date-wrong'],
    ]);
    expect(eventFaultTexts['date-wrong'].vi).toContain('28/02/2026');
    const leapDay = Date.UTC(2028, 1, 29) - hanoi;
    expect(await groundAround(staff, 0, leapDay)).toEqual([true, false]);
    expect(await staff.accountRow(1)).toMatchObject({ validUntil: leapDay + oneDay });
    expect(await staff.accountRow(2)).toMatchObject({ status: 'active' });
  });

  it('begins a year in the time zone of the organisation, seven hours before it begins in UTC', async () => {
    const staff = await createStaff(await open(), 2);
    const code = (index: number) => staff.people[index]?.staffCode;
    await load(staff, [`${code(0)};Nghỉ hưu;01/01/2027;`, `${code(1)};Gia hạn;02/03/2026;31/12/2027`]);
    const newYear = Date.UTC(2026, 11, 31, 17);
    expect(await groundAround(staff, 0, newYear)).toEqual([true, false]);
    expect(await staff.accountRow(1)).toMatchObject({ validUntil: Date.UTC(2027, 11, 31, 17) });
    staff.clock.set(newYear - 1);
    expect(await staff.applyDue()).toBe(0);
    staff.clock.set(newYear);
    expect(await staff.applyDue()).toBe(1);
    expect(await staff.accountRow(0)).toMatchObject({ status: 'withdrawn' });
  });

  it('has days of 23 and of 25 hours where clocks are changed, and begins them at their first moment', async () => {
    const store = await open();
    const staff = await createStaff(store, 3);
    await store.write((db) => putSetting(db, settingKeys.timeZone, 'Europe/Berlin'));
    const code = (index: number) => staff.people[index]?.staffCode;
    await load(staff, [
      `${code(0)};Nghỉ hưu;30/03/2026;`,
      `${code(1)};Gia hạn;02/03/2026;29/03/2026`,
      `${code(2)};Nghỉ hưu;26/10/2026;`,
    ]);
    // Summer time begins on 29 March and ends on 25 October 2026.
    const afterShortDay = Date.UTC(2026, 2, 29, 22);
    expect(afterShortDay - parseTermDate('29/03/2026', 'from', 'Europe/Berlin')).toBe(23 * hour);
    expect(await groundAround(staff, 0, afterShortDay)).toEqual([true, false]);
    const afterLongDay = Date.UTC(2026, 9, 25, 23);
    expect(afterLongDay - parseTermDate('25/10/2026', 'from', 'Europe/Berlin')).toBe(25 * hour);
    expect(await groundAround(staff, 2, afterLongDay)).toEqual([true, false]);
  });

  it('warns of a term until 29 February thirty days before its 24:00, to the millisecond, and once', async () => {
    const store = await open();
    const staff = await createStaff(store, 1);
    await load(staff, [`${staff.people[0]?.staffCode};Gia hạn;02/03/2026;29/02/2028`]);
    const end = Date.UTC(2028, 1, 29, 17);
    const warn = () => warnOfExpiry({ store, clock: staff.clock });
    staff.clock.set(end - 30 * oneDay - 1);
    expect(await warn()).toBe(0);
    for (const days of [30, 14, 7, 1, 0]) {
      staff.clock.set(end - days * oneDay);
      expect([days, await warn(), await warn()]).toEqual([days, 1, 0]);
    }
  });
});

describeOnEachStore('a clock that is put', (open) => {
  it('forward past several days applies each event once, in the order of their days', async () => {
    const staff = await createStaff(await open(), 1);
    const enter = (kind: 'leave' | 'returned' | 'ended', from: string, detail?: string) =>
      enterEvent(staff.deps, {
        staffCode: staff.people[0]?.staffCode ?? '',
        kind,
        from,
        ...(detail === undefined ? {} : { detail }),
        documentNumber: `${kind}/QĐ`,
        language: 'vi',
      });
    await enter('leave', '27/02/2028', 'sick');
    await enter('returned', '29/02/2028');
    await enter('ended', '01/03/2028', 'retired');
    staff.clock.set(at('01/01/2030'));
    expect(await staff.applyDue()).toBe(3);
    expect(await staff.applyDue()).toBe(0);
    expect((await staff.records()).filter((verb) => verb === 'lifecycle.apply')).toHaveLength(3);
    expect(await staff.accountRow(0)).toMatchObject({ status: 'withdrawn' });
  });

  it('back before the day of an event that was applied gives nobody back what it took, and applies nothing twice', async () => {
    const staff = await createStaff(await open(), 1);
    const day = at('29/02/2028');
    await staff.record([staff.event(0, { effectiveAt: day })]);
    staff.clock.set(day);
    expect(await staff.applyDue()).toBe(1);
    staff.clock.set(day - 2 * oneDay);
    expect(await staff.applyDue()).toBe(0);
    const facts = await staff.facts(0);
    expect(employmentAt(facts.employment, staff.clock.now()).state).toBe('employed');
    expect(hasGround(facts, facts.employment, staff.clock.now())).toBe(false);
    staff.clock.set(day + oneDay);
    expect(await staff.applyDue()).toBe(0);
    expect(staff.cut).toHaveLength(1);
  });
});
