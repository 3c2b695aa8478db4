// Operators made, given a role, given a new link. Where that makes or resets an administrator, and there is another one, it takes two:
// one asks and keeps a code, another approves and gets the link. Neither can use it without the other.
import { OperatorError } from '../../base/errors.ts';
import { randomCode } from '../../base/random.ts';
import { dayMs } from '../../core/time-zone.ts';
import { findPersonFact } from '../../store/queries/activation.ts';
import { listLastingCentralAdministrators, listRolesOf } from '../../store/queries/operator-list.ts';
import {
  closeOperatorOrder,
  findOperatorOrder,
  insertOperatorOrder,
  listOpenOperatorOrders,
  type OperatorOrderRow,
} from '../../store/queries/operator-orders.ts';
import { findOperator } from '../../store/queries/operators.ts';
import { findSetting, putSetting, settingKeys } from '../../store/queries/settings.ts';
import type { Db } from '../../store/tables.ts';
import { type AdministrationDeps, changedMeanwhile, checkReason, recordAct } from '../administration.ts';
import { inOneWrite } from '../one-write.ts';
import { codeHashes, groupedCode } from '../portal/code-hash.ts';
import {
  addRole,
  checkNewOperator,
  checkRole,
  createOperator,
  getOtherOperator,
  type LinkMakers,
  makeNewLink,
  makerAlone,
  type NewOperatorOrder,
  type OperatorDeps,
  type OperatorLink,
  type RoleOrder,
} from './operators.ts';

/** An order that nobody approves in this time is void. */
const orderMs = 7 * dayMs;
const codeLength = 8;

/** Whose making and resetting takes two: administrators, or every operator. */
export type FourEyes = 'administrators' | 'all';

/** An order that waits for another administrator. */
export interface WaitingOrder {
  readonly kind: 'waiting';
  readonly orderId: number;
  /** Shown once, to whoever asks: the operator needs it beside the link. Null where there will be no link. */
  readonly code: string | null;
  readonly expiresAt: number;
}

export type Linked = ({ readonly kind: 'link' } & OperatorLink) | WaitingOrder;
export type Granted = { readonly kind: 'granted'; readonly roleId: number } | WaitingOrder;

type Terms =
  | { readonly kind: 'create'; readonly operatorId: null; readonly terms: NewOperatorOrder }
  | { readonly kind: 'grant-role'; readonly operatorId: number; readonly terms: RoleOrder }
  | { readonly kind: 'renew-link'; readonly operatorId: number; readonly terms: { readonly reason: string } };

export async function readFourEyes(db: Db): Promise<FourEyes> {
  return (await findSetting(db, settingKeys.operatorFourEyes)) === 'all' ? 'all' : 'administrators';
}

export async function setFourEyes(deps: AdministrationDeps, mode: FourEyes): Promise<void> {
  const { store, clock, by } = deps;
  await store.write(async (db) => {
    await putSetting(db, settingKeys.operatorFourEyes, mode);
    await recordAct(db, by, { verb: 'operator.set-four-eyes', at: clock.now(), body: { mode } });
  });
}

/** Whether a link for the person asks for something that its maker does not hold: a credential of theirs, or the birth date. */
async function hasSecondFact(db: Db, personId: number, passwordPhc: string | null): Promise<boolean> {
  return passwordPhc !== null || (await findPersonFact(db, personId)) !== null;
}

/** Never for the command line: whoever has the host is not held by this, and it is the way out when nobody can sign in. */
async function needsSecond(
  db: Db,
  { actor, clock }: OperatorDeps,
  about: {
    readonly operatorId: number | null;
    readonly isAdministrator: boolean;
    /** False: the link alone would be enough, so that its maker could be two people. */
    readonly hasSecondFact: boolean;
  },
): Promise<boolean> {
  if (actor === null) return false;
  const takesTwo = about.isAdministrator || !about.hasSecondFact || (await readFourEyes(db)) === 'all';
  if (!takesTwo) return false;
  const administrators = await listLastingCentralAdministrators(db, clock.now());
  return administrators.some((id) => id !== actor.operatorId && id !== about.operatorId);
}

async function isAdministrator(db: Db, operatorId: number, now: number): Promise<boolean> {
  const roles = await listRolesOf(db, [operatorId]);
  return roles.some(
    ({ role, validUntil }) => role === 'central-administrator' && (validUntil === null || validUntil > now),
  );
}

