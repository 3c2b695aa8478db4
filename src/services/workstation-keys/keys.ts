// Keys of workstations: asked for with a one-time code, approved, renewed with an overlap, refused, revoked.
import { createHash } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { OperatorError } from '../../base/errors.ts';
import { randomCode } from '../../base/random.ts';
import { bumpRevision } from '../../store/queries/revision.ts';
import {
  changeKey,
  claimNonce,
  claimRegistrationCode,
  endOtherKeys,
  findKey,
  findKeyInForce,
  findNewestKey,
  insertKey,
  listKeysOfWorkstation,
  listPendingKeys,
  replaceRegistrationCode,
  type WorkstationKeyRow,
  withdrawTickets,
} from '../../store/queries/workstation-keys.ts';
import { deleteIdentifier, listOwnersOfIdentifier } from '../../store/queries/workstations.ts';
import type { Store } from '../../store/store.ts';
import type { Db } from '../../store/tables.ts';
import { type AdministrationDeps, changedMeanwhile, checkReason, recordAct } from '../administration.ts';
import type { GoodProof } from '../device/proof.ts';
import { getWorkstation, giveIdentifier, KeyTakenError } from '../workstations.ts';
import { issueCertificate } from './authority.ts';

const hour = 3_600_000;
const day = 24 * hour;
const codeLength = 12;
/** How long the former key still counts once a new one does. */
export const overlapMs = 14 * day;

type KeyStorage = WorkstationKeyRow['storage'];

/** 60 bits that are good once, and only with an approval behind: a plain hash will do. */
function codeHash(code: string): string {
  const plain = code.toUpperCase().replaceAll(/[^0-9A-Z]/g, '');
  return createHash('sha256').update(`workstation registration\0${plain}`).digest('hex');
}

/**
 * A one-time code with which a workstation may ask for its key to be registered. It takes the place of those given before.
 * @throws OperatorError when the workstation is not in use
 */
export async function createRegistrationCode(
  deps: AdministrationDeps,
  order: { readonly assetTag: string; readonly hours: number },
): Promise<{ readonly assetTag: string; readonly code: string; readonly expiresAt: number }> {
  const { store, clock, random, by } = deps;
  const { id, assetTag, state } = await getWorkstation(store, order.assetTag);
  if (state !== 'active') {
    throw new OperatorError(`${assetTag} is ${state}; it gets no code.`, {
      at: 'ASSET',
      remedy: `If it is in use again: "gatewarden workstation set-state ${assetTag} active".`,
    });
  }
  const code = randomCode(random, codeLength);
  const createdAt = clock.now();
  const expiresAt = createdAt + order.hours * hour;
  await store.write(async (db) => {
    await replaceRegistrationCode(db, {
      workstationId: id,
      codeHash: codeHash(code),
      createdAt,
      createdBy: by.name,
      expiresAt,
    });
    await recordAct(db, by, {
      verb: 'workstation.registration-code',
      at: createdAt,
      body: { assetTag, expiresAt },
    });
  });
  return { assetTag, code: code.match(/.{4}/g)?.join('-') ?? code, expiresAt };
}

/** What a workstation says of itself when it asks. */
export interface KeyRequest {
  readonly proof: GoodProof;
  readonly storage: KeyStorage;
  readonly label: string;
  /** PKCS #10, DER, of the same key; null: no certificate is wanted. */
  readonly signingRequest: Buffer | null;
}

export type Asked =
  | { readonly kind: 'pending'; readonly assetTag: string }
  /** The code is wrong, used or has run out; nothing says which. */
  | { readonly kind: 'code-refused' }
  | { readonly kind: 'nonce-used' }
  /** The key is registered already, or waits. */
  | { readonly kind: 'key-known' };

/** A workstation asks for its key to be registered; it counts once somebody has approved it. */
export async function requestKey(
  deps: Omit<AdministrationDeps, 'by'>,
  request: KeyRequest & { readonly code: string },
): Promise<Asked> {
  const { store, clock } = deps;
  const { proof } = request;
  const now = clock.now();
  return await unlessTaken(store, async (db): Promise<Asked> => {
    if (!(await claimNonce(db, proof.nonce))) return { kind: 'nonce-used' };
    // First, so that a code is not spent on it.
    if ((await findKeyInForce(db, proof.identifier)) !== null) return { kind: 'key-known' };
    const claimed = await claimRegistrationCode(db, { codeHash: codeHash(request.code), at: now });
    if (claimed === null) return { kind: 'code-refused' };
    const { workstationId, assetTag } = claimed;
    const owners = await listOwnersOfIdentifier(db, proof.identifier);
    const other = owners.find(({ id }) => id !== workstationId);
    if (other !== undefined) throw new KeyTakenError(proof.identifier, other.assetTag);
    await insertKey(db, { ...rowOf(request, now), workstationId, state: 'pending' });
    await recordAct(
      db,
      { name: request.label, via: 'workstation' },
      {
        verb: 'workstation.request-key',
        at: now,
        body: { assetTag, storage: request.storage },
        personal: { identifier: proof.identifier },
      },
    );
    return { kind: 'pending', assetTag };
  });
}

