// Validation of requests by their schemas: nothing is removed or converted in a body, unknown fields are refused.
import type { FastifySchemaCompiler } from 'fastify';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';

/** Path and query are text: numbers and booleans in them are read as such. Bodies are taken as they are. */
export function createValidator(): FastifySchemaCompiler<object> {
  return ({ schema, httpPart }) => {
    const check = Compile(schema as never);
    return (value: unknown) => {
      const filled = Value.Default(schema as never, value ?? {});
      const read = httpPart === 'body' ? filled : Value.Convert(schema as never, filled);
      if (check.Check(read)) return { value: read };
      // The first faults are enough; a hostile body could have a million.
      const error = Object.assign(new Error('validation'), {
        validation: check.Errors(read).slice(0, 50),
        statusCode: 400,
      });
      return { error };
    };
  };
}
