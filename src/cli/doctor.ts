// `gatewarden doctor`: what is wrong with the broker, or with the configuration of a gateway, and what to do.
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { Type } from 'typebox';
import type { RunningBroker } from '../app.ts';
import { OperatorError } from '../base/errors.ts';
import type { Endpoint } from '../config/endpoint.ts';
import { formatInstant } from '../core/dates.ts';
import { openControl } from '../gateway-control/open.ts';
import { createDisconnectClient } from '../radius-server/disconnect-client.ts';
import { readOrganisation } from '../services/administration.ts';
import { createClockWatch } from '../services/clock-watch.ts';
import { examineControl, examineDisconnect } from '../services/doctor/disconnect.ts';
import { examineBroker } from '../services/doctor/examine.ts';
import type { Finding } from '../services/doctor/finding.ts';
import { examineGatewayByName } from '../services/doctor/gateway-by-name.ts';
import { noteCutProof } from '../services/gateways/cut-proof.ts';
import { keepLastInstant, readLastInstant } from '../services/last-instant.ts';
import { appendRecord } from '../store/audit/append.ts';
import { loadSettings } from './administrator.ts';
import {
  type CliCommand,
  type CommandResult,
  defineOperation,
  type Language,
  type Operation,
  type OperationContext,
} from './command.ts';
import { text } from './output.ts';

/** Tries to bind each endpoint, and lets go at once. */
async function findUnbound(endpoints: readonly Endpoint[]): Promise<{ endpoint: string; code: string }[]> {
  const unbound: { endpoint: string; code: string }[] = [];
  for (const { host, port } of endpoints) {
    const six = isIPv6(host);
    const socket = createSocket({ type: six ? 'udp6' : 'udp4', ipv6Only: six });
    const code = await new Promise<string | null>((resolve) => {
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
      socket.bind({ port, address: host === 'localhost' ? '127.0.0.1' : host, exclusive: true }, () =>
        resolve(null),
      );
    });
    socket.close();
    if (code !== null) unbound.push({ endpoint: six ? `[${host}]:${port}` : `${host}:${port}`, code });
  }
  return unbound;
}

async function examineAll(context: OperationContext): Promise<Finding[]> {
  const { config, store, clock, log, broker } = context;
  return await examineBroker({
    config,
    store,
    clock,
    log,
    clockState:
      broker?.clockWatch.check() ??
      createClockWatch({ clock, log, lastInstant: await readLastInstant(store) }).state(),
    unbound: broker === null ? await findUnbound(config.radius.listen) : [],
    report: (await broker?.radiusReport()) ?? null,
  });
}

function runningBroker({ broker }: OperationContext): RunningBroker {
  if (broker !== null) return broker;
  throw new OperatorError('The broker does not run, so nothing has been seen of the gateway.', {
    remedy: 'Start it (gatewarden serve), let somebody log in through the gateway, then ask again.',
  });
}

async function examineOneGateway(context: OperationContext, name: string): Promise<Finding[]> {
  const { config, store, clock, random, log } = context;
  const { settings } = await loadSettings(context);
  const { rejectDelayMs } = config.radius;
  const { gateway, findings } = await examineGatewayByName({ store, settings, rejectDelayMs }, name, () =>
    runningBroker(context).radiusReport(),
  );
  const snapshot = settings.current();
  const profile = snapshot.gateways.get(gateway.id)?.profile;
  if (profile === undefined) return findings;
  const proof = await examineCut();
  await noteCutProof({ store, clock }, gateway, proof.state === 'ok');
  await runningBroker(context).refreshSettings();
  return [...findings, proof];

  async function examineCut(): Promise<Finding> {
    const control = snapshot.findControl(gateway.id);
    if (control !== null) return await examineControl({ control, open: openControl });
    if (profile === undefined) throw new Error('the gateway has no profile');
    const disconnector = createDisconnectClient({ clock, random, log });
    try {
      const target = snapshot.findCoaTarget(gateway.id);
      const clientId = snapshot.findDisconnectClient(gateway.id);
      const { connections } = runningBroker(context);
      return await examineDisconnect({
        ...{ name, profile, target, clientId, connections },
        ...{ disconnector, random },
      });
    } finally {
      await disconnector.close();
    }
  }
}

function show(findings: readonly Finding[], language: Language, emit: (line: string) => void): void {
  const words = {
    en: { ok: 'ok   ', warn: 'warn ', fault: 'FAULT', why: 'why', remedy: 'do' },
    vi: { ok: 'tốt  ', warn: 'lưu ý', fault: 'LỖI  ', why: 'vì', remedy: 'cần' },
  }[language];
  for (const { state, check, what, why, remedy } of findings) {
    emit(`${words[state]}  ${check}: ${what[language]}`);
    if (why !== null) emit(`         ${words.why}: ${why[language]}`);
    if (remedy !== null) emit(`         ${words.remedy}: ${remedy[language]}`);
  }
}

const doctorOperation = defineOperation(
  'doctor',
  Type.Object({
    gateway: Type.Union([Type.String(), Type.Null()]),
    language: Type.Enum(['en', 'vi']),
  }),
  async (context, { gateway, language }, output): Promise<Finding[]> => {
    const findings = gateway === null ? await examineAll(context) : await examineOneGateway(context, gateway);
    show(findings, language, (line) => output.emit(text(line)));
    return findings;
  },
);

const confirmClockOperation = defineOperation(
  'doctor.confirm-clock',
  Type.Object({}),
  async ({ store, clock, broker }, _args, output) => {
    if (broker === null) await keepLastInstant(store, clock.now(), { evenIfEarlier: true });
    else await broker.confirmClock();
    const at = clock.now();
    await store.write((db) =>
      appendRecord(db, {
        kind: 'administration',
        at,
        accountId: null,
        gatewayId: null,
        outcome: 'clock.confirm',
        reason: null,
        detail: null,
        lookupCode: null,
        body: {},
        personal: {},
      }),
    );
    const { timeZone } = await readOrganisation(store);
    output.emit(text(`The clock counts as right: ${formatInstant(at, timeZone)}.`));
    return { at };
  },
);

export const doctorOperations: readonly Operation[] = [doctorOperation, confirmClockOperation];

export const doctorCommands: readonly CliCommand[] = [
  {
    path: ['doctor'],
    summary: "examine the broker, or a gateway's configuration by what it sends",
    declare(command) {
      command
        .argument('[gateway]', 'name of a gateway')
        .option('--confirm-clock', 'say that the clock is right, after it jumped or went back');
    },
    async run(invocation): Promise<CommandResult> {
      if (invocation.options['confirmClock'] === true) {
        return { value: await invocation.call(confirmClockOperation, {}) };
      }
      const [gateway] = invocation.operands;
      const findings = (await invocation.call(doctorOperation, {
        gateway: gateway ?? null,
        language: invocation.language,
      })) as readonly Finding[];
      return { value: findings, exitCode: findings.some(({ state }) => state === 'fault') ? 1 : 0 };
    },
  },
];
