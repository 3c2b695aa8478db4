// Accounts: lists, one account with all that hangs on it, and the acts on it.
import { type Static, Type } from 'typebox';
import { newPaperSchema } from './assignments.ts';
import {
  closed,
  countedPageOf,
  dayText,
  instant,
  nullable,
  pageOf,
  pageQuery,
  reasonBody,
  reasonText,
} from './common.ts';
import { explanationSchema } from './decisions.ts';

const accountStates = [
  'pending',
  'withdrawn',
  'suspended',
  'expired',
  'not-yet-valid',
  'locked',
  'valid',
] as const;

export const accountsQuerySchema = Type.Object(
  {
    ...pageQuery,
    q: Type.Optional(
      Type.String({ maxLength: 200, description: 'beginnings of words of the name, staff code, user name' }),
    ),
    state: Type.Optional(Type.Enum([...accountStates])),
    unit: Type.Optional(Type.Integer({ minimum: 1, description: 'id of a unit: it and all below' })),
    expiringDays: Type.Optional(Type.Integer({ minimum: 1, maximum: 366 })),
    incomplete: Type.Optional(
      Type.Enum(['workstation', 'authenticator', 'assignment'], {
        description: 'accounts in use that lack it',
      }),
    ),
    attention: Type.Optional(
      Type.Enum(['gone', 'dormant', 'incomplete'], {
        description:
          'accounts that may be used, as the overview counts them: of somebody who left, of nobody who logged in for 90 days, without a paper, workstation or authenticator',
      }),
    ),
  },
  closed,
);

const accountItem = Type.Object({
  id: Type.Integer(),
  userName: Type.String(),
  fullName: Type.String(),
  staffCode: Type.String(),
  position: nullable(Type.String()),
  unit: Type.Object({ id: Type.Integer(), code: Type.String(), name: Type.String() }),
  state: Type.Enum([...accountStates], { description: 'by the account’s own columns' }),
  suspendedDetail: nullable(Type.String()),
  validFrom: instant('beginning of the term'),
  validUntil: instant('end of the term'),
});

export const accountsSchema = countedPageOf(accountItem);
export type AccountsPage = Static<typeof accountsSchema>;

export const accountSchema = Type.Object({
  id: Type.Integer(),
  revision: Type.Integer({ description: 'as in the ETag' }),
  userName: Type.String(),
  status: Type.String(),
  suspended: nullable(
    Type.Object({ detail: Type.String(), at: nullable(instant('since')), by: nullable(Type.String()) }),
  ),
  validFrom: instant('beginning of the term'),
  validUntil: instant('end of the term'),
  longestTermDays: Type.Integer({ description: 'by policy' }),
  hasPassword: Type.Boolean(),
  passwordState: Type.String(),
  firstFactor: nullable(
    Type.String({ description: 'who checks its password: own, or an upstream; null: as the policy says' }),
  ),
  rules: Type.Object({ accepted: Type.Integer(), current: Type.Integer() }),
  standing: nullable(
    Type.Object(
      {
        reason: Type.String(),
        detail: nullable(Type.String()),
        title: Type.String(),
        explanation: Type.String(),
        next: Type.Array(Type.Object({ who: Type.String(), text: Type.String() })),
      },
      { description: 'what keeps it out whatever is typed and wherever; null: nothing does' },
    ),
  ),
  person: Type.Object({
    id: Type.Integer(),
    fullName: Type.String(),
    staffCode: Type.String(),
    kind: Type.String(),
    position: nullable(Type.String()),
    unit: Type.Object({ id: Type.Integer(), code: Type.String(), names: Type.Array(Type.String()) }),
    employment: Type.Object({ state: Type.String(), detail: nullable(Type.String()) }),
  }),
  employmentEvents: Type.Array(
    Type.Object({
      kind: Type.String(),
      detail: nullable(Type.String()),
      effectiveAt: instant('effective from'),
      documentNumber: nullable(Type.String()),
      source: Type.String(),
    }),
  ),
  assignments: Type.Array(
    Type.Object({
      id: Type.Integer(),
      documentNumber: Type.String(),
      documentDate: instant('date of the paper'),
      signatory: Type.String(),
      purpose: Type.String(),
      dataScope: Type.String(),
      unitCode: Type.String(),
      validFrom: instant('from'),
      validUntil: nullable(instant('until')),
    }),
  ),
  workstations: Type.Array(
    Type.Object({
      id: Type.Integer(),
      assetTag: Type.String(),
      name: Type.String(),
      kind: Type.String(),
      state: Type.String(),
      assignmentKind: Type.String(),
      validFrom: instant('from'),
      validUntil: nullable(instant('until')),
    }),
  ),
  authenticators: Type.Array(
    Type.Object({
      id: Type.Integer(),
      kind: Type.String(),
      serialNumber: nullable(Type.String()),
      state: Type.String(),
      createdAt: instant('enrolment'),
      lastClaimAt: nullable(instant('last use')),
    }),
  ),
  locks: Type.Array(
    Type.Object({ scope: Type.String(), failures: Type.Integer(), lockedUntil: instant('end of the wait') }),
  ),
  sessions: Type.Array(
    Type.Object({
      state: Type.String(),
      gateway: Type.String(),
      startedAt: instant('beginning'),
      until: instant('end at the latest'),
    }),
  ),
});
export type Account = Static<typeof accountSchema>;