async function file(db: Db, deps: OperatorDeps, order: Terms, reason: string): Promise<WaitingOrder> {
  const { clock, random, keyring, by, actor } = deps;
  if (actor === null) throw new Error('the command line needs nobody');
  const at = clock.now();
  const expiresAt = at + orderMs;
  const code = order.kind === 'grant-role' ? null : randomCode(random, codeLength);
  const orderId = await insertOperatorOrder(db, {
    kind: order.kind,
    operatorId: order.operatorId,
    terms: JSON.stringify(order.terms),
    reason,
    codeHash: code === null ? null : (codeHashes(keyring, 'operator-order', code)[0] ?? null),
    filedAt: at,
    filedBy: by.name,
    filedByOperatorId: actor.operatorId,
    expiresAt,
  });
  await recordAct(db, by, {
    verb: 'operator-order.file',
    at,
    detail: order.kind,
    body: { orderId, operatorId: order.operatorId },
    ...(reason === '' ? {} : { personal: { reason } }),
  });
  return { kind: 'waiting', orderId, code: code === null ? null : groupedCode(code), expiresAt };
}

/**
 * Makes a person an operator with a first role, and a link by which they set password and authenticator themselves.
 * @throws OperatorError when the person is unknown or an operator already, or the role does not fit
 */
export function addOperator(deps: OperatorDeps, order: NewOperatorOrder): Promise<Linked> {
  return inOneWrite(deps, async (inner, db): Promise<Linked> => {
    const checked = await checkNewOperator(db, inner, order);
    const about = {
      operatorId: null,
      isAdministrator: order.role === 'central-administrator',
      hasSecondFact: await hasSecondFact(db, checked.personId, null),
    };
    if (await needsSecond(db, inner, about)) {
      return file(db, inner, { kind: 'create', operatorId: null, terms: order }, '');
    }
    return { kind: 'link', ...(await createOperator(db, inner, checked, makerAlone(inner))) };
  });
}

/** A new link for an operator who has lost phone or password. What they had stays good until it is used. */
export function renewLink(deps: OperatorDeps, operatorId: number, reason: string): Promise<Linked> {
  const why = checkReason(reason, 'reason');
  return inOneWrite(deps, async (inner, db): Promise<Linked> => {
    const { personId, passwordPhc } = await getOtherOperator(db, inner, operatorId);
    const about = {
      operatorId,
      isAdministrator: await isAdministrator(db, operatorId, inner.clock.now()),
      hasSecondFact: await hasSecondFact(db, personId, passwordPhc),
    };
    if (await needsSecond(db, inner, about)) {
      return file(db, inner, { kind: 'renew-link', operatorId, terms: { reason: why } }, why);
    }
    return { kind: 'link', ...(await makeNewLink(db, inner, operatorId, why, makerAlone(inner))) };
  });
}

/** Gives an operator a further role. @throws OperatorError for one's own, or a role that does not fit */
export function grantRole(deps: OperatorDeps, operatorId: number, order: RoleOrder): Promise<Granted> {
  return inOneWrite(deps, async (inner, db): Promise<Granted> => {
    const role = await checkRole(inner, order);
    await getOtherOperator(db, inner, operatorId);
    // A role is no new operator: only that of an administrator takes two.
    const isAdmin = order.role === 'central-administrator';
    if (
      isAdmin &&
      (await needsSecond(db, inner, { operatorId, isAdministrator: true, hasSecondFact: true }))
    ) {
      return file(db, inner, { kind: 'grant-role', operatorId, terms: order }, '');
    }
    return { kind: 'granted', roleId: await addRole(db, inner, operatorId, role) };
  });
}

function noSuchOrder(): OperatorError {
  return new OperatorError('There is no such order that waits.', {
    at: 'id',
    remedy: 'Load the page again: it was decided, withdrawn, or has run out.',
    vi: ['Không có đề nghị nào như vậy đang chờ.', 'Tải lại trang: đề nghị đã được giải quyết hoặc hết hạn.'],
    fault: 'not-found',
  });
}

async function openOrder(db: Db, deps: OperatorDeps, orderId: number): Promise<OperatorOrderRow> {
  const order = await findOperatorOrder(db, orderId);
  if (order === null || order.state !== 'open' || order.expiresAt <= deps.clock.now()) throw noSuchOrder();
  return order;
}

