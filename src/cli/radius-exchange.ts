// A gateway's side of RADIUS over UDP: one request, its retransmissions, and the verified reply (RFC 2865, 3579, 5997).
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Endpoint } from '../config/endpoint.ts';
import type { EncodedAttribute } from '../wire/radius/attribute.ts';
import { verifyResponse } from '../wire/radius/authenticator.ts';
import { checkMessageAuthenticator, messageAuthenticatorType } from '../wire/radius/message-authenticator.ts';
import { codes, MalformedPacketError, type Packet, parsePacket } from '../wire/radius/packet.ts';
import { encodeRequest } from '../wire/radius/reply.ts';
import type { Secret } from '../wire/radius/secret.ts';
import { hideUserPassword } from '../wire/radius/user-password.ts';

export interface ExchangeOptions {
  readonly server: Endpoint;
  readonly secret: Secret;
  readonly clock: Clock;
  readonly random: Random;
  /** For each sending. */
  readonly timeoutMs: number;
  /** Sendings after the first; each has the same octets. */
  readonly retries: number;
  /** Sends Message-Authenticator (first). */
  readonly messageAuthenticator: boolean;
  readonly signal?: AbortSignal;
}

export interface Reply {
  readonly packet: Packet;
  readonly elapsedMs: number;
  readonly sendings: number;
  readonly messageAuthenticator: 'valid' | 'absent' | 'invalid';
  /** Whether Message-Authenticator is the first attribute (CVE-2024-3596). */
  readonly isMessageAuthenticatorFirst: boolean;
  /** Datagrams that were no reply to this request (malformed, other identifier, wrong signature). */
  readonly ignored: number;
}

/** No reply to any sending. `ignored` datagrams came, but none that the secret signs for this request. */
export interface Silence {
  readonly packet: null;
  readonly sendings: number;
  readonly ignored: number;
}

export interface AccessRequest {
  readonly userName: string;
  readonly password: string;
  /** In the order given, State included. */
  readonly attributes: readonly EncodedAttribute[];
}

const userNameType = 1;
const userPasswordType = 2;

/** Sends an Access-Request with a hidden User-Password. */
export function sendAccessRequest(
  options: ExchangeOptions,
  request: AccessRequest,
): Promise<Reply | Silence> {
  const authenticator = options.random.bytes(16);
  const password = Buffer.from(request.password, 'utf8');
  const attributes: EncodedAttribute[] = [
    { type: userNameType, value: Buffer.from(request.userName, 'utf8') },
    { type: userPasswordType, value: hideUserPassword(password, authenticator, options.secret) },
    ...request.attributes,
  ];
  return exchange(options, codes.AccessRequest, attributes, authenticator);
}

/** Sends a Status-Server (RFC 5997), which always carries Message-Authenticator. */
export function sendStatusServer(options: ExchangeOptions): Promise<Reply | Silence> {
  const authenticator = options.random.bytes(16);
  return exchange({ ...options, messageAuthenticator: true }, codes.StatusServer, [], authenticator);
}

async function exchange(
  options: ExchangeOptions,
  code: number,
  attributes: readonly EncodedAttribute[],
  authenticator: Buffer,
): Promise<Reply | Silence> {
  const { server, secret, clock, random, messageAuthenticator } = options;
  const identifier = random.bytes(1)[0] ?? 0;
  const bytes = encodeRequest({ code, identifier, attributes, secret, messageAuthenticator, authenticator });
  const socket = createSocket(isIPv6(server.host) ? 'udp6' : 'udp4');
  const startedAt = clock.monotonic();
  let sendings = 0;
  let ignored = 0;
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Reply | Silence>((resolve, reject) => {
      const send = () => {
        if (sendings > options.retries) {
          resolve({ packet: null, sendings, ignored });
          return;
        }
        sendings += 1;
        socket.send(bytes, (error) => {
          if (error) reject(error);
        });
        timer = setTimeout(send, options.timeoutMs);
      };
      options.signal?.addEventListener('abort', () => resolve({ packet: null, sendings, ignored }));
      // A refused port (ICMP) is silence: the server may be starting.
      socket.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ECONNREFUSED') reject(error);
      });
      socket.on('message', (datagram) => {
        const packet = readReply(datagram, identifier, authenticator, secret);
        if (packet === null) {
          ignored += 1;
          return;
        }
        resolve({
          packet,
          elapsedMs: Math.round(clock.monotonic() - startedAt),
          sendings,
          messageAuthenticator: checkMessageAuthenticator(packet, secret, authenticator),
          isMessageAuthenticatorFirst: packet.attributes[0]?.type === messageAuthenticatorType,
          ignored,
        });
      });
      socket.connect(server.port, server.host, send);
    });
  } finally {
    clearTimeout(timer);
    socket.close();
  }
}

/** Null unless the datagram is a reply to this request, signed with the secret. */
function readReply(
  datagram: Buffer,
  identifier: number,
  authenticator: Buffer,
  secret: Secret,
): Packet | null {
  try {
    const packet = parsePacket(Buffer.from(datagram));
    return packet.identifier === identifier && verifyResponse(packet.bytes, authenticator, secret)
      ? packet
      : null;
  } catch (error) {
    if (error instanceof MalformedPacketError) return null;
    throw error;
  }
}
