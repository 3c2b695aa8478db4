// Section `profiles`: the gateways' dialects, which are data.
import { Type } from 'typebox';

export const profilesSchema = Type.Object(
  {
    directory: Type.Optional(
      Type.String({
        minLength: 1,
        description: "directory of gateway profiles; without it the program's own config/gateways",
      }),
    ),
  },
  { additionalProperties: false, default: {} },
);
