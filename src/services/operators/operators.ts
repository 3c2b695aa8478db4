// Making and unmaking operators: roles with units and dates, one-time links, the end. Nobody gives themselves a role, and the last
// central administrator stays. What makes or resets an administrator takes two of them (orders.ts).
import { type Role, roleScopes } from '../../core/permissions.ts';
import { canonicalUserName, userNameFaultTexts } from '../../core/user-name.ts';
import {
  listLastingCentralAdministrators,
  listRolesOf,
  revokeOperatorRole,
} from '../../store/queries/operator-list.ts';
import { insertOneTimeLink, voidOneTimeLinks } from '../../store/queries/operator-proofs.ts';
import {
  changeOperator,
  findOperator,
  findOperatorByName,
  insertOperator,
  insertOperatorRole,
  type OperatorWithPerson,
} from '../../store/queries/operators.ts';
import { findPersonByStaffCode } from '../../store/queries/people.ts';
import { endWebSessionsOf } from '../../store/queries/web-sessions.ts';
import type { Db } from '../../store/tables.ts';
import { dateOf } from '../accounts/standing.ts';
import {
  type AdministrationDeps,
  changedMeanwhile,
  checkReason,
  readOrganisation,
  recordAct,
  refuse,
} from '../administration.ts';
import { checkSeen } from '../seen.ts';
import { getUnit } from '../units.ts';
import { hashToken, newToken } from '../web/sessions.ts';
import { warnOfAdministratorEnded } from './administrators.ts';

const linkMs = 72 * 3_600_000;

/** Whoever orders; null: not a person of the store (the command line). */
export interface OperatorDeps extends AdministrationDeps {
  readonly actor: { readonly personId: number; readonly operatorId: number } | null;
}

/** Who is behind a link: its maker (null: the command line), who approved it, and the code that the maker holds. */
export interface LinkMakers {
  readonly name: string;
  readonly operatorId: number | null;
  readonly approvedByOperatorId: number | null;
  readonly codeHash: string | null;
}

/** Of an act that took one alone. */
export function makerAlone({ by, actor }: OperatorDeps): LinkMakers {
  const operatorId = actor?.operatorId ?? null;
  return { name: by.name, operatorId, approvedByOperatorId: null, codeHash: null };
}

export interface RoleOrder {
  readonly role: Role;
  /** Code; left out: the whole organisation. */
  readonly unit?: string;
  readonly from?: string;
  readonly until?: string;
  readonly acting?: boolean;
  readonly documentNumber?: string;
}

export interface NewOperatorOrder extends RoleOrder {
  readonly staffCode: string;
  readonly signInName: string;
}

interface CheckedRole {
  readonly role: Role;
  readonly unitId: number | null;
  readonly validFrom: number;
  readonly validUntil: number | null;
  readonly acting: boolean;
  readonly documentNumber: string | null;
}

export interface OperatorLink {
  readonly operatorId: number;
  /** Shown once; kept as a hash. */
  readonly token: string;
  readonly expiresAt: number;
}

/** @throws OperatorError for what somebody orders about themselves */
function refuseOwn({ actor }: OperatorDeps, personId: number): void {
  if (actor?.personId !== personId) return;
  refuse(
    'staffCode',
    ['Nobody changes their own roles.', 'Another central administrator has to do it.'],
    ['Không ai sửa được vai trò của chính mình.', 'Nhờ quản trị viên trung ương khác thực hiện.'],
  );
}

/** @throws OperatorError when the role does not fit */
export async function checkRole(deps: OperatorDeps, order: RoleOrder): Promise<CheckedRole> {
  const { role, unit, acting = false } = order;
  const scopes = roleScopes[role];
  if (unit === undefined ? !scopes.organisation : !scopes.unit) {
    refuse(
      'unit',
      unit === undefined
        ? [`The role ${role} is held for a unit.`, 'Name the unit.']
        : [`The role ${role} is held for the whole organisation.`, 'Leave the unit out.'],
      unit === undefined
        ? ['Vai trò này gắn với một đơn vị.', 'Chọn đơn vị.']
        : ['Vai trò này dành cho toàn cơ quan.', 'Để trống đơn vị.'],
    );
  }
  const documentNumber = order.documentNumber?.trim().normalize('NFC') || null;
  if (documentNumber !== null && (documentNumber.length > 100 || /\p{Cc}/u.test(documentNumber))) {
    refuse(
      'documentNumber',
      ['This is no document number.', 'Write it as on the paper, such as 123/QĐ-TCCB.'],
      ['Số, ký hiệu văn bản không hợp lệ.', 'Nhập như trên văn bản, ví dụ 123/QĐ-TCCB.'],
    );
  }
  if (role === 'head-of-unit' && documentNumber === null) {
    refuse(
      'documentNumber',
      ['A head is appointed in writing.', 'Give the number of the decision.'],
      ['Thủ trưởng đơn vị được bổ nhiệm bằng văn bản.', 'Nhập số, ký hiệu của quyết định.'],
    );
  }
  if (acting && role !== 'head-of-unit') {
    refuse(
      'acting',
      ['Only heads can be acting.', 'Leave it out.'],
      ['Chỉ Thủ trưởng đơn vị mới có người phụ trách thay.', 'Bỏ chọn.'],
    );
  }
  const { timeZone } = await readOrganisation(deps.store);
  const now = deps.clock.now();
  const validFrom = order.from === undefined ? now : dateOf(order.from, 'from', timeZone, 'from');
  const validUntil = order.until === undefined ? null : dateOf(order.until, 'until', timeZone, 'until');
  if (validUntil !== null && validUntil <= Math.max(now, validFrom)) {
    refuse(
      'until',
      ['The role would end before it begins.', 'Give a later day.'],
      ['Vai trò kết thúc trước khi bắt đầu.', 'Chọn ngày cuối muộn hơn.'],
    );
  }
  const unitId = unit === undefined ? null : (await getUnit(deps.store, unit, 'unit')).id;
  return { role, unitId, validFrom, validUntil, acting, documentNumber };
}

