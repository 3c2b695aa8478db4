// What telling a gateway to end a session means to whoever orders it; the edges know how.
import type { EncodedAttribute } from '../../wire/radius/attribute.ts';
import type { Secret } from '../../wire/radius/secret.ts';

export interface DisconnectTarget {
  /** An IP address. */
  readonly host: string;
  readonly port: number;
  readonly secret: Secret;
}

export type DisconnectAnswer =
  /** The gateway says that it will end it: not that it has. */
  | { readonly kind: 'ack' }
  /** Error-Cause (RFC 5176 §3.5); null: it gave none. */
  | { readonly kind: 'nak'; readonly errorCause: number | null }
  | { readonly kind: 'no-answer' }
  | { readonly kind: 'unsent'; readonly error: string };

/** Over the connections that gateways have opened to this node themselves: RFC 6614, RFC 8559. */
export interface ConnectionDisconnector {
  /** The clients that have a connection to this node. Never rejects. */
  connected(): Promise<ReadonlySet<number>>;
  /** Asks once and waits 10 s at most; null: the client has no connection to this node. Never rejects. */
  disconnect(clientId: number, attributes: readonly EncodedAttribute[]): Promise<DisconnectAnswer | null>;
}

export interface Disconnector {
  /** Asks until there is an answer, 30 s at most. Never rejects. */
  disconnect(target: DisconnectTarget, attributes: readonly EncodedAttribute[]): Promise<DisconnectAnswer>;
}
