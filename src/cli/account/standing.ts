// `gatewarden account set-term | set-first-factor | suspend | reinstate | withdraw | activate | unlock | retire`.
import { type Command, Option } from 'commander';
import { Type } from 'typebox';
import { formatMoment, termInWords } from '../../core/dates.ts';
import { setFirstFactor } from '../../services/accounts/first-factor.ts';
import {
  activate,
  type EndOfEmployment,
  endEmployment,
  endsOfEmployment,
  reinstate,
  setTerm,
  suspend,
  suspensionDetails,
  unlock,
  withdraw,
} from '../../services/accounts/standing.ts';
import { administrationDeps, administratorOf, iso, operand, orderSchema } from '../administrator.ts';
import { type CliCommand, defineOperation, type Invocation, type Operation } from '../command.ts';
import { text } from '../output.ts';

const user = Type.String({ minLength: 1, maxLength: 200 });
const reason = Type.String({ maxLength: 2000 });
const language = Type.Enum(['en', 'vi']);
const date = Type.Optional(Type.String({ maxLength: 60 }));

const setTermOperation = defineOperation(
  'account.set-term',
  orderSchema({ user, reason, language, validFrom: date, validUntil: date }),
  async (context, args, output) => {
    const done = await setTerm(administrationDeps(context, args), args);
    const { timeZone, validFrom, validUntil, ...rest } = done;
    output.emit(text(`Term of ${done.userName} (${timeZone}):`));
    output.emit(text(`  ${termInWords(validFrom, 'from', timeZone, args.language)}`));
    output.emit(text(`  ${termInWords(validUntil, 'until', timeZone, args.language)}`));
    if (validUntil <= context.clock.now()) output.emit({ type: 'warning', text: 'the term is over already' });
    return { ...rest, validFrom: iso(validFrom), validUntil: iso(validUntil) };
  },
);

const setFirstFactorOperation = defineOperation(
  'account.set-first-factor',
  orderSchema({ user, reason, firstFactor: Type.String({ minLength: 1, maxLength: 80 }) }),
  async (context, args, output) => {
    const { firstFactor } = args;
    const isByPolicy = firstFactor === 'policy';
    const upstreams = context.config.upstreams.map(({ name }) => name);
    const deps = { ...administrationDeps(context, args), upstreams };
    const done = await setFirstFactor(deps, { ...args, firstFactor: isByPolicy ? null : firstFactor });
    const who = firstFactor === 'own' ? 'by this broker' : `by ${firstFactor}`;
    output.emit(
      text(`The password of ${done.userName} is checked ${isByPolicy ? 'as the policy says' : who}.`),
    );
    return done;
  },
);

const suspendOperation = defineOperation(
  'account.suspend',
  orderSchema({ user, reason, detail: Type.Enum([...suspensionDetails]) }),
  async (context, args, output) => {
    const done = await suspend(administrationDeps(context, args), args);
    output.emit(text(`${done.userName} is suspended (${args.detail}).`));
    return done;
  },
);

const reinstateOperation = defineOperation(
  'account.reinstate',
  orderSchema({ user, reason }),
  async (context, args, output) => {
    const done = await reinstate(administrationDeps(context, args), args);
    output.emit(text(`${done.userName} is no longer suspended.`));
    return done;
  },
);

const withdrawOperation = defineOperation(
  'account.withdraw',
  orderSchema({ user, reason }),
  async (context, args, output) => {
    const done = await withdraw(administrationDeps(context, args), args);
    output.emit(text(`${done.userName} is withdrawn. It comes back only on a new written assignment.`));
    return done;
  },
);

const activateOperation = defineOperation(
  'account.activate',
  orderSchema({ user, reason: Type.Optional(reason) }),
  async (context, args, output) => {
    const done = await activate(administrationDeps(context, args), args);
    output.emit(text(`${done.userName} is active, by ${done.documentNumbers.join(', ')}.`));
    return done;
  },
);

const unlockOperation = defineOperation(
  'account.unlock',
  orderSchema({ user, reason: Type.Optional(reason) }),
  async (context, args, output) => {
    const done = await unlock(administrationDeps(context, args), args);
    output.emit(
      text(
        done.cleared === 0
          ? `${done.userName} had no failed attempts.`
          : `${done.userName}: failed attempts forgotten (${done.cleared} counters), nothing is locked.`,
      ),
    );
    return done;
  },
);

