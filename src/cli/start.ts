// `gatewarden start` (npm start): a broker to try, on the loopback, with an invented organisation; says what to do next.
import { networkInterfaces } from 'node:os';
import { relative } from 'node:path';
import { openServices, type Services } from '../app.ts';
import { systemClock } from '../base/clock.ts';
import { OperatorError } from '../base/errors.ts';
import { systemRandom } from '../base/random.ts';
import { accountingBeside, type Config, dataFiles } from '../config/load.ts';
import { explain } from '../core/explain.ts';
import type { Language } from '../core/reason-texts.ts';
import type { Reason } from '../core/reasons.ts';
import { findStanding } from '../services/accounts/overview.ts';
import { createFirstLink } from '../services/operators/enrolment.ts';
import type { SampleLogin } from '../services/sample-organisation.ts';
import { keyFileExists } from '../services/secrets/key-file.ts';
import { administratorOf, loadSettings } from './administrator.ts';
import { listens } from './call.ts';
import type { CliCommand, CommandResult, Invocation } from './command.ts';
import { text } from './output.ts';
import { prepareSample, sampleFiles } from './sample-site.ts';
import { endpointText, runBroker } from './serve.ts';
import { webAddress } from './web-address.ts';

const radiusPort = 1812;

/** Without a configuration of the operator's: loopback only, and nothing on the screen but what needs attention. */
function trialConfig(config: Config, env: Invocation['env']): Config {
  if (config.origin !== null) return config;
  const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === '::1'),
  );
  const listen = ['127.0.0.1', ...(hasIpv6 ? ['::1'] : [])].map((host) => ({ host, port: radiusPort }));
  return {
    ...config,
    ...(env['GATEWARDEN_RADIUS_LISTEN'] === undefined
      ? { radius: { ...config.radius, listen, accountingListen: accountingBeside(listen) } }
      : {}),
    ...(env['GATEWARDEN_LOG_LEVEL'] === undefined ? { log: { level: 'warn' as const } } : {}),
  };
}

type FirstLink = NonNullable<Awaited<ReturnType<typeof createFirstLink>>>;

interface Expected {
  readonly login: SampleLogin;
  /** Null: it is let in. */
  readonly reason: Reason | null;
}

/** What will happen to each login now: the sample ages, and whoever tries it changes it. */
async function expectations(services: Services, logins: readonly SampleLogin[]): Promise<Expected[]> {
  const { store, clock } = services;
  const { settings } = await loadSettings(services);
  const policy = settings.current().policyFor([], 0);
  return Promise.all(
    logins.map(async (login) => {
      const standing = await findStanding(store, login.userName, policy, clock.now());
      const elsewhere: Reason | null =
        login.state === 'other-workstation' ? 'workstation-not-assigned' : null;
      return { login, reason: standing?.reason ?? elsewhere };
    }),
  );
}

function outcomeText({ reason }: Expected, language: Language): string {
  if (reason === null) return language === 'vi' ? 'được phép' : 'let in';
  return `${explain(reason, null, {}, language).title}${language === 'vi' ? '' : ` (${reason})`}`;
}

