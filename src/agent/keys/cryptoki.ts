// Cryptoki (PKCS #11 v2.40): the few functions of a module that a key for signing takes, called through its function list.
import koffi from 'koffi';
import { AgentError } from '../agent-error.ts';

/** Places in CK_FUNCTION_LIST, behind the version. */
const places = {
  C_Initialize: 0,
  C_Finalize: 1,
  C_GetSlotList: 4,
  C_GetTokenInfo: 6,
  C_OpenSession: 12,
  C_CloseSession: 13,
  C_Login: 18,
  C_DestroyObject: 22,
  C_GetAttributeValue: 24,
  C_FindObjectsInit: 26,
  C_FindObjects: 27,
  C_FindObjectsFinal: 28,
  C_SignInit: 42,
  C_Sign: 43,
  C_GenerateKeyPair: 59,
} as const;
type FunctionName = keyof typeof places;

const isWindows = process.platform === 'win32';
const ulongSize = koffi.sizeof('unsigned long');
const pointerSize = koffi.sizeof('void *');
/** On Windows the structures are packed (PKCS #11 base specification §2.1). */
const afterVersion = isWindows ? 2 : pointerSize;
const attributeSize = ulongSize * 2 + pointerSize;

/** CKR_OK and the answers that mean something to a person. */
const returns = {
  ok: 0x00,
  pinIncorrect: 0xa0,
  pinLocked: 0xa4,
  userAlreadyLoggedIn: 0x100,
  cryptokiAlreadyInitialized: 0x191,
} as const;

/** CKA_… */
export const attributes = {
  class: 0x00,
  token: 0x01,
  private: 0x02,
  label: 0x03,
  keyType: 0x100,
  id: 0x102,
  sensitive: 0x103,
  sign: 0x108,
  verify: 0x10a,
  extractable: 0x162,
  ecParams: 0x180,
  ecPoint: 0x181,
} as const;

/** CKO_…, CKK_…, CKM_… */
export const constants = {
  publicKey: 2,
  privateKey: 3,
  keyTypeEc: 3,
  mechanismEcKeyPairGen: 0x1040,
  mechanismEcdsa: 0x1041,
} as const;

type Handle = number;

/** A module answered with an error. */
class CryptokiError extends AgentError {
  readonly code: number;

  constructor(name: FunctionName, code: number) {
    const [message, remedy] =
      code === returns.pinIncorrect
        ? ['The PIN of the token is wrong.', 'Check it; after a few wrong tries the token locks itself.']
        : code === returns.pinLocked
          ? ['The PIN of the token is locked.', "Unlock it with the token's own program (SO PIN)."]
          : [
              `The token answered ${name} with error 0x${code.toString(16)}.`,
              "See the module's documentation.",
            ];
    super(message, remedy);
    this.code = code;
  }
}

function ulong(value: number): Buffer {
  const octets = Buffer.alloc(ulongSize);
  octets.writeUIntLE(value, 0, Math.min(ulongSize, 6));
  return octets;
}

function readUlong(octets: Buffer, at = 0): number {
  return octets.readUIntLE(at, Math.min(ulongSize, 6));
}

/** One attribute of a template: a number becomes CK_ULONG, a truth CK_BBOOL. */
type Attribute = readonly [type: number, value: number | boolean | Uint8Array];

/** CK_ATTRIBUTE[] in octets; `values` must live as long as it is used. */
function template(given: readonly Attribute[]): {
  readonly octets: Buffer;
  readonly values: readonly Buffer[];
} {
  const values = given.map(([, value]) => {
    if (typeof value === 'number') return ulong(value);
    return typeof value === 'boolean' ? Buffer.from([value ? 1 : 0]) : Buffer.from(value);
  });
  const octets = Buffer.alloc(attributeSize * given.length);
  for (const [index, [type]] of given.entries()) {
    const value = values[index] ?? Buffer.alloc(0);
    writeAttribute(octets, index, type, value.length === 0 ? 0n : koffi.address(value), value.length);
  }
  return { octets, values };
}

function writeAttribute(octets: Buffer, index: number, type: number, pointer: bigint, length: number): void {
  const at = index * attributeSize;
  ulong(type).copy(octets, at);
  if (pointerSize === 8) octets.writeBigUInt64LE(pointer, at + ulongSize);
  else octets.writeUInt32LE(Number(pointer), at + ulongSize);
  ulong(length).copy(octets, at + ulongSize + pointerSize);
}

interface Token {
  readonly slot: number;
  readonly label: string;
}

/** A module that is loaded and initialised. */
export interface Cryptoki {
  tokens(): readonly Token[];
  /** A session in which the user is logged in. */
  login(slot: number, pin: string): CryptokiSession;
  close(): void;
}

export interface CryptokiSession {
  find(wanted: readonly Attribute[]): Handle[];
  read(object: Handle, attribute: number): Buffer;
  generateEcKeyPair(publicTemplate: readonly Attribute[], privateTemplate: readonly Attribute[]): void;
  /** CKM_ECDSA over a digest: r and s. */
  signDigest(key: Handle, digest: Buffer): Buffer;
  destroy(object: Handle): void;
  close(): void;
}

/** How many objects one search may find: more of one label are a mistake in any case. */
const mostObjects = 16;
const rwSerialSession = 0x02 | 0x04;
const normalUser = 1;
const tokenInfoOctets = 512;

