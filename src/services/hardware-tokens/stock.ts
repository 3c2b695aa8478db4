// The stock of hardware tokens: import, hand-over, synchronisation, replacement, loss. A token that is handed out is an authenticator of
// its account from then on; its seed in the stock waits for the day it comes back.
import { findTwoCodes, isAboveFloor, seedKey, timeStepAt } from '../../core/otp.ts';
import { type AccountRow, findAccountById } from '../../store/queries/accounts.ts';
import {
  type AuthenticatorRow,
  listAuthenticators,
  revokeAuthenticatorRow,
} from '../../store/queries/authenticators.ts';
import {
  changeToken,
  findAuthenticatorOfToken,
  findLastStepOfToken,
  findStockToken,
  insertTokenAuthenticator,
  insertTokens,
  listKnownSerialNumbers,
  synchroniseAuthenticator,
  type TokenRow,
} from '../../store/queries/hardware-tokens.ts';
import { findSetting } from '../../store/queries/settings.ts';
import type { Db } from '../../store/tables.ts';
import { actOnAccount, getAccount } from '../accounts/account.ts';
import {
  type AdministrationDeps,
  changedMeanwhile,
  checkReason,
  readOrganisation,
  recordAct,
  refuse,
} from '../administration.ts';
import { inOneWrite } from '../one-write.ts';
import { contextOf } from '../secrets/keyring.ts';
import { checkSeen } from '../seen.ts';
import { getUnit } from '../units.ts';
import { normaliseSerial, type TokenSeed } from './read-file.ts';

/** A clock may be so far off, and a counter so far ahead, for two codes to bring it back. */
const farSeconds = 6 * 3_600;
const farCounters = 1_000;
/** Tokens of one write. */
const chunk = 200;

export interface Imported {
  readonly added: number;
  /** Serial numbers that are known already: nothing of them was changed. */
  readonly known: readonly string[];
}

/** Puts tokens into the stock, of a unit if one is named. With `dryRun` nothing is written. */
export async function importTokens(
  deps: AdministrationDeps,
  order: { readonly tokens: readonly TokenSeed[]; readonly unit: string | null; readonly dryRun: boolean },
): Promise<Imported> {
  const { store, clock, keyring, by } = deps;
  const unitId = order.unit === null ? null : (await getUnit(store, order.unit, 'unit')).id;
  const { tokens } = order;
  const numbers = tokens.map(({ serialNumber }) => serialNumber);
  const known = await store.read((db) => listKnownSerialNumbers(db, numbers));
  const fresh = tokens.filter(({ serialNumber }) => !known.has(serialNumber));
  if (order.dryRun) return { added: fresh.length, known: [...known].sort() };
  let added = 0;
  for (let from = 0; from < fresh.length; from += chunk) {
    const importedAt = clock.now();
    const rows = fresh.slice(from, from + chunk).map((token) => ({
      serialNumber: token.serialNumber,
      model: token.model,
      state: 'stock' as const,
      mode: token.mode,
      ...token.parameters,
      lastStep: token.mode === 'hotp' ? token.counter - 1 : -1,
      driftSteps: token.driftSteps,
      sealedSeed: keyring.seal(token.seed, contextOf.stockSeed(token.serialNumber)),
      unitId,
      importedAt,
    }));
    added += await store.write(async (db) => {
      const inserted = await insertTokens(db, rows);
      await recordAct(db, by, {
        verb: 'token-stock.import',
        at: importedAt,
        body: { tokens: inserted.length, unitId, serialNumbers: inserted.join(', ').slice(0, 4_000) },
      });
      return inserted.length;
    });
  }
  return { added, known: [...known].sort() };
}

/** What an act on a token rests on. */
export function seenOfToken({ id, revision }: Pick<TokenRow, 'id' | 'revision'>): unknown {
  return [id, revision];
}

function checkToken(deps: AdministrationDeps, token: TokenRow): void {
  checkSeen(deps, seenOfToken(token), `The token ${token.serialNumber}`);
}

/** @throws OperatorError when there is no such token */
async function getStockToken(db: Db, typed: string): Promise<TokenRow> {
  const serialNumber = normaliseSerial(typed);
  const token = await findStockToken(db, serialNumber);
  if (token !== null) return token;
  return refuse(
    'serialNumber',
    [
      `There is no token ${serialNumber.slice(0, 64)}.`,
      'Type what is printed on its back; import its seed first.',
    ],
    ['Không có thiết bị tạo mã này.', 'Nhập số sê-ri in ở mặt sau; nhập tệp seed trước.'],
    'not-found',
  );
}

