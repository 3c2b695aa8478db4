// The schemas of people and units as SCIM resources: RFC 7643 §4, and Gatewarden's own of employment and units.
import { type Attribute, attribute, complex, type ResourceType, type Schema } from './attribute.ts';

const valued = (name: string, description: string, types: readonly string[], value?: Attribute): Attribute =>
  complex(
    name,
    description,
    [
      value ?? attribute('value', 'string', 'The value'),
      attribute('display', 'string', 'For people to read'),
      attribute('type', 'string', 'What it is for', types.length === 0 ? {} : { canonicalValues: types }),
      attribute('primary', 'boolean', 'Whether it is the preferred one'),
    ],
    { multiValued: true },
  );

export const userSchema: Schema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:User',
  name: 'User',
  description: 'A person of the staff',
  attributes: [
    attribute('userName', 'string', 'Name in the client, unique there', {
      required: true,
      uniqueness: 'server',
    }),
    complex('name', 'Parts of the name', [
      attribute('formatted', 'string', 'The whole name'),
      attribute('familyName', 'string', 'Họ'),
      attribute('givenName', 'string', 'Tên'),
      attribute('middleName', 'string', 'Tên đệm'),
      attribute('honorificPrefix', 'string', 'Title before'),
      attribute('honorificSuffix', 'string', 'Title after'),
    ]),
    attribute('displayName', 'string', 'The name as it is shown'),
    attribute('nickName', 'string', 'Casual name'),
    attribute('profileUrl', 'reference', 'Page of the person', { referenceTypes: ['external'] }),
    attribute('title', 'string', 'Position'),
    attribute('userType', 'string', 'Relation to the organisation'),
    attribute('preferredLanguage', 'string', 'Preferred language'),
    attribute('locale', 'string', 'Locale'),
    attribute('timezone', 'string', 'Time zone'),
    attribute('active', 'boolean', 'False: the person has left, unless employment says otherwise'),
    attribute('password', 'string', 'Never stored: codes and passwords of the VPN are set elsewhere', {
      mutability: 'writeOnly',
      returned: 'never',
      caseExact: true,
    }),
    valued('emails', 'E-mail addresses', ['work', 'home', 'other']),
    valued('phoneNumbers', 'Telephone numbers', ['work', 'home', 'mobile', 'fax', 'pager', 'other']),
    valued('ims', 'Instant messaging addresses', []),
    valued(
      'photos',
      'Photos',
      ['photo', 'thumbnail'],
      attribute('value', 'reference', 'URL of a photo', { caseExact: true, referenceTypes: ['external'] }),
    ),
    complex(
      'addresses',
      'Postal addresses',
      [
        attribute('formatted', 'string', 'The whole address'),
        attribute('streetAddress', 'string', 'Street'),
        attribute('locality', 'string', 'City'),
        attribute('region', 'string', 'Province'),
        attribute('postalCode', 'string', 'Postal code'),
        attribute('country', 'string', 'Country'),
        attribute('type', 'string', 'What it is for', { canonicalValues: ['work', 'home', 'other'] }),
        attribute('primary', 'boolean', 'Whether it is the preferred one'),
      ],
      { multiValued: true },
    ),
    complex(
      'groups',
      'Units that the person is a member of',
      [
        attribute('value', 'string', 'Id of the Group', { mutability: 'readOnly', caseExact: true }),
        attribute('$ref', 'reference', 'URI of the Group', { mutability: 'readOnly', caseExact: true }),
        attribute('display', 'string', 'Name of the unit', { mutability: 'readOnly' }),
        attribute('type', 'string', 'Always direct', { mutability: 'readOnly' }),
      ],
      { multiValued: true, mutability: 'readOnly' },
    ),
    valued('entitlements', 'Entitlements', []),
    valued('roles', 'Roles; they give no rights here', []),
    valued(
      'x509Certificates',
      'Certificates',
      [],
      attribute('value', 'binary', 'DER in Base64', { caseExact: true }),
    ),
  ],
};

