// `gatewarden workstation list | show | add | set-state | add-identifier | remove-identifier`.
import { Argument, Option } from 'commander';
import { Type } from 'typebox';
import { formatMoment } from '../core/dates.ts';
import { identifierTypes } from '../core/evidence.ts';
import { readOrganisation } from '../services/administration.ts';
import {
  addIdentifier,
  addWorkstation,
  listWorkstationPage,
  removeIdentifier,
  setState,
  showWorkstation,
} from '../services/workstations.ts';
import { pageSize } from './account/show.ts';
import { administrationDeps, administratorOf, iso, operand, orderSchema } from './administrator.ts';
import { type CliCommand, defineOperation, type Invocation, type Operation } from './command.ts';
import { text, warning } from './output.ts';
import { keyCommands, keyOperations } from './workstation/keys.ts';

const name = Type.String({ minLength: 1, maxLength: 300 });
const kinds = ['personal', 'shared', 'spare'] as const;
const states = ['active', 'retired', 'lost'] as const;

const listOperation = defineOperation(
  'workstation.list',
  Type.Object({
    unit: Type.Optional(name),
    state: Type.Optional(Type.Enum([...states])),
    after: Type.Optional(name),
    limit: Type.Integer({ minimum: 1, maximum: 1_000 }),
  }),
  async ({ store }, args, output) => {
    const { workstations, next } = await listWorkstationPage(store, args);
    output.emit({
      type: 'table',
      columns: ['Asset', 'Name', 'Kind', 'State', 'Unit'],
      rows: workstations.map((one) => [one.assetTag, one.name, one.kind, one.state, one.unitCode]),
    });
    if (next !== null) output.emit(text(`More: --after ${next}`));
    return { workstations: workstations.map(({ id: _, ...one }) => one), next };
  },
);

const showOperation = defineOperation(
  'workstation.show',
  Type.Object({ assetTag: name }),
  async ({ store }, args, output) => {
    const shown = await showWorkstation(store, args.assetTag);
    const { timeZone } = await readOrganisation(store);
    const { keeper } = shown;
    output.emit({
      type: 'fields',
      fields: [
        ['Asset', shown.assetTag],
        ['Name', shown.name],
        ['Kind', shown.kind],
        ['State', shown.state],
        ['Keeper', keeper === null ? 'none' : `${keeper.fullName} · ${keeper.staffCode}`],
      ],
    });
    output.emit(text(shown.identifiers.length === 0 ? 'Identifiers: none' : 'Identifiers:'));
    for (const identifier of shown.identifiers) output.emit(text(`  ${identifier}`));
    output.emit(text(shown.users.length === 0 ? 'Assigned to: nobody' : 'Assigned to:'));
    if (shown.users.length > 0) {
      output.emit({
        type: 'table',
        columns: ['Account', 'Holder', 'From', 'Until'],
        rows: shown.users.map((one) => [
          one.userName,
          one.fullName,
          formatMoment(one.validFrom, 'from', timeZone),
          one.validUntil === null ? 'as the account' : formatMoment(one.validUntil, 'until', timeZone),
        ]),
      });
    }
    return {
      assetTag: shown.assetTag,
      name: shown.name,
      kind: shown.kind,
      state: shown.state,
      keeper,
      identifiers: shown.identifiers,
      users: shown.users.map(({ personId: _, ...one }) => ({
        ...one,
        validFrom: iso(one.validFrom),
        validUntil: iso(one.validUntil),
      })),
    };
  },
);

const addOperation = defineOperation(
  'workstation.add',
  orderSchema({
    assetTag: name,
    name: Type.Optional(name),
    kind: Type.Enum([...kinds]),
    unit: name,
    keeper: Type.Optional(name),
  }),
  async (context, args, output) => {
    const done = await addWorkstation(administrationDeps(context, args), args);
    output.emit(text(`${done.assetTag} is registered. It needs an identifier before a gateway can name it.`));
    return done;
  },
);

const setStateOperation = defineOperation(
  'workstation.set-state',
  orderSchema({ assetTag: name, state: Type.Enum([...states]), reason: Type.String({ maxLength: 2000 }) }),
  async (context, args, output) => {
    const done = await setState(administrationDeps(context, args), args);
    const effect = args.state === 'active' ? 'is let in again' : 'is refused on it from now on';
    output.emit(
      text(
        `${done.assetTag} is ${args.state} (was ${done.former}): ${done.accounts} accounts; who has it ${effect}.`,
      ),
    );
    return done;
  },
);

