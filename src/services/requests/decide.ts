// Deciding requests: a second person approves, rejects or returns them; an approval and its effects are one write.
import { OperatorError } from '../../base/errors.ts';
import { findHolder } from '../../store/queries/account-details.ts';
import { type AccountRow, findAccountById } from '../../store/queries/accounts.ts';
import { listHeadsInForce } from '../../store/queries/operators.ts';
import { findUnitPathOf } from '../../store/queries/reach.ts';
import {
  expireRequests,
  findRequest,
  listRequests,
  moveRequest,
  type RequestCursor,
  type RequestKind,
  type RequestRow,
  type RequestState,
} from '../../store/queries/requests.ts';
import { findWorkstation } from '../../store/queries/workstations.ts';
import type { Store } from '../../store/store.ts';
import type { Db } from '../../store/tables.ts';
import { revokeAuthenticator } from '../accounts/enrollment.ts';
import { reinstate, setTerm, unlock } from '../accounts/standing.ts';
import { assignWorkstation, endWorkstation } from '../accounts/workstations.ts';
import {
  type AdministrationDeps,
  changedMeanwhile,
  checkReason,
  recordAct,
  recordActs,
} from '../administration.ts';
import { inOneWrite } from '../one-write.ts';
import { codeHashes, normaliseCode } from '../portal/code-hash.ts';
import { checkSeen, tagOf } from '../seen.ts';
import { addIdentifier, addWorkstation } from '../workstations.ts';
import { noSuchRequest } from './file.ts';
import { termsOf } from './terms.ts';

/** An approved new authenticator must be enrolled within this time. */
const approvedAuthenticatorMs = 24 * 3_600_000;

/** Who decides. `personId`: null when the operator is not a person of the store. */
export interface Decider {
  readonly personId: number | null;
}

/** The paths of units in which the operator may decide; null: all. */
export type UnitScope = readonly string[] | null;

interface DecisionOrder {
  readonly requestId: number;
  readonly scope: UnitScope;
  readonly reason: string;
}

/**
 * Approves a request and does what it asks, in one write. Nobody approves what they or their own account asked for. For a
 * new authenticator the code that the holder reads out must be given: it tells the holder's request from a thief's.
 * @throws OperatorError when it is decided already, is out of scope, is one's own, or can't be done any more
 */
export async function approveRequest(
  deps: AdministrationDeps & { readonly decider: Decider },
  order: DecisionOrder & { readonly code?: string },
): Promise<{ readonly requestId: number; readonly state: RequestState }> {
  const reason = checkReason(order.reason, 'reason');
  return await inOneWrite(deps, async (inner, db) => {
    const { request, account } = await open(db, inner, order);
    const isLater = request.kind === 'new-authenticator';
    if (isLater) checkCode(inner, request, order.code);
    const at = inner.clock.now();
    const state: RequestState = isLater ? 'approved' : 'done';
    const isMoved = await moveRequest(db, request.id, ['open'], {
      state,
      decidedAt: at,
      decidedBy: inner.by.name,
      decidedByPersonId: inner.decider.personId,
      decisionReason: reason,
      ...(isLater ? { expiresAt: at + approvedAuthenticatorMs } : {}),
    });
    if (!isMoved) throw changedMeanwhile('The request');
    await recordAct(db, inner.by, {
      verb: 'request.approve',
      at,
      accountId: account.id,
      detail: request.kind,
      body: { requestId: request.id, documentNumber: request.documentNumber },
      personal: { reason, userName: account.userName },
    });
    await enact(inner, db, request, account, order.scope);
    return { requestId: request.id, state };
  });
}

/** Rejects it for good, or returns it to be completed; the reason is shown to who asked. */
export async function refuseRequest(
  deps: AdministrationDeps & { readonly decider: Decider },
  order: DecisionOrder & { readonly outcome: 'rejected' | 'returned' },
): Promise<{ readonly requestId: number; readonly state: RequestState }> {
  const reason = checkReason(order.reason, 'reason');
  const { store, clock, by, decider } = deps;
  return await store.write(async (db) => {
    const { request, account } = await open(db, deps, order);
    const at = clock.now();
    const isMoved = await moveRequest(db, request.id, ['open'], {
      state: order.outcome,
      decidedAt: at,
      decidedBy: by.name,
      decidedByPersonId: decider.personId,
      decisionReason: reason,
    });
    if (!isMoved) throw changedMeanwhile('The request');
    await recordAct(db, by, {
      verb: order.outcome === 'rejected' ? 'request.reject' : 'request.return',
      at,
      accountId: account.id,
      detail: request.kind,
      body: { requestId: request.id },
      personal: { reason, userName: account.userName },
    });
    return { requestId: request.id, state: order.outcome };
  });
}

