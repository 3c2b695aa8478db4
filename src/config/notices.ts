// Section `notices`: who is told of alerts and notices, by mail, webhook or syslog; of which units.
import { type Static, Type } from 'typebox';
import { endpointSchema } from './endpoint.ts';

const strict = { additionalProperties: false };

/** What goes to one target; common to all of them. */
const choice = {
  kinds: Type.Array(Type.Enum(['alert', 'notice']), {
    default: ['alert', 'notice'],
    minItems: 1,
    description: 'alerts (something to look at), notices (a term that ends soon), or both',
  }),
  units: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: 100 }), {
      minItems: 1,
      description: 'codes of units; only what concerns them or units below is sent. Without it: everything',
    }),
  ),
};

const mailTarget = Type.Object(
  {
    ...choice,
    server: endpointSchema('host:port of the mail server'),
    security: Type.Enum(['starttls', 'tls', 'none'], {
      default: 'starttls',
      description: 'how the connection is protected; none is for the loopback alone',
    }),
    from: Type.String({ minLength: 3, maxLength: 320, description: 'address of the sender' }),
    to: Type.Array(Type.String({ minLength: 3, maxLength: 320 }), {
      minItems: 1,
      maxItems: 50,
      description: 'addresses of the recipients',
    }),
    language: Type.Enum(['vi', 'en'], { default: 'vi', description: 'language of the messages' }),
    userName: Type.Optional(Type.String({ minLength: 1, description: 'for servers that ask who sends' })),
    passwordFile: Type.Optional(Type.String({ minLength: 1, description: 'a file with the password' })),
    caFile: Type.Optional(
      Type.String({ minLength: 1, description: 'PEM file with the authorities that may sign the server' }),
    ),
  },
  strict,
);

/** What follows the host is often the receiver's secret. A name and a password before it are refused: fetch takes no such URL. */
export const webhookUrl = (description: string) =>
  Type.String({ pattern: '^https?://[^/?#@\\s]+([/?#]|$)', writeOnly: true, description });

const webhookTarget = Type.Object(
  {
    ...choice,
    url: webhookUrl('URL that receives a POST'),
    secretFile: Type.Optional(
      Type.String({ minLength: 1, description: 'a file with the secret that signs the body (HMAC-SHA-256)' }),
    ),
  },
  strict,
);

const syslogTarget = Type.Object(
  {
    ...choice,
    server: endpointSchema('host:port of the syslog server'),
    transport: Type.Enum(['udp', 'tcp', 'tls'], { default: 'udp', description: 'how to reach it' }),
    caFile: Type.Optional(
      Type.String({ minLength: 1, description: 'PEM file with the authorities that may sign the server' }),
    ),
    facility: Type.Integer({ default: 13, minimum: 0, maximum: 23, description: 'syslog facility' }),
  },
  strict,
);

const list = { default: [], maxItems: 200 };

export const noticesSchema = Type.Object(
  {
    mail: Type.Array(mailTarget, { ...list, description: 'who gets mail' }),
    webhook: Type.Array(webhookTarget, { ...list, description: 'programs that are called' }),
    syslog: Type.Array(syslogTarget, { ...list, description: 'log servers' }),
  },
  { ...strict, default: {} },
);

export type MailTarget = Static<typeof mailTarget>;
export type NoticesConfig = Static<typeof noticesSchema>;
