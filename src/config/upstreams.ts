// Section `upstreams`: who else may know passwords.
import { type Static, Type } from 'typebox';
import { endpointSchema } from './endpoint.ts';

const common = {
  name: Type.String({
    pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
    description: 'name by which policies call it (firstFactor)',
  }),
  timeoutMs: Type.Integer({
    default: 2_000,
    minimum: 100,
    maximum: 10_000,
    description: 'how long one server may take to answer',
  }),
  concurrency: Type.Integer({
    default: 16,
    minimum: 1,
    maximum: 1_000,
    description: 'questions at the same time, from this node',
  }),
};

const ldapUpstream = Type.Object(
  {
    ...common,
    type: Type.Literal('ldap'),
    servers: Type.Array(Type.String({ pattern: '^ldaps://[^/]+$', description: 'ldaps://host[:port]' }), {
      minItems: 1,
      maxItems: 8,
      description: 'directory servers, the preferred one first; only over TLS',
    }),
    caFile: Type.Optional(
      Type.String({ minLength: 1, description: 'PEM file with the authorities that may sign the servers' }),
    ),
    bindName: Type.String({
      pattern: '\\{userName\\}',
      description: 'name to bind with: {userName}@example.org, or uid={userName},ou=people,dc=example,dc=org',
    }),
  },
  { additionalProperties: false },
);

const radiusUpstream = Type.Object(
  {
    ...common,
    type: Type.Literal('radius'),
    servers: Type.Array(endpointSchema('address:port of a RADIUS server'), {
      minItems: 1,
      maxItems: 8,
      description: 'RADIUS servers, the preferred one first',
    }),
    secretFile: Type.String({ minLength: 1, description: 'a file whose first line is the shared secret' }),
    nasIdentifier: Type.String({
      default: 'gatewarden',
      minLength: 1,
      maxLength: 253,
      description: 'NAS-Identifier that the servers are shown',
    }),
    msChapV2: Type.Boolean({
      default: false,
      description: 'whether MS-CHAPv2 of gateways whose profile relays it is passed on to these servers',
    }),
    relayChallenges: Type.Boolean({
      default: false,
      description:
        'whether a question that a server asks back (Access-Challenge) is passed on to the holder, and the answer to that server',
    }),
  },
  { additionalProperties: false },
);

/** Schemas of one upstream by its `type`. */
export const upstreamSchemas = { ldap: ldapUpstream, radius: radiusUpstream };

export type UpstreamConfig = Static<typeof ldapUpstream> | Static<typeof radiusUpstream>;

export const upstreamsSchema = Type.Array(
  Type.Object({ type: Type.Enum(['ldap', 'radius'], { description: 'kind of the upstream' }) }),
  { default: [], description: 'directories and RADIUS servers that may know passwords' },
);
