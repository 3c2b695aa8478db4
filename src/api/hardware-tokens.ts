// Hardware tokens in the API: the stock, its import, hand-over, synchronisation, replacement, loss.
import { type Static, Type } from 'typebox';
import { closed, etagText, instant, nullable, pageOf, pageQuery, reasonText } from './common.ts';

const state = Type.Enum(['stock', 'assigned', 'lost', 'retired']);
const goneState = Type.Enum(['stock', 'lost', 'retired']);
const serialNumber = Type.String({ minLength: 1, maxLength: 64, description: 'on the back of the token' });
const code = Type.String({ minLength: 6, maxLength: 10 });

export const hardwareTokensQuerySchema = Type.Object(
  {
    ...pageQuery,
    q: Type.Optional(Type.String({ maxLength: 64, description: 'beginning of the serial number' })),
    state: Type.Optional(state),
  },
  closed,
);

const hardwareTokenItem = Type.Object({
  id: Type.Integer(),
  etag: etagText,
  serialNumber: Type.String(),
  model: nullable(Type.String()),
  mode: Type.Enum(['totp', 'hotp']),
  algorithm: Type.Enum(['SHA1', 'SHA256', 'SHA512']),
  digits: Type.Integer(),
  periodSeconds: Type.Integer({ description: 'of one that goes by the clock' }),
  state,
  unitName: nullable(Type.String()),
  userName: nullable(Type.String()),
  fullName: nullable(Type.String()),
  importedAt: instant('when it came into the stock'),
  handedOverAt: nullable(instant('last hand-over')),
  handedOverBy: nullable(Type.String()),
});
export const hardwareTokensSchema = pageOf(hardwareTokenItem);
export type HardwareTokenItem = Static<typeof hardwareTokenItem>;

export const tokenImportBodySchema = Type.Object(
  {
    file: Type.String({
      minLength: 1,
      maxLength: 8_000_000,
      description:
        'PSKC (RFC 6030), or CSV with serial, seed, model, mode, algorithm, digits, period, counter',
    }),
    key: Type.Optional(
      Type.String({ pattern: '^([0-9A-Fa-f]{2}){16,32}$', description: 'pre-shared key, hexadecimal' }),
    ),
    passphrase: Type.Optional(Type.String({ minLength: 1, maxLength: 1_000 })),
    unit: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'code; left out: of all units' }),
    ),
    dryRun: Type.Boolean(),
  },
  closed,
);
export const tokenImportSchema = Type.Object({
  added: Type.Integer({ description: 'with dryRun: would be added' }),
  refused: Type.Array(
    Type.Object({
      serialNumber: nullable(Type.String()),
      place: nullable(
        Type.Integer({ description: 'line of a CSV file, or number of the key in a container' }),
      ),
      fault: Type.String({ description: 'a closed code' }),
      why: Type.String({ description: "in the reader's language" }),
    }),
  ),
  format: Type.Enum(['pskc', 'csv']),
  remarks: Type.Array(Type.String(), { description: "what to know of the file, in the reader's language" }),
});
export type TokenImport = Static<typeof tokenImportSchema>;

export const handOverBodySchema = Type.Object(
  {
    user: Type.String({ minLength: 1, maxLength: 253, description: 'user name' }),
    replace: Type.Boolean({ description: 'in the place of all authenticators that the account has' }),
  },
  closed,
);
export const synchroniseBodySchema = Type.Object(
  { first: code, second: code },
  { ...closed, description: 'two codes that it showed one after the other' },
);
export const replaceTokenBodySchema = Type.Object(
  { serialNumber, formerIs: goneState, reason: reasonText },
  closed,
);
export const tokenStateBodySchema = Type.Object({ state: goneState, reason: reasonText }, closed);
export const tokenActSchema = Type.Object({ serialNumber: Type.String(), userName: nullable(Type.String()) });
