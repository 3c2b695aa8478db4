// EAP inside a tunnel, or plain: Identity, then GTC with one prompt or more (RFC 3748 §5.1, §5.6), or MS-CHAPv2 where somebody can be
// asked about it. Everything else is refused by name.
import { isUtf8 } from 'node:buffer';
import { type EapPacket, eapCodes, eapTypes } from '../packet.ts';
import type { Presented, Unsupported } from '../presented.ts';
import { agrees, encodeChallenge, encodeProof, readResponse } from './ms-chap-v2.ts';

export interface InnerEap {
  /** Of the last Request inside the tunnel. */
  readonly identifier: number;
  readonly userName: string | null;
  /** Set while the answer to a further prompt is awaited. */
  readonly state: string | null;
  /** Asked for by MS-CHAPv2 instead; `isProven`: the server's proof was sent, and the peer has only to agree. */
  readonly msChap: { readonly challenge: Buffer; readonly isProven: boolean } | null;
}

interface InnerRequest {
  readonly identifier: number;
  readonly type: number;
  readonly data: Buffer;
}

export type InnerMove =
  | { readonly kind: 'ask'; readonly inner: InnerEap; readonly request: InnerRequest }
  | { readonly kind: 'present'; readonly inner: InnerEap; readonly presented: Presented }
  /** The peer agrees to what was decided. */
  | { readonly kind: 'agreed' }
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

export function askGtc(inner: InnerEap, prompt: string): InnerMove {
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
    inner: { identifier, userName: null, state: null, msChap: null },
    request: { identifier, type: eapTypes.identity, data: Buffer.alloc(0) },
  };
}

export function askMsChap(inner: InnerEap, challenge: Buffer): InnerMove {
  const identifier = next(inner.identifier);
  return {
    kind: 'ask',
    inner: { ...inner, identifier, msChap: { challenge, isProven: false } },
    request: { identifier, type: eapTypes.msChapV2, data: encodeChallenge(identifier, challenge) },
  };
}

/** The decision is an Accept: the peer wants to see a proof of the password too. */
export function showProof(inner: InnerEap, proof: Buffer): InnerMove {
  if (inner.msChap === null) return { kind: 'fail', cause: 'nothing-to-prove' };
  const identifier = next(inner.identifier);
  return {
    kind: 'ask',
    inner: { ...inner, identifier, msChap: { ...inner.msChap, isProven: true } },
    // The proof belongs to the Response, whose identifier was the one before.
    request: { identifier, type: eapTypes.msChapV2, data: encodeProof(inner.identifier, proof) },
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
  options: {
    readonly tunnel: string;
    readonly prompt: string;
    readonly msChapChallenge: Buffer | null;
  },
): InnerMove {
  if (packet === null) return { kind: 'fail', cause: 'inner-malformed' };
  if (packet.code !== eapCodes.response) return { kind: 'fail', cause: 'inner-role-reversal' };
  const { type, data } = packet;
  if (before === null || before.userName === null) {
    if (type !== eapTypes.identity) return { kind: 'fail', cause: 'inner-no-identity' };
    if (before !== null && packet.identifier !== before.identifier)
      return { kind: 'fail', cause: 'inner-identifier' };
    const inner = { identifier: packet.identifier, userName: textIn(data), state: null, msChap: null };
    return askGtc(inner, options.prompt);
  }
  if (packet.identifier !== before.identifier) return { kind: 'fail', cause: 'inner-identifier' };
  const { userName, state, msChap } = before;
  const present = (name: string, evidence: Presented['evidence']): InnerMove => ({
    kind: 'present',
    inner: before,
    presented: { userName, method: `${options.tunnel}/${name}`, canAsk: name === 'GTC', evidence },
  });
  if (msChap !== null && type === eapTypes.msChapV2) {
    if (msChap.isProven) return agrees(data) ? { kind: 'agreed' } : { kind: 'fail', cause: 'peer-disagrees' };
    const response = readResponse(data, before.identifier);
    if (response === null) return { kind: 'fail', cause: 'ms-chap-malformed' };
    return present('MSCHAPv2', { kind: 'ms-chap', challenge: msChap.challenge, response });
  }
  if (msChap?.isProven === true) return { kind: 'fail', cause: 'peer-disagrees' };
  const { msChapChallenge } = options;
  const mayChange = msChap === null && state === null && type === eapTypes.nak;
  if (mayChange && msChapChallenge !== null && data.includes(eapTypes.msChapV2)) {
    return askMsChap(before, msChapChallenge);
  }
  if (msChap === null && type === eapTypes.gtc) {
    const text = textIn(data);
    return present('GTC', state === null ? { kind: 'text', text } : { kind: 'answer', text, state });
  }
  const wanted = type === eapTypes.nak ? (data[0] ?? 0) : (type ?? 0);
  return present('EAP', { kind: 'unsupported', detail: unsupportedType(wanted) });
}
