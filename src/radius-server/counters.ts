// What the listener counts, for metrics: plain numbers that only grow.

/** Upper bounds in seconds; the last bucket has none. */
export const latencyBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;

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

type Outcome = 'accept' | 'reject' | 'challenge' | 'silent';

interface GatewayCounters {
  readonly outcomes: Readonly<Record<Outcome, number>>;
  /** Requests answered once more with the same octets. */
  readonly retransmissions: number;
  /** Requests over a rate limit. */
  readonly limited: number;
  /** From receipt to verdict, the reject delay not included: one count per bound of `latencyBounds`, one beyond. */
  readonly latency: {
    readonly buckets: readonly number[];
    readonly sumSeconds: number;
    readonly count: number;
  };
}

export interface RadiusCounters {
  readonly datagrams: number;
  readonly statusReplies: number;
  readonly dropped: Readonly<Record<DropCause, number>>;
  /** By name of gateway. */
  readonly gateways: Readonly<Record<string, GatewayCounters>>;
  /** Now: decisions at work, requests waiting for one, rejects waiting for their deadline. */
  readonly inFlight: number;
  readonly queued: number;
  readonly delayed: number;
}

interface GatewayTally {
  readonly outcomes: Record<Outcome, number>;
  retransmissions: number;
  limited: number;
  readonly latency: { readonly buckets: number[]; sumSeconds: number; count: number };
}

export interface Tally {
  datagram(): void;
  statusReply(): void;
  drop(cause: DropCause): void;
  gateway(name: string): GatewayTally;
  outcome(name: string, outcome: Outcome, seconds: number): void;
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
  // Names come from the settings, not from the wire: no bound needed.
  const gateways = new Map<string, GatewayTally>();

  function gateway(name: string): GatewayTally {
    let tally = gateways.get(name);
    if (tally === undefined) {
      tally = {
        outcomes: { accept: 0, reject: 0, challenge: 0, silent: 0 },
        retransmissions: 0,
        limited: 0,
        latency: {
          buckets: Array.from({ length: latencyBounds.length + 1 }, () => 0),
          sumSeconds: 0,
          count: 0,
        },
      };
      gateways.set(name, tally);
    }
    return tally;
  }

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
    gateway,
    outcome(name, outcome, seconds) {
      const { outcomes, latency } = gateway(name);
      outcomes[outcome] += 1;
      const found = latencyBounds.findIndex((bound) => seconds <= bound);
      const bucket = found === -1 ? latencyBounds.length : found;
      latency.buckets[bucket] = (latency.buckets[bucket] ?? 0) + 1;
      latency.sumSeconds += seconds;
      latency.count += 1;
    },
    snapshot: (now) =>
      structuredClone({ datagrams, statusReplies, dropped, gateways: Object.fromEntries(gateways), ...now }),
  };
}
