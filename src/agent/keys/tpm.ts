// A key in the computer's TPM 2.0, through tpm2-tools: what lies in the file is sealed by the TPM and of use in it alone.
import { execFile } from 'node:child_process';
import { createHash, createPublicKey } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AgentError } from '../agent-error.ts';
import { jwkOf } from './file.ts';
import type { DeviceKey, KeyStore } from './key-store.ts';

const run = promisify(execFile);
const coordinateOctets = 32;

export interface TpmOptions {
  /** Where the sealed halves are kept. */
  readonly directory: string;
  /** How tpm2-tools reach the TPM (their TCTI, e.g. `device:/dev/tpmrm0`); null: as they find it. */
  readonly tcti: string | null;
}

/** r and s of an ECDSA-Sig-Value (RFC 3279 §2.2.3), 32 octets each. */
function plainSignature(der: Buffer): Buffer {
  let at = der.readUInt8(1) >= 0x80 ? 3 : 2;
  const integer = (): Buffer => {
    const length = der.readUInt8(at + 1);
    const octets = der.subarray(at + 2, at + 2 + length);
    at += 2 + length;
    const bare =
      octets.length > coordinateOctets ? octets.subarray(octets.length - coordinateOctets) : octets;
    return Buffer.concat([Buffer.alloc(coordinateOctets - bare.length), bare]);
  };
  const r = integer();
  return Buffer.concat([r, integer()]);
}

/** Keys as pairs of files, each bound to the TPM's storage hierarchy. */
export function createTpmKeyStore({ directory, tcti }: TpmOptions): KeyStore {
  const fileOf = (name: string, half: 'pub' | 'priv') => join(directory, `${name}.tpm-${half}`);

  const invoke = (name: string, ...args: string[]) =>
    run(name, [...(tcti === null ? [] : ['-T', tcti]), '-Q', ...args]);

  async function tool(name: string, ...args: string[]): Promise<void> {
    try {
      await invoke(name, ...args);
      // Without a resource manager in between what was loaded stays, and a TPM has room for three.
      await invoke('tpm2_flushcontext', '-t');
    } catch (cause) {
      const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
      throw new AgentError(
        isMissing ? `${name} is not installed.` : `The TPM refused ${name}.`,
        isMissing
          ? 'Install tpm2-tools.'
          : 'Check that there is a TPM 2.0 and that this account may use it (group tss, /dev/tpmrm0).',
        { cause },
      );
    }
  }

  async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
    const folder = await mkdtemp(join(tmpdir(), 'gatewarden-tpm-'));
    try {
      return await use(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  /** The same parent each time: it follows from the TPM's own seed. */
  async function primary(folder: string): Promise<string> {
    const context = join(folder, 'primary');
    await tool('tpm2_createprimary', '-C', 'o', '-G', 'ecc', '-c', context);
    return context;
  }

  async function load(folder: string, name: string): Promise<string> {
    const context = join(folder, 'key');
    const parent = await primary(folder);
    await tool(
      'tpm2_load',
      '-C',
      parent,
      '-u',
      fileOf(name, 'pub'),
      '-r',
      fileOf(name, 'priv'),
      '-c',
      context,
    );
    return context;
  }

  async function openKey(name: string): Promise<DeviceKey> {
    const publicJwk = await inFolder(async (folder) => {
      const pem = join(folder, 'public.pem');
      await tool('tpm2_readpublic', '-c', await load(folder, name), '-f', 'pem', '-o', pem);
      return jwkOf(createPublicKey(await readFile(pem)));
    });
    return {
      storage: 'tpm',
      publicJwk,
      sign: (octets) =>
        inFolder(async (folder) => {
          const [digest, signature] = [join(folder, 'digest'), join(folder, 'signature')];
          await writeFile(digest, createHash('sha256').update(octets).digest());
          const context = await load(folder, name);
          await tool(
            'tpm2_sign',
            '-c',
            context,
            '-g',
            'sha256',
            '-d',
            '-f',
            'plain',
            '-o',
            signature,
            digest,
          );
          return plainSignature(await readFile(signature));
        }),
      close: async () => {},
    };
  }

  return {
    storage: 'tpm',
    async create(name) {
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await inFolder(async (folder) => {
        const parent = await primary(folder);
        const attributes = 'fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign';
        const halves = ['-u', fileOf(name, 'pub'), '-r', fileOf(name, 'priv')];
        await tool('tpm2_create', '-C', parent, '-G', 'ecc256:ecdsa-sha256', '-a', attributes, ...halves);
      });
      return await openKey(name);
    },
    async open(name) {
      const isThere = await access(fileOf(name, 'priv')).then(
        () => true,
        () => false,
      );
      return isThere ? await openKey(name) : null;
    },
    async remove(name) {
      for (const half of ['pub', 'priv'] as const) await rm(fileOf(name, half), { force: true });
    },
  };
}