/** A write that leaves nothing behind, the code not spent either, when the key is another workstation's. */
async function unlessTaken<T>(
  store: Pick<Store, 'write'>,
  work: (db: Db) => Promise<T>,
): Promise<T | { readonly kind: 'key-known' }> {
  try {
    return await store.write(work);
  } catch (error) {
    if (error instanceof KeyTakenError) return { kind: 'key-known' };
    throw error;
  }
}

function rowOf(request: KeyRequest, now: number) {
  const { proof, storage, label, signingRequest } = request;
  const { identifier, publicKey } = proof;
  const origin = signingRequest === null ? ('agent' as const) : ('issued' as const);
  return { identifier, origin, storage, publicKey, signingRequest, label, requestedAt: now };
}

async function getKey(store: Pick<Store, 'read'>, keyId: number) {
  const found = await store.read(async (db) => {
    const key = await findKey(db, keyId);
    if (key === null) return null;
    const { workstations } = db.tables;
    const [workstation] = await db.select().from(workstations).where(eq(workstations.id, key.workstationId));
    return workstation === undefined ? null : { key, workstation };
  });
  if (found !== null) return found;
  throw new OperatorError(`There is no key ${keyId}.`, {
    at: 'KEY',
    remedy: 'See "gatewarden workstation keys".',
  });
}

/** Makes a key count: its identifiers are the workstation's from now on. */
async function activate(
  db: Db,
  key: Pick<WorkstationKeyRow, 'workstationId' | 'identifier' | 'certificateIdentifier'>,
): Promise<void> {
  for (const identifier of [key.identifier, key.certificateIdentifier]) {
    if (identifier !== null) await giveIdentifier(db, key.workstationId, identifier);
  }
  await bumpRevision(db, { workstationId: key.workstationId });
}

export interface Decided {
  readonly keyId: number;
  readonly assetTag: string;
  readonly identifier: string;
}

/**
 * Approves a key: it counts from the next request on. Asked for with a signing request it gets a certificate of our own authority.
 * The workstation's other keys count for fourteen days more.
 * @throws OperatorError when it does not wait for approval, or its workstation is not in use
 */
export async function approveKey(
  deps: AdministrationDeps,
  order: { readonly keyId: number },
): Promise<Decided & { readonly validUntil: number | null }> {
  const { store, clock, by } = deps;
  const { key, workstation } = await getKey(store, order.keyId);
  const { assetTag } = workstation;
  refuseUnless(key, 'pending', assetTag);
  if (workstation.state !== 'active') {
    throw new OperatorError(`${assetTag} is ${workstation.state}.`, {
      at: 'KEY',
      remedy: `Refuse the key, or "gatewarden workstation set-state ${assetTag} active" if it is in use again.`,
    });
  }
  const now = clock.now();
  const { signingRequest } = key;
  const issued =
    signingRequest === null
      ? null
      : await issueCertificate(deps, { signingRequest, assetTag, identifier: key.identifier });
  const certificate = {
    certificate: issued?.certificate ?? null,
    certificateIdentifier: issued?.certificateIdentifier ?? null,
    validUntil: issued?.validUntil ?? null,
  };
  await store.write(async (db) => {
    const decided = { state: 'active' as const, decidedAt: now, decidedBy: by.name };
    if (!(await changeKey(db, key, { ...decided, ...certificate })))
      throw changedMeanwhile(`The key ${key.id}`);
    await endOtherKeys(db, { workstationId: workstation.id, except: key.id, at: now + overlapMs });
    await activate(db, { ...key, ...certificate });
    await recordAct(db, by, {
      verb: 'workstation.approve-key',
      at: now,
      body: { assetTag, keyId: key.id, storage: key.storage },
      personal: { identifier: key.identifier },
    });
  });
  return { keyId: key.id, assetTag, identifier: key.identifier, validUntil: certificate.validUntil };
}

