// Section `eap`: the certificate that the broker shows inside EAP, and how much it takes on. Without the section EAP is refused.
import { Type } from 'typebox';

export const eapSchema = Type.Object(
  {
    certificateFile: Type.String({
      minLength: 1,
      description: 'the certificate shown to clients and what stands between it and its authority, PEM',
    }),
    keyFile: Type.String({
      minLength: 1,
      description: 'its private key, PEM, readable by the service alone',
    }),
    clientCaFiles: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description:
        'authorities that certificates of workstations must come from, PEM; empty: any, since keys are registered',
    }),
    minTls: Type.Enum(['1.2', '1.3'], { default: '1.2', description: 'the oldest TLS that is spoken' }),
    maxConversations: Type.Integer({
      default: 4_096,
      minimum: 16,
      maximum: 65_536,
      description: 'EAP conversations under way at once; beyond it the oldest is given up',
    }),
    maxConversationsPerGateway: Type.Integer({
      default: 2_048,
      minimum: 16,
      maximum: 65_536,
      description: 'the same for each gateway',
    }),
  },
  { additionalProperties: false },
);
