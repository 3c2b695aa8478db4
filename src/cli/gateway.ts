// `gatewarden gateway list | show | add | set | token | rotate-secret | remove | profiles`.
import { type Command, Option } from 'commander';
import { Type } from 'typebox';
import { OperatorError } from '../base/errors.ts';
import { formatInstant } from '../core/dates.ts';
import { hoursInWords } from '../core/hours.ts';
import { readOrganisation } from '../services/administration.ts';
import {
  addGateway,
  changeGateway,
  createGatewayToken,
  type EvidenceSource,
  type GatewayDeps,
  removeGateway,
  showGateway,
} from '../services/gateways/gateways.ts';
import { beginSecretRotation, endSecretRotation } from '../services/gateways/secret-rotation.ts';
import { readProfiles } from '../services/profiles.ts';
import { decodeTlsRule, describeTlsRule } from '../services/settings/tls-rule.ts';
import { readTlsAuthorities } from '../services/tls/material.ts';
import { type GatewayDetails, listGatewayDetails } from '../store/queries/gateway-changes.ts';
import type { Profile } from '../wire/radius/profile/parse.ts';
import {
  administrationDeps,
  administratorOf,
  inputLine,
  iso,
  loadSettings,
  operand,
  orderSchema,
  readInputLine,
} from './administrator.ts';
import {
  type CliCommand,
  defineOperation,
  type Invocation,
  type Operation,
  type OperationContext,
} from './command.ts';
import { type Cell, text } from './output.ts';
import { readSecretFile } from './terminal.ts';
import { wholeNumber } from './token.ts';

const name = Type.String({ minLength: 1, maxLength: 300 });
const optionalName = Type.Optional(Type.String({ maxLength: 300 }));
const hasSecret = Type.Boolean();
const requirements = ['always', 'auto', 'never'] as const;
const tlsList = Type.Optional(Type.String({ maxLength: 4000 }));
const tlsOptions = {
  tlsNames: tlsList,
  tlsIssuer: optionalName,
  tlsPins: tlsList,
  tlsRadiusVersions: Type.Optional(Type.String({ maxLength: 20 })),
  tlsDisconnect: Type.Optional(Type.Boolean()),
  httpNames: tlsList,
  httpIssuer: optionalName,
  httpPins: tlsList,
};
const defaultTokenDays = 365;

function depsOf(context: OperationContext, args: Parameters<typeof administrationDeps>[1]): GatewayDeps {
  const { config } = context;
  return {
    ...administrationDeps(context, args),
    profiles: readProfiles(config.profiles.directory),
    tlsAuthorities: () => readTlsAuthorities(config.radius.tls),
  };
}

/** A running broker takes the change over now, not at its next look. */
async function takeOver({ broker }: OperationContext): Promise<void> {
  await broker?.refreshSettings();
}

/** Given in the input when `has` says so, so that it never stands among the arguments. */
async function secretOf(context: OperationContext, has: boolean): Promise<{ secret?: string }> {
  return has ? { secret: await readInputLine(context) } : {};
}

/** What a profile's gateways can say of a workstation: the levels, with the attributes that carry them. */
function evidenceOf(profile: Profile): string {
  const sources = profile.workstation.map(
    ({ type, level, reference }) => `E${level} ${type} (${reference.name})`,
  );
  return sources.length === 0 ? 'nothing' : [...new Set(sources)].sort().reverse().join(', ');
}

const evidenceSources: Readonly<Record<EvidenceSource, string>> = {
  gateway: 'set for this gateway',
  organisation: 'set for the organisation',
  profile: 'no policy says, so the most that its profile can carry, up to E2',
};

/** Where a client comes from: an address, certificates, or both. */
function originOf({ prefix, tlsRule }: Pick<GatewayDetails['client'], 'prefix' | 'tlsRule'>): string {
  const overTls = tlsRule === null ? [] : [`TLS ${describeTlsRule(decodeTlsRule(tlsRule))}`];
  return [...(prefix === null ? [] : [prefix]), ...overTls].join('; ') || 'HTTPS';
}