export const enterpriseSchema: Schema = {
  id: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  name: 'EnterpriseUser',
  description: 'What an enterprise keeps of a person',
  attributes: [
    attribute('employeeNumber', 'string', 'Staff code'),
    attribute('costCenter', 'string', 'Cost centre'),
    attribute('organization', 'string', 'Organisation'),
    attribute('division', 'string', 'Division'),
    attribute('department', 'string', 'Department; a code of a unit puts the person there'),
    complex('manager', 'Manager', [
      attribute('value', 'string', 'Id of the manager', { caseExact: true }),
      attribute('$ref', 'reference', 'URI of the manager', { caseExact: true, referenceTypes: ['User'] }),
      attribute('displayName', 'string', 'Name of the manager', { mutability: 'readOnly' }),
    ]),
  ],
};

export const employmentStatuses = ['employed', 'on-leave', 'ended'] as const;

export const employmentSchema: Schema = {
  id: 'urn:ietf:params:scim:schemas:extension:gatewarden:2.0:User',
  name: 'Employment',
  description: 'Employment of a person: what it is, from when, and by which paper',
  attributes: [
    attribute('status', 'string', 'What employment is; without it `active` decides', {
      canonicalValues: employmentStatuses,
      caseExact: true,
    }),
    attribute('detail', 'string', 'How somebody left (retired, resigned …) or which leave (maternity …)', {
      caseExact: true,
    }),
    attribute('effectiveFrom', 'string', 'Date or date and time from when; at once without it', {
      caseExact: true,
    }),
    attribute('plannedEnd', 'string', 'Last day of a leave, as planned', { caseExact: true }),
    attribute('keepUntil', 'string', 'Last day on which old assignments count after a move', {
      caseExact: true,
    }),
    attribute('documentNumber', 'string', 'Number of the decision paper', { caseExact: true }),
    attribute('unit', 'string', 'Code of the unit', { caseExact: true }),
    attribute('personKind', 'string', 'Kind of staff', {
      canonicalValues: ['civil-servant', 'public-employee', 'worker', 'external'],
      caseExact: true,
    }),
  ],
};

export const groupSchema: Schema = {
  id: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  name: 'Group',
  description: 'A unit of the organisation',
  attributes: [
    attribute('displayName', 'string', 'Name of the unit', { required: true }),
    complex(
      'members',
      'People of the unit',
      [
        attribute('value', 'string', 'Id of the User', { mutability: 'immutable', caseExact: true }),
        attribute('$ref', 'reference', 'URI of the User', {
          mutability: 'immutable',
          caseExact: true,
          referenceTypes: ['User'],
        }),
        attribute('type', 'string', 'Always User', {
          mutability: 'immutable',
          canonicalValues: ['User'],
        }),
        attribute('display', 'string', 'Name of the person', { mutability: 'readOnly' }),
      ],
      { multiValued: true },
    ),
  ],
};

export const unitSchema: Schema = {
  id: 'urn:ietf:params:scim:schemas:extension:gatewarden:2.0:Group',
  name: 'Unit',
  description: 'What the organisation calls the unit, and where it stands',
  attributes: [
    attribute('code', 'string', 'Code of the unit; without it externalId, then displayName', {
      caseExact: true,
      mutability: 'immutable',
    }),
    attribute('parent', 'string', 'Code of the unit above, for a unit that is new', {
      caseExact: true,
      mutability: 'immutable',
    }),
  ],
};

export const userType: ResourceType = {
  name: 'User',
  endpoint: '/Users',
  description: 'People',
  schema: userSchema,
  extensions: [enterpriseSchema, employmentSchema],
};

export const groupType: ResourceType = {
  name: 'Group',
  endpoint: '/Groups',
  description: 'Units',
  schema: groupSchema,
  extensions: [unitSchema],
};
