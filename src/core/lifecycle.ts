// Personnel events: the one table of what each does, what it plans for a person, and what its undo restores. Pure.
import { assignmentAt, employmentAt, suspendedSince } from './employment.ts';
import type { AssignmentFact, EmploymentFact } from './facts.ts';
import { details } from './reasons.ts';
import { dayMs } from './time-zone.ts';

export const lifecycleKinds = [
  'hired',
  'returned',
  'leave',
  'ended',
  'moved',
  'seconded',
  'secondment-ended',
  'duties-changed',
  'extended',
  'suspended',
  'reinstated',
  'head-appointed',
  'head-acting',
  'head-relieved',
] as const;
export type LifecycleKind = (typeof lifecycleKinds)[number];

/** How exactly somebody is on leave, or left. Other kinds have no detail. */
export const lifecycleDetails: Readonly<Partial<Record<LifecycleKind, readonly string[]>>> = {
  leave: details['employment-on-leave'],
  ended: details['employment-ended'],
};

/** What an event does. The decision derives access from the facts alone; the rest is bookkeeping that a late job may do late. */
export interface LifecycleRule {
  /** What it does to employment. */
  readonly employment: 'starts' | 'resumes' | 'pauses' | 'ends' | 'stays';
  /** What it does to the accounts. `withdraw`: they come back only on a new written assignment. */
  readonly account: 'stays' | 'withdraw' | 'extend';
  /** What it does to written assignments given before. `renew`: void at once, or from `keepUntil` on; the unit named approves anew. */
  readonly assignment: 'stays' | 'void' | 'renew';
  /** Who approves a new assignment: the unit moved or seconded to, or the person's own. */
  readonly approvedBy: 'none' | 'own-unit' | 'other-unit';
  /** Live sessions of accounts that lose their ground are cut. */
  readonly cuts: boolean;
  /** Takes access away: the brake counts the accounts that lose it. */
  readonly withdraws: boolean;
  readonly unit: 'none' | 'optional' | 'required';
  readonly endsAt: 'none' | 'optional' | 'required';
  readonly keepUntil: boolean;
  /** What it does to the role of head of the unit, from its day on, without waiting for a job: a role has dates. */
  readonly head: 'none' | 'given' | 'ends';
}

const harmless = {
  account: 'stays',
  assignment: 'stays',
  approvedBy: 'none',
  cuts: false,
  withdraws: false,
  unit: 'none',
  endsAt: 'none',
  keepUntil: false,
  head: 'none',
} as const;
const taking = { ...harmless, cuts: true, withdraws: true } as const;
const ofHead = { ...harmless, employment: 'stays' } as const;
const otherWork = { ...taking, employment: 'stays', assignment: 'renew', keepUntil: true } as const;

/** THE table: every kind of event and what it does. */
export const lifecycleRules: Readonly<Record<LifecycleKind, LifecycleRule>> = {
  hired: { ...harmless, employment: 'starts', unit: 'optional' },
  returned: { ...harmless, employment: 'resumes' },
  leave: { ...taking, employment: 'pauses', endsAt: 'optional' },
  ended: { ...taking, employment: 'ends', account: 'withdraw', assignment: 'void' },
  moved: { ...otherWork, approvedBy: 'other-unit', unit: 'required' },
  seconded: { ...otherWork, approvedBy: 'other-unit', unit: 'required', endsAt: 'required' },
  'secondment-ended': { ...otherWork, approvedBy: 'own-unit' },
  'duties-changed': { ...otherWork, approvedBy: 'own-unit' },
  extended: { ...harmless, employment: 'stays', account: 'extend', endsAt: 'required' },
  suspended: { ...taking, employment: 'stays' },
  reinstated: { ...harmless, employment: 'stays' },
  'head-appointed': { ...ofHead, head: 'given', unit: 'required', endsAt: 'optional' },
  'head-acting': { ...ofHead, head: 'given', unit: 'required', endsAt: 'required' },
  'head-relieved': { ...ofHead, head: 'ends', unit: 'optional' },
};

export interface LifecycleEvent {
  readonly kind: LifecycleKind;
  readonly detail: string | null;
  readonly effectiveAt: number;
  /** Planned end of a leave or secondment; the new end of the term for `extended`. */
  readonly endsAt: number | null;
  /** Until then papers given before the event still count. */
  readonly keepUntil: number | null;
  readonly unitId: number | null;
}

