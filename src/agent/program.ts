// `gatewarden-agent enroll | status | renew | prove | connect`: the workstation's own program.
import { readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { devicePaths, type Registration, type Ticket } from '../api/device.ts';
import type { Clock } from '../base/clock.ts';
import { programVersion } from '../base/program.ts';
import type { Random } from '../base/random.ts';
import { AgentError } from './agent-error.ts';
import { type ClientName, clients, runClient } from './connect.ts';
import { createFileKeyStore } from './keys/file.ts';
import type { DeviceKey, KeyStore } from './keys/key-store.ts';
import { createPkcs11KeyStore } from './keys/pkcs11.ts';
import { createTpmKeyStore } from './keys/tpm.ts';
import { createPrompt, type Prompt } from './prompt.ts';
import { createServer, parseServer, type ServerOptions } from './server.ts';
import { type AgentSettings, readSettings, type StorageSettings, writeSettings } from './settings.ts';
import { makeSigningRequest } from './signing-request.ts';

export interface AgentWorld {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hostName: string;
  readonly stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
  readonly clock: Clock;
  readonly random: Random;
  readonly stop: AbortSignal;
}

interface Asked extends Record<string, unknown> {
  readonly settings: string;
  readonly family?: '4' | '6';
}

const pinVariable = 'GATEWARDEN_AGENT_PIN';
const settingsVariable = 'GATEWARDEN_AGENT_SETTINGS';

function defaultSettings(env: AgentWorld['env']): string {
  const base = env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config');
  return env[settingsVariable] ?? join(base, 'gatewarden-agent', 'settings.json');
}

/** Runs one command; its exit code: 0 done, 1 a client failed, 2 the person has to correct something. */
export async function runAgent(world: AgentWorld): Promise<number> {
  const prompt = createPrompt(world.stdin, world.stderr);
  let exitCode = 0;
  const program = declare(world, prompt, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...world.argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof AgentError)) throw error;
    world.stderr.write(`${error.message}\n  ${error.remedy}\n`);
    return 2;
  } finally {
    prompt.close();
  }
}

function declare(world: AgentWorld, prompt: Prompt, finish: (code: number) => void): Command {
  const agent = createAgent(world, prompt);
  const program = new Command('gatewarden-agent')
    .description("proves this workstation to Gatewarden by its key, and starts the VPN's client")
    .version(programVersion)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void world.stdout.write(text),
      writeErr: (text) => void world.stderr.write(text),
    });
  const command = (name: string, summary: string) =>
    program
      .command(name)
      .description(summary)
      .exitOverride()
      .option(
        '--settings <file>',
        `where the enrolment is remembered (or ${settingsVariable})`,
        defaultSettings(world.env),
      )
      .addOption(
        new Option('--family <family>', "reach the server by this family of addresses, the VPN's").choices([
          '4',
          '6',
        ]),
      );

  command('enroll', "make this workstation's key and ask for it to be registered")
    .requiredOption('--server <address>', 'the portal, https://…')
    .option('--authority <file>', "PEM file of the authorities that vouch for the portal's certificate")
    .addOption(
      new Option('--storage <where>', 'where the key is kept')
        .choices(['tpm', 'pkcs11', 'file'])
        .makeOptionMandatory(),
    )
    .option('--module <file>', 'pkcs11: shared library of the module')
    .option('--token <label>', 'pkcs11: the token, where there are several')
    .option('--pin-file <file>', `pkcs11: file with the PIN (or ${pinVariable}, or it is asked for)`)
    .option('--tcti <tcti>', 'tpm: how tpm2-tools reach it')
    .option('--certificate', 'ask for a certificate too (EAP-TLS, OpenVPN)')
    .action((asked: Asked) => agent.enroll(asked));
  command('status', 'say whether the key is registered').action((asked: Asked) => agent.status(asked));
  command('certificate', 'write the certificate that was issued for the key')
    .requiredOption('--out <file>', 'PEM file to write')
    .action((asked: Asked) => agent.certificate(asked));
  command('renew', 'make a new key, for which the present one vouches')
    .option('--certificate', 'ask for a certificate too')
    .action((asked: Asked) => agent.renew(asked));
  const ofUser = (name: string, summary: string) =>
    command(name, summary)
      .requiredOption('--user <name>', 'VPN account')
      .option('--token', 'get a token for the password field, where the gateway hides the address')
      .option('--login', 'give password and code here (EAP-TLS), so that the VPN asks for none');
  ofUser('prove', 'prove the workstation; the VPN is then started by hand within a minute').action(
    (asked: Asked) => agent.prove(asked),
  );
  ofUser('connect', "prove the workstation, then start the VPN's client")
    .addOption(new Option('--client <name>', 'the client').choices([...clients]).makeOptionMandatory())
    .option('--program <file>', 'path of the client')
    .option('--challenge', 'the gateway asks for the code by itself: ask for it apart')
    .argument('[options...]', 'after --: what the client is started with besides')
    .action(async (options: string[], asked: Asked) => finish(await agent.connect(asked, options)));
  return program;
}

