// How well workstations prove themselves: what demanding more would deny, and the signed exceptions by which less will do.
import { OperatorError } from '../base/errors.ts';
import { type EvidenceLevel, evidenceLabel } from '../core/evidence.ts';
import {
  type EvidenceExceptionRow,
  endException as endExceptionRow,
  listAcceptedLogins,
  listOpenExceptions,
  replaceException,
} from '../store/queries/evidence.ts';
import { bumpSettingsVersion } from '../store/queries/settings.ts';
import type { Store } from '../store/store.ts';
import { dateOf } from './accounts/standing.ts';
import { type AdministrationDeps, checkReason, readOrganisation, recordAct } from './administration.ts';
import type { Settings } from './settings/settings.ts';
import { getUnit } from './units.ts';

/** The organisation, a unit by its code, or a gateway by its name. */
export type NamedScope = { readonly unit?: string; readonly gateway?: string };

const page = 5_000;
const longestExceptionMs = 366 * 86_400_000;

async function scopeOf(
  { store, settings }: { readonly store: Pick<Store, 'read'>; readonly settings: Settings },
  { unit, gateway }: NamedScope,
): Promise<{ readonly scope: string; readonly name: string }> {
  if (unit !== undefined && gateway !== undefined) {
    throw new OperatorError('A unit and a gateway are two scopes.', {
      at: '--unit',
      remedy: 'Name one of them.',
    });
  }
  if (unit !== undefined) {
    const { id, code } = await getUnit(store, unit);
    return { scope: `unit:${id}`, name: `unit ${code}` };
  }
  if (gateway === undefined) return { scope: 'organisation', name: 'the organisation' };
  const found = [...settings.current().gateways.values()].find(({ name }) => name === gateway);
  if (found !== undefined) return { scope: `gateway:${found.gatewayId}`, name: `gateway ${found.name}` };
  throw new OperatorError(`There is no gateway ${gateway}.`, {
    at: '--gateway',
    remedy: 'See "gatewarden gateway list".',
  });
}

/**
 * Lets less evidence do in a scope until the end of a day, by a paper that somebody signed. It takes the place of the scope's
 * former exception, and falls away by itself.
 * @throws OperatorError for a day that is past or over a year away
 */
export async function signException(
  deps: AdministrationDeps & { readonly settings: Settings },
  order: NamedScope & {
    readonly leastEvidence: 0 | 1;
    readonly until: string;
    readonly documentNumber: string;
    readonly signatory: string;
    readonly reason: string;
  },
): Promise<{ readonly name: string; readonly leastEvidence: 0 | 1; readonly validUntil: number }> {
  const reason = checkReason(order.reason);
  const documentNumber = checkReason(order.documentNumber, '--document');
  const signatory = checkReason(order.signatory, '--signatory');
  const { store, clock, by } = deps;
  const { scope, name } = await scopeOf(deps, order);
  const { timeZone } = await readOrganisation(store);
  const validUntil = dateOf(order.until, 'until', timeZone, '--until');
  const now = clock.now();
  if (validUntil <= now || validUntil - now > longestExceptionMs) {
    throw new OperatorError('The exception would be over already, or last for more than a year.', {
      at: '--until',
      remedy: 'Give a last day within a year from now.',
    });
  }
  const { leastEvidence } = order;
  await store.write(async (db) => {
    await replaceException(db, {
      scope,
      leastEvidence,
      documentNumber,
      signatory,
      reason,
      validUntil,
      createdAt: now,
      createdBy: by.name,
    });
    await bumpSettingsVersion(db);
    await recordAct(db, by, {
      verb: 'evidence.sign-exception',
      at: now,
      body: { scope, leastEvidence: evidenceLabel(leastEvidence), documentNumber, validUntil },
      personal: { signatory, reason },
    });
  });
  return { name, leastEvidence, validUntil };
}

