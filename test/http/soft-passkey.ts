// An authenticator of WebAuthn in software: one discoverable ES256 credential, attestation none.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const sha256 = (data: Buffer | string) => createHash('sha256').update(data).digest();
const b64 = (data: Buffer) => data.toString('base64url');

/** CBOR (RFC 8949) of what an attestation holds: small integers, texts, octets, maps. */
function cbor(value: number | string | Buffer | Map<number | string, unknown>): Buffer {
  const head = (major: number, length: number) =>
    length < 24
      ? Buffer.from([(major << 5) | length])
      : length < 256
        ? Buffer.from([(major << 5) | 24, length])
        : Buffer.from([(major << 5) | 25, length >> 8, length & 255]);
  if (typeof value === 'number') return value >= 0 ? head(0, value) : head(1, -1 - value);
  if (typeof value === 'string')
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  return Buffer.concat([
    head(5, value.size),
    ...[...value].flatMap(([key, inner]) => [cbor(key), cbor(inner as never)]),
  ]);
}

export interface Ceremony {
  readonly options: {
    readonly challenge: string;
    readonly rp?: { readonly id: string };
    readonly rpId?: string;
    readonly user?: { readonly id: string };
  };
  readonly ticket: string;
}

interface Behaviour {
  readonly origin?: string;
  readonly isVerified?: boolean;
  readonly counter?: number;
}

export function createSoftPasskey(origin: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const id = randomBytes(32);
  let counter = 0;
  let userHandle = '';

  function authenticatorData(rpId: string, more: Behaviour, attested: Buffer = Buffer.alloc(0)): Buffer {
    counter = more.counter ?? counter + 1;
    const flags = 0x01 | (more.isVerified === false ? 0 : 0x04) | (attested.length > 0 ? 0x40 : 0);
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), count, attested]);
  }
  const clientData = (type: string, challenge: string, more: Behaviour) =>
    Buffer.from(JSON.stringify({ type, challenge, origin: more.origin ?? origin, crossOrigin: false }));
  const common = { id: b64(id), rawId: b64(id), type: 'public-key', clientExtensionResults: {} };

  return {
    id: b64(id),
    /** Answers a registration. */
    create({ options, ticket }: Ceremony, more: Behaviour = {}) {
      userHandle = options.user?.id ?? '';
      const key = cbor(
        new Map<number, unknown>([
          [1, 2],
          [3, -7],
          [-1, 1],
          [-2, Buffer.from(x, 'base64url')],
          [-3, Buffer.from(y, 'base64url')],
        ]),
      );
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, key]);
      const authData = authenticatorData(options.rp?.id ?? '', more, attested);
      const attestation = new Map<string, unknown>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', authData],
      ]);
      const response = {
        clientDataJSON: b64(clientData('webauthn.create', options.challenge, more)),
        attestationObject: b64(cbor(attestation)),
        transports: ['internal'],
      };
      return { ticket, response: { ...common, response } };
    },
    /** Answers a sign-in or a step-up. */
    get({ options, ticket }: Ceremony, more: Behaviour = {}) {
      const authData = authenticatorData(options.rpId ?? '', more);
      const client = clientData('webauthn.get', options.challenge, more);
      const signature = sign('sha256', Buffer.concat([authData, sha256(client)]), privateKey);
      const response = {
        clientDataJSON: b64(client),
        authenticatorData: b64(authData),
        signature: b64(signature),
        userHandle,
      };
      return { ticket, response: { ...common, response } };
    },
  };
}
