// A peer of the EAP tests with hands of its own: it can do everything right, or one thing wrong.

import { createHash, KeyObject } from 'node:crypto';
import { Duplex } from 'node:stream';
import { createSecureContext, TLSSocket } from 'node:tls';
import 'reflect-metadata';
import { Extension, X509CertificateGenerator } from '@peculiar/x509';
import { type EapPacket, parseEap } from '../../../src/wire/eap/packet.ts';
import type { TlsEngine } from '../../../src/wire/eap/tls/engine.ts';
import { createNodeTlsEngine, createTlsIdentity } from '../../../src/wire/eap/tls/node-engine.ts';
import { type EncodedAttribute, joinConcat, splitConcat } from '../../../src/wire/radius/attribute.ts';
import { codes, type Packet, parsePacket } from '../../../src/wire/radius/packet.ts';
import { encodeRequest } from '../../../src/wire/radius/reply.ts';
import { revealMppeKey } from '../../../src/wire/radius/salted.ts';
import type { Secret } from '../../../src/wire/radius/secret.ts';
import { vendorAttributes } from '../../../src/wire/radius/vendor.ts';
import { freshAuthenticator, type PlayedGateway, secret, text, valuesIn } from '../harness.ts';

export interface KeyPair {
  readonly key: Buffer;
  readonly certificate: Buffer;
  readonly spkiSha256: string;
}

const dayMs = 86_400_000;

/** Self-signed, P-256. `octets`: of an extension that makes the certificate as long as a chain of several. */
export async function makeKeyPair(name: string, octets = 0): Promise<KeyPair> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: algorithm,
    extensions: octets === 0 ? [] : [new Extension('1.3.6.1.4.1.32473.1', false, Buffer.alloc(octets))],
    notBefore: new Date(Date.now() - dayMs),
    notAfter: new Date(Date.now() + 2 * dayMs),
  });
  const spki = Buffer.from(await crypto.subtle.exportKey('spki', keys.publicKey));
  return {
    key: Buffer.from(KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' })),
    certificate: Buffer.from(certificate.toString('pem')),
    spkiSha256: createHash('sha256').update(spki).digest('hex'),
  };
}

export const serverPair = await makeKeyPair('server');
export const workstation = await makeKeyPair('workstation');

/** TLS on the server's side, as a node has it. */
export function openTls(now: () => number = Date.now, minVersion: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.2') {
  const { certificate, key } = serverPair;
  const identity = createTlsIdentity({ certificate, key, clientAuthorities: [], minVersion });
  return (requestCertificate: boolean) => createNodeTlsEngine(identity, { requestCertificate, now });
}

const clientContexts = new Map<string, ReturnType<typeof createSecureContext>>();

function clientContext(version: 'TLSv1.2' | 'TLSv1.3', pair: KeyPair | null) {
  const name = `${version} ${pair?.spkiSha256 ?? ''}`;
  let context = clientContexts.get(name);
  context ??= createSecureContext({
    minVersion: version,
    maxVersion: version,
    ...(pair === null ? {} : { key: pair.key, cert: pair.certificate }),
  });
  clientContexts.set(name, context);
  return context;
}

/** The client's end of a wire that is none. */
class ClientWire extends Duplex {
  #written: Buffer[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#written.push(chunk);
    done();
  }

  async drain(): Promise<Buffer> {
    for (let quiet = 0; quiet < 3; quiet += 1) await new Promise((resolve) => setImmediate(resolve));
    const all = Buffer.concat(this.#written);
    this.#written = [];
    return all;
  }
}

/** A ClientHello, good for as many conversations as one likes: what follows it depends on the server alone. */
export async function makeHello(): Promise<Buffer> {
  const wire = new ClientWire();
  const secureContext = createSecureContext({ maxVersion: 'TLSv1.2' });
  const socket = new TLSSocket(wire, { isServer: false, secureContext, rejectUnauthorized: false });
  socket.on('error', () => {});
  socket.write('');
  const hello = await wire.drain();
  socket.destroy();
  return hello;
}

