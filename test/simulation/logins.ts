// What the world outside knows about each login: who typed what, where, when, and whether it was right.
import type { Style } from './site.ts';

/** One login by its marker; what brokers say about it is compared with this. */
export interface KnownLogin {
  readonly marker: string;
  readonly accountId: number | null;
  readonly gatewayId: number;
  readonly style: Style;
  readonly station: string;
  /** As typed; null where this style or round carries none. */
  readonly password: string | null;
  /** As typed; null where none was. */
  readonly code: string | null;
  /** The State that it answers. */
  readonly state: string | null;
  /** Virtual instants at which a node received it. */
  readonly receipts: number[];
  /** Somebody sent its octets once more, or another's with its identifier: an answer may be for nobody then. */
  isTamperedWith: boolean;
}

/** The nonce in a State, by which its single use is recorded. */
export function challengeIdOf(state: string): string {
  return Buffer.from(state, 'base64url').subarray(1, 13).toString('hex');
}
