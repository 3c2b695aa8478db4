// `gatewarden account assign-workstation | end-workstation`.
import { Type } from 'typebox';
import { formatMoment } from '../../core/dates.ts';
import { assignWorkstation, endWorkstation } from '../../services/accounts/workstations.ts';
import { administrationDeps, administratorOf, iso, operand, orderSchema } from '../administrator.ts';
import { type CliCommand, defineOperation, type Invocation, type Operation } from '../command.ts';
import { text } from '../output.ts';

const name = Type.String({ minLength: 1, maxLength: 200 });
const date = Type.Optional(Type.String({ maxLength: 60 }));

const assignOperation = defineOperation(
  'account.assign-workstation',
  orderSchema({ user: name, assetTag: name, from: date, until: date }),
  async (context, args, output) => {
    const done = await assignWorkstation(administrationDeps(context, args), args);
    const { timeZone, validFrom, validUntil, ...rest } = done;
    const end =
      validUntil === null ? 'as long as the account' : `until ${formatMoment(validUntil, 'until', timeZone)}`;
    output.emit(
      text(
        `${done.assetTag} is assigned to ${done.userName} from ${formatMoment(validFrom, 'from', timeZone)}, ${end}.`,
      ),
    );
    return { ...rest, validFrom: iso(validFrom), validUntil: iso(validUntil) };
  },
);

const endOperation = defineOperation(
  'account.end-workstation',
  orderSchema({ user: name, assetTag: name, at: date }),
  async (context, args, output) => {
    const done = await endWorkstation(administrationDeps(context, args), args);
    const { timeZone, endsAt, ...rest } = done;
    output.emit(
      text(
        endsAt <= context.clock.now()
          ? `${done.assetTag} is no longer assigned to ${done.userName}.`
          : `${done.assetTag} is assigned to ${done.userName} until ${formatMoment(endsAt, 'until', timeZone)}.`,
      ),
    );
    return { ...rest, endsAt: iso(endsAt) };
  },
);

export const accountWorkstationOperations: readonly Operation[] = [assignOperation, endOperation];

async function order(invocation: Invocation, operation: Operation) {
  return {
    value: await invocation.call(operation, {
      by: administratorOf(invocation),
      user: operand(invocation, 0),
      assetTag: operand(invocation, 1),
      ...invocation.options,
    }),
  };
}

export const accountWorkstationCommands: readonly CliCommand[] = [
  {
    path: ['account', 'assign-workstation'],
    summary: 'assign a workstation; with --until for a time',
    declare(command) {
      command
        .argument('<user>', 'user name')
        .argument('<asset>', 'asset tag')
        .option('--from <date>', 'first day (00:00); now without it')
        .option('--until <date>', 'last day (24:00); as long as the account without it');
    },
    run: (invocation) => order(invocation, assignOperation),
  },
  {
    path: ['account', 'end-workstation'],
    summary: 'take a workstation back',
    declare(command) {
      command
        .argument('<user>', 'user name')
        .argument('<asset>', 'asset tag')
        .option('--at <date>', 'last day (24:00); now without it');
    },
    run: (invocation) => order(invocation, endOperation),
  },
];