/** A client of TLS on one engine, with nothing of EAP between them. */
export function connect(engine: TlsEngine, version: 'TLSv1.2' | 'TLSv1.3', session?: Buffer) {
  const wire = new ClientWire();
  const socket = new TLSSocket(wire, {
    isServer: false,
    rejectUnauthorized: false,
    secureContext: createSecureContext({ minVersion: version, maxVersion: version }),
    ...(session === undefined ? {} : { session }),
  });
  socket.on('error', () => {});
  socket.resume();
  socket.write('');
  const exchange = async () => {
    for (let flights = 0; flights < 4; flights += 1) {
      const records = await wire.drain();
      if (records.length === 0) return;
      const turn = await engine.receive(records);
      if (turn.fault !== null) throw new Error(`TLS failed: ${turn.fault}`);
      wire.push(turn.records);
    }
  };
  return { socket, exchange };
}

export interface Reply {
  readonly packet: Packet;
  readonly accepted: boolean;
  readonly rejected: boolean;
  readonly eap: EapPacket;
  readonly octets: Buffer;
}

const eapMessage = 79;
const microsoft = 311;
let nextIdentifier = 0;

export function response(identifier: number, type: number, data: Buffer): Buffer {
  const octets = Buffer.alloc(5 + data.length);
  octets.writeUInt8(2, 0);
  octets.writeUInt8(identifier, 1);
  octets.writeUInt16BE(octets.length, 2);
  octets.writeUInt8(type, 4);
  data.copy(octets, 5);
  return octets;
}

interface Sender {
  readonly secret: Secret;
  /** User-Name. */
  readonly outer: string;
}

/** An Access-Request with EAP, signed. */
function eapRequest(
  message: Buffer,
  more: readonly EncodedAttribute[],
  nasIdentifier: string,
  { secret, outer }: Sender,
): Buffer {
  nextIdentifier = (nextIdentifier + 1) & 0xff;
  return encodeRequest({
    code: codes.AccessRequest,
    identifier: nextIdentifier,
    authenticator: freshAuthenticator(),
    secret,
    messageAuthenticator: true,
    attributes: [text(1, outer), text(32, nasIdentifier), ...splitConcat(eapMessage, message), ...more],
  });
}

/** One conversation. */
export class Peer {
  readonly #gateway: PlayedGateway;
  readonly #more: readonly EncodedAttribute[];
  state: Buffer | null = null;
  identifier = 1;
  rounds = 0;
  /** The longest EAP packet that came. */
  longest = 0;
  socket: TLSSocket | null = null;
  #wire: ClientWire | null = null;
  #said: Buffer[] = [];
  #type = 0;
  #authenticator: Buffer = Buffer.alloc(16);

  readonly #nasIdentifier: string;

  readonly #sender: Sender;

  constructor(
    gateway: PlayedGateway,
    more: readonly EncodedAttribute[] = [],
    nasIdentifier = 'vpn1',
    sender: Partial<Sender> = {},
  ) {
    this.#sender = { secret, outer: 'anonymous', ...sender };
    this.#nasIdentifier = nasIdentifier;
    this.#gateway = gateway;
    this.#more = more;
  }

