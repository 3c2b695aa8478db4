// An error as the API tells it: problem+json, RFC 9457.
import { type Static, Type } from 'typebox';

export const problemSchema = Type.Object(
  {
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String({ description: 'closed word for programs; title and detail are for people' }),
    detail: Type.String({ description: 'what to do' }),
    requestId: Type.String({ description: 'to be told to the help desk' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          field: Type.String({ description: 'path of the field, such as `validUntil` or `roles.0.unit`' }),
          message: Type.String(),
          remedy: Type.String(),
        }),
      ),
    ),
  },
  { description: 'problem+json (RFC 9457), in the language of Accept-Language' },
);

export type Problem = Static<typeof problemSchema>;
