// What each gateway was seen to do, for the doctor: what is wrong with it can be told from its own packets.
import type { Packet } from '../wire/radius/packet.ts';
import { type AttributeReference, valuesOf } from '../wire/radius/profile/attribute-reference.ts';
import type { Interpretation } from '../wire/radius/profile/interpret.ts';

export interface GatewayObservation {
  /** Epoch ms of the last request that got past the checks of authenticity. */
  readonly lastRequestAt: number;
  readonly requests: number;
  /** Among them. */
  readonly signed: number;
  readonly unsigned: number;
  /** How often each way to authenticate was tried: `pap`, `chap`, `ms-chap`, `EAP-TLS` … */
  readonly methods: Readonly<Record<string, number>>;
  /** How often each attribute came, by its type or `vendor:type`. */
  readonly attributes: Readonly<Record<string, number>>;
  /** Unsigned requests whose password didn't read as text: the shared secret is probably wrong. */
  readonly unreadablePasswords: number;
  /** Requests without NAS-Identifier, NAS-IP-Address and NAS-IPv6-Address. */
  readonly withoutNasIdentity: number;
  /** Requests that named no workstation. */
  readonly withoutWorkstation: number;
  readonly refusedByProfile: Readonly<Record<string, number>>;
  /** Attributes that the profile calls useless and that came. */
  readonly useless: readonly string[];
  readonly retransmissions: number;
  /** The shortest time between a request and its retransmission: the gateway's timeout. Null: none seen. */
  readonly shortestRetransmissionMs: number | null;
}

type Mutable<T> = {
  -readonly [K in keyof T]: T[K] extends Readonly<Record<string, number>> ? Record<string, number> : T[K];
};

interface Entry {
  readonly seen: Mutable<Omit<GatewayObservation, 'useless'>>;
  readonly useless: Set<string>;
}

const maxNames = 200;
const vendorSpecificType = 26;
/** EAP packets that speak of methods, or of none, and are none. */
const talkOfMethods: ReadonlySet<string> = new Set(['EAP', 'EAP-Identity', 'EAP-Notification', 'EAP-Nak']);
const nasTypes: ReadonlySet<number> = new Set([4, 32, 95]);

function count(counts: Record<string, number>, name: string): void {
  const known = counts[name];
  // Names come from the wire: a fuzzer must not fill the memory.
  if (known === undefined && Object.keys(counts).length >= maxNames) return;
  counts[name] = (known ?? 0) + 1;
}

function attributeName(type: number, value: Buffer): string {
  return type === vendorSpecificType && value.length >= 5
    ? `${value.readUInt32BE(0)}:${value[4]}`
    : `${type}`;
}

export interface Observations {
  request(
    gateway: string,
    seen: {
      at: number;
      packet: Packet;
      signed: boolean;
      interpretation: Interpretation;
      useless: readonly AttributeReference[];
    },
  ): void;
  retransmission(gateway: string, afterMs: number): void;
  /** By name of gateway. */
  snapshot(): Readonly<Record<string, GatewayObservation>>;
}

export function createObservations(): Observations {
  const entries = new Map<string, Entry>();

  function entryOf(gateway: string): Entry {
    let entry = entries.get(gateway);
    if (entry === undefined) {
      entry = {
        seen: {
          lastRequestAt: 0,
          requests: 0,
          signed: 0,
          unsigned: 0,
          methods: {},
          attributes: {},
          unreadablePasswords: 0,
          withoutNasIdentity: 0,
          withoutWorkstation: 0,
          refusedByProfile: {},
          retransmissions: 0,
          shortestRetransmissionMs: null,
        },
        useless: new Set(),
      };
      entries.set(gateway, entry);
    }
    return entry;
  }

  return {
    request(gateway, { at, packet, signed, interpretation, useless }) {
      const { seen, useless: found } = entryOf(gateway);
      seen.lastRequestAt = at;
      seen.requests += 1;
      if (signed) seen.signed += 1;
      else seen.unsigned += 1;
      if (!talkOfMethods.has(interpretation.methodName)) count(seen.methods, interpretation.methodName);
      for (const { type, value } of packet.attributes) count(seen.attributes, attributeName(type, value));
      if (!signed && interpretation.method === 'pap' && !interpretation.passwordReadable) {
        seen.unreadablePasswords += 1;
      }
      if (!packet.attributes.some(({ type }) => nasTypes.has(type))) seen.withoutNasIdentity += 1;
      if (interpretation.kind === 'login' && interpretation.observed.length === 0)
        seen.withoutWorkstation += 1;
      if (interpretation.refused !== null) count(seen.refusedByProfile, interpretation.refused.reason);
      for (const reference of useless) if (valuesOf(packet, reference).length > 0) found.add(reference.name);
    },
    retransmission(gateway, afterMs) {
      const { seen } = entryOf(gateway);
      seen.retransmissions += 1;
      if (seen.shortestRetransmissionMs === null || afterMs < seen.shortestRetransmissionMs) {
        seen.shortestRetransmissionMs = Math.round(afterMs);
      }
    },
    snapshot: () =>
      Object.fromEntries(
        [...entries].map(([name, { seen, useless }]) => [
          name,
          structuredClone({ ...seen, useless: [...useless] }),
        ]),
      ),
  };
}
