// What gateways ask and tell over HTTPS (/gateway/v1): logins to be decided, and sessions that begin, go on and end.
import { type Static, Type } from 'typebox';
import { closed, nullable } from './common.ts';

/** Without control characters. */
const plain = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: '^[^\\u0000-\\u001f\\u007f]*$', description });
const secret = (maxLength: number, description: string) => Type.String({ maxLength, description });
const address = plain(64, "the client's address as the gateway sees it, without a port");

export const gatewayPaths = { decisions: '/gateway/v1/decisions', sessions: '/gateway/v1/sessions' } as const;

export const questionSchema = Type.Object(
  {
    requestId: Type.String({
      pattern: '^[A-Za-z0-9._:-]{8,100}$',
      description:
        'new for each login, the same when it is asked again: an answer is given once more, never made twice',
    }),
    userName: plain(253, 'as typed'),
    password: Type.Optional(
      secret(
        1_024,
        "password, with the code behind it unless that comes apart; OpenVPN's SCRV1 and CRV1 as they are",
      ),
    ),
    code: Type.Optional(secret(64, 'one-time code, where the gateway asks for it apart')),
    state: Type.Optional(secret(253, 'of the challenge that is answered; the answer is `code`')),
    client: Type.Optional(
      Type.Object(
        {
          address: Type.Optional(address),
          version: Type.Optional(plain(100, 'of the client program')),
          platform: Type.Optional(plain(100, 'operating system')),
        },
        closed,
      ),
    ),
    workstation: Type.Optional(
      Type.Object(
        {
          certificateSha256: Type.Optional(
            plain(100, 'digest of the certificate whose key the client has proven to hold'),
          ),
          publicKeySha256: Type.Optional(plain(100, 'digest of the SubjectPublicKeyInfo of that key')),
          deviceUid: Type.Optional(plain(200, 'as the client says')),
          mac: Type.Optional(plain(40, 'as the client says')),
          hostName: Type.Optional(plain(253, 'as the client says')),
        },
        closed,
      ),
    ),
    sessionId: Type.Optional(plain(128, "the gateway's own name of the session, if it has one already")),
  },
  closed,
);
export type Question = Static<typeof questionSchema>;

export const answerSchema = Type.Union([
  Type.Object({
    outcome: Type.Literal('accept'),
    userName: Type.String({ description: 'of the account, in its one spelling' }),
    sessionSeconds: Type.Integer({ description: 'the session must be down by then' }),
    sessionReference: nullable(Type.String({ description: 'names the session in what is told of it' })),
  }),
  Type.Object({
    outcome: Type.Literal('challenge'),
    state: Type.String({ description: 'to be sent back with the code; printable ASCII, good once' }),
    prompt: Type.String(),
    answerSeconds: Type.Integer(),
    hideAnswer: Type.Boolean(),
  }),
  Type.Object({
    outcome: Type.Literal('reject'),
    message: nullable(Type.String({ description: 'may be shown to the holder; says no reason' })),
    lookupCode: nullable(Type.String({ description: 'by which the help desk finds the reason' })),
  }),
]);
export type Answer = Static<typeof answerSchema>;

const octets = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

export const sessionNewsSchema = Type.Object(
  {
    kind: Type.Enum(['start', 'interim', 'stop', 'restart'], {
      description: 'restart: none of its sessions is left; it needs nothing else',
    }),
    userName: Type.Optional(plain(253, 'as in the question')),
    sessionId: Type.Optional(plain(128, 'the same in all that is told of one session')),
    sessionReference: Type.Optional(plain(128, 'of the answer, where the gateway has kept it')),
    client: Type.Optional(Type.Object({ address: Type.Optional(address) }, closed)),
    tunnelAddress: Type.Optional(plain(64, 'inside the tunnel')),
    octetsIn: Type.Optional(octets),
    octetsOut: Type.Optional(octets),
    delaySeconds: Type.Integer({ minimum: 0, maximum: 86_400, default: 0, description: 'since it happened' }),
  },
  closed,
);
export type SessionNewsBody = Static<typeof sessionNewsSchema>;

export const newsKeptSchema = Type.Object({
  result: Type.Enum(['stored', 'adopted', 'unmatched'], {
    description: 'unmatched: of nobody known here; telling it again helps nobody',
  }),
});
