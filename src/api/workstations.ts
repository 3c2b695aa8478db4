// Workstations in the API: lists, one with its users, registering, lost or retired.
import { type Static, Type } from 'typebox';
import { closed, instant, nullable, pageOf, pageQuery, reasonText } from './common.ts';

const kind = Type.Enum(['personal', 'shared', 'spare']);
const state = Type.Enum(['active', 'retired', 'lost']);
const assetTag = Type.String({ minLength: 1, maxLength: 64 });

export const workstationsQuerySchema = Type.Object(
  {
    ...pageQuery,
    q: Type.Optional(Type.String({ maxLength: 64, description: 'beginning of the asset tag' })),
    state: Type.Optional(state),
    unit: Type.Optional(Type.Integer({ minimum: 1, description: 'id of a unit: it and all below' })),
  },
  closed,
);

const workstationItem = Type.Object({
  id: Type.Integer(),
  assetTag: Type.String(),
  name: Type.String(),
  kind,
  state,
  unitName: Type.String(),
  users: Type.Integer({ description: 'accounts that it is assigned to now' }),
});
export const workstationsSchema = pageOf(workstationItem);
export type WorkstationItem = Static<typeof workstationItem>;

export const workstationSchema = Type.Object({
  id: Type.Integer(),
  assetTag: Type.String(),
  name: Type.String(),
  kind,
  state,
  keeper: nullable(Type.Object({ staffCode: Type.String(), fullName: Type.String() })),
  identifiers: Type.Array(Type.String({ description: 'type:value, as gateways report it' })),
  users: Type.Array(
    Type.Object({
      userName: Type.String(),
      fullName: Type.String(),
      kind: Type.String(),
      validFrom: instant('from'),
      validUntil: nullable(instant('until')),
    }),
  ),
});
export type Workstation = Static<typeof workstationSchema>;

export const newWorkstationSchema = Type.Object(
  {
    assetTag,
    name: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    kind,
    unit: Type.String({ minLength: 1, maxLength: 64, description: 'code' }),
  },
  closed,
);

export const workstationStateSchema = Type.Object({ state, reason: reasonText }, closed);
