// Term, status and suspension of an account, and the end of its holder's employment.
import { OperatorError } from '../../base/errors.ts';
import { parseTermDate } from '../../core/dates.ts';
import { assignmentAt } from '../../core/employment.ts';
import type { SuspensionFact } from '../../core/facts.ts';
import { mergePolicy, type Policy, type PolicyLayer } from '../../core/policy.ts';
import type { Actor } from '../../core/reason-texts.ts';
import { type DetailOf, detailsOf } from '../../core/reasons.ts';
import { findTermFault } from '../../core/term.ts';
import { dayMs, instantAt, wallAt } from '../../core/time-zone.ts';
import { clearCounters, insertEmploymentEvent } from '../../store/queries/account-changes.ts';
import {
  findHolder,
  findLastWithdrawal,
  listAccountIdsOfPerson,
  listAssignmentsOfAccount,
  listEmploymentEvents,
} from '../../store/queries/account-details.ts';
import type { AccountRow } from '../../store/queries/accounts.ts';
import { listPolicies } from '../../store/queries/gateways.ts';
import { bumpRevision } from '../../store/queries/revision.ts';
import { type AdministrationDeps, checkReason, readOrganisation } from '../administration.ts';
import { actOnAccount, getAccount } from './account.ts';

async function open(deps: AdministrationDeps, user: string) {
  const organisation = await readOrganisation(deps.store);
  return { organisation, account: await getAccount(deps.store, user, organisation.realms) };
}

/** What an act on the account came to. */
export interface Done {
  readonly userName: string;
  readonly revision: number;
}

/**
 * Sets the term. A bound that is not given stays.
 * @throws OperatorError for a date that is none, a term that ends before it begins, or nothing to change
 */
export async function setTerm(
  deps: AdministrationDeps,
  order: {
    readonly user: string;
    readonly validFrom?: string;
    readonly validUntil?: string;
    readonly reason: string;
  },
): Promise<Done & { readonly validFrom: number; readonly validUntil: number; readonly timeZone: string }> {
  const reason = checkReason(order.reason);
  const { organisation, account } = await open(deps, order.user);
  const { timeZone } = organisation;
  if (order.validFrom === undefined && order.validUntil === undefined) {
    throw new OperatorError('No term is given.', {
      at: '--valid-until',
      remedy: 'Give --valid-from, --valid-until or both, such as --valid-until 31/12/2026.',
      vi: ['Chưa nhập thời hạn.', 'Nhập ngày đầu, ngày cuối hoặc cả hai.'],
    });
  }
  const bound = (text: string | undefined, kind: 'from' | 'until', former: number) =>
    text === undefined ? former : dateOf(text, kind, timeZone, `--valid-${kind}`);
  const validFrom = bound(order.validFrom, 'from', account.validFrom);
  const validUntil = bound(order.validUntil, 'until', account.validUntil);
  if (validUntil <= validFrom) {
    throw new OperatorError('The term would end before it begins.', {
      at: '--valid-until',
      remedy:
        'Give a last day that is not before the first; "gatewarden account show" prints the present term.',
      vi: ['Thời hạn kết thúc trước khi bắt đầu.', 'Chọn ngày cuối không trước ngày đầu.'],
    });
  }
  if (validFrom === account.validFrom && validUntil === account.validUntil) {
    throw new OperatorError(`${account.userName} has this term already.`, {
      at: '--valid-until',
      remedy: 'Nothing needs to be done.',
      vi: [`${account.userName} đang có đúng thời hạn này.`, 'Không cần làm gì.'],
    });
  }
  const policy = await termPolicy(deps, account);
  const fault = findTermFault(validFrom, validUntil, policy);
  // One that is too long already may be made shorter.
  if (fault !== null && validUntil - validFrom >= account.validUntil - account.validFrom) {
    throw new OperatorError(
      `The term would last ${fault.days} days; the policy allows ${fault.longestDays} (longestTermDays).`,
      {
        at: '--valid-until',
        vi: [
          `Thời hạn dài ${fault.days} ngày; chính sách cho phép nhiều nhất ${fault.longestDays} ngày.`,
          'Chọn ngày cuối sớm hơn.',
        ],
        remedy:
          'Give an earlier last day, or let the policy of the organisation or the unit allow a longer term.',
      },
    );
  }
  const { revision } = await actOnAccount(deps, account, {
    verb: 'account.set-term',
    set: { validFrom, validUntil },
    body: {
      validFrom,
      validUntil,
      formerValidFrom: account.validFrom,
      formerValidUntil: account.validUntil,
    },
    personal: { reason },
  });
  return { userName: account.userName, revision, validFrom, validUntil, timeZone };
}

/** The policy for the holder's unit, whichever gateway is used. */
async function termPolicy({ store }: AdministrationDeps, account: AccountRow): Promise<Policy> {
  return await store.read(async (db) => {
    const { unitIds } = await findHolder(db, account.personId);
    const layers = new Map((await listPolicies(db)).map(({ scope, layer }) => [scope, layer]));
    const scopes = ['organisation', ...unitIds.map((id) => `unit:${id}`)];
    return mergePolicy(
      scopes.flatMap((scope) => {
        const layer = layers.get(scope);
        return layer === undefined ? [] : [JSON.parse(layer) as PolicyLayer];
      }),
    );
  });
}

