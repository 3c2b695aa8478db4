// An older RADIUS server asked about a password: a client by RFC 2865, retransmitting by RFC 5080 §2.2.1, signed by RFC 3579 §3.2.
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { createRareLog } from '../base/rare-log.ts';
import { systemTimers, type Timers } from '../base/timers.ts';
import type { Server } from '../services/first-factor/guarded.ts';
import {
  type AskedBack,
  mostRelayedOctets,
  type UpstreamQuestion,
  type UpstreamReply,
} from '../services/first-factor/upstream.ts';
import type { EncodedAttribute } from '../wire/radius/attribute.ts';
import { verifyResponse } from '../wire/radius/authenticator.ts';
import { checkMessageAuthenticator } from '../wire/radius/message-authenticator.ts';
import { encodeMsChapTry, readMsChapError, readMsChapSuccess } from '../wire/radius/ms-chap.ts';
import {
  all,
  codes,
  first,
  MalformedPacketError,
  maxValueLength,
  type Packet,
  parsePacket,
} from '../wire/radius/packet.ts';
import { encodeRequest } from '../wire/radius/reply.ts';
import type { Secret } from '../wire/radius/secret.ts';
import { hideUserPassword } from '../wire/radius/user-password.ts';
import { canonicalAddress } from './gateway-of-request.ts';

const types = {
  userName: 1,
  userPassword: 2,
  replyMessage: 18,
  state: 24,
  callingStationId: 31,
  nasIdentifier: 32,
  nasPortType: 61,
  eapMessage: 79,
} as const;
const virtualPort = Buffer.from([0, 0, 0, 5]);
const mostPasswordOctets = 128;
/** As many as `concurrency` allows use identifiers at a time; further ports let those rest that were just used. */
const ports = 4;
const identifiers = 256;
const transmissions = 3;

interface Exchange {
  readonly bytes: Buffer;
  readonly question: UpstreamQuestion;
  readonly settle: (answer: UpstreamReply) => void;
}

interface Port {
  readonly socket: Socket;
  readonly outstanding: Map<number, Exchange>;
  next: number;
}

