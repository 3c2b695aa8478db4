// The thread of the RADIUS listener.
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../base/clock.ts';
import { OperatorError } from '../base/errors.ts';
import { collectStart } from '../base/heap.ts';
import { createJsonLog } from '../base/json-log.ts';
import { systemRandom } from '../base/random.ts';
import { parseProfile } from '../wire/radius/profile/parse.ts';
import { startRadiusNode } from './node.ts';
import type { RadiusNotice, RadiusOrder, RadiusThreadData } from './thread-protocol.ts';

/** Late enough to be out of the way of whoever waits for the first answer. */
const collectAfterMs = 3_000;

if (parentPort !== null) await run(parentPort, workerData as RadiusThreadData);

async function run(
  parent: NonNullable<typeof parentPort>,
  { config, profiles: documents, writer }: RadiusThreadData,
): Promise<void> {
  const notify = (notice: RadiusNotice) => parent.postMessage(notice);
  // Writes to the descriptor itself, and goes on without a log when its reader has gone; `process.stdout` of a worker
  // would go through the main thread.
  const log = createJsonLog(config.log.level, { node: config.node, thread: 'radius' });
  try {
    const profiles = new Map(
      documents.map((document) => [document.name, parseProfile(document, document.name)]),
    );
    const node = await startRadiusNode(
      config,
      { profiles, writer },
      { clock: systemClock, random: systemRandom, log },
    );
    parent.on('message', async (order: RadiusOrder) => {
      switch (order.kind) {
        case 'report':
          notify({ kind: 'report', id: order.id, report: await node.report() });
          break;
        case 'refresh-settings':
          await node.refreshSettings().then(
            () => notify({ kind: 'refreshed', id: order.id, error: null }),
            (error: Error) => notify({ kind: 'refreshed', id: order.id, error: error.message }),
          );
          break;
        case 'connected':
          notify({ kind: 'connected', id: order.id, clients: await node.connections.connected() });
          break;
        case 'disconnect': {
          const attributes = order.attributes.map(({ type, value }) => ({ type, value: Buffer.from(value) }));
          const answer = await node.connections.disconnect(order.clientId, attributes);
          notify({ kind: 'disconnected', id: order.id, answer });
          break;
        }
        case 'clock-trusted':
          node.setClockTrusted(order.trusted);
          break;
        case 'confirm-clock':
          node.confirmClock();
          break;
        case 'stop':
          await node.stop();
          writer?.close();
          parent.close();
          break;
      }
    });
    const { endpoints, accountingEndpoints, tlsEndpoints } = node;
    notify({ kind: 'ready', endpoints, accountingEndpoints, tlsEndpoints });
    setTimeout(collectStart, collectAfterMs).unref();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const operator = error instanceof OperatorError ? error : null;
    notify({ kind: 'refused', message, remedy: operator?.remedy ?? null, at: operator?.at ?? null });
    writer?.close();
    parent.close();
  }
}
