// The console's overview and the first steps of a new installation, from figures that the store counts.
import type { Language } from '../core/reason-texts.ts';
import { reasonTexts } from '../core/reason-texts.ts';
import { isReason } from '../core/reasons.ts';
import { countDecisions } from '../store/queries/decision-list.ts';
import {
  countAccountsForOverview,
  countForChecklist,
  countHeldEvents,
  countOpenRequests,
  countSessionsForOverview,
} from '../store/queries/overview.ts';
import type { UnitsWithin } from '../store/queries/within.ts';
import type { Store } from '../store/store.ts';
import { isSampleIn } from './sample.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const hoursShown = 24;
const usualDays = 7;

interface OverviewQuery {
  readonly within: UnitsWithin;
  readonly now: number;
  /** Held events concern everybody: only who looks after everything sees how many. */
  readonly withHeld: boolean;
}

/** The figures, whatever the language. */
export async function readOverview(store: Pick<Store, 'read'>, query: OverviewQuery) {
  const { within, now } = query;
  const thisHour = Math.floor(now / hourMs);
  const firstHour = thisHour - hoursShown + 1;
  const shownFrom = firstHour * hourMs;
  const { accounts, sessions, requests, held, counts } = await store.read(async (db) => ({
    accounts: await countAccountsForOverview(db, within, now),
    sessions: await countSessionsForOverview(db, within, now),
    requests: await countOpenRequests(db, within),
    held: query.withHeld ? await countHeldEvents(db) : null,
    counts: await countDecisions(db, within, {
      since: shownFrom,
      denialsSince: shownFrom - usualDays * dayMs,
      hourMs,
    }),
  }));
  const denials = new Map<string, { today: number; before: number }>();
  const ofReason = (reason: string) => {
    const of = denials.get(reason) ?? { today: 0, before: 0 };
    denials.set(reason, of);
    return of;
  };
  const hours = Array.from({ length: hoursShown }, (_, i) => ({
    at: (firstHour + i) * hourMs,
    accepted: 0,
    denied: 0,
  }));
  for (const { hour, outcome, reason, count } of counts) {
    if (hour === null) {
      if (reason !== null) ofReason(reason).before += count;
      continue;
    }
    const shown = hours[hour - firstHour];
    if (shown === undefined) continue;
    if (outcome === 'accept') shown.accepted += count;
    if (outcome !== 'deny' || reason === null) continue;
    shown.denied += count;
    ofReason(reason).today += count;
  }
  const { goneButActive, ...counted } = accounts;
  return {
    at: now,
    mustBeZero: {
      sessionsWithoutRight: sessions.withoutRight,
      unconfirmedCuts: sessions.unconfirmedCuts,
      goneButActive,
    },
    work: { requests: requests.open, oldestRequestAt: requests.oldestAt, heldEvents: held },
    accounts: counted,
    sessions: { live: sessions.live },
    denials: [...denials]
      .map(([reason, of]) => ({
        reason,
        today: of.today,
        usual: Math.round((10 * of.before) / usualDays) / 10,
      }))
      .sort((a, b) => b.today - a.today || b.usual - a.usual),
    hours,
  };
}

export const titleOfReason = (reason: string, language: Language): string =>
  isReason(reason) ? reasonTexts[reason].title[language] : reason;

/** How far a new installation has come. Its operator's own person is not yet "people". */
export async function readFirstSteps(store: Pick<Store, 'read'>) {
  const counts = await store.read(countForChecklist);
  const steps = [
    ['organisation', counts.units >= 1],
    ['units', counts.units >= 2],
    ['gateway', counts.gateways >= 1],
    ['policy', counts.policies >= 1],
    ['people', counts.people >= 2],
    ['account', counts.accounts >= 1],
    ['slip', counts.slips >= 1],
    ['login', counts.logins >= 1],
    ...((await isSampleIn(store)) ? ([['sample', false]] as const) : []),
  ] as const;
  return steps.map(([step, isDone]) => ({ step, isDone }));
}
