// Which assigned workstation a request comes from, and how well that is proven.
import type { Denial } from './decision.ts';
import { type EvidenceLevel, evidenceLabel } from './evidence.ts';
import type { AccountFacts, Facts, ObservedIdentifier, WorkstationFact } from './facts.ts';
import type { Policy } from './policy.ts';

export interface RecognisedWorkstation {
  /** Assigned, in its dates and active; null when none was recognised. */
  readonly workstation: WorkstationFact | null;
  readonly evidence: EvidenceLevel;
  /** Why enforcement refuses the workstation, or null. */
  readonly denial: Denial | null;
  /** Set on denials that observe mode does not waive: a machine known to be lost or whose key is another's. */
  readonly always: boolean;
}

/**
 * Compares what the request shows with the workstations assigned to the account. The best-proven assigned workstation wins.
 */
export function recogniseWorkstation(
  facts: Facts,
  account: AccountFacts,
  observed: readonly ObservedIdentifier[],
  policy: Policy,
  now: number,
): RecognisedWorkstation {
  if (observed.length === 0) return refused('workstation-not-identified', null);
  let best: { fact: WorkstationFact; level: EvidenceLevel; inDates: boolean } | null = null;
  for (const fact of account.workstations) {
    const level = matchLevel(fact, observed);
    if (level === null || fact.assignment === null) continue;
    const { validFrom, validUntil } = fact.assignment;
    const inDates = validFrom <= now && (validUntil === null || validUntil > now);
    const better =
      best === null ||
      Number(inDates) - Number(best.inDates) > 0 ||
      (inDates === best.inDates &&
        (usable(fact) > usable(best.fact) || (usable(fact) === usable(best.fact) && level > best.level)));
    if (better) best = { fact, level, inDates };
  }
  if (best === null) {
    const elsewhere = facts.observedElsewhere;
    if (elsewhere.some((other) => other.state !== 'active'))
      return refused('workstation-revoked', null, true);
    return refused('workstation-not-assigned', elsewhere.length > 0 ? 'other-account' : 'unregistered');
  }
  if (!best.inDates) return refused('workstation-not-assigned', 'assignment-ended');
  if (best.fact.state !== 'active') return refused('workstation-revoked', null, true);
  const recognised = { workstation: best.fact, evidence: best.level };
  if (best.level < policy.leastEvidence) {
    const parameters = { required: evidenceLabel(policy.leastEvidence), found: evidenceLabel(best.level) };
    return {
      ...recognised,
      denial: { reason: 'workstation-evidence-too-weak', detail: null, parameters },
      always: keyContradicts(best.fact, observed),
    };
  }
  if (keyContradicts(best.fact, observed)) {
    return {
      ...recognised,
      denial: { reason: 'workstation-key-mismatch', detail: null, parameters: {} },
      always: true,
    };
  }
  return { ...recognised, denial: null, always: false };
}

/** How the workstation of a session stands now; without one (it was let in unrecognised) there is nothing to hold against it. */
export function standingOf(
  account: AccountFacts,
  workstationId: number | null,
  now: number,
): RecognisedWorkstation {
  const nothing: RecognisedWorkstation = { workstation: null, evidence: 0, denial: null, always: false };
  if (workstationId === null) return nothing;
  const terms = account.workstations.filter((fact) => fact.workstationId === workstationId);
  if (terms.some(({ state }) => state !== 'active')) return refused('workstation-revoked', null, true);
  const held = terms.find(
    ({ assignment }) =>
      assignment !== null &&
      assignment.validFrom <= now &&
      (assignment.validUntil === null || assignment.validUntil > now),
  );
  if (held === undefined) return refused('workstation-not-assigned', 'assignment-ended');
  return { ...nothing, workstation: held };
}

function refused(reason: Denial['reason'], detail: Denial['detail'], always = false): RecognisedWorkstation {
  return { workstation: null, evidence: 0, denial: { reason, detail, parameters: {} }, always };
}

function usable(fact: WorkstationFact): number {
  return fact.state === 'active' ? 1 : 0;
}

function matchLevel(fact: WorkstationFact, observed: readonly ObservedIdentifier[]): EvidenceLevel | null {
  let level: EvidenceLevel | null = null;
  for (const seen of observed) {
    if (fact.identifiers.includes(seen.key) && (level === null || seen.level > level)) level = seen.level;
  }
  return level;
}

const keyTypes = ['certificate-sha256:', 'spki-sha256:'];

/** The workstation has a registered key, the request shows a key of the same type, and it is another one. */
function keyContradicts(fact: WorkstationFact, observed: readonly ObservedIdentifier[]): boolean {
  return keyTypes.some((type) => {
    const registered = fact.identifiers.filter((key) => key.startsWith(type));
    const shown = observed.filter((seen) => seen.key.startsWith(type));
    return registered.length > 0 && shown.length > 0 && !shown.some((seen) => registered.includes(seen.key));
  });
}
