// People in the API: to choose from, and one with employment, events, accounts and workstations.
import { type Static, Type } from 'typebox';
import { closed, instant, nullable } from './common.ts';

const unitRef = Type.Object({ id: Type.Integer(), code: Type.String(), name: Type.String() });

export const peopleQuerySchema = Type.Object(
  {
    q: Type.String({ minLength: 1, maxLength: 200 }),
    limit: Type.Integer({ minimum: 1, maximum: 50, default: 20 }),
  },
  closed,
);
export const peopleSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.Integer(),
      staffCode: Type.String(),
      fullName: Type.String(),
      position: nullable(Type.String()),
      unit: unitRef,
    }),
  ),
});

export type People = Static<typeof peopleSchema>;

const text = (longest: number) => Type.String({ minLength: 1, maxLength: longest });

export const newPersonSchema = Type.Object(
  {
    staffCode: text(64),
    fullName: text(200),
    kind: Type.Enum(['civil-servant', 'public-employee', 'worker', 'external']),
    position: Type.Optional(text(200)),
    unit: Type.String({ minLength: 1, maxLength: 64, description: 'code' }),
    from: Type.String({
      minLength: 1,
      maxLength: 40,
      description: 'first day of the employment or contract, as 31/12/2026',
    }),
    documentNumber: Type.String({
      minLength: 1,
      maxLength: 100,
      description: 'of the decision, the contract or the letter',
    }),
  },
  closed,
);
export const personAddedSchema = Type.Object({ id: Type.Integer() });

const workstation = {
  id: Type.Integer(),
  assetTag: Type.String(),
  name: Type.String(),
  kind: Type.String(),
  state: Type.String(),
};

export const personSchema = Type.Object({
  id: Type.Integer(),
  staffCode: Type.String(),
  fullName: Type.String(),
  kind: Type.String(),
  position: nullable(Type.String()),
  unit: Type.Object({ id: Type.Integer(), code: Type.String(), names: Type.Array(Type.String()) }),
  employment: Type.Object({ state: Type.String(), detail: nullable(Type.String()) }),
  facts: Type.Array(
    Type.Object({
      kind: Type.String(),
      detail: nullable(Type.String()),
      effectiveAt: instant('effective from'),
      documentNumber: nullable(Type.String()),
      source: Type.String(),
    }),
    { description: 'employment, in the order of its effect' },
  ),
  events: nullable(
    Type.Array(
      Type.Object({
        id: Type.Integer(),
        kind: Type.String(),
        detail: nullable(Type.String()),
        effectiveAt: instant('effective from'),
        documentNumber: nullable(Type.String()),
        source: Type.String(),
        state: Type.String(),
      }),
      { description: 'personnel events, the newest first; null: not for the caller to see' },
    ),
  ),
  accounts: Type.Array(
    Type.Object({
      id: Type.Integer(),
      userName: Type.String(),
      status: Type.String(),
      suspendedDetail: nullable(Type.String()),
      validFrom: instant('beginning of the term'),
      validUntil: instant('end of the term'),
      workstations: Type.Array(
        Type.Object({
          ...workstation,
          validFrom: instant('from'),
          validUntil: nullable(instant('until')),
        }),
      ),
    }),
  ),
  keeps: Type.Array(Type.Object(workstation), { description: 'workstations that the person answers for' }),
});
export type Person = Static<typeof personSchema>;
