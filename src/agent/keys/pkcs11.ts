// A key in a token behind PKCS #11 (smart card, USB token, HSM, SoftHSM): made there, used there, never read out.
import { createHash } from 'node:crypto';
import { AgentError } from '../agent-error.ts';
import { attributes, type Cryptoki, type CryptokiSession, constants, openCryptoki } from './cryptoki.ts';
import type { DeviceKey, KeyStore, PublicJwk } from './key-store.ts';

/** secp256r1, as DER. */
const p256 = Buffer.from('06082a8648ce3d030107', 'hex');
const uncompressed = 0x04;

export interface Pkcs11Options {
  /** Path of the module's shared library. */
  readonly module: string;
  /** Label of the token; null: the only one. */
  readonly token: string | null;
  /** Asked for when the token is opened: from a file, the environment or a prompt. */
  readonly pin: () => Promise<string>;
}

/** CKA_EC_POINT: an OCTET STRING around the point, which some modules leave out. */
function jwkOf(point: Buffer): PublicJwk {
  const bare = point.length === 67 && point[0] === 0x04 && point[1] === 65 ? point.subarray(2) : point;
  if (bare.length !== 65 || bare[0] !== uncompressed) {
    throw new AgentError('The key in the token is no P-256 key.', 'Remove it, and enrol again.');
  }
  const x = bare.subarray(1, 33).toString('base64url');
  return { kty: 'EC', crv: 'P-256', x, y: bare.subarray(33).toString('base64url') };
}

function chooseToken(cryptoki: Cryptoki, { token, module }: Pkcs11Options): number {
  const tokens = cryptoki.tokens();
  const meant = token === null ? tokens : tokens.filter(({ label }) => label === token);
  const [only] = meant;
  if (only !== undefined && meant.length === 1) return only.slot;
  const labels = tokens.map(({ label }) => label || '(without a label)').join(', ');
  throw new AgentError(
    meant.length === 0
      ? `${module} has no token ${token ?? ''}.`.replace(' .', '.')
      : `${module} has several tokens.`,
    tokens.length === 0 ? 'Plug the token in.' : `Name one with --token: ${labels}.`,
  );
}

/** Keys by their labels in one token. The PIN is asked for once and forgotten with the session. */
export function createPkcs11KeyStore(options: Pkcs11Options): KeyStore {
  async function withSession<T>(use: (session: CryptokiSession, close: () => void) => T): Promise<T> {
    const cryptoki = openCryptoki(options.module);
    let session: CryptokiSession | null = null;
    const close = () => {
      session?.close();
      cryptoki.close();
    };
    try {
      session = cryptoki.login(chooseToken(cryptoki, options), await options.pin());
      return use(session, close);
    } catch (error) {
      close();
      throw error;
    }
  }

  function openKey(session: CryptokiSession, name: string, close: () => void): DeviceKey | null {
    const label = Buffer.from(labelOf(name));
    const find = (kind: number) =>
      session.find([
        [attributes.class, kind],
        [attributes.keyType, constants.keyTypeEc],
        [attributes.label, label],
      ]);
    const [privateKey] = find(constants.privateKey);
    const [publicKey] = find(constants.publicKey);
    if (privateKey === undefined || publicKey === undefined) {
      close();
      return null;
    }
    return {
      storage: 'pkcs11',
      publicJwk: jwkOf(session.read(publicKey, attributes.ecPoint)),
      sign: async (octets) => session.signDigest(privateKey, createHash('sha256').update(octets).digest()),
      close: async () => close(),
    };
  }

  return {
    storage: 'pkcs11',
    create: (name) =>
      withSession((session, close) => {
        const label = Buffer.from(labelOf(name));
        const shared = [
          [attributes.token, true],
          [attributes.label, label],
          [attributes.id, createHash('sha256').update(label).digest().subarray(0, 8)],
        ] as const;
        session.generateEcKeyPair(
          [...shared, [attributes.verify, true], [attributes.ecParams, p256]],
          [
            ...shared,
            [attributes.private, true],
            [attributes.sensitive, true],
            [attributes.extractable, false],
            [attributes.sign, true],
          ],
        );
        const key = openKey(session, name, close);
        if (key !== null) return key;
        throw new AgentError('The token made a key and does not show it.', "See the module's documentation.");
      }),
    open: (name) => withSession((session, close) => openKey(session, name, close)),
    remove: (name) =>
      withSession((session, close) => {
        for (const object of session.find([[attributes.label, Buffer.from(labelOf(name))]]))
          session.destroy(object);
        close();
      }),
  };
}

function labelOf(name: string): string {
  return `gatewarden ${name}`;
}
