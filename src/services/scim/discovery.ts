// What the service can do, which resources it has and what they look like: RFC 7643 §5 to §7, RFC 7644 §4.
import {
  commonAttributes,
  type ResourceType,
  type Schema,
  type ScimValue,
} from '../../wire/scim/attribute.ts';
import {
  employmentSchema,
  enterpriseSchema,
  groupSchema,
  groupType,
  unitSchema,
  userSchema,
  userType,
} from '../../wire/scim/schemas.ts';
import { mostResults } from './list.ts';

/** RFC 7644 §3.7.4. */
export const bulkLimits = { maxOperations: 1_000, maxPayloadSize: 1_048_576 } as const;

const schemaOfSchemas = 'urn:ietf:params:scim:schemas:core:2.0:Schema';
const schemaOfTypes = 'urn:ietf:params:scim:schemas:core:2.0:ResourceType';

export function serviceProviderConfig(baseUrl: string): ScimValue {
  return {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
    patch: { supported: true },
    bulk: { supported: true, ...bulkLimits },
    filter: { supported: true, maxResults: mostResults },
    changePassword: { supported: false },
    sort: { supported: true },
    etag: { supported: true },
    authenticationSchemes: [
      {
        type: 'oauthbearertoken',
        name: 'Bearer token',
        description: 'A token of this source, in the Authorization header (RFC 6750)',
        specUri: 'https://www.rfc-editor.org/info/rfc6750',
        primary: true,
      },
    ],
    meta: { resourceType: 'ServiceProviderConfig', location: `${baseUrl}/ServiceProviderConfig` },
  };
}

export const resourceTypes: readonly ResourceType[] = [userType, groupType];

export function renderResourceType(baseUrl: string, type: ResourceType): ScimValue {
  return {
    schemas: [schemaOfTypes],
    id: type.name,
    name: type.name,
    endpoint: type.endpoint,
    description: type.description,
    schema: type.schema.id,
    schemaExtensions: type.extensions.map(({ id }) => ({ schema: id, required: false })),
    meta: { resourceType: 'ResourceType', location: `${baseUrl}/ResourceTypes/${type.name}` },
  };
}

export const schemas: readonly Schema[] = [
  userSchema,
  enterpriseSchema,
  employmentSchema,
  groupSchema,
  unitSchema,
];

export function renderSchema(baseUrl: string, schema: Schema): ScimValue {
  // externalId is common to all resources; clients look for it among a schema's attributes.
  const common = schema === userSchema || schema === groupSchema ? commonAttributes : [];
  const external = common.filter(({ name }) => name === 'externalId');
  return {
    schemas: [schemaOfSchemas],
    id: schema.id,
    name: schema.name,
    description: schema.description,
    attributes: [...schema.attributes, ...external],
    meta: { resourceType: 'Schema', location: `${baseUrl}/Schemas/${schema.id}` },
  };
}
