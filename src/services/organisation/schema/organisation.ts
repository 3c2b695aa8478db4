// Entries of the organisation file about people, papers and machines.
import { Type } from 'typebox';
import { identifierTypes } from '../../../core/evidence.ts';
import { choice, code, date, strict, text } from './fields.ts';

export const organisationSchema = Type.Object(
  {
    name: Type.Optional(text('name of the organisation')),
    timeZone: Type.Optional(text('IANA time zone in which dates are meant, e.g. Asia/Ho_Chi_Minh')),
    realms: Type.Optional(
      Type.Array(code('a realm that users may type: user@realm or REALM\\user'), { maxItems: 50 }),
    ),
    rulesVersion: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000,
        description: 'version of the rules of use in force; 0: none',
      }),
    ),
  },
  strict,
);

export const unitSchema = Type.Object(
  {
    code: code("the unit's code, unique"),
    name: text("the unit's name"),
    parent: Type.Optional(
      Type.Union([code('code of the unit above'), Type.Null()], {
        description: 'code of the unit above; null: a root; left out: as it is',
      }),
    ),
  },
  strict,
);

/** With the root written as an empty text, as read.ts expands it. */
export const unitForm = Type.Object(
  {
    ...unitSchema.properties,
    parent: Type.Optional(
      Type.String({ maxLength: 64, description: 'code of the unit above; null: a root' }),
    ),
  },
  strict,
);

/** What an event of employment may say more exactly; other kinds have no detail. */
export const employmentDetails = {
  ended: ['retired', 'resigned', 'dismissed', 'transferred-out', 'contract-ended', 'deceased'],
  leave: ['maternity', 'unpaid', 'sick', 'study', 'stood-down'],
} as const;

const employmentSchema = Type.Object(
  {
    kind: choice(['hired', 'returned', 'leave', 'ended', 'moved', 'duties-changed'], 'what happened'),
    detail: Type.Optional(
      choice(
        [...employmentDetails.ended, ...employmentDetails.leave],
        'of what kind: for "ended" and "leave"',
      ),
    ),
    from: date('first day on which it holds'),
    document: Type.Optional(text('number of the decision paper')),
  },
  strict,
);

export const personSchema = Type.Object(
  {
    staffCode: code('the number in the personnel file, unique; never the citizen identity number'),
    fullName: text('full name as on the decision paper'),
    givenName: Type.Optional(text('given name, if it is not the last word')),
    unit: code("code of the person's unit"),
    kind: choice(['civil-servant', 'public-employee', 'worker', 'external'], 'kind of employment'),
    position: Type.Optional(text('position')),
    employment: Type.Array(employmentSchema, { maxItems: 200, description: 'facts of employment' }),
  },
  strict,
);

export const assignmentSchema = Type.Object(
  {
    number: text('number of the document, e.g. 123/QĐ-TCCB'),
    date: date('date of the document'),
    signatory: text('name and position of who signed'),
    purpose: text('why the accounts are needed', 2000),
    dataScope: text('which business data the task covers', 2000),
    unit: code('code of the unit that gave it'),
    validFrom: date('first day'),
    validUntil: Type.Optional(date('last day; left out: as long as the accounts')),
  },
  strict,
);

const identifierSchema = Type.Object(
  {
    type: choice(identifierTypes, 'what is compared'),
    value: text('the value as the gateway reports it'),
  },
  strict,
);

export const workstationSchema = Type.Object(
  {
    assetTag: code("the unit's inventory number, unique"),
    name: Type.Optional(text('name of the computer; left out: the asset tag')),
    kind: choice(['personal', 'shared', 'spare'], 'kind of workstation'),
    unit: code("code of the workstation's unit"),
    keeper: Type.Optional(code('staff code of who answers for it')),
    state: Type.Optional(choice(['active', 'retired', 'lost'], 'left out: active, or as it is')),
    identifiers: Type.Array(identifierSchema, {
      maxItems: 50,
      description: 'what a gateway may report of it',
    }),
  },
  strict,
);
