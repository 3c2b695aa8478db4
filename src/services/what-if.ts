// "Would this login work?": the decision on the account's facts as they are, nothing claimed, counted or recorded.
import { OperatorError } from '../base/errors.ts';
import { decideAccess } from '../core/access.ts';
import type { Attempt, Denial } from '../core/decision.ts';
import { type EvidenceLabel, evidenceLabel } from '../core/evidence.ts';
import { type Explanation, explain, explainAccepted } from '../core/explain.ts';
import type { ObservedIdentifier } from '../core/facts.ts';
import { hoursOfDayInWords } from '../core/hours.ts';
import type { Policy } from '../core/policy.ts';
import type { Language } from '../core/reason-texts.ts';
import type { Reason } from '../core/reasons.ts';
import { canonicalUserName } from '../core/user-name.ts';
import { isAccountWithin, type UnitsWithin } from '../store/queries/within.ts';
import type { Store } from '../store/store.ts';
import type { Gateway } from './settings/clients.ts';
import type { Settings } from './settings/settings.ts';
import { showWorkstation } from './workstations.ts';

export interface Supposition {
  readonly userName: string;
  /** Name of a gateway that is declared. */
  readonly gateway: string;
  /** Asset tag; null: a computer that nobody has registered. */
  readonly workstation: string | null;
  readonly at: number;
  readonly password: 'right' | 'wrong';
  readonly code: 'right' | 'wrong' | 'absent';
}

export interface Supposed {
  readonly outcome: 'accept' | 'deny';
  readonly reason: Reason | null;
  readonly explanation: Explanation;
  /** In observe mode: what enforcement would say. */
  readonly observed: Explanation | null;
  readonly evidence: EvidenceLabel;
  /** When the session would end at the latest. */
  readonly until: number | null;
}

/** @throws OperatorError for a gateway or workstation that is not there, or an account of other units */
export async function suppose(
  deps: { readonly store: Store; readonly settings: Settings; readonly language: Language },
  supposition: Supposition,
  within: UnitsWithin,
): Promise<Supposed> {
  const { store, settings, language } = deps;
  const snapshot = settings.current();
  const found = [...snapshot.gateways].find(([, { name }]) => name === supposition.gateway);
  if (found === undefined) {
    throw new OperatorError(`There is no gateway ${supposition.gateway}.`, {
      at: 'gateway',
      vi: [`Không có cổng ${supposition.gateway}.`, 'Chọn cổng trong danh sách.'],
      remedy: 'Choose one of those that are declared.',
    });
  }
  const [gatewayId, gateway] = found;
  const observed = await observedOf(store, supposition.workstation, gateway);
  const name = canonicalUserName(supposition.userName.normalize('NFC'), { realms: snapshot.realms });
  const facts = await store.decisions.loadFacts({
    userName: name.ok ? name.userName : '',
    observedKeys: observed.map(({ key }) => key),
  });
  const accountId = facts.account?.accountId;
  if (accountId !== undefined && !(await store.read((db) => isAccountWithin(db, accountId, within)))) {
    throw new OperatorError('The account lies outside the units that you look after.', {
      at: 'userName',
      vi: ['Tài khoản nằm ngoài phạm vi quản lý.', 'Hỏi cán bộ quản trị của đơn vị đó.'],
      remedy: 'Ask the administrators of its unit.',
    });
  }
  const policy = snapshot.policyFor(facts.account?.unitPath ?? [], gatewayId);
  const authenticator = facts.account?.authenticators[0];
  const attempt: Attempt = {
    gatewayId,
    station: '',
    observed,
    refused: null,
    password: supposition.password,
    code:
      supposition.code === 'absent' || authenticator === undefined
        ? 'absent'
        : {
            authenticatorId: authenticator.authenticatorId,
            match:
              supposition.code === 'right'
                ? { kind: 'match', timeStep: Math.floor(supposition.at / 30_000) }
                : { kind: 'wrong' },
          },
    challengeFault: null,
    earlierDenial: null,
    ticket: null,
  };
  const decision = decideAccess(facts, attempt, policy, supposition.at);
  const inWords = (denial: Denial) =>
    explainDenial(denial, policy, { language, timeZone: snapshot.timeZone, at: supposition.at });
  const evidence = evidenceLabel(decision.evidence);
  if (decision.outcome === 'accept') {
    const title = explainAccepted(decision.observed?.reason ?? null, language);
    return {
      outcome: 'accept',
      reason: null,
      explanation: { title, explanation: '', next: [] },
      observed: decision.observed === null ? null : inWords(decision.observed),
      evidence,
      until: decision.until,
    };
  }
  const { denial } = decision;
  if (denial === null) throw new Error('a supposed login was neither let in nor denied');
  return {
    outcome: 'deny',
    reason: denial.reason,
    explanation: inWords(denial),
    observed: null,
    evidence,
    until: null,
  };
}

/** What this gateway would report of a registered machine: those of its identifiers that the gateway's profile reads. */
async function observedOf(
  store: Store,
  assetTag: string | null,
  { profile }: Gateway,
): Promise<ObservedIdentifier[]> {
  if (assetTag === null) return [{ key: 'hostname:a-computer-that-nobody-has-registered', level: 1 }];
  const { identifiers } = await showWorkstation(store, assetTag);
  return identifiers.flatMap((key) => {
    // A profile lists its best source first.
    const source = profile.workstation.find(({ type }) => key.startsWith(`${type}:`));
    return source === undefined ? [] : [{ key, level: source.level }];
  });
}

function explainDenial(
  { reason, detail, parameters }: Denial,
  { hours, calendar }: Policy,
  { language, timeZone, at }: { readonly language: Language; readonly timeZone: string; readonly at: number },
): Explanation {
  const given =
    reason === 'outside-hours' && hours !== null
      ? { ...parameters, hours: hoursOfDayInWords(hours, calendar, at, language) }
      : parameters;
  return explain(reason, detail, given, language, timeZone);
}