function refuseUnless(key: WorkstationKeyRow, state: WorkstationKeyRow['state'], assetTag: string): void {
  if (key.state === state) return;
  throw new OperatorError(`The key ${key.id} of ${assetTag} is ${key.state}.`, {
    at: 'KEY',
    remedy:
      state === 'pending'
        ? 'Only a key that waits for approval can be decided on.'
        : 'Nothing needs to be done.',
  });
}

/** Refuses a key that waits. @throws OperatorError when it does not wait */
export async function refuseKey(
  deps: AdministrationDeps,
  order: { readonly keyId: number; readonly reason: string },
): Promise<Decided> {
  const reason = checkReason(order.reason);
  const { store, clock, by } = deps;
  const { key, workstation } = await getKey(store, order.keyId);
  const { assetTag } = workstation;
  refuseUnless(key, 'pending', assetTag);
  const now = clock.now();
  await store.write(async (db) => {
    const refused = { state: 'refused' as const, decidedAt: now, decidedBy: by.name };
    if (!(await changeKey(db, key, refused))) throw changedMeanwhile(`The key ${key.id}`);
    await recordAct(db, by, {
      verb: 'workstation.refuse-key',
      at: now,
      body: { assetTag, keyId: key.id },
      personal: { identifier: key.identifier, reason },
    });
  });
  return { keyId: key.id, assetTag, identifier: key.identifier };
}

/**
 * Revokes a key, and with it every key that it brought in by a renewal, and those that these brought in: whoever has it may have made
 * them. They prove nothing from the next request on, tickets bought with them are worth nothing, and sessions that they let in are ended.
 * @throws OperatorError when it does not count
 */
export async function revokeKey(
  deps: AdministrationDeps,
  order: { readonly keyId: number; readonly reason: string },
): Promise<Decided & { readonly alsoRevoked: readonly { keyId: number; identifier: string }[] }> {
  const reason = checkReason(order.reason);
  const { store, clock, by } = deps;
  const { key, workstation } = await getKey(store, order.keyId);
  const { assetTag } = workstation;
  refuseUnless(key, 'active', assetTag);
  const now = clock.now();
  const alsoRevoked = await store.write(async (db) => {
    if (!(await changeKey(db, key, { state: 'revoked', revokedAt: now })))
      throw changedMeanwhile(`The key ${key.id}`);
    const chain = keysBehind(key.id, await listKeysOfWorkstation(db, workstation.id));
    const revoked = [key];
    for (const one of chain) {
      if (one.state !== 'active') continue;
      if (!(await changeKey(db, one, { state: 'revoked', revokedAt: now })))
        throw changedMeanwhile(`The key ${one.id}`);
      revoked.push(one);
    }
    for (const { identifier, certificateIdentifier } of revoked) {
      for (const name of [identifier, certificateIdentifier]) {
        if (name !== null) await deleteIdentifier(db, workstation.id, name);
      }
    }
    await withdrawTickets(db, workstation.id);
    await bumpRevision(db, { workstationId: workstation.id });
    for (const one of revoked) {
      await recordAct(db, by, {
        verb: 'workstation.revoke-key',
        at: now,
        ...(one === key ? {} : { detail: 'vouched-for' }),
        body: { assetTag, keyId: one.id, ...(one === key ? {} : { becauseOfKeyId: key.id }) },
        personal: { identifier: one.identifier, reason },
      });
    }
    return revoked.slice(1).map(({ id: keyId, identifier }) => ({ keyId, identifier }));
  });
  return { keyId: key.id, assetTag, identifier: key.identifier, alsoRevoked };
}

/** The keys that one brought in, directly or through others of them; `all` the oldest first, as none is older than its voucher. */
function keysBehind(keyId: number, all: readonly WorkstationKeyRow[]): WorkstationKeyRow[] {
  const found = new Set([keyId]);
  return all.filter(({ id, vouchedByKeyId }) => {
    if (vouchedByKeyId === null || !found.has(vouchedByKeyId)) return false;
    found.add(id);
    return true;
  });
}

/**
 * A workstation puts a new key in the place of its own, which vouches for it: both prove themselves in one request. No approval is
 * needed; the former key counts for fourteen days more.
 */
export async function renewKey(
  deps: Omit<AdministrationDeps, 'by'>,
  request: KeyRequest & { readonly former: GoodProof },
): Promise<
  | {
      readonly kind: 'renewed';
      readonly assetTag: string;
      readonly certificate: Buffer | null;
      readonly validUntil: number | null;
    }
  | { readonly kind: 'nonce-used' | 'key-known' | 'former-unknown' }