/** A date of an option. @throws OperatorError that names the option */
export function dateOf(text: string, kind: 'from' | 'until', timeZone: string, option: string): number {
  try {
    return parseTermDate(text, kind, timeZone);
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    throw new OperatorError(`${option}: ${error.message}.`, {
      at: option,
      remedy: error.remedy,
      vi: ['Ngày không hợp lệ.', 'Nhập ngày/tháng/năm đủ bốn chữ số của năm, ví dụ 28/02/2026.'],
    });
  }
}

/** Who is said to have suspended, by detail; explanations print the role. */
export const suspendingRole: Readonly<Record<SuspensionFact['detail'], Actor>> = {
  'by-unit': 'unit',
  'by-centre': 'centre',
  'by-holder': 'holder',
  case: 'centre',
  leak: 'centre',
  review: 'head',
  dormant: 'centre',
};

export const suspensionDetails = detailsOf('suspended') as readonly SuspensionFact['detail'][];

/** Suspends until reinstated. @throws OperatorError when it is suspended already */
export async function suspend(
  deps: AdministrationDeps,
  order: { readonly user: string; readonly detail: SuspensionFact['detail']; readonly reason: string },
): Promise<Done> {
  const reason = checkReason(order.reason);
  const { account } = await open(deps, order.user);
  const { detail } = order;
  if (account.suspendedDetail !== null) {
    throw new OperatorError(`${account.userName} is suspended already (${account.suspendedDetail}).`, {
      at: 'USER',
      remedy: 'Nothing needs to be done; "gatewarden account reinstate" lifts it.',
      vi: [`${account.userName} đã bị tạm khóa từ trước.`, 'Không cần làm gì; muốn dùng lại thì mở khóa.'],
    });
  }
  const { revision } = await actOnAccount(deps, account, {
    verb: 'account.suspend',
    detail,
    set: { suspendedDetail: detail, suspendedAt: deps.clock.now(), suspendedBy: suspendingRole[detail] },
    body: {},
    personal: { reason },
  });
  return { userName: account.userName, revision };
}

/** Lifts a suspension. @throws OperatorError when there is none */
export async function reinstate(
  deps: AdministrationDeps,
  order: { readonly user: string; readonly reason: string },
): Promise<Done> {
  const reason = checkReason(order.reason);
  const { account } = await open(deps, order.user);
  if (account.suspendedDetail === null) {
    throw new OperatorError(`${account.userName} is not suspended.`, {
      at: 'USER',
      vi: [
        `${account.userName} không bị tạm khóa.`,
        'Xem trang của tài khoản để biết vì sao chưa kết nối được.',
      ],
      remedy: `"gatewarden account show ${account.userName}" says what keeps it out, if anything does.`,
    });
  }
  const { revision } = await actOnAccount(deps, account, {
    verb: 'account.reinstate',
    detail: account.suspendedDetail,
    set: { suspendedDetail: null, suspendedAt: null, suspendedBy: null },
    body: {},
    personal: { reason },
  });
  return { userName: account.userName, revision };
}

/** Ends the right to connect. @throws OperatorError when it is withdrawn already */
export async function withdraw(
  deps: AdministrationDeps,
  order: { readonly user: string; readonly reason: string },
): Promise<Done> {
  const reason = checkReason(order.reason);
  const { account } = await open(deps, order.user);
  if (account.status === 'withdrawn') {
    throw new OperatorError(`${account.userName} is withdrawn already.`, {
      at: 'USER',
      vi: [`${account.userName} đã thu hồi từ trước.`, 'Không cần làm gì.'],
      remedy: 'Nothing needs to be done.',
    });
  }
  const { revision } = await actOnAccount(deps, account, {
    verb: 'account.withdraw',
    set: { status: 'withdrawn' },
    body: { formerStatus: account.status },
    personal: { reason },
  });
  return { userName: account.userName, revision };
}

/**
 * Lets the account be used. It needs a written assignment that is in force (or will be when its term begins); a
 * withdrawn account needs one that is dated on the day of the withdrawal or later.
 * @throws OperatorError when no such assignment covers it, or it is active already
 */
export async function activate(
  deps: AdministrationDeps,
  order: { readonly user: string; readonly reason?: string },
): Promise<Done & { readonly documentNumbers: readonly string[] }> {
  const reason = order.reason === undefined ? null : checkReason(order.reason);
  const { organisation, account } = await open(deps, order.user);
  if (account.status === 'active') {
    throw new OperatorError(`${account.userName} is active already.`, {
      at: 'USER',
      vi: [`${account.userName} đang sử dụng.`, 'Xem trang của tài khoản để biết vì sao chưa kết nối được.'],
      remedy: `"gatewarden account show ${account.userName}" says what keeps it out, if anything does.`,
    });
  }
  const documentNumbers = await assignmentsInForce(deps, account, organisation.timeZone);
  const { revision } = await actOnAccount(deps, account, {
    verb: 'account.activate',
    set: { status: 'active' },
    body: { formerStatus: account.status, assignments: documentNumbers.join('; ') },
    ...(reason === null ? {} : { personal: { reason } }),
  });
  return { userName: account.userName, revision, documentNumbers };
}

