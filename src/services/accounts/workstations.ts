// Workstations of an account: assigned from date to date, taken back.
import { OperatorError } from '../../base/errors.ts';
import { endAccountWorkstation, insertAccountWorkstation } from '../../store/queries/account-changes.ts';
import { listWorkstationsOfAccount } from '../../store/queries/account-details.ts';
import { listUsersOfWorkstation } from '../../store/queries/workstations.ts';
import { type AdministrationDeps, readOrganisation } from '../administration.ts';
import { getWorkstation } from '../workstations.ts';
import { actOnAccount, getAccount } from './account.ts';
import { type Done, dateOf } from './standing.ts';

type Term = { readonly validFrom: number; readonly validUntil: number | null };

function overlap(a: Term, b: Term): boolean {
  return (
    (b.validUntil === null || a.validFrom < b.validUntil) &&
    (a.validUntil === null || b.validFrom < a.validUntil)
  );
}

export interface WorkstationTerm extends Done {
  readonly assetTag: string;
  readonly validFrom: number;
  /** Null: as long as the account. */
  readonly validUntil: number | null;
  readonly timeZone: string;
}

/**
 * Assigns a workstation, from now on unless a day is given; with an end it is a temporary assignment.
 * @throws OperatorError when it is lost or retired, assigned to this account already, or personal and somebody else's
 */
export async function assignWorkstation(
  deps: AdministrationDeps,
  order: {
    readonly user: string;
    readonly assetTag: string;
    readonly from?: string;
    readonly until?: string;
  },
): Promise<WorkstationTerm> {
  const { store, clock } = deps;
  const { timeZone, realms } = await readOrganisation(store);
  const account = await getAccount(store, order.user, realms);
  const workstation = await getWorkstation(store, order.assetTag);
  const { assetTag } = workstation;
  const now = clock.now();
  const validFrom = order.from === undefined ? now : dateOf(order.from, 'from', timeZone, '--from');
  const validUntil = order.until === undefined ? null : dateOf(order.until, 'until', timeZone, '--until');
  const term = { validFrom, validUntil };
  if (validUntil !== null && validUntil <= Math.max(validFrom, now)) {
    throw new OperatorError(
      validUntil <= validFrom
        ? 'The assignment would end before it begins.'
        : 'The assignment would be over already.',
      {
        at: '--until',
        remedy: 'Give a last day that is not before the first, and not past.',
        vi: ['Thời gian giao máy không hợp lệ.', 'Chọn ngày cuối không trước ngày đầu và chưa qua.'],
      },
    );
  }
  if (workstation.state !== 'active') {
    throw new OperatorError(`${assetTag} is ${workstation.state}; it can't be assigned.`, {
      at: 'ASSET',
      vi: [`${assetTag} đã ngừng sử dụng hoặc báo mất, không giao được.`, 'Giao máy trạm khác.'],
      remedy: `Assign another, or "gatewarden workstation set-state ${assetTag} active" if it is in use again.`,
    });
  }
  const { own, users } = await store.read(async (db) => ({
    own: await listWorkstationsOfAccount(db, account.id),
    users: await listUsersOfWorkstation(db, workstation.id),
  }));
  if (own.some((held) => held.workstationId === workstation.id && overlap(held, term))) {
    throw new OperatorError(`${assetTag} is assigned to ${account.userName} in that time already.`, {
      at: 'ASSET',
      vi: [
        `${assetTag} đang giao cho ${account.userName} trong thời gian đó.`,
        'Muốn đổi ngày thì kết thúc lần giao đó trước.',
      ],
      remedy: `See "gatewarden account show ${account.userName}"; end the assignment first to give it other dates.`,
    });
  }
  const other = users.find((user) => user.personId !== account.personId && overlap(user, term));
  if (workstation.kind === 'personal' && other !== undefined) {
    throw new OperatorError(`${assetTag} is the personal workstation of ${other.userName} in that time.`, {
      at: 'ASSET',
      vi: [
        `${assetTag} là máy cá nhân đang giao cho người khác trong thời gian đó.`,
        'Kết thúc lần giao đó trước, hoặc giao máy dùng chung hay máy dự phòng.',
      ],
      remedy: `End that first ("gatewarden account end-workstation ${other.userName} ${assetTag}"), or assign a shared or spare one.`,
    });
  }
  const kind = validUntil === null ? 'permanent' : 'temporary';
  const { revision } = await actOnAccount(deps, account, {
    verb: 'account.assign-workstation',
    apply: (db) =>
      insertAccountWorkstation(db, { accountId: account.id, workstationId: workstation.id, ...term, kind }),
    body: { assetTag, ...term, kind },
  });
  return { userName: account.userName, revision, assetTag, ...term, timeZone };
}

/**
 * Takes a workstation back: now, or at the end of a day.
 * @throws OperatorError when it is not assigned beyond that
 */
export async function endWorkstation(
  deps: AdministrationDeps,
  order: { readonly user: string; readonly assetTag: string; readonly at?: string },
): Promise<Done & { readonly assetTag: string; readonly endsAt: number; readonly timeZone: string }> {
  const { store, clock } = deps;
  const { timeZone, realms } = await readOrganisation(store);
  const account = await getAccount(store, order.user, realms);
  const workstation = await getWorkstation(store, order.assetTag);
  const { assetTag } = workstation;
  const endsAt = order.at === undefined ? clock.now() : dateOf(order.at, 'until', timeZone, '--at');
  const { revision } = await actOnAccount(deps, account, {
    verb: 'account.end-workstation',
    apply: async (db) => {
      const link = { accountId: account.id, workstationId: workstation.id, at: endsAt };
      if ((await endAccountWorkstation(db, link)) > 0) return;
      throw new OperatorError(`${assetTag} is not assigned to ${account.userName} beyond that.`, {
        at: 'ASSET',
        vi: [
          `${assetTag} không còn giao cho ${account.userName} sau thời điểm đó.`,
          'Xem trang của tài khoản.',
        ],
        remedy: `See "gatewarden account show ${account.userName}".`,
      });
    },
    body: { assetTag, endsAt },
  });
  return { userName: account.userName, revision, assetTag, endsAt, timeZone };
}
