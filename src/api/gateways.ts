// Gateways in the API: which products there are, declaring one, what was seen of it, what is wrong with it.
import { type Static, Type } from 'typebox';
import { etagText } from './common.ts';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);
const instant = Type.Integer({ description: 'epoch milliseconds' });
const text = (maxLength: number) => Type.String({ minLength: 1, maxLength });

export const profilesSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      name: Type.String(),
      title: Type.String(),
      notes: Type.Array(Type.String(), { description: 'facts for the engineer' }),
      credentials: Type.Enum(['appended', 'code-only', 'challenge', 'static-challenge']),
      /** E0 to E3: the best that it can tell of a workstation. */
      evidence: Type.String(),
      disconnects: Type.Boolean({ description: 'takes Disconnect-Requests' }),
      disconnectPort: nullable(Type.Integer()),
      http: Type.Boolean({ description: 'asks over HTTPS, with a token or a client certificate' }),
    }),
  ),
});
export type Profiles = Static<typeof profilesSchema>;

const gatewayItemSchema = Type.Object({
  name: Type.String(),
  profile: Type.String(),
  profileTitle: Type.String(),
  client: Type.String(),
  address: Type.String({ description: 'address or prefix that it asks from' }),
  unit: nullable(Type.String({ description: 'code of the unit whose gateway it is' })),
  lastSeenAt: nullable(instant),
  leastEvidence: Type.String(),
  mode: Type.Enum(['observe', 'enforce']),
});
export type GatewayItem = Static<typeof gatewayItemSchema>;

export const gatewaysSchema = Type.Object({ items: Type.Array(gatewayItemSchema) });
export type Gateways = Static<typeof gatewaysSchema>;

const lists = (description: string) =>
  Type.Optional(
    Type.String({ maxLength: 2_000, description: `${description}, with commas between; empty: none` }),
  );
/** Which client certificates a gateway shows over HTTPS. */
const certificateFields = Type.Object(
  {
    pins: lists('SHA-256 digests of certificates'),
    names: lists('names of certificates of the authority of gatewayHttp.tls.caFile'),
  },
  { additionalProperties: false },
);
export const gatewayCertificatesSchema = certificateFields;

const tokenDays = Type.Integer({ minimum: 1, maximum: 366, default: 365 });
export const newGatewayTokenSchema = Type.Object({ days: tokenDays }, { additionalProperties: false });
export const gatewayTokenMadeSchema = Type.Object({
  id: Type.Integer(),
  token: Type.String({ description: 'shown this once' }),
  expiresAt: instant,
});
export type GatewayTokenMade = Static<typeof gatewayTokenMadeSchema>;

export const newGatewaySchema = Type.Object(
  {
    name: text(63),
    profile: text(63),
    address: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 64,
        description: 'not for a gateway that asks over HTTPS alone',
      }),
    ),
    nasIdentifier: Type.Optional(text(253)),
    unit: Type.Optional(text(64)),
    certificates: Type.Optional(certificateFields),
  },
  { additionalProperties: false },
);

export const gatewayAddedSchema = Type.Object({
  name: Type.String(),
  client: Type.String(),
  address: Type.String(),
  /** Shown this once; null when the client has one already. */
  secret: nullable(Type.String()),
  /** Shown this once; null: it does not ask over HTTPS. */
  token: nullable(gatewayTokenMadeSchema),
});
export type GatewayAdded = Static<typeof gatewayAddedSchema>;

export const gatewayDetailSchema = Type.Object({
  etag: etagText,
  gateway: gatewayItemSchema,
  /** Since the broker started; null: nothing has come. */
  seen: nullable(
    Type.Object({
      lastRequestAt: instant,
      requests: Type.Integer(),
      unsigned: Type.Integer(),
      withoutWorkstation: Type.Integer(),
    }),
  ),
  /** What to type at the gateway. */
  radius: Type.Object({
    ports: Type.Array(Type.Integer()),
    accountingPorts: Type.Array(Type.Integer()),
    leastTimeoutSeconds: Type.Integer(),
    disconnectPort: nullable(Type.Integer()),
  }),
  /** What to set for asking over HTTPS; null: its product does not. */
  http: nullable(
    Type.Object({
      port: nullable(Type.Integer({ description: 'null: gatewayHttp is not switched on' })),
      names: Type.Array(Type.String()),
      pins: Type.Array(Type.String()),
      tokens: Type.Array(
        Type.Object({
          id: Type.Integer(),
          createdAt: instant,
          expiresAt: instant,
          lastUsedAt: nullable(instant),
        }),
        { description: 'in force, the newest first' },
      ),
    }),
  ),
  findings: Type.Array(
    Type.Object({
      check: Type.String(),
      state: Type.Enum(['ok', 'warn', 'fault']),
      what: Type.String(),
      why: nullable(Type.String()),
      remedy: nullable(Type.String()),
    }),
  ),
});
export type GatewayDetail = Static<typeof gatewayDetailSchema>;