export interface LifecycleAccount {
  readonly accountId: number;
  readonly status: 'pending' | 'active' | 'withdrawn';
  readonly validFrom: number;
  readonly validUntil: number;
  readonly assignments: readonly AssignmentFact[];
}

/** What is known of the person that an event is about. */
export interface LifecycleFacts {
  readonly unitId: number;
  readonly employment: readonly EmploymentFact[];
  readonly accounts: readonly LifecycleAccount[];
}

export type LifecycleFault =
  | 'detail-missing'
  | 'detail-unknown'
  | 'unit-missing'
  | 'unit-unexpected'
  | 'end-missing'
  | 'end-unexpected'
  | 'end-not-after'
  | 'keep-unexpected'
  | 'keep-not-after'
  | 'employed-already'
  | 'never-hired'
  | 'ended-already'
  | 'not-on-leave'
  | 'same-unit'
  | 'suspended-already'
  | 'not-suspended'
  | 'no-secondment'
  | 'no-account'
  | 'term-not-longer'
  | 'term-is-over';

/** Something to be applied at an instant. `cut`: sessions of accounts that have no ground any more. */
export interface LifecycleStep {
  readonly at: number;
  readonly acts: readonly ('withdraw' | 'move' | 'extend' | 'cut')[];
}

export type LifecyclePlan =
  | { readonly outcome: 'refused'; readonly fault: LifecycleFault }
  /** Another source has said the same: nothing to do. */
  | { readonly outcome: 'known' }
  | {
      readonly outcome: 'planned';
      /** Facts of employment, written when the event is recorded: they take effect by themselves. */
      readonly facts: readonly EmploymentFact[];
      /** In the order of their instants; at least one. */
      readonly steps: readonly LifecycleStep[];
      /** Accounts that lose access, for the brake. */
      readonly withdrawals: number;
    };

const refused = (fault: LifecycleFault): LifecyclePlan => ({ outcome: 'refused', fault });

/** Time enough for the unit to approve anew: with less, keeping access until a date is a withdrawal that comes later. */
const leastGraceMs = 7 * dayMs;

/** What is wrong with an event by itself, whoever it is about; null: nothing. */
export function findEventFault(event: LifecycleEvent): LifecycleFault | null {
  const { kind, detail, effectiveAt, endsAt, keepUntil, unitId } = event;
  const rule = lifecycleRules[kind];
  const known = lifecycleDetails[kind];
  if (known !== undefined && detail === null) return 'detail-missing';
  if (detail !== null && known?.includes(detail) !== true) return 'detail-unknown';
  if (rule.unit === 'required' && unitId === null) return 'unit-missing';
  if (rule.unit === 'none' && unitId !== null) return 'unit-unexpected';
  if (rule.endsAt === 'required' && endsAt === null) return 'end-missing';
  if (rule.endsAt === 'none' && endsAt !== null) return 'end-unexpected';
  if (endsAt !== null && endsAt <= effectiveAt) return 'end-not-after';
  if (keepUntil !== null && !rule.keepUntil) return 'keep-unexpected';
  return keepUntil !== null && keepUntil <= effectiveAt ? 'keep-not-after' : null;
}

/** What an event means for a person as known at `now`. */
export function planEvent(event: LifecycleEvent, facts: LifecycleFacts, now: number): LifecyclePlan {
  const fault = findEventFault(event);
  if (fault !== null) return refused(fault);
  const planned = factsOf(event);
  if (planned.length > 0 && planned.every((fact) => facts.employment.some((known) => sameFact(known, fact))))
    return { outcome: 'known' };
  const misfit = findMisfit(event, facts, now);
  if (misfit !== null) return refused(misfit);
  return {
    outcome: 'planned',
    facts: planned,
    steps: stepsOf(event, now),
    withdrawals: countWithdrawals(event, planned, facts, now),
  };
}

