// An account made by hand: for one person, under a written assignment, with a workstation, in one act.
import { OperatorError } from '../../base/errors.ts';
import { employmentAt } from '../../core/employment.ts';
import { type Reach, reaches } from '../../core/permissions.ts';
import type { Policy } from '../../core/policy.ts';
import { findTermFault } from '../../core/term.ts';
import { dayMs, dayOf, instantAt, wallAt } from '../../core/time-zone.ts';
import { canonicalUserName, userNameFaultTexts } from '../../core/user-name.ts';
import { findHolder, listEmploymentEvents } from '../../store/queries/account-details.ts';
import { findAccountById, findAccountByUserName, insertAccount } from '../../store/queries/accounts.ts';
import { findAssignment } from '../../store/queries/assignments.ts';
import { listAccountsOfPerson } from '../../store/queries/people.ts';
import { findUnitPathOf } from '../../store/queries/reach.ts';
import { findWorkstation } from '../../store/queries/workstations.ts';
import type { Store } from '../../store/store.ts';
import {
  checkReason,
  type OrganisationFacts,
  readOrganisation,
  recordAct,
  refuse,
} from '../administration.ts';
import { type AssignmentDeps, addAssignment, addToAssignment, type NewAssignment } from '../assignments.ts';
import { inOneWrite } from '../one-write.ts';
import { type Filer, fileRequest } from '../requests/file.ts';
import { isReassignmentOfTwo } from '../requests/four-eyes.ts';
import type { Settings } from '../settings/settings.ts';
import { dateOf } from './standing.ts';
import { assignWorkstation } from './workstations.ts';

/** Whoever acts, with what each part of the act may touch: null where that part is not theirs to do. */
export interface NewAccountDeps extends AssignmentDeps {
  readonly settings: Settings;
  readonly workstationReach: Reach | null;
  readonly filer: Filer;
}

export interface NewAccount {
  readonly personId: number;
  readonly userName: string;
  readonly validFrom: string;
  readonly validUntil: string;
  /** The paper it rests on: one that is entered already, or a new one. */
  readonly assignment: { readonly id: number } | Omit<NewAssignment, 'accounts'>;
  /** `until`: lent until the end of that day. */
  readonly workstation?: { readonly assetTag: string; readonly until?: string };
  /** For whoever approves what the policy wants a second person for. */
  readonly reason?: string;
}

export interface AccountAdded {
  readonly id: number;
  readonly userName: string;
  readonly validFrom: number;
  readonly validUntil: number;
  /** What waits for a second person: a term beyond the usual one, a machine that somebody has or had. */
  readonly asked: readonly {
    readonly kind: 'extension' | 'workstation-register' | 'workstation-temporary';
    readonly requestId: number;
  }[];
}

/** Who may be given one: somebody of the units within reach, who works here or will, has none yet, and is not whoever acts. */
async function checkPerson(deps: NewAccountDeps, personId: number) {
  const { store, reach, actorPersonId, clock } = deps;
  const found = await store.read(async (db) => {
    const path = await findUnitPathOf(db, 'person', personId);
    if (path === null || !reaches(reach, path)) return null;
    return {
      holder: await findHolder(db, personId),
      facts: await listEmploymentEvents(db, personId),
      accounts: await listAccountsOfPerson(db, personId),
    };
  });
  if (found === null) {
    return refuse(
      'personId',
      ['There is no such person.', 'Choose somebody of the units that you look after.'],
      ['Không có người này.', 'Chọn người thuộc phạm vi quản lý.'],
      'not-found',
    );
  }
  if (personId === actorPersonId) {
    refuse(
      'personId',
      ['Nobody makes an account for themselves.', 'Let another operator do it.'],
      ['Không ai tự cấp tài khoản cho mình.', 'Nhờ cán bộ vận hành khác thực hiện.'],
    );
  }
  if (employmentAt(found.facts, clock.now()).state === 'ended') {
    refuse(
      'personId',
      ['This person works here no longer.', 'Enter the return to work as a personnel event first.'],
      ['Người này không còn công tác tại cơ quan.', 'Nhập biến động trở lại làm việc trước.'],
    );
  }
  const other = found.accounts.find(({ status }) => status !== 'withdrawn');
  if (other !== undefined) {
    refuse(
      'personId',
      [`This person has the account ${other.userName}.`, 'Open it to extend it or to change it.'],
      [`Người này đã có tài khoản ${other.userName}.`, 'Mở tài khoản đó để gia hạn hoặc thay đổi.'],
      'conflict',
    );
  }
  return found.holder;
}

