// How a packet and what it hides are protected: by MD5 and a shared secret, or by nothing but the TLS around it (RFC 9765).
import { type EncodedAttribute, encodeValue } from './attribute.ts';
import { codes, type Packet } from './packet.ts';
import { encodePacket11 } from './radius11.ts';
import { encodeReply } from './reply.ts';
import { encodeClearMppeKeyPair, encodeClearMppeKeys, encodeMppeKeyPair, encodeMppeKeys } from './salted.ts';
import type { Secret } from './secret.ts';
import { longestPassword, revealUserPassword } from './user-password.ts';

interface Reply {
  readonly code: number;
  readonly attributes: readonly EncodedAttribute[];
}

export interface Sealing {
  /** A User-Password of a request; null: its length is none that there can be. */
  revealPassword(value: Buffer, request: Packet): Buffer | null;
  /** MS-MPPE-Recv-Key and -Send-Key out of an MSK of 64 octets; `random`: 4 octets. */
  encodeKeys(msk: Buffer, random: Buffer, request: Packet): EncodedAttribute[];
  /** The same with keys as they are. */
  encodeKeyPair(
    keys: { readonly recv: Buffer; readonly send: Buffer },
    random: Buffer,
    request: Packet,
  ): EncodedAttribute[];
  /** @throws RangeError as `encodeReply` of reply.ts */
  encodeReply(request: Packet, reply: Reply): Buffer;
}

export function sealingBy(secret: Secret): Sealing {
  return {
    revealPassword: (value, { authenticator }) => revealUserPassword(value, authenticator, secret),
    encodeKeys: (msk, random, { authenticator }) => encodeMppeKeys(msk, random, authenticator, secret),
    encodeKeyPair: (keys, random, { authenticator }) =>
      encodeMppeKeyPair(keys, random, authenticator, secret),
    encodeReply: (request, reply) => encodeReply({ ...reply, request, secret }),
  };
}

/** RADIUS/1.1: everything as it is, §5.1. */
export const clearSealing: Sealing = {
  revealPassword: (value) => (value.length === 0 || value.length > longestPassword ? null : value),
  encodeKeys: encodeClearMppeKeys,
  encodeKeyPair: encodeClearMppeKeyPair,
  encodeReply: ({ identifier: token }, reply) => encodePacket11({ ...reply, token }),
};

const replyMessageType = 18;
const errorCauseType = 101;

/** RFC 5176 §3.5. */
export const errorCauses = {
  nasIdentificationMismatch: 403,
  unsupportedExtension: 406,
  resourcesUnavailable: 506,
} as const;

/** To a peer whose version of RADIUS is not taken, before its connection is closed: in either version's eyes an answer to nothing (§3.3.1). */
export function versionRefused(text: string): Buffer {
  return encodePacket11({
    code: codes.ProtocolError,
    token: 0,
    attributes: [
      { type: replyMessageType, value: Buffer.from(text) },
      { type: errorCauseType, value: encodeValue('integer', errorCauses.unsupportedExtension) },
    ],
  });
}

/** What a request in RADIUS/1.1 gets that can't be processed: never nothing (RFC 9765 §6.6, RFC 7930 §4). */
export function protocolError(token: number, cause: number): Buffer {
  return encodePacket11({
    code: codes.ProtocolError,
    token,
    attributes: [{ type: errorCauseType, value: encodeValue('integer', cause) }],
  });
}
