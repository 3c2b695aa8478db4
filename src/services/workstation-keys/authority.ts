// The broker's own small certificate authority: certificates for workstations' keys (RFC 5280, 2986), and nothing else.
import { createHash, createPublicKey, X509Certificate as NodeCertificate, webcrypto } from 'node:crypto';
import type { Pkcs10CertificateRequest, X509Certificate } from '@peculiar/x509';
import { OperatorError } from '../../base/errors.ts';
import { identifierKey } from '../../core/evidence.ts';
import { sealedSettingPrefix } from '../../store/queries/sealed-values.ts';
import { findSetting, insertSettingIfAbsent } from '../../store/queries/settings.ts';
import type { AdministrationDeps } from '../administration.ts';
import { keyIdentifier } from '../device/proof.ts';
import { contextOf } from '../secrets/keyring.ts';

const settingKey = `${sealedSettingPrefix}workstation-authority`;
const day = 86_400_000;
const authorityMs = 3_650 * day;
const certificateMs = 365 * day;
/** Clocks of workstations are off. */
const backdatedMs = 300_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** Loaded with the first certificate that is issued: a broker's start has no use for it. */
async function loadX509() {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

type Deps = Pick<AdministrationDeps, 'store' | 'keyring' | 'clock' | 'random'>;

interface Authority {
  readonly certificate: X509Certificate;
  readonly privateKey: webcrypto.CryptoKey;
}

async function create(deps: Deps): Promise<string> {
  const { clock, random, keyring } = deps;
  const x509 = await loadX509();
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const now = clock.now();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Gatewarden workstations',
    serialNumber: serialNumber(random),
    notBefore: new Date(now - backdatedMs),
    notAfter: new Date(now + authorityMs),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  const kept = JSON.stringify({
    certificate: Buffer.from(certificate.rawData).toString('base64'),
    key: pkcs8.toString('base64'),
  });
  pkcs8.fill(0);
  return keyring.seal(Buffer.from(kept), contextOf.setting(settingKey)).toString('base64');
}

/** Positive, 127 random bits: nobody can foresee it (CA/B Forum wants 64). */
function serialNumber(random: Deps['random']): string {
  const octets = random.bytes(16);
  octets.writeUInt8(octets.readUInt8(0) & 0x7f, 0);
  return octets.toString('hex');
}

/** The authority, made at the first call; its key is kept sealed, so that every node issues alike. */
async function openAuthority(deps: Deps): Promise<Authority> {
  const { store, keyring } = deps;
  const x509 = await loadX509();
  let kept = await store.read((db) => findSetting(db, settingKey));
  if (kept === null) {
    const sealed = await create(deps);
    await store.write((db) => insertSettingIfAbsent(db, settingKey, sealed));
    // Another node may have been first: what the store holds counts.
    kept = await store.read((db) => findSetting(db, settingKey));
  }
  if (kept === null) throw new Error('the authority was written but is not there');
  const opened = await keyring.openReloading(Buffer.from(kept, 'base64'), contextOf.setting(settingKey));
  const { certificate, key } = JSON.parse(opened.toString('utf8')) as { certificate: string; key: string };
  opened.fill(0);
  return {
    certificate: new x509.X509Certificate(Buffer.from(certificate, 'base64')),
    privateKey: await webcrypto.subtle.importKey('pkcs8', Buffer.from(key, 'base64'), algorithm, false, [
      'sign',
    ]),
  };
}

/** The authority's own certificate in PEM: what gateways that check certificates themselves need. */
export async function authorityCertificate(deps: Deps): Promise<string> {
  return (await openAuthority(deps)).certificate.toString('pem');
}

export interface IssuedCertificate {
  /** DER. */
  readonly certificate: Buffer;
  /** `certificate-sha256:…` */
  readonly certificateIdentifier: string;
  readonly validUntil: number;
}

/** The digest identifier of a certificate. */
export function certificateIdentifierOf(der: Uint8Array): string {
  return identifierKey('certificate-sha256', createHash('sha256').update(der).digest('hex'));
}

async function readRequest(signingRequest: Buffer): Promise<Pkcs10CertificateRequest> {
  const refuse = (cause?: unknown) =>
    new OperatorError('This is no certificate signing request, or its signature is wrong.', {
      at: 'REQUEST',
      remedy: 'Make one anew (PKCS #10, PEM or DER) with the key that the workstation keeps.',
      cause,
    });
  const x509 = await loadX509();
  try {
    const request = new x509.Pkcs10CertificateRequest(signingRequest);
    if (await request.verify()) return request;
  } catch (error) {
    throw refuse(error);
  }
  throw refuse();
}

/** The identifier of the key that a signing request is for. @throws OperatorError for what is none */
export async function requestIdentifier(
  signingRequest: Buffer,
): Promise<{ readonly identifier: string; readonly publicKey: Buffer }> {
  const request = await readRequest(signingRequest);
  const publicKey = spkiOf(Buffer.from(request.publicKey.rawData));
  return { identifier: keyIdentifier(publicKey), publicKey };
}

/** In the one encoding that identifiers are made of. */
function spkiOf(der: Buffer): Buffer {
  return createPublicKey({ key: der, format: 'der', type: 'spki' }).export({ type: 'spki', format: 'der' });
}

/**
 * Issues a certificate for client authentication, good for a year. Of the request only the public key counts; the subject is the
 * asset tag.
 * @throws OperatorError when the request is not one, not signed by its key, or for another key than `identifier`
 */
export async function issueCertificate(
  deps: Deps,
  order: { readonly signingRequest: Buffer; readonly assetTag: string; readonly identifier: string },
): Promise<IssuedCertificate> {
  const request = await readRequest(order.signingRequest);
  if (keyIdentifier(spkiOf(Buffer.from(request.publicKey.rawData))) !== order.identifier) {
    throw new OperatorError('The signing request is for another key than the one that asked.', {
      at: 'REQUEST',
      remedy: 'Refuse it, and let the workstation enrol again.',
    });
  }
  const authority = await openAuthority(deps);
  const x509 = await loadX509();
  const now = deps.clock.now();
  const notAfter = Math.min(now + certificateMs, authority.certificate.notAfter.getTime());
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [order.assetTag] }],
    issuer: authority.certificate.subject,
    serialNumber: serialNumber(deps.random),
    notBefore: new Date(now - backdatedMs),
    notAfter: new Date(notAfter),
    publicKey: request.publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate),
      await x509.SubjectKeyIdentifierExtension.create(request.publicKey),
    ],
  });
  const der = Buffer.from(certificate.rawData);
  const validUntil = Date.parse(new NodeCertificate(der).validTo);
  return { certificate: der, certificateIdentifier: certificateIdentifierOf(der), validUntil };
}
