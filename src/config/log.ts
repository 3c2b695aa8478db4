// Section `log`: what is written to the standard output.
import { Type } from 'typebox';

export const logSchema = Type.Object(
  {
    level: Type.Enum(['debug', 'info', 'warn', 'error'], {
      default: 'info',
      description: 'least level that is logged; no level ever logs a password, code or secret',
    }),
  },
  { additionalProperties: false, default: {} },
);
