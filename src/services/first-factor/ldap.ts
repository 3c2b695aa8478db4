// A directory as the keeper of passwords: one bind over LDAPS for each question (RFC 4513 §5.1.3).
import type { Clock } from '../../base/clock.ts';
import { bindOnce } from '../../directory/ldap/connection.ts';
import type { Server } from './guarded.ts';
import type { UpstreamAnswer } from './upstream.ts';

/** A value inside a distinguished name, RFC 4514 §2.4. */
function escapeDnValue(text: string): string {
  return text
    .replaceAll(/[\\",+<>;=]/g, (sign) => `\\${sign}`)
    .replaceAll('\0', '\\00')
    .replace(/^[ #]/, (sign) => `\\${sign}`)
    .replace(/ $/, '\\ ');
}

/** The name to bind with: `{userName}` in the template stands for the account. */
export function bindNameOf(template: string, userName: string): string {
  const value = template.includes('=') ? escapeDnValue(userName) : userName;
  return template.replaceAll('{userName}', () => value);
}

const answers = {
  wrong: 'wrong',
  'password-expired': 'change-required',
  'password-change-required': 'change-required',
  disabled: 'closed',
  'account-expired': 'closed',
  locked: 'closed',
  'not-now': 'closed',
} as const satisfies Record<string, UpstreamAnswer>;

export function createLdapServer(
  server: {
    readonly url: string;
    readonly ca: string | null;
    readonly bindName: string;
    readonly timeoutMs: number;
  },
  clock: Clock,
): Server {
  const { url, ca, bindName } = server;
  return {
    name: url,
    async ask({ userName, password, deadline }) {
      const timeoutMs = Math.min(server.timeoutMs, Math.max(1, Math.floor(deadline - clock.monotonic())));
      const outcome = await bindOnce(
        { url, ca, timeoutMs },
        { name: bindNameOf(bindName, userName), password },
      );
      return outcome.outcome === 'accepted' ? 'right' : answers[outcome.refusal];
    },
  };
}