const listOperation = defineOperation('gateway.list', Type.Object({}), async ({ store }, _args, output) => {
  const gateways = await store.read(listGatewayDetails);
  const { timeZone } = await readOrganisation(store);
  output.emit({
    type: 'table',
    columns: ['Gateway', 'Client', 'Address', 'NAS-Identifier', 'Profile', 'Unit', 'Last seen'],
    rows: gateways.map((one) => [
      one.name,
      one.client.name,
      one.client.prefix ?? 'TLS',
      one.nasIdentifier,
      one.profile,
      one.unitCode,
      one.lastSeenAt === null ? null : formatInstant(one.lastSeenAt, timeZone),
    ]),
  });
  return {
    gateways: gateways.map((one) => ({
      name: one.name,
      client: one.client.name,
      address: one.client.prefix,
      nasIdentifier: one.nasIdentifier,
      nasIpAddress: one.nasIpAddress,
      profile: one.profile,
      unit: one.unitCode,
      requireMessageAuthenticator: one.client.requireMessageAuthenticator,
      lastSeenAt: iso(one.lastSeenAt),
    })),
  };
});

const showOperation = defineOperation(
  'gateway.show',
  Type.Object({ name, language: Type.Enum(['en', 'vi']) }),
  async (context, args, output) => {
    const { store } = context;
    const { settings, profiles } = await loadSettings(context);
    const shown = await showGateway({ store, settings, profiles }, args.name);
    const { gateway, profile, policy, evidenceSource } = shown;
    const { client } = gateway;
    const seen = (await context.broker?.radiusReport())?.observations[gateway.name]?.lastRequestAt ?? null;
    const lastSeenAt = seen ?? gateway.lastSeenAt;
    const { timeZone } = settings.current();
    const requirement = {
      always: 'required',
      auto: client.seenMessageAuthenticator
        ? 'required since the first signed request (auto)'
        : 'required from the first signed request on (auto); none has come yet',
      never: `never required: ${client.neverReason ?? ''}`,
    }[client.requireMessageAuthenticator];
    output.emit({
      type: 'fields',
      fields: [
        ['Gateway', gateway.name],
        ['Client', `${client.name}, ${originOf(client)}`],
        ['NAS-Identifier', gateway.nasIdentifier ?? 'any'],
        ['NAS-IP-Address', gateway.nasIpAddress ?? 'any'],
        ['Unit', gateway.unitCode],
        [
          'Secret',
          client.sealedSecret === null
            ? 'none: it sends no datagrams'
            : client.sealedNextSecret === null
              ? 'one'
              : 'two: a rotation is under way',
        ],
        ['Over HTTPS', httpText(gateway, profile)],
        ['Message-Authenticator', requirement],
        ['Unsigned Proxy-State', client.limitProxyState ? 'dropped' : 'let through'],
        ['Disconnect-Requests to', coaText(gateway, profile)],
        ['Controlled by', gateway.control ?? 'nothing else'],
        [
          'Ends sessions when told',
          gateway.cutProvenAt === null
            ? `CANNOT BE CUT: not proven (gatewarden doctor ${gateway.name}); sessions are short`
            : `proven at ${formatInstant(gateway.cutProvenAt, timeZone)}`,
        ],
        ['Last seen', lastSeenAt === null ? 'never' : formatInstant(lastSeenAt, timeZone)],
        [
          'Profile',
          profile === null ? `${gateway.profile}: not installed` : `${profile.name}: ${profile.title}`,
        ],
        ...(profile === null ? [] : profileFields(profile)),
        [
          'Workstations',
          `${policy.workstationMode}, evidence E${policy.leastEvidence} at least (${evidenceSources[evidenceSource]})`,
        ],
        ['Password', policy.firstFactor === 'own' ? "the broker's own" : `asked of ${policy.firstFactor}`],
        [
          'Hours of access',
          policy.hours === null
            ? 'any'
            : `${hoursInWords(policy.hours, args.language)} (${policy.hours.timeZone})`,
        ],
        ['Session', `${policy.sessionMs / 60_000} min at most`],
        ['Sessions at a time', policy.sessionLimit === 0 ? 'any number' : policy.sessionLimit],
        ['Units that may use it', policy.gatewayUnits === null ? 'all' : policy.gatewayUnits.length],
      ],
    });
    const { sealedSecret: _, sealedNextSecret, id: _id, createdAt, tlsRule, ...clientRest } = client;
    return {
      name: gateway.name,
      nasIdentifier: gateway.nasIdentifier,
      nasIpAddress: gateway.nasIpAddress,
      coaAddress: gateway.coaAddress,
      coaPort: gateway.coaPort,
      hasCoaSecret: gateway.sealedCoaSecret !== null,
      control: gateway.control,
      http: gateway.httpTlsRule === null ? null : decodeTlsRule(gateway.httpTlsRule),
      cutProvenAt: iso(gateway.cutProvenAt),
      unit: gateway.unitCode,
      lastSeenAt: iso(lastSeenAt),
      client: {
        ...clientRest,
        tls: tlsRule === null ? null : decodeTlsRule(tlsRule),
        createdAt: iso(createdAt),
        rotating: sealedNextSecret !== null,
      },
      profile: profile?.document ?? null,
      policy,
      evidenceSource,
    };
  },
);

