// Which part of what was typed is the password and which the code: one reading, never a second guess.
import type { LoginCredentials } from '../login.ts';

export interface TypedSecrets {
  /** Null: this style (or round) carries none. */
  readonly password: string | null;
  /** `null`: none was given. */
  readonly code: string | null;
  /** The code will be asked for: first round of a challenge. */
  readonly isCodeDeferred: boolean;
}

/**
 * Reads the credentials. `codeDigits` is the one code length of the account's authenticators: an appended code is exactly
 * that many digits at the end. A text that does not end so is a password without a code.
 */
export function readTypedSecrets(credentials: LoginCredentials, codeDigits: number): TypedSecrets {
  const isCodeDeferred = false;
  switch (credentials.style) {
    case 'password+code': {
      const { text } = credentials;
      const tail = text.slice(-codeDigits);
      const hasCode = tail.length === codeDigits && /^[0-9]+$/.test(tail);
      return hasCode
        ? { password: text.slice(0, -codeDigits), code: tail, isCodeDeferred }
        : { password: text, code: null, isCodeDeferred };
    }
    case 'code':
      return { password: null, code: unlessBlank(credentials.text), isCodeDeferred };
    case 'password':
      return { password: credentials.text, code: null, isCodeDeferred: true };
    case 'challenge-answer':
      return { password: null, code: unlessBlank(credentials.text), isCodeDeferred };
    case 'ticket':
    case 'ms-chap':
      return { password: null, code: null, isCodeDeferred };
    case 'static-challenge':
      return { password: credentials.password, code: unlessBlank(credentials.code), isCodeDeferred };
  }
}

function unlessBlank(text: string): string | null {
  return text.trim() === '' ? null : text;
}
