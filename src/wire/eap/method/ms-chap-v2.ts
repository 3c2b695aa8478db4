// EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2-02 §2): the packets, and what RADIUS carries of them (RFC 2548 §2.3.2). Nothing
// here knows a password: a server that does is asked.

const opCodes = { challenge: 1, response: 2, success: 3 } as const;
const headerLength = 4;
export const challengeOctets = 16;
/** Peer-Challenge, 8 reserved octets, NT-Response, Flags. */
const valueOctets = 49;
const flagsAt = 48;
/** Shown by nobody; some clients want one to be there. */
const name = Buffer.from('gatewarden');

function encode(opCode: number, identifier: number, data: Buffer): Buffer {
  const octets = Buffer.alloc(headerLength + data.length);
  octets.writeUInt8(opCode, 0);
  octets.writeUInt8(identifier, 1);
  octets.writeUInt16BE(octets.length, 2);
  data.copy(octets, headerLength);
  return octets;
}

export function encodeChallenge(identifier: number, challenge: Buffer): Buffer {
  return encode(
    opCodes.challenge,
    identifier,
    Buffer.concat([Buffer.from([challengeOctets]), challenge, name]),
  );
}

/** `proof`: `S=…` and what the server that knows the password says behind it. */
export function encodeProof(identifier: number, proof: Buffer): Buffer {
  return encode(opCodes.success, identifier, proof);
}

/**
 * A Response as MS-CHAP2-Response, 50 octets; null when it is none. Its Name is passed over: the proof is judged under the name
 * that the account goes by.
 */
export function readResponse(data: Buffer, identifier: number): Buffer | null {
  const value = data.subarray(headerLength + 1, headerLength + 1 + valueOctets);
  const isResponse =
    value.length === valueOctets &&
    data[0] === opCodes.response &&
    data[1] === identifier &&
    data.readUInt16BE(2) === data.length &&
    data[headerLength] === valueOctets;
  if (!isResponse) return null;
  const flags = value.subarray(flagsAt);
  return Buffer.concat([Buffer.from([identifier]), flags, value.subarray(0, flagsAt)]);
}

/** Whether the peer has found the server's proof to be right. */
export const agrees = (data: Buffer): boolean => data[0] === opCodes.success;
