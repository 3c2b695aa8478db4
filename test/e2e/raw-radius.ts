// Access-Requests made octet by octet (RFC 2865 §3, §5.2; RFC 3579 §3.2) and sent as often as a test likes.
// Shares no code with the product: what both sides get wrong together would go unseen.
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Machine } from './namespace.ts';

interface RawAttribute {
  readonly type: number;
  readonly value: Buffer | string;
}

export interface RawRequest {
  readonly secret: string;
  readonly userName: string;
  readonly password: string;
  readonly identifier?: number;
  /** After User-Name and User-Password. */
  readonly attributes?: readonly RawAttribute[];
  /** Leave Message-Authenticator out. */
  readonly unsigned?: boolean;
}

/** An encoded Access-Request with a random Request Authenticator; Message-Authenticator comes first. */
export function accessRequest(request: RawRequest): Buffer {
  const authenticator = randomBytes(16);
  const signed = request.unsigned !== true;
  const attributes: RawAttribute[] = [
    ...(signed ? [{ type: 80, value: Buffer.alloc(16) }] : []),
    { type: 1, value: request.userName },
    { type: 2, value: hidePassword(request.password, request.secret, authenticator) },
    ...(request.attributes ?? []),
  ];
  const body = Buffer.concat(
    attributes.map(({ type, value }) => {
      const octets = Buffer.from(value);
      return Buffer.concat([Buffer.from([type, octets.length + 2]), octets]);
    }),
  );
  const header = Buffer.from([1, request.identifier ?? randomBytes(1).readUInt8(), 0, 0]);
  header.writeUInt16BE(20 + body.length, 2);
  const packet = Buffer.concat([header, authenticator, body]);
  if (signed) createHmac('md5', request.secret).update(packet).digest().copy(packet, 22);
  return packet;
}

function hidePassword(password: string, secret: string, authenticator: Buffer): Buffer {
  const plain = Buffer.from(password);
  const padded = Buffer.alloc(Math.max(16, Math.ceil(plain.length / 16) * 16));
  plain.copy(padded);
  const out = Buffer.alloc(padded.length);
  let previous = authenticator;
  for (let at = 0; at < padded.length; at += 16) {
    const pad = createHash('md5').update(secret).update(previous).digest();
    for (let i = 0; i < 16; i += 1) out[at + i] = (padded[at + i] ?? 0) ^ (pad[i] ?? 0);
    previous = out.subarray(at, at + 16);
  }
  return out;
}

export const replyCodes = { accept: 2, reject: 3, challenge: 11 } as const;

/** Throws unless the reply answers this request: Response Authenticator, and Message-Authenticator as first attribute. */
export function verifyReply(reply: Buffer, request: Buffer, secret: string): void {
  const requestAuthenticator = request.subarray(4, 20);
  if (reply[1] !== request[1]) throw new Error('the reply has another Identifier');
  const expected = createHash('md5')
    .update(reply.subarray(0, 4))
    .update(requestAuthenticator)
    .update(reply.subarray(20))
    .update(secret)
    .digest();
  if (!expected.equals(reply.subarray(4, 20))) throw new Error('wrong Response Authenticator');
  if (reply[20] !== 80 || reply[21] !== 18)
    throw new Error('Message-Authenticator is not the first attribute');
  const zeroed = Buffer.from(reply);
  requestAuthenticator.copy(zeroed, 4);
  zeroed.fill(0, 22, 38);
  const hmac = createHmac('md5', secret).update(zeroed).digest();
  if (!hmac.equals(reply.subarray(22, 38))) throw new Error('wrong Message-Authenticator');
}

/**
 * Sends datagrams one after another from one socket of `machine`, each after the reply to the one before (or after
 * 2.5 seconds of silence), and yields the replies in that order; null where none came.
 */
export async function exchange(
  machine: Machine,
  to: { address: string; port: number },
  datagrams: readonly Buffer[],
): Promise<(Buffer | null)[]> {
  const sender = fileURLToPath(new URL('udp-sender.ts', import.meta.url));
  const input = `${datagrams.map((datagram) => datagram.toString('hex')).join('\n')}\n`;
  const output = await machine.must(process.execPath, [sender, to.address, String(to.port)], { input });
  return output
    .trimEnd()
    .split('\n')
    .map((line) => (line === '-' ? null : Buffer.from(line, 'hex')));
}
