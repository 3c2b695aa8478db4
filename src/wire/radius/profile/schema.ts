// Form of a gateway profile (config/gateways/*.yaml): what one VPN product sends, and what it can take in return.
import Type, { type Static } from 'typebox';
import { type IdentifierType, identifierTypes } from '../../../core/evidence.ts';
import { eapMethods } from '../../eap/presented.ts';

const strict = { additionalProperties: false };
const attribute = Type.String({ minLength: 1, description: 'the name of an attribute in the dictionary' });
const pattern = Type.String({ minLength: 1, description: 'a regular expression' });

const condition = Type.Object(
  {
    attribute,
    isOneOf: Type.Optional(
      Type.Array(Type.Union([Type.String(), Type.Integer()]), {
        minItems: 1,
        description: 'a list of values: texts, numbers or the names of numbers',
      }),
    ),
    startsWith: Type.Optional(Type.String({ minLength: 1, description: 'the beginning of the text' })),
    matches: Type.Optional(pattern),
    present: Type.Optional(Type.Boolean({ description: 'true or false' })),
  },
  strict,
);

const rule = Type.Object(
  {
    why: Type.String({ minLength: 1, description: 'a sentence for whoever reads the profile' }),
    when: Type.Array(condition, { minItems: 1, description: 'conditions that must all hold' }),
  },
  strict,
);

const source = {
  attribute,
  tlv: Type.Optional(Type.String({ minLength: 1, description: 'the name inside a mdm-tlv of Cisco-AVPair' })),
  /** Its first group is what counts; without a group, the whole match. */
  pattern: Type.Optional(pattern),
};

const level = Type.Union([Type.Literal(0), Type.Literal(1), Type.Literal(2), Type.Literal(3)], {
  description: 'an evidence level, 0 to 3',
});

/** Fields of a question over HTTP that name a workstation; what each names. */
export const httpIdentifiers = {
  certificateSha256: 'certificate-sha256',
  publicKeySha256: 'spki-sha256',
  deviceUid: 'device-uid',
  mac: 'mac',
  hostName: 'hostname',
  address: 'source-address',
} as const satisfies Readonly<Record<string, IdentifierType>>;
export type HttpField = keyof typeof httpIdentifiers;
export const httpFields = Object.keys(httpIdentifiers) as HttpField[];

const credentialStyles = ['appended', 'code-only', 'challenge', 'static-challenge'] as const;
export type CredentialStyle = (typeof credentialStyles)[number];
const style = Type.Enum([...credentialStyles]);

