// The invented organisation of the trial in a store: marked as such, and taken out by one act once real data begins.
import { OperatorError } from '../base/errors.ts';
import { nameSearchKey } from '../core/names.ts';
import { renameUnit } from '../store/queries/import/units.ts';
import { listLastingCentralAdministrators } from '../store/queries/operator-list.ts';
import { findOperator } from '../store/queries/operators.ts';
import { findPolicyLayer, noLayer, putPolicy } from '../store/queries/policies.ts';
import {
  deleteSample,
  findSampleHits,
  findSampleIds,
  type SampleHit,
  type SampleMark,
} from '../store/queries/sample.ts';
import {
  bumpSettingsVersion,
  deleteSetting,
  findSetting,
  putSetting,
  settingKeys,
} from '../store/queries/settings.ts';
import { findUnitByCode } from '../store/queries/units.ts';
import type { Store } from '../store/store.ts';
import type { Db } from '../store/tables.ts';
import {
  type AdministrationDeps,
  changedMeanwhile,
  checkReason,
  checkText,
  recordAct,
} from './administration.ts';

const markKey = 'sample';

interface StoredMark extends SampleMark {
  /** The organisation's policy as the sample put it; null: none. */
  readonly policy: string | null;
}

interface SampleFile {
  readonly units: readonly { readonly code: string; readonly parent: string | null }[];
  readonly people: readonly { readonly staffCode: string }[];
  readonly accounts: readonly { readonly userName: string }[];
  readonly workstations: readonly { readonly assetTag: string }[];
  readonly assignments: readonly { readonly number: string }[];
  readonly radiusClients: readonly { readonly name: string }[];
  readonly gateways: readonly { readonly name: string }[];
}

const readMark = async (db: Db): Promise<StoredMark | null> => {
  const kept = await findSetting(db, markKey);
  return kept === null ? null : (JSON.parse(kept) as StoredMark);
};

const ofOrganisation = (db: Db) => findPolicyLayer(db, 'organisation');

/** Notes what of the store is invented, once its file is imported: pages say so, and it can be taken out again. */
export async function markSample(store: Pick<Store, 'write'>, file: object): Promise<void> {
  const sample = file as SampleFile;
  const root = sample.units.find(({ parent }) => parent === null)?.code ?? '';
  await store.write(async (db) => {
    const mark: StoredMark = {
      root,
      units: sample.units.map(({ code }) => code).filter((code) => code !== root),
      people: sample.people.map(({ staffCode }) => staffCode),
      accounts: sample.accounts.map(({ userName }) => userName),
      workstations: sample.workstations.map(({ assetTag }) => assetTag),
      assignments: sample.assignments.map(({ number }) => number),
      clients: sample.radiusClients.map(({ name }) => name),
      gateways: sample.gateways.map(({ name }) => name),
      policy: await ofOrganisation(db),
    };
    await putSetting(db, markKey, JSON.stringify(mark));
  });
}

/** Whether the store holds the invented organisation. */
export async function isSampleIn(store: Pick<Store, 'read'>): Promise<boolean> {
  return (await store.read((db) => findSetting(db, markKey))) !== null;
}

function noSample(): OperatorError {
  return new OperatorError('The store holds no sample data.', {
    at: 'sample',
    remedy: 'Nothing needs to be done.',
    vi: ['Không có dữ liệu mẫu.', 'Không cần làm gì.'],
    fault: 'not-found',
  });
}

const countsOf = (ids: Awaited<ReturnType<typeof findSampleIds>>) => ({
  units: ids.units.length,
  people: ids.people.length,
  accounts: ids.accounts.length,
  workstations: ids.workstations.length,
  assignments: ids.assignments.length,
  gateways: ids.gateways.length,
});

/** What would go, and what real data stands in the way. @throws OperatorError when there is no sample */
export async function previewSampleRemoval(store: Pick<Store, 'read'>) {
  return await store.read(async (db) => {
    const mark = await readMark(db);
    if (mark === null) throw noSample();
    const ids = await findSampleIds(db, mark);
    return { counts: countsOf(ids), hits: await findSampleHits(db, ids) };
  });
}

