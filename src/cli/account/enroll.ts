// `gatewarden account enroll | confirm | revoke-authenticator`: an app by its QR code, a token by its maker's seed.
import { Option } from 'commander';
import qrcode from 'qrcode';
import { Type } from 'typebox';
import { OperatorError } from '../../base/errors.ts';
import type { OtpParameters } from '../../core/otp.ts';
import {
  beginApp,
  beginToken,
  type Confirmation,
  confirmEnrollment,
  type Enrollment,
  revokeAuthenticator,
} from '../../services/accounts/enrollment.ts';
import {
  administrationDeps,
  administratorOf,
  inputLine,
  operand,
  orderSchema,
  readInputLine,
} from '../administrator.ts';
import {
  type CliCommand,
  type CommandResult,
  defineOperation,
  type Invocation,
  type Operation,
} from '../command.ts';
import { text, warning } from '../output.ts';
import { ask, readLineOfInput, readSecretFile } from '../terminal.ts';

const user = Type.String({ minLength: 1, maxLength: 200 });
const mostTries = 5;

const beginAppOperation = defineOperation('account.enroll-app', orderSchema({ user }), (context, args) =>
  beginApp(administrationDeps(context, args), args),
);

const beginTokenOperation = defineOperation(
  'account.enroll-token',
  orderSchema({
    user,
    serialNumber: Type.String({ maxLength: 100 }),
    algorithm: Type.Enum(['SHA1', 'SHA256', 'SHA512']),
    digits: Type.Enum([6, 8]),
    periodSeconds: Type.Enum([30, 60]),
  }),
  async (context, args) => {
    const { algorithm, digits, periodSeconds, serialNumber } = args;
    const seed = await readInputLine(context);
    const parameters: OtpParameters = { algorithm, digits, periodSeconds };
    return beginToken(administrationDeps(context, args), { user: args.user, serialNumber, seed, parameters });
  },
);

const confirmOperation = defineOperation(
  'account.confirm',
  orderSchema({ user, replace: Type.Boolean() }),
  async (context, args): Promise<Confirmation> => {
    const code = await readInputLine(context);
    const deps = { ...administrationDeps(context, args), node: context.config.node };
    return confirmEnrollment(deps, { user: args.user, code, replace: args.replace });
  },
);

const revokeOperation = defineOperation(
  'account.revoke-authenticator',
  orderSchema({
    user,
    authenticator: Type.String({ maxLength: 100 }),
    reason: Type.String({ maxLength: 2000 }),
  }),
  async (context, args, output) => {
    const done = await revokeAuthenticator(administrationDeps(context, args), args);
    output.emit(text(`Authenticator ${done.authenticatorId} of ${done.userName} is revoked.`));
    if (done.remaining === 0) {
      output.emit(
        warning(`${done.userName} has no authenticator left and can't connect until one is enrolled`),
      );
    }
    return done;
  },
);

export const enrollOperations: readonly Operation[] = [
  beginAppOperation,
  beginTokenOperation,
  confirmOperation,
  revokeOperation,
];

interface EnrollOptions {
  readonly token?: boolean;
  readonly serial?: string;
  readonly seedStdin?: boolean;
  readonly seedFile?: string;
  readonly algorithm: OtpParameters['algorithm'];
  readonly digits: '6' | '8';
  readonly period: '30' | '60';
  readonly showSecret?: boolean;
  readonly replace?: boolean;
}

async function begin(invocation: Invocation, options: EnrollOptions): Promise<Enrollment> {
  const args = { by: administratorOf(invocation), user: operand(invocation, 0) };
  if (options.token !== true) return (await invocation.call(beginAppOperation, args)) as Enrollment;
  const { serial, seedFile } = options;
  if (serial === undefined || (seedFile === undefined && options.seedStdin !== true)) {
    throw new OperatorError("A token needs its serial number and its maker's seed.", {
      at: '--token',
      remedy: 'Give --serial, and --seed-file or --seed-stdin (base32).',
    });
  }
  const seed =
    seedFile === undefined
      ? await readLineOfInput(invocation)
      : readSecretFile(invocation, '--seed-file', seedFile);
  const begun = await invocation.call(
    beginTokenOperation,
    {
      ...args,
      serialNumber: serial,
      algorithm: options.algorithm,
      digits: Number(options.digits),
      periodSeconds: Number(options.period),
    },
    inputLine(seed),
  );
  return begun as Enrollment;
}

/** Straight to the terminal: the output's own lines go through logs and pipes. */
async function showQrCode(invocation: Invocation, uri: string, secret: string): Promise<void> {
  const code = await qrcode.toString(uri, { type: 'utf8', margin: 4, errorCorrectionLevel: 'L' });
  // Black on white whatever the terminal's colours: some scanners read no inverted codes.
  const lines = code.replace(/\n$/, '').split('\n');
  const onWhite = lines.map((line) => `\u001b[30;107m${line}\u001b[0m`).join('\n');
  invocation.stdout.write(`${onWhite}\n\nOr type the key: ${secret.replaceAll(/(.{4})(?=.)/g, '$1 ')}\n`);
}

