// `gatewarden serve`: runs the broker until it is told to stop.
import { type App, createApp, type Services } from '../app.ts';
import { systemClock } from '../base/clock.ts';
import { settleHeap } from '../base/heap.ts';
import { createJsonLog } from '../base/json-log.ts';
import { systemRandom } from '../base/random.ts';
import type { Endpoint } from '../config/endpoint.ts';
import { type Config, dataFiles } from '../config/load.ts';
import { createControlHandler } from './call.ts';
import type { CliCommand, CommandResult, Invocation } from './command.ts';
import { loadOperations } from './commands.ts';
import { openControlSocket } from './control/server.ts';

/** How long an orderly stop may take; then the process ends as it is. Decisions not yet committed got no reply. */
const stopWithinMs = 10_000;

export function endpointText({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function summaryOf({ config, broker }: Services): Record<string, unknown> {
  return {
    store: config.store.dialect,
    dataDir: config.dataDir,
    radius: broker?.radiusEndpoints.map(endpointText),
    accounting: broker?.accountingEndpoints.map(endpointText),
    radiusTls: broker?.radiusTlsEndpoints.map(endpointText),
    http: broker === null ? null : endpointText(broker.httpEndpoint),
    console: broker === null ? null : endpointText(broker.consoleEndpoint),
    portal: broker === null ? null : endpointText(broker.portalEndpoint),
  };
}

/** Resolves when the operator wants the broker to stop, or with what ended it. */
function untilEnd(stop: AbortSignal, app: App): Promise<Error | null> {
  const wanted = new Promise<null>((resolve) => {
    if (stop.aborted) resolve(null);
    stop.addEventListener('abort', () => resolve(null), { once: true });
  });
  return Promise.race([wanted, app.failed]);
}

/** Runs a broker, with its control socket, until it is told to stop. `onUp` is called once requests are answered. */
export async function runBroker(
  invocation: Invocation,
  config: Config,
  onUp: (services: Services) => Promise<void> | void = () => {},
): Promise<CommandResult> {
  const log = createJsonLog(config.log.level, { node: config.node });
  const app = createApp(config, { clock: systemClock, random: systemRandom, log });
  const services = await app.start();
  const closers = [() => app.stop()];
  try {
    const control = await openControlSocket({
      path: dataFiles(config.dataDir).controlSocket,
      handle: createControlHandler(await loadOperations(), services),
      log,
    });
    closers.unshift(() => control.close());
    log.info(summaryOf(services), 'the broker is up');
    await onUp(services);
    settleHeap();
    const failure = await untilEnd(invocation.stop, app);
    if (failure !== null) log.error({ err: failure }, 'a part of the broker has failed: it stops');
    else log.info({}, 'the broker stops');
    return { value: { stopped: true }, exitCode: failure === null ? 0 : 1 };
  } finally {
    const overdue = setTimeout(() => {
      log.error({}, 'the broker did not stop in time: it ends as it is');
      process.exit(1);
    }, stopWithinMs);
    overdue.unref();
    for (const close of closers) await close();
    clearTimeout(overdue);
    log.info({}, 'the broker has stopped');
  }
}

export const serveCommands: readonly CliCommand[] = [
  {
    path: ['serve'],
    summary: 'run the broker',
    declare() {},
    run: (invocation) => runBroker(invocation, invocation.config()),
  },
];
