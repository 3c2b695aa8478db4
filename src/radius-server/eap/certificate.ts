// The broker's certificate inside EAP, read again when its files change.
import { readFileSync, statSync } from 'node:fs';
import type { Clock } from '../../base/clock.ts';
import { OperatorError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { TlsEngine } from '../../wire/eap/tls/engine.ts';
import { createNodeTlsEngine, createTlsIdentity, type TlsIdentity } from '../../wire/eap/tls/node-engine.ts';

interface CertificateFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly clientCaFiles: readonly string[];
  readonly minTls: '1.2' | '1.3';
}

/** Files are looked at this often at most, when a conversation begins. */
const lookMs = 2_000;

function read(file: string, setting: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new OperatorError(`${setting}: ${file} cannot be read (${code}).`, {
      at: setting,
      remedy: code === 'ENOENT' ? 'Check the path.' : 'Give the service the right to read it.',
      cause,
    });
  }
}

function load({ certificateFile, keyFile, clientCaFiles, minTls }: CertificateFiles): TlsIdentity {
  const certificate = read(certificateFile, 'eap.certificateFile');
  const key = read(keyFile, 'eap.keyFile');
  const clientAuthorities = clientCaFiles.flatMap((file, i) => {
    const found = read(file, `eap.clientCaFiles[${i}]`).toString('latin1').match(certificates);
    if (found !== null) return found;
    throw new OperatorError(`eap.clientCaFiles[${i}]: ${file} holds no certificate.`, {
      at: `eap.clientCaFiles[${i}]`,
      remedy: 'Name a PEM file with the certificates of the authority.',
    });
  });
  try {
    return createTlsIdentity({ certificate, key, clientAuthorities, minVersion: `TLSv${minTls}` });
  } catch (cause) {
    // What OpenSSL says names no part of the key.
    const says = cause instanceof Error ? cause.message : String(cause);
    throw new OperatorError(`eap: ${certificateFile} and ${keyFile} cannot be used: ${says}.`, {
      at: 'eap.certificateFile',
      remedy: 'Give a PEM certificate (with its chain) and the unencrypted PEM key that belongs to it.',
      cause,
    });
  }
}

const certificates = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * Opens TLS under the certificate of now. New files are taken without a restart; ones that can't be used are logged, and the
 * former certificate stays.
 * @throws OperatorError when the first ones can't be used
 */
export function openCertificate(
  files: CertificateFiles,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): (requestCertificate: boolean) => TlsEngine {
  const watched = [files.certificateFile, files.keyFile, ...files.clientCaFiles];
  const look = (): string =>
    watched
      .map((file) => {
        const found = statSync(file, { throwIfNoEntry: false });
        return found === undefined ? '' : `${found.ino}:${found.size}:${found.mtimeMs}`;
      })
      .join(' ');
  let seen = look();
  let identity = load(files);
  let lookedAt = clock.monotonic();

  function refresh(): void {
    if (clock.monotonic() - lookedAt < lookMs) return;
    lookedAt = clock.monotonic();
    const now = look();
    if (now === seen) return;
    seen = now;
    try {
      identity = load(files);
      log.info({ certificateFile: files.certificateFile }, 'the certificate for EAP was read again');
    } catch (error) {
      log.error({ err: error }, 'the new certificate for EAP cannot be used: the former one stays');
    }
  }

  return (requestCertificate) => {
    refresh();
    return createNodeTlsEngine(identity, { requestCertificate, now: () => clock.now() });
  };
}
