// `gatewarden probe`: plays a gateway. Sends a login as a VPN gateway would, follows a challenge, verifies and explains the answer.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { OperatorError } from '../base/errors.ts';
import { systemRandom } from '../base/random.ts';
import { type Endpoint, parseEndpoint } from '../config/endpoint.ts';
import { decodeBase32, hotp, type OtpParameters, seedKey, timeStepAt } from '../core/otp.ts';
import { type EncodedAttribute, joinConcat } from '../wire/radius/attribute.ts';
import { formatAttribute, parseAttributeText } from '../wire/radius/dictionary.ts';
import { codeName, codes, first } from '../wire/radius/packet.ts';
import { createSecret } from '../wire/radius/secret.ts';
import type { CliCommand, CommandResult, Invocation } from './command.ts';
import { type Credentials, type CredentialsEntry, loginOf, readCredentials } from './credentials-file.ts';
import { text, warning } from './output.ts';
import {
  type ExchangeOptions,
  type Reply,
  type Silence,
  sendAccessRequest,
  sendStatusServer,
} from './radius-exchange.ts';
import { ask, openLinesOfInput, readSecretFile } from './terminal.ts';

const stateType = 24;
const replyMessageType = 18;
const mostRounds = 4;

interface ProbeOptions {
  readonly server: string;
  readonly secretFile?: string;
  readonly credentials?: string;
  readonly user?: string;
  readonly attribute: readonly string[];
  readonly method?: 'appended' | 'code' | 'challenge' | 'password';
  readonly passwordStdin?: boolean;
  readonly codeStdin?: boolean;
  readonly totpSeedFile?: string;
  readonly totp: string;
  readonly timeout: number;
  readonly retries: number;
  readonly bare?: boolean;
  readonly messageAuthenticator: boolean;
  readonly status?: boolean;
}

function wholeNumber(option: string, least: number, most: number) {
  return (value: string): number => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= least && number <= most) return number;
    throw new OperatorError(`${option}: "${value}" is no whole number from ${least} to ${most}.`, {
      at: option,
      remedy: `Give a whole number from ${least} to ${most}.`,
    });
  };
}

function collect(value: string, former: readonly string[]): readonly string[] {
  return [...former, value];
}

function parseAttribute(given: string): EncodedAttribute {
  const [, name, value] = /^\s*([^=]+?)\s*=\s?(.*)$/s.exec(given) ?? [];
  if (name === undefined || value === undefined) {
    throw new OperatorError(`--attribute: "${given}" is no "Name=value".`, {
      at: '--attribute',
      remedy: 'Write it as --attribute Calling-Station-Id=203.0.113.5',
    });
  }
  return parseAttributeText(name, value);
}

function parseOtp(given: string): OtpParameters {
  const [algorithm = '', digits = '', period = ''] = given.split(',');
  const isKnown =
    ['SHA1', 'SHA256', 'SHA512'].includes(algorithm) &&
    ['6', '8'].includes(digits) &&
    ['30', '60'].includes(period);
  if (!isKnown) {
    throw new OperatorError(`--totp: "${given}" is no algorithm,digits,period.`, {
      at: '--totp',
      remedy: 'Write it as SHA1,6,30 (SHA1, SHA256 or SHA512; 6 or 8 digits; 30 or 60 seconds).',
    });
  }
  return {
    algorithm: algorithm as OtpParameters['algorithm'],
    digits: Number(digits) as 6 | 8,
    periodSeconds: Number(period) as 30 | 60,
  };
}

/** Asks for what was not given, also not in a file of credentials; for the password at most once. */
function credentialsOf(invocation: Invocation, options: ProbeOptions, entry: CredentialsEntry | null) {
  let password: string | null = options.passwordStdin ? null : (entry?.password ?? null);
  let nextLine: (() => Promise<string | null>) | null = null;
  async function readLine(option: string): Promise<string> {
    nextLine ??= openLinesOfInput(invocation);
    const line = await nextLine();
    if (line !== null) return line;
    throw new OperatorError(`${option}: standard input has no further line.`, {
      at: option,
      remedy: 'Give one line for the password, if it is read too, and one for each code that is asked for.',
    });
  }
  return {
    async password(): Promise<string> {
      password ??= options.passwordStdin
        ? await readLine('--password-stdin')
        : await ask(invocation, 'Password', { hidden: true, instead: 'Pipe it in with --password-stdin.' });
      return password;
    },
    async code(prompt: string): Promise<string> {
      // A code that was handed in is what is meant to be tried, whatever the seed would yield.
      if (options.codeStdin) return readLine('--code-stdin');
      const seedText =
        options.totpSeedFile === undefined
          ? entry?.seed
          : readSecretFile(invocation, '--totp-seed-file', options.totpSeedFile);
      if (seedText) {
        const parameters = parseOtp(options.totp);
        const seed = decodeBase32(seedText);
        return hotp(seedKey(seed), timeStepAt(systemClock.now(), parameters.periodSeconds), parameters);
      }
      return ask(invocation, prompt, {
        hidden: false,
        instead: 'Pipe it in with --code-stdin, or give --totp-seed-file.',
      });
    },
  };
}

