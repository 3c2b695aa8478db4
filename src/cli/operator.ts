// `gatewarden operator first-link`: the way in to the console for its first operator.
import { Type } from 'typebox';
import { OperatorError } from '../base/errors.ts';
import { formatInstant } from '../core/dates.ts';
import { readOrganisation } from '../services/administration.ts';
import { createFirstLink } from '../services/operators/enrolment.ts';
import { iso } from './administrator.ts';
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

export const operatorOperations: readonly Operation[] = [firstLinkOperation];

export const operatorCommands: readonly CliCommand[] = [
  {
    path: ['operator', 'first-link'],
    summary: "print the one-time link of the console's first operator",
    declare() {},
    run: async (invocation) => ({ value: await invocation.call(firstLinkOperation, {}) }),
  },
];
