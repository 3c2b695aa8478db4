// Slips: issued with a fresh code each, handed over by the unit's word. What was printed before is void.
import { OperatorError } from '../../base/errors.ts';
import { randomCode } from '../../base/random.ts';
import { dayMs } from '../../core/time-zone.ts';
import { canonicalUserName } from '../../core/user-name.ts';
import { findAccountById, findAccountByUserName } from '../../store/queries/accounts.ts';
import {
  findNewestActivationCode,
  issueActivationCode,
  putPersonFact,
  setHandedOver,
  voidActivationCodes,
} from '../../store/queries/activation.ts';
import { raiseAlert } from '../../store/queries/alerts.ts';
import { listAuthenticators } from '../../store/queries/authenticators.ts';
import { findPeopleByHand } from '../../store/queries/feeds.ts';
import { listRollout, type RolloutState } from '../../store/queries/slips.ts';
import { findPersonByStaffCode } from '../../store/queries/workstations.ts';
import { getAccount } from '../accounts/account.ts';
import {
  type AdministrationDeps,
  changedMeanwhile,
  checkReason,
  readOrganisation,
  recordAct,
  recordActs,
} from '../administration.ts';
import { birthDateHashes, isActivated } from '../portal/activation.ts';
import { codeHashes, groupedCode } from '../portal/code-hash.ts';
import { checkSeen } from '../seen.ts';

export const slipLifetimeMs = 7 * dayMs;
const codeLength = 12;
/** In one file: what a printer takes in one go, and the writer in one turn. */
const mostSlips = 500;
const chunk = 50;

export interface Slip {
  readonly userName: string;
  readonly fullName: string;
  readonly staffCode: string;
  readonly position: string | null;
  readonly unitCode: string;
  readonly unitName: string;
  /** In groups of four. Nobody can read it again. */
  readonly code: string;
  readonly expiresAt: number;
}

/** For whom slips are printed. */
export interface SlipOrder {
  /** Paths of units within which the operator may print; null: all. */
  readonly scope: readonly string[] | null;
  /** These accounts, as long as nobody uses them (a reprint); or the states asked for within the scope. */
  readonly userNames?: readonly string[];
  readonly states?: readonly RolloutState[];
  /** Who prints: nobody holds the code of their own activation before another has handed it over. */
  readonly exceptPersonId?: number;
}

/**
 * Issues slips. Each account's former code is void from now on; who printed is recorded.
 * @throws OperatorError when there is nobody to print for, or too many
 */
export async function issueSlips(deps: AdministrationDeps, order: SlipOrder): Promise<Slip[]> {
  const { store, clock, random, keyring, by } = deps;
  const { realms } = await readOrganisation(store);
  const userNames = order.userNames?.map((typed) => {
    const name = canonicalUserName(typed.normalize('NFC'), { realms });
    return name.ok ? name.userName : typed;
  });
  const all = ['not-printed', 'printed', 'handed-over', 'activated', 'logged-in'] as const;
  const states = order.states ?? (userNames === undefined ? (['not-printed'] as const) : all);
  const now = clock.now();
  const people = await store.read((db) =>
    listRollout(db, {
      unitPaths: order.scope,
      states,
      ...(userNames === undefined ? {} : { userNames }),
      ...(order.exceptPersonId === undefined ? {} : { exceptPersonId: order.exceptPersonId }),
      limit: mostSlips + 1,
      now,
    }),
  );
  refuseBadSelection(people, userNames);
  await refuseActivated(deps, people);
  const slips: Slip[] = [];
  for (let at = 0; at < people.length; at += chunk) {
    await store.write(async (db) => {
      const some = people.slice(at, at + chunk);
      const byHand = await findPeopleByHand(
        db,
        some.map(({ personId }) => personId),
      );
      for (const person of some) {
        const code = randomCode(random, codeLength);
        const [codeHash = ''] = codeHashes(keyring, 'activation', code);
        const printedAt = clock.now();
        const expiresAt = printedAt + slipLifetimeMs;
        const { accountId, userName, fullName, staffCode, position, unitCode, unitName } = person;
        const issued = await issueActivationCode(db, {
          accountId,
          codeHash,
          printedAt,
          printedBy: by.name,
          expiresAt,
        });
        const record = await recordAct(db, by, {
          verb: 'slip.print',
          at: printedAt,
          accountId,
          body: { slip: issued.id, voided: issued.voided, expiresAt },
          personal: { userName },
        });
        // The way in for somebody who does not exist: another than who printed has to look.
        if (byHand.has(person.personId))
          await raiseAlert(db, {
            rule: 'slip-for-person-by-hand',
            accountId,
            evidence: JSON.stringify({ printedBy: by.name, slip: issued.id }),
            at: printedAt,
            ...record,
          });
        slips.push({
          userName,
          fullName,
          staffCode,
          position,
          unitCode,
          unitName,
          code: groupedCode(code),
          expiresAt,
        });
      }
    });
  }
  return slips;
}

