// Section `store`: where the broker keeps what it knows.
import { Type } from 'typebox';

export const storeSchema = Type.Object(
  {
    dialect: Type.Enum(['sqlite', 'postgresql'], {
      default: 'sqlite',
      description: 'sqlite serves one host from a file; postgresql serves many nodes',
    }),
    file: Type.String({
      default: 'gatewarden.sqlite',
      minLength: 1,
      description: 'the SQLite database; a relative path starts at dataDir',
    }),
    url: Type.Optional(
      Type.String({
        pattern: '^postgres(ql)?://',
        writeOnly: true,
        description:
          'postgresql://user@host1,host2/database; a password comes by urlFile, PGPASSFILE or the environment',
      }),
    ),
    urlFile: Type.Optional(
      Type.String({
        minLength: 1,
        description: 'a file that holds the URL of PostgreSQL, password included',
      }),
    ),
    poolSize: Type.Integer({
      default: 8,
      minimum: 3,
      maximum: 100,
      description: 'connections to PostgreSQL of each thread that uses the store',
    }),
  },
  { additionalProperties: false, default: {} },
);
