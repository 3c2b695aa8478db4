// `gatewarden evidence report | sign-exception | end-exception`.
import { Option } from 'commander';
import { Type } from 'typebox';
import { formatMoment } from '../core/dates.ts';
import type { EvidenceLevel } from '../core/evidence.ts';
import { readOrganisation } from '../services/administration.ts';
import { endException, reportEvidence, signException } from '../services/evidence.ts';
import { pageSize } from './account/show.ts';
import { administrationDeps, administratorOf, iso, loadSettings, orderSchema } from './administrator.ts';
import { type CliCommand, defineOperation, type Operation } from './command.ts';
import { text, warning } from './output.ts';

const name = Type.String({ minLength: 1, maxLength: 300 });
const reason = Type.String({ maxLength: 2_000 });
const scope = { unit: Type.Optional(name), gateway: Type.Optional(name) };
const level = Type.Union([0, 1, 2, 3].map((one) => Type.Literal(one)));

const reportOperation = defineOperation(
  'evidence.report',
  Type.Object({ days: Type.Integer({ minimum: 1, maximum: 1_000 }), level }),
  async (context, { days, level: wanted }, output) => {
    const { settings } = await loadSettings(context);
    const report = await reportEvidence({ ...context, settings }, { days, level: wanted as EvidenceLevel });
    const { timeZone } = await readOrganisation(context.store);
    output.emit(
      text(`Accepted logins of ${days} days, and those that E${wanted} would deny if it were enforced:`),
    );
    output.emit({
      type: 'table',
      columns: ['Gateway', 'Logins', 'E0', 'E1', 'E2', 'E3', 'Would be denied', 'Accounts'],
      rows: report.gateways.map((one) => [
        one.gateway,
        one.logins,
        ...one.byLevel,
        one.wouldBeDenied,
        one.accounts,
      ]),
    });
    output.emit(text(report.exceptions.length === 0 ? 'Exceptions: none' : 'Exceptions:'));
    for (const one of report.exceptions) {
      const until = formatMoment(one.validUntil, 'until', timeZone);
      const line = `  ${one.scope}: E${one.leastEvidence} will do until ${until} (${one.documentNumber}, ${one.signatory})`;
      output.emit(one.isOver ? warning(`${line}: over`) : text(line));
    }
    return {
      ...report,
      since: iso(report.since),
      exceptions: report.exceptions.map((one) => ({
        ...one,
        validUntil: iso(one.validUntil),
        createdAt: iso(one.createdAt),
        endedAt: iso(one.endedAt),
      })),
    };
  },
);

const signOperation = defineOperation(
  'evidence.sign-exception',
  orderSchema({
    ...scope,
    leastEvidence: Type.Union([Type.Literal(0), Type.Literal(1)]),
    until: name,
    documentNumber: name,
    signatory: name,
    reason,
  }),
  async (context, args, output) => {
    const { settings } = await loadSettings(context);
    const done = await signException({ ...administrationDeps(context, args), settings }, args);
    await context.broker?.refreshSettings();
    const { timeZone } = await readOrganisation(context.store);
    const until = formatMoment(done.validUntil, 'until', timeZone);
    output.emit(text(`For ${done.name} evidence E${done.leastEvidence} will do until ${until}.`));
    return { ...done, validUntil: iso(done.validUntil) };
  },
);

const endOperation = defineOperation(
  'evidence.end-exception',
  orderSchema({ ...scope, reason }),
  async (context, args, output) => {
    const { settings } = await loadSettings(context);
    const done = await endException({ ...administrationDeps(context, args), settings }, args);
    await context.broker?.refreshSettings();
    output.emit(text(`The exception for ${done.name} is over.`));
    return done;
  },
);

export const evidenceOperations: readonly Operation[] = [reportOperation, signOperation, endOperation];

const declareScope = (command: Parameters<CliCommand['declare']>[0]) =>
  command
    .option('--unit <code>', 'for the people of this unit and below')
    .option('--gateway <name>', 'for this gateway; without both: for the organisation')
    .requiredOption('--reason <text>', 'why, for the record');

export const evidenceCommands: readonly CliCommand[] = [
  {
    path: ['evidence', 'report'],
    summary: 'show how well workstations are proven, and what demanding more would deny',
    declare(command) {
      command
        .option('--days <n>', 'logins of so many days', pageSize, 30)
        .addOption(
          new Option('--level <level>', 'evidence level asked about').choices(['1', '2', '3']).default('2'),
        );
    },
    async run(invocation) {
      const { days, level: wanted } = invocation.options;
      return { value: await invocation.call(reportOperation, { days, level: Number(wanted) }) };
    },
  },
  {
    path: ['evidence', 'sign-exception'],
    summary: 'let less evidence do until a day, by a paper that somebody signed',
    declare(command) {
      declareScope(command)
        .addOption(
          new Option('--level <level>', 'evidence that will do').choices(['0', '1']).makeOptionMandatory(),
        )
        .requiredOption('--until <day>', 'last day')
        .requiredOption('--document <number>', 'number of the paper')
        .requiredOption('--signatory <name>', 'who signed it');
    },
    async run(invocation) {
      const { level: least, document, ...more } = invocation.options;
      const args = {
        by: administratorOf(invocation),
        ...more,
        leastEvidence: Number(least),
        documentNumber: document,
      };
      return { value: await invocation.call(signOperation, args) };
    },
  },
  {
    path: ['evidence', 'end-exception'],
    summary: 'end an exception before its day',
    declare: (command) => void declareScope(command),
    run: async (invocation) => ({
      value: await invocation.call(endOperation, { by: administratorOf(invocation), ...invocation.options }),
    }),
  },
];
