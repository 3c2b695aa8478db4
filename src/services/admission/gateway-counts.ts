// What became of each gateway's requests, for metrics: plain numbers that only grow.
import type { Verdict } from '../login.ts';
import { createStopwatch, type Latency } from './latency.ts';

export interface GatewayCounts {
  readonly outcomes: Readonly<Record<Verdict['kind'], number>>;
  /** Requests answered once more with what was answered first. */
  readonly retransmissions: number;
  /** Requests over a rate limit. */
  readonly limited: number;
  /** From receipt to verdict, the reject delay not included. */
  readonly latency: Latency;
}

export interface GatewayTally {
  outcome(gateway: string, outcome: Verdict['kind'], seconds: number): void;
  retransmission(gateway: string): void;
  limited(gateway: string): void;
  /** By name of gateway. */
  counts(): Readonly<Record<string, GatewayCounts>>;
}

export function createGatewayTally(): GatewayTally {
  // Names come from the settings, not from the wire: no bound needed.
  const gateways = new Map<string, ReturnType<typeof create>>();

  function create() {
    return {
      outcomes: { accept: 0, reject: 0, challenge: 0, silent: 0 },
      retransmissions: 0,
      limited: 0,
      stopwatch: createStopwatch(),
    };
  }

  function of(name: string): ReturnType<typeof create> {
    let tally = gateways.get(name);
    if (tally === undefined) {
      tally = create();
      gateways.set(name, tally);
    }
    return tally;
  }

  return {
    outcome(gateway, outcome, seconds) {
      const { outcomes, stopwatch } = of(gateway);
      outcomes[outcome] += 1;
      stopwatch.observe(seconds);
    },
    retransmission(gateway) {
      of(gateway).retransmissions += 1;
    },
    limited(gateway) {
      of(gateway).limited += 1;
    },
    counts: () =>
      Object.fromEntries(
        [...gateways].map(([name, { outcomes, retransmissions, limited, stopwatch }]) => [
          name,
          { outcomes: { ...outcomes }, retransmissions, limited, latency: stopwatch.latency() },
        ]),
      ),
  };
}
