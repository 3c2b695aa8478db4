// Activation slips and the roll-out in the API: how far each unit has got, printing, handing over.
import { type Static, Type } from 'typebox';
import { closed, etagText, nullable } from './common.ts';

const rolloutStates = ['not-printed', 'printed', 'handed-over', 'activated', 'logged-in'] as const;
const state = Type.Enum([...rolloutStates]);
const unit = Type.Integer({ minimum: 1, description: 'a unit and those below it' });

export const rolloutSchema = Type.Object({
  portalUrl: Type.String({ description: 'what is printed on the slips as the address of the portal' }),
  units: Type.Array(
    Type.Object({
      unitId: Type.Integer(),
      unitCode: Type.String(),
      unitName: Type.String(),
      counts: Type.Object({
        'not-printed': Type.Integer(),
        printed: Type.Integer(),
        'handed-over': Type.Integer(),
        activated: Type.Integer(),
        'logged-in': Type.Integer(),
      }),
      total: Type.Integer(),
    }),
  ),
});
export type Rollout = Static<typeof rolloutSchema>;

export const rolloutPeopleQuery = Type.Object({ unit, state: Type.Optional(state) }, closed);
export const rolloutPeopleSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      accountId: Type.Integer(),
      userName: Type.String(),
      fullName: Type.String(),
      staffCode: Type.String(),
      position: nullable(Type.String()),
      unitName: Type.String(),
      state,
      slip: nullable(Type.Object({ etag: etagText }, { description: 'the one that can be used' })),
    }),
  ),
  isCapped: Type.Boolean({ description: 'there are more than the 500 listed' }),
});
export type RolloutPeople = Static<typeof rolloutPeopleSchema>;

export const rolloutUnitQuery = Type.Object({ unit: Type.Optional(unit) }, closed);
export const slipsBody = Type.Object({ unit }, closed);
export const handOverListQuery = Type.Object({ unit }, closed);
export const handOverBody = Type.Object(
  { receivedBy: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })) },
  closed,
);