function createAgent(world: AgentWorld, prompt: Prompt) {
  const { env, stdout } = world;
  const say = (text: string) => stdout.write(`${text}\n`);

  function keyStoreOf(key: StorageSettings, settingsFile: string): KeyStore {
    const directory = join(dirname(settingsFile), 'keys');
    switch (key.storage) {
      case 'file':
        return createFileKeyStore(directory);
      case 'tpm':
        return createTpmKeyStore({ directory, tcti: key.tcti });
      case 'pkcs11':
        return createPkcs11KeyStore({
          module: key.module,
          token: key.token,
          pin: () => readPin(key.pinFile),
        });
    }
  }

  async function readPin(file: string | null): Promise<string> {
    if (file !== null) return (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
    return env[pinVariable] ?? (await prompt.secret('PIN of the token'));
  }

  const serverOf = (
    { server, authorityFile }: Pick<ServerOptions, 'server' | 'authorityFile'>,
    asked: Asked,
  ) => {
    const family = asked.family === undefined ? 0 : asked.family === '4' ? 4 : 6;
    return createServer({ server, authorityFile, family }, world);
  };

  async function withKey<T>(
    asked: Asked,
    use: (key: DeviceKey, settings: AgentSettings) => Promise<T>,
  ): Promise<T> {
    const settings = await readSettings(asked.settings);
    const key = await keyStoreOf(settings.key, asked.settings).open(settings.keyName);
    if (key === null) {
      throw new AgentError("This workstation's key is gone.", 'Enrol again with a new registration code.');
    }
    try {
      return await use(key, settings);
    } finally {
      await key.close();
    }
  }

  const label = world.hostName.slice(0, 64) || 'workstation';
  const requestOf = async (key: DeviceKey, asked: Asked) =>
    asked['certificate'] === true
      ? { signingRequest: (await makeSigningRequest(key, label)).toString('base64') }
      : {};

  function storageOf(asked: Asked): StorageSettings {
    const text = (name: string) => (typeof asked[name] === 'string' ? (asked[name] as string) : null);
    switch (asked['storage']) {
      case 'pkcs11': {
        const module = text('module');
        if (module !== null)
          return { storage: 'pkcs11', module, token: text('token'), pinFile: text('pinFile') };
        throw new AgentError('--module is missing.', "Name the PKCS #11 module's shared library.");
      }
      case 'tpm':
        return { storage: 'tpm', tcti: text('tcti') };
      default:
        return { storage: 'file' };
    }
  }

  /** Names say when a key was made, so that a renewal's never meets the one it replaces. */
  const newName = () =>
    `device-${Math.floor(world.clock.now() / 1000)}-${world.random.bytes(2).toString('hex')}`;

  function tell({ state, assetTag }: Registration): void {
    say(
      {
        pending: `The key waits for approval (${assetTag}).`,
        active: `The key is registered: ${assetTag}.`,
        refused: 'The key was refused.',
        revoked: 'The key was withdrawn.',
        unknown: 'The server does not know this key.',
      }[state],
    );
  }

  async function buy(asked: Asked, secrets: { password: string; code: string } | null): Promise<Ticket> {
    const userName = String(asked['user']);
    return await withKey(asked, (key, settings) =>
      serverOf(settings, asked).ask<Ticket>(devicePaths.tickets, key, {
        subject: userName,
        body: { userName, delivery: asked['token'] === true ? 'token' : 'address', ...secrets },
      }),
    );
  }

  async function askSecrets() {
    const password = await prompt.secret('Password');
    return { password, code: await prompt.secret('Code') };
  }

  return {
    async enroll(asked: Asked) {
      const server = parseServer(String(asked['server']));
      const authorityFile = typeof asked['authority'] === 'string' ? asked['authority'] : null;
      const settings: AgentSettings = { server, authorityFile, key: storageOf(asked), keyName: newName() };
      const code = await prompt.secret('Registration code');
      const store = keyStoreOf(settings.key, asked.settings);
      const key = await store.create(settings.keyName);
      let answer: Registration;
      try {
        answer = await serverOf(settings, asked).ask<Registration>(devicePaths.registrations, key, {
          body: { code: code.trim(), storage: key.storage, label, ...(await requestOf(key, asked)) },
        });
      } catch (error) {
        await key.close();
        await store.remove(settings.keyName);
        throw error;
      }
      await key.close();
      await writeSettings(asked.settings, settings);
      tell(answer);
      if (key.storage === 'file') {
        say(
          'The key lies in a file: whoever copies it has this workstation. Prefer --storage tpm or pkcs11.',
        );
      }
    },

    status: (asked: Asked) =>
      withKey(asked, async (key, settings) => {
        tell(await serverOf(settings, asked).ask<Registration>(devicePaths.registration, key, {}));
      }),

    certificate: (asked: Asked) =>
      withKey(asked, async (key, settings) => {
        const answer = await serverOf(settings, asked).ask<Registration>(devicePaths.registration, key, {});
        if (answer.certificate === null) {
          throw new AgentError(
            'No certificate was issued for this key.',
            'Enrol or renew with --certificate.',
          );
        }
        const lines = answer.certificate.match(/.{1,64}/g) ?? [];
        const pem = ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
        await writeFile(String(asked['out']), pem);
        say(`Written to ${String(asked['out'])}.`);
      }),

    renew: (asked: Asked) =>
      withKey(asked, async (former, settings) => {
        const store = keyStoreOf(settings.key, asked.settings);
        const keyName = newName();
        const key = await store.create(keyName);
        const server = serverOf(settings, asked);
        try {
          const proof = await server.proof(devicePaths.renewals, key);
          const body = { proof, storage: key.storage, label, ...(await requestOf(key, asked)) };
          tell(await server.ask<Registration>(devicePaths.renewals, former, { body }));
        } catch (error) {
          await key.close();
          await store.remove(keyName);
          throw error;
        }
        await key.close();
        await writeSettings(asked.settings, { ...settings, keyName });
      }),

    async prove(asked: Asked) {
      const secrets = asked['login'] === true ? await askSecrets() : null;
      const { address, expiresAt, token } = await buy(asked, secrets);
      const seconds = Math.max(0, Math.floor((expiresAt - world.clock.now()) / 1000));
      world.stderr.write(`Proven from ${address}; connect within ${seconds} s.\n`);
      // Alone on standard output, for scripts.
      if (token !== null) say(token);
    },

    async connect(asked: Asked, options: readonly string[]): Promise<number> {
      const answers: string[] = [];
      let secrets: { password: string; code: string } | null = null;
      if (asked['login'] === true) secrets = await askSecrets();
      else {
        answers.push(await prompt.secret(asked['challenge'] === true ? 'Password' : 'Password and code'));
        if (asked['challenge'] === true) answers.push(await prompt.secret('Code'));
      }
      const { token } = await buy(asked, secrets);
      if (token !== null) answers[0] = `${answers[0] ?? ''}~${token}`;
      const { [pinVariable]: _pin, ...clientEnv } = env;
      return await runClient(
        {
          env: clientEnv,
          client: asked['client'] as ClientName,
          program: typeof asked['program'] === 'string' ? asked['program'] : null,
          userName: String(asked['user']),
          answers,
          options,
        },
        world.stop,
      );
    },
  };
}