function checkUserName(typed: string, realms: readonly string[]): string {
  const name = canonicalUserName(typed.normalize('NFC'), { realms });
  if (name.ok) return name.userName;
  return refuse(
    'userName',
    [`${userNameFaultTexts[name.fault]}.`, 'Give the name as it will be typed in the VPN client.'],
    ['Tên đăng nhập không hợp lệ.', 'Nhập chữ không dấu, số, dấu chấm, gạch ngang; không có dấu cách.'],
  );
}

/** The term; and what of it one person alone may give, where the rest is for two. */
function readTerm(
  order: NewAccount,
  policy: Policy,
  { timeZone }: OrganisationFacts,
  now: number,
): { readonly validFrom: number; readonly validUntil: number; readonly isBeyondUsual: boolean } {
  const validFrom = dateOf(order.validFrom, 'from', timeZone, 'validFrom');
  const validUntil = dateOf(order.validUntil, 'until', timeZone, 'validUntil');
  if (validUntil <= Math.max(validFrom, now)) {
    refuse(
      'validUntil',
      ['The term would be over already, or end before it begins.', 'Choose a later last day.'],
      ['Thời hạn đã qua hoặc kết thúc trước khi bắt đầu.', 'Chọn ngày cuối muộn hơn.'],
    );
  }
  const fault = findTermFault(validFrom, validUntil, policy);
  if (fault !== null) {
    refuse(
      'validUntil',
      [
        `The term would last ${fault.days} days; the policy allows ${fault.longestDays}.`,
        'Choose an earlier last day.',
      ],
      [
        `Thời hạn dài ${fault.days} ngày; chính sách cho phép nhiều nhất ${fault.longestDays} ngày.`,
        'Chọn ngày cuối sớm hơn.',
      ],
    );
  }
  const usualUntil = now + policy.usualTermDays * dayMs;
  if (!policy.fourEyes.includes('extension') || validUntil <= usualUntil)
    return { validFrom, validUntil, isBeyondUsual: false };
  if (validFrom >= usualUntil) {
    refuse(
      'validFrom',
      ['The term would begin beyond the usual one.', 'Make the account nearer to its first day.'],
      ['Thời hạn bắt đầu sau thời hạn thông thường.', 'Lập tài khoản gần ngày bắt đầu hơn.'],
    );
  }
  // The last whole day that still lies within the usual term.
  const midnight = instantAt(dayOf(wallAt(usualUntil, timeZone)) * dayMs, timeZone, 'earlier');
  return { validFrom, validUntil: Math.max(midnight, validFrom + dayMs), isBeyondUsual: true };
}

async function checkAssignment({ store, reach }: NewAccountDeps, id: number): Promise<void> {
  const paper = await store.read((db) => findAssignment(db, id));
  if (paper !== null && reaches(reach, paper.unitPath)) return;
  refuse(
    'assignment.id',
    ['There is no such paper.', 'Choose a written assignment of the units that you look after.'],
    ['Không có văn bản này.', 'Chọn văn bản phân công thuộc phạm vi quản lý.'],
    'not-found',
  );
}

async function checkWorkstation(
  store: Pick<Store, 'read'>,
  reach: Reach | null,
  assetTag: string,
): Promise<void> {
  const path = await store.read(async (db) => {
    const workstation = await findWorkstation(db, assetTag.trim().normalize('NFC'));
    return workstation === null ? null : findUnitPathOf(db, 'workstation', workstation.id);
  });
  if (path !== null && reach !== null && reaches(reach, path)) return;
  refuse(
    'workstation.assetTag',
    ['There is no such workstation.', 'Give the asset tag of a workstation that you look after.'],
    ['Không có máy trạm này.', 'Nhập đúng mã tài sản của máy thuộc phạm vi quản lý.'],
    'not-found',
  );
}

