// Which assigned workstation a request comes from, and how well that is proven.
import type { Attempt, Denial } from './decision.ts';
import { type EvidenceLevel, evidenceLabel, isKey, keyTypes } from './evidence.ts';
import type { AccountFacts, Facts, ObservedIdentifier, TicketFact, WorkstationFact } from './facts.ts';
import { leastEvidenceAt, type Policy } from './policy.ts';
import { judgeTicket } from './ticket.ts';

export interface RecognisedWorkstation {
  /** Assigned, in its dates and active; null when none was recognised. */
  readonly workstation: WorkstationFact | null;
  readonly evidence: EvidenceLevel;
  /** The key identifier behind E2 or E3; null: no key was shown. */
  readonly provenBy: string | null;
  /** The ticket that proved it, to be spent; null: none did. */
  readonly ticket: TicketFact | null;
  /** Why enforcement refuses the workstation, or null. */
  readonly denial: Denial | null;
  /** Set on denials that observe mode does not waive: a machine known to be lost or whose key is another's. */
  readonly always: boolean;
  /** When it stops being proven as well as it is: its key runs out, or the exception that it relies on. Null: never. */
  readonly provenUntil: number | null;
}

type Shown = Pick<Attempt, 'observed' | 'ticket' | 'code'>;

/**
 * Compares what the request shows with the workstations assigned to the account. The best-proven assigned workstation wins; a
 * ticket bought with a device's proof (core/ticket.ts) proves its workstation at E3.
 */
export function recogniseWorkstation(
  facts: Facts,
  account: AccountFacts,
  shown: Shown,
  policy: Policy,
  now: number,
): RecognisedWorkstation {
  const { observed } = shown;
  // A login that spends a ticket for password and code shows its workstation by other means.
  const isByLoginTicket = shown.code === 'ticket' || shown.code === 'code-ticket';
  const judged = isByLoginTicket ? ({ kind: 'none' } as const) : judgeTicket(account, 'proof', shown.ticket);
  if (judged.kind === 'none') return recognise(facts, account, { observed, ticket: null }, policy, now);
  if (judged.kind === 'good') {
    const { ticket } = judged;
    if (namesAnother(account, ticket, observed, now)) return refused('device-ticket-mismatch', null, true);
    return recognise(facts, account, { observed, ticket }, policy, now);
  }
  const without = recognise(facts, account, { observed, ticket: null }, policy, now);
  const { fault, presented } = judged;
  const isLacking = without.denial !== null && isForWantOfProof(without.denial, observed);
  if (without.always || !(presented || isLacking)) return without;
  return { ...without, denial: { reason: fault, detail: null, parameters: {} }, always: presented };
}

/** Denials that a good ticket would have averted. */
function isForWantOfProof({ reason }: Denial, observed: readonly ObservedIdentifier[]): boolean {
  if (reason === 'workstation-not-identified' || reason === 'workstation-evidence-too-weak') return true;
  return reason === 'workstation-not-assigned' && observed.every(({ level }) => level === 0);
}

/** The request names another workstation of the account by more than its address, and not the ticket's. */
function namesAnother(
  account: AccountFacts,
  ticket: TicketFact,
  observed: readonly ObservedIdentifier[],
  now: number,
): boolean {
  const named = account.workstations
    .filter((fact) => (matchLevel(fact, observed, now) ?? 0) >= 1)
    .map(({ workstationId }) => workstationId);
  return named.length > 0 && !named.includes(ticket.workstationId);
}