/** Numbers of the papers that an activation rests on. */
async function assignmentsInForce(
  { store, clock }: AdministrationDeps,
  account: AccountRow,
  timeZone: string,
): Promise<string[]> {
  const { assignments, employment, withdrawnAt } = await store.read(async (db) => ({
    assignments: await listAssignmentsOfAccount(db, account.id),
    employment: await listEmploymentEvents(db, account.personId),
    withdrawnAt:
      account.status === 'withdrawn'
        ? ((await findLastWithdrawal(db, account.id)) ?? account.updatedAt)
        : null,
  }));
  const since = withdrawnAt === null ? null : startOfDay(withdrawnAt, timeZone);
  const fresh = assignments.filter((assignment) => since === null || assignment.documentDate >= since);
  const at = Math.max(clock.now(), account.validFrom);
  const inForce = fresh.filter((one) => assignmentAt([one], employment, at).state === 'valid');
  if (inForce.length > 0) return inForce.map((assignment) => assignment.documentNumber);
  const newer = since === null ? '' : ' dated since it was withdrawn';
  const found = assignmentAt(fresh, employment, at);
  const why: Record<string, string> = {
    ended: 'the last one has ended',
    'unit-changed': 'the holder has moved to another unit since',
    'duties-changed': "the holder's duties have changed since",
  };
  const detail = found.state === 'missing' ? why[found.detail] : undefined;
  throw new OperatorError(
    `${account.userName} has no written assignment in force${newer}${detail === undefined ? '' : `: ${detail}`}.`,
    {
      at: 'USER',
      vi: [`${account.userName} chưa có văn bản phân công còn hiệu lực.`, 'Bổ sung văn bản phân công trước.'],
      remedy:
        'Enter the document that gives the task (an organisation file with it and "gatewarden import"), then activate.',
    },
  );
}

function startOfDay(instant: number, timeZone: string): number {
  const wall = wallAt(instant, timeZone);
  return instantAt(Math.floor(wall / dayMs) * dayMs, timeZone, 'earlier');
}

/** Forgets failed attempts and the lockouts that follow from them. */
export async function unlock(
  deps: AdministrationDeps,
  order: { readonly user: string; readonly reason?: string },
): Promise<Done & { readonly cleared: number }> {
  const reason = order.reason === undefined ? null : checkReason(order.reason);
  const { account } = await open(deps, order.user);
  let cleared = 0;
  const { revision } = await actOnAccount(deps, account, {
    verb: 'account.unlock',
    apply: async (db) => {
      cleared = await clearCounters(db, account.id);
    },
    body: {},
    ...(reason === null ? {} : { personal: { reason } }),
  });
  return { userName: account.userName, revision, cleared };
}

export type EndOfEmployment = DetailOf<'employment-ended'>;
export const endsOfEmployment = detailsOf('employment-ended') as readonly EndOfEmployment[];

/**
 * Enters the end of the holder's employment, from 00:00 of a day. All accounts of the person are concerned.
 * @throws OperatorError when it was entered before
 */
export async function endEmployment(
  deps: AdministrationDeps,
  order: {
    readonly user: string;
    readonly detail: EndOfEmployment;
    readonly from: string;
    readonly documentNumber: string;
  },
): Promise<Done & { readonly effectiveAt: number; readonly timeZone: string }> {
  const documentNumber = order.documentNumber.trim().normalize('NFC');
  if (documentNumber === '' || documentNumber.length > 100) {
    throw new OperatorError('--document: the number of the decision paper is missing or too long.', {
      at: '--document',
      remedy: 'Give its number and sign, such as --document 123/QĐ-TCCB.',
    });
  }
  const { organisation, account } = await open(deps, order.user);
  const { timeZone } = organisation;
  const effectiveAt = dateOf(order.from, 'from', timeZone, '--from');
  const holder = await deps.store.read((db) => findHolder(db, account.personId));
  const sourceKey = `${holder.staffCode}/${order.detail}/${effectiveAt}`;
  const { revision } = await actOnAccount(deps, account, {
    verb: 'person.end-employment',
    detail: order.detail,
    apply: async (db) => {
      const isNew = await insertEmploymentEvent(db, {
        personId: account.personId,
        kind: 'ended',
        detail: order.detail,
        effectiveAt,
        documentNumber,
        source: 'command-line',
        sourceKey,
        recordedAt: deps.clock.now(),
      });
      if (!isNew) {
        throw new OperatorError('This end of employment is entered already.', {
          at: 'USER',
          remedy: `See "gatewarden account show ${account.userName}".`,
        });
      }
      // This account's own revision is bumped by the act itself.
      const accountIds = await listAccountIdsOfPerson(db, account.personId);
      await bumpRevision(db, { accountIds: accountIds.filter((id) => id !== account.id) });
    },
    body: { effectiveAt, documentNumber },
    personal: { staffCode: holder.staffCode },
  });
  return { userName: account.userName, revision, effectiveAt, timeZone };
}
