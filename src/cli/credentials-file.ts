// A file of logins to try a broker with, for `probe --credentials`: secrets stay out of arguments and shell histories.
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { parse, stringify } from 'yaml';
import { OperatorError } from '../base/errors.ts';
import { nearestName } from '../base/nearest.ts';

const loginSchema = Type.Object(
  {
    password: Type.Optional(Type.String()),
    seed: Type.Optional(Type.String()),
    method: Type.Enum(['appended', 'code', 'challenge', 'password']),
    attributes: Type.Array(Type.String()),
  },
  { additionalProperties: false },
);

const fileSchema = Type.Object(
  { secret: Type.String({ minLength: 1 }), logins: Type.Record(Type.String(), loginSchema) },
  { additionalProperties: false },
);

/** One login: what is typed, and what the gateway adds. */
export interface CredentialsEntry {
  readonly password?: string;
  /** Base32. */
  readonly seed?: string;
  readonly method: 'appended' | 'code' | 'challenge' | 'password';
  /** `Name=value`, as in the dictionary. */
  readonly attributes: readonly string[];
}

export interface Credentials {
  /** Shared secret of the gateway that is played. */
  readonly secret: string;
  readonly logins: Readonly<Record<string, CredentialsEntry>>;
}

/** Writes the file for its owner alone. */
export function writeCredentials(path: string, credentials: Credentials): void {
  const head = '# Logins to try the broker with: gatewarden probe --credentials THIS-FILE --user NAME\n';
  writeFileSync(path, `${head}${stringify(credentials)}`, { mode: 0o600 });
  chmodSync(path, 0o600);
}

/** @throws OperatorError when it can't be read, others can read it too, or it has another form; never repeats its content */
export function readCredentials(path: string): Credentials {
  const refuse = (message: string, remedy: string): never => {
    throw new OperatorError(`--credentials: ${path} ${message}.`, { at: '--credentials', remedy });
  };
  let text: string;
  try {
    if ((statSync(path).mode & 0o077) !== 0) {
      return refuse('can be read by others than its owner', `chmod 600 ${path}`);
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    return refuse(
      `cannot be read (${(error as NodeJS.ErrnoException).code})`,
      '"npm start" writes one for the sample organisation: var/sample/credentials.',
    );
  }
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    value = null;
  }
  if (!Value.Check(fileSchema, value)) {
    return refuse(
      'is no file of credentials',
      'Give the one that "npm start" wrote, or one of the same form.',
    );
  }
  return value as Credentials;
}

/** @throws OperatorError that names the nearest login of the file */
export function loginOf(credentials: Credentials, user: string): CredentialsEntry {
  const entry = credentials.logins[user];
  if (entry !== undefined) return entry;
  const names = Object.keys(credentials.logins);
  const similar = nearestName(user, names);
  throw new OperatorError(`--user: the file of credentials has no ${user}.`, {
    at: '--user',
    remedy: `${similar === null ? '' : `Did you mean ${similar}? `}It has ${names.join(', ')}.`,
  });
}