> {
  const { store, clock } = deps;
  const { proof, former, signingRequest } = request;
  const now = clock.now();
  const vouching = await store.read((db) => findKeyInForce(db, former.identifier));
  if (vouching === null || !isInForce(vouching, now)) return { kind: 'former-unknown' };
  const { assetTag, key } = vouching;
  const issued =
    signingRequest === null
      ? null
      : await issueCertificate(deps, { signingRequest, assetTag, identifier: proof.identifier });
  return await unlessTaken(store, async (db) => {
    if (!(await claimNonce(db, proof.nonce)) || !(await claimNonce(db, former.nonce)))
      return { kind: 'nonce-used' };
    // It may have been withdrawn since it was looked at, and holds still from here on.
    const still = await findKeyInForce(db, former.identifier);
    if (
      still?.key.id !== key.id ||
      !isInForce(still, now) ||
      !(await changeKey(db, key, { state: 'active' }))
    )
      return { kind: 'former-unknown' };
    const row = {
      ...rowOf(request, now),
      workstationId: key.workstationId,
      state: 'active' as const,
      decidedAt: now,
      decidedBy: assetTag,
      vouchedByKeyId: key.id,
      certificate: issued?.certificate ?? null,
      certificateIdentifier: issued?.certificateIdentifier ?? null,
      validUntil: issued?.validUntil ?? null,
    };
    const id = await insertKey(db, row);
    if (id === null) return { kind: 'key-known' };
    await endOtherKeys(db, { workstationId: key.workstationId, except: id, at: now + overlapMs });
    await activate(db, row);
    await recordAct(
      db,
      { name: assetTag, via: 'workstation' },
      {
        verb: 'workstation.renew-key',
        at: now,
        body: { assetTag, formerKeyId: key.id, storage: request.storage },
        personal: { identifier: proof.identifier },
      },
    );
    return { kind: 'renewed', assetTag, certificate: row.certificate, validUntil: row.validUntil };
  });
}

/** What became of a key that asked to be registered. */
export async function findRegistration(store: Pick<Store, 'read'>, identifier: string) {
  const found = await store.read((db) => findNewestKey(db, identifier));
  if (found === null)
    return { state: 'unknown' as const, assetTag: null, certificate: null, validUntil: null };
  const { state, certificate, validUntil } = found.key;
  return { state, assetTag: found.assetTag, certificate, validUntil };
}

/** Whether a key that was found counts now. */
export function isInForce(
  found: { readonly key: Pick<WorkstationKeyRow, 'state' | 'validUntil'>; readonly workstationState: string },
  now: number,
): boolean {
  const { state, validUntil } = found.key;
  return (
    state === 'active' && (validUntil === null || now < validUntil) && found.workstationState === 'active'
  );
}

export interface ShownKey {
  readonly keyId: number;
  readonly identifier: string;
  readonly origin: WorkstationKeyRow['origin'];
  readonly storage: KeyStorage;
  readonly label: string;
  readonly state: WorkstationKeyRow['state'];
  readonly validUntil: number | null;
  readonly requestedAt: number;
  /** The key that brought it in by a renewal; null: a person approved it. */
  readonly vouchedByKeyId: number | null;
}

/** All keys that a workstation has and had, the oldest first. */
export async function listKeys(store: Pick<Store, 'read'>, assetTag: string): Promise<readonly ShownKey[]> {
  const { id } = await getWorkstation(store, assetTag);
  const rows = await store.read((db) => listKeysOfWorkstation(db, id));
  return rows.map(
    ({ id: keyId, identifier, origin, storage, label, state, validUntil, requestedAt, vouchedByKeyId }) => {
      return { keyId, identifier, origin, storage, label, state, validUntil, requestedAt, vouchedByKeyId };
    },
  );
}

/** Keys that wait for approval, of workstations in some units (null: in all), the oldest first. */
export async function listPending(
  store: Pick<Store, 'read'>,
  query: { readonly unitIds: readonly number[] | null; readonly after?: number; readonly limit: number },
) {
  const { unitIds, after = 0, limit } = query;
  const rows = await store.read((db) => listPendingKeys(db, { unitIds, after, limit: limit + 1 }));
  const page = rows.slice(0, limit);
  return {
    keys: page.map(({ id, ...key }) => ({ keyId: id, ...key })),
    next: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
  };
}
