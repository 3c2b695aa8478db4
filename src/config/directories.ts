// Section `directories`: LDAP directories and Active Directory that are read at an interval, each for one source.
import { type Static, Type } from 'typebox';

const attributesSchema = Type.Object(
  {
    key: Type.String({
      default: 'objectGUID',
      minLength: 1,
      description: 'attribute that names an entry for ever: objectGUID, or entryUUID of OpenLDAP',
    }),
    staffCode: Type.String({
      default: 'employeeID',
      minLength: 1,
      description: 'attribute with the staff code, by which people are found',
    }),
    userName: Type.String({
      default: 'sAMAccountName',
      minLength: 1,
      description: 'attribute with the name in the directory, for lists',
    }),
    fullName: Type.String({
      default: 'displayName',
      minLength: 1,
      description: 'attribute with the name; another name than that of the staff code refuses the entry',
    }),
    unit: Type.Optional(
      Type.String({ minLength: 1, description: 'attribute with the code of the unit; changes move people' }),
    ),
  },
  { additionalProperties: false, default: {} },
);

const directorySchema = Type.Object(
  {
    source: Type.String({ minLength: 1, description: 'name of a source of the kind directory' }),
    url: Type.String({
      pattern: '^ldaps://[^/\\s]+$',
      description: 'ldaps://host or ldaps://host:port; nothing unencrypted',
    }),
    caFile: Type.Optional(
      Type.String({ minLength: 1, description: 'PEM file with the authorities that may sign the server' }),
    ),
    bindDn: Type.String({ minLength: 1, description: 'name to bind with, for an account that only reads' }),
    passwordFile: Type.String({ minLength: 1, description: 'a file with the password, in one line' }),
    base: Type.String({ minLength: 1, description: 'entry below which people are' }),
    filter: Type.String({
      default: '(&(objectCategory=person)(objectClass=user))',
      minLength: 3,
      description: 'filter (RFC 4515) of the entries that are people',
    }),
    attributes: attributesSchema,
    intervalSeconds: Type.Integer({
      default: 300,
      minimum: 10,
      maximum: 86_400,
      description: 'seconds between two readings',
    }),
    timeoutSeconds: Type.Integer({
      default: 15,
      minimum: 1,
      maximum: 300,
      description: 'seconds that connecting and each answer may take',
    }),
    leastPercent: Type.Integer({
      default: 90,
      minimum: 1,
      maximum: 100,
      description: 'an answer with fewer entries than this share of the last one changes nothing',
    }),
    missing: Type.Enum(['ended', 'ignored'], {
      default: 'ended',
      description: 'what it means that an entry is no longer there',
    }),
    hire: Type.Boolean({
      default: false,
      description: 'whether entries make people whom nobody knew, and hire those who left',
    }),
  },
  { additionalProperties: false },
);

export type DirectoryConfig = Static<typeof directorySchema>;

export const directoriesSchema = Type.Array(directorySchema, {
  default: [],
  description: 'directories to read people from',
});
