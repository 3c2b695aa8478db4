// Written assignments in the API: pages, one with the accounts it covers, entering, extending, withdrawing.
import { type Static, Type } from 'typebox';
import { closed, dayText, instant, nullable, pageOf, pageQuery, reasonText } from './common.ts';

const states = ['in-force', 'not-begun', 'ended'] as const;

export const assignmentsQuerySchema = Type.Object(
  {
    ...pageQuery,
    q: Type.Optional(Type.String({ maxLength: 100, description: 'beginning of the document number' })),
    state: Type.Optional(Type.Enum([...states])),
    unit: Type.Optional(Type.Integer({ minimum: 1, description: 'id of a unit: it and all below' })),
  },
  closed,
);

const paper = {
  id: Type.Integer(),
  documentNumber: Type.String(),
  documentDate: instant('date of the paper'),
  signatory: Type.String(),
  purpose: Type.String(),
  dataScope: Type.String(),
  validFrom: instant('from'),
  validUntil: nullable(instant('until; null: no end of its own')),
  state: Type.Enum([...states]),
  unit: Type.Object({ id: Type.Integer(), code: Type.String(), name: Type.String() }),
  accounts: Type.Integer({ description: 'how many accounts it covers' }),
};

const assignmentItem = Type.Object(paper);
export type AssignmentItem = Static<typeof assignmentItem>;
export const assignmentsSchema = pageOf(assignmentItem);

export const assignmentSchema = Type.Object({
  ...paper,
  revision: Type.Integer({ description: 'as in the ETag' }),
  covered: Type.Array(
    Type.Object({
      id: Type.Integer(),
      userName: Type.String(),
      status: Type.String(),
      validUntil: instant('end of the term of use'),
      personId: Type.Integer(),
      fullName: Type.String(),
      staffCode: Type.String(),
      position: nullable(Type.String()),
      unitName: Type.String(),
    }),
    { description: 'accounts within reach that it covers; no more than 1,000' },
  ),
});
export type Assignment = Static<typeof assignmentSchema>;

const text = (longest: number) => Type.String({ minLength: 1, maxLength: longest });
const accountIds = (least: number) =>
  Type.Array(Type.Integer({ minimum: 1 }), { minItems: least, maxItems: 500, uniqueItems: true });

const newPaper = {
  documentNumber: text(100),
  documentDate: dayText,
  signatory: text(200),
  purpose: text(500),
  dataScope: text(500),
  unit: Type.String({ minLength: 1, maxLength: 64, description: 'code' }),
  validFrom: dayText,
  validUntil: Type.Optional(dayText),
};

export const newAssignmentSchema = Type.Object({ ...newPaper, accounts: accountIds(0) }, closed);
/** The same, where the account that it covers is made with it. */
export const newPaperSchema = Type.Object(newPaper, closed);

export const assignmentEndSchema = Type.Object({ validUntil: nullable(dayText), reason: reasonText }, closed);

export const coverBodySchema = Type.Object({ accounts: accountIds(1) }, closed);

export const coverParams = Type.Object({
  id: Type.Integer({ minimum: 1 }),
  accountId: Type.Integer({ minimum: 1 }),
});