async function sendCode(invocation: Invocation, code: string, replace: boolean): Promise<Confirmation> {
  const args = { by: administratorOf(invocation), user: operand(invocation, 0), replace };
  return (await invocation.call(confirmOperation, args, inputLine(code))) as Confirmation;
}

function tell(invocation: Invocation, answer: Confirmation): void {
  const { output } = invocation;
  if (answer.confirmed) {
    const replaced = answer.revoked === 0 ? '' : ` ${answer.revoked} former ones are revoked.`;
    output.emit(text(`Authenticator ${answer.authenticatorId} of ${answer.userName} is active.${replaced}`));
    output.emit(text('The next login needs a new code: this one is used.'));
    return;
  }
  const { clockSkewMinutes: skew } = answer;
  output.emit(
    warning(
      skew === null
        ? 'that is not the code that the authenticator shows now'
        : `the clock of the authenticator is off by about ${Math.abs(skew)} min; set the phone to automatic time`,
    ),
  );
}

/** Asks for codes until one is right. */
async function confirmOnTerminal(invocation: Invocation, replace: boolean): Promise<CommandResult> {
  const instead = `Confirm with "gatewarden account confirm ${operand(invocation, 0)} --code-stdin".`;
  for (let tries = 1; ; tries += 1) {
    const code = await ask(invocation, 'Code that it shows', { hidden: false, instead });
    const answer = await sendCode(invocation, code, replace);
    tell(invocation, answer);
    if (answer.confirmed) return { value: answer };
    if (tries === mostTries) {
      throw new OperatorError('The authenticator is not confirmed and yields nothing.', {
        remedy: `Begin again with "gatewarden account enroll ${answer.userName}".`,
      });
    }
  }
}

async function enroll(invocation: Invocation): Promise<CommandResult> {
  const options = invocation.options as unknown as EnrollOptions;
  const { stdin, stdout, output } = invocation;
  const isInteractive = stdin.isTTY === true && stdout.isTTY === true && !invocation.json;
  const shows = options.showSecret === true || isInteractive;
  if (options.token !== true && !shows) {
    throw new OperatorError('The QR code of a new app is only shown on a terminal.', {
      at: '--show-secret',
      remedy: 'Run the command on one; or, where nobody else reads the output, give --show-secret.',
    });
  }
  const { uri, secret, ...begun } = await begin(invocation, options);
  if (uri !== null && secret !== null && !invocation.json) {
    output.emit(text(`Scan this with the authenticator app of ${begun.userName}:`));
    await showQrCode(invocation, uri, secret);
    if (options.showSecret === true) stdout.write(`${uri}\n`);
  }
  if (isInteractive && options.seedStdin !== true)
    return confirmOnTerminal(invocation, options.replace === true);
  output.emit(
    text(
      `It waits for a code: gatewarden account confirm ${begun.userName}${options.replace ? ' --replace' : ''}`,
    ),
  );
  return { value: { ...begun, ...(uri === null ? {} : { uri, secret }) } };
}

async function confirm(invocation: Invocation): Promise<CommandResult> {
  const options = invocation.options as { readonly codeStdin?: boolean; readonly replace?: boolean };
  const replace = options.replace === true;
  if (options.codeStdin !== true) return confirmOnTerminal(invocation, replace);
  const answer = await sendCode(invocation, await readLineOfInput(invocation), replace);
  tell(invocation, answer);
  return { value: answer, exitCode: answer.confirmed ? 0 : 1 };
}

export const enrollCommands: readonly CliCommand[] = [
  {
    path: ['account', 'enroll'],
    summary: 'enrol an authenticator app (QR code) or a hardware token',
    declare(command) {
      command
        .argument('<user>', 'user name')
        .option('--token', 'a hardware token instead of an app')
        .option('--serial <number>', "the token's serial number")
        .option('--seed-stdin', "read the token's seed (base32) from standard input")
        .option('--seed-file <file>', "file whose first line is the token's seed (base32)")
        .addOption(new Option('--algorithm <name>').choices(['SHA1', 'SHA256', 'SHA512']).default('SHA1'))
        .addOption(new Option('--digits <n>').choices(['6', '8']).default('6'))
        .addOption(new Option('--period <seconds>').choices(['30', '60']).default('30'))
        .option('--show-secret', 'print the secret although the output is no terminal')
        .option('--replace', 'revoke the former authenticators once this one is confirmed');
    },
    run: enroll,
  },
  {
    path: ['account', 'confirm'],
    summary: 'confirm a new authenticator with a code that it shows',
    declare(command) {
      command
        .argument('<user>', 'user name')
        .option('--code-stdin', 'read the code from standard input instead of asking')
        .option('--replace', 'revoke the former authenticators');
    },
    run: confirm,
  },
  {
    path: ['account', 'revoke-authenticator'],
    summary: 'revoke an app or token, by its number or serial number',
    declare(command) {
      command
        .argument('<user>', 'user name')
        .argument('<authenticator>', 'number as "account show" prints it, or serial number')
        .requiredOption('--reason <text>', 'why, for the record');
    },
    async run(invocation) {
      const value = await invocation.call(revokeOperation, {
        by: administratorOf(invocation),
        user: operand(invocation, 0),
        authenticator: operand(invocation, 1),
        ...invocation.options,
      });
      return { value };
    },
  },
];
