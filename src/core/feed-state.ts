// What a feed that tells states, not events, means: the events between what is known of a person and what it says now. Pure.
import { employmentAt } from './employment.ts';
import type { EmploymentFact } from './facts.ts';
import type { LifecycleEvent } from './lifecycle.ts';

export interface FeedState {
  readonly status: 'employed' | 'on-leave' | 'ended';
  /** How somebody left, or which leave. */
  readonly detail: string | null;
  readonly effectiveAt: number;
  /** Planned end of a leave. */
  readonly endsAt: number | null;
}

/** The events that bring somebody from what is known to what the feed says; none when it is so already. */
export function eventsOfState(
  state: FeedState,
  /** Null: nobody yet. */
  known: { readonly unitId: number; readonly employment: readonly EmploymentFact[] } | null,
  /** For somebody hired; null: where the person is. */
  unitId: number | null,
): LifecycleEvent[] {
  const { status, detail, effectiveAt, endsAt } = state;
  const now = employmentAt(known?.employment ?? [], effectiveAt);
  const isHere = now.state === 'employed' || now.state === 'on-leave';
  const event = (kind: LifecycleEvent['kind'], more: Partial<LifecycleEvent> = {}): LifecycleEvent => ({
    kind,
    detail: null,
    effectiveAt,
    endsAt: null,
    keepUntil: null,
    unitId: null,
    ...more,
  });
  if (status === 'ended') return isHere ? [event('ended', { detail })] : [];
  const hired = isHere ? [] : [event('hired', { unitId })];
  if (status === 'employed') return now.state === 'on-leave' ? [event('returned')] : hired;
  if (now.state === 'on-leave' && now.detail === detail) return [];
  return [...hired, event('leave', { detail, endsAt })];
}

/** What it means that a feed puts somebody into a unit: `place` when no access depends on it. */
export function moveOfState(
  unitId: number,
  known: { readonly unitId: number; readonly employment: readonly EmploymentFact[] },
  when: { readonly effectiveAt: number; readonly keepUntil: number | null },
): LifecycleEvent | 'place' | null {
  if (known.unitId === unitId) return null;
  const { state } = employmentAt(known.employment, when.effectiveAt);
  if (state === 'ended') return null;
  if (state === 'not-started') return 'place';
  return { kind: 'moved', detail: null, ...when, endsAt: null, unitId };
}