/** @throws AgentError when the module can't be loaded */
export function openCryptoki(modulePath: string): Cryptoki {
  let library: ReturnType<typeof koffi.load>;
  let list: bigint;
  try {
    library = koffi.load(modulePath);
    const getFunctionList = library.func('C_GetFunctionList', 'unsigned long', ['void *']);
    const out = Buffer.alloc(pointerSize);
    if (getFunctionList(out) !== returns.ok) throw new Error('C_GetFunctionList failed');
    list = pointerSize === 8 ? out.readBigUInt64LE() : BigInt(out.readUInt32LE());
  } catch (cause) {
    throw new AgentError(
      `${modulePath} is no PKCS #11 module that can be loaded.`,
      "Name the module's shared library (for SoftHSM: /usr/lib/softhsm/libsofthsm2.so).",
      { cause },
    );
  }

  const call = (name: FunctionName, types: readonly string[], ...args: unknown[]): number => {
    const at = afterVersion + places[name] * pointerSize;
    const pointer = koffi.decode(list, at, 'void *') as unknown;
    return Number(koffi.call(pointer, koffi.proto('unsigned long', [...types]), ...args));
  };
  const must = (name: FunctionName, types: readonly string[], ...args: unknown[]): void => {
    const code = call(name, types, ...args);
    if (code !== returns.ok) throw new CryptokiError(name, code);
  };

  const initialised = call('C_Initialize', ['void *'], null);
  if (initialised !== returns.ok && initialised !== returns.cryptokiAlreadyInitialized) {
    throw new CryptokiError('C_Initialize', initialised);
  }

  function tokens(): Token[] {
    const count = ulong(0);
    must('C_GetSlotList', ['uint8_t', 'void *', 'void *'], 1, null, count);
    const slots = Buffer.alloc(ulongSize * Math.max(1, readUlong(count)));
    must('C_GetSlotList', ['uint8_t', 'void *', 'void *'], 1, slots, count);
    return Array.from({ length: readUlong(count) }, (_, index) => {
      const slot = readUlong(slots, index * ulongSize);
      const info = Buffer.alloc(tokenInfoOctets);
      must('C_GetTokenInfo', ['unsigned long', 'void *'], slot, info);
      return { slot, label: info.toString('utf8', 0, 32).trimEnd() };
    });
  }

  function login(slot: number, pin: string): CryptokiSession {
    const session = ulong(0);
    must(
      'C_OpenSession',
      ['unsigned long', 'unsigned long', 'void *', 'void *', 'void *'],
      slot,
      rwSerialSession,
      null,
      null,
      session,
    );
    const handle = readUlong(session);
    const secret = Buffer.from(pin, 'utf8');
    const code = call(
      'C_Login',
      ['unsigned long', 'unsigned long', 'void *', 'unsigned long'],
      handle,
      normalUser,
      secret,
      secret.length,
    );
    secret.fill(0);
    if (code !== returns.ok && code !== returns.userAlreadyLoggedIn) {
      call('C_CloseSession', ['unsigned long'], handle);
      throw new CryptokiError('C_Login', code);
    }
    return sessionOf(handle);
  }

  function sessionOf(session: number): CryptokiSession {
    return {
      find(wanted) {
        const { octets, values } = template(wanted);
        must(
          'C_FindObjectsInit',
          ['unsigned long', 'void *', 'unsigned long'],
          session,
          octets,
          values.length,
        );
        const found = Buffer.alloc(ulongSize * mostObjects);
        const count = ulong(0);
        try {
          must(
            'C_FindObjects',
            ['unsigned long', 'void *', 'unsigned long', 'void *'],
            session,
            found,
            mostObjects,
            count,
          );
        } finally {
          call('C_FindObjectsFinal', ['unsigned long'], session);
        }
        return Array.from({ length: readUlong(count) }, (_, index) => readUlong(found, index * ulongSize));
      },
      read(object, attribute) {
        const value = Buffer.alloc(1_024);
        const wanted = Buffer.alloc(attributeSize);
        writeAttribute(wanted, 0, attribute, koffi.address(value), value.length);
        must(
          'C_GetAttributeValue',
          ['unsigned long', 'unsigned long', 'void *', 'unsigned long'],
          session,
          object,
          wanted,
          1,
        );
        return Buffer.from(value.subarray(0, readUlong(wanted, ulongSize + pointerSize)));
      },
      generateEcKeyPair(publicTemplate, privateTemplate) {
        const [ofPublic, ofPrivate] = [template(publicTemplate), template(privateTemplate)];
        must(
          'C_GenerateKeyPair',
          [
            'unsigned long',
            'void *',
            'void *',
            'unsigned long',
            'void *',
            'unsigned long',
            'void *',
            'void *',
          ],
          session,
          mechanism(constants.mechanismEcKeyPairGen),
          ofPublic.octets,
          ofPublic.values.length,
          ofPrivate.octets,
          ofPrivate.values.length,
          ulong(0),
          ulong(0),
        );
      },
      signDigest(key, digest) {
        const types = ['unsigned long', 'void *', 'unsigned long'];
        must('C_SignInit', types, session, mechanism(constants.mechanismEcdsa), key);
        const signature = Buffer.alloc(256);
        const length = ulong(signature.length);
        must(
          'C_Sign',
          ['unsigned long', 'void *', 'unsigned long', 'void *', 'void *'],
          session,
          digest,
          digest.length,
          signature,
          length,
        );
        return Buffer.from(signature.subarray(0, readUlong(length)));
      },
      destroy: (object) => must('C_DestroyObject', ['unsigned long', 'unsigned long'], session, object),
      close: () => void call('C_CloseSession', ['unsigned long'], session),
    };
  }

  return {
    tokens,
    login,
    close() {
      call('C_Finalize', ['void *'], null);
      library.unload();
    },
  };
}

/** CK_MECHANISM without a parameter. */
function mechanism(type: number): Buffer {
  return Buffer.concat([ulong(type), Buffer.alloc(pointerSize), ulong(0)]);
}
