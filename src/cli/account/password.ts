// `gatewarden account set-password`.
import { Type } from 'typebox';
import { OperatorError } from '../../base/errors.ts';
import { setPassword } from '../../services/accounts/password.ts';
import {
  administrationDeps,
  administratorOf,
  commandPasswords,
  inputLine,
  operand,
  orderSchema,
  readInputLine,
} from '../administrator.ts';
import { type CliCommand, defineOperation, type Invocation, type Operation } from '../command.ts';
import { text } from '../output.ts';
import { ask, readLineOfInput } from '../terminal.ts';

const setPasswordOperation = defineOperation(
  'account.set-password',
  orderSchema({ user: Type.String({ minLength: 1, maxLength: 200 }) }),
  async (context, args, output) => {
    const password = await readInputLine(context);
    const deps = { ...administrationDeps(context, args), passwords: commandPasswords(context) };
    const done = await setPassword(deps, { user: args.user, password });
    output.emit(text(`${done.userName} has a new password.`));
    return done;
  },
);

async function readPassword(invocation: Invocation): Promise<string> {
  if (invocation.options['passwordStdin'] === true) return readLineOfInput(invocation);
  const instead = 'Pipe it in with --password-stdin.';
  const password = await ask(invocation, 'New password', { hidden: true, instead });
  if (password === (await ask(invocation, 'Once more', { hidden: true, instead }))) return password;
  throw new OperatorError('The two are not alike; nothing was done.', { remedy: 'Run the command again.' });
}

export const passwordOperations: readonly Operation[] = [setPasswordOperation];

export const passwordCommands: readonly CliCommand[] = [
  {
    path: ['account', 'set-password'],
    summary: 'set a new password, asked for twice',
    declare(command) {
      command
        .argument('<user>', 'user name')
        .option('--password-stdin', 'read the password from standard input instead of asking');
    },
    async run(invocation) {
      const args = { by: administratorOf(invocation), user: operand(invocation, 0) };
      const password = await readPassword(invocation);
      return { value: await invocation.call(setPasswordOperation, args, inputLine(password)) };
    },
  },
];