/** Where the gateway is told to end sessions, and with whose secret. */
function coaText(
  { coaAddress, coaPort, sealedCoaSecret, client }: GatewayDetails,
  profile: Profile | null,
): string {
  if (profile === null || profile.disconnect.method === 'none') return 'it takes none';
  const secret = sealedCoaSecret === null ? "the client's secret" : 'a secret of its own';
  const host = coaAddress ?? client.prefix;
  if (host === null) return 'nowhere: --coa-address is not set';
  return `${host}, port ${coaPort ?? profile.disconnect.port}, ${secret}`;
}

/** Whether the gateway may ask over HTTPS, and with what. */
function httpText({ name: gateway, httpTlsRule }: GatewayDetails, profile: Profile | null): string {
  if (profile?.http === undefined) return 'not by this profile';
  const byToken = `by token ("gatewarden gateway token ${gateway}")`;
  return httpTlsRule === null ? byToken : `by a certificate ${describeTlsRule(decodeTlsRule(httpTlsRule))}`;
}

function profileFields(profile: Profile): [string, Cell][] {
  const { credentials, reply, timing } = profile;
  return [
    ['Credentials', [credentials.style, ...credentials.alternatives].join(', or ')],
    ['Workstation from', evidenceOf(profile)],
    ['Session-Timeout', reply.sessionTimeout],
    ['Signs requests', profile.messageAuthenticator === 'always' ? 'yes' : 'not known to'],
    ['Waits', `${timing.timeoutMs} ms, asks ${timing.attempts} times`],
  ];
}

const profilesOperation = defineOperation(
  'gateway.profiles',
  Type.Object({}),
  async ({ config }, _args, output) => {
    const profiles = [...readProfiles(config.profiles.directory).values()];
    for (const profile of profiles) {
      output.emit(text(`${profile.name}: ${profile.title}`));
      output.emit({ type: 'fields', fields: profileFields(profile) });
      output.emit(text(''));
    }
    return {
      profiles: profiles.map((profile) => ({
        name: profile.name,
        title: profile.title,
        credentials: [profile.credentials.style, ...profile.credentials.alternatives],
        workstation: profile.document.workstation,
        sessionTimeout: profile.reply.sessionTimeout,
        messageAuthenticator: profile.messageAuthenticator,
        notes: profile.notes,
      })),
    };
  },
);