/** What there is to apply of an event recorded at `recordedAt`, in the order of the instants. */
export function stepsOf(event: LifecycleEvent, recordedAt: number): readonly LifecycleStep[] {
  const { kind, effectiveAt, endsAt, keepUntil, unitId } = event;
  const rule = lifecycleRules[kind];
  // Roles are dated themselves.
  if (rule.head !== 'none') return [{ at: recordedAt, acts: [] }];
  // A longer term is a promise, not an event of its day: the account must not lapse meanwhile.
  if (rule.account === 'extend') return [{ at: recordedAt, acts: ['extend'] }];
  const acts: LifecycleStep['acts'][number][] = [];
  if (rule.account === 'withdraw') acts.push('withdraw');
  if (kind === 'moved' || (kind === 'hired' && unitId !== null)) acts.push('move');
  if (rule.cuts && keepUntil === null) acts.push('cut');
  const steps: LifecycleStep[] = [{ at: effectiveAt, acts }];
  if (keepUntil !== null) steps.push({ at: keepUntil, acts: ['cut'] });
  if (kind === 'seconded' && endsAt !== null) steps.push({ at: endsAt, acts: ['cut'] });
  return steps.sort((a, b) => a.at - b.at);
}

/** The marks in the facts of secondments; for the decision they are changes of duties. */
const secondment = { begins: 'seconded', ends: 'secondment-ended' } as const;

function factsOf({ kind, detail, effectiveAt, endsAt, keepUntil }: LifecycleEvent): EmploymentFact[] {
  switch (kind) {
    case 'extended':
    case 'head-appointed':
    case 'head-acting':
    case 'head-relieved':
      return [];
    case 'seconded':
      return [
        { kind: 'duties-changed', detail: secondment.begins, effectiveAt, endsAt: keepUntil },
        ...(endsAt === null
          ? []
          : [
              {
                kind: 'duties-changed',
                detail: secondment.ends,
                effectiveAt: endsAt,
                endsAt: null,
              } as const,
            ]),
      ];
    case 'secondment-ended':
      return [{ kind: 'duties-changed', detail: secondment.ends, effectiveAt, endsAt: keepUntil }];
    case 'moved':
    case 'duties-changed':
      return [{ kind, detail, effectiveAt, endsAt: keepUntil }];
    default:
      return [{ kind, detail, effectiveAt, endsAt }];
  }
}

function sameFact(a: EmploymentFact, b: EmploymentFact): boolean {
  return a.kind === b.kind && a.detail === b.detail && a.effectiveAt === b.effectiveAt;
}

/** What speaks against an event by what is known of the person at the moment of its effect. */
function findMisfit(event: LifecycleEvent, facts: LifecycleFacts, now: number): LifecycleFault | null {
  const { kind, effectiveAt, endsAt, unitId } = event;
  const { state } = employmentAt(facts.employment, effectiveAt);
  switch (kind) {
    case 'hired':
      return state === 'employed' || state === 'on-leave' ? 'employed-already' : null;
    case 'returned':
      return state === 'on-leave' ? null : 'not-on-leave';
    default:
  }
  if (state === 'not-started') return 'never-hired';
  if (state === 'ended') return 'ended-already';
  if (kind === 'moved' && unitId === facts.unitId) return 'same-unit';
  const isSuspended = suspendedSince(facts.employment, effectiveAt) !== null;
  if (kind === 'suspended' && isSuspended) return 'suspended-already';
  if (kind === 'reinstated' && !isSuspended) return 'not-suspended';
  if (kind === 'secondment-ended' && !isSeconded(facts.employment, effectiveAt)) return 'no-secondment';
  if (kind === 'extended' && endsAt !== null) {
    const inUse = facts.accounts.filter(({ status }) => status !== 'withdrawn');
    if (inUse.length === 0) return 'no-account';
    if (endsAt <= now) return 'term-is-over';
    if (inUse.every(({ validUntil }) => validUntil >= endsAt)) return 'term-not-longer';
  }
  return null;
}

function isSeconded(employment: readonly EmploymentFact[], at: number): boolean {
  const marks = employment
    .filter(({ kind, effectiveAt }) => kind === 'duties-changed' && effectiveAt <= at)
    .filter(({ detail }) => detail === secondment.begins || detail === secondment.ends)
    .sort((a, b) => a.effectiveAt - b.effectiveAt);
  return marks.at(-1)?.detail === secondment.begins;
}

