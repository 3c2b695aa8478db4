// Section `keys`: the key-encryption key that wraps every data key.
import { Type } from 'typebox';

export const keysSchema = Type.Object(
  {
    file: Type.String({
      default: 'gatewarden.key',
      minLength: 1,
      description:
        'the key-encryption key, 32 octets in base64, readable by the service alone; a relative path starts at dataDir',
    }),
  },
  { additionalProperties: false, default: {} },
);