export const termBodySchema = Type.Object(
  { validFrom: Type.Optional(dayText), validUntil: Type.Optional(dayText), reason: reasonText },
  closed,
);

export const assignWorkstationBodySchema = Type.Object(
  {
    assetTag: Type.String({ minLength: 1, maxLength: 64 }),
    from: Type.Optional(dayText),
    until: Type.Optional(Type.String({ minLength: 1, maxLength: 40, description: 'makes it temporary' })),
    reason: Type.Optional(reasonText),
  },
  closed,
);

export const timelineSchema = pageOf(
  Type.Object({
    record: Type.String({ description: 'chain:seq' }),
    at: instant('when'),
    kind: Type.Enum(['decision', 'undecided', 'administration', 'system']),
    outcome: Type.String({ description: 'of a decision accept, deny …; of an act its verb' }),
    reason: nullable(Type.String()),
    detail: nullable(Type.String()),
    lookupCode: nullable(Type.String()),
    explanation: explanationSchema,
    gateway: nullable(Type.String()),
    data: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])),
    personal: nullable(Type.Record(Type.String(), Type.String())),
  }),
);
export type Timeline = Static<typeof timelineSchema>;

export const firstFactorBodySchema = Type.Object(
  {
    firstFactor: nullable(
      Type.String({
        minLength: 1,
        maxLength: 63,
        description: 'own, the name of an upstream; null: by policy',
      }),
    ),
    ...reasonBody.properties,
  },
  { additionalProperties: false },
);

export const newAccountSchema = Type.Object(
  {
    personId: Type.Integer({ minimum: 1 }),
    userName: Type.String({ minLength: 1, maxLength: 100, description: 'what is typed in the VPN client' }),
    validFrom: dayText,
    validUntil: dayText,
    assignment: Type.Optional(newPaperSchema),
    assignmentId: Type.Optional(
      Type.Integer({ minimum: 1, description: 'a paper that is entered already, instead of `assignment`' }),
    ),
    workstation: Type.Optional(
      Type.Object(
        {
          assetTag: Type.String({ minLength: 1, maxLength: 64 }),
          until: Type.Optional(
            Type.String({ minLength: 1, maxLength: 40, description: 'lent until the end of that day' }),
          ),
        },
        closed,
      ),
    ),
    reason: Type.Optional(reasonText),
  },
  closed,
);

export const accountAddedSchema = Type.Object({
  id: Type.Integer(),
  userName: Type.String(),
  validFrom: instant('beginning of the term'),
  validUntil: instant('end of the term: of the usual one, if more is asked of a second person'),
  asked: Type.Array(
    Type.Object({
      kind: Type.Enum(['extension', 'workstation-register', 'workstation-temporary']),
      requestId: Type.Integer(),
    }),
    { description: 'what waits for a second person, as the policy has it' },
  ),
});
export type AccountAdded = Static<typeof accountAddedSchema>;
