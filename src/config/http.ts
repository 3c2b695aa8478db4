// Section `http`: health and metrics.
import { Type } from 'typebox';
import { endpointSchema } from './endpoint.ts';

export const httpSchema = Type.Object(
  {
    listen: endpointSchema(
      'host:port of health and metrics; keep it on the loopback unless a proxy with TLS is in front',
      {
        default: '127.0.0.1:8080',
      },
    ),
  },
  { additionalProperties: false, default: {} },
);
