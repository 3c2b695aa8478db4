// The organisation file in the API: units, people, papers, machines, accounts, gateways at once; dry run first.
import { type Static, Type } from 'typebox';
import { closed } from './common.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);

export const organisationQuerySchema = Type.Object(
  {
    fileName: Type.String({ minLength: 1, maxLength: 200 }),
    dryRun: Type.Boolean({ default: true }),
  },
  closed,
);

export const organisationRunSchema = Type.Object({
  startedAt: Type.Integer({ description: 'epoch milliseconds' }),
  by: Type.String(),
  fileName: Type.String(),
  dryRun: Type.Boolean(),
  state: Type.Enum(['running', 'done', 'refused', 'failed']),
  phase: Type.Enum(['reading', 'checking', 'comparing', 'applying', 'clearing']),
  done: Type.Integer(),
  total: nullable(Type.Integer()),
  counts: Type.Array(
    Type.Object({
      kind: Type.String(),
      create: Type.Integer(),
      change: Type.Integer(),
      same: Type.Integer(),
    }),
  ),
  warnings: Type.Array(Type.String()),
  faults: Type.Array(Type.Object({ place: Type.String(), message: Type.String(), remedy: Type.String() })),
});
export type OrganisationRun = Static<typeof organisationRunSchema>;

export const lastOrganisationRunSchema = Type.Object({ run: nullable(organisationRunSchema) });
export type LastOrganisationRun = Static<typeof lastOrganisationRunSchema>;
