// `gatewarden operator first-link | link | four-eyes`: the way in to the console for its first operator, and for one who has lost everything.
import { Argument } from 'commander';
import { Type } from 'typebox';
import { OperatorError } from '../base/errors.ts';
import { formatInstant } from '../core/dates.ts';
import { canonicalUserName } from '../core/user-name.ts';
import { readOrganisation } from '../services/administration.ts';
import { createFirstLink } from '../services/operators/enrolment.ts';
import { readFourEyes, renewLink, setFourEyes } from '../services/operators/orders.ts';
import { findOperatorByName } from '../store/queries/operators.ts';
import { administrationDeps, administratorOf, iso, operand, orderSchema } from './administrator.ts';
import { type CliCommand, defineOperation, type Operation } from './command.ts';
import { text } from './output.ts';
import { webAddress } from './web-address.ts';

const firstLinkOperation = defineOperation(
  'operator.first-link',
  Type.Object({}),
  async (context, _args, output) => {
    const { config, broker, store } = context;
    const made = await createFirstLink(context);
    if (made === null) {
      throw new OperatorError('The console has an operator already.', {
        at: 'operator',
        remedy: 'Ask a central administrator for a link: page "Hệ thống", operators.',
      });
    }
    const { timeZone } = await readOrganisation(store);
    const address = `${webAddress(config.console, broker?.consoleEndpoint ?? config.console.listen)}/enrol#${made.token}`;
    output.emit(text('Open this in a browser to become the first operator. It works once, until'));
    output.emit(text(`${formatInstant(made.expiresAt, timeZone)}; a link that was made before is void.`));
    output.emit(text(`  ${address}`));
    return { address, expiresAt: iso(made.expiresAt) };
  },
);

const linkOperation = defineOperation(
  'operator.link',
  orderSchema({ name: Type.String(), reason: Type.String() }),
  async (context, args, output) => {
    const { config, broker, store } = context;
    const deps = { ...administrationDeps(context, args), actor: null };
    const name = canonicalUserName(args.name.trim().normalize('NFC'), { realms: [] });
    const operator = name.ok ? await store.read((db) => findOperatorByName(db, name.userName)) : null;
    if (operator === null) {
      throw new OperatorError(`No operator signs in as ${args.name}.`, {
        at: 'NAME',
        remedy: 'Give the name that the operator signs in with.',
        fault: 'not-found',
      });
    }
    const made = await renewLink(deps, operator.id, args.reason);
    if (made.kind !== 'link') throw new Error('the command line needs nobody');
    const { timeZone } = await readOrganisation(store);
    const address = `${webAddress(config.console, broker?.consoleEndpoint ?? config.console.listen)}/enrol#${made.token}`;
    output.emit(
      text(`For ${operator.fullName} alone: it sets a new password and authenticator, works once, until`),
    );
    output.emit(
      text(`${formatInstant(made.expiresAt, timeZone)}, and asks for nothing else. It is on record.`),
    );
    output.emit(text(`  ${address}`));
    return { address, expiresAt: iso(made.expiresAt) };
  },
);

const fourEyesOperation = defineOperation(
  'operator.four-eyes',
  orderSchema({ mode: Type.Union([Type.Enum(['administrators', 'all']), Type.Null()]) }),
  async (context, args, output) => {
    if (args.mode !== null) await setFourEyes(administrationDeps(context, args), args.mode);
    const mode = await context.store.read(readFourEyes);
    output.emit(
      text(
        mode === 'all'
          ? 'Making any operator, and giving one a new link, takes two central administrators where there are two.'
          : 'Making a central administrator, and giving one a new link, takes two of them where there are two.',
      ),
    );
    return { mode };
  },
);

export const operatorOperations: readonly Operation[] = [
  firstLinkOperation,
  linkOperation,
  fourEyesOperation,
];

export const operatorCommands: readonly CliCommand[] = [
  {
    path: ['operator', 'first-link'],
    summary: "print the one-time link of the console's first operator",
    declare() {},
    run: async (invocation) => ({ value: await invocation.call(firstLinkOperation, {}) }),
  },
  {
    path: ['operator', 'link'],
    summary:
      'print a one-time link for an operator who can not sign in any more and whom nobody else can help',
    declare(command) {
      command
        .argument('<name>', 'the name that the operator signs in with')
        .requiredOption('--reason <text>', 'why; it is recorded');
    },
    run: async (invocation) => ({
      value: await invocation.call(linkOperation, {
        by: administratorOf(invocation),
        name: operand(invocation, 0),
        reason: String(invocation.options['reason']),
      }),
    }),
  },
  {
    path: ['operator', 'four-eyes'],
    summary: 'show or set whose making and resetting takes two central administrators',
    declare(command) {
      command.addArgument(
        new Argument('[mode]', 'administrators: theirs (the default); all: that of every operator').choices([
          'administrators',
          'all',
        ]),
      );
    },
    run: async (invocation) => {
      const [mode] = invocation.operands;
      return {
        value: await invocation.call(fourEyesOperation, {
          by: administratorOf(invocation),
          mode: mode === 'administrators' || mode === 'all' ? mode : null,
        }),
      };
    },
  },
];
