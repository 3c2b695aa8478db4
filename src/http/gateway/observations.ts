// What was seen of each gateway that asks over HTTPS, for the doctor.
import type { Question } from '../../api/gateway.ts';
import type { GatewaySeen } from '../../services/doctor/gateway.ts';
import { httpMethod } from './login.ts';

type Mutable = {
  -readonly [K in 'lastRequestAt' | 'requests' | 'withoutWorkstation' | 'retransmissions']: number;
} & {
  shortestRetransmissionMs: number | null;
};

export interface HttpObservations {
  request(gateway: string, at: number, question: Question): void;
  retransmission(gateway: string, afterMs: number): void;
  /** By name of gateway. */
  snapshot(): Readonly<Record<string, GatewaySeen>>;
}

export function createHttpObservations(): HttpObservations {
  const entries = new Map<string, Mutable>();

  function of(gateway: string): Mutable {
    let entry = entries.get(gateway);
    if (entry === undefined) {
      entry = {
        lastRequestAt: 0,
        requests: 0,
        withoutWorkstation: 0,
        retransmissions: 0,
        shortestRetransmissionMs: null,
      };
      entries.set(gateway, entry);
    }
    return entry;
  }

  return {
    request(gateway, at, { workstation = {}, client = {} }) {
      const entry = of(gateway);
      entry.lastRequestAt = at;
      entry.requests += 1;
      if (Object.keys(workstation).length === 0 && client.address === undefined)
        entry.withoutWorkstation += 1;
    },
    retransmission(gateway, afterMs) {
      const entry = of(gateway);
      entry.retransmissions += 1;
      entry.shortestRetransmissionMs = Math.round(
        Math.min(afterMs, entry.shortestRetransmissionMs ?? afterMs),
      );
    },
    snapshot: () =>
      Object.fromEntries(
        [...entries].map(([name, seen]) => [
          name,
          {
            ...seen,
            // Whoever got this far has shown a token or a certificate, over TLS.
            unsigned: 0,
            methods: { [httpMethod]: seen.requests },
            unreadablePasswords: 0,
            withoutNasIdentity: 0,
            refusedByProfile: {},
            useless: [],
          },
        ]),
      ),
  };
}
