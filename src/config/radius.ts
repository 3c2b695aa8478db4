// Section `radius`: the listeners.
import { Type } from 'typebox';
import { endpointSchema } from './endpoint.ts';
import { tlsFileProperties } from './tls-files.ts';

export const radiusSchema = Type.Object(
  {
    listen: Type.Array(endpointSchema('host:port or [IPv6]:port to receive RADIUS on'), {
      default: ['0.0.0.0:1812', '[::]:1812'],
      minItems: 1,
      description: 'addresses and ports to receive RADIUS on',
    }),
    accountingListen: Type.Optional(
      Type.Array(endpointSchema('host:port or [IPv6]:port to receive accounting on'), {
        minItems: 1,
        description: 'addresses and ports to receive RADIUS accounting on',
      }),
    ),
    receiveBufferBytes: Type.Integer({
      default: 4_194_304,
      minimum: 65_536,
      maximum: 1_073_741_824,
      description: 'receive buffer of each socket; the kernel caps it at net.core.rmem_max',
    }),
    rejectDelayMs: Type.Integer({
      default: 1_000,
      minimum: 0,
      maximum: 10_000,
      description:
        'after receipt of a request, when its Access-Reject leaves; below the timeout of every gateway',
    }),
    tls: Type.Object(
      {
        listen: Type.Array(endpointSchema('host:port or [IPv6]:port to receive RADIUS/TLS on'), {
          default: [],
          description: 'addresses and ports to receive RADIUS over TLS on (2083); none: no RADIUS/TLS',
        }),
        ...tlsFileProperties,
        connections: Type.Integer({
          default: 1_000,
          minimum: 1,
          maximum: 100_000,
          description: 'connections at the same time',
        }),
        connectionsPerClient: Type.Integer({
          default: 64,
          minimum: 1,
          maximum: 10_000,
          description: 'connections of one client at the same time',
        }),
        radiusVersions: Type.Array(
          Type.Enum(['1.0', '1.1'], { description: 'RADIUS/TLS, or RADIUS/1.1 (RFC 9765)' }),
          {
            default: ['1.0', '1.1'],
            minItems: 1,
            maxItems: 2,
            description: 'versions that are offered by ALPN: "1.0" is for peers that know nothing of it too',
          },
        ),
        idleSeconds: Type.Integer({
          default: 3_600,
          minimum: 10,
          maximum: 86_400,
          description: 'a connection on which nothing comes for this long is closed',
        }),
      },
      { additionalProperties: false, default: {} },
    ),
  },
  { additionalProperties: false, default: {} },
);
