// Section `audit`: signed checkpoints and where copies of them go.
import { type Static, Type } from 'typebox';
import { endpointSchema } from './endpoint.ts';
import { webhookUrl } from './notices.ts';

const fileTarget = Type.Object(
  {
    type: Type.Literal('file'),
    directory: Type.String({ minLength: 1, description: 'a directory on another host or medium' }),
  },
  { additionalProperties: false },
);

const syslogTarget = Type.Object(
  {
    type: Type.Literal('syslog'),
    server: endpointSchema('host:port of the syslog server'),
    transport: Type.Enum(['udp', 'tcp', 'tls'], {
      default: 'udp',
      description: 'how to reach the syslog server',
    }),
    caFile: Type.Optional(
      Type.String({ minLength: 1, description: 'PEM file with the authorities that may sign the server' }),
    ),
    facility: Type.Integer({
      default: 13,
      minimum: 0,
      maximum: 23,
      description: 'syslog facility (13 is log audit)',
    }),
  },
  { additionalProperties: false },
);

const webhookTarget = Type.Object(
  {
    type: Type.Literal('webhook'),
    url: webhookUrl('URL that receives a POST; plain http only to the loopback'),
    secretFile: Type.Optional(
      Type.String({ minLength: 1, description: 'a file with the secret that signs the body (HMAC-SHA-256)' }),
    ),
  },
  { additionalProperties: false },
);

/** Schemas of one target by its `type`. */
export const targetSchemas = { file: fileTarget, syslog: syslogTarget, webhook: webhookTarget };

export type CheckpointTarget =
  | Static<typeof fileTarget>
  | Static<typeof syslogTarget>
  | Static<typeof webhookTarget>;

export const auditSchema = Type.Object(
  {
    checkpoints: Type.Object(
      {
        intervalSeconds: Type.Integer({
          default: 300,
          minimum: 1,
          maximum: 86_400,
          description: 'seconds between signed checkpoints of the audit chains',
        }),
        targets: Type.Array(
          Type.Object({
            type: Type.Enum(['file', 'syslog', 'webhook'], { description: 'kind of the target' }),
          }),
          { default: [], description: 'places outside this host that keep the checkpoints' },
        ),
      },
      { additionalProperties: false, default: {} },
    ),
  },
  { additionalProperties: false, default: {} },
);