const identifierSchema = orderSchema({ assetTag: name, type: name, value: name });

const addIdentifierOperation = defineOperation(
  'workstation.add-identifier',
  identifierSchema,
  async (context, args, output) => {
    const done = await addIdentifier(administrationDeps(context, args), args);
    output.emit(text(`${done.assetTag} has ${done.identifier}.`));
    if (done.sharedWith.length > 0) {
      output.emit(warning(`so have ${done.sharedWith.join(', ')}: it can't tell them apart`));
    }
    return done;
  },
);

const removeIdentifierOperation = defineOperation(
  'workstation.remove-identifier',
  identifierSchema,
  async (context, args, output) => {
    const done = await removeIdentifier(administrationDeps(context, args), args);
    output.emit(text(`${done.assetTag} no longer has ${done.identifier}.`));
    return done;
  },
);

export const workstationOperations: readonly Operation[] = [
  ...keyOperations,
  listOperation,
  showOperation,
  addOperation,
  setStateOperation,
  addIdentifierOperation,
  removeIdentifierOperation,
];

async function order(invocation: Invocation, operation: Operation, more: object = {}) {
  return {
    value: await invocation.call(operation, {
      by: administratorOf(invocation),
      assetTag: operand(invocation, 0),
      ...invocation.options,
      ...more,
    }),
  };
}

const identifierOf = (invocation: Invocation) => ({
  type: operand(invocation, 1),
  value: operand(invocation, 2),
});

export const workstationCommands: readonly CliCommand[] = [
  ...keyCommands,
  {
    path: ['workstation', 'list'],
    summary: 'list workstations by asset tag',
    declare(command) {
      command
        .option('--unit <code>', 'of this unit and below')
        .addOption(new Option('--state <state>', 'in this state').choices(states))
        .option('--limit <n>', 'rows a page', pageSize, 50)
        .option('--after <asset>', 'next page: after this asset tag');
    },
    run: async (invocation) => ({ value: await invocation.call(listOperation, invocation.options) }),
  },
  {
    path: ['workstation', 'show'],
    summary: 'show a workstation, its identifiers and users',
    declare: (command) => void command.argument('<asset>', 'asset tag'),
    async run(invocation) {
      return { value: await invocation.call(showOperation, { assetTag: operand(invocation, 0) }) };
    },
  },
  {
    path: ['workstation', 'add'],
    summary: 'register a workstation',
    declare(command) {
      command
        .argument('<asset>', "asset tag: the unit's inventory number")
        .requiredOption('--unit <code>', 'unit that it belongs to')
        .addOption(new Option('--kind <kind>', 'kind').choices(kinds).default('personal'))
        .option('--name <name>', 'name of the computer; the asset tag without it')
        .option('--keeper <staff-code>', 'who answers for a shared or spare one');
    },
    run: (invocation) => order(invocation, addOperation),
  },
  {
    path: ['workstation', 'set-state'],
    summary: 'say that a workstation is lost, retired or in use again',
    declare(command) {
      command
        .argument('<asset>', 'asset tag')
        .addArgument(new Argument('<state>', 'its state').choices(states))
        .requiredOption('--reason <text>', 'why, for the record');
    },
    run: (invocation) => order(invocation, setStateOperation, { state: operand(invocation, 1) }),
  },
  {
    path: ['workstation', 'add-identifier'],
    summary: 'add what a gateway reports of it',
    declare(command) {
      command
        .argument('<asset>', 'asset tag')
        .argument('<type>', identifierTypes.join(', '))
        .argument('<value>', 'in any usual spelling');
    },
    run: (invocation) => order(invocation, addIdentifierOperation, identifierOf(invocation)),
  },
  {
    path: ['workstation', 'remove-identifier'],
    summary: 'take an identifier away',
    declare(command) {
      command
        .argument('<asset>', 'asset tag')
        .argument('<type>', identifierTypes.join(', '))
        .argument('<value>', 'in any usual spelling');
    },
    run: (invocation) => order(invocation, removeIdentifierOperation, identifierOf(invocation)),
  },
];
