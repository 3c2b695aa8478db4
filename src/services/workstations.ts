// Workstations: registered, renamed by their identifiers, lost, retired, back in use.
import { OperatorError } from '../base/errors.ts';
import { nearestName } from '../base/nearest.ts';
import {
  type IdentifierType,
  identifierKey,
  identifierTypes,
  normaliseIdentifier,
} from '../core/evidence.ts';
import type { WorkstationState } from '../core/facts.ts';
import { bumpRevision } from '../store/queries/revision.ts';
import { findActiveKeyOf } from '../store/queries/workstation-keys.ts';
import {
  deleteIdentifier,
  findPerson,
  findPersonByStaffCode,
  findWorkstation,
  insertIdentifier,
  insertWorkstation,
  listIdentifiers,
  listOwnersOfIdentifier,
  listSimilarAssetTags,
  listUsersOfWorkstation,
  listWorkstations,
  setWorkstationState,
  type WorkstationRow,
} from '../store/queries/workstations.ts';
import type { Store } from '../store/store.ts';
import type { Db } from '../store/tables.ts';
import { type AdministrationDeps, changedMeanwhile, checkReason, recordAct } from './administration.ts';
import { inOneWrite } from './one-write.ts';
import { checkSeen } from './seen.ts';
import { getUnit } from './units.ts';

/** @throws OperatorError that names the nearest asset tag, when there is no such workstation */
export async function getWorkstation(store: Pick<Store, 'read'>, assetTag: string): Promise<WorkstationRow> {
  const wanted = assetTag.trim().normalize('NFC');
  const workstation = await store.read((db) => findWorkstation(db, wanted));
  if (workstation !== null) return workstation;
  const similar = nearestName(wanted, await store.read((db) => listSimilarAssetTags(db, wanted)));
  throw new OperatorError(`There is no workstation ${wanted}.`, {
    at: 'ASSET',
    vi: [
      `Không có máy trạm ${wanted}.`,
      similar === null ? 'Xem danh sách máy trạm.' : `Có phải ${similar} không?`,
    ],
    remedy: similar === null ? 'See "gatewarden workstation list".' : `Did you mean ${similar}?`,
  });
}

export async function listWorkstationPage(
  store: Pick<Store, 'read'>,
  query: {
    readonly unit?: string;
    readonly state?: WorkstationState;
    readonly after?: string;
    readonly limit: number;
  },
) {
  const unit = query.unit === undefined ? null : await getUnit(store, query.unit);
  const rows = await store.read((db) =>
    listWorkstations(db, {
      unitPath: unit?.path ?? null,
      state: query.state ?? null,
      after: query.after ?? null,
      limit: query.limit + 1,
    }),
  );
  const page = rows.slice(0, query.limit);
  return { workstations: page, next: rows.length > query.limit ? (page.at(-1)?.assetTag ?? null) : null };
}

/** A workstation with its identifiers, keeper and users. */
export async function showWorkstation(store: Pick<Store, 'read'>, assetTag: string) {
  const workstation = await getWorkstation(store, assetTag);
  return await store.read(async (db) => ({
    ...workstation,
    keeper: workstation.keeperPersonId === null ? null : await findPerson(db, workstation.keeperPersonId),
    identifiers: await listIdentifiers(db, workstation.id),
    users: await listUsersOfWorkstation(db, workstation.id),
  }));
}

/** What an act on a workstation rests on. */
export function seenOfWorkstation(shown: Awaited<ReturnType<typeof showWorkstation>>): unknown {
  const { id, assetTag, name, kind, state, unitId, keeperPersonId, identifiers, users } = shown;
  const times = users.map(({ userName, validFrom, validUntil }) => [userName, validFrom, validUntil]);
  return [id, assetTag, name, kind, state, unitId, keeperPersonId, identifiers, times];
}

