// Policies in the API: scopes, one with what is in force there, its history, what a change would deny, changing it.
import { type Static, Type } from 'typebox';
import { policyLayerSchema } from '../services/organisation/schema/network.ts';
import { closed, instant, nullable, reasonText } from './common.ts';

const kinds = ['organisation', 'unit', 'gateway'] as const;

const scopeItem = {
  scope: Type.String({ description: '`organisation`, `unit:<id>` or `gateway:<id>`' }),
  kind: Type.Enum([...kinds]),
  name: Type.String({ description: 'of the unit or gateway' }),
  depth: Type.Integer({ description: 'of the unit in its tree' }),
};

export const policiesSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      ...scopeItem,
      fields: Type.Array(Type.String(), { description: 'what its own policy says; empty: it has none' }),
      changedAt: nullable(instant('last change')),
      changedBy: nullable(Type.String()),
    }),
  ),
});
export type Policies = Static<typeof policiesSchema>;

/** As in the organisation file; docs/organisation-file.md. */
const shownLayer = Type.Record(Type.String(), Type.Unknown());

export const policySchema = Type.Object({
  ...scopeItem,
  layer: shownLayer,
  inForce: shownLayer,
});
export type Policy = Static<typeof policySchema>;

export const scopeParams = Type.Object({
  scope: Type.String({ pattern: '^(organisation|(unit|gateway):[1-9][0-9]{0,14})$' }),
});

export const policyBodySchema = Type.Object({ layer: policyLayerSchema, reason: reasonText }, closed);

export const policyPreviewBodySchema = Type.Object(
  {
    layer: policyLayerSchema,
    days: Type.Integer({ minimum: 1, maximum: 90, default: 14, description: 'of accepted logins looked at' }),
  },
  closed,
);

export const policyPreviewSchema = Type.Object({
  since: instant('beginning of the days looked at'),
  logins: Type.Integer({ description: 'accepted logins looked at' }),
  isCapped: Type.Boolean({ description: 'there were more, which were not looked at' }),
  denied: Type.Array(
    Type.Object({
      reason: Type.String(),
      title: Type.String(),
      logins: Type.Integer(),
      accounts: Type.Integer(),
      named: Type.Array(
        Type.Object({
          id: Type.Integer(),
          userName: Type.String(),
          fullName: Type.String(),
          unitName: Type.String(),
        }),
        { description: 'some of the accounts' },
      ),
    }),
  ),
});
export type PolicyPreview = Static<typeof policyPreviewSchema>;

export const policyHistoryQuery = Type.Object(
  {
    cursor: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,14}$' })),
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  },
  closed,
);

const version = Type.Object({
  id: Type.Integer(),
  at: instant('when'),
  by: Type.String(),
  reason: nullable(Type.String()),
  changes: Type.Array(
    Type.Object({
      field: Type.String(),
      before: nullable(Type.String({ description: 'JSON' })),
      after: nullable(Type.String({ description: 'JSON' })),
    }),
  ),
});
export type PolicyVersion = Static<typeof version>;
export const policyHistorySchema = Type.Object({
  items: Type.Array(version),
  next: nullable(Type.String()),
});