const retireOperation = defineOperation(
  'account.retire',
  orderSchema({
    user,
    language,
    detail: Type.Enum([...endsOfEmployment]),
    from: Type.String({ maxLength: 60 }),
    documentNumber: Type.String({ maxLength: 200 }),
  }),
  async (context, args, output) => {
    const detail: EndOfEmployment = args.detail;
    const done = await endEmployment(administrationDeps(context, args), { ...args, detail });
    const { timeZone, effectiveAt, ...rest } = done;
    const when = formatMoment(effectiveAt, 'from', timeZone);
    output.emit(
      text(
        effectiveAt <= context.clock.now()
          ? `${done.userName}: employment has ended (${detail}, since ${when}). No login is accepted from now on.`
          : `${done.userName}: employment ends (${detail}) at ${when}. No login is accepted from then on.`,
      ),
    );
    return { ...rest, effectiveAt: iso(effectiveAt) };
  },
);

export const standingOperations: readonly Operation[] = [
  setTermOperation,
  setFirstFactorOperation,
  suspendOperation,
  reinstateOperation,
  withdrawOperation,
  activateOperation,
  unlockOperation,
  retireOperation,
];

/** Calls an operation about the account named first, with the command's options. */
async function order(invocation: Invocation, operation: Operation, more: object = {}) {
  return {
    value: await invocation.call(operation, {
      by: administratorOf(invocation),
      user: operand(invocation, 0),
      ...invocation.options,
      ...more,
    }),
  };
}

const withReason = (command: Command) =>
  command.argument('<user>', 'user name').requiredOption('--reason <text>', 'why, for the record');

export const standingCommands: readonly CliCommand[] = [
  {
    path: ['account', 'set-term'],
    summary: 'set the term of use',
    declare(command) {
      withReason(command)
        .option('--valid-from <date>', 'first day (00:00), such as 01/03/2026')
        .option('--valid-until <date>', 'last day (24:00), such as 31/12/2026');
    },
    run: (invocation) => order(invocation, setTermOperation, { language: invocation.language }),
  },
  {
    path: ['account', 'set-first-factor'],
    summary: 'say who checks its password, before any policy',
    declare(command) {
      withReason(command).argument(
        '<first-factor>',
        'own (this broker), the name of an upstream, or policy (nothing of its own)',
      );
    },
    run: (invocation) => order(invocation, setFirstFactorOperation, { firstFactor: operand(invocation, 1) }),
  },
  {
    path: ['account', 'suspend'],
    summary: 'suspend until reinstated',
    declare(command) {
      withReason(command).addOption(
        new Option('--detail <detail>', 'on whose word')
          .choices(suspensionDetails)
          .default('by-unit')
          .makeOptionMandatory(),
      );
    },
    run: (invocation) => order(invocation, suspendOperation),
  },
  {
    path: ['account', 'reinstate'],
    summary: 'lift a suspension',
    declare: (command) => void withReason(command),
    run: (invocation) => order(invocation, reinstateOperation),
  },
  {
    path: ['account', 'withdraw'],
    summary: 'end the right to connect',
    declare: (command) => void withReason(command),
    run: (invocation) => order(invocation, withdrawOperation),
  },
  {
    path: ['account', 'activate'],
    summary: 'let the account be used; needs a written assignment in force',
    declare(command) {
      command.argument('<user>', 'user name').option('--reason <text>', 'why, for the record');
    },
    run: (invocation) => order(invocation, activateOperation),
  },
  {
    path: ['account', 'unlock'],
    summary: 'forget failed attempts and the lockout that follows from them',
    declare(command) {
      command.argument('<user>', 'user name').option('--reason <text>', 'why, for the record');
    },
    run: (invocation) => order(invocation, unlockOperation),
  },
  {
    path: ['account', 'retire'],
    summary: "enter the end of the holder's employment",
    declare(command) {
      command
        .argument('<user>', 'user name')
        .addOption(
          new Option('--detail <detail>', 'how it ends').choices(endsOfEmployment).makeOptionMandatory(),
        )
        .requiredOption('--from <date>', 'first day without employment (00:00), such as 01/03/2026')
        .requiredOption('--document <number>', 'number of the decision paper');
    },
    run: (invocation) =>
      order(invocation, retireOperation, {
        language: invocation.language,
        documentNumber: invocation.options['document'],
      }),
  },
];
