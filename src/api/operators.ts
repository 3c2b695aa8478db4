// Operators of the console with their roles, API tokens.
import { type Static, Type } from 'typebox';
import { roles } from '../core/permissions.ts';
import { closed, dayText, etagText, instant, nullable, reasonText } from './common.ts';

const unitRef = Type.Object({ id: Type.Integer(), code: Type.String(), name: Type.String() });

export const operatorsSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.Integer(),
      personId: Type.Integer(),
      signInName: Type.String(),
      fullName: Type.String(),
      staffCode: Type.String(),
      position: nullable(Type.String()),
      unit: unitRef,
      state: Type.Enum(['active', 'ended']),
      isEnrolled: Type.Boolean({ description: 'has set a password and an authenticator' }),
      etag: etagText,
      isLinked: Type.Boolean({ description: "is linked to the organisation's account (OpenID Connect)" }),
      createdAt: instant('when it was made'),
      endedAt: nullable(instant('end')),
      roles: Type.Array(
        Type.Object({
          id: Type.Integer(),
          role: Type.Enum([...roles]),
          unit: nullable(unitRef),
          validFrom: instant('from'),
          validUntil: nullable(instant('until')),
          acting: Type.Boolean(),
          onBehalfOf: nullable(Type.String({ description: 'whose role it is, by delegation' })),
          documentNumber: nullable(Type.String()),
        }),
      ),
    }),
  ),
});
export type Operators = Static<typeof operatorsSchema>;

const roleFields = {
  role: Type.Enum([...roles]),
  unit: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, description: 'code; left out: the whole organisation' }),
  ),
  from: Type.Optional(dayText),
  until: Type.Optional(dayText),
  acting: Type.Optional(Type.Boolean()),
  documentNumber: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
};
export const roleBodySchema = Type.Object(roleFields, closed);

export const operatorBodySchema = Type.Object(
  {
    staffCode: Type.String({ minLength: 1, maxLength: 64 }),
    signInName: Type.String({ minLength: 1, maxLength: 64 }),
    ...roleFields,
  },
  closed,
);

export const operatorLinkSchema = Type.Object({
  operatorId: Type.Integer(),
  link: Type.String({ description: 'path with the one-time token in its fragment; shown once' }),
  expiresAt: instant('when it runs out'),
});
export type OperatorLinkAnswer = Static<typeof operatorLinkSchema>;

/** 202: another administrator has to approve it first. */
export const waitingOrderSchema = Type.Object({
  orderId: Type.Integer(),
  code: nullable(
    Type.String({ description: 'shown once: the operator needs it beside the link, which the other gets' }),
  ),
  expiresAt: instant('when the order runs out'),
});
export type WaitingOrderAnswer = Static<typeof waitingOrderSchema>;

export const operatorOrdersSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.Integer(),
      kind: Type.Enum(['create', 'grant-role', 'renew-link']),
      operator: Type.String({ description: 'full name; staff code of one that is to be made' }),
      signInName: Type.String(),
      role: nullable(Type.Enum([...roles])),
      reason: Type.String(),
      filedAt: instant('when it was asked'),
      filedBy: Type.String(),
      expiresAt: instant('when it runs out'),
      isOwn: Type.Boolean(),
    }),
  ),
});
export type OperatorOrders = Static<typeof operatorOrdersSchema>;

export const orderDecisionSchema = Type.Object(
  { outcome: Type.Enum(['approved', 'rejected']), reason: reasonText },
  closed,
);
export const orderDecidedSchema = Type.Object({ link: nullable(operatorLinkSchema) });
export type OrderDecided = Static<typeof orderDecidedSchema>;

export const tokensSchema = Type.Object({
  scopes: Type.Array(Type.String(), { description: 'what a token may be given' }),
  items: Type.Array(
    Type.Object({
      id: Type.Integer(),
      name: Type.String(),
      scopes: Type.Array(Type.String()),
      unitId: nullable(Type.Integer()),
      sourceName: nullable(Type.String()),
      gatewayId: nullable(Type.Integer()),
      createdAt: instant('when it was made'),
      expiresAt: instant('end'),
      lastUsedAt: nullable(instant('last use')),
      revokedAt: nullable(instant('revocation')),
    }),
  ),
});

export type ApiTokens = Static<typeof tokensSchema>;

export const tokenBodySchema = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 100 }),
    scopes: Type.Array(Type.String({ maxLength: 60 }), { minItems: 1, maxItems: 60 }),
    days: Type.Integer({ minimum: 1, maximum: 366 }),
    unit: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'code' })),
    sourceName: Type.Optional(Type.String({ minLength: 1, maxLength: 64 })),
    gatewayId: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  closed,
);

export const newTokenSchema = Type.Object({
  id: Type.Integer(),
  token: Type.String({ description: 'shown once' }),
  expiresAt: instant('end'),
});
export type NewApiToken = Static<typeof newTokenSchema>;

export const roleParams = Type.Object({
  id: Type.Integer({ minimum: 1 }),
  roleId: Type.Integer({ minimum: 1 }),
});
export const reasonQuery = Type.Object({ reason: reasonText }, closed);
