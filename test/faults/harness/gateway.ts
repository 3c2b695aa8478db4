// A played gateway: as many sockets as it needs, every request signed, every reply verified (RFC 2865, 3579, 5997).
import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import type { EncodedAttribute } from '../../../src/wire/radius/attribute.ts';
import { verifyResponse } from '../../../src/wire/radius/authenticator.ts';
import {
  checkMessageAuthenticator,
  messageAuthenticatorType,
} from '../../../src/wire/radius/message-authenticator.ts';
import { codes, first, type Packet, parsePacket } from '../../../src/wire/radius/packet.ts';
import { encodeRequest } from '../../../src/wire/radius/reply.ts';
import { createSecret } from '../../../src/wire/radius/secret.ts';
import { hideUserPassword } from '../../../src/wire/radius/user-password.ts';

export interface Answer {
  readonly kind: 'accept' | 'reject' | 'challenge';
  /** An Accept's session, from Class. */
  readonly reference: string | null;
  readonly lookupCode: string | null;
  readonly state: Buffer | null;
  readonly ms: number;
}

export type Reply = Answer | { readonly kind: 'silence' };

export interface Login {
  readonly userName: string;
  /** What stands in User-Password. */
  readonly typed: string;
  readonly station: string;
  readonly nasIdentifier?: string;
  readonly state?: Buffer;
}

export interface Gateway {
  /** One Access-Request and its verified reply. */
  login(port: number, login: Login, timeoutMs?: number): Promise<Reply>;
  /** Status-Server: whether an Access-Accept came back in time. */
  status(port: number, timeoutMs: number): Promise<boolean>;
  /** The octets of a signed login, for whoever sends them in another way. */
  encode(login: Login, identifier: number): { readonly datagram: Buffer; readonly authenticator: Buffer };
  /** Datagrams that were no genuine reply to anything asked. There must be none. */
  readonly strays: number;
  close(): void;
}

const defaultTimeoutMs = 5_000;
/** On a busy machine a reply may be so late that its identifier has been used again, more than once. */
const keptPast = 8;
const types = { userName: 1, userPassword: 2, replyMessage: 18, state: 24, class: 25, station: 31, nas: 32 };

interface Waiting {
  readonly authenticator: Buffer;
  readonly done: (packet: Packet) => void;
}

interface Line {
  readonly socket: Socket;
  /** By port and identifier. */
  readonly waiting: Map<number, Waiting>;
  readonly free: Map<number, number[]>;
  /** The request authenticators last used under a key, newest first. */
  readonly past: Map<number, readonly Buffer[]>;
}

export function createGateway(secretText: string): Gateway {
  const secret = createSecret(Buffer.from(secretText));
  const lines: Line[] = [];
  let strays = 0;
  let isClosed = false;

  function openLine(): Line {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    const line: Line = { socket, waiting: new Map(), free: new Map(), past: new Map() };
    socket.on('error', () => {});
    socket.on('message', (datagram, { port }) => receive(line, datagram, port));
    socket.bind(0, '127.0.0.1');
    lines.push(line);
    return line;
  }

  function receive(line: Line, datagram: Buffer, port: number): void {
    const key = port * 256 + (datagram[1] ?? 0);
    const waiting = line.waiting.get(key);
    if (waiting === undefined || !verifyResponse(datagram, waiting.authenticator, secret)) {
      // A reply to what was given up is late, not false.
      const past = line.past.get(key) ?? [];
      if (!past.some((authenticator) => verifyResponse(datagram, authenticator, secret))) strays += 1;
      return;
    }
    const packet = parsePacket(datagram);
    const isSigned = checkMessageAuthenticator(packet, secret, waiting.authenticator) === 'valid';
    if (!isSigned || packet.attributes[0]?.type !== messageAuthenticatorType) {
      strays += 1;
      return;
    }
    line.waiting.delete(key);
    waiting.done(packet);
  }

  /** A socket with an identifier that nothing is waited for under. */
  function takeLine(port: number): { line: Line; identifier: number } {
    for (let index = 0; ; index += 1) {
      const line = lines[index] ?? openLine();
      let free = line.free.get(port);
      if (free === undefined) {
        free = Array.from({ length: 256 }, (_, identifier) => identifier);
        line.free.set(port, free);
      }
      const identifier = free.shift();
      if (identifier !== undefined) return { line, identifier };
    }
  }

  async function exchange(
    port: number,
    make: (identifier: number) => { datagram: Buffer; authenticator: Buffer },
    timeoutMs: number,
  ): Promise<Packet | null> {
    const { line, identifier } = takeLine(port);
    const { datagram, authenticator } = make(identifier);
    const key = port * 256 + identifier;
    const { promise, resolve } = Promise.withResolvers<Packet | null>();
    const timer = setTimeout(() => resolve(null), timeoutMs);
    line.waiting.set(key, { authenticator, done: resolve });
    if (!isClosed) line.socket.send(datagram, port, '127.0.0.1');
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      line.waiting.delete(key);
      line.past.set(key, [authenticator, ...(line.past.get(key) ?? [])].slice(0, keptPast));
      line.free.get(port)?.push(identifier);
    }
  }

  function encode(login: Login, identifier: number) {
    const authenticator = randomBytes(16);
    const attribute = (type: number, text: string): EncodedAttribute => ({ type, value: Buffer.from(text) });
    const attributes: EncodedAttribute[] = [
      attribute(types.userName, login.userName),
      {
        type: types.userPassword,
        value: hideUserPassword(Buffer.from(login.typed), authenticator, secret),
      },
      attribute(types.station, login.station),
      ...(login.nasIdentifier === undefined ? [] : [attribute(types.nas, login.nasIdentifier)]),
      ...(login.state === undefined ? [] : [{ type: types.state, value: login.state }]),
    ];
    const datagram = encodeRequest({
      code: codes.AccessRequest,
      identifier,
      authenticator,
      attributes,
      secret,
      messageAuthenticator: true,
    });
    return { datagram, authenticator };
  }

  return {
    encode,
    async login(port, login, timeoutMs = defaultTimeoutMs) {
      const startedAt = performance.now();
      const packet = await exchange(port, (identifier) => encode(login, identifier), timeoutMs);
      return packet === null ? { kind: 'silence' } : read(packet, performance.now() - startedAt);
    },
    async status(port, timeoutMs) {
      const make = (identifier: number) => {
        const authenticator = randomBytes(16);
        const datagram = encodeRequest({
          code: codes.StatusServer,
          identifier,
          authenticator,
          attributes: [],
          secret,
          messageAuthenticator: true,
        });
        return { datagram, authenticator };
      };
      return (await exchange(port, make, timeoutMs))?.code === codes.AccessAccept;
    },
    get strays() {
      return strays;
    },
    close() {
      isClosed = true;
      for (const { socket } of lines) socket.close();
    },
  };
}

function read(packet: Packet, ms: number): Answer {
  const text = (type: number) => first(packet, type)?.value.toString('utf8') ?? null;
  const kind =
    packet.code === codes.AccessAccept
      ? 'accept'
      : packet.code === codes.AccessChallenge
        ? 'challenge'
        : 'reject';
  const lookupCode = /: (\w{4})-(\w{4})$/.exec(text(types.replyMessage) ?? '');
  return {
    kind,
    reference: text(types.class),
    lookupCode: lookupCode === null ? null : `${lookupCode[1]}${lookupCode[2]}`,
    state: first(packet, types.state)?.value ?? null,
    ms,
  };
}
