// Gateways in the API: which products there are, declaring one, what was seen of it, what is wrong with it.
import { type Static, Type } from 'typebox';

const nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);
const instant = Type.Integer({ description: 'epoch milliseconds' });
const text = (maxLength: number) => Type.String({ minLength: 1, maxLength });

export const profilesSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      name: Type.String(),
      title: Type.String(),
      /** Facts for the engineer, in English as they stand in the profile. */
      notes: Type.Array(Type.String()),
      credentials: Type.Enum(['appended', 'code-only', 'challenge', 'static-challenge']),
      /** E0 to E3: the best that it can tell of a workstation. */
      evidence: Type.String(),
      disconnects: Type.Boolean({ description: 'takes Disconnect-Requests' }),
      disconnectPort: nullable(Type.Integer()),
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

export const newGatewaySchema = Type.Object(
  {
    name: text(63),
    profile: text(63),
    address: text(64),
    nasIdentifier: Type.Optional(text(253)),
    unit: Type.Optional(text(64)),
  },
  { additionalProperties: false },
);

export const gatewayAddedSchema = Type.Object({
  name: Type.String(),
  client: Type.String(),
  address: Type.String(),
  /** Shown this once; null when the client has one already. */
  secret: nullable(Type.String()),
});
export type GatewayAdded = Static<typeof gatewayAddedSchema>;

export const gatewayDetailSchema = Type.Object({
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
