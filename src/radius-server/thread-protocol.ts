// Messages between the thread of the RADIUS listener and the one that started it.
import type { MessagePort } from 'node:worker_threads';
import type { Config } from '../config/load.ts';
import type { RadiusReport } from './node.ts';
import type { Endpoint } from './udp-listener.ts';

export interface RadiusThreadData {
  readonly config: Config;
  readonly writer: MessagePort | null;
}

export type RadiusOrder =
  | { readonly kind: 'report'; readonly id: number }
  | { readonly kind: 'refresh-settings'; readonly id: number }
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
  | { readonly kind: 'refreshed'; readonly id: number; readonly error: string | null };
