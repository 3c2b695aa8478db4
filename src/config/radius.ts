// Section `radius`: the UDP listeners.
import { Type } from 'typebox';
import { endpointSchema } from './endpoint.ts';

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
  },
  { additionalProperties: false, default: {} },
);