/** What a decision rests on: a request that was returned may come again with other terms. */
function seenOfRequest({
  id,
  state,
  terms,
  reason,
  documentNumber,
}: Pick<RequestRow, 'id' | 'state' | 'terms' | 'reason' | 'documentNumber'>): unknown {
  return [id, state, terms, reason, documentNumber];
}

async function open(
  db: Db,
  deps: Pick<AdministrationDeps, 'ifSeen'> & { readonly decider: Decider },
  order: DecisionOrder,
): Promise<{ readonly request: RequestRow; readonly account: AccountRow }> {
  const request = await findRequest(db, order.requestId);
  const account = request === null ? null : await findAccountById(db, request.accountId);
  if (request === null || account === null) throw noSuchRequest(order.requestId);
  const holder = await findHolder(db, account.personId);
  const { scope } = order;
  // Of another unit: as if it were not there.
  if (scope !== null && !scope.some((path) => holder.unitPath.startsWith(path))) {
    throw noSuchRequest(order.requestId);
  }
  checkSeen(deps, seenOfRequest(request), 'The request');
  const { personId } = deps.decider;
  if (personId !== null && (personId === account.personId || personId === request.filedByPersonId)) {
    throw new OperatorError('Nobody decides what they asked for, or what is asked for their own account.', {
      at: 'request',
      remedy: 'Let another operator decide; if the unit has none, one of the unit above.',
      vi: [
        'Không ai được tự duyệt đề nghị của mình hoặc cho tài khoản của mình.',
        'Chuyển cho người khác duyệt; đơn vị không có ai thì đơn vị cấp trên.',
      ],
    });
  }
  return { request, account };
}

function checkCode(
  { keyring }: Pick<AdministrationDeps, 'keyring'>,
  request: RequestRow,
  code: string | undefined,
): void {
  const hashes = codeHashes(keyring, 'request', normaliseCode(code ?? ''));
  if (request.codeHash !== null && hashes.includes(request.codeHash)) return;
  throw new OperatorError('This is not the code of the request.', {
    at: 'code',
    remedy:
      'Let the holder, whom you know or whose card you see, read the code out. If it differs, somebody else asked: reject it.',
    vi: [
      'Mã không khớp với đề nghị này.',
      'Để chính chủ tài khoản (biết mặt hoặc xem thẻ) đọc mã. Nếu vẫn khác, người khác đã gửi: từ chối đề nghị.',
    ],
  });
}

async function enact(
  deps: AdministrationDeps,
  db: Db,
  request: RequestRow,
  account: AccountRow,
  scope: UnitScope,
): Promise<void> {
  const { userName: user } = account;
  const { reason } = request;
  const asked = termsOf(request);
  switch (asked.kind) {
    case 'extension':
      await setTerm(deps, { user, validUntil: asked.terms.validUntil, reason });
      return;
    case 'workstation-register':
      await refuseForeign(db, asked.terms.assetTag, scope);
      await register(deps, db, account, asked.terms);
      return;
    case 'workstation-replace':
      await refuseForeign(db, asked.terms.assetTag, scope);
      await endWorkstation(deps, { user, assetTag: asked.terms.oldAssetTag });
      await assignWorkstation(deps, { user, assetTag: asked.terms.assetTag });
      return;
    case 'workstation-temporary': {
      const { assetTag, validFrom, validUntil } = asked.terms;
      await refuseForeign(db, assetTag, scope);
      const from = validFrom === undefined ? {} : { from: validFrom };
      await assignWorkstation(deps, { user, assetTag, until: validUntil, ...from });
      return;
    }
    case 'unlock':
      // What others suspended for is not the holder's to have lifted by this.
      if (account.suspendedDetail === 'by-holder') await reinstate(deps, { user, reason });
      await unlock(deps, { user, reason });
      return;
    case 'reset-authenticator':
      await revokeAuthenticator(deps, { user, authenticator: asked.terms.authenticator, reason });
      return;
    case 'new-authenticator':
      return;
  }
}

