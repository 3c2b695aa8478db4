// What occtl 1.1.6 prints with -j.
import { describe, expect, it } from 'vitest';
import { parseSessions, parseUsers, UnreadableOcctlError } from '../../../src/wire/occtl/users.ts';

const users = `[
  {
    "ID":  16510,
    "Username":  "alice",
    "Groupname":  "(none)",
    "State":  "connected",
    "Remote IP":  "10.77.0.101",
    "IPv4":  "10.88.1.50",
    "P-t-P IPv4":  "10.88.1.1",
    "User-Agent":  "odd \\"agent\\",}",
    "Full session":  "xLcJI7Cc6DnkwcCnqLx/taEqWaE=",
    "DNS":	[],
    "Routes":	["10.88.1.0/255.255.255.0"]
  }
]
`;
/** With the comma that occtl leaves behind the last field. */
const sessions = `[
  {
    "Session":  "xLcJI7",
    "Full session":  "xLcJI7Cc6DnkwcCnqLx/taEqWaE=",
    "State":  "authenticated",
    "Username":  "alice",
    "Remote IP":  "10.77.0.101",
    "session_is_open":  1,
    "in_use":  1,
  }
]
`;

describe('occtl', () => {
  it('lists connected users', () => {
    expect(parseUsers(users)).toEqual([
      {
        id: '16510',
        userName: 'alice',
        remoteAddress: '10.77.0.101',
        addresses: ['10.88.1.50'],
        session: 'xLcJI7Cc6DnkwcCnqLx/taEqWaE=',
      },
    ]);
    expect(parseUsers('[ ]')).toEqual([]);
  });

  it('lists sessions whose cookie is good', () => {
    const session = 'xLcJI7Cc6DnkwcCnqLx/taEqWaE=';
    expect(parseSessions(sessions)).toEqual([{ userName: 'alice', remoteAddress: '10.77.0.101', session }]);
  });

  it.each(['', 'error connecting', '{}', '[1]', '[{"Username": "a"}]', '[{"ID": "1; rm"}]', '[{"ID": -1}]'])(
    'is not believed when it prints %j',
    (text) => {
      expect(() => parseUsers(text)).toThrow(UnreadableOcctlError);
    },
  );
});