/** Registers a workstation, in use. @throws OperatorError when its asset tag is taken */
export async function addWorkstation(
  deps: AdministrationDeps,
  order: {
    readonly assetTag: string;
    readonly name?: string;
    readonly kind: WorkstationRow['kind'];
    readonly unit: string;
    /** Staff code. */
    readonly keeper?: string;
  },
): Promise<{ readonly assetTag: string }> {
  const { store, clock, by } = deps;
  const assetTag = order.assetTag.trim().normalize('NFC');
  if (assetTag === '' || assetTag.length > 64 || /\p{Cc}/u.test(assetTag)) {
    throw new OperatorError('The asset tag is empty, too long or holds control characters.', {
      at: 'ASSET',
      remedy: "Give the unit's inventory number, as on the label.",
      vi: ['Mã tài sản trống, quá dài hoặc có ký tự lạ.', 'Nhập mã tài sản ghi trên nhãn của máy.'],
    });
  }
  const unit = await getUnit(store, order.unit);
  const { keeper: staffCode } = order;
  const keeper =
    staffCode === undefined ? null : await store.read((db) => findPersonByStaffCode(db, staffCode));
  if (staffCode !== undefined && keeper === null) {
    throw new OperatorError(`Nobody has the staff code ${staffCode}.`, {
      at: '--keeper',
      remedy: 'Give the staff code of a person of the organisation.',
      vi: [`Không có ai mang mã CCVC ${staffCode}.`, 'Nhập mã CCVC của người trong cơ quan.'],
    });
  }
  await store.write(async (db) => {
    const { kind } = order;
    const id = await insertWorkstation(db, {
      assetTag,
      name: order.name?.trim().normalize('NFC') || assetTag,
      kind,
      state: 'active',
      unitId: unit.id,
      keeperPersonId: keeper?.id ?? null,
    });
    if (id === null) {
      throw new OperatorError(`There is a workstation ${assetTag} already.`, {
        at: 'ASSET',
        vi: [`Đã có máy trạm ${assetTag}.`, 'Tìm máy đó trong danh sách.'],
        remedy: `See "gatewarden workstation show ${assetTag}".`,
      });
    }
    await recordAct(db, by, {
      verb: 'workstation.add',
      at: clock.now(),
      body: { assetTag, kind, unit: unit.code },
    });
  });
  return { assetTag };
}

/** Lost, retired or in use again; holds for the next decision. @throws OperatorError when it is so already */
export async function setState(
  deps: AdministrationDeps,
  order: { readonly assetTag: string; readonly state: WorkstationState; readonly reason: string },
): Promise<{ readonly assetTag: string; readonly former: WorkstationState; readonly accounts: number }> {
  const reason = checkReason(order.reason);
  const { state } = order;
  return await inOneWrite(deps, async ({ store, clock, by }, db) => {
    const shown = await showWorkstation(store, order.assetTag);
    const { id, assetTag, state: former } = shown;
    checkSeen(deps, seenOfWorkstation(shown), `The workstation ${assetTag}`);
    if (state === former) {
      throw new OperatorError(`${assetTag} is ${state} already.`, {
        at: 'STATE',
        vi: [`${assetTag} đã ở tình trạng này.`, 'Không cần làm gì.'],
        remedy: 'Nothing needs to be done.',
      });
    }
    if (!(await setWorkstationState(db, { id, former, state })))
      throw changedMeanwhile(`The workstation ${assetTag}`);
    await bumpRevision(db, { workstationId: id });
    await recordAct(db, by, {
      verb: 'workstation.set-state',
      at: clock.now(),
      detail: state,
      body: { assetTag, former },
      personal: { reason },
    });
    const users = new Set((await listUsersOfWorkstation(db, id)).map((user) => user.userName));
    return { assetTag, former, accounts: users.size };
  });
}

function keyOf(type: string, value: string): string {
  const known = identifierTypes.find((name) => name === type);
  if (known === undefined) {
    const similar = nearestName(type, identifierTypes);
    throw new OperatorError(`There is no identifier of type ${type}.`, {
      at: 'TYPE',
      remedy: `${similar === null ? '' : `Did you mean ${similar}? `}Known: ${identifierTypes.join(', ')}.`,
    });
  }
  const normalised = normaliseIdentifier(known, value);
  if (normalised !== null) return identifierKey(known, normalised);
  const examples: Partial<Record<IdentifierType, string>> = {
    mac: '00-1A-2B-3C-4D-5E',
    hostname: 'pc-kt-014',
    'source-address': '203.0.113.7',
    'device-uid': 'the UID that the client shows in hexadecimal',
    'certificate-sha256': 'the 64 hexadecimal digits of the SHA-256 fingerprint of its certificate',
    'spki-sha256': 'the 64 hexadecimal digits of the SHA-256 digest of its public key',
  };
  throw new OperatorError(`This names no workstation by its ${known}.`, {
    at: 'VALUE',
    vi: [
      'Thông tin nhận dạng máy không hợp lệ.',
      `Nhập như cổng VPN gửi${examples[known] === undefined ? '' : `: ${examples[known]}`}.`,
    ],
    remedy: `Give it as the gateway reports it: ${examples[known] ?? 'a text of up to 253 characters'}.`,
  });
}

