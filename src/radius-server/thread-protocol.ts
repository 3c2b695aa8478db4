// Messages between the thread of the RADIUS listener and the one that started it.
import type { MessagePort } from 'node:worker_threads';
import type { Config } from '../config/load.ts';
import type { DisconnectAnswer } from '../services/sessions/disconnector.ts';
import type { Profile } from '../wire/radius/profile/parse.ts';
import type { RadiusReport } from './node.ts';
import type { Endpoint } from './udp-listener.ts';

export interface RadiusThreadData {
  readonly config: Config;
  /** The gateway profiles as their files have them: read once, so that all threads go by the same. */
  readonly profiles: readonly Profile['document'][];
  readonly writer: MessagePort | null;
}

export type RadiusOrder =
  | { readonly kind: 'report'; readonly id: number }
  | { readonly kind: 'refresh-settings'; readonly id: number }
  | { readonly kind: 'connected'; readonly id: number }
  | {
      readonly kind: 'disconnect';
      readonly id: number;
      readonly clientId: number;
      /** Buffers arrive as plain arrays of octets. */
      readonly attributes: readonly { readonly type: number; readonly value: Uint8Array }[];
    }
  | { readonly kind: 'clock-trusted'; readonly trusted: boolean }
  | { readonly kind: 'confirm-clock' }
  | { readonly kind: 'stop' };

export type RadiusNotice =
  | {
      readonly kind: 'ready';
      readonly endpoints: readonly Endpoint[];
      readonly accountingEndpoints: readonly Endpoint[];
      readonly tlsEndpoints: readonly Endpoint[];
    }
  /** It could not start; `remedy` null: a defect, not the operator's matter. */
  | {
      readonly kind: 'refused';
      readonly message: string;
      readonly remedy: string | null;
      readonly at: string | null;
    }
  | { readonly kind: 'report'; readonly id: number; readonly report: RadiusReport }
  | { readonly kind: 'connected'; readonly id: number; readonly clients: ReadonlySet<number> }
  | { readonly kind: 'disconnected'; readonly id: number; readonly answer: DisconnectAnswer | null }
  | { readonly kind: 'refreshed'; readonly id: number; readonly error: string | null };