/** Ends an exception before its day. @throws OperatorError when the scope has none */
export async function endException(
  deps: AdministrationDeps & { readonly settings: Settings },
  order: NamedScope & { readonly reason: string },
): Promise<{ readonly name: string }> {
  const reason = checkReason(order.reason);
  const { store, clock, by } = deps;
  const { scope, name } = await scopeOf(deps, order);
  const now = clock.now();
  await store.write(async (db) => {
    if (!(await endExceptionRow(db, scope, now))) {
      throw new OperatorError(`There is no exception for ${name}.`, {
        remedy: 'See "gatewarden evidence report".',
      });
    }
    await bumpSettingsVersion(db);
    await recordAct(db, by, {
      verb: 'evidence.end-exception',
      at: now,
      body: { scope },
      personal: { reason },
    });
  });
  return { name };
}

interface GatewayEvidence {
  readonly gateway: string;
  readonly logins: number;
  /** Accepted logins by level, E0 first. */
  readonly byLevel: readonly [number, number, number, number];
  /** Accepted logins that the level asked about, enforced, would have denied; and how many accounts made them. */
  readonly wouldBeDenied: number;
  readonly accounts: number;
}

export interface EvidenceReport {
  readonly level: EvidenceLevel;
  readonly since: number;
  readonly gateways: readonly GatewayEvidence[];
  readonly exceptions: readonly (EvidenceExceptionRow & { readonly isOver: boolean })[];
}

interface Tally {
  readonly byLevel: [number, number, number, number];
  wouldBeDenied: number;
  readonly accounts: Set<number>;
}

/** Of the accepted logins of some days: how well their workstations were proven, and which of them a level would deny. */
export async function reportEvidence(
  deps: Pick<AdministrationDeps, 'store' | 'clock'> & { readonly settings: Settings },
  order: { readonly days: number; readonly level: EvidenceLevel },
): Promise<EvidenceReport> {
  const { store, clock, settings } = deps;
  const now = clock.now();
  const since = now - order.days * 86_400_000;
  const tallies = new Map<number, Tally>();
  let after = since - 1;
  for (;;) {
    const rows = await store.read((db) => listAcceptedLogins(db, { since, after, limit: page }));
    const last = rows.at(-1)?.at ?? after;
    // The last instant of a full page may go on in the next one.
    const whole = rows.length < page ? rows : rows.filter(({ at }) => at < last);
    for (const row of whole) count(tallies, row, order.level);
    if (rows.length < page || whole.length === 0) break;
    after = last - 1;
  }
  const { gateways } = settings.current();
  const exceptions = await store.read(listOpenExceptions);
  return {
    level: order.level,
    since,
    gateways: [...tallies]
      .map(([gatewayId, { byLevel, wouldBeDenied, accounts }]) => ({
        gateway: gateways.get(gatewayId)?.name ?? `gateway ${gatewayId}`,
        logins: byLevel.reduce((sum, some) => sum + some, 0),
        byLevel,
        wouldBeDenied,
        accounts: accounts.size,
      }))
      .sort((a, b) => b.wouldBeDenied - a.wouldBeDenied),
    exceptions: exceptions.map((row) => ({ ...row, isOver: row.validUntil <= now })),
  };
}

function count(
  tallies: Map<number, Tally>,
  row: Awaited<ReturnType<typeof listAcceptedLogins>>[number],
  least: EvidenceLevel,
): void {
  const { gatewayId, accountId } = row;
  if (gatewayId === null) return;
  const { data } = JSON.parse(row.body) as { data?: { evidence?: unknown; observedReason?: unknown } };
  const level = ([0, 1, 2, 3] as const).find((one) => data?.evidence === evidenceLabel(one)) ?? 0;
  const known = tallies.get(gatewayId);
  const tally: Tally = known ?? { byLevel: [0, 0, 0, 0], wouldBeDenied: 0, accounts: new Set() };
  if (known === undefined) tallies.set(gatewayId, tally);
  tally.byLevel[level] += 1;
  if (level >= least && typeof data?.observedReason !== 'string') return;
  tally.wouldBeDenied += 1;
  if (accountId !== null) tally.accounts.add(accountId);
}