const addOperation = defineOperation(
  'gateway.add',
  orderSchema({
    name,
    client: name,
    address: optionalName,
    profile: name,
    nasIdentifier: optionalName,
    nasIpAddress: optionalName,
    unit: optionalName,
    ...tlsOptions,
    hasSecret,
  }),
  async (context, args, output) => {
    const secret = await secretOf(context, args.hasSecret);
    const added = await addGateway(depsOf(context, args), { ...args, ...secret });
    await takeOver(context);
    const from = added.prefix ?? 'no datagrams';
    output.emit(text(`${added.name} is declared behind ${added.client} (${from}), in force now.`));
    return added;
  },
);

const setOperation = defineOperation(
  'gateway.set',
  orderSchema({
    name,
    profile: optionalName,
    address: optionalName,
    nasIdentifier: optionalName,
    nasIpAddress: optionalName,
    unit: optionalName,
    requireMessageAuthenticator: Type.Optional(Type.Enum([...requirements])),
    limitProxyState: Type.Optional(Type.Boolean()),
    reason: Type.Optional(Type.String({ maxLength: 2000 })),
    ...tlsOptions,
    requestsPerSecond: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
    accountRequestsPerMinute: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
    coaAddress: optionalName,
    coaPort: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
    control: optionalName,
    hasSecret,
  }),
  async (context, args, output) => {
    const { secret } = await secretOf(context, args.hasSecret);
    const change = secret === undefined ? args : { ...args, coaSecret: secret };
    const done = await changeGateway(depsOf(context, args), change);
    await takeOver(context);
    output.emit(text(`${done.name}: ${done.changed.join(', ')} changed, in force now.`));
    return done;
  },
);

const tokenOperation = defineOperation(
  'gateway.token',
  orderSchema({ name, days: Type.Integer() }),
  async (context, args, output) => {
    const made = await createGatewayToken(depsOf(context, args), {
      gateway: args.name,
      days: args.days,
      createdBy: null,
    });
    output.emit(
      text(
        `Token ${made.id} of ${args.name}, until ${iso(made.expiresAt)}. It is shown this once and kept nowhere:`,
      ),
    );
    output.emit(text(`  ${made.token}`));
    output.emit(
      text('Put it in place at the gateway, then revoke the former one ("gatewarden token list").'),
    );
    return { id: made.id, token: made.token, expiresAt: iso(made.expiresAt) };
  },
);

const rotateOperation = defineOperation(
  'gateway.rotate-secret',
  orderSchema({ client: name, step: Type.Enum(['begin', 'finish', 'cancel']), hasSecret }),
  async (context, args, output) => {
    const deps = administrationDeps(context, args);
    const { client, step } = args;
    if (step === 'begin') {
      const begun = await beginSecretRotation(deps, {
        client,
        ...(await secretOf(context, args.hasSecret)),
      });
      await takeOver(context);
      output.emit(text(`${begun.client}: the next secret is taken beside the present one, in force now.`));
      output.emit(
        text(`Set it at the gateway, then: gatewarden gateway rotate-secret ${begun.client} --finish`),
      );
      return begun;
    }
    const ended = await endSecretRotation(deps, { client, how: step });
    await takeOver(context);
    output.emit(text(`${ended.client}: only the ${step === 'finish' ? 'new' : 'former'} secret is taken.`));
    return ended;
  },
);

const removeOperation = defineOperation(
  'gateway.remove',
  orderSchema({ name, forgetSessions: Type.Boolean() }),
  async (context, args, output) => {
    const done = await removeGateway(depsOf(context, args), args);
    await takeOver(context);
    const also = done.clientRemoved === null ? '' : `, and with it the client ${done.clientRemoved}`;
    output.emit(text(`${done.name} is removed${also}.`));
    return done;
  },
);

export const gatewayOperations: readonly Operation[] = [
  listOperation,
  showOperation,
  profilesOperation,
  addOperation,
  setOperation,
  tokenOperation,
  rotateOperation,
  removeOperation,
];

