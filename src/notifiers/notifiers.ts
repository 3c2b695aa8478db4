// The notifiers that a configuration names.
import { readFileSync } from 'node:fs';
import type { Clock } from '../base/clock.ts';
import { OperatorError } from '../base/errors.ts';
import type { CheckpointTarget } from '../config/audit.ts';
import { parseEndpoint } from '../config/endpoint.ts';
import type { Notifier } from '../services/outbox.ts';
import { createFileNotifier } from './file.ts';
import { createSyslogNotifier } from './syslog.ts';
import { createWebhookNotifier } from './webhook.ts';

function readSecret(file: string): Buffer {
  try {
    const secret = readFileSync(file, 'utf8').trim();
    if (secret !== '') return Buffer.from(secret, 'utf8');
  } catch (cause) {
    throw new OperatorError(`${file}: the webhook's secret cannot be read.`, {
      at: 'audit.checkpoints.targets',
      remedy: 'Check the path and give the service the right to read it.',
      cause,
    });
  }
  throw new OperatorError(`${file}: the webhook's secret is empty.`, {
    at: 'audit.checkpoints.targets',
    remedy: 'Its first line is the secret that the receiver knows too.',
  });
}

/** @throws OperatorError for a secret that can't be read */
export function createNotifiers(
  targets: readonly CheckpointTarget[],
  deps: { readonly clock: Clock; readonly node: string },
): Notifier[] {
  return targets.map((target) => {
    switch (target.type) {
      case 'file':
        return createFileNotifier(target.directory);
      case 'syslog': {
        const { server, transport, facility, caFile } = target;
        const endpoint = parseEndpoint(server, 'audit.checkpoints.targets');
        return createSyslogNotifier({
          ...endpoint,
          transport,
          facility,
          node: deps.node,
          ...(caFile === undefined ? {} : { caFile }),
        });
      }
      case 'webhook':
        return createWebhookNotifier({
          url: target.url,
          secret: target.secretFile === undefined ? null : readSecret(target.secretFile),
          clock: deps.clock,
        });
      default:
        throw new Error('a target of a kind that the schema does not know');
    }
  });
}
