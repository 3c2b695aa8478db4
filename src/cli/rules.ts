// `gatewarden rules publish | show`: the rules of use that every holder accepts.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Type } from 'typebox';
import { OperatorError } from '../base/errors.ts';
import { currentRules, publishRules } from '../services/portal/rules.ts';
import { administrationDeps, administratorOf, orderSchema } from './administrator.ts';
import { type CliCommand, defineOperation, type Invocation, type Operation } from './command.ts';
import { text } from './output.ts';

const publishOperation = defineOperation(
  'rules.publish',
  orderSchema({ textVi: Type.String(), textEn: Type.String() }),
  async (context, args, output) => {
    const done = await publishRules(administrationDeps(context, args), args);
    await context.broker?.refreshSettings();
    output.emit(
      text(`Version ${done.version} is in force: holders are asked to accept it before the next login.`),
    );
    return done;
  },
);

const showOperation = defineOperation('rules.show', Type.Object({}), async ({ store }, _, output) => {
  const rules = await currentRules(store);
  output.emit(text(rules.version === 0 ? 'No rules are in force.' : `Version ${rules.version}:`));
  if (rules.version > 0) output.emit(text(`\n${rules.textVi}\n\n${rules.textEn}`));
  return rules;
});

export const rulesOperations: readonly Operation[] = [publishOperation, showOperation];

async function readText(invocation: Invocation, file: unknown, option: string): Promise<string> {
  const octets = await readFile(resolve(invocation.workingDirectory, String(file)));
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch (cause) {
    throw new OperatorError(`${option}: the file is not Unicode.`, {
      at: option,
      remedy: 'Save it again as UTF-8.',
      cause,
    });
  }
}

export const rulesCommands: readonly CliCommand[] = [
  {
    path: ['rules', 'publish'],
    summary: 'put a new version of the rules of use in force',
    declare(command) {
      command
        .requiredOption('--vi <file>', 'text in Vietnamese (plain, UTF-8; an empty line begins a paragraph)')
        .requiredOption('--en <file>', 'the same in English');
    },
    async run(invocation) {
      const { vi, en } = invocation.options;
      const textVi = await readText(invocation, vi, '--vi');
      const textEn = await readText(invocation, en, '--en');
      const order = { by: administratorOf(invocation), textVi, textEn };
      return { value: await invocation.call(publishOperation, order) };
    },
  },
  {
    path: ['rules', 'show'],
    summary: 'print the rules of use in force',
    declare() {},
    async run(invocation) {
      return { value: await invocation.call(showOperation, {}) };
    },
  },
];
