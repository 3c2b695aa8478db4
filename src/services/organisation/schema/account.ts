// VPN accounts in the organisation file.
import { Type } from 'typebox';
import { choice, code, date, secret, strict, text } from './fields.ts';

const authenticatorSchema = Type.Object(
  {
    kind: choice(['app', 'token'], 'app on a phone or hardware token'),
    serialNumber: Type.Optional(code('serial number of a hardware token')),
    algorithm: Type.Optional(choice(['SHA1', 'SHA256', 'SHA512'], 'left out: SHA1')),
    digits: Type.Optional(Type.Enum([6, 8], { description: 'left out: 6' })),
    periodSeconds: Type.Optional(Type.Enum([30, 60], { description: 'left out: 30' })),
    seed: secret('seed in base32, at least 16 octets'),
  },
  // A value of another form is not repeated: it may be the secret itself.
  { ...strict, writeOnly: true },
);

const assignmentReference = Type.Object(
  {
    number: text('number of a written assignment'),
    unit: Type.Optional(code('code of the unit that gave it, when several gave the same number')),
  },
  strict,
);

const workstationReference = Type.Object(
  {
    assetTag: code('asset tag'),
    validFrom: Type.Optional(date('first day; left out: the first day of the term')),
    validUntil: Type.Optional(date('last day; left out: no end of its own')),
  },
  strict,
);

const assignmentList = { maxItems: 100, description: 'numbers of the written assignments that cover it' };
const workstationList = { maxItems: 50, description: 'asset tags of the workstations assigned to it' };

export const accountSchema = Type.Object(
  {
    userName: text('what is typed in the VPN client, unique'),
    staffCode: code('staff code of the holder'),
    status: Type.Optional(choice(['pending', 'active', 'withdrawn'], 'left out: active, or as it is')),
    validFrom: date('first day of the term of use'),
    validUntil: date('last day of the term of use'),
    password: Type.Optional(
      Type.Object(
        {
          plain: Type.Optional(secret('the password itself')),
          phc: Type.Optional(secret('argon2id hash in PHC form')),
        },
        {
          ...strict,
          description: 'plain or phc; left out: an existing account keeps its password',
          writeOnly: true,
        },
      ),
    ),
    passwordState: Type.Optional(
      choice(['usable', 'compromised', 'change-required'], 'left out: usable, or as it is'),
    ),
    firstFactor: Type.Optional(
      code(
        'who checks its password, before any policy: own, an upstream of the configuration, or policy (none of its own); left out: as it is',
      ),
    ),
    rulesVersionAccepted: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 1_000_000, description: 'version of the rules accepted' }),
    ),
    suspended: Type.Optional(
      choice(
        ['none', 'by-unit', 'by-centre', 'by-holder', 'case', 'leak', 'review', 'dormant'],
        'why it is suspended; none lifts a suspension; left out: as it is',
      ),
    ),
    authenticators: Type.Optional(
      Type.Array(authenticatorSchema, { maxItems: 10, description: 'apps and tokens', writeOnly: true }),
    ),
    assignments: Type.Array(
      Type.Union([text('number of a written assignment'), assignmentReference]),
      assignmentList,
    ),
    workstations: Type.Array(Type.Union([code('asset tag'), workstationReference]), workstationList),
  },
  strict,
);

/** With every reference as an object, as read.ts expands it. */
export const accountForm = Type.Object(
  {
    ...accountSchema.properties,
    assignments: Type.Array(assignmentReference, assignmentList),
    workstations: Type.Array(workstationReference, workstationList),
  },
  strict,
);