/** Names the part of the form that an act within the act has refused. */
async function inPart(
  part: string,
  names: Readonly<Record<string, string>>,
  work: Promise<unknown>,
): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const { message, remedy, at = '', vi, fault } = error;
    throw new OperatorError(message, {
      at: `${part}.${names[at] ?? at}`,
      remedy,
      ...(vi === undefined ? {} : { vi }),
      ...(fault === 'invalid' ? {} : { fault }),
    });
  }
}

/**
 * Makes a pending account with its paper and workstation, all or nothing. Where the policy wants four eyes, the account begins with the
 * usual term and without the machine that somebody else has, and the rest is asked of a second person.
 * @throws OperatorError that names the field
 */
export async function addAccount(deps: NewAccountDeps, order: NewAccount): Promise<AccountAdded> {
  const { store, settings, clock, by } = deps;
  const { workstation, assignment } = order;
  const organisation = await readOrganisation(store);
  const holder = await checkPerson(deps, order.personId);
  const userName = checkUserName(order.userName, organisation.realms);
  await settings.refresh();
  const policy = settings.current().policyFor(holder.unitIds, 0);
  const now = clock.now();
  const term = readTerm(order, policy, organisation, now);
  if ('id' in assignment) await checkAssignment(deps, assignment.id);
  if (workstation !== undefined) await checkWorkstation(store, deps.workstationReach, workstation.assetTag);
  return await inOneWrite(deps, async (acting, db) => {
    if ((await findAccountByUserName(db, userName)) !== null) refuseTaken(userName);
    const id = await insertAccount(db, {
      userName,
      personId: holder.personId,
      status: 'pending',
      validFrom: term.validFrom,
      validUntil: term.validUntil,
      passwordState: 'usable',
      rulesVersionAccepted: 0,
      createdAt: now,
      updatedAt: now,
    });
    if (id === null) return refuseTaken(userName);
    await recordAct(db, by, {
      verb: 'account.create',
      at: now,
      accountId: id,
      body: { validFrom: term.validFrom, validUntil: term.validUntil },
      personal: { userName, staffCode: holder.staffCode },
    });
    await inPart(
      'assignment',
      {},
      'id' in assignment
        ? addToAssignment(acting, { id: assignment.id, accounts: [id] })
        : addAssignment(acting, { ...assignment, accounts: [id] }),
    );
    const asked: AccountAdded['asked'][number][] = [];
    const ask = async (
      kind: AccountAdded['asked'][number]['kind'],
      terms: Readonly<Record<string, string>>,
    ) => {
      const reason = order.reason === undefined ? needReason() : checkReason(order.reason, 'reason');
      const { requestId } = await fileRequest(acting, { accountId: id, kind, terms, reason });
      asked.push({ kind, requestId });
    };
    if (term.isBeyondUsual) await ask('extension', { validUntil: order.validUntil });
    if (workstation !== undefined) {
      const { assetTag, until } = workstation;
      const account = await findAccountById(db, id);
      if (account === null) throw new Error('the account was not made');
      if (await isReassignmentOfTwo(acting, account, assetTag)) {
        if (until === undefined) await ask('workstation-register', { assetTag });
        else await ask('workstation-temporary', { assetTag, validUntil: until });
      } else {
        await inPart(
          'workstation',
          { ASSET: 'assetTag', '--until': 'until' },
          assignWorkstation(acting, {
            user: userName,
            assetTag,
            ...(until === undefined ? {} : { until }),
          }),
        );
      }
    }
    return { id, userName, validFrom: term.validFrom, validUntil: term.validUntil, asked };
  });
}

function refuseTaken(userName: string): never {
  refuse(
    'userName',
    [`${userName} is the user name of another account.`, 'Give another, with a number after it for example.'],
    [`${userName} là tên đăng nhập của tài khoản khác.`, 'Nhập tên khác, ví dụ thêm số ở cuối.'],
    'conflict',
  );
}

function needReason(): never {
  refuse(
    'reason',
    ['A second person approves part of this.', 'Say why, for whoever approves it.'],
    ['Một phần nội dung cần hai người cùng duyệt.', 'Ghi lý do để người phê duyệt xem.'],
  );
}
