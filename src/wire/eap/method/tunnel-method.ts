// What differs between the methods that stand on TLS; what they share is in ../tunnel.ts.
import type { Presented } from '../presented.ts';
import type { InnerEap } from './inner-eap.ts';

/** What to do next, in a tunnel that is up. */
export type Move =
  /** Send the records at hand, or an empty packet, and let the peer speak. */
  | { readonly kind: 'wait' }
  /** Say this inside. */
  | { readonly kind: 'say'; readonly plain: Buffer }
  | { readonly kind: 'present'; readonly presented: Presented }
  | { readonly kind: 'succeed' }
  | { readonly kind: 'fail'; readonly cause: string };

export interface Inside {
  readonly inner: InnerEap | null;
  /** Our last word was said; the peer has only to agree. */
  readonly isClosing: boolean;
}

export interface TunnelContext {
  readonly isTls13: boolean;
  /** The outer identity: nobody has vouched for it. */
  readonly identity: string;
  /** For a first GTC prompt. */
  readonly prompt: string;
  /** Fresh random octets, should MS-CHAPv2 be asked for; null: nobody here takes it. */
  readonly msChapChallenge: Buffer | null;
}

export type Next = readonly [Inside, Move];

export type Decision =
  /** `proof`: what the server that was asked by MS-CHAPv2 proves itself to the peer with; null: it was not. */
  | { readonly verdict: 'accept'; readonly proof: Buffer | null }
  | { readonly verdict: 'ask'; readonly state: string; readonly prompt: string };

export interface TunnelMethod {
  readonly type: number;
  readonly name: string;
  /** The low bits of the flags. */
  readonly version: number;
  /** The handshake is complete; nothing was said inside. */
  begin(inside: Inside, context: TunnelContext): Next;
  /** The peer has acknowledged our records and says nothing itself. */
  acknowledged(inside: Inside, context: TunnelContext): Next;
  receive(inside: Inside, plain: Buffer, context: TunnelContext): Next;
  /** A denial ends every method at once, without a word inside: when it leaves must not depend on the peer. */
  decided(inside: Inside, decision: Decision): Next;
}
