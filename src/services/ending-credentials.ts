// Alerts before a token or a certificate of the installation runs out: 14 days and 3 days ahead, once each.
import type { Clock } from '../base/clock.ts';
import { appendRecord } from '../store/audit/append.ts';
import { listTokensThatEnd } from '../store/queries/api-tokens.ts';
import { insertAlert } from '../store/queries/lifecycle.ts';
import { insertOutbox } from '../store/queries/outbox.ts';
import { findSetting, putSetting } from '../store/queries/settings.ts';
import type { Store } from '../store/store.ts';
import { type CertificateFile, readCertificate } from './health-report.ts';

const dayMs = 86_400_000;
/** Nearest first: whoever is late is told of what is nearest, and not of what lies behind it. */
const daysBefore = [3, 14] as const;
const furthest = 14;
/** What was told already, as JSON. */
const toldKey = 'endingCredentialsTold';
const rule = 'credential-ends';

interface Ending {
  readonly kind: 'token' | 'certificate';
  readonly name: string;
  readonly expiresAt: number;
  readonly key: string;
}

async function listEnding(
  {
    store,
    certificates,
  }: { readonly store: Pick<Store, 'read'>; readonly certificates: readonly CertificateFile[] },
  now: number,
): Promise<Ending[]> {
  const tokens = await store.read((db) => listTokensThatEnd(db, now, now + furthest * dayMs));
  const read = await Promise.all(certificates.map(readCertificate));
  const all = [
    ...tokens.map(({ id, name, expiresAt }) => ({ kind: 'token' as const, id: String(id), name, expiresAt })),
    ...read.flatMap(({ name, validUntil }) =>
      validUntil === null ? [] : [{ kind: 'certificate' as const, id: name, name, expiresAt: validUntil }],
    ),
  ];
  return all.flatMap(({ id, ...one }) => {
    const days = daysBefore.find((before) => one.expiresAt - now < before * dayMs);
    return days === undefined ? [] : [{ ...one, key: `${one.kind} ${id} ${one.expiresAt} ${days}` }];
  });
}

/**
 * Raises an alert for each that ends soon and was not told of; one that has ended already counts too.
 * @returns how many alerts
 */
export async function warnOfEndingCredentials(deps: {
  readonly store: Pick<Store, 'read' | 'write'>;
  readonly clock: Clock;
  readonly certificates: readonly CertificateFile[];
}): Promise<number> {
  const { store, clock } = deps;
  const now = clock.now();
  const ending = await listEnding(deps, now);
  const told = async (text: string | null): Promise<ReadonlySet<string>> => new Set(JSON.parse(text ?? '[]'));
  const before = await told(await store.read((db) => findSetting(db, toldKey)));
  if (ending.every(({ key }) => before.has(key))) return 0;
  return await store.write(async (db) => {
    const known = await told(await findSetting(db, toldKey));
    const fresh = ending.filter(({ key }) => !known.has(key));
    for (const { kind, name, expiresAt } of fresh) {
      const evidence = { credential: kind, name, expiresAt };
      const place = await appendRecord(db, {
        kind: 'system',
        at: now,
        accountId: null,
        gatewayId: null,
        outcome: 'credential.ends',
        reason: null,
        detail: kind,
        lookupCode: null,
        body: { credential: kind, expiresAt },
        personal: { name },
      });
      await insertAlert(db, { rule, evidence: JSON.stringify(evidence), at: now, ...place });
      await insertOutbox(db, {
        kind: 'alert',
        payload: JSON.stringify({ rule, at: now, ...evidence }),
        createdAt: now,
        deliveredAt: null,
      });
    }
    // What does not end soon any more (renewed, revoked) is forgotten.
    await putSetting(db, toldKey, JSON.stringify(ending.map(({ key }) => key)));
    return fresh.length;
  });
}
