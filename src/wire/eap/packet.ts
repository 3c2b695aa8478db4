// EAP packets, RFC 3748 §4, as a RADIUS server meets them in EAP-Message (RFC 3579 §3.1).

export const eapCodes = { request: 1, response: 2, success: 3, failure: 4 } as const;

export const eapTypes = {
  identity: 1,
  notification: 2,
  nak: 3,
  md5: 4,
  gtc: 6,
  tls: 13,
  ttls: 21,
  peap: 25,
  msChapV2: 26,
  extensions: 33,
  expanded: 254,
} as const;

const typeNames: Readonly<Record<number, string>> = {
  1: 'Identity',
  2: 'Notification',
  3: 'Nak',
  4: 'MD5',
  6: 'GTC',
  13: 'TLS',
  21: 'TTLS',
  25: 'PEAP',
  26: 'MSCHAPv2',
  52: 'PWD',
  55: 'TEAP',
};

const headerLength = 4;

export interface EapPacket {
  readonly code: number;
  readonly identifier: number;
  /** Null for Success and Failure, which have none. */
  readonly type: number | null;
  /** What follows the type; a view into the octets. */
  readonly data: Buffer;
}

/**
 * Reads one EAP packet. Octets beyond its Length are the lower layer's padding. Null when it is none: shorter than it
 * says, a Success or Failure that carries something, a Request or Response without a type, an unknown code.
 */
export function parseEap(octets: Buffer): EapPacket | null {
  if (octets.length < headerLength) return null;
  const code = octets.readUInt8(0);
  const identifier = octets.readUInt8(1);
  const length = octets.readUInt16BE(2);
  if (length < headerLength || length > octets.length) return null;
  if (code === eapCodes.success || code === eapCodes.failure) {
    return length === headerLength ? { code, identifier, type: null, data: Buffer.alloc(0) } : null;
  }
  if ((code !== eapCodes.request && code !== eapCodes.response) || length === headerLength) return null;
  const type = octets.readUInt8(headerLength);
  return { code, identifier, type, data: octets.subarray(headerLength + 1, length) };
}

/** @throws RangeError over 65,535 octets */
function encodeEap(code: 1 | 2, identifier: number, type: number, data: Buffer): Buffer {
  const header = Buffer.allocUnsafe(headerLength + 1);
  header.writeUInt8(code, 0);
  header.writeUInt8(identifier, 1);
  header.writeUInt16BE(headerLength + 1 + data.length, 2);
  header.writeUInt8(type, headerLength);
  return Buffer.concat([header, data]);
}

export function encodeRequest(identifier: number, type: number, data: Buffer): Buffer {
  return encodeEap(eapCodes.request, identifier, type, data);
}

/** The end of a conversation; its Identifier is that of the Response it answers (RFC 3748 §4.2). */
export function encodeEnd(code: 'success' | 'failure', identifier: number): Buffer {
  return Buffer.from([eapCodes[code], identifier, 0, headerLength]);
}

/** EAP-Failure with the Identifier of what it answers; 0 for an EAP-Start, which has none. */
export function failureFor(message: Buffer): Buffer {
  return encodeEnd('failure', message[1] ?? 0);
}

/** The name of a type, for people: `EAP-TLS`, `EAP-43`. */
export function eapTypeName(type: number): string {
  return `EAP-${typeNames[type] ?? type}`;
}

/** The method that an EAP-Response speaks; `EAP` when it can't be told. */
export function eapName(message: Buffer): string {
  const type = message.length > headerLength && message[0] === eapCodes.response ? message[4] : undefined;
  return type === undefined ? 'EAP' : eapTypeName(type);
}