function recognise(
  facts: Facts,
  account: AccountFacts,
  { observed, ticket }: { readonly observed: Shown['observed']; readonly ticket: TicketFact | null },
  policy: Policy,
  now: number,
): RecognisedWorkstation {
  if (observed.length === 0 && ticket === null) return refused('workstation-not-identified', null);
  const foreign = foreignKeyDenial(facts, account, observed, now);
  if (foreign !== null) return foreign;
  let best: { fact: WorkstationFact; level: EvidenceLevel; inDates: boolean } | null = null;
  for (const fact of account.workstations) {
    const level = ticket?.workstationId === fact.workstationId ? 3 : matchLevel(fact, observed, now);
    if (level === null || fact.assignment === null) continue;
    const inDates = isAssigned(fact, now);
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
  const { fact, level } = best;
  const spends = ticket !== null && ticket.workstationId === fact.workstationId ? ticket : null;
  const provenBy = spends === null ? keyShown(fact, observed, now) : spends.keyIdentifier;
  const least = leastEvidenceAt(policy, now);
  const isExcepted = level < policy.leastEvidence && level >= least;
  const recognised = {
    workstation: fact,
    evidence: level,
    provenBy,
    ticket: spends,
    provenUntil: earlier(
      endOf(fact, provenBy),
      isExcepted ? (policy.evidenceException?.until ?? null) : null,
    ),
  };
  const mismatch: RecognisedWorkstation = {
    ...recognised,
    denial: { reason: 'workstation-key-mismatch', detail: null, parameters: {} },
    always: true,
  };
  // The key that bought the ticket was withdrawn since.
  if (spends !== null && provenBy !== null && !holds(fact, provenBy, now)) return mismatch;
  if (level < least) {
    const parameters = { required: evidenceLabel(least), found: evidenceLabel(level) };
    return {
      ...recognised,
      denial: { reason: 'workstation-evidence-too-weak', detail: null, parameters },
      always: keyContradicts(fact, observed, now),
    };
  }
  return keyContradicts(fact, observed, now) ? mismatch : { ...recognised, denial: null, always: false };
}

/**
 * The machine that the request comes from is known by its key, and must not be used: out of use, its key withdrawn, or somebody else's. Whose key was
 * seen at work is no doubtful report: that holds while rules are only observed too, and whatever else the request says (a MAC address of
 * the holder's own machine, a ticket). Null: no such key, or a key of the holder's own machine beside it.
 */
function foreignKeyDenial(
  facts: Facts,
  account: AccountFacts,
  observed: readonly ObservedIdentifier[],
  now: number,
): RecognisedWorkstation | null {
  const proven = observed.filter(({ key, level }) => level >= 2 && isKey(key)).map(({ key }) => key);
  const shows = ({ identifiers }: { readonly identifiers: readonly string[] }) =>
    proven.some((key) => identifiers.includes(key));
  if (proven.length === 0) return null;
  const own = account.workstations.filter((fact) => keyShown(fact, observed, now) !== null);
  const active = own.filter(({ state }) => state === 'active');
  if (active.some((fact) => isAssigned(fact, now))) return null;
  if (active.length > 0) return refused('workstation-not-assigned', 'assignment-ended');
  const others = facts.observedElsewhere.filter(shows);
  const isWithdrawn = facts.withdrawnKeys.some(({ identifier }) => proven.includes(identifier));
  if (own.length > 0 || isWithdrawn || others.some(({ state }) => state !== 'active')) {
    return refused('workstation-revoked', null, true);
  }
  return others.length > 0 ? refused('workstation-not-assigned', 'other-account', true) : null;
}

/**
 * How the workstation of a session stands now; without one (it was let in unrecognised) there is nothing to hold against it.
 * @param provenBy the key that it was let in by; a session does not outlive its key
 */
export function standingOf(
  account: AccountFacts,
  workstationId: number | null,
  provenBy: string | null,
  now: number,
): RecognisedWorkstation {
  if (workstationId === null) return unknown;
  const terms = account.workstations.filter((fact) => fact.workstationId === workstationId);
  if (terms.some(({ state }) => state !== 'active')) return refused('workstation-revoked', null, true);
  const held = terms.find((fact) => isAssigned(fact, now));
  if (held === undefined) return refused('workstation-not-assigned', 'assignment-ended');
  if (provenBy !== null && !holds(held, provenBy, now))
    return refused('workstation-key-mismatch', null, true);
  return { ...unknown, workstation: held, provenBy, provenUntil: endOf(held, provenBy) };
}

const unknown: RecognisedWorkstation = {
  workstation: null,
  evidence: 0,
  provenBy: null,
  ticket: null,
  denial: null,
  always: false,
  provenUntil: null,
};

/** Nothing is recognised, and nothing is held against that: there is no account. */
export const noWorkstation: RecognisedWorkstation = unknown;

function refused(reason: Denial['reason'], detail: Denial['detail'], always = false): RecognisedWorkstation {
  return { ...unknown, denial: { reason, detail, parameters: {} }, always };
}

function isAssigned({ assignment }: WorkstationFact, now: number): boolean {
  if (assignment === null) return false;
  const { validFrom, validUntil } = assignment;
  return validFrom <= now && (validUntil === null || validUntil > now);
}

function usable(fact: WorkstationFact): number {
  return fact.state === 'active' ? 1 : 0;
}

function earlier(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}

/** When the workstation's identifier stops counting; null: not by itself. */
function endOf(fact: WorkstationFact, identifier: string | null): number | null {
  return fact.endings?.find((ending) => ending.identifier === identifier)?.until ?? null;
}

function holds(fact: WorkstationFact, identifier: string, now: number): boolean {
  if (!fact.identifiers.includes(identifier)) return false;
  const until = endOf(fact, identifier);
  return until === null || now < until;
}

function matchLevel(
  fact: WorkstationFact,
  observed: readonly ObservedIdentifier[],
  now: number,
): EvidenceLevel | null {
  let level: EvidenceLevel | null = null;
  for (const seen of observed) {
    if ((level === null || seen.level > level) && holds(fact, seen.key, now)) level = seen.level;
  }
  return level;
}

/** The best-proven key of the workstation that the request shows. */
function keyShown(
  fact: WorkstationFact,
  observed: readonly ObservedIdentifier[],
  now: number,
): string | null {
  const shown = observed.filter(({ key, level }) => level >= 2 && isKey(key) && holds(fact, key, now));
  return shown.sort((a, b) => b.level - a.level)[0]?.key ?? null;
}

/** The workstation has a registered key, the request shows a key of the same type, and it is another one. */
function keyContradicts(
  fact: WorkstationFact,
  observed: readonly ObservedIdentifier[],
  now: number,
): boolean {
  return keyTypes.some((type) => {
    const registered = fact.identifiers.filter((key) => key.startsWith(type));
    const shown = observed.filter((seen) => seen.key.startsWith(type));
    return registered.length > 0 && shown.length > 0 && !shown.some((seen) => holds(fact, seen.key, now));
  });
}
