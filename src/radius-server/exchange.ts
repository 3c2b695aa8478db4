// One request on its transport, and the way back: what UDP and TLS have in common for whoever answers.
import type { RadiusClient } from '../services/settings/clients.ts';
import type { Sealing } from '../wire/radius/sealing.ts';
import { canonicalAddress } from './gateway-of-request.ts';
import type { BoundSocket } from './udp-listener.ts';

/**
 * How a request ends that gets no reply. `broken`: its sender is not who it claims to be, or sends no RADIUS; a connection
 * on which that happens is closed (RFC 6613 §2.6.4).
 */
export type EndOfExchange =
  | 'unanswered'
  /** It is at work already: the answer will be to that one. */
  | 'duplicate'
  /** Nothing here serves such requests. */
  | 'not-served'
  | 'unknown-gateway'
  | 'broken';

export interface Exchange {
  /** Within which identifiers are unique: a pair of sockets, or a connection. */
  readonly link: string;
  /** Address that the request came from, in canonical spelling. */
  readonly source: string;
  readonly client: RadiusClient;
  /** Null: by one of the client's secrets, which is to be found out. */
  readonly sealing: Sealing | null;
  send(reply: Buffer, onError: () => void): void;
  /** There will be no reply; called at most once, and never after `send`. */
  end(how: EndOfExchange): void;
}

/** What was done with a request at once. `at-work`: `send` or `end` will be called later. */
export type Handled = 'at-work' | 'answered' | EndOfExchange;

/** A datagram's: who gets no reply asks again, so that nothing has to end. */
export function datagramExchange(
  socket: BoundSocket,
  address: string,
  port: number,
  client: RadiusClient,
): Exchange {
  return {
    link: `${socket.name} ${address} ${port}`,
    source: canonicalAddress(address),
    client,
    sealing: null,
    send: (reply, onError) => socket.send(reply, port, address, onError),
    end: () => undefined,
  };
}
