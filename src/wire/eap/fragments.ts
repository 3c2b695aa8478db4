// TLS messages in fragments, alike in EAP-TLS, EAP-TTLS and PEAP: RFC 5216 §2.1.5 and §3, RFC 5281 §9.2.

const flags = { length: 0x80, more: 0x40, start: 0x20 } as const;
const lengthOctets = 4;

/** EAP header, type and flags in front of every fragment. */
export const fragmentOverhead = 6;
/** A whole TLS message of a peer: a chain of certificates is well below. */
const longestMessage = 32_768;

/** A message of the peer that is not complete yet. */
export interface Reassembly {
  /** As announced by its first fragment; null: not announced. */
  readonly total: number | null;
  readonly parts: readonly Buffer[];
  readonly received: number;
}

export type Received =
  | { readonly kind: 'more'; readonly reassembly: Reassembly }
  | { readonly kind: 'whole'; readonly message: Buffer }
  | { readonly kind: 'fault'; readonly fault: string };

const fault = (text: string): Received => ({ kind: 'fault', fault: text });

/**
 * Takes one fragment (flags and what follows). An announced length is held to: fragments may neither exceed it, nor end
 * before it, nor announce another. Bounded by `longestMessage`, announced or not.
 */
export function receiveFragment(before: Reassembly | null, data: Buffer): Received {
  const mark = data[0];
  if (mark === undefined) return fault('no flags');
  if ((mark & flags.start) !== 0) return fault('a start from the peer');
  const isAnnounced = (mark & flags.length) !== 0;
  if (isAnnounced && data.length < 1 + lengthOctets) return fault('no room for the length it announces');
  const announced = isAnnounced ? data.readUInt32BE(1) : null;
  const payload = data.subarray(1 + (isAnnounced ? lengthOctets : 0));
  const more = (mark & flags.more) !== 0;
  if (before?.total != null && announced !== null && announced !== before.total) {
    return fault('another length than announced at first');
  }
  if (before !== null && before.total === null && announced !== null) return fault('a length announced late');
  const total = before?.total ?? announced;
  const received = (before?.received ?? 0) + payload.length;
  if ((total ?? received) > longestMessage || received > longestMessage) return fault('too long a message');
  if (total !== null && received > total) return fault('more than announced');
  // A copy: the packet that it is a view of must not be kept.
  const parts = [...(before?.parts ?? []), Buffer.from(payload)];
  if (more) {
    if (payload.length === 0) return fault('an empty fragment with more to come');
    return { kind: 'more', reassembly: { total, parts, received } };
  }
  if (total !== null && received < total) return fault('less than announced');
  return { kind: 'whole', message: parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts) };
}

/** A message of ours on its way. */
export interface Sending {
  readonly rest: Buffer;
  readonly isFirst: boolean;
}

/**
 * The next fragment (flags and what follows), at most `room` octets long. Only the first of several announces the length
 * (RFC 9190 §2.4, RFC 9427 §2.3). `version`: the low bits of the flags.
 */
export function nextFragment(
  sending: Sending,
  room: number,
  version: number,
): { readonly data: Buffer; readonly left: Sending | null } {
  const { rest, isFirst } = sending;
  if (1 + rest.length <= room) return { data: Buffer.concat([Buffer.from([version]), rest]), left: null };
  const header = Buffer.alloc(isFirst ? 1 + lengthOctets : 1);
  header.writeUInt8(flags.more | (isFirst ? flags.length : 0) | version, 0);
  if (isFirst) header.writeUInt32BE(rest.length, 1);
  const taken = room - header.length;
  return {
    data: Buffer.concat([header, rest.subarray(0, taken)]),
    left: { rest: rest.subarray(taken), isFirst: false },
  };
}

/** The first packet of a method: S, nothing else. */
export function startFlags(version: number): Buffer {
  return Buffer.from([flags.start | version]);
}