/** A machine of another unit is not handed out by who decides for this one alone. @throws OperatorError */
async function refuseForeign(db: Db, assetTag: string, scope: UnitScope): Promise<void> {
  if (scope === null) return;
  const workstation = await findWorkstation(db, assetTag.trim().normalize('NFC'));
  if (workstation === null) return;
  const unitPath = await findUnitPathOf(db, 'workstation', workstation.id);
  if (unitPath !== null && scope.some((path) => unitPath.startsWith(path))) return;
  throw new OperatorError(`${workstation.assetTag} is no workstation of the units that you look after.`, {
    at: 'request',
    remedy: 'Let somebody decide who looks after both units, or return the request.',
    vi: [
      `${workstation.assetTag} không phải máy trạm thuộc phạm vi quản lý.`,
      'Chuyển cho người quản lý cả hai đơn vị duyệt, hoặc trả lại đề nghị.',
    ],
  });
}

async function register(
  deps: AdministrationDeps,
  db: Db,
  account: AccountRow,
  terms: {
    readonly assetTag: string;
    readonly name?: string;
    readonly mac?: string;
    readonly hostname?: string;
  },
): Promise<void> {
  const assetTag = terms.assetTag.trim().normalize('NFC');
  if ((await findWorkstation(db, assetTag)) === null) {
    const holder = await findHolder(db, account.personId);
    const name = terms.name === undefined ? {} : { name: terms.name };
    await addWorkstation(deps, { assetTag, kind: 'personal', unit: holder.unitCode, ...name });
    const identifiers = { mac: terms.mac, hostname: terms.hostname };
    for (const [type, value] of Object.entries(identifiers)) {
      if (value !== undefined && value.trim() !== '') await addIdentifier(deps, { assetTag, type, value });
    }
  }
  await assignWorkstation(deps, { user: account.userName, assetTag });
}

/** One page of requests for whoever decides them, the oldest first. */
export async function listRequestPage(
  { store, clock }: Pick<AdministrationDeps, 'clock'> & { readonly store: Pick<Store, 'read'> },
  query: {
    readonly scope: UnitScope;
    readonly states: readonly RequestState[];
    readonly kind?: RequestKind;
    readonly after?: string;
    readonly limit: number;
  },
) {
  const { scope, states, limit } = query;
  const rows = await store.read((db) =>
    listRequests(db, {
      unitPaths: scope,
      states,
      ...(query.kind === undefined ? {} : { kind: query.kind }),
      after: query.after === undefined ? null : cursorOf(query.after),
      limit: limit + 1,
    }),
  );
  const shown = rows.slice(0, limit);
  const heads = await store.read((db) => listHeadsInForce(db, clock.now()));
  const page = shown.map(({ request: { codeHash: _, ...request }, ...of }) => ({
    ...of,
    ...request,
    tag: tagOf(seenOfRequest(request)),
    terms: JSON.parse(request.terms) as Readonly<Record<string, string>>,
    waitsFor: approvingUnit(heads, of, request),
  }));
  const last = page.at(-1);
  return {
    requests: page,
    next: rows.length > limit && last !== undefined ? `${last.filedAt}-${last.id}` : null,
  };
}

/**
 * The unit whose head is to decide: the holder's own, or the next one above that has a head who neither asked nor is the holder.
 * Null: the centre.
 */
function approvingUnit(
  heads: Awaited<ReturnType<typeof listHeadsInForce>>,
  holder: { readonly unitPath: string; readonly personId: number },
  { filedByPersonId }: Pick<RequestRow, 'filedByPersonId'>,
): string | null {
  const eligible = heads.filter(
    ({ unitPath, personId }) =>
      holder.unitPath.startsWith(unitPath) && personId !== holder.personId && personId !== filedByPersonId,
  );
  const nearest = eligible.sort((a, b) => b.unitPath.length - a.unitPath.length)[0];
  return nearest?.unitName ?? null;
}

function cursorOf(text: string): RequestCursor {
  const [, filedAt, id] = /^([0-9]{1,15})-([0-9]{1,15})$/.exec(text) ?? [];
  if (filedAt !== undefined && id !== undefined) return { filedAt: Number(filedAt), id: Number(id) };
  throw new OperatorError('after: this is no place in the list.', {
    at: 'after',
    vi: ['Vị trí trong danh sách không hợp lệ.', 'Tải lại danh sách từ đầu.'],
    remedy: 'Copy it from the end of the page before, or leave it out to begin again.',
  });
}

/** Closes what nobody decided in time; for the timer. */
export async function expireOldRequests(
  deps: Pick<AdministrationDeps, 'store' | 'clock' | 'by'>,
): Promise<number> {
  const { store, clock, by } = deps;
  return await store.write(async (db) => {
    const at = clock.now();
    const expired = await expireRequests(db, at);
    await recordActs(
      db,
      by,
      expired.map(({ id, accountId }) => ({
        verb: 'request.expire',
        at,
        accountId,
        body: { requestId: id },
      })),
    );
    return expired.length;
  });
}
