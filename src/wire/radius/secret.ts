// The shared secret and the three MD5 constructions keyed by it: RFC 2865 §3 and §5.2, RFC 2104.
import { hash } from 'node:crypto';
import { inspect } from 'node:util';

const blockLength = 64;
const digestLength = 16;

// One-shot hashing wants its input in one piece. Everything here is synchronous, so one scratch serves all.
let scratch = Buffer.allocUnsafeSlow(8192);

function scratchFor(length: number): Buffer {
  if (scratch.length < length) scratch = Buffer.allocUnsafeSlow(length);
  return scratch;
}

const md5 = (input: Buffer): Buffer => hash('md5', input, 'buffer');

/**
 * A shared secret. Its octets can be used but not read: printing, logging and serialising give `[secret]`.
 * HMAC pads are computed once, since keying `createHmac` for every packet costs ten times the hashing.
 */
export class Secret {
  readonly #octets: Buffer;
  readonly #innerPad: Buffer;
  /** The outer pad with room for the inner digest behind it. */
  readonly #outer: Buffer;

  /** Use `createSecret`. */
  constructor(octets: Uint8Array) {
    this.#octets = Buffer.from(octets);
    const key = octets.length > blockLength ? md5(this.#octets) : this.#octets;
    this.#innerPad = Buffer.alloc(blockLength, 0x36);
    this.#outer = Buffer.alloc(blockLength + digestLength, 0x5c);
    for (const [i, octet] of key.entries()) {
      this.#innerPad[i] = octet ^ 0x36;
      this.#outer[i] = octet ^ 0x5c;
    }
  }

  /**
   * HMAC-MD5 over `packet` as it would read with `authenticator` in its header and 16 zeros from `zeroedAt` on, the
   * place of the Message-Authenticator's value. `packet` is not changed.
   */
  hmacOfPacket(packet: Buffer, authenticator: Buffer, zeroedAt: number): Buffer {
    const end = blockLength + packet.length;
    const buffer = scratchFor(end);
    this.#innerPad.copy(buffer, 0);
    packet.copy(buffer, blockLength);
    authenticator.copy(buffer, blockLength + 4, 0, 16);
    buffer.fill(0, blockLength + zeroedAt, blockLength + zeroedAt + 16);
    md5(buffer.subarray(0, end)).copy(this.#outer, blockLength);
    return md5(this.#outer);
  }

  /** MD5(packet ‖ secret), with `authenticator` in the packet's header. `packet` is not changed. */
  digestOfPacket(packet: Buffer, authenticator: Buffer): Buffer {
    const end = packet.length + this.#octets.length;
    const buffer = scratchFor(end);
    packet.copy(buffer, 0);
    authenticator.copy(buffer, 4, 0, 16);
    this.#octets.copy(buffer, packet.length);
    return md5(buffer.subarray(0, end));
  }

  /** MD5(secret ‖ chunk ‖ salt), one block of the key stream that hides passwords and keys. */
  keyStream(chunk: Buffer, salt?: Buffer): Buffer {
    const chunkAt = this.#octets.length;
    const saltAt = chunkAt + chunk.length;
    const end = saltAt + (salt?.length ?? 0);
    const buffer = scratchFor(end);
    this.#octets.copy(buffer, 0);
    chunk.copy(buffer, chunkAt);
    salt?.copy(buffer, saltAt);
    return md5(buffer.subarray(0, end));
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}

/**
 * Makes a secret from its octets, which are copied.
 * @throws RangeError when empty: RFC 2865 §3 forbids it.
 */
export function createSecret(text: Uint8Array): Secret {
  if (text.length === 0) throw new RangeError('a shared secret must not be empty');
  return new Secret(text);
}
