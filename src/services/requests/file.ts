// Filing requests: by the holder in the portal, or by the unit for one of its accounts.
import { OperatorError } from '../../base/errors.ts';
import { randomCode } from '../../base/random.ts';
import { parseTermDate } from '../../core/dates.ts';
import { dayMs } from '../../core/time-zone.ts';
import { findAccountById } from '../../store/queries/accounts.ts';
import {
  cancelOpenRequests,
  countOpenRequests,
  findRequest,
  insertRequest,
  listRequestsOfAccount,
  moveRequest,
  type RequestKind,
  type RequestRow,
} from '../../store/queries/requests.ts';
import type { Db } from '../../store/tables.ts';
import {
  type AdministrationDeps,
  changedMeanwhile,
  checkReason,
  readOrganisation,
  recordAct,
  refuse,
} from '../administration.ts';
import { codeHashes } from '../portal/code-hash.ts';
import { checkTerms, type RequestTerms, recordedTerms } from './terms.ts';

/** A request that nobody decides in this time is closed. */
export const requestLifetimeMs = 30 * dayMs;
const longestDocumentNumber = 100;
const codeLength = 8;

/** Who files: the person behind it may not decide it. Null: not a person of the store. */
export interface Filer {
  readonly personId: number | null;
}

/**
 * Files a request; its effects come with the approval.
 * @returns its number, and for a new authenticator the code that the holder reads to whoever decides
 * @throws OperatorError when the terms can't be met whoever approves, or the same is asked already
 */
export async function fileRequest(
  deps: AdministrationDeps & { readonly filer: Filer },
  order: {
    readonly accountId: number;
    readonly kind: RequestKind;
    readonly terms: unknown;
    readonly reason: string;
    readonly documentNumber?: string;
  },
): Promise<{ readonly requestId: number; readonly code: string | null }> {
  const { store, clock, random, keyring, by, filer } = deps;
  const { accountId, kind } = order;
  const reason = checkReason(order.reason, 'reason');
  const asked = checkTerms(kind, order.terms);
  const documentNumber = checkDocumentNumber(order.documentNumber);
  const { timeZone } = await readOrganisation(store);
  const at = clock.now();
  checkDates(asked, timeZone, at);
  const code = kind === 'new-authenticator' ? randomCode(random, codeLength) : null;
  const codeHash = code === null ? null : (codeHashes(keyring, 'request', code)[0] ?? null);
  const requestId = await store.write(async (db) => {
    const account = await findAccountById(db, accountId);
    if (account === null || account.status === 'withdrawn') {
      throw new OperatorError('There is no account that this could be asked for.', {
        at: 'account',
        remedy: 'A withdrawn account comes back by a new written assignment.',
        vi: [
          'Không có tài khoản để đề nghị.',
          'Tài khoản đã thu hồi chỉ được cấp lại khi có văn bản phân công mới.',
        ],
      });
    }
    // From outside with the password alone anybody who knows it can ask: the newer one takes the older one's place.
    if (kind === 'new-authenticator') await cancelOpenRequests(db, accountId, kind, at);
    else await refuseSecond(db, accountId, kind);
    const id = await insertRequest(db, {
      kind,
      accountId,
      terms: JSON.stringify(asked.terms),
      reason,
      documentNumber,
      filedAt: at,
      filedBy: by.name,
      filedByPersonId: filer.personId,
      expiresAt: at + requestLifetimeMs,
      codeHash,
    });
    const recorded = recordedTerms(asked);
    await recordAct(db, by, {
      verb: 'request.file',
      at,
      accountId,
      detail: kind,
      body: { requestId: id, ...recorded.body, documentNumber },
      personal: { ...recorded.personal, reason, userName: account.userName },
    });
    return id;
  });
  return { requestId, code };
}

function checkDocumentNumber(text: string | undefined): string | null {
  const trimmed = text?.trim().normalize('NFC') ?? '';
  if (trimmed === '') return null;
  if (trimmed.length <= longestDocumentNumber && !/\p{Cc}/u.test(trimmed)) return trimmed;
  throw new OperatorError('The document number is too long or holds control characters.', {
    at: 'documentNumber',
    remedy: 'Give its number and sign, such as 123/QĐ-TCCB.',
    vi: ['Số, ký hiệu văn bản quá dài hoặc có ký tự lạ.', 'Nhập theo dạng 123/QĐ-TCCB.'],
  });
}

/** Dates are parsed again when the request is approved; here so that nobody waits for what can't be. */
function checkDates(asked: RequestTerms, timeZone: string, now: number): void {
  const parsed = (text: string, kind: 'from' | 'until', field: string): number => {
    try {
      return parseTermDate(text, kind, timeZone);
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      throw new OperatorError(`${field}: ${error.message}.`, {
        at: `terms.${field}`,
        remedy: error.remedy,
        vi: ['Ngày không hợp lệ.', 'Nhập ngày/tháng/năm đủ bốn chữ số của năm, ví dụ 28/02/2026.'],
      });
    }
  };
  if (asked.kind !== 'extension' && asked.kind !== 'workstation-temporary') return;
  const until = parsed(asked.terms.validUntil, 'until', 'validUntil');
  const from =
    asked.kind === 'workstation-temporary' && asked.terms.validFrom !== undefined
      ? parsed(asked.terms.validFrom, 'from', 'validFrom')
      : now;
  if (until > Math.max(from, now)) return;
  throw new OperatorError('validUntil: this day is past, or before the first.', {
    at: 'terms.validUntil',
    remedy: 'Give a later last day.',
    vi: ['Ngày cuối đã qua hoặc trước ngày đầu.', 'Chọn ngày cuối muộn hơn.'],
  });
}