function showNextSteps(
  invocation: Invocation,
  services: Services,
  expected: readonly Expected[],
  facts: { readonly keyFileMade: boolean; readonly created: boolean },
  firstLink: FirstLink | null,
): void {
  const { output, language, workingDirectory } = invocation;
  const { config, broker } = services;
  const say = (line = '') => output.emit(text(line));
  const here = (path: string) => relative(workingDirectory, path) || '.';
  const endpoints = broker?.radiusEndpoints ?? [];
  const files = sampleFiles(config.dataDir);
  say('Gatewarden is up.');
  output.emit({
    type: 'fields',
    fields: [
      ['  RADIUS', endpoints.map(endpointText).join(', ')],
      [
        '  Health, metrics',
        broker === null ? '' : `http://${endpointText(broker.httpEndpoint)}/readyz and /metrics`,
      ],
      ['  Console', broker === null ? '' : webAddress(config.console, broker.consoleEndpoint)],
      ['  Portal', broker === null ? '' : webAddress(config.portal, broker.portalEndpoint)],
      ['  Data', `${here(config.dataDir)} (${config.store.dialect})`],
      ['  Key file', `${here(config.keys.file)}${facts.keyFileMade ? ' (new: keep a copy elsewhere)' : ''}`],
    ],
  });
  say();
  if (firstLink !== null && broker !== null) {
    say('Nobody may sign in to the console yet. Become its first operator here (works once, for a day):');
    say(`  ${webAddress(config.console, broker.consoleEndpoint)}/enrol#${firstLink.token}`);
    say();
  }
  if (expected.length === 0) {
    say('The store holds an organisation of its own; the sample is left out.');
  } else {
    const first = expected.find(({ reason }) => reason === null)?.login.userName ?? 'nvduc';
    const refused = expected.find(({ reason }) => reason !== null)?.login.userName ?? 'bttrang';
    const [endpoint] = endpoints;
    const server =
      endpoint === undefined || endpointText(endpoint) === `127.0.0.1:${radiusPort}`
        ? ''
        : ` --server ${endpointText(endpoint)}`;
    const probe = (user: string) =>
      `npx gatewarden probe${server} --credentials ${here(files.credentials)} --user ${user}`;
    say(
      facts.created
        ? 'An invented organisation was put in. Its people:'
        : 'The sample organisation is kept as it was. Its people:',
    );
    output.emit({
      type: 'table',
      columns: ['User', 'Name', 'State', 'A login now'],
      rows: expected.map((one) => [
        one.login.userName,
        one.login.fullName,
        one.login.state,
        outcomeText(one, language),
      ]),
    });
    say();
    say(`Their passwords and code generators (seeds) lie in ${here(files.credentials)}, for you alone.`);
    say();
    say('Try, in another terminal and in this folder (a code works once: wait 30 s for the next):');
    say(`  ${probe(first)}`);
    say(`  ${probe(refused)}`);
    say('  npx gatewarden explain CODE            CODE: the lookup code that the refusal shows');
    say(`  npx gatewarden account show ${refused}`);
    say(`  npx gatewarden account suspend ${first} --reason "a trial"`);
    say('  npx gatewarden audit verify');
    say('  npm run demo                           every kind of outcome, one by one');
  }
  say();
  say('Ctrl-C stops it. "npm start" again goes on with what is there.');
}

async function refuseSecond(config: Config): Promise<void> {
  if (!(await listens(dataFiles(config.dataDir).controlSocket))) return;
  throw new OperatorError(`A broker is running on ${config.dataDir} already.`, {
    at: 'dataDir',
    remedy: 'Use that one, or stop it first; GATEWARDEN_DATA_DIR names another folder for a second one.',
  });
}

async function start(invocation: Invocation): Promise<CommandResult> {
  const config = trialConfig(invocation.config(), invocation.env);
  await refuseSecond(config);
  const keyFileMade = !(await keyFileExists(config.keys.file));
  const { log } = invocation;
  const prepared = await openServices(config, { clock: systemClock, random: systemRandom, log });
  let created = false;
  let expected: Expected[] = [];
  try {
    const sample = await prepareSample(prepared, administratorOf(invocation));
    if (sample !== null) {
      created = sample.created;
      expected = await expectations(prepared, sample.logins);
    }
  } finally {
    await prepared.close();
  }
  return runBroker(invocation, config, async (services) =>
    showNextSteps(invocation, services, expected, { keyFileMade, created }, await createFirstLink(services)),
  );
}

export const startCommands: readonly CliCommand[] = [
  {
    path: ['start'],
    summary: 'try the broker: on the loopback, with an invented organisation',
    declare() {},
    run: start,
  },
];
