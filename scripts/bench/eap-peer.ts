// EAP-TTLS with PAP over TLS 1.2 as a client in this process: what warms a server up, at a fraction of eapol_test's cost.
import { randomFillSync } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';
import { encodeAvp } from '../../src/wire/eap/avp.ts';
import { type EapPacket, eapCodes, eapTypes, parseEap } from '../../src/wire/eap/packet.ts';
import { type EncodedAttribute, joinConcat, splitConcat } from '../../src/wire/radius/attribute.ts';
import { codes, first, type Packet, parsePacket } from '../../src/wire/radius/packet.ts';
import { encodeRequest } from '../../src/wire/radius/reply.ts';
import type { Secret } from '../../src/wire/radius/secret.ts';

export interface EapLogin {
  readonly userName: string;
  readonly password: string;
  readonly station: string;
  readonly nasIdentifier: string;
}

const types = {
  userName: 1,
  serviceType: 6,
  framedMtu: 12,
  state: 24,
  callingStationId: 31,
  nasIdentifier: 32,
  nasPortType: 61,
  connectInfo: 77,
  eapMessage: 79,
} as const;
const flags = { length: 0x80, more: 0x40 } as const;
const giveUpMs = 5_000;
const context = createSecureContext({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });

const number = (value: number): Buffer => {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
};

/** What eapol_test sends beside its EAP packets. */
const fixed: readonly EncodedAttribute[] = [
  { type: types.framedMtu, value: number(1400) },
  { type: types.nasPortType, value: number(19) },
  { type: types.serviceType, value: number(2) },
  { type: types.connectInfo, value: Buffer.from('CONNECT 11Mbps 802.11b') },
];

class Wire extends Duplex {
  #written: Buffer[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#written.push(chunk);
    done();
  }

  /** What TLS has said once it is quiet. */
  async drain(): Promise<Buffer> {
    for (let quiet = 0; quiet < 2; quiet += 1) await new Promise((resolve) => setImmediate(resolve));
    return Buffer.concat(this.#written.splice(0));
  }
}

function response(identifier: number, type: number, data: Buffer): Buffer {
  const octets = Buffer.alloc(5 + data.length);
  octets.set([eapCodes.response, identifier, octets.length >> 8, octets.length & 0xff, type]);
  data.copy(octets, 5);
  return octets;
}

/** One socket, one login at a time. */
export function createEapPeer(
  port: number,
  secret: Secret,
): {
  logIn(login: EapLogin): Promise<boolean>;
  close(): void;
} {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  const connected = new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  let next = 0;
  let waiting: { readonly identifier: number; readonly resolve: (packet: Packet | null) => void } | null =
    null;
  socket.on('message', (datagram) => {
    const packet = parsePacket(datagram);
    if (waiting?.identifier === packet.identifier) waiting.resolve(packet);
  });
  // A server that is gone shows by its silence.
  socket.on('error', () => {});

  async function ask(attributes: readonly EncodedAttribute[]): Promise<Packet | null> {
    next = (next + 1) & 0xff;
    const identifier = next;
    const authenticator = randomFillSync(Buffer.allocUnsafe(16));
    const code = codes.AccessRequest;
    const request = { code, identifier, authenticator, attributes, secret, messageAuthenticator: true };
    const answered = new Promise<Packet | null>((resolve) => {
      waiting = { identifier, resolve };
    });
    socket.send(encodeRequest(request));
    const timer = setTimeout(() => waiting?.resolve(null), giveUpMs);
    try {
      return await answered;
    } finally {
      clearTimeout(timer);
      waiting = null;
    }
  }

  async function logIn({ userName, password, station, nasIdentifier }: EapLogin): Promise<boolean> {
    await connected;
    const own = [
      { type: types.userName, value: Buffer.from('anonymous') },
      { type: types.nasIdentifier, value: Buffer.from(nasIdentifier) },
      { type: types.callingStationId, value: Buffer.from(station) },
      ...fixed,
    ];
    let state: Buffer | null = null;
    let reply: Packet | null = null;
    const say = async (message: Buffer): Promise<EapPacket | null> => {
      const stated = state === null ? [] : [{ type: types.state, value: state }];
      reply = await ask([...own, ...splitConcat(types.eapMessage, message), ...stated]);
      state = reply === null ? null : (first(reply, types.state)?.value ?? null);
      const octets = reply === null ? null : joinConcat(reply, types.eapMessage);
      return octets === null ? null : parseEap(octets);
    };
    const wire = new Wire();
    const tls = new TLSSocket(wire, { isServer: false, rejectUnauthorized: false, secureContext: context });
    tls.on('error', () => {});
    tls.resume();
    let hasSpoken = false;
    tls.on('secure', () => {
      const avps = [encodeAvp(1, Buffer.from(userName)), encodeAvp(2, Buffer.from(password))];
      tls.write(Buffer.concat(avps));
      hasSpoken = true;
    });
    tls.write('');
    try {
      let request = await say(response(0, eapTypes.identity, Buffer.from('anonymous')));
      while (request?.code === eapCodes.request && request.type === eapTypes.ttls) {
        const mark = request.data[0] ?? 0;
        wire.push(request.data.subarray((mark & flags.length) === 0 ? 1 : 5));
        const records = (mark & flags.more) === 0 ? await wire.drain() : Buffer.alloc(0);
        const data: Buffer = Buffer.concat([Buffer.from([0]), records]);
        request = await say(response(request.identifier, eapTypes.ttls, data));
      }
      return hasSpoken && (reply as Packet | null)?.code === codes.AccessAccept;
    } finally {
      tls.destroy();
    }
  }

  return { logIn, close: () => socket.close() };
}