/** One file of `config/gateways`, as written. */
export const profileSchema = Type.Object(
  {
    name: Type.String({
      pattern: '^[a-z0-9]+(-[a-z0-9]+)*$',
      description: 'lower-case letters, digits, hyphens',
    }),
    title: Type.String({ minLength: 1 }),
    notes: Type.Array(Type.String({ minLength: 1 })),
    vietnamese: Type.Optional(
      Type.Object(
        { title: Type.String({ minLength: 1 }), notes: Type.Array(Type.String({ minLength: 1 })) },
        { ...strict, description: 'title and notes in Vietnamese' },
      ),
    ),
    requests: Type.Object(
      { refuse: Type.Array(rule), login: Type.Array(rule, { minItems: 1 }) },
      { ...strict, description: 'the lists refuse and login' },
    ),
    healthProbeUsers: Type.Array(Type.String({ minLength: 1 })),
    credentials: Type.Object(
      {
        style,
        alternatives: Type.Array(style),
        openVpnForms: Type.Boolean(),
        prompt: Type.Object(
          {
            ascii: Type.String({ pattern: '^[\\x20-\\x7e]{1,247}$', description: 'printable ASCII' }),
            diacritics: Type.String({ minLength: 1, maxLength: 120 }),
            useDiacritics: Type.Boolean(),
            answerSeconds: Type.Integer({ minimum: 15, maximum: 600 }),
            sendAnswerSeconds: Type.Boolean(),
            hideAnswer: Type.Boolean(),
          },
          strict,
        ),
      },
      strict,
    ),
    /** `relay`: to an upstream RADIUS server, where the policy names one; the code comes by a ticket. Left out: refused. */
    msChapV2: Type.Optional(Type.Enum(['refuse', 'relay'])),
    /** How a login at this gateway brings a ticket along; left out: not at all. */
    tickets: Type.Optional(
      Type.Object(
        {
          /** `address`: station is the holder's IP address, by which it is found. `password`: a token ends the password field. */
          delivery: Type.Enum(['none', 'address', 'password']),
        },
        strict,
      ),
    ),
    eap: Type.Optional(
      Type.Object(
        {
          /** Best first: the first is offered, the others if the client asks for them. */
          methods: Type.Array(Type.Enum([...eapMethods]), { minItems: 1 }),
          /** In EAP-TTLS and PEAP; EAP-TLS is nothing without one. `require`: unless a policy says otherwise. */
          clientCertificate: Type.Enum(['require', 'request', 'none']),
        },
        { ...strict, description: 'the settings methods and clientCertificate' },
      ),
    ),
    station: Type.Array(Type.Object(source, strict)),
    workstation: Type.Array(
      Type.Object(
        {
          ...source,
          type: Type.Enum([...identifierTypes]),
          level,
        },
        strict,
      ),
    ),
    /** What it tells of the workstation when it asks over HTTP, and at which level; left out: it asks by RADIUS alone. */
    http: Type.Optional(
      Type.Object(
        Object.fromEntries(httpFields.map((field) => [field, Type.Optional(level)])) as Record<
          HttpField,
          Type.TOptional<typeof level>
        >,
        { ...strict, description: `levels of ${httpFields.join(', ')}` },
      ),
    ),
    useless: Type.Array(Type.Object({ attribute, why: Type.String({ minLength: 1 }) }, strict)),
    reply: Type.Object(
      {
        sessionTimeout: Type.Enum(['honoured', 'ignored', 'omit']),
        userName: Type.Boolean(),
        class: Type.Enum(['none', 'opaque', 'group']),
        group: Type.Optional(Type.String({ minLength: 1, maxLength: 120 })),
        interimSeconds: Type.Optional(Type.Integer({ minimum: 600, maximum: 86_400 })),
        attributes: Type.Array(
          Type.Object(
            { attribute, value: Type.Union([Type.String({ minLength: 1 }), Type.Integer()]) },
            strict,
          ),
        ),
        rejectMessage: Type.Boolean(),
      },
      strict,
    ),
    accounting: Type.Optional(
      Type.Object(
        {
          sends: Type.Boolean(),
          startWithinSeconds: Type.Integer({ minimum: 5, maximum: 86_400 }),
          /** 0: none are to be expected. */
          interimSeconds: Type.Integer({ minimum: 0, maximum: 86_400 }),
          echoesClass: Type.Boolean(),
          sendsAcctSessionIdInRequest: Type.Boolean(),
        },
        strict,
      ),
    ),
    disconnect: Type.Optional(
      Type.Object(
        {
          method: Type.Enum(['coa', 'none']),
          port: Type.Integer({ minimum: 1, maximum: 65_535 }),
          identify: Type.Array(
            Type.Object(
              {
                attribute,
                startsWith: Type.Optional(
                  Type.String({ minLength: 1, description: 'the beginning of the text' }),
                ),
                required: Type.Boolean(),
              },
              strict,
            ),
          ),
          /** Whether it ends one session, or all of the same user name. */
          ends: Type.Enum(['session', 'user']),
          /** Other ways, of which a gateway's settings may name one. */
          control: Type.Optional(
            Type.Array(Type.Enum(['openvpn-management', 'occtl', 'vici']), {
              minItems: 1,
              description: 'a list of openvpn-management, occtl, vici',
            }),
          ),
        },
        strict,
      ),
    ),
    messageAuthenticator: Type.Enum(['always', 'auto']),
    limitProxyState: Type.Boolean(),
    timing: Type.Object(
      {
        timeoutMs: Type.Integer({ minimum: 500, maximum: 300_000 }),
        attempts: Type.Integer({ minimum: 1, maximum: 20 }),
      },
      strict,
    ),
  },
  strict,
);

export type ProfileDocument = Static<typeof profileSchema>;
export type ConditionDocument = Static<typeof condition>;
export type RuleDocument = Static<typeof rule>;
