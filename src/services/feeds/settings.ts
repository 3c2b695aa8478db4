// What a feed of people and units is set to: by which of its attributes people are found, and where new ones go.
import { OperatorError } from '../../base/errors.ts';
import { findFeed, putFeedSettings } from '../../store/queries/feeds.ts';
import type { Store } from '../../store/store.ts';
import type { Db } from '../../store/tables.ts';
import { type AdministrationDeps, recordAct } from '../administration.ts';
import { getSource } from '../lifecycle/record.ts';
import { type ScopeSettings, unbound } from '../lifecycle/scope.ts';
import { getUnit } from '../units.ts';

const staffCodeAttributes = ['employeeNumber', 'externalId', 'userName'] as const;

export interface FeedSettings extends ScopeSettings {
  /** Where the staff code stands; people are found by it alone. */
  readonly staffCodeFrom: (typeof staffCodeAttributes)[number];
  /** Code of the unit of people and units for whom the feed names none; null: it must name one. */
  readonly defaultUnit: string | null;
}

const defaults: FeedSettings = { staffCodeFrom: 'employeeNumber', defaultUnit: null, ...unbound };

export async function readFeedSettings(db: Db, source: string): Promise<FeedSettings> {
  const row = await findFeed(db, source);
  return row === null ? defaults : { ...defaults, ...(JSON.parse(row.settings) as Partial<FeedSettings>) };
}

/** @throws OperatorError */
function peopleOf(given: string | undefined): 'own' | 'all' | undefined {
  if (given === undefined || given === 'own' || given === 'all') return given;
  throw new OperatorError(`${JSON.stringify(given.slice(0, 40))} is neither "own" nor "all".`, {
    at: '--people',
    remedy: 'Give own (whom it hired or holds, and whom no source does) or all (those of other sources too).',
  });
}

/** Sets what is given, and leaves the rest. @throws OperatorError for an unknown source or unit */
export async function setFeedSettings(
  { store, clock, by }: Pick<AdministrationDeps, 'store' | 'clock' | 'by'>,
  source: string,
  given: {
    readonly staffCodeFrom?: string;
    readonly defaultUnit?: string;
    /** A unit's code; `*`: the whole organisation. */
    readonly within?: string;
    readonly people?: string;
  },
): Promise<FeedSettings> {
  await getSource(store, source);
  const staffCodeFrom = staffCodeAttributes.find((one) => one === given.staffCodeFrom);
  if (given.staffCodeFrom !== undefined && staffCodeFrom === undefined) {
    throw new OperatorError(`${JSON.stringify(given.staffCodeFrom.slice(0, 40))} holds no staff code.`, {
      at: '--staff-code-from',
      remedy: `Give one of ${staffCodeAttributes.join(', ')}.`,
    });
  }
  const unit =
    given.defaultUnit === undefined ? undefined : await getUnit(store, given.defaultUnit, '--default-unit');
  const people = peopleOf(given.people);
  const isBound = given.within !== undefined && given.within !== '*';
  const bound = isBound ? await getUnit(store, given.within, '--within') : null;
  return await store.write(async (db) => {
    const settings: FeedSettings = {
      ...(await readFeedSettings(db, source)),
      ...(staffCodeFrom === undefined ? {} : { staffCodeFrom }),
      ...(unit === undefined ? {} : { defaultUnit: unit.code }),
      ...(given.within === undefined ? {} : { within: bound?.code ?? null }),
      ...(people === undefined ? {} : { people }),
    };
    await putFeedSettings(db, source, JSON.stringify(settings));
    await recordAct(db, by, {
      verb: 'source.set',
      at: clock.now(),
      body: { source, ...settings },
    });
    return settings;
  });
}

/** @returns null when there is no such source of this kind */
export async function findFeedSource(
  store: Pick<Store, 'read'>,
  name: string,
  kind: 'scim' | 'directory',
): Promise<FeedSettings | null> {
  const source = await getSource(store, name).catch((error: unknown) => {
    if (error instanceof OperatorError) return null;
    throw error;
  });
  return source?.kind === kind ? await store.read((db) => readFeedSettings(db, name)) : null;
}
