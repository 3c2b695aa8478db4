// Events of units: what each does to the people in it. They move with their unit, which is no transfer of theirs. Pure.

export const unitEventKinds = ['merged', 'split', 'renamed', 'dissolved'] as const;
export type UnitEventKind = (typeof unitEventKinds)[number];

/** What is to be done, by the ids of units and people. */
export type UnitEventPlan =
  | { readonly kind: 'renamed'; readonly name: string; readonly code: string }
  /** Everybody, and the units below, go over; the unit is closed. */
  | { readonly kind: 'merged' | 'dissolved'; readonly into: number }
  /** Those named go over, who are still in the unit by then; the others stay. */
  | {
      readonly kind: 'split';
      readonly parts: readonly { readonly into: number; readonly personIds: readonly number[] }[];
    };

/** What an event has changed, so that its undo restores exactly that. */
export interface UnitEventChanges {
  /** Of a new name. */
  readonly named: { readonly name: string; readonly code: string } | null;
  /** Units that were put elsewhere in the tree, and where they were. */
  readonly moved: readonly { readonly unitId: number; readonly parentId: number }[];
  readonly workstationIds: readonly number[];
  readonly gatewayIds: readonly number[];
  readonly people: number;
}

/** The mark in facts of employment: papers given before are void from the date of re-approval on. */
export const unitEventFact = 'unit-changed-with-its-people';
