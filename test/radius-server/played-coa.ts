// A played gateway that takes Disconnect-Requests: it verifies them as RFC 5176 asks, and answers as it is told.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type EncodedAttribute, encodeValue } from '../../src/wire/radius/attribute.ts';
import { verifyRequestAuthenticator } from '../../src/wire/radius/authenticator.ts';
import { checkMessageAuthenticator } from '../../src/wire/radius/message-authenticator.ts';
import { codes, type Packet, parsePacket } from '../../src/wire/radius/packet.ts';
import { encodeReply } from '../../src/wire/radius/reply.ts';
import type { Secret } from '../../src/wire/radius/secret.ts';

export type CoaAnswer = 'ack' | 'silence' | 'forged-ack' | { readonly errorCause: number };

export interface PlayedCoa {
  readonly port: number;
  /** Authentic requests in order, retransmissions included. */
  readonly received: { readonly packet: Packet; readonly fromPort: number }[];
  answer: (packet: Packet) => CoaAnswer;
  close(): Promise<void>;
}

export async function playCoa(secret: Secret, forger: Secret): Promise<PlayedCoa> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
  const played: PlayedCoa = {
    get port() {
      return socket.address().port;
    },
    received: [],
    answer: () => 'ack',
    close: () => new Promise((closed) => socket.close(() => closed())),
  };
  socket.on('message', (datagram, peer) => {
    const packet = parsePacket(datagram);
    if (packet.code !== codes.DisconnectRequest || !verifyRequestAuthenticator(packet, secret)) return;
    if (checkMessageAuthenticator(packet, secret) !== 'valid') return;
    played.received.push({ packet, fromPort: peer.port });
    const answer = played.answer(packet);
    if (answer === 'silence') return;
    const isNak = typeof answer === 'object';
    const attributes: EncodedAttribute[] = isNak
      ? [{ type: 101, value: encodeValue('integer', answer.errorCause) }]
      : [];
    const reply = encodeReply({
      code: isNak ? codes.DisconnectNak : codes.DisconnectAck,
      request: packet,
      attributes,
      secret: answer === 'forged-ack' ? forger : secret,
    });
    socket.send(reply, peer.port, peer.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return played;
}
