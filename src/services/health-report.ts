// The health of the installation for whoever looks after it: store, nodes, jobs, messages, checkpoint, backup, disk, tokens, certificates.
import { X509Certificate } from 'node:crypto';
import { readFile, statfs } from 'node:fs/promises';
import type { Clock } from '../base/clock.ts';
import { listTokensThatEnd } from '../store/queries/api-tokens.ts';
import { readHealthFacts } from '../store/queries/health.ts';
import type { Store } from '../store/store.ts';
import type { Readiness } from './health.ts';

/** Ends sooner than this are told: time to make the next one and put it in place. */
const tokenWarningMs = 30 * 86_400_000;

/** Where a certificate of the installation lies, and what it is for. */
export interface CertificateFile {
  readonly name: string;
  readonly file: string;
}

async function readDisk(
  directory: string,
): Promise<{ readonly freeBytes: number; readonly sizeBytes: number } | null> {
  try {
    const { bavail, blocks, bsize } = await statfs(directory);
    return { freeBytes: bavail * bsize, sizeBytes: blocks * bsize };
  } catch {
    // A directory that is not there (a store elsewhere) has no disk to fill.
    return null;
  }
}

export async function readCertificate({ name, file }: CertificateFile) {
  try {
    const certificate = new X509Certificate(await readFile(file));
    return { name, subject: certificate.subject, validUntil: certificate.validToDate.getTime() };
  } catch {
    return { name, subject: null, validUntil: null };
  }
}

export async function reportHealth(deps: {
  readonly store: Pick<Store, 'read' | 'dialect'>;
  readonly clock: Clock;
  readonly dataDirectory: string;
  readonly certificates: readonly CertificateFile[];
  readonly readiness: () => Promise<Readiness>;
}) {
  const { store, clock, dataDirectory, certificates } = deps;
  const startedAt = clock.monotonic();
  const facts = await store.read(readHealthFacts);
  const readMs = clock.monotonic() - startedAt;
  const now = clock.now();
  const { checkpoint, ...rest } = facts;
  return {
    at: now,
    causes: [...(await deps.readiness()).causes],
    store: { dialect: store.dialect, readMs: Math.round(readMs) },
    ...rest,
    jobs: facts.jobs.map(({ name, holder, until }) => ({ name, holder, until, isHeld: until > now })),
    checkpointAt: checkpoint === null ? null : (JSON.parse(checkpoint) as { instant: number }).instant,
    disk: await readDisk(dataDirectory),
    tokens: await store.read((db) => listTokensThatEnd(db, now, now + tokenWarningMs)),
    certificates: await Promise.all(certificates.map(readCertificate)),
  };
}
