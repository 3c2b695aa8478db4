// `gatewarden calendar list | set | clear`: holidays and make-up days.
import { Option } from 'commander';
import { Type } from 'typebox';
import { weekdayName } from '../core/time-zone.ts';
import { calendarDayKinds } from '../core/working-calendar.ts';
import { clearCalendarDays, setCalendarDays, showCalendar } from '../services/working-calendar.ts';
import { pageSize } from './account/show.ts';
import { administrationDeps, administratorOf, iso, operand, orderSchema } from './administrator.ts';
import { type CliCommand, defineOperation, type Operation } from './command.ts';
import { text } from './output.ts';

const shown = (day: string) => day.split('-').reverse().join('/');
const short = Type.String({ minLength: 1, maxLength: 300 });

const listOperation = defineOperation(
  'calendar.list',
  Type.Object({ year: Type.Integer({ minimum: 1900, maximum: 2999 }) }),
  async ({ store }, { year }, output) => {
    const { days } = await showCalendar(store, year);
    output.emit({
      type: 'table',
      columns: ['Day', 'What', 'Hours of', 'Name', 'By'],
      rows: days.map(({ day, kind, worksLike, name, changedBy }) => [
        shown(day),
        kind,
        worksLike === null ? null : weekdayName(worksLike, 'en'),
        name,
        changedBy,
      ]),
    });
    return { days: days.map((day) => ({ ...day, changedAt: iso(day.changedAt) })) };
  },
);

const setOperation = defineOperation(
  'calendar.set',
  orderSchema({
    from: short,
    until: Type.Optional(short),
    kind: Type.Enum([...calendarDayKinds]),
    worksLike: Type.Optional(Type.Integer({ minimum: 1, maximum: 7 })),
    name: short,
  }),
  async (context, args, output) => {
    const done = await setCalendarDays(administrationDeps(context, args), args);
    await context.broker?.refreshSettings();
    output.emit(text(`Entered: ${done.days.map(shown).join(', ')}.`));
    return done;
  },
);

const clearOperation = defineOperation(
  'calendar.clear',
  orderSchema({ from: short, until: Type.Optional(short) }),
  async (context, args, output) => {
    const done = await clearCalendarDays(administrationDeps(context, args), args);
    await context.broker?.refreshSettings();
    output.emit(text(`Days that are like their weekday again: ${done.removed}.`));
    return done;
  },
);

export const calendarOperations: readonly Operation[] = [listOperation, setOperation, clearOperation];

export const calendarCommands: readonly CliCommand[] = [
  {
    path: ['calendar', 'list'],
    summary: 'list the holidays and make-up days of a year',
    declare: (command) => void command.argument('<year>', 'of four digits'),
    run: async (invocation) => ({
      value: await invocation.call(listOperation, { year: Number(operand(invocation, 0)) }),
    }),
  },
  {
    path: ['calendar', 'set'],
    summary: 'enter holidays, or make-up days that are worked like another weekday',
    declare: (command) =>
      void command
        .argument('<day>', 'the first or only one: 30/04/2026')
        .option('--until <day>', 'the last one')
        .addOption(new Option('--kind <kind>', 'what it is').choices(calendarDayKinds).default('holiday'))
        .option('--works-like <weekday>', 'for make-up days: Monday 1 … Sunday 7', pageSize)
        .requiredOption('--name <text>', 'as in the announcement'),
    run: async (invocation) => {
      const { options } = invocation;
      return {
        value: await invocation.call(setOperation, {
          by: administratorOf(invocation),
          from: operand(invocation, 0),
          ...options,
        }),
      };
    },
  },
  {
    path: ['calendar', 'clear'],
    summary: 'take days off the calendar, which are like their weekday again',
    declare: (command) =>
      void command.argument('<day>', 'the first or only one').option('--until <day>', 'the last one'),
    run: async (invocation) => ({
      value: await invocation.call(clearOperation, {
        by: administratorOf(invocation),
        from: operand(invocation, 0),
        ...invocation.options,
      }),
    }),
  },
];