function recordRole(
  db: Db,
  deps: OperatorDeps,
  operatorId: number,
  roleId: number,
  role: CheckedRole,
  at: number,
) {
  const { unitId, validFrom, validUntil, acting, documentNumber } = role;
  return recordAct(db, deps.by, {
    verb: 'operator.grant-role',
    at,
    body: { operatorId, roleId, role: role.role, unitId, validFrom, validUntil, acting, documentNumber },
  });
}

async function makeLink(
  db: Db,
  deps: OperatorDeps,
  operatorId: number,
  makers: LinkMakers,
): Promise<OperatorLink> {
  const at = deps.clock.now();
  const token = newToken(deps.random);
  const expiresAt = at + linkMs;
  await voidOneTimeLinks(db, operatorId, at);
  await insertOneTimeLink(db, {
    tokenHash: hashToken(token),
    purpose: 'operator',
    operatorId,
    createdBy: makers.name,
    createdByOperatorId: makers.operatorId,
    approvedByOperatorId: makers.approvedByOperatorId,
    codeHash: makers.codeHash,
    createdAt: at,
    expiresAt,
  });
  return { operatorId, token, expiresAt };
}

interface NewOperator {
  readonly personId: number;
  readonly fullName: string;
  readonly staffCode: string;
  readonly signInName: string;
  readonly role: CheckedRole;
}

/** @throws OperatorError when the person is unknown or an operator already, or the role does not fit */
export async function checkNewOperator(
  db: Db,
  deps: OperatorDeps,
  order: NewOperatorOrder,
): Promise<NewOperator> {
  const staffCode = order.staffCode.trim().normalize('NFC');
  const name = canonicalUserName(order.signInName.trim().normalize('NFC'), { realms: [] });
  if (!name.ok)
    refuse(
      'signInName',
      [`${userNameFaultTexts[name.fault]}.`, 'Take letters, digits, dots, such as nvduc.'],
      ['Tên đăng nhập không hợp lệ.', 'Dùng chữ không dấu, số, dấu chấm, ví dụ nvduc.'],
    );
  const role = await checkRole(deps, order);
  const person = await findPersonByStaffCode(db, staffCode);
  if (person === null) {
    return refuse(
      'staffCode',
      [`Nobody has the staff code ${staffCode}.`, 'Give the number in the personnel file.'],
      [`Không có ai mang mã CCVC ${staffCode}.`, 'Nhập mã trong hồ sơ nhân sự.'],
    );
  }
  refuseOwn(deps, person.id);
  if ((await findOperatorByName(db, name.userName)) !== null) {
    refuse(
      'signInName',
      [`${name.userName} is taken.`, 'Choose another sign-in name.'],
      [`Tên đăng nhập ${name.userName} đã có người dùng.`, 'Chọn tên khác.'],
    );
  }
  return { personId: person.id, fullName: person.fullName, staffCode, signInName: name.userName, role };
}

/** Makes a person an operator with a first role, and a link by which they set password and authenticator themselves. */
export async function createOperator(
  db: Db,
  deps: OperatorDeps,
  { personId, fullName, staffCode, signInName, role }: NewOperator,
  makers: LinkMakers,
): Promise<OperatorLink> {
  const at = deps.clock.now();
  const operatorId = await insertOperator(db, { personId, signInName, state: 'active', createdAt: at });
  const roleId = await insertOperatorRole(db, { operatorId, ...role, createdAt: at });
  await recordAct(db, deps.by, {
    verb: 'operator.create',
    at,
    body: { operatorId },
    personal: { fullName, signInName, staffCode },
  });
  await recordRole(db, deps, operatorId, roleId, role, at);
  return makeLink(db, deps, operatorId, makers);
}

/** @throws OperatorError when there is no such operator, or it is oneself */
export async function getOtherOperator(
  db: Db,
  deps: OperatorDeps,
  operatorId: number,
): Promise<OperatorWithPerson> {
  const operator = await getOperator(db, deps, operatorId);
  refuseOwn(deps, operator.personId);
  return operator;
}