/** A server behind ports of its own. Answers that are not signed count for nothing (CVE-2024-3596). */
export function createRadiusUpstream(deps: {
  readonly upstream: string;
  readonly host: string;
  readonly port: number;
  readonly secret: Secret;
  readonly nasIdentifier: string;
  /** False: a question back is no answer. */
  readonly relayChallenges: boolean;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly timers?: Timers;
}): Server & { close(): Promise<void> } {
  const { upstream, secret, clock, random } = deps;
  const host = canonicalAddress(deps.host);
  const timers = deps.timers ?? systemTimers;
  const rareLog = createRareLog(deps.log, clock);
  const name = isIPv6(host) ? `[${host}]:${deps.port}` : `${host}:${deps.port}`;
  const open: Port[] = [];
  let turn = 0;
  let isClosed = false;

  function openPort(): Port {
    const six = isIPv6(host);
    const socket = createSocket({
      type: six ? 'udp6' : 'udp4',
      lookup: (address, _options, found) => found(null, address, six ? 6 : 4),
    });
    const port: Port = { socket, outstanding: new Map(), next: random.bytes(1).readUInt8(0) };
    socket.on('message', (datagram, from) => {
      if (from.port === deps.port && canonicalAddress(from.address) === host) receive(port, datagram);
    });
    socket.on('error', (error) => {
      rareLog.warn(
        `socket ${name}`,
        { upstream, server: name, error: error.message },
        'an upstream socket fails',
      );
    });
    return port;
  }

  /** A port and an identifier on it that nobody waits for. */
  function takeSlot(): { port: Port; identifier: number } | null {
    for (let tries = 0; tries < ports; tries += 1) {
      turn = (turn + 1) % ports;
      const port = open[turn] ?? openPort();
      open[turn] = port;
      for (let step = 0; step < identifiers; step += 1) {
        const identifier = port.next;
        port.next = (port.next + 1) % identifiers;
        if (!port.outstanding.has(identifier)) return { port, identifier };
      }
    }
    return null;
  }

  function parse(datagram: Buffer): Packet | null {
    try {
      return parsePacket(datagram);
    } catch (error) {
      if (error instanceof MalformedPacketError) return null;
      throw error;
    }
  }

  function receive(port: Port, datagram: Buffer): void {
    const response = parse(datagram);
    const exchange = response === null ? undefined : port.outstanding.get(response.identifier);
    if (response === null || exchange === undefined) return;
    const requestAuthenticator = exchange.bytes.subarray(4, 20);
    if (!verifyResponse(response.bytes, requestAuthenticator, secret)) {
      const remedy = 'Compare the shared secrets of both sides.';
      rareLog.warn(
        `secret ${name}`,
        { upstream, server: name, remedy },
        'an upstream answer is not authentic',
      );
      return;
    }
    const signature = checkMessageAuthenticator(response, secret, requestAuthenticator);
    if (signature !== 'valid') {
      const remedy = 'Update that server, or make it sign its answers with Message-Authenticator.';
      rareLog.warn(
        `unsigned ${name}`,
        { upstream, server: name, signature, remedy },
        'an upstream answer is not signed',
      );
      return;
    }
    if (response.code === codes.AccessAccept) exchange.settle(readAccept(response, exchange));
    else if (response.code === codes.AccessReject) exchange.settle(readReject(response, exchange));
    else if (response.code === codes.AccessChallenge) exchange.settle(readChallenge(response));
  }

  /** By MS-CHAPv2 an Accept must prove to the client that the server knows the password (RFC 2759 §5). */
  function readAccept(response: Packet, { bytes, question: { msChap } }: Exchange): UpstreamReply {
    if (msChap === undefined) return 'right';
    const proven = readMsChapSuccess(response, msChap, bytes.subarray(4, 20), secret);
    if (proven !== null) return { kind: 'right', ...proven };
    const remedy =
      'Let that server check MS-CHAPv2 itself: its Accept lacks MS-CHAP2-Success, or its keys can not be read.';
    rareLog.warn(
      `ms-chap ${name}`,
      { upstream, server: name, remedy },
      'an upstream accepts without a proof of its own',
    );
    return 'unavailable';
  }

  /** RFC 2759 §6: 648 the password has expired; 646, 647 and 649 the account is not to be used. */
  function readReject(response: Packet, { question: { msChap } }: Exchange): UpstreamReply {
    const error = msChap === undefined ? null : readMsChapError(response);
    if (error === 648) return 'change-required';
    return error === 646 || error === 647 || error === 649 ? 'closed' : 'wrong';
  }

  /** RFC 2865 §4.4: a State to give back, and text for the holder. Of EAP nothing is relayed. */
  function readChallenge(response: Packet): UpstreamReply {
    const states = all(response, types.state);
    const state = states[0]?.value ?? Buffer.alloc(0);
    const isRelayed =
      deps.relayChallenges &&
      states.length === 1 &&
      state.length <= mostRelayedOctets &&
      first(response, types.eapMessage) === undefined;
    if (isRelayed) {
      const text = Buffer.concat(all(response, types.replyMessage).map(({ value }) => value));
      return {
        kind: 'asked-back',
        state: Buffer.from(state),
        message: text.toString('utf8'),
      } satisfies AskedBack;
    }
    const remedy = deps.relayChallenges
      ? `Make that server send one State of at most ${mostRelayedOctets} octets with a question, and no EAP.`
      : 'Let that server check the password alone for requests with this NAS-Identifier, or set relayChallenges.';
    rareLog.warn(
      `challenge ${name}`,
      { upstream, server: name, remedy },
      'an upstream server asks a question back, which says nothing about the password',
    );
    return 'unavailable';
  }

  function attributesOf(question: UpstreamQuestion, authenticator: Buffer): EncodedAttribute[] | null {
    const text = (type: number, value: string) => ({ type, value: Buffer.from(value, 'utf8') });
    const password = Buffer.from(question.password, 'utf8');
    // Trailing NULs are lost in the padding: such a password is another one there.
    if (password.length > mostPasswordOctets || password.at(-1) === 0) return null;
    const { msChap } = question;
    const attributes = [
      text(types.userName, question.userName),
      ...(msChap === undefined
        ? [{ type: types.userPassword, value: hideUserPassword(password, authenticator, secret) }]
        : encodeMsChapTry(msChap)),
      text(types.nasIdentifier, deps.nasIdentifier),
      { type: types.nasPortType, value: virtualPort },
      ...(question.station === '' ? [] : [text(types.callingStationId, question.station)]),
      ...(question.answering === undefined ? [] : [{ type: types.state, value: question.answering.state }]),
    ];
    password.fill(0);
    return attributes.some(({ value }) => value.length > maxValueLength) ? null : attributes;
  }

  return {
    name,
    async ask(question) {
      if (isClosed) return 'unavailable';
      // An empty answer is one: "press Enter once you have confirmed".
      const { answering, msChap } = question;
      const isBlank = question.password === '' && answering === undefined && msChap === undefined;
      if (question.userName === '' || isBlank) return 'wrong';
      const authenticator = random.bytes(16);
      const attributes = attributesOf(question, authenticator);
      if (attributes === null) return 'wrong';
      const slot = takeSlot();
      if (slot === null) return 'unavailable';
      const { port, identifier } = slot;
      const bytes = encodeRequest({
        code: codes.AccessRequest,
        identifier,
        authenticator,
        attributes,
        secret,
        messageAuthenticator: true,
      });
      const end = Math.min(clock.monotonic() + deps.timeoutMs, question.deadline);
      const pauseMs = Math.max(1, (end - clock.monotonic()) / transmissions);
      return await new Promise<UpstreamReply>((resolve) => {
        let cancel: () => void = () => undefined;
        const settle = (answer: UpstreamReply) => {
          cancel();
          port.outstanding.delete(identifier);
          resolve(answer);
        };
        port.outstanding.set(identifier, { bytes, question, settle });
        const transmit = (sent: number) => {
          port.socket.send(bytes, deps.port, host, (error) => {
            if (error !== null) settle('unavailable');
          });
          cancel = timers.after(pauseMs, () => {
            if (sent === transmissions) settle('unavailable');
            else transmit(sent + 1);
          });
        };
        transmit(1);
      });
    },
    async close() {
      isClosed = true;
      for (const { outstanding } of open.filter((port) => port !== undefined)) {
        for (const { settle } of [...outstanding.values()]) settle('unavailable');
      }
      const sockets = open.filter((port) => port !== undefined).map(({ socket }) => socket);
      await Promise.all(sockets.map((socket) => new Promise<void>((done) => socket.close(() => done()))));
    },
  };
}