/** Calls an operation that may take a secret from a file and may answer with one that was made. */
async function callWithSecret(
  invocation: Invocation,
  operation: Operation,
  args: object,
): Promise<{ value: unknown }> {
  const { secretFile } = invocation.options as { readonly secretFile?: string };
  const given = secretFile === undefined ? null : readSecretFile(invocation, '--secret-file', secretFile);
  const value = (await invocation.call(
    operation,
    { by: administratorOf(invocation), ...args, hasSecret: given !== null },
    given === null ? undefined : inputLine(given),
  )) as { readonly secret?: string | null };
  if (!invocation.json && value.secret) {
    invocation.stdout.write(`Shared secret, shown this once: ${value.secret}\n`);
  }
  return { value };
}

function limit(option: string) {
  return (value: string): number => {
    if (/^\d{1,6}$/.test(value)) return Number(value);
    throw new OperatorError(`${option}: "${value}" is no whole number.`, {
      at: option,
      remedy: 'Give a number; 0 for the default of the configuration.',
    });
  };
}

function yesOrNo(option: string) {
  return (value: string): boolean => {
    if (value === 'yes' || value === 'no') return value === 'yes';
    throw new OperatorError(`${option}: ${JSON.stringify(value)} is neither yes nor no.`, {
      at: option,
      remedy: 'Write yes or no.',
    });
  };
}

/** Certificates of a client that comes over TLS, and of a gateway over HTTPS. */
function declareTls(command: Command): Command {
  return command
    .option('--tls-names <names>', 'names in its certificate (dNSName, iPAddress), by commas')
    .option('--tls-issuer <sha256>', 'fingerprint of the authority that must vouch for them')
    .option('--tls-pins <sha256>', 'fingerprints of certificates or keys that are its own, by commas')
    .option('--tls-radius-versions <list>', 'versions that it may speak: 1.0, 1.1; "" for all')
    .option(
      '--tls-disconnect <yes|no>',
      'whether it takes Disconnect-Requests on the connections that it has opened',
      yesOrNo('--tls-disconnect'),
    )
    .option(
      '--http-names <names>',
      'names in the certificate with which the gateway asks over HTTPS, by commas',
    )
    .option('--http-issuer <sha256>', 'fingerprint of the authority that must vouch for them')
    .option('--http-pins <sha256>', 'fingerprints of that certificate or its key, by commas');
}

