// Where an operation runs: in the broker, if one runs on this data directory, else here under the process lock.
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { Value } from 'typebox/value';
import type { AppDeps, Services } from '../app.ts';
import { OperatorError } from '../base/errors.ts';
import { type Config, dataFiles } from '../config/load.ts';
import type { Operation, OperationContext } from './command.ts';
import { callBroker } from './control/client.ts';
import type { ControlHandler } from './control/server.ts';
import type { Output } from './output.ts';

const startsWithinMs = 5_000;
const askEveryMs = 50;

/** Whether something listens on the control socket; a leftover of a killed broker does not. */
export function listens(path: string): Promise<boolean> {
  if (!existsSync(path)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EACCES'));
  });
}

/** Whether something will: a broker that starts holds the database before it listens here. */
async function listensSoon(path: string, signal: AbortSignal): Promise<boolean> {
  const until = performance.now() + startsWithinMs;
  while (performance.now() < until && !signal.aborted) {
    if (await listens(path)) return true;
    await setTimeout(askEveryMs);
  }
  return false;
}

/** Whether a broker runs on this data directory. */
export function brokerListens(config: Config): Promise<boolean> {
  return listens(dataFiles(config.dataDir).controlSocket);
}

function check(operation: Operation, args: unknown): void {
  const [error] = Value.Errors(operation.schema, args);
  if (error === undefined) return;
  throw new OperatorError(
    `${operation.name}: ${error.instancePath.slice(1) || 'arguments'} ${error.message}.`,
    {
      at: error.instancePath,
      remedy: 'Use the command line of the same version as the broker, and see its --help.',
    },
  );
}

/** Runs operations on open services: the broker's answer to its control socket. */
export function createControlHandler(operations: readonly Operation[], services: Services): ControlHandler {
  const byName = new Map(operations.map((operation) => [operation.name, operation]));
  return async ({ command, arguments: args, input, output, signal }) => {
    const operation = byName.get(command);
    if (operation === undefined) {
      throw new OperatorError(`The broker knows no command "${command}".`, {
        at: command,
        remedy: 'Use the command line of the same version as the broker; restart the broker after an update.',
      });
    }
    check(operation, args);
    const context: OperationContext = { ...services, input, signal };
    return operation.run(context, args, output);
  };
}

/** Runs one operation in the broker or here; see `Invocation.call`. */
export async function callOperation(options: {
  readonly config: Config;
  readonly deps: AppDeps;
  readonly operation: Operation;
  readonly arguments: unknown;
  readonly input: AsyncIterable<Buffer> | null;
  readonly output: Output;
  readonly signal: AbortSignal;
}): Promise<unknown> {
  const { config, deps, operation, input, output, signal } = options;
  // As JSON would carry them, so that both ways are given the same.
  const args: unknown = JSON.parse(JSON.stringify(options.arguments ?? {}));
  check(operation, args);
  const path = dataFiles(config.dataDir).controlSocket;
  const inBroker = () =>
    callBroker({ path, command: operation.name, arguments: args, input, output, signal });
  if (await listens(path)) return inBroker();
  const { openServices } = await import('../app.ts');
  const services = await openServices(config, deps).catch(async (error: unknown) => {
    const isHeld = error instanceof OperatorError && error.fault === 'conflict';
    if (isHeld && (await listensSoon(path, signal))) return null;
    throw error;
  });
  if (services === null) return inBroker();
  try {
    return await operation.run({ ...services, input, signal }, args, output);
  } finally {
    await services.close();
  }
}
