// `gatewarden sample remove`: the invented organisation of the trial goes, what was recorded of it stays.
import { Type } from 'typebox';
import { removeSample } from '../services/sample.ts';
import { administrationDeps, administratorOf, orderSchema } from './administrator.ts';
import { type CliCommand, defineOperation, type Operation } from './command.ts';
import { text } from './output.ts';

const short = Type.String({ minLength: 1, maxLength: 500 });

const removeOperation = defineOperation(
  'sample.remove',
  orderSchema({ organisationName: short, unitCode: short, unitName: short, reason: short }),
  async (context, args, output) => {
    const { by: _by, ...order } = args;
    const counts = await removeSample(administrationDeps(context, args), order);
    await context.broker?.refreshSettings();
    output.emit({ type: 'fields', fields: Object.entries(counts) });
    output.emit(
      text(
        `The sample is gone. The unit ${order.unitCode} is the root of your own; the audit log keeps what was recorded.`,
      ),
    );
    return counts;
  },
);

export const sampleOperations: readonly Operation[] = [removeOperation];

export const sampleCommands: readonly CliCommand[] = [
  {
    path: ['sample', 'remove'],
    summary: 'take out the invented organisation of the trial; refused while real data hangs on it',
    declare(command) {
      command
        .requiredOption('--organisation <name>', 'your organisation, as on official papers')
        .requiredOption('--unit-code <code>', 'code of its root unit')
        .requiredOption('--unit-name <name>', 'name of its root unit')
        .requiredOption('--reason <text>', 'why; kept in the audit log');
    },
    async run(invocation) {
      const { organisation, unitCode, unitName, reason } = invocation.options;
      const order = {
        by: administratorOf(invocation),
        organisationName: String(organisation),
        unitCode: String(unitCode),
        unitName: String(unitName),
        reason: String(reason),
      };
      return { value: await invocation.call(removeOperation, order) };
    },
  },
];
