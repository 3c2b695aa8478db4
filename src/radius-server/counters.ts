// What the listener counts, for metrics: plain numbers that only grow.

import {
  createGatewayTally,
  type GatewayCounts,
  type GatewayTally,
} from '../services/admission/gateway-counts.ts';

/** Why a datagram got no answer before any decision. */
export type DropCause =
  | 'malformed'
  | 'unknown-client'
  | 'unknown-gateway'
  | 'code-not-served'
  | 'message-authenticator-missing'
  | 'message-authenticator-invalid'
  | 'proxy-state-unsigned'
  | 'eap-unsigned'
  | 'no-credential-unsigned'
  | 'duplicate-at-work'
  | 'overloaded'
  | 'status-rate'
  | 'status-unhealthy'
  | 'send-failed'
  | 'defect';

export interface RadiusCounters {
  readonly datagrams: number;
  readonly statusReplies: number;
  readonly dropped: Readonly<Record<DropCause, number>>;
  /** By name of gateway. */
  readonly gateways: Readonly<Record<string, GatewayCounts>>;
  /** Now: decisions at work, requests waiting for one, rejects waiting for their deadline. */
  readonly inFlight: number;
  readonly queued: number;
  readonly delayed: number;
}

export interface Tally {
  datagram(): void;
  statusReply(): void;
  drop(cause: DropCause): void;
  readonly gateways: GatewayTally;
  snapshot(now: Pick<RadiusCounters, 'inFlight' | 'queued' | 'delayed'>): RadiusCounters;
}

export function createTally(): Tally {
  let datagrams = 0;
  let statusReplies = 0;
  const dropped: Record<DropCause, number> = {
    malformed: 0,
    'unknown-client': 0,
    'unknown-gateway': 0,
    'code-not-served': 0,
    'message-authenticator-missing': 0,
    'message-authenticator-invalid': 0,
    'proxy-state-unsigned': 0,
    'eap-unsigned': 0,
    'no-credential-unsigned': 0,
    'duplicate-at-work': 0,
    overloaded: 0,
    'status-rate': 0,
    'status-unhealthy': 0,
    'send-failed': 0,
    defect: 0,
  };
  const gateways = createGatewayTally();
  return {
    datagram: () => {
      datagrams += 1;
    },
    statusReply: () => {
      statusReplies += 1;
    },
    drop: (cause) => {
      dropped[cause] += 1;
    },
    gateways,
    snapshot: (now) => ({
      datagrams,
      statusReplies,
      dropped: { ...dropped },
      gateways: gateways.counts(),
      ...now,
    }),
  };
}
