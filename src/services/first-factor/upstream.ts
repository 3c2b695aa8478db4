// Who knows a password, if it isn't this broker: a directory or an older RADIUS server. The edges and engines know how to ask.

import type { MsChapSuccess, MsChapTry } from '../../wire/radius/ms-chap.ts';

export interface UpstreamQuestion {
  /** Canonical; with `msChap` as typed, since the client's proof covers it. */
  readonly userName: string;
  /** Or the answer to what the upstream asked back. */
  readonly password: string;
  /** Where the holder connects from, as the gateway says; may be empty. */
  readonly station: string;
  /** On the monotonic clock, ms: an answer after it is for nobody. */
  readonly deadline: number;
  /** In place of a password. */
  readonly msChap?: MsChapTry;
  /** The one server that asked back, and its State; left out: the first question. */
  readonly answering?: { readonly server: number; readonly state: Buffer };
}

export type UpstreamAnswer =
  | 'right'
  | 'wrong'
  /** It must be changed there first. */
  | 'change-required'
  /** The account is locked, disabled or expired there. */
  | 'closed'
  /** No answer, or none that says yes or no: nothing is known. */
  | 'unavailable';

/** It asks for something more before it says yes or no (Access-Challenge, RFC 2865 §4.4). */
export interface AskedBack {
  readonly kind: 'asked-back';
  /** 1 to `mostRelayedOctets` octets. */
  readonly state: Buffer;
  /** What the holder is to be asked; may be empty. Untrusted. */
  readonly message: string;
}

/** Right, and what the client wants to see and use. */
export interface MsChapProven extends MsChapSuccess {
  readonly kind: 'right';
}

export type UpstreamReply = UpstreamAnswer | AskedBack | MsChapProven;

/** The longest State of an upstream that fits into one of ours (services/challenge.ts). */
export const mostRelayedOctets = 126;
