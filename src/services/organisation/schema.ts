// The organisation file: what `gatewarden import` reads. One schema; config/organisation.schema.json is generated from it.
import { type Static, Type } from 'typebox';
import { accountForm, accountSchema } from './schema/account.ts';
import { gatewaySchema, policyForm, policySchema, radiusClientSchema } from './schema/network.ts';
import {
  assignmentSchema,
  organisationSchema,
  personSchema,
  unitForm,
  unitSchema,
  workstationSchema,
} from './schema/organisation.ts';

/** Kinds of entries in the order in which they are applied: what others refer to comes first. */
const entrySchemas = {
  organisation: organisationSchema,
  unit: unitSchema,
  person: personSchema,
  assignment: assignmentSchema,
  workstation: workstationSchema,
  account: accountSchema,
  radiusClient: radiusClientSchema,
  gateway: gatewaySchema,
  policy: policySchema,
} as const;

export type EntryKind = keyof typeof entrySchemas;
export const entryKinds = Object.keys(entrySchemas) as EntryKind[];

/** Entries with their short forms written out, in which they are checked: so a fault can be told exactly. */
export const entryForms = {
  ...entrySchemas,
  unit: unitForm,
  account: accountForm,
  policy: policyForm,
} as const;
export type Entry<K extends EntryKind> = Static<(typeof entryForms)[K]>;

const list = <T extends (typeof entrySchemas)[EntryKind]>(schema: T, description: string) =>
  Type.Optional(Type.Array(schema, { description }));

/** A whole file (YAML or JSON). JSON lines carry the same entries, one a line, each with its `kind`. */
export const organisationFileSchema = Type.Object(
  {
    organisation: Type.Optional(organisationSchema),
    units: list(unitSchema, 'the tree of units'),
    people: list(personSchema, 'people'),
    assignments: list(assignmentSchema, 'written assignments'),
    workstations: list(workstationSchema, 'workstations'),
    accounts: list(accountSchema, 'VPN accounts'),
    radiusClients: list(radiusClientSchema, 'devices that send RADIUS'),
    gateways: list(gatewaySchema, 'VPN gateways'),
    policies: list(policySchema, 'policies'),
  },
  {
    additionalProperties: false,
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Gatewarden organisation file',
  },
);
