// EAP inside a tunnel: Identity, then GTC with one prompt or more (RFC 3748 §5.1, §5.6). Everything else is refused by name.
import { isUtf8 } from 'node:buffer';
import { type EapPacket, eapCodes, eapTypes } from '../packet.ts';
import type { Presented, Unsupported } from '../presented.ts';

export interface InnerEap {
  /** Of the last Request inside the tunnel. */
  readonly identifier: number;
  readonly userName: string | null;
  /** Set while the answer to a further prompt is awaited. */
  readonly state: string | null;
}

interface InnerRequest {
  readonly identifier: number;
  readonly type: number;
  readonly data: Buffer;
}

export type InnerMove =
  | { readonly kind: 'ask'; readonly inner: InnerEap; readonly request: InnerRequest }
  | { readonly kind: 'present'; readonly inner: InnerEap; readonly presented: Presented }
  | { readonly kind: 'fail'; readonly cause: string };

const next = (identifier: number) => (identifier + 1) & 0xff;

/** Empty when it is no UTF-8: no account has an empty name. */
export function textIn(octets: Buffer): string {
  return isUtf8(octets) ? octets.toString('utf8') : '';
}

/** What a peer wants instead of GTC, by a Nak's list of types or by a type that it uses unasked. */
export function unsupportedType(type: number): Unsupported {
  if (type === eapTypes.md5) return 'eap-md5';
  return type === eapTypes.msChapV2 ? 'ms-chap' : 'eap-other';
}

function askGtc(inner: InnerEap, prompt: string): InnerMove {
  const identifier = next(inner.identifier);
  return {
    kind: 'ask',
    inner: { ...inner, identifier },
    request: { identifier, type: eapTypes.gtc, data: Buffer.from(prompt, 'utf8') },
  };
}

export function askIdentity(identifier: number): InnerMove {
  return {
    kind: 'ask',
    inner: { identifier, userName: null, state: null },
    request: { identifier, type: eapTypes.identity, data: Buffer.alloc(0) },
  };
}

/** The code is asked for in a prompt of its own. */
export function askFurther(inner: InnerEap, state: string, prompt: string): InnerMove {
  return askGtc({ ...inner, state }, prompt);
}

/** `tunnel`: the name of the outer method. `before` null: the peer opens, as it does in EAP-TTLS. */
export function receiveInner(
  before: InnerEap | null,
  packet: EapPacket | null,
  options: { readonly tunnel: string; readonly prompt: string },
): InnerMove {
  if (packet === null) return { kind: 'fail', cause: 'inner-malformed' };
  if (packet.code !== eapCodes.response) return { kind: 'fail', cause: 'inner-role-reversal' };
  const { type, data } = packet;
  if (before === null || before.userName === null) {
    if (type !== eapTypes.identity) return { kind: 'fail', cause: 'inner-no-identity' };
    if (before !== null && packet.identifier !== before.identifier)
      return { kind: 'fail', cause: 'inner-identifier' };
    const inner = { identifier: packet.identifier, userName: textIn(data), state: null };
    return askGtc(inner, options.prompt);
  }
  if (packet.identifier !== before.identifier) return { kind: 'fail', cause: 'inner-identifier' };
  const { userName, state } = before;
  const present = (name: string, evidence: Presented['evidence']): InnerMove => ({
    kind: 'present',
    inner: before,
    presented: { userName, method: `${options.tunnel}/${name}`, canAsk: name === 'GTC', evidence },
  });
  if (type === eapTypes.gtc) {
    const text = textIn(data);
    return present('GTC', state === null ? { kind: 'text', text } : { kind: 'answer', text, state });
  }
  const wanted = type === eapTypes.nak ? (data[0] ?? 0) : (type ?? 0);
  return present('EAP', { kind: 'unsupported', detail: unsupportedType(wanted) });
}
