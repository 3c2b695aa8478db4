// What HR's facts say at a moment. A pure fold: facts take effect by themselves, whether or not any job has run.
import type { AssignmentFact, EmploymentFact } from './facts.ts';

export type EmploymentState =
  | { readonly state: 'not-started' }
  | { readonly state: 'employed' }
  | { readonly state: 'on-leave'; readonly detail: string | null }
  | { readonly state: 'ended'; readonly detail: string | null };

/** Among facts of one instant the one that takes away comes last. */
const rank: Record<EmploymentFact['kind'], number> = {
  hired: 0,
  returned: 1,
  moved: 2,
  'duties-changed': 3,
  reinstated: 4,
  suspended: 5,
  leave: 6,
  ended: 7,
};

/**
 * State of employment at `now`. Only `hired` ends an end, only `returned` (or `hired`) ends a leave: a stray "returned" of
 * somebody who resigned lets nobody in.
 */
export function employmentAt(facts: readonly EmploymentFact[], now: number): EmploymentState {
  let state: EmploymentState = { state: 'not-started' };
  const due = facts.filter((fact) => fact.effectiveAt <= now);
  due.sort((a, b) => a.effectiveAt - b.effectiveAt || rank[a.kind] - rank[b.kind]);
  for (const fact of due) {
    if (fact.kind === 'hired') state = { state: 'employed' };
    else if (fact.kind === 'ended') state = { state: 'ended', detail: fact.detail };
    else if (fact.kind === 'leave' && state.state !== 'ended')
      state = { state: 'on-leave', detail: fact.detail };
    else if (fact.kind === 'returned' && state.state === 'on-leave') state = { state: 'employed' };
  }
  return state;
}

/**
 * Since when a personnel event keeps the accounts of somebody who works here suspended; null: none does. Only `reinstated` ends it, or
 * another hiring after an end.
 */
export function suspendedSince(facts: readonly EmploymentFact[], now: number): number | null {
  let since: number | null = null;
  const due = facts.filter(({ effectiveAt }) => effectiveAt <= now);
  due.sort((a, b) => a.effectiveAt - b.effectiveAt || rank[a.kind] - rank[b.kind]);
  for (const { kind, effectiveAt } of due) {
    if (kind === 'suspended') since ??= effectiveAt;
    else if (kind === 'reinstated' || kind === 'hired') since = null;
  }
  return since;
}

/** From when on a fact denies: a move or change of duties may leave time for new papers. Null: it denies nothing. */
function deniesFrom({ kind, effectiveAt, endsAt }: EmploymentFact): number | null {
  if (kind === 'hired' || kind === 'returned' || kind === 'reinstated') return null;
  return kind === 'moved' || kind === 'duties-changed' ? Math.max(effectiveAt, endsAt ?? 0) : effectiveAt;
}

/** Instant of the next fact after `now` that takes access away; null if none is known. */
export function nextDenyingFactAt(facts: readonly EmploymentFact[], now: number): number | null {
  let next: number | null = null;
  for (const fact of facts) {
    const at = deniesFrom(fact);
    if (at !== null && at > now && (next === null || at < next)) next = at;
  }
  return next;
}

export type AssignmentState =
  | { readonly state: 'valid' /** Null: no end of its own. */; readonly until: number | null }
  | { readonly state: 'missing'; readonly detail: 'none' | 'ended' | 'unit-changed' | 'duties-changed' };

const voidedBy = { moved: 'unit-changed', 'duties-changed': 'duties-changed', ended: 'ended' } as const;

function isVoiding(kind: EmploymentFact['kind']): kind is keyof typeof voidedBy {
  return kind in voidedBy;
}

/**
 * Whether a written assignment covers `now`. One given before the holder moved or changed duties no longer does (at once, or from
 * the date set for new papers on), nor one given before an employment that has ended, though another has begun since.
 */
export function assignmentAt(
  assignments: readonly AssignmentFact[],
  employment: readonly EmploymentFact[],
  now: number,
): AssignmentState {
  let until: number | null | undefined;
  let detail: 'none' | 'ended' | 'unit-changed' | 'duties-changed' = 'none';
  for (const assignment of assignments) {
    if (assignment.validFrom > now) continue;
    if (assignment.validUntil !== null && assignment.validUntil <= now) {
      if (detail === 'none') detail = 'ended';
      continue;
    }
    const voiding = employment.find(
      (fact) =>
        isVoiding(fact.kind) && fact.effectiveAt > assignment.validFrom && (deniesFrom(fact) ?? now) <= now,
    );
    if (voiding !== undefined) {
      if (isVoiding(voiding.kind)) detail = voidedBy[voiding.kind];
      continue;
    }
    if (until === undefined || assignment.validUntil === null) until = assignment.validUntil;
    else if (until !== null) until = Math.max(until, assignment.validUntil);
  }
  return until === undefined ? { state: 'missing', detail } : { state: 'valid', until };
}
