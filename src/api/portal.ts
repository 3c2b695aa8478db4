// The holders' interface (/portal/v1): sign-in, activation, recovery, and the own account.
import { type Static, Type } from 'typebox';

const closed = { additionalProperties: false } as const;
const userName = Type.String({ minLength: 1, maxLength: 200 });
const secret = Type.String({ minLength: 1, maxLength: 400 });
const code = Type.String({ minLength: 6, maxLength: 12 });
const paperCode = Type.String({ minLength: 4, maxLength: 40 });
const ticket = Type.String({ minLength: 20, maxLength: 64 });
const nullable = <Schema extends Parameters<typeof Type.Union>[0][number]>(schema: Schema) =>
  Type.Union([Type.Null(), schema]);

export const portalStateSchema = Type.Object({
  csrfToken: Type.String(),
  mayActivate: Type.Boolean({ description: 'false: activation is limited to other networks' }),
});
export const signInBody = Type.Object({ userName, password: secret, code }, closed);
export const activationBody = Type.Object(
  { code: paperCode, birthDate: Type.Optional(Type.String({ maxLength: 20 })) },
  closed,
);
export const activationSchema = Type.Object({
  step: Type.Enum([
    'open',
    'fact-needed',
    'fact-wrong',
    'hand-over-needed',
    'assignment-missing',
    'employment-not-started',
  ]),
  ticket: nullable(Type.String()),
  holder: nullable(
    Type.Object({ userName: Type.String(), fullName: Type.String(), unitName: Type.String() }),
  ),
});
export const ticketBody = Type.Object({ ticket }, closed);
export const ticketPasswordBody = Type.Object({ ticket, password: secret }, closed);
export const ticketRulesBody = Type.Object({ ticket, version: Type.Integer({ minimum: 1 }) }, closed);
export const ticketCodeBody = Type.Object({ ticket, code }, closed);
export const rulesSchema = Type.Object({
  version: Type.Integer(),
  textVi: Type.String(),
  textEn: Type.String(),
  isAccepted: Type.Boolean(),
});
export const begunSchema = Type.Object({
  uri: Type.String({ description: 'otpauth://, for the app on this phone' }),
  secret: Type.String({ description: 'base32, to type in' }),
  qr: Type.String({ description: 'the same as a PNG, as a data: URL' }),
});
export const recoveryCodesSchema = Type.Object({ recoveryCodes: Type.Array(Type.String()) });
export const recoveryBody = Type.Object(
  { userName, password: secret, by: Type.Enum(['recovery', 'request']), code: paperCode },
  closed,
);
export const openedSchema = Type.Object({ ticket: Type.String(), userName: Type.String() });
export const newPhoneBody = Type.Object(
  { userName, password: secret, reason: Type.String({ minLength: 1, maxLength: 500 }) },
  closed,
);
export const newPhoneSchema = Type.Object({ code: Type.String() });
export const lockBody = Type.Object({ userName, kind: Type.Enum(['password', 'recovery']), secret }, closed);

export const portalSessionSchema = Type.Object({
  userName: Type.String(),
  fullName: Type.String(),
  csrfToken: Type.String(),
  timeZone: Type.String(),
});
export type PortalSession = Static<typeof portalSessionSchema>;

const instant = Type.Integer({ description: 'epoch milliseconds' });
export const homeSchema = Type.Object({
  userName: Type.String(),
  fullName: Type.String(),
  staffCode: Type.String(),
  unitName: Type.String(),
  validFrom: instant,
  validUntil: instant,
  suspended: nullable(Type.String()),
  standing: nullable(
    Type.Object({
      reason: Type.String(),
      title: Type.String(),
      explanation: Type.String(),
      next: Type.Array(Type.String()),
    }),
  ),
  mustChangePassword: Type.Boolean(),
  workstations: Type.Array(
    Type.Object({ assetTag: Type.String(), name: Type.String(), validUntil: nullable(instant) }),
  ),
  assignments: Type.Array(
    Type.Object({
      documentNumber: Type.String(),
      purpose: Type.String(),
      dataScope: Type.String(),
      validUntil: nullable(instant),
    }),
  ),
  authenticators: Type.Array(
    Type.Object({
      id: Type.Integer(),
      kind: Type.String(),
      serialNumber: nullable(Type.String()),
      createdAt: instant,
      lastClaimAt: nullable(instant),
    }),
  ),
  recoveryCodesLeft: Type.Integer(),
  rules: Type.Object({ version: Type.Integer(), accepted: Type.Integer() }),
  lastLogin: nullable(Type.Object({ record: Type.String(), at: instant })),
});
export type PortalHome = Static<typeof homeSchema>;

export const connectionsSchema = Type.Object({
  sessions: Type.Array(
    Type.Object({
      id: Type.Integer(),
      state: Type.String(),
      gateway: Type.String(),
      workstation: nullable(Type.String()),
      startedAt: instant,
      until: instant,
      cut: nullable(Type.String()),
    }),
  ),
  attempts: Type.Array(
    Type.Object({
      record: Type.String(),
      at: instant,
      outcome: Type.String(),
      lookupCode: nullable(Type.String()),
      title: Type.String(),
      explanation: Type.String(),
      next: Type.Array(Type.String()),
      gateway: nullable(Type.String()),
      workstation: nullable(Type.String()),
      station: nullable(Type.String()),
    }),
  ),
});
export type PortalConnections = Static<typeof connectionsSchema>;

export const recordBody = Type.Object({ record: Type.String({ maxLength: 60 }) }, closed);
export const sessionParameters = Type.Object({ id: Type.Integer({ minimum: 1 }) });
const requestTerms = {
  terms: Type.Record(Type.String(), Type.String({ maxLength: 200 })),
  reason: Type.String({ minLength: 1, maxLength: 500 }),
  documentNumber: Type.Optional(Type.String({ maxLength: 100 })),
};
export const requestBody = Type.Object(
  {
    kind: Type.Enum([
      'extension',
      'workstation-register',
      'workstation-replace',
      'workstation-temporary',
      'unlock',
    ]),
    ...requestTerms,
  },
  closed,
);
export const resubmitBody = Type.Object(requestTerms, closed);
const requestSchema = Type.Object({
  id: Type.Integer(),
  kind: Type.String(),
  state: Type.String(),
  terms: Type.Record(Type.String(), Type.String()),
  reason: Type.String(),
  documentNumber: nullable(Type.String()),
  filedAt: instant,
  isOwn: Type.Boolean({ description: 'filed by the holder, who alone may take it back' }),
  filedBy: Type.String(),
  decidedAt: nullable(instant),
  decisionReason: nullable(Type.String()),
});
export type PortalRequest = Static<typeof requestSchema>;
export const requestsSchema = Type.Object({ requests: Type.Array(requestSchema) });
export type PortalRequests = Static<typeof requestsSchema>;

export const ownPasswordBody = Type.Object({ current: secret, code, password: secret }, closed);
export const proofBody = Type.Object({ password: secret, code }, closed);
export const versionBody = Type.Object({ version: Type.Integer({ minimum: 1 }) }, closed);