/** What an act on an operator rests on. */
export function seenOfOperator(
  operator: Pick<OperatorWithPerson, 'id' | 'state' | 'passwordPhc' | 'oidcSubject'>,
  roles: Awaited<ReturnType<typeof listRolesOf>>,
): unknown {
  const { id, state, passwordPhc, oidcSubject } = operator;
  return [
    id,
    state,
    passwordPhc !== null,
    oidcSubject !== null,
    roles.map((role) => [role.id, role.validUntil]),
  ];
}

async function getOperator(db: Db, deps: OperatorDeps, operatorId: number): Promise<OperatorWithPerson> {
  const operator = await findOperator(db, operatorId);
  if (operator !== null) {
    checkSeen(deps, seenOfOperator(operator, await listRolesOf(db, [operatorId])), 'The operator');
    if (operator.state === 'active') return operator;
  }
  return refuse(
    'id',
    ['There is no such operator.', 'Look at the list of operators.'],
    ['Không có cán bộ vận hành này.', 'Xem lại danh sách.'],
    'not-found',
  );
}

/** A new link for an operator who has lost phone or password. What they had stays good until it is used. */
export async function makeNewLink(
  db: Db,
  deps: OperatorDeps,
  operatorId: number,
  reason: string,
  makers: LinkMakers,
): Promise<OperatorLink> {
  await recordAct(db, deps.by, {
    verb: 'operator.renew-link',
    at: deps.clock.now(),
    body: { operatorId },
    personal: { reason },
  });
  return makeLink(db, deps, operatorId, makers);
}

/** Gives an operator a further role. A link that one administrator made for less is no way to become an administrator. */
export async function addRole(
  db: Db,
  deps: OperatorDeps,
  operatorId: number,
  role: CheckedRole,
): Promise<number> {
  const at = deps.clock.now();
  if (role.role === 'central-administrator') await voidOneTimeLinks(db, operatorId, at);
  const roleId = await insertOperatorRole(db, { operatorId, ...role, createdAt: at });
  await recordRole(db, deps, operatorId, roleId, role, at);
  return roleId;
}

/** Refuses what would leave the organisation without a central administrator who can sign in. */
async function refuseLast(db: Db, operatorId: number, now: number): Promise<void> {
  const left = (await listLastingCentralAdministrators(db, now)).filter((id) => id !== operatorId);
  if (left.length > 0) return;
  refuse(
    'id',
    ['This is the last central administrator.', 'Make another first, who has signed in once.'],
    [
      'Đây là quản trị viên trung ương cuối cùng.',
      'Thêm một người khác và để người đó đăng nhập lần đầu trước.',
    ],
    'conflict',
  );
}

/** Takes a role away at once. */
export async function revokeRole(
  deps: OperatorDeps,
  order: { readonly operatorId: number; readonly roleId: number; readonly reason: string },
): Promise<void> {
  const { operatorId, roleId } = order;
  const reason = checkReason(order.reason, 'reason');
  const at = deps.clock.now();
  await deps.store.write(async (db) => {
    const operator = await getOperator(db, deps, operatorId);
    refuseOwn(deps, operator.personId);
    const held = (await listRolesOf(db, [operatorId])).find(({ id }) => id === roleId);
    if (held?.role === 'central-administrator') await refuseLast(db, operatorId, at);
    const row = await revokeOperatorRole(db, operatorId, roleId, at);
    if (row === null) {
      refuse(
        'roleId',
        ['The operator has no such role.', 'Load the operator again.'],
        ['Người này không có vai trò đó.', 'Tải lại trang.'],
        'not-found',
      );
    }
    const record = await recordAct(db, deps.by, {
      verb: 'operator.revoke-role',
      at,
      body: { operatorId, roleId, role: row.role, unitId: row.unitId },
      personal: { reason },
    });
    if (row.role === 'central-administrator') {
      await warnOfAdministratorEnded(db, deps.by, operator.signInName, at, record);
    }
  });
}

/** Ends an operator: no role counts, the sessions die at once, links are void. */
export async function endOperator(
  deps: OperatorDeps,
  order: { readonly operatorId: number; readonly reason: string },
): Promise<void> {
  const { operatorId } = order;
  const reason = checkReason(order.reason, 'reason');
  const at = deps.clock.now();
  await deps.store.write(async (db) => {
    const operator = await getOperator(db, deps, operatorId);
    refuseOwn(deps, operator.personId);
    const wasAdministrator = (await listRolesOf(db, [operatorId])).some(
      ({ role, validUntil }) => role === 'central-administrator' && (validUntil === null || validUntil > at),
    );
    const isLasting = (await listLastingCentralAdministrators(db, at)).includes(operatorId);
    if (isLasting) await refuseLast(db, operatorId, at);
    if (!(await changeOperator(db, operator, { state: 'ended', endedAt: at }))) {
      throw changedMeanwhile('The operator');
    }
    const sessions = await endWebSessionsOf(db, { operatorId }, at);
    await voidOneTimeLinks(db, operatorId, at);
    const record = await recordAct(db, deps.by, {
      verb: 'operator.end',
      at,
      body: { operatorId, sessions },
      personal: { reason, fullName: operator.fullName },
    });
    if (wasAdministrator) {
      await warnOfAdministratorEnded(db, deps.by, operator.signInName, at, record);
    }
  });
}
