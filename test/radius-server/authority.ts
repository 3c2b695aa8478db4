// A certificate authority in memory, and the files of a RADIUS/TLS listener.
import { webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto as never);

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const day = 86_400_000;

export interface Issued {
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly cert: string;
  readonly key: string;
  /** SHA-256 in hex. */
  readonly fingerprint: string;
  readonly keyFingerprint: string;
}

export interface IssueOptions {
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly usage?: 'client' | 'server' | 'none';
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly commonName?: string;
}

const sha256 = async (octets: ArrayBuffer): Promise<string> =>
  Buffer.from(await webcrypto.subtle.digest('SHA-256', octets)).toString('hex');

async function toIssued(certificate: x509.X509Certificate, keys: webcrypto.CryptoKeyPair): Promise<Issued> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate,
    keys,
    cert: certificate.toString('pem'),
    key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
    fingerprint: await sha256(certificate.rawData),
    keyFingerprint: await sha256(certificate.publicKey.rawData),
  };
}

let serial = 1;
const nextSerial = (): string => {
  serial += 1;
  return serial.toString(16).padStart(4, '0');
};

export interface TestAuthority extends Issued {
  issue(options?: IssueOptions): Promise<Issued>;
  /** A revocation list as PEM. */
  revoke(certificates: readonly Issued[], until?: Date): Promise<string>;
}

function extensionsOf({ dns = [], ip = [], usage = 'client' }: IssueOptions): x509.Extension[] {
  const names: x509.JsonGeneralName[] = [
    ...dns.map((value) => ({ type: 'dns' as const, value })),
    ...ip.map((value) => ({ type: 'ip' as const, value })),
  ];
  const oid = usage === 'client' ? '1.3.6.1.5.5.7.3.2' : '1.3.6.1.5.5.7.3.1';
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
    ...(usage === 'none' ? [] : [new x509.ExtendedKeyUsageExtension([oid])]),
  ];
}

const termOf = ({ notBefore, notAfter }: IssueOptions) => ({
  notBefore: notBefore ?? new Date(Date.now() - day),
  notAfter: notAfter ?? new Date(Date.now() + day),
});

export async function createTestAuthority(commonName = 'Test CA'): Promise<TestAuthority> {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const own = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: nextSerial(),
    name: `CN=${commonName}`,
    ...termOf({}),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 1, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    ...(await toIssued(own, keys)),
    async issue(options = {}) {
      const pair = (await webcrypto.subtle.generateKey(algorithm, true, [
        'sign',
        'verify',
      ])) as webcrypto.CryptoKeyPair;
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: nextSerial(),
        subject: `CN=${options.commonName ?? 'peer'}`,
        issuer: own.subject,
        ...termOf(options),
        signingAlgorithm: algorithm,
        publicKey: pair.publicKey,
        signingKey: keys.privateKey,
        extensions: extensionsOf(options),
      });
      return await toIssued(certificate, pair);
    },
    async revoke(certificates, until = new Date(Date.now() + day)) {
      const list = await x509.X509CrlGenerator.create({
        issuer: own.subject,
        thisUpdate: new Date(Date.now() - day),
        nextUpdate: until,
        entries: certificates.map(({ certificate }) => ({
          serialNumber: certificate.serialNumber,
          revocationDate: new Date(Date.now() - 1000),
        })),
        signingAlgorithm: algorithm,
        signingKey: keys.privateKey,
      });
      return x509.PemConverter.encode(list.rawData, 'X509 CRL');
    },
  };
}

/** A certificate that only its own key vouches for. */
export async function selfSigned(options: IssueOptions = {}): Promise<Issued> {
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: nextSerial(),
    name: `CN=${options.commonName ?? 'alone'}`,
    ...termOf(options),
    signingAlgorithm: algorithm,
    keys,
    extensions: extensionsOf(options),
  });
  return await toIssued(certificate, keys);
}

/** PEM files in a directory of their own. */
export function createPemFiles() {
  const directory = mkdtempSync(join(tmpdir(), 'gatewarden-tls-'));
  return {
    write(name: string, text: string): string {
      const file = join(directory, name);
      writeFileSync(file, text);
      return file;
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}
