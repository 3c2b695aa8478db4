// `gatewarden sessions list | cut`.
import { Type } from 'typebox';
import { OperatorError } from '../base/errors.ts';
import { formatInstant } from '../core/dates.ts';
import { cutSessions, showSessions } from '../services/sessions/sessions.ts';
import { administrationDeps, administratorOf, iso, orderSchema } from './administrator.ts';
import { type CliCommand, defineOperation, type Operation } from './command.ts';
import { text } from './output.ts';

const name = Type.Optional(Type.String({ minLength: 1, maxLength: 300 }));

const listOperation = defineOperation(
  'sessions.list',
  Type.Object({ user: name, gateway: name }),
  async (context, args, output) => {
    const { sessions, timeZone } = await showSessions(context, args);
    output.emit({
      type: 'table',
      columns: ['Session', 'User', 'Gateway', 'From', 'Workstation', 'State', 'Since', 'Until', 'Cut'],
      rows: sessions.map((one) => [
        one.id,
        one.userName,
        one.gateway,
        one.station,
        one.workstation,
        one.state,
        formatInstant(one.liveAt ?? one.startedAt, timeZone),
        formatInstant(one.until, timeZone),
        one.cut === null ? null : `${one.cut.state} (${one.cut.reason})`,
      ]),
    });
    return {
      sessions: sessions.map(({ cut, ...one }) => ({
        id: one.id,
        userName: one.userName,
        gateway: one.gateway,
        station: one.station,
        workstation: one.workstation,
        state: one.state,
        startedAt: iso(one.startedAt),
        liveAt: iso(one.liveAt),
        until: iso(one.until),
        lastSeenAt: iso(one.lastSeenAt),
        framedIpAddress: one.framedIpAddress,
        octetsIn: one.octetsIn,
        octetsOut: one.octetsOut,
        cut:
          cut === null
            ? null
            : {
                state: cut.state,
                reason: cut.reason,
                orderedAt: iso(cut.orderedAt),
                attempts: cut.attempts,
                lastError: cut.lastError,
              },
      })),
    };
  },
);

const cutOperation = defineOperation(
  'sessions.cut',
  orderSchema({
    user: name,
    session: Type.Optional(Type.Integer({ minimum: 1 })),
    reason: Type.String({ maxLength: 2000 }),
  }),
  async (context, args, output) => {
    const done = await cutSessions(administrationDeps(context, args), args);
    const already = done.sessions.length - done.ordered;
    const also = already === 0 ? '' : `, ${already} ordered before`;
    output.emit(text(`Ordered: ${done.ordered}${also}. "gatewarden sessions list" says when it is done.`));
    return done;
  },
);

export const sessionsOperations: readonly Operation[] = [listOperation, cutOperation];

function sessionNumber(value: string): number {
  if (/^[1-9]\d{0,14}$/.test(value)) return Number(value);
  throw new OperatorError(`--session: "${value}" is no session.`, {
    at: '--session',
    remedy: 'Give the number that "gatewarden sessions list" prints.',
  });
}

export const sessionsCommands: readonly CliCommand[] = [
  {
    path: ['sessions', 'list'],
    summary: 'list sessions that may be up, with the orders to end them',
    declare(command) {
      command.option('--user <user>', 'of this account').option('--gateway <gateway>', 'on this gateway');
    },
    run: async (invocation) => ({ value: await invocation.call(listOperation, { ...invocation.options }) }),
  },
  {
    path: ['sessions', 'cut'],
    summary: 'have the gateway end a session; the account stays as it is',
    declare(command) {
      command
        .option('--user <user>', 'all sessions of this account')
        .option('--session <number>', 'this one', sessionNumber)
        .requiredOption('--reason <text>', 'why, for the record');
    },
    async run(invocation) {
      const args = { by: administratorOf(invocation), ...invocation.options };
      return { value: await invocation.call(cutOperation, args) };
    },
  },
];