const hitKinds: Readonly<Record<SampleHit['kind'], readonly [en: string, vi: string]>> = {
  person: ['the person', 'CCVC'],
  unit: ['the unit', 'đơn vị'],
  account: ['the account', 'tài khoản'],
  workstation: ['the workstation', 'máy trạm'],
  assignment: ['the paper', 'văn bản'],
  gateway: ['the gateway', 'cổng VPN'],
  role: ['the role of', 'vai trò của'],
  feed: ['what a source says of', 'dữ liệu nguồn về'],
};

function refuseHits(hits: readonly SampleHit[]): void {
  if (hits.length === 0) return;
  const named = (word: 0 | 1) => hits.map(({ kind, name }) => `${hitKinds[kind][word]} ${name}`).join(', ');
  throw new OperatorError(`Real data hangs on the sample: ${named(0)}. Nothing was removed.`, {
    at: 'sample',
    remedy:
      'Move it to units, people, papers, workstations and gateways of your own, or end it, then try again.',
    vi: [
      `Có dữ liệu thật gắn với dữ liệu mẫu: ${named(1)}. Chưa xóa gì.`,
      'Chuyển dữ liệu đó sang đơn vị, người, văn bản, máy và cổng thật, hoặc kết thúc, rồi làm lại.',
    ],
    fault: 'conflict',
  });
}

export interface SampleRemoval {
  readonly organisationName: string;
  /** The sample's root unit stays, with the operators in it, and is yours from then on. */
  readonly unitCode: string;
  readonly unitName: string;
  readonly reason: string;
}

/**
 * Takes the sample out in one write. What was recorded of it stays in the audit log, with the removal itself.
 * @throws OperatorError when real data hangs on it, or nobody real could look after the console any more; nothing is changed then
 */
export async function removeSample(
  deps: AdministrationDeps,
  order: SampleRemoval,
): Promise<ReturnType<typeof countsOf>> {
  const { store, clock, by } = deps;
  const reason = checkReason(order.reason, 'reason');
  const organisationName = checkText(order.organisationName, 'organisationName', 200);
  const unitName = checkText(order.unitName, 'unitName', 200);
  const unitCode = checkText(order.unitCode, 'unitCode', 64);
  const at = clock.now();
  return await store.write(async (db) => {
    const mark = await readMark(db);
    if (mark === null) throw noSample();
    const ids = await findSampleIds(db, mark);
    if (ids.root === null) throw changedMeanwhile('The root unit of the sample');
    refuseHits(await findSampleHits(db, ids));
    await refuseWithoutOperator(db, ids.people, at);
    const other = await findUnitByCode(db, unitCode);
    if (other !== null && other.id !== ids.root && !ids.units.includes(other.id)) {
      throw new OperatorError(`There is a unit ${unitCode} already.`, {
        at: 'unitCode',
        remedy: 'Give another code.',
        vi: [`Đã có đơn vị ${unitCode}.`, 'Chọn mã khác.'],
        fault: 'conflict',
      });
    }
    await deleteSample(db, ids);
    await renameUnit(db, ids.root, {
      code: unitCode,
      name: unitName,
      nameSearchKey: nameSearchKey(unitName),
    });
    if (mark.policy !== null && (await ofOrganisation(db)) === mark.policy) {
      await putPolicy(db, { scope: 'organisation', layer: noLayer, at, by: by.name, reason });
    }
    await putSetting(db, settingKeys.organisationName, organisationName);
    await putSetting(db, settingKeys.realms, '[]');
    await deleteSetting(db, markKey);
    await bumpSettingsVersion(db);
    const counts = countsOf(ids);
    await recordAct(db, by, {
      verb: 'sample.remove',
      at,
      body: { ...counts, unitCode },
      personal: { reason, organisationName, unitName },
    });
    return counts;
  });
}

/** Operators made of invented people go too: somebody real must be left, if there is any operator. */
async function refuseWithoutOperator(db: Db, people: readonly number[], now: number): Promise<void> {
  const lasting = await listLastingCentralAdministrators(db, now);
  const found = await Promise.all(lasting.map((id) => findOperator(db, id)));
  if (found.length === 0 || found.some((one) => one !== null && !people.includes(one.personId))) return;
  throw new OperatorError('Only invented people are central administrators.', {
    at: 'sample',
    remedy: 'Make a real person a central administrator, who has signed in once, and let that one do it.',
    vi: [
      'Quản trị viên trung ương hiện đều là người hư cấu.',
      'Thêm quản trị viên trung ương là người thật, đã đăng nhập lần đầu, để người đó thực hiện.',
    ],
    fault: 'conflict',
  });
}