/** Whoever printed a slip for an account that is in use could take it over, past all that guards a reset. */
async function refuseActivated(
  { store }: AdministrationDeps,
  people: readonly { readonly accountId: number; readonly userName: string }[],
): Promise<void> {
  for (const { accountId, userName } of people) {
    const isInUse = await store.read(async (db) => {
      const account = await findAccountById(db, accountId);
      const held = await listAuthenticators(db, accountId);
      const authenticators = held.filter(({ state }) => state === 'active');
      return account !== null && isActivated({ ...account, authenticators });
    });
    if (!isInUse) continue;
    throw new OperatorError(`${userName} is in use: no slip is printed for it.`, {
      at: 'userNames',
      remedy: 'Take its authenticator away first, on the page of the account.',
      vi: [
        `Tài khoản ${userName} đang được sử dụng nên không in phiếu kích hoạt.`,
        'Gỡ ứng dụng xác thực ở trang tài khoản trước, rồi in phiếu.',
      ],
    });
  }
}

function refuseBadSelection(
  people: readonly { readonly userName: string }[],
  userNames: readonly string[] | undefined,
): void {
  const missing = userNames?.find((name) => !people.some(({ userName }) => userName === name));
  if (missing !== undefined) {
    throw new OperatorError(`No slip can be printed for ${missing}.`, {
      at: 'userNames',
      vi: [
        `Không in được phiếu cho ${missing}.`,
        'Tài khoản không có, đã thu hồi, hết thời hạn hoặc thuộc đơn vị khác.',
      ],
      remedy: 'The account does not exist, is withdrawn or past its term, or belongs to another unit.',
    });
  }
  if (people.length === 0) {
    throw new OperatorError('There is nobody to print a slip for.', {
      at: 'unit',
      remedy: 'Everybody has a slip or is past it; name the accounts to print again.',
      vi: [
        'Không còn ai cần in phiếu.',
        'Mọi người đã có phiếu hoặc đã kích hoạt; in lại cho từng người nếu cần.',
      ],
    });
  }
  if (people.length > mostSlips) {
    throw new OperatorError(`There are more than ${mostSlips} slips to print.`, {
      at: 'unit',
      remedy: 'Print by unit.',
      vi: [`Có hơn ${mostSlips} phiếu phải in.`, 'In theo từng đơn vị.'],
    });
  }
}

/**
 * Records that a slip reached its holder, which stands in for the second fact.
 * @throws OperatorError when the account has no slip that can be used
 */
export async function handOverSlip(
  deps: AdministrationDeps,
  order: { readonly user: string; readonly receivedBy?: string; readonly scope: readonly string[] | null },
): Promise<{ readonly userName: string; readonly expiresAt: number }> {
  const { store, clock, by } = deps;
  const { realms } = await readOrganisation(store);
  const account = await getAccount(store, order.user, realms);
  const receivedBy = order.receivedBy === undefined ? null : checkReason(order.receivedBy, 'receivedBy');
  const at = clock.now();
  return await store.write(async (db) => {
    await refuseOutOfScope(db, account.userName, order.scope, at);
    const code = await findNewestActivationCode(db, account.id);
    const isOpen = code !== null && code.usedAt === null && code.voidedAt === null && code.expiresAt > at;
    if (!isOpen) {
      throw new OperatorError(`${account.userName} has no slip that can be used.`, {
        at: 'user',
        remedy: 'Print one; the former is used, void or older than seven days.',
        vi: [
          `${account.userName} không có phiếu nào còn dùng được.`,
          'In phiếu mới; phiếu trước đã dùng, đã hủy hoặc quá bảy ngày.',
        ],
      });
    }
    checkSeen(deps, code.id, 'The slip');
    if (!(await setHandedOver(db, code.id, { at, by: by.name, receivedBy }))) {
      throw new OperatorError('That the slip was handed over is recorded already.', {
        at: 'user',
        vi: ['Đã ghi nhận giao phiếu này.', 'Không cần làm gì.'],
        remedy: 'Nothing needs to be done.',
      });
    }
    await recordAct(db, by, {
      verb: 'slip.hand-over',
      at,
      accountId: account.id,
      body: { slip: code.id },
      personal: { userName: account.userName, ...(receivedBy === null ? {} : { receivedBy }) },
    });
    return { userName: account.userName, expiresAt: code.expiresAt };
  });
}