const stateTexts = {
  stock: { en: 'lies in stock', vi: 'đang ở trong kho' },
  assigned: { en: 'is handed out', vi: 'đã giao' },
  lost: { en: 'is lost', vi: 'đã báo mất' },
  retired: { en: 'is retired', vi: 'đã loại bỏ' },
} as const;

function refuseState(token: TokenRow, wanted: TokenRow['state']): void {
  if (token.state === wanted) return;
  refuse(
    'serialNumber',
    [
      `The token ${token.serialNumber} ${stateTexts[token.state].en}.`,
      wanted === 'stock' ? 'Take another one, or take this one back first.' : 'Look at the list of tokens.',
    ],
    [
      `Thiết bị ${token.serialNumber} ${stateTexts[token.state].vi}.`,
      wanted === 'stock'
        ? 'Chọn thiết bị khác, hoặc thu lại thiết bị này trước.'
        : 'Xem lại danh sách thiết bị.',
    ],
    'conflict',
  );
}

export interface HandedOver {
  readonly serialNumber: string;
  readonly userName: string;
  readonly authenticatorId: number;
  /** Other authenticators of the account that stopped by it. */
  readonly revoked: number;
}

/** The token becomes an authenticator of the account, within a write. */
async function attach(
  db: Db,
  deps: AdministrationDeps,
  token: TokenRow,
  account: AccountRow,
): Promise<number> {
  const { clock, keyring, by } = deps;
  const at = clock.now();
  if ((await findAuthenticatorOfToken(db, token.serialNumber)) !== null) {
    refuse(
      'serialNumber',
      [
        `The token ${token.serialNumber} was enrolled without the stock, and is in use.`,
        'Revoke that authenticator first.',
      ],
      ['Thiết bị này đã được đăng ký trực tiếp cho một tài khoản.', 'Hủy đăng ký đó trước.'],
      'conflict',
    );
  }
  const used = await findLastStepOfToken(db, token.serialNumber);
  const seed = await keyring.openReloading(token.sealedSeed, contextOf.stockSeed(token.serialNumber));
  const sealedSeed = keyring.seal(seed, contextOf.seed(account.id));
  seed.fill(0);
  const changed = await changeToken(db, token, {
    state: 'assigned',
    accountId: account.id,
    handedOverAt: at,
    handedOverBy: by.name,
  });
  if (!changed) throw changedMeanwhile(`The token ${token.serialNumber}`);
  return insertTokenAuthenticator(db, {
    accountId: account.id,
    serialNumber: token.serialNumber,
    mode: token.mode,
    algorithm: token.algorithm,
    digits: token.digits,
    periodSeconds: token.periodSeconds,
    sealedSeed,
    // What it has shown to former holders stays spent.
    lastStep: Math.max(token.lastStep, used),
    driftSteps: token.driftSteps,
    syncedAt: at,
    createdAt: at,
  });
}

/** The token is nobody's any more, within a write; codes that it has shown stay spent if it is handed out again. */
async function detach(
  db: Db,
  token: TokenRow,
  held: AuthenticatorRow | null,
  state: 'stock' | 'lost' | 'retired',
): Promise<void> {
  if (held !== null) await revokeAuthenticatorRow(db, held.id);
  const changed = await changeToken(db, token, {
    state,
    accountId: null,
    ...(held === null ? {} : { lastStep: held.lastStep, driftSteps: held.driftSteps }),
  });
  if (!changed) throw changedMeanwhile(`The token ${token.serialNumber}`);
}

function refuseDigits(held: readonly AuthenticatorRow[], token: TokenRow, account: AccountRow): void {
  const other = held.find((one) => one.state === 'active' && one.digits !== token.digits);
  if (other === undefined) return;
  refuse(
    'serialNumber',
    [
      `${account.userName} has an authenticator with codes of ${other.digits} digits, this one shows ${token.digits}.`,
      'All of an account’s codes have one length: replace the other, or take another token.',
    ],
    [
      `Tài khoản đang dùng mã ${other.digits} chữ số, thiết bị này hiện ${token.digits} chữ số.`,
      'Thay thiết bị cũ khi giao, hoặc chọn thiết bị khác.',
    ],
  );
}