  /** Sends any octets as EAP-Message, with the State of the last challenge. */
  async send(message: Buffer): Promise<Reply> {
    const state = this.state === null ? [] : [{ type: 24, value: this.state }];
    const datagram = eapRequest(message, [...state, ...this.#more], this.#nasIdentifier, this.#sender);
    this.#authenticator = parsePacket(datagram).authenticator;
    const packet = await this.#gateway.ask(datagram);
    this.rounds += 1;
    this.state = valuesIn(packet, 24)[0] ?? null;
    const octets = joinConcat(packet, eapMessage) ?? Buffer.alloc(0);
    const eap = parseEap(octets);
    if (eap === null) throw new Error('no EAP packet came back');
    this.longest = Math.max(this.longest, octets.length);
    if (eap.code === 1) this.identifier = eap.identifier;
    const accepted = packet.code === codes.AccessAccept;
    const rejected = packet.code === codes.AccessReject;
    return { packet, accepted, rejected, eap, octets };
  }

  respond(type: number, data: Buffer): Promise<Reply> {
    return this.send(response(this.identifier, type, data));
  }

  identify(name: string): Promise<Reply> {
    return this.respond(1, Buffer.from(name));
  }

  /** Sends records as one TLS message, whole or in fragments, and collects the answer, whole too. */
  async tell(records: Buffer, fragment = 4_000): Promise<Reply> {
    let reply: Reply | null = null;
    for (let at = 0; at === 0 || at < records.length; at += fragment) {
      const more = at + fragment < records.length;
      const first = at === 0 && more;
      const header = Buffer.alloc(first ? 5 : 1);
      header.writeUInt8((first ? 0x80 : 0) | (more ? 0x40 : 0), 0);
      if (first) header.writeUInt32BE(records.length, 1);
      reply = await this.respond(this.#type, Buffer.concat([header, records.subarray(at, at + fragment)]));
    }
    if (reply === null) throw new Error('nothing was sent');
    return await this.collect(reply);
  }

  /** Acknowledges fragments until the message is whole; feeds it to TLS. */
  async collect(reply: Reply): Promise<Reply> {
    let last = reply;
    for (;;) {
      if (last.eap.code !== 1 || last.eap.type !== this.#type) return last;
      const flags = last.eap.data[0] ?? 0;
      const payload = last.eap.data.subarray((flags & 0x80) === 0 ? 1 : 5);
      if (payload.length > 0) this.#wire?.push(payload);
      if ((flags & 0x40) === 0) return last;
      last = await this.respond(this.#type, Buffer.from([0]));
    }
  }

  /** From the method's start to the end of the handshake; returns the reply that followed our last flight. */
  async handshake(
    type: number,
    options: {
      readonly version?: 'TLSv1.2' | 'TLSv1.3';
      readonly pair?: KeyPair | null;
      readonly fragment?: number;
    } = {},
  ): Promise<Reply> {
    const { version = 'TLSv1.2', pair = null, fragment } = options;
    this.#type = type;
    this.#wire = new ClientWire();
    const socket = new TLSSocket(this.#wire, {
      isServer: false,
      secureContext: clientContext(version, pair),
      rejectUnauthorized: false,
    });
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.#said.push(chunk));
    let isSecure = false;
    socket.on('secure', () => {
      isSecure = true;
    });
    this.socket = socket;
    // Begins the handshake: a client over a Duplex does so with its first write.
    socket.write('');
    let reply: Reply | null = null;
    for (let flights = 0; flights < 8; flights += 1) {
      const records = await this.#wire.drain();
      if (records.length === 0 && isSecure && reply !== null) return reply;
      if (records.length === 0 && reply !== null) return reply;
      reply = await this.tell(records, fragment);
      if (reply.rejected) return reply;
    }
    throw new Error('the handshake does not end');
  }

  /** Says something inside the tunnel. */
  async say(plain: Buffer): Promise<Reply> {
    if (this.socket === null || this.#wire === null) throw new Error('no tunnel');
    this.socket.write(plain);
    return await this.tell(await this.#wire.drain());
  }

  /** Closes the tunnel in good order (close_notify). */
  async hangUp(): Promise<Reply> {
    if (this.socket === null || this.#wire === null) throw new Error('no tunnel');
    this.socket.end();
    return await this.tell(await this.#wire.drain());
  }

  /** What the server has said inside since the last look. */
  async heard(): Promise<Buffer> {
    await this.#wire?.drain();
    const all = Buffer.concat(this.#said);
    this.#said = [];
    return all;
  }

  /** MS-MPPE-Recv-Key and Send-Key of an Accept, one after the other: the MSK. */
  keysIn(reply: Reply): Buffer {
    const keys = [17, 16].map((vendorType) => {
      const found = vendorAttributes(reply.packet, microsoft).find((one) => one.vendorType === vendorType);
      return found === undefined
        ? null
        : revealMppeKey(found.value, this.#authenticator, this.#sender.secret);
    });
    return Buffer.concat(keys.filter((key) => key !== null));
  }

  close(): void {
    this.socket?.destroy();
  }
}

/** AVPs of EAP-TTLS. */
export function avp(
  code: number,
  value: Buffer | string,
  options: { vendorId?: number; mandatory?: boolean } = {},
): Buffer {
  const octets = Buffer.from(value);
  const headerLength = options.vendorId === undefined ? 8 : 12;
  const whole = Buffer.alloc(Math.ceil((headerLength + octets.length) / 4) * 4);
  whole.writeUInt32BE(code, 0);
  whole.writeUInt8((options.vendorId === undefined ? 0 : 0x80) | (options.mandatory === false ? 0 : 0x40), 4);
  whole.writeUIntBE(headerLength + octets.length, 5, 3);
  if (options.vendorId !== undefined) whole.writeUInt32BE(options.vendorId, 8);
  octets.copy(whole, headerLength);
  return whole;
}

export function pap(userName: string, password: string): Buffer {
  const octets = Buffer.from(password);
  const padded = Buffer.alloc(Math.max(16, Math.ceil(octets.length / 16) * 16));
  octets.copy(padded);
  return Buffer.concat([avp(1, userName), avp(2, padded)]);
}
