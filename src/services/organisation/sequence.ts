// Sequence numbers of the staging area: their order is the order of application, whatever the order of the file.
import { type EntryKind, entryKinds } from './schema.ts';

/** Room for the entries of one kind. */
const perKind = 2 ** 40;

/** Keys of other things that must be unique or be found, staged beside the entries and never applied. */
const auxiliaryKinds = ['serial number', 'document number', 'key'] as const;
export type AuxiliaryKind = (typeof auxiliaryKinds)[number];

const order: readonly (EntryKind | AuxiliaryKind)[] = [...entryKinds, ...auxiliaryKinds];

/** The numbers of a kind are greater than `after` and less than `before`. */
export function rangeOf(kind: EntryKind | AuxiliaryKind): {
  readonly after: number;
  readonly before: number;
} {
  const index = order.indexOf(kind);
  return { after: index * perKind, before: (index + 1) * perKind };
}
