// Signing in to the console, and the operator's own session.
import { type Static, Type } from 'typebox';
import { roles } from '../core/permissions.ts';

export type { Permission } from '../core/permissions.ts';

const instant = (description: string) => Type.Integer({ description: `${description}; epoch milliseconds` });
const closed = { additionalProperties: false } as const;
const secretText = Type.String({ minLength: 1, maxLength: 200 });
const codeText = Type.String({ minLength: 6, maxLength: 12, description: 'the code that the app shows' });

export const signInMethodsSchema = Type.Object({
  organisationName: Type.String(),
  csrfToken: Type.String({ description: 'to be sent as x-csrf-token with a sign-in' }),
  methods: Type.Object({
    password: Type.Boolean({ description: 'password and code' }),
    passkey: Type.Boolean(),
    oidc: Type.Boolean({ description: "the organisation's OpenID Connect provider" }),
  }),
  needsFirstOperator: Type.Boolean({
    description: 'nobody can sign in yet: the program prints a one-time link',
  }),
});

export const signInBodySchema = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 200 }), password: secretText, code: codeText },
  closed,
);

export const codeBodySchema = Type.Object({ code: codeText }, closed);

const unitRefSchema = Type.Object({ id: Type.Integer(), code: Type.String(), name: Type.String() });

const roleSchema = Type.Object({
  role: Type.Enum([...roles]),
  unit: Type.Union([Type.Null(), unitRefSchema], { description: 'null: the whole organisation' }),
  validUntil: Type.Union([Type.Null(), instant('end of the role')]),
  acting: Type.Boolean(),
  onBehalfOf: Type.Union([Type.Null(), Type.String()], { description: 'whose role it is, by delegation' }),
  documentNumber: Type.Union([Type.Null(), Type.String()]),
});

export const sessionSchema = Type.Object({
  operator: Type.Object({
    id: Type.Integer(),
    personId: Type.Integer(),
    signInName: Type.String(),
    fullName: Type.String(),
    staffCode: Type.String(),
    position: Type.Union([Type.Null(), Type.String()]),
  }),
  roles: Type.Array(roleSchema),
  permissions: Type.Array(Type.String(), { description: 'what any of the roles allows somewhere' }),
  everywhere: Type.Array(Type.String(), { description: 'those that hold for the whole organisation' }),
  csrfToken: Type.String(),
  organisationName: Type.String(),
  timeZone: Type.String(),
  expiresAt: instant('when the session ends at the latest'),
  idleSeconds: Type.Integer({ description: 'it ends after so long without a request' }),
  provedUntil: instant('until then dangerous acts need no further proof'),
  oidc: Type.Union(
    [
      Type.Null(),
      Type.Object({
        isLinked: Type.Boolean({ description: 'the operator can prove themselves by it' }),
        mayLink: Type.Boolean({ description: 'operators link and unlink it themselves' }),
        signsOut: Type.Boolean({ description: 'to sign out there too: GET /sign-in/oidc/sign-out' }),
      }),
    ],
    { description: "the organisation's OpenID Connect provider; null: there is none" },
  ),
  linkUsed: Type.Union(
    [
      Type.Null(),
      Type.Object({ at: instant('when'), from: Type.String(), by: Type.String({ description: 'maker' }) }),
    ],
    { description: 'a one-time link that replaced password and authenticator within the last 30 days' },
  ),
});
export type Session = Static<typeof sessionSchema>;

export const linkBodySchema = Type.Object({ link: Type.String({ minLength: 1, maxLength: 200 }) }, closed);

export const linkSchema = Type.Object({
  purpose: Type.Enum(['first-operator', 'operator']),
  expiresAt: instant('when the link runs out'),
  operator: Type.Union([Type.Null(), Type.Object({ signInName: Type.String(), fullName: Type.String() })]),
  hasUnits: Type.Boolean({ description: 'false: the first operator names the unit at the root' }),
  secondFact: Type.Union([Type.Null(), Type.Enum(['administrator-code', 'credential', 'birth-date'])], {
    description:
      "what has to be given beside the link: the other administrator's code; the present password or a code of the present authenticator; the birth date",
  }),
});

export const enrolmentBodySchema = Type.Object(
  {
    link: Type.String({ minLength: 1, maxLength: 200 }),
    password: secretText,
    secondFact: Type.Optional(secretText),
    person: Type.Optional(
      Type.Object(
        {
          staffCode: Type.String({ minLength: 1, maxLength: 64 }),
          fullName: Type.String({ minLength: 1, maxLength: 200 }),
          position: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
          signInName: Type.String({ minLength: 1, maxLength: 64 }),
          unit: Type.Optional(
            Type.Object(
              {
                code: Type.String({ minLength: 1, maxLength: 64 }),
                name: Type.String({ minLength: 1, maxLength: 200 }),
              },
              closed,
            ),
          ),
        },
        { ...closed, description: 'of the first operator alone' },
      ),
    ),
  },
  closed,
);

export const begunEnrolmentSchema = Type.Object({
  ticket: Type.String({ description: 'to be sent back with the code, within 20 minutes' }),
  secret: Type.String({ description: 'base32, to type into the app' }),
  uri: Type.String({ description: 'otpauth:// for a QR code' }),
});

export const finishEnrolmentBodySchema = Type.Object(
  {
    link: Type.String({ minLength: 1, maxLength: 200 }),
    ticket: Type.String({ minLength: 1, maxLength: 4_000 }),
    code: codeText,
  },
  closed,
);

export const ownSessionsSchema = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.Integer(),
      isCurrent: Type.Boolean(),
      method: Type.String(),
      address: Type.String(),
      userAgent: Type.String(),
      createdAt: instant('beginning'),
      lastSeenAt: instant('last use'),
      expiresAt: instant('end at the latest'),
    }),
  ),
});

export type SignInMethods = Static<typeof signInMethodsSchema>;
export type Link = Static<typeof linkSchema>;
export type BegunEnrolment = Static<typeof begunEnrolmentSchema>;
export type OwnSessions = Static<typeof ownSessionsSchema>;