async function refuseOutOfScope(
  db: Parameters<typeof listRollout>[0],
  userName: string,
  scope: readonly string[] | null,
  now: number,
): Promise<void> {
  if (scope === null) return;
  const states = ['not-printed', 'printed', 'handed-over', 'activated', 'logged-in'] as const;
  const found = await listRollout(db, { unitPaths: scope, states, userNames: [userName], limit: 1, now });
  if (found.length === 1) return;
  throw new OperatorError(`There is no account ${userName}.`, {
    at: 'user',
    vi: [`Không có tài khoản ${userName}.`, 'Xem danh sách của đơn vị.'],
    remedy: 'Look at the list of the unit.',
  });
}

/** Makes an account's slip void: lost on the way, say. @throws OperatorError when there is none */
export async function voidSlip(
  deps: AdministrationDeps,
  order: { readonly user: string; readonly reason: string },
): Promise<{ readonly userName: string }> {
  const { store, clock, by } = deps;
  const reason = checkReason(order.reason);
  const { realms } = await readOrganisation(store);
  const account = await getAccount(store, order.user, realms);
  await store.write(async (db) => {
    if ((await findAccountByUserName(db, account.userName)) === null) throw changedMeanwhile('The account');
    if ((await voidActivationCodes(db, account.id, 'withdrawn', clock.now())) === 0) {
      throw new OperatorError(`${account.userName} has no slip that can be used.`, {
        at: 'USER',
        remedy: 'Nothing needs to be done.',
      });
    }
    await recordAct(db, by, {
      verb: 'slip.void',
      at: clock.now(),
      accountId: account.id,
      body: {},
      personal: { reason, userName: account.userName },
    });
  });
  return { userName: account.userName };
}

/**
 * Keeps birth dates as keyed hashes: the second fact of an activation. All rows are checked first.
 * @throws OperatorError that names the row
 */
export async function recordBirthDates(
  deps: AdministrationDeps,
  rows: readonly { readonly line: number; readonly staffCode: string; readonly birthDate: string }[],
): Promise<{ readonly recorded: number }> {
  const { store, clock, by } = deps;
  const facts: { personId: number; factHash: string }[] = [];
  for (const { line, staffCode, birthDate } of rows) {
    const person = await store.read((db) => findPersonByStaffCode(db, staffCode));
    const factHash = person === null ? undefined : birthDateHashes(deps, person.id, birthDate)?.[0];
    if (person === null || factHash === undefined) {
      throw new OperatorError(
        person === null
          ? `Line ${line}: nobody has the staff code ${staffCode}.`
          : `Line ${line}: this is no date.`,
        { at: `line ${line}`, remedy: 'Each row: staff code, birth date such as 28/02/1985.' },
      );
    }
    facts.push({ personId: person.id, factHash });
  }
  const recordedAt = clock.now();
  for (let at = 0; at < facts.length; at += 200) {
    await store.write(async (db) => {
      for (const fact of facts.slice(at, at + 200)) {
        await putPersonFact(db, { ...fact, kind: 'birth-date', recordedAt });
      }
    });
  }
  await store.write((db) =>
    recordActs(db, by, [
      { verb: 'person.record-birth-dates', at: recordedAt, body: { people: facts.length } },
    ]),
  );
  return { recorded: facts.length };
}
