// Certificate, key, authorities and revocation lists of a listener: read at the start, and again when the files change.
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { OperatorError } from '../../base/errors.ts';
import type { TlsFiles } from '../../config/tls-files.ts';

export interface TlsMaterial {
  readonly options: SecureContextOptions;
  /** When the broker's own certificate ends. */
  readonly validUntil: number;
  /** Changes with any of the files. */
  readonly digest: string;
  /** Changes with authorities and lists: what was verified by others must be verified anew. */
  readonly trustDigest: string;
}

function read(at: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new OperatorError(`${at}: ${file} cannot be read (${code}).`, {
      at,
      remedy: 'Give the path of a PEM file, and the service the right to read it.',
      cause,
    });
  }
}

/** The whole list of PEM blocks of one label; a file without any is no such file. */
function blocks(at: string, file: string, pem: Buffer, label: string): string[] {
  const found = pem
    .toString('latin1')
    .match(new RegExp(`-----BEGIN ${label}-----[\\s\\S]*?-----END ${label}-----`, 'g'));
  if (found !== null) return found;
  throw new OperatorError(`${at}: ${file} holds no ${label} in PEM.`, {
    at,
    remedy: `Convert it with openssl, so that it begins with "-----BEGIN ${label}-----".`,
  });
}

/**
 * SHA-256 fingerprints of the authorities that RADIUS/TLS trusts, as rules name them; null when it is not configured.
 * @throws OperatorError when their file can't be used
 */
export function readTlsAuthorities(config: Pick<TlsFiles, 'caFile'> | null): string[] | null {
  if (config === null) return null;
  const at = 'radius.tls.caFile';
  const { caFile } = config;
  if (caFile === null) return [];
  return blocks(at, caFile, read(at, caFile), 'CERTIFICATE').map((pem) =>
    new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase(),
  );
}

/**
 * @param section of the configuration that names the files
 * @throws OperatorError that names the setting and never quotes a file's content
 */
export function readTlsMaterial(config: TlsFiles, section: 'radius.tls' | 'gatewayHttp.tls'): TlsMaterial {
  const settingOf = (name: keyof TlsFiles) => `${section}.${name}`;
  const cert = read(settingOf('certificateFile'), config.certificateFile);
  const key = read(settingOf('keyFile'), config.keyFile);
  const ca = config.caFile === null ? null : read(settingOf('caFile'), config.caFile);
  const crl = config.crlFile === null ? null : read(settingOf('crlFile'), config.crlFile);
  const options: SecureContextOptions = {
    cert,
    key,
    // An empty list: without one Node trusts the web's authorities.
    ca:
      config.caFile === null || ca === null
        ? []
        : blocks(settingOf('caFile'), config.caFile, ca, 'CERTIFICATE'),
    ...(config.crlFile === null || crl === null
      ? {}
      : { crl: blocks(settingOf('crlFile'), config.crlFile, crl, 'X509 CRL') }),
  };
  try {
    createSecureContext(options);
  } catch (cause) {
    const at = settingOf('certificateFile');
    throw new OperatorError(
      `${at}: certificate, key, authorities or lists cannot be used (${(cause as NodeJS.ErrnoException).code ?? 'unknown'}).`,
      {
        at,
        remedy: 'Check that keyFile is the unencrypted key of certificateFile, and that all are PEM.',
        cause,
      },
    );
  }
  const digestOf = (...parts: (Buffer | null)[]): string => {
    const digest = createHash('sha256');
    for (const part of parts) digest.update(`${part?.length ?? -1} `).update(part ?? '');
    return digest.digest('hex');
  };
  const validUntil = new X509Certificate(cert).validToDate.getTime();
  return { options, validUntil, digest: digestOf(cert, key, ca, crl), trustDigest: digestOf(ca, crl) };
}
