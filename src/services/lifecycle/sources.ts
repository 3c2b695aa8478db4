// Sources of lifecycle events and their brakes.
import { OperatorError } from '../../base/errors.ts';
import { listFeeds } from '../../store/queries/feeds.ts';
import {
  insertLifecycleSource,
  type LifecycleSourceRow,
  listLifecycleSources,
  updateLifecycleSource,
} from '../../store/queries/lifecycle.ts';
import type { Db } from '../../store/tables.ts';
import { type AdministrationDeps, recordAct } from '../administration.ts';
import { defaultBrake } from './brake.ts';
import { getSource } from './record.ts';

/** Names under which the program itself enters events. */
const reserved: readonly string[] = ['command-line', 'import'];

export interface BrakeSettings {
  /** Accounts. */
  readonly brakeCount?: number;
  /** Share of all accounts in per cent, to two places. */
  readonly brakePercent?: number;
}

function checkBrake({ brakeCount, brakePercent }: BrakeSettings): Partial<LifecycleSourceRow> {
  if (brakeCount !== undefined && (!Number.isInteger(brakeCount) || brakeCount < 0)) {
    throw new OperatorError('--brake-count is not a whole number.', {
      at: '--brake-count',
      vi: ['Số tài khoản của chốt an toàn không phải số nguyên.', 'Nhập số tài khoản, ví dụ 20.'],
      remedy: 'Give a number of accounts, such as 20; 0 leaves the share alone to decide.',
    });
  }
  if (brakePercent !== undefined && !(brakePercent >= 0 && brakePercent <= 100)) {
    throw new OperatorError('--brake-percent is not between 0 and 100.', {
      at: '--brake-percent',
      vi: ['Tỷ lệ của chốt an toàn không nằm trong khoảng 0 đến 100.', 'Nhập phần trăm, ví dụ 2.'],
      remedy: 'Give a share of all accounts in per cent, such as 2.',
    });
  }
  return {
    ...(brakeCount === undefined ? {} : { brakeCount }),
    ...(brakePercent === undefined ? {} : { brakeShare: Math.round(brakePercent * 100) }),
  };
}

/** @throws OperatorError for a name that is taken or no name */
export async function addSource(
  { store, clock, by }: Pick<AdministrationDeps, 'store' | 'clock' | 'by'>,
  order: BrakeSettings & { readonly name: string; readonly kind: LifecycleSourceRow['kind'] },
): Promise<LifecycleSourceRow> {
  const { name, kind } = order;
  if (!/^[a-z0-9]([a-z0-9.-]{0,38}[a-z0-9])?$/.test(name) || reserved.includes(name)) {
    throw new OperatorError(`${JSON.stringify(name.slice(0, 60))} cannot be the name of a source.`, {
      at: 'NAME',
      vi: ['Tên nguồn không hợp lệ.', 'Dùng chữ thường không dấu, số, gạch nối, dấu chấm, ví dụ nhan-su.'],
      remedy: 'Use small letters, digits, "-" and ".", such as hr-file.',
    });
  }
  const row = { name, kind, ...defaultBrake, ...checkBrake(order), createdAt: clock.now() };
  await store.write(async (db) => {
    if (!(await insertLifecycleSource(db, row))) {
      throw new OperatorError(`There is a source ${name} already.`, {
        at: 'NAME',
        vi: [`Đã có nguồn ${name}.`, 'Chọn tên khác.'],
        remedy: 'See "gatewarden source list", or give another name.',
      });
    }
    const { brakeCount, brakeShare } = row;
    await recordAct(db, by, {
      verb: 'source.add',
      at: row.createdAt,
      body: { source: name, kind, brakeCount, brakeShare },
    });
  });
  return { ...row, lastRunAt: null };
}

/** Sets the brake of a source. @throws OperatorError when there is no such source, or nothing to set */
export async function setBrake(
  { store, clock, by }: Pick<AdministrationDeps, 'store' | 'clock' | 'by'>,
  order: BrakeSettings & { readonly name: string },
): Promise<LifecycleSourceRow> {
  const before = await getSource(store, order.name);
  const set = checkBrake(order);
  if (Object.keys(set).length === 0) {
    throw new OperatorError('Nothing to set is given.', {
      at: '--brake-count',
      remedy: 'Give --brake-count, --brake-percent or both.',
    });
  }
  const after = { ...before, ...set };
  await store.write(async (db) => {
    await updateLifecycleSource(db, before.name, set);
    await recordAct(db, by, {
      verb: 'source.set-brake',
      at: clock.now(),
      body: {
        source: before.name,
        brakeCount: after.brakeCount,
        brakeShare: after.brakeShare,
        formerBrakeCount: before.brakeCount,
        formerBrakeShare: before.brakeShare,
      },
    });
  });
  return after;
}

export const listSources = listLifecycleSources;

/** Sources, each with what is wrong with reading it; null: nothing, or it is not read. */
export async function listSourcesWithFaults(db: Db) {
  const faults = new Map((await listFeeds(db)).map((feed) => [feed.source, feed]));
  return (await listLifecycleSources(db)).map((source) => ({
    ...source,
    faultSince: faults.get(source.name)?.faultSince ?? null,
    fault: faults.get(source.name)?.fault ?? null,
  }));
}
