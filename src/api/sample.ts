// The invented organisation of the trial in the API: what would go, what stands in the way, taking it out.
import { type Static, Type } from 'typebox';
import { closed, reasonText } from './common.ts';

const counts = {
  units: Type.Integer(),
  people: Type.Integer(),
  accounts: Type.Integer(),
  workstations: Type.Integer(),
  assignments: Type.Integer(),
  gateways: Type.Integer(),
};

export const sampleSchema = Type.Object({
  counts: Type.Object(counts),
  hits: Type.Array(
    Type.Object({
      kind: Type.Enum(['person', 'unit', 'account', 'workstation', 'assignment', 'gateway', 'role', 'feed']),
      name: Type.String(),
    }),
    { description: 'real data that hangs on it; empty: it can be removed' },
  ),
});
export type Sample = Static<typeof sampleSchema>;

export const sampleRemovalSchema = Type.Object(
  {
    organisationName: Type.String({ minLength: 1, maxLength: 200 }),
    unitCode: Type.String({ minLength: 1, maxLength: 64, description: 'of the root unit, which stays' }),
    unitName: Type.String({ minLength: 1, maxLength: 200 }),
    reason: reasonText,
  },
  closed,
);

export const sampleRemovedSchema = Type.Object(counts);
