// The console's overview and the first steps of a new installation, from figures that the store counts.
import type { Language } from '../core/reason-texts.ts';
import { reasonTexts } from '../core/reason-texts.ts';
import { isReason } from '../core/reasons.ts';
import { countDecisionsByHour } from '../store/queries/decision-list.ts';
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
const hoursShown = 24;
const usualDays = 7;

export async function readOverview(
  store: Pick<Store, 'read'>,
  query: {
    readonly within: UnitsWithin;
    readonly now: number;
    readonly language: Language;
    /** Held events concern everybody: only who looks after everything sees how many. */
    readonly withHeld: boolean;
  },
) {
  const { within, now, language } = query;
  const thisHour = Math.floor(now / hourMs);
  const firstHour = thisHour - hoursShown + 1;
  const { accounts, sessions, requests, held, counts } = await store.read(async (db) => ({
    accounts: await countAccountsForOverview(db, within, now),
    sessions: await countSessionsForOverview(db, within, now),
    requests: await countOpenRequests(db, within),
    held: query.withHeld ? await countHeldEvents(db) : null,
    counts: await countDecisionsByHour(db, within, (firstHour - usualDays * 24) * hourMs, hourMs),
  }));
  const denials = new Map<string, { today: number; before: number }>();
  const hours = Array.from({ length: hoursShown }, (_, i) => ({
    at: (firstHour + i) * hourMs,
    accepted: 0,
    denied: 0,
  }));
  for (const { hour, outcome, reason, count } of counts) {
    const shown = hours[hour - firstHour];
    if (outcome === 'accept' && shown !== undefined) shown.accepted += count;
    if (outcome !== 'deny' || reason === null) continue;
    if (shown !== undefined) shown.denied += count;
    const of = denials.get(reason) ?? { today: 0, before: 0 };
    if (shown !== undefined) of.today += count;
    else of.before += count;
    denials.set(reason, of);
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
      .map(([reason, { today, before }]) => ({
        reason,
        title: isReason(reason) ? reasonTexts[reason].title[language] : reason,
        today,
        usual: Math.round((10 * before) / usualDays) / 10,
      }))
      .sort((a, b) => b.today - a.today || b.usual - a.usual),
    hours,
  };
}

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
