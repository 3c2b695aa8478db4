// The answer to EAP where no EAP method is offered: EAP-Failure, RFC 3748 §4.2, in a Reject (RFC 3579 §2.6.3).

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

/** The method that an EAP-Response speaks, for people: `EAP-TLS`, `EAP-43`; `EAP` when it can't be told. */
export function eapName(message: Buffer): string {
  const type = message.length >= 5 && message[0] === 2 ? message[4] : undefined;
  return type === undefined ? 'EAP' : `EAP-${typeNames[type] ?? type}`;
}

/** EAP-Failure with the Identifier of what it answers; 0 for an EAP-Start, which has none. */
export function eapFailure(message: Buffer): Buffer {
  return Buffer.from([4, message[1] ?? 0, 0, 4]);
}
