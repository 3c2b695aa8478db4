// Requests are validated, and answers written, by their schemas: nothing is removed or converted in a body, unknown fields are refused.
// What that takes is compiled when a route is first used: for all of them it would be a tenth of the processor time of a start.
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';
import type { FastifySchemaCompiler } from 'fastify';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';

/** Path and query are text: numbers and booleans in them are read as such. Bodies are taken as they are. */
export function createValidator(): FastifySchemaCompiler<object> {
  return ({ schema, httpPart }) => {
    let compiled: ReturnType<typeof Compile> | undefined;
    return (value: unknown) => {
      compiled ??= Compile(schema as never);
      const check = compiled;
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

/** For Fastify's `schemaController.compilersFactory`: an answer holds what its schema names and nothing else. */
export const buildSerializer: ReturnType<typeof SerializerSelector> = (schemas, options) => {
  const compile = SerializerSelector()(schemas, options);
  return (route) => {
    let serialize: ReturnType<typeof compile> | undefined;
    return (answer) => {
      serialize ??= compile(route);
      return serialize(answer);
    };
  };
};
