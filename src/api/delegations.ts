// Delegations of heads of units in the API.
import { type Static, Type } from 'typebox';
import { closed, dayText, instant, nullable } from './common.ts';

export const delegationsSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.Integer(),
      head: Type.String(),
      delegate: Type.String(),
      delegateStaffCode: Type.String(),
      unit: Type.Object({ id: Type.Integer(), name: Type.String() }),
      validFrom: instant('from'),
      validUntil: nullable(instant('until')),
      documentNumber: nullable(Type.String()),
    }),
  ),
});
export type Delegations = Static<typeof delegationsSchema>;

const staffCode = Type.String({ minLength: 1, maxLength: 64 });

export const newDelegationSchema = Type.Object(
  {
    head: Type.Optional(staffCode),
    delegate: staffCode,
    unit: Type.String({ minLength: 1, maxLength: 64, description: 'code' }),
    from: dayText,
    until: dayText,
    documentNumber: Type.String({ minLength: 1, maxLength: 100 }),
  },
  closed,
);

export const delegationParams = Type.Object({ delegationId: Type.Integer({ minimum: 1 }) });
