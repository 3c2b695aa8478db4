// Checkpoints, alerts and notices by HTTPS POST, signed with HMAC-SHA-256 so that the receiver knows who sent them.
import { createHmac } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { Notifier } from '../services/outbox.ts';

const timeoutMs = 10_000;

interface Receiver {
  readonly url: string;
  readonly secret: Buffer | null;
  readonly clock: Clock;
}

/**
 * Posts JSON. With a secret, the header `Gatewarden-Signature: t=<s>,v1=<hex>` carries HMAC-SHA-256 over `<t>.<body>`. Anything but a
 * 2xx is a failure; redirects are not followed.
 */
export async function postSigned({ url, secret, clock }: Receiver, message: object): Promise<void> {
  const body = JSON.stringify(message);
  const time = Math.floor(clock.now() / 1000);
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': 'gatewarden',
  };
  if (secret !== null) {
    const mac = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
    headers['gatewarden-signature'] = `t=${time},v1=${mac}`;
  }
  const response = await fetch(url, {
    method: 'POST',
    headers,
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the webhook answered ${response.status}`);
}

/** Body: `{"kind":"checkpoint","instant":…,"jws":"…"}`. */
export function createWebhookNotifier(receiver: Receiver): Notifier {
  return {
    target: `webhook:${receiver.url}`,
    deliver: ({ instant, jws }) => postSigned(receiver, { kind: 'checkpoint', instant, jws }),
  };
}
