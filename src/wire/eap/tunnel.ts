// The part that EAP-TLS, EAP-TTLS and PEAP share: fragments, the handshake, alerts, and whose turn it is. Pure.
import { nextFragment, type Reassembly, receiveFragment, type Sending } from './fragments.ts';
import type { Decision, Inside, Move, Next, TunnelContext, TunnelMethod } from './method/tunnel-method.ts';
import type { Presented } from './presented.ts';
import type { TlsTurn } from './tls/engine.ts';

export interface Tunnel {
  readonly method: TunnelMethod;
  readonly incoming: Reassembly | null;
  readonly outgoing: Sending | null;
  /** Records of TLS that wait for what is said next. */
  readonly pending: Buffer;
  readonly isEstablished: boolean;
  readonly isTls13: boolean;
  /** An alert is on its way: after the peer's acknowledgement comes failure. */
  readonly alert: string | null;
  readonly inside: Inside;
}

/** What to do; `data`: flags and what follows, for an EAP-Request of the method's type. */
type TunnelOutput =
  | { readonly kind: 'send'; readonly data: Buffer }
  | { readonly kind: 'feed'; readonly records: Buffer }
  | { readonly kind: 'say'; readonly plain: Buffer }
  | { readonly kind: 'present'; readonly presented: Presented }
  | { readonly kind: 'succeed' }
  | { readonly kind: 'fail'; readonly cause: string };

export type TunnelStep = readonly [Tunnel, TunnelOutput];

const nothing = Buffer.alloc(0);

export function openTunnel(method: TunnelMethod): Tunnel {
  return {
    method,
    incoming: null,
    outgoing: null,
    pending: nothing,
    isEstablished: false,
    isTls13: false,
    alert: null,
    inside: { inner: null, isClosing: false },
  };
}

const fail = (tunnel: Tunnel, cause: string): TunnelStep => [tunnel, { kind: 'fail', cause }];

function send(tunnel: Tunnel, records: Buffer, room: number): TunnelStep {
  const { data, left } = nextFragment({ rest: records, isFirst: true }, room, tunnel.method.version);
  return [
    { ...tunnel, outgoing: left, pending: nothing },
    { kind: 'send', data },
  ];
}

function follow(tunnel: Tunnel, [inside, move]: Next, room: number): TunnelStep {
  const after = { ...tunnel, inside };
  return move.kind === 'wait'
    ? send(after, after.pending, room)
    : [after, move satisfies Exclude<Move, { kind: 'wait' }>];
}

/** The peer's packet of this method: flags and what follows. */
export function receiveData(
  tunnel: Tunnel,
  data: Buffer,
  context: Omit<TunnelContext, 'isTls13'>,
  room: number,
): TunnelStep {
  const { outgoing, version } = { outgoing: tunnel.outgoing, version: tunnel.method.version };
  const received = receiveFragment(tunnel.incoming, data);
  if (received.kind === 'fault') return fail(tunnel, `fragment: ${received.fault}`);
  if (outgoing !== null) {
    // Fragments of ours are outstanding: only an acknowledgement may come.
    if (received.kind === 'more' || received.message.length > 0)
      return fail(tunnel, 'data-instead-of-acknowledgement');
    const next = nextFragment(outgoing, room, version);
    return [
      { ...tunnel, outgoing: next.left },
      { kind: 'send', data: next.data },
    ];
  }
  if (received.kind === 'more') {
    return [
      { ...tunnel, incoming: received.reassembly },
      { kind: 'send', data: Buffer.from([version]) },
    ];
  }
  const whole = { ...tunnel, incoming: null };
  if (tunnel.alert !== null) return fail(whole, tunnel.alert);
  if (received.message.length > 0) return [whole, { kind: 'feed', records: received.message }];
  if (!tunnel.isEstablished) return fail(whole, 'acknowledgement-of-nothing');
  const { isTls13 } = tunnel;
  return follow(whole, whole.method.acknowledged(whole.inside, { ...context, isTls13 }), room);
}

/** What TLS made of the records that it was fed, or of what was to be said. */
export function afterTurn(
  tunnel: Tunnel,
  turn: TlsTurn & { readonly isTls13: boolean; readonly wasSaid: boolean },
  context: Omit<TunnelContext, 'isTls13'>,
  room: number,
): TunnelStep {
  const { isTls13 } = turn;
  if (turn.fault !== null) {
    const cause = `tls: ${turn.fault}`;
    return turn.records.length === 0 || turn.wasSaid
      ? fail(tunnel, cause)
      : send({ ...tunnel, alert: cause }, turn.records, room);
  }
  const pending = Buffer.concat([tunnel.pending, turn.records]);
  const after = { ...tunnel, isTls13, pending, isEstablished: turn.isEstablished };
  if (turn.wasSaid) return send(after, pending, room);
  if (!turn.isEstablished) {
    return pending.length === 0 ? fail(after, 'tls: an incomplete message') : send(after, pending, room);
  }
  const whole = { ...context, isTls13 };
  if (turn.plain.length > 0) {
    return follow(after, after.method.receive(after.inside, turn.plain, whole), room);
  }
  if (!tunnel.isEstablished) return follow(after, after.method.begin(after.inside, whole), room);
  return fail(after, 'tls: nothing was said');
}

export function afterDecision(tunnel: Tunnel, decision: Decision, room: number): TunnelStep {
  return follow(tunnel, tunnel.method.decided(tunnel.inside, decision), room);
}
