// Status-Server, RFC 5997: says that this node can decide, and nothing when it can't.

import type { RateLimit } from '../services/admission/rate-limit.ts';
import { codes, type Packet } from '../wire/radius/packet.ts';
import type { Sealing } from '../wire/radius/sealing.ts';

/** Gateways ask every few seconds. */
const rate = { perSecond: 5, burst: 20 };

export type StatusOutcome =
  | { readonly kind: 'reply'; readonly reply: Buffer }
  | { readonly kind: 'silent'; readonly cause: 'rate' | 'unhealthy' };

/** `code` is what the port answers with (RFC 5997 §4.2). `packet` is authentic (it must be signed, where anything is). A check that throws counts as unhealthy. */
export async function answerStatus(
  packet: Packet,
  sealing: Sealing,
  clientKey: string,
  limit: RateLimit,
  isHealthy: () => boolean | Promise<boolean>,
  code: typeof codes.AccessAccept | typeof codes.AccountingResponse = codes.AccessAccept,
): Promise<StatusOutcome> {
  if (!limit.take(clientKey, rate)) return { kind: 'silent', cause: 'rate' };
  let healthy = false;
  try {
    healthy = await isHealthy();
  } catch {
    healthy = false;
  }
  if (!healthy) return { kind: 'silent', cause: 'unhealthy' };
  const reply = sealing.encodeReply(packet, { code, attributes: [] });
  return { kind: 'reply', reply };
}