function replyText(reply: Reply): string {
  return joinConcat(reply.packet, replyMessageType)?.toString('utf8') ?? '';
}

function explainSilence(silence: Silence, options: ProbeOptions): string[] {
  const lines = [
    silence.sendings === 1
      ? 'No answer to the request.'
      : `No answer to the request, sent ${silence.sendings} times.`,
  ];
  if (silence.ignored > 0) {
    lines.push(
      `${silence.ignored} datagrams came that the secret does not sign: the two sides hold different secrets.`,
    );
  }
  lines.push('Likely causes, the likeliest first:');
  if (!options.messageAuthenticator) {
    lines.push('- the request had no Message-Authenticator, which the server demands of this client;');
  }
  lines.push(
    '- the secret differs (a request whose Message-Authenticator is wrong is dropped unanswered);',
    '- this address is no RADIUS client of the broker, or NAS-Identifier/NAS-IP-Address name no gateway of it;',
    '- nothing listens on that address and port, or a packet filter drops it;',
    '- the broker is silent on purpose: see /readyz and its log.',
  );
  return lines;
}

function explainReply(reply: Reply): string[] {
  const { packet } = reply;
  const lines: string[] = [];
  if (reply.messageAuthenticator !== 'valid') {
    lines.push(
      `Message-Authenticator is ${reply.messageAuthenticator}: the reply could be forged (CVE-2024-3596).`,
    );
  } else if (!reply.isMessageAuthenticatorFirst) {
    lines.push('Message-Authenticator is valid but not the first attribute (CVE-2024-3596).');
  }
  if (packet.code === codes.AccessAccept) lines.push('The login was let in.');
  if (packet.code === codes.AccessReject) {
    const lookup = /[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(replyText(reply))?.[0];
    lines.push(
      lookup === undefined
        ? 'The login was refused. A Reject never says why: look in the record.'
        : `The login was refused. A Reject never says why: gatewarden explain ${lookup}`,
    );
  }
  if (packet.code === codes.AccessChallenge) {
    lines.push('The server asks for more, and the probe stops here.');
  }
  return lines;
}

function show(invocation: Invocation, reply: Reply): void {
  const { output } = invocation;
  const again = reply.sendings > 1 ? ` (sent ${reply.sendings} times)` : '';
  output.emit(text(`${codeName(reply.packet.code)} after ${reply.elapsedMs} ms${again}`));
  const rows = reply.packet.attributes.map((attribute) => {
    const { name, text: value } = formatAttribute(attribute);
    return [name, value];
  });
  if (rows.length > 0) output.emit({ type: 'table', columns: ['Attribute', 'Value'], rows });
}

function resultOf(answer: Reply | Silence, rounds: number): CommandResult {
  if (answer.packet === null) {
    return { exitCode: 1, value: { outcome: 'silence', sendings: answer.sendings, ignored: answer.ignored } };
  }
  const { packet } = answer;
  const good = packet.code === codes.AccessAccept && answer.messageAuthenticator === 'valid';
  return {
    exitCode: good ? 0 : 1,
    value: {
      outcome: codeName(packet.code),
      rounds,
      elapsedMs: answer.elapsedMs,
      sendings: answer.sendings,
      messageAuthenticator: answer.messageAuthenticator,
      attributes: packet.attributes.map((attribute) => formatAttribute(attribute)),
    },
  };
}

async function probeStatus(invocation: Invocation, exchange: ExchangeOptions, options: ProbeOptions) {
  const answer = await sendStatusServer(exchange);
  if (answer.packet === null) {
    for (const line of explainSilence(answer, options)) invocation.output.emit(text(line));
    return resultOf(answer, 1);
  }
  show(invocation, answer);
  invocation.output.emit(text('The server is up and knows this client.'));
  return resultOf(answer, 1);
}

/** What goes into User-Password in the first round. */
async function firstPassword(
  method: CredentialsEntry['method'],
  credentials: ReturnType<typeof credentialsOf>,
): Promise<string> {
  switch (method) {
    case 'appended':
      return `${await credentials.password()}${await credentials.code('One-time code')}`;
    case 'code':
      return credentials.code('One-time code');
    default:
      return credentials.password();
  }
}

async function probeLogin(
  invocation: Invocation,
  exchange: ExchangeOptions,
  options: ProbeOptions,
  file: Credentials | null,
) {
  const { output } = invocation;
  const { user } = options;
  if (user === undefined) {
    throw new OperatorError('--user is missing.', {
      at: '--user',
      remedy: 'Name the account, or ask with --status whether the server is up.',
    });
  }
  const entry = file === null ? null : loginOf(file, user);
  const usual = options.bare ? [] : (entry?.attributes ?? ['Service-Type=Framed', 'NAS-Port-Type=Virtual']);
  const given = options.attribute.map((attribute) => attribute.split('=')[0]?.trim());
  const attributes = [
    ...usual.filter((attribute) => !given.includes(attribute.split('=')[0])),
    ...options.attribute,
  ].map(parseAttribute);
  const credentials = credentialsOf(invocation, options, entry);

  const method = options.method ?? entry?.method ?? 'appended';
  let password = await firstPassword(method, credentials);
  let state: EncodedAttribute | null = null;
  for (let round = 1; ; round += 1) {
    const answer: Reply | Silence = await sendAccessRequest(exchange, {
      userName: user,
      password,
      attributes: state === null ? attributes : [...attributes, state],
    });
    if (answer.packet === null) {
      for (const line of explainSilence(answer, options)) output.emit(text(line));
      return resultOf(answer, round);
    }
    show(invocation, answer);
    const next = first(answer.packet, stateType);
    const isChallenge = answer.packet.code === codes.AccessChallenge;
    if (!isChallenge || next === undefined || round === mostRounds || method === 'password') {
      for (const line of explainReply(answer)) output.emit(text(line));
      return resultOf(answer, round);
    }
    if (answer.messageAuthenticator === 'invalid') output.emit(warning('the challenge is wrongly signed'));
    state = { type: stateType, value: Buffer.from(next.value) };
    password = await credentials.code(replyText(answer) || 'One-time code');
  }
}

function endpointOf(given: string): Endpoint {
  return parseEndpoint(/:\d+$/.test(given) ? given : `${given}:1812`, '--server');
}

function secretOf(invocation: Invocation, options: ProbeOptions, file: Credentials | null): string {
  if (options.secretFile === undefined) {
    if (file !== null) return file.secret;
    throw new OperatorError('The shared secret is missing.', {
      at: '--secret-file',
      remedy: 'Give --secret-file; or --credentials with the file that "npm start" wrote.',
    });
  }
  const secret = readSecretFile(invocation, '--secret-file', options.secretFile);
  if (secret !== '') return secret;
  throw new OperatorError(`--secret-file: ${options.secretFile} is empty.`, {
    at: '--secret-file',
    remedy: 'Its first line is the shared secret.',
  });
}

export const probeCommands: readonly CliCommand[] = [
  {
    path: ['probe'],
    summary: 'play a gateway: send a login and explain the answer',
    declare(command: Command) {
      command
        .requiredOption('--server <host:port>', 'RADIUS server', '127.0.0.1:1812')
        .option('--secret-file <file>', 'file whose first line is the shared secret')
        .option(
          '--credentials <file>',
          'file with the secret and with logins, such as var/sample/credentials',
        )
        .option('--user <name>', 'User-Name')
        .option(
          '--attribute <name=value>',
          'further attribute, as in the dictionary; may be repeated',
          collect,
          [],
        )
        .option(
          '--method <method>',
          'appended (password, then code; the default), code, challenge (password, then asked for the code), password (stop at the challenge)',
          (value: string) => {
            if (['appended', 'code', 'challenge', 'password'].includes(value)) return value;
            throw new OperatorError(`--method: there is no method "${value}".`, {
              at: '--method',
              remedy: 'Choose appended, code, challenge or password.',
            });
          },
        )
        .option('--password-stdin', 'read the password from standard input instead of asking')
        .option(
          '--code-stdin',
          'read the one-time code from standard input, one line for each time that it is asked for (behind the password); wins over a seed',
        )
        .option('--totp-seed-file <file>', 'compute the code from the base32 seed in this file')
        .option('--totp <algorithm,digits,period>', 'how', 'SHA1,6,30')
        .option('--timeout <ms>', 'for each sending', wholeNumber('--timeout', 100, 60_000), 5_000)
        .option('--retries <n>', 'sendings after the first', wholeNumber('--retries', 0, 10), 2)
        .option('--bare', 'send no Service-Type and NAS-Port-Type of its own')
        .option('--no-message-authenticator', 'leave Message-Authenticator away')
        .option('--status', 'send Status-Server instead of a login');
    },
    async run(invocation) {
      const options = invocation.options as unknown as ProbeOptions;
      const file =
        options.credentials === undefined
          ? null
          : readCredentials(resolve(invocation.workingDirectory, options.credentials));
      const secret = secretOf(invocation, options, file);
      const exchange: ExchangeOptions = {
        server: endpointOf(options.server),
        secret: createSecret(Buffer.from(secret, 'utf8')),
        clock: systemClock,
        random: systemRandom,
        timeoutMs: options.timeout,
        retries: options.retries,
        messageAuthenticator: options.messageAuthenticator,
        signal: invocation.stop,
      };
      return options.status
        ? probeStatus(invocation, exchange, options)
        : probeLogin(invocation, exchange, options, file);
    },
  },
];