/**
 * Hands a token of the stock to an account's holder. It counts at once.
 * @throws OperatorError when the token is not in stock, or its codes have another length than those that stay
 */
export function handOverToken(
  deps: AdministrationDeps,
  order: { readonly serialNumber: string; readonly user: string; readonly replace: boolean },
): Promise<HandedOver> {
  return inOneWrite(deps, async (inner, db) => {
    const { realms } = await readOrganisation(inner.store);
    const account = await getAccount(inner.store, order.user, realms);
    if (account.status === 'withdrawn') {
      refuse(
        'user',
        [`The account ${account.userName} is withdrawn.`, 'It comes back by a new written assignment.'],
        ['Tài khoản đã thu hồi.', 'Cần văn bản phân công mới để cấp lại.'],
      );
    }
    const token = await getStockToken(db, order.serialNumber);
    checkToken(inner, token);
    refuseState(token, 'stock');
    const held = await listAuthenticators(db, account.id);
    const former = order.replace ? held.filter(({ state }) => state === 'active') : [];
    if (!order.replace) refuseDigits(held, token, account);
    let authenticatorId = 0;
    await actOnAccount(inner, account, {
      verb: 'account.hand-over-token',
      apply: async (within) => {
        for (const one of former) await dropAuthenticator(within, one);
        authenticatorId = await attach(within, inner, token, account);
      },
      body: {
        serialNumber: token.serialNumber,
        mode: token.mode,
        revoked: former.map(({ id }) => id).join(', '),
      },
    });
    const { serialNumber } = token;
    return { serialNumber, userName: account.userName, authenticatorId, revoked: former.length };
  });
}

/** Revokes an authenticator that another takes the place of; a token of the stock goes back there. */
async function dropAuthenticator(db: Db, one: AuthenticatorRow): Promise<void> {
  const token = one.serialNumber === null ? null : await findStockToken(db, one.serialNumber);
  if (token?.state === 'assigned' && token.accountId === one.accountId) await detach(db, token, one, 'stock');
  else await revokeAuthenticatorRow(db, one.id);
}

/** The token, its authenticator and their account; for a token that is handed out. @throws OperatorError */
async function getHeld(db: Db, serialNumber: string) {
  const token = await getStockToken(db, serialNumber);
  refuseState(token, 'assigned');
  const account = token.accountId === null ? null : await findAccountById(db, token.accountId);
  if (account === null) throw new Error(`the token ${token.id} has no account`);
  const held = await findAuthenticatorOfToken(db, token.serialNumber);
  return { token, account, held: held?.accountId === account.id ? held : null };
}

export interface Synchronised {
  readonly serialNumber: string;
  readonly userName: string;
  /** How far its clock is off, in steps; 0 for a counter-based one. */
  readonly driftSteps: number;
}

/**
 * Finds a token again by two codes that it showed one after the other (RFC 4226 §7.4, RFC 6238 §6); both are spent by that.
 * @throws OperatorError when they are not to be found, or were used
 */