export const gatewayCommands: readonly CliCommand[] = [
  {
    path: ['gateway', 'list'],
    summary: 'list gateways',
    declare() {},
    run: async (invocation) => ({ value: await invocation.call(listOperation, {}) }),
  },
  {
    path: ['gateway', 'show'],
    summary: 'show a gateway, its profile and the policy in force',
    declare: (command) => void command.argument('<gateway>', 'name'),
    async run(invocation) {
      const args = { name: operand(invocation, 0), language: invocation.language };
      return { value: await invocation.call(showOperation, args) };
    },
  },
  {
    path: ['gateway', 'profiles'],
    summary: 'list the profiles and what each can carry',
    declare() {},
    run: async (invocation) => ({ value: await invocation.call(profilesOperation, {}) }),
  },
  {
    path: ['gateway', 'add'],
    summary: 'declare a gateway, and its client if that is new',
    declare(command) {
      command
        .argument('<gateway>', 'name')
        .requiredOption('--client <name>', 'RADIUS client that it belongs to')
        .option('--address <cidr>', "where a new client's packets come from")
        .requiredOption('--profile <name>', 'see "gateway profiles"')
        .option('--nas-identifier <text>', 'only requests with this NAS-Identifier')
        .option('--nas-ip-address <address>', 'only requests with this NAS-IP-Address')
        .option('--unit <code>', 'unit that it belongs to');
      declareTls(command).option(
        '--secret-file <file>',
        'file whose first line is the secret; without it one is made and shown',
      );
    },
    run: (invocation) => {
      const { secretFile: _, ...options } = invocation.options;
      return callWithSecret(invocation, addOperation, { name: operand(invocation, 0), ...options });
    },
  },
  {
    path: ['gateway', 'set'],
    summary: 'change a gateway or its client',
    declare(command) {
      command
        .argument('<gateway>', 'name')
        .option('--profile <name>', 'see "gateway profiles"')
        .option('--address <cidr>', 'where the client\'s packets come from; "" for over TLS alone')
        .option('--nas-identifier <text>', 'only requests with this NAS-Identifier; "" for any')
        .option('--nas-ip-address <address>', 'only requests with this NAS-IP-Address; "" for any')
        .option('--unit <code>', 'unit that it belongs to; "" for none')
        .addOption(
          new Option(
            '--require-message-authenticator <rule>',
            'of the whole client; never needs --reason',
          ).choices(requirements),
        )
        .addOption(
          new Option('--limit-proxy-state <yes|no>', 'drop unsigned Proxy-State').choices(['yes', 'no']),
        )
        .option('--requests-per-second <n>', '0: the default', limit('--requests-per-second'))
        .option('--account-requests-per-minute <n>', '0: the default', limit('--account-requests-per-minute'))
        .option('--coa-address <address>', 'where Disconnect-Requests go; "" for where it sends from')
        .option('--coa-port <port>', "0: the profile's", limit('--coa-port'))
        .option('--coa-secret-file <file>', 'file whose first line is the secret of Disconnect-Requests')
        .option(
          '--control <method:address>',
          'how sessions are ended without them; "" for as the profile says',
        )
        .option('--reason <text>', 'why, for the record');
      declareTls(command);
    },
    async run(invocation) {
      const { limitProxyState, coaSecretFile, ...options } = invocation.options;
      const secret =
        typeof coaSecretFile === 'string'
          ? readSecretFile(invocation, '--coa-secret-file', coaSecretFile)
          : null;
      const args = {
        by: administratorOf(invocation),
        name: operand(invocation, 0),
        ...options,
        ...(limitProxyState === undefined ? {} : { limitProxyState: limitProxyState === 'yes' }),
        hasSecret: secret !== null,
      };
      const input = secret === null ? undefined : inputLine(secret);
      return { value: await invocation.call(setOperation, args, input) };
    },
  },
  {
    path: ['gateway', 'token'],
    summary: 'make a token with which a gateway asks over HTTPS; it is shown once',
    declare(command) {
      command
        .argument('<gateway>', 'name')
        .option('--days <days>', 'how long it lasts, up to 366', String(defaultTokenDays));
    },
    run: async (invocation) => ({
      value: await invocation.call(tokenOperation, {
        by: administratorOf(invocation),
        name: operand(invocation, 0),
        days: wholeNumber(invocation.options['days'], '--days'),
      }),
    }),
  },
  {
    path: ['gateway', 'rotate-secret'],
    summary: "replace a client's shared secret: both are taken until --finish",
    declare(command) {
      command
        .argument('<client>', 'RADIUS client')
        .option(
          '--secret-file <file>',
          'file whose first line is the next secret; without it one is made and shown',
        )
        .addOption(
          new Option('--finish', 'the next secret alone from now on').conflicts(['cancel', 'secretFile']),
        )
        .addOption(new Option('--cancel', 'back to the former secret alone').conflicts('secretFile'));
    },
    run: (invocation) => {
      const { finish, cancel } = invocation.options;
      const step = finish === true ? 'finish' : cancel === true ? 'cancel' : 'begin';
      return callWithSecret(invocation, rotateOperation, { client: operand(invocation, 0), step });
    },
  },
  {
    path: ['gateway', 'remove'],
    summary: 'remove a gateway, and its client with the last one',
    declare(command) {
      command.argument('<gateway>', 'name').option('--forget-sessions', 'although sessions of it may be up');
    },
    async run(invocation) {
      const value = await invocation.call(removeOperation, {
        by: administratorOf(invocation),
        name: operand(invocation, 0),
        forgetSessions: invocation.options['forgetSessions'] === true,
      });
      return { value };
    },
  },
];