/** Whether employment and a paper speak for the account at an instant. */
export function hasGround(
  account: Pick<LifecycleAccount, 'status' | 'assignments'>,
  employment: readonly EmploymentFact[],
  at: number,
): boolean {
  return (
    account.status !== 'withdrawn' &&
    employmentAt(employment, at).state === 'employed' &&
    suspendedSince(employment, at) === null &&
    assignmentAt(account.assignments, employment, at).state === 'valid'
  );
}

function countWithdrawals(
  event: LifecycleEvent,
  planned: readonly EmploymentFact[],
  { employment, accounts }: LifecycleFacts,
  now: number,
): number {
  const { kind, effectiveAt, keepUntil } = event;
  if (!lifecycleRules[kind].withdraws) return 0;
  const takesEffectAt = Math.max(now, effectiveAt);
  if (keepUntil !== null && keepUntil >= takesEffectAt + leastGraceMs) return 0;
  const at = Math.max(takesEffectAt, keepUntil ?? 0);
  const after = [...employment, ...planned];
  const losing = accounts.filter((account) =>
    kind === 'ended'
      ? account.status !== 'withdrawn'
      : hasGround(account, employment, at) && !hasGround(account, after, at),
  );
  return losing.length;
}

/** What an event has changed; kept with it, so that an undo restores exactly that. */
export interface LifecycleChanges {
  /** Facts of employment by their keys in the event's source. */
  readonly facts: readonly string[];
  readonly accounts: readonly AccountChange[];
  readonly unit: { readonly before: number; readonly after: number } | null;
}

export type AccountChange = { readonly accountId: number } & (
  | { readonly field: 'status'; readonly before: LifecycleAccount['status']; readonly after: 'withdrawn' }
  | { readonly field: 'validUntil'; readonly before: number; readonly after: number }
);

export const noChanges: LifecycleChanges = { facts: [], accounts: [], unit: null };

/** What one step changes on the person and the accounts as they are at its moment. */
export function changesOfStep(
  step: LifecycleStep,
  event: LifecycleEvent,
  { unitId, accounts }: LifecycleFacts,
): Omit<LifecycleChanges, 'facts'> {
  const changed: AccountChange[] = [];
  for (const { accountId, status, validUntil } of accounts) {
    if (status === 'withdrawn') continue;
    if (step.acts.includes('withdraw'))
      changed.push({ accountId, field: 'status', before: status, after: 'withdrawn' });
    if (step.acts.includes('extend') && event.endsAt !== null && event.endsAt > validUntil)
      changed.push({ accountId, field: 'validUntil', before: validUntil, after: event.endsAt });
  }
  const moves = step.acts.includes('move') && event.unitId !== null && event.unitId !== unitId;
  return {
    accounts: changed,
    unit: moves && event.unitId !== null ? { before: unitId, after: event.unitId } : null,
  };
}

/** Something that is no longer as the event left it, so that its undo would overwrite somebody else's act. */
export type UndoConflict =
  | { readonly what: 'fact' }
  | { readonly what: 'unit'; readonly is: number }
  | { readonly what: 'status'; readonly accountId: number; readonly is: LifecycleAccount['status'] | 'gone' }
  | { readonly what: 'validUntil'; readonly accountId: number; readonly is: number | 'gone' };

/**
 * What stands in the way of an undo: every field that the event set and that has another value now. Empty: the undo
 * sets each `before`, and takes the facts back.
 * @param factsThere how many of the event's facts are still there
 */
export function findUndoConflicts(
  changes: LifecycleChanges,
  { unitId, accounts }: Pick<LifecycleFacts, 'unitId' | 'accounts'>,
  factsThere: number,
): UndoConflict[] {
  const conflicts: UndoConflict[] = [];
  if (factsThere !== changes.facts.length) conflicts.push({ what: 'fact' });
  if (changes.unit !== null && changes.unit.after !== unitId) conflicts.push({ what: 'unit', is: unitId });
  for (const change of changes.accounts) {
    const { accountId, field, after } = change;
    const account = accounts.find((one) => one.accountId === accountId);
    if (field === 'status' && account?.status !== after)
      conflicts.push({ what: 'status', accountId, is: account?.status ?? 'gone' });
    if (field === 'validUntil' && account?.validUntil !== after)
      conflicts.push({ what: 'validUntil', accountId, is: account?.validUntil ?? 'gone' });
  }
  return conflicts;
}
