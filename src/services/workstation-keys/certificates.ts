// Certificates that an administrator enters: issued for a signing request, of the organisation's authority, or pinned as they are.
import { X509Certificate } from 'node:crypto';
import { OperatorError } from '../../base/errors.ts';
import { bumpRevision } from '../../store/queries/revision.ts';
import { endOtherKeys, insertKey, type WorkstationKeyRow } from '../../store/queries/workstation-keys.ts';
import { type AdministrationDeps, recordAct } from '../administration.ts';
import { keyIdentifier } from '../device/proof.ts';
import { getWorkstation, giveIdentifier } from '../workstations.ts';
import { certificateIdentifierOf, issueCertificate, requestIdentifier } from './authority.ts';
import { overlapMs } from './keys.ts';

export interface EnteredCertificate {
  readonly assetTag: string;
  readonly keyId: number;
  readonly identifier: string;
  readonly certificateIdentifier: string;
  readonly validUntil: number;
  readonly origin: WorkstationKeyRow['origin'];
  readonly pem: string;
}

function parse(text: string, at: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (cause) {
    throw new OperatorError('This is no certificate.', {
      at,
      remedy: 'Give an X.509 certificate in PEM or DER.',
      cause,
    });
  }
}

/** @throws OperatorError unless one of the authorities signed it, and is one */
function checkIssuer(certificate: X509Certificate, authorities: string): void {
  const blocks = authorities.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  const known = blocks.map((block) => parse(block, '--authority'));
  if (known.some((one) => one.ca && certificate.checkIssued(one) && certificate.verify(one.publicKey)))
    return;
  throw new OperatorError('None of the authorities given has issued this certificate.', {
    at: '--authority',
    remedy:
      'Give the PEM file of the authority that signed it, or leave --authority out to pin the certificate as it is.',
  });
}

/**
 * Enters a certificate by its key (SPKI) and digest, in force at once; former keys of the workstation count for fourteen days more.
 * @throws OperatorError when it has run out, is known already, or is not of the authority given
 */
export async function enterCertificate(
  deps: AdministrationDeps,
  order: { readonly assetTag: string; readonly certificate: string; readonly authority?: string },
): Promise<EnteredCertificate> {
  const certificate = parse(order.certificate, 'FILE');
  if (order.authority !== undefined) checkIssuer(certificate, order.authority);
  const validUntil = Date.parse(certificate.validTo);
  if (validUntil <= deps.clock.now()) {
    throw new OperatorError('This certificate has run out.', {
      at: 'FILE',
      remedy: 'Renew it, then enter the new one.',
    });
  }
  const publicKey = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return await enter(deps, order.assetTag, {
    origin: order.authority === undefined ? 'pinned' : 'organisation',
    publicKey,
    identifier: keyIdentifier(publicKey),
    certificate: certificate.raw,
    certificateIdentifier: certificateIdentifierOf(certificate.raw),
    validUntil,
  });
}

/** Issues a certificate of our own authority for a signing request, in force at once. @throws OperatorError as `enterCertificate` */
export async function issueForRequest(
  deps: AdministrationDeps,
  order: { readonly assetTag: string; readonly request: string },
): Promise<EnteredCertificate> {
  const { assetTag } = await getWorkstation(deps.store, order.assetTag);
  const signingRequest = derOf(order.request);
  const { identifier, publicKey } = await requestIdentifier(signingRequest);
  const issued = await issueCertificate(deps, { signingRequest, assetTag, identifier });
  return await enter(deps, assetTag, { origin: 'issued', publicKey, identifier, ...issued });
}

function derOf(pem: string): Buffer {
  const body = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([\s\S]+?)-----END/.exec(pem)?.[1];
  return Buffer.from(body ?? pem, 'base64');
}

async function enter(
  deps: AdministrationDeps,
  wanted: string,
  key: Pick<WorkstationKeyRow, 'origin' | 'publicKey' | 'identifier'> & {
    readonly certificate: Buffer;
    readonly certificateIdentifier: string;
    readonly validUntil: number;
  },
): Promise<EnteredCertificate> {
  const { store, clock, by } = deps;
  const { id: workstationId, assetTag } = await getWorkstation(store, wanted);
  const now = clock.now();
  const keyId = await store.write(async (db) => {
    const id = await insertKey(db, {
      ...key,
      workstationId,
      storage: 'unknown',
      label: assetTag,
      state: 'active',
      requestedAt: now,
      decidedAt: now,
      decidedBy: by.name,
    });
    if (id === null) {
      throw new OperatorError('This key is registered already, with this workstation or another.', {
        at: 'FILE',
        remedy: 'Revoke it there first ("gatewarden workstation revoke-key"), or make a new key.',
      });
    }
    await endOtherKeys(db, { workstationId, except: id, at: now + overlapMs });
    for (const identifier of [key.identifier, key.certificateIdentifier]) {
      await giveIdentifier(db, workstationId, identifier);
    }
    await bumpRevision(db, { workstationId });
    await recordAct(db, by, {
      verb: 'workstation.add-key',
      at: now,
      body: { assetTag, keyId: id, origin: key.origin, validUntil: key.validUntil },
      personal: { identifier: key.identifier },
    });
    return id;
  });
  const { identifier, certificateIdentifier, validUntil, origin } = key;
  const pem = new X509Certificate(key.certificate).toString();
  return { assetTag, keyId, identifier, certificateIdentifier, validUntil, origin, pem };
}