export function synchroniseToken(
  deps: AdministrationDeps,
  order: { readonly serialNumber: string; readonly codes: readonly [string, string] },
): Promise<Synchronised> {
  return inOneWrite(deps, async (inner, db) => {
    const { keyring, clock } = inner;
    const { token, account, held } = await getHeld(db, order.serialNumber);
    const { serialNumber } = token;
    if (held === null || held.state !== 'active') {
      return refuse(
        'serialNumber',
        [`The token ${serialNumber} was revoked for this account.`, 'Take it back, then hand it over again.'],
        ['Thiết bị đã bị hủy đăng ký khỏi tài khoản.', 'Thu lại rồi giao lại.'],
        'conflict',
      );
    }
    const { algorithm, digits, periodSeconds, mode } = held;
    const seed = await keyring.openReloading(held.sealedSeed, contextOf.seed(account.id));
    const key = seedKey(seed);
    seed.fill(0);
    const now = clock.now();
    const current = timeStepAt(now, periodSeconds);
    const far = Math.floor(farSeconds / periodSeconds);
    const floorAt = Number((await findSetting(db, 'codeFloorAt')) ?? 0);
    const range =
      mode === 'hotp'
        ? { from: held.lastStep + 2, to: held.lastStep + 1 + farCounters, near: held.lastStep + 2 }
        : { from: current - far, to: current + far, near: current + held.driftSteps };
    const found = findTwoCodes({
      key,
      parameters: { algorithm, digits, periodSeconds },
      codes: order.codes,
      ...range,
    });
    const driftSteps = mode === 'hotp' || found === null ? 0 : found - current;
    const isUsable =
      found !== null &&
      // The earlier of the two must be unused, too.
      found - 1 > held.lastStep &&
      (mode === 'hotp' || isAboveFloor(found - 1, { driftSteps, periodSeconds, floorAt }));
    if (found === null || !isUsable) {
      return refuse(
        'codes',
        [
          'These are no two codes, one after the other, that this token has yet to use.',
          'Wait for the next code, type both in their order; check the number on its back.',
        ],
        [
          'Hai mã không liên tiếp, không phải của thiết bị này, hoặc đã dùng.',
          'Đợi mã kế tiếp, nhập hai mã theo thứ tự; kiểm tra số sê-ri.',
        ],
      );
    }
    await actOnAccount(inner, account, {
      verb: 'account.synchronise-token',
      apply: async (within) => {
        const isSet = await synchroniseAuthenticator(within, held, {
          lastStep: found,
          driftSteps,
          syncedAt: now,
        });
        if (!isSet) throw changedMeanwhile(`The token ${serialNumber}`);
      },
      body: { serialNumber, driftSteps },
    });
    return { serialNumber, userName: account.userName, driftSteps };
  });
}

/** One token in the place of another, in one act: the former stops, the new one counts. */
export function replaceToken(
  deps: AdministrationDeps,
  order: {
    readonly serialNumber: string;
    readonly by: string;
    readonly formerIs: 'stock' | 'lost' | 'retired';
    readonly reason: string;
  },
): Promise<HandedOver> {
  const reason = checkReason(order.reason, 'reason');
  return inOneWrite(deps, async (inner, db) => {
    checkToken(inner, await getStockToken(db, order.serialNumber));
    const { token: former, account, held } = await getHeld(db, order.serialNumber);
    const token = await getStockToken(db, order.by);
    refuseState(token, 'stock');
    const others = (await listAuthenticators(db, account.id)).filter(({ id }) => id !== held?.id);
    refuseDigits(others, token, account);
    let authenticatorId = 0;
    await actOnAccount(inner, account, {
      verb: 'account.replace-token',
      detail: order.formerIs,
      apply: async (within) => {
        await detach(within, former, held, order.formerIs);
        authenticatorId = await attach(within, inner, token, account);
      },
      body: { serialNumber: token.serialNumber, formerSerialNumber: former.serialNumber },
      personal: { reason },
    });
    const { serialNumber } = token;
    return { serialNumber, userName: account.userName, authenticatorId, revoked: held === null ? 0 : 1 };
  });
}

export interface Detached {
  readonly serialNumber: string;
  readonly state: 'stock' | 'lost' | 'retired';
  /** Whose it was; null: nobody's. */
  readonly userName: string | null;
}

/** A token is lost, taken back or done with: its codes are worth nothing from the next request on. */
export function setTokenState(
  deps: AdministrationDeps,
  order: {
    readonly serialNumber: string;
    readonly state: 'stock' | 'lost' | 'retired';
    readonly reason: string;
  },
): Promise<Detached> {
  const reason = checkReason(order.reason, 'reason');
  const { state } = order;
  return inOneWrite(deps, async (inner, db) => {
    const token = await getStockToken(db, order.serialNumber);
    checkToken(inner, token);
    const { serialNumber } = token;
    if (token.state === state) refuseState(token, state === 'stock' ? 'assigned' : 'stock');
    if (token.state !== 'assigned') {
      await detach(db, token, null, state);
      await recordAct(db, inner.by, {
        verb: 'token-stock.set-state',
        at: inner.clock.now(),
        detail: state,
        body: { serialNumber },
        personal: { reason },
      });
      return { serialNumber, state, userName: null };
    }
    const { account, held } = await getHeld(db, serialNumber);
    await actOnAccount(inner, account, {
      verb: 'account.take-token',
      detail: state,
      apply: (within) => detach(within, token, held, state),
      body: { serialNumber },
      personal: { reason },
    });
    return { serialNumber, state, userName: account.userName };
  });
}