/** A key is registered with another workstation: it could not be told which of them shows it. */
export class KeyTakenError extends OperatorError {
  constructor(identifier: string, owner: string) {
    super(`The key ${identifier} is registered with the workstation ${owner}.`, {
      at: 'VALUE',
      remedy: `Make a new key; if this one was entered there by mistake, take it away there first ("gatewarden workstation show ${owner}").`,
      vi: [
        `Khóa này đã đăng ký cho máy trạm ${owner}.`,
        `Tạo khóa mới; nếu trước đây nhập nhầm cho ${owner} thì gỡ khóa ở máy đó trước.`,
      ],
    });
  }
}

/**
 * Gives a workstation an identifier; false when it has it.
 * @throws KeyTakenError when it is a key and another workstation's; the store sees to that, whoever else writes
 */
export async function giveIdentifier(db: Db, workstationId: number, identifier: string): Promise<boolean> {
  if (await insertIdentifier(db, workstationId, identifier)) return true;
  const owners = await listOwnersOfIdentifier(db, identifier);
  if (owners.some(({ id }) => id === workstationId)) return false;
  throw new KeyTakenError(identifier, owners[0]?.assetTag ?? '?');
}

/**
 * Adds an identifier, brought into its one spelling.
 * @returns also the other workstations that have it: they can't be told apart by it
 */
export async function addIdentifier(
  deps: AdministrationDeps,
  order: { readonly assetTag: string; readonly type: string; readonly value: string },
): Promise<{ readonly assetTag: string; readonly identifier: string; readonly sharedWith: string[] }> {
  const { store, clock, by } = deps;
  const { id, assetTag } = await getWorkstation(store, order.assetTag);
  const identifier = keyOf(order.type, order.value);
  return await store.write(async (db) => {
    if (!(await giveIdentifier(db, id, identifier))) {
      throw new OperatorError(`${assetTag} has ${identifier} already.`, {
        at: 'VALUE',
        remedy: 'Nothing needs to be done.',
      });
    }
    await bumpRevision(db, { workstationId: id });
    await recordAct(db, by, {
      verb: 'workstation.add-identifier',
      at: clock.now(),
      body: { assetTag, type: order.type },
      personal: { identifier },
    });
    const owners = await listOwnersOfIdentifier(db, identifier);
    const sharedWith = owners.filter((owner) => owner.id !== id).map((owner) => owner.assetTag);
    return { assetTag, identifier, sharedWith };
  });
}

/**
 * Takes an identifier away. That of a key which was registered stays: it is revoked, so that it buys nothing, vouches for no other,
 * and is known as withdrawn.
 * @throws OperatorError when the workstation does not have it, or has it with a key
 */
export async function removeIdentifier(
  deps: AdministrationDeps,
  order: { readonly assetTag: string; readonly type: string; readonly value: string },
): Promise<{ readonly assetTag: string; readonly identifier: string }> {
  const { store, clock, by } = deps;
  const { id, assetTag } = await getWorkstation(store, order.assetTag);
  const identifier = keyOf(order.type, order.value);
  return await store.write(async (db) => {
    const key = await findActiveKeyOf(db, id, identifier);
    if (key !== null) {
      throw new OperatorError(`${identifier} is that of the registered key ${key.id} of ${assetTag}.`, {
        at: 'VALUE',
        remedy: `Revoke the key: "gatewarden workstation revoke-key ${key.id} --reason …".`,
      });
    }
    if (!(await deleteIdentifier(db, id, identifier))) {
      const held = await listIdentifiers(db, id);
      throw new OperatorError(`${assetTag} does not have ${identifier}.`, {
        at: 'VALUE',
        remedy: held.length === 0 ? 'It has no identifiers.' : `It has ${held.join(', ')}.`,
      });
    }
    await bumpRevision(db, { workstationId: id });
    await recordAct(db, by, {
      verb: 'workstation.remove-identifier',
      at: clock.now(),
      body: { assetTag, type: order.type },
      personal: { identifier },
    });
    return { assetTag, identifier };
  });
}
