// MS-CHAPv2 inside RADIUS, RFC 2548 §2.1 to §2.4 and RFC 2759: what a gateway asks, and what an upstream server answers.
import type { EncodedAttribute } from './attribute.ts';
import { all, type Packet } from './packet.ts';
import { revealMppeKey } from './salted.ts';
import type { Secret } from './secret.ts';
import { encodeVendorAttribute, vendorAttributes } from './vendor.ts';

const microsoft = 311;
const types = {
  olderResponse: 1,
  error: 2,
  encryptionPolicy: 7,
  encryptionTypes: 8,
  challenge: 11,
  sendKey: 16,
  recvKey: 17,
  response: 25,
  success: 26,
} as const;
const challengeOctets = 16;
const responseOctets = 50;
const stateType = 24;
/** Ident, then `S=` and the authenticator response; a message may follow. */
const successForm = /^S=[0-9A-Fa-f]{40}( M=.*)?$/s;

/** One try: the gateway's challenge and the client's MS-CHAP2-Response. They prove a password and carry none. */
export interface MsChapTry {
  readonly challenge: Buffer;
  readonly response: Buffer;
}

/** What a server that knows the password gives back: its own proof towards the client, and the keys of the tunnel. */
export interface MsChapSuccess {
  readonly success: Buffer;
  /** Null: the server sent none. */
  readonly keys: { readonly recv: Buffer; readonly send: Buffer } | null;
  /** MS-MPPE-Encryption-Policy and -Types, 4 octets each, as sent. */
  readonly encryption: { readonly policy: Buffer; readonly types: Buffer } | null;
}

function only(packet: Packet, type: number): Buffer | null {
  const [one, ...more] = vendorAttributes(packet, microsoft, type);
  return one === undefined || more.length > 0 ? null : one.value;
}

/** Exactly one challenge and one response of their lengths, no MS-CHAP-Response and no State beside them; otherwise null. */
export function readMsChapTry(packet: Packet): MsChapTry | null {
  const challenge = only(packet, types.challenge);
  const response = only(packet, types.response);
  if (challenge?.length !== challengeOctets || response?.length !== responseOctets) return null;
  const hasOlder = vendorAttributes(packet, microsoft, types.olderResponse).length > 0;
  return hasOlder || all(packet, stateType).length > 0 ? null : { challenge, response };
}

export function encodeMsChapTry({ challenge, response }: MsChapTry): EncodedAttribute[] {
  return [
    encodeVendorAttribute(microsoft, types.challenge, challenge),
    encodeVendorAttribute(microsoft, types.response, response),
  ];
}

/** Reads the Accept that answers `asked`; null when it proves nothing to the client, or has keys that can't be read. */
export function readMsChapSuccess(
  response: Packet,
  asked: MsChapTry,
  requestAuthenticator: Buffer,
  secret: Secret,
): MsChapSuccess | null {
  const success = only(response, types.success);
  const isSuccess =
    success !== null && success[0] === asked.response[0] && successForm.test(success.toString('latin1', 1));
  if (!isSuccess) return null;
  const hidden = { recv: only(response, types.recvKey), send: only(response, types.sendKey) };
  const policy = only(response, types.encryptionPolicy);
  const kinds = only(response, types.encryptionTypes);
  const encryption =
    policy?.length === 4 && kinds?.length === 4
      ? { policy: Buffer.from(policy), types: Buffer.from(kinds) }
      : null;
  const base = { success: Buffer.from(success), encryption };
  if (hidden.recv === null || hidden.send === null) return { ...base, keys: null };
  const recv = revealMppeKey(hidden.recv, requestAuthenticator, secret);
  const send = revealMppeKey(hidden.send, requestAuthenticator, secret);
  return recv === null || send === null ? null : { ...base, keys: { recv, send } };
}

/** Attributes of the Accept to the gateway; `hideKeys` makes the keys what this gateway reads. */
export function encodeMsChapSuccess(
  { success, keys, encryption }: MsChapSuccess,
  hideKeys: (keys: NonNullable<MsChapSuccess['keys']>) => readonly EncodedAttribute[],
): EncodedAttribute[] {
  return [
    encodeVendorAttribute(microsoft, types.success, success),
    ...(encryption === null
      ? []
      : [
          encodeVendorAttribute(microsoft, types.encryptionPolicy, encryption.policy),
          encodeVendorAttribute(microsoft, types.encryptionTypes, encryption.types),
        ]),
    ...(keys === null ? [] : hideKeys(keys)),
  ];
}

/** The number in MS-CHAP-Error (`E=691 R=0 …`, RFC 2759 §6); null: none was sent. */
export function readMsChapError(response: Packet): number | null {
  const text = only(response, types.error)?.toString('latin1', 1) ?? '';
  const found = /^E=(\d{1,10})\b/.exec(text);
  return found === null ? null : Number(found[1]);
}
