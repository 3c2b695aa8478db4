// Checkpoints by HTTPS POST, signed with HMAC-SHA-256 so that the receiver knows who sent them.
import { createHmac } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { Notifier } from '../services/outbox.ts';

const timeoutMs = 10_000;

/**
 * Body: `{"kind":"checkpoint","instant":…,"jws":"…"}`. With a secret, the header `Gatewarden-Signature: t=<s>,v1=<hex>` carries
 * HMAC-SHA-256 over `<t>.<body>`. Anything but a 2xx is a failure; redirects are not followed.
 */
export function createWebhookNotifier(options: {
  readonly url: string;
  readonly secret: Buffer | null;
  readonly clock: Clock;
}): Notifier {
  const { url, secret, clock } = options;
  return {
    target: `webhook:${url}`,
    async deliver({ instant, jws }) {
      const body = JSON.stringify({ kind: 'checkpoint', instant, jws });
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
    },
  };
}