/** One open request of a kind: a second one would only make work. */
async function refuseSecond(db: Db, accountId: number, kind: RequestKind): Promise<void> {
  const limit = kind.startsWith('workstation-') ? 5 : 1;
  if ((await countOpenRequests(db, accountId, kind)) < limit) return;
  throw new OperatorError('The same is asked already and waits for a decision.', {
    at: 'kind',
    remedy: 'Wait for the decision, or cancel the request first.',
    vi: ['Đã có đề nghị cùng loại đang chờ phê duyệt.', 'Chờ kết quả, hoặc rút đề nghị trước rồi gửi lại.'],
  });
}

/**
 * The holder's own request. What an operator has filed (the reset of an authenticator after a loss) is not theirs to change or take
 * back: whoever holds the lost phone may hold a session of the portal too. The one who decides it can refuse it.
 * @throws OperatorError when it is another account's, or was filed by somebody else
 */
async function getOwnRequest(
  db: Db,
  order: { readonly accountId: number; readonly holderPersonId: number; readonly requestId: number },
): Promise<RequestRow> {
  const request = await findRequest(db, order.requestId);
  if (request === null || request.accountId !== order.accountId) throw noSuchRequest(order.requestId);
  if (request.filedByPersonId === order.holderPersonId) return request;
  return refuse(
    'request',
    ['An operator has filed this request.', 'Call your unit if it is wrong: it can be refused there.'],
    [
      'Đề nghị này do cán bộ vận hành lập.',
      'Nếu không đúng, báo cán bộ quản trị của đơn vị để từ chối đề nghị.',
    ],
  );
}

/** Files a returned request again, completed. @throws OperatorError when it is not returned, or not the holder's own */
export async function resubmitRequest(
  deps: AdministrationDeps,
  order: {
    readonly accountId: number;
    readonly holderPersonId: number;
    readonly requestId: number;
    readonly terms: unknown;
    readonly reason: string;
    readonly documentNumber?: string;
  },
): Promise<void> {
  const { store, clock, by } = deps;
  const reason = checkReason(order.reason, 'reason');
  const documentNumber = checkDocumentNumber(order.documentNumber);
  const { timeZone } = await readOrganisation(store);
  await store.write(async (db) => {
    const request = await getOwnRequest(db, order);
    const asked = checkTerms(request.kind, order.terms);
    checkDates(asked, timeZone, clock.now());
    const isMoved = await moveRequest(db, request.id, ['returned'], {
      state: 'open',
      terms: JSON.stringify(asked.terms),
      reason,
      documentNumber,
      expiresAt: clock.now() + requestLifetimeMs,
    });
    if (!isMoved) throw changedMeanwhile('The request');
    const recorded = recordedTerms(asked);
    await recordAct(db, by, {
      verb: 'request.resubmit',
      at: clock.now(),
      accountId: request.accountId,
      detail: request.kind,
      body: { requestId: request.id, ...recorded.body, documentNumber },
      personal: { ...recorded.personal, reason },
    });
  });
}

/** Takes a request back. @throws OperatorError when it is decided already, or not the holder's own */
export async function cancelRequest(
  deps: AdministrationDeps,
  order: { readonly accountId: number; readonly holderPersonId: number; readonly requestId: number },
): Promise<void> {
  const { store, clock, by } = deps;
  await store.write(async (db) => {
    const request = await getOwnRequest(db, order);
    const at = clock.now();
    if (!(await moveRequest(db, request.id, ['open', 'returned'], { state: 'cancelled', decidedAt: at }))) {
      throw changedMeanwhile('The request');
    }
    await recordAct(db, by, {
      verb: 'request.cancel',
      at,
      accountId: request.accountId,
      detail: request.kind,
      body: { requestId: request.id },
    });
  });
}

export function noSuchRequest(id: number): OperatorError {
  return new OperatorError(`There is no request ${id}.`, {
    at: 'request',
    remedy: 'Look at the list of requests again.',
    vi: [`Không có đề nghị số ${id}.`, 'Xem lại danh sách đề nghị.'],
  });
}

/** What was asked for an account, the newest first; `isOwn`: the holder has filed it. */
export async function requestsOf(
  { store }: Pick<AdministrationDeps, 'store'>,
  of: { readonly accountId: number; readonly holderPersonId: number },
) {
  const rows = await store.read((db) => listRequestsOfAccount(db, of.accountId, 100));
  return rows.map(({ codeHash: _, decidedByPersonId: __, filedByPersonId, ...row }) => ({
    ...row,
    isOwn: filedByPersonId === of.holderPersonId,
    terms: JSON.parse(row.terms) as Readonly<Record<string, string>>,
  }));
}
