// A throw-away certificate authority for the gateways and workstations of a test network.
import { createHash, createPublicKey } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { must } from './process.ts';

export interface Certificate {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** SHA-256 of the DER certificate, lower-case hexadecimal with no separators. */
  readonly sha256: string;
  /** `pin-sha256:…` of its public key, as openconnect takes it. */
  readonly pin: string;
  /** SHA-256 of its public key, lower-case hexadecimal. */
  readonly spkiSha256: string;
}

export interface Authority {
  readonly file: string;
  /** `alternativeName`: as OpenSSL takes it, `DNS:…`. */
  issue(
    name: string,
    purpose: 'server' | 'client',
    alternativeName?: string,
    /** How long it is valid; 0: it is over at once. */
    days?: number,
  ): Promise<Certificate>;
}

const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export async function createAuthority(parent: string): Promise<Authority> {
  const directory = path.join(parent, 'pki');
  await mkdir(directory, { recursive: true });
  const openssl = (...args: string[]): Promise<string> => must('openssl', args, { cwd: directory });
  await openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=Test CA',
  );
  return {
    file: path.join(directory, 'ca.pem'),
    issue: async (name, purpose, alternativeName, days = 2) => {
      await openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
      const names = alternativeName === undefined ? '' : `subjectAltName=${alternativeName}\n`;
      const usage = `basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=${purpose}Auth\n${names}`;
      await writeFile(path.join(directory, `${name}.ext`), usage);
      const authority = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', String(days)];
      await openssl(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        ...authority,
        '-extfile',
        `${name}.ext`,
        '-out',
        `${name}.pem`,
      );
      const digest = await openssl('x509', '-in', `${name}.pem`, '-noout', '-fingerprint', '-sha256');
      const spki = await openssl('x509', '-in', `${name}.pem`, '-noout', '-pubkey');
      return {
        certificateFile: path.join(directory, `${name}.pem`),
        keyFile: path.join(directory, `${name}.key`),
        sha256: (digest.split('=')[1] ?? '').trim().replaceAll(':', '').toLowerCase(),
        pin: `pin-sha256:${pinOf(spki, 'base64')}`,
        spkiSha256: pinOf(spki, 'hex'),
      };
    },
  };
}

function pinOf(publicKeyPem: string, encoding: 'base64' | 'hex'): string {
  const der = createPublicKey(publicKeyPem).export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest(encoding);
}