/** @throws OperatorError for whoever asked, and for whom it is about */
async function refuseOneOfBoth(db: Db, { actor }: OperatorDeps, order: OperatorOrderRow): Promise<void> {
  const filer = await findOperator(db, order.filedByOperatorId);
  const isOwn =
    actor === null ||
    actor.operatorId === order.filedByOperatorId ||
    actor.personId === filer?.personId ||
    actor.operatorId === order.operatorId;
  if (!isOwn) return;
  throw new OperatorError('Nobody decides what they asked for, or what is about themselves.', {
    at: 'id',
    remedy: 'Let another central administrator decide.',
    vi: [
      'Không ai được tự duyệt đề nghị của mình hoặc về chính mình.',
      'Nhờ quản trị viên trung ương khác duyệt.',
    ],
  });
}

/** Approves an order and does it, in one write; a link comes to whoever approves. */
export function approveOrder(
  deps: OperatorDeps,
  { orderId, reason }: { readonly orderId: number; readonly reason: string },
): Promise<OperatorLink | null> {
  const why = checkReason(reason, 'reason');
  return inOneWrite(deps, async (inner, db) => {
    const order = await openOrder(db, inner, orderId);
    await refuseOneOfBoth(db, inner, order);
    await close(db, inner, order, 'done', why);
    const makers: LinkMakers = {
      name: order.filedBy,
      operatorId: order.filedByOperatorId,
      approvedByOperatorId: inner.actor?.operatorId ?? null,
      codeHash: order.codeHash,
    };
    const asked = { kind: order.kind, operatorId: order.operatorId, terms: JSON.parse(order.terms) } as Terms;
    switch (asked.kind) {
      case 'create':
        return createOperator(db, inner, await checkNewOperator(db, inner, asked.terms), makers);
      case 'renew-link':
        await getOtherOperator(db, inner, asked.operatorId);
        return makeNewLink(db, inner, asked.operatorId, asked.terms.reason, makers);
      case 'grant-role':
        await getOtherOperator(db, inner, asked.operatorId);
        await addRole(db, inner, asked.operatorId, await checkRole(inner, asked.terms));
        return null;
    }
  });
}

/** Rejects an order, or withdraws one's own. */
export async function rejectOrder(
  deps: OperatorDeps,
  { orderId, reason }: { readonly orderId: number; readonly reason: string },
): Promise<void> {
  const why = checkReason(reason, 'reason');
  await deps.store.write(async (db) => {
    const order = await openOrder(db, deps, orderId);
    const isOwn = deps.actor?.operatorId === order.filedByOperatorId;
    await close(db, deps, order, isOwn ? 'cancelled' : 'rejected', why);
  });
}

async function close(
  db: Db,
  { clock, by, actor }: OperatorDeps,
  order: OperatorOrderRow,
  state: 'done' | 'rejected' | 'cancelled',
  reason: string,
): Promise<void> {
  const at = clock.now();
  const decided = {
    state,
    decidedAt: at,
    decidedBy: by.name,
    decidedByOperatorId: actor?.operatorId ?? null,
    decisionReason: reason,
  };
  if (!(await closeOperatorOrder(db, order.id, decided))) throw changedMeanwhile('The order');
  const verbs = {
    done: 'operator-order.approve',
    rejected: 'operator-order.reject',
    cancelled: 'operator-order.cancel',
  } as const;
  await recordAct(db, by, {
    verb: verbs[state],
    at,
    detail: order.kind,
    body: { orderId: order.id, operatorId: order.operatorId },
    personal: { reason, filedBy: order.filedBy },
  });
}

/** What waits for a second administrator. */
export async function listOrders({ store, clock, actor }: Pick<OperatorDeps, 'store' | 'clock' | 'actor'>) {
  const rows = await store.read((db) => listOpenOperatorOrders(db, clock.now()));
  return rows.map(({ order, fullName, signInName }) => {
    const terms = JSON.parse(order.terms) as Partial<NewOperatorOrder>;
    return {
      id: order.id,
      kind: order.kind,
      operator: fullName ?? terms.staffCode ?? '',
      signInName: signInName ?? terms.signInName ?? '',
      role: terms.role ?? null,
      reason: order.reason,
      filedAt: order.filedAt,
      filedBy: order.filedBy,
      expiresAt: order.expiresAt,
      isOwn: actor?.operatorId === order.filedByOperatorId,
    };
  });
}
