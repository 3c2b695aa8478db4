// ocserv on this host through `occtl`: connected users by their ids, and sessions whose cookie is still good.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ControlTarget, GatewayControl, ListedTunnel } from '../services/sessions/control.ts';
import { parseSessions, parseUsers } from '../wire/occtl/users.ts';

const timeoutMs = 5_000;
const longestOutput = 64 << 20;
/** Nothing of the broker's own surroundings. */
const environment = { LC_ALL: 'C.UTF-8', PATH: '/usr/local/bin:/usr/bin:/bin' };

/** Started without a shell; no argument but the socket's path and numbers. */
async function occtl(socket: string, ...command: string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('occtl', ['-s', socket, '-j', ...command], {
      timeout: timeoutMs,
      maxBuffer: longestOutput,
      env: environment,
    });
    return stdout;
  } catch (error) {
    const { code, killed } = error as { code?: unknown; killed?: boolean };
    if (code === 'ENOENT') throw new Error('occtl is not installed on this host');
    throw new Error(killed === true ? 'ocserv does not answer occtl' : `occtl ${command.join(' ')} failed`);
  }
}

/** `disconnect id` voids the cookie with the tunnel; a cookie without a tunnel can only be waited for. */
export async function openOcctl({ address }: ControlTarget): Promise<GatewayControl> {
  const socket = /^unix:(\/.+)$/.exec(address)?.[1];
  if (socket === undefined) throw new Error('occtl works by a Unix socket: unix:/path');
  return {
    async list() {
      const users = parseUsers(await occtl(socket, 'show', 'users'));
      const sessions = parseSessions(await occtl(socket, 'show', 'sessions', 'valid'));
      const up = new Set(users.map(({ session }) => session));
      const tunnels = users.map(
        ({ id, userName, remoteAddress, addresses, session }): ListedTunnel => ({
          id,
          userName,
          remoteAddress,
          addresses,
          acctSessionId: session,
          isUp: true,
        }),
      );
      const tickets = sessions
        .filter(({ session }) => session !== null && !up.has(session))
        .map(
          ({ userName, remoteAddress, session }): ListedTunnel => ({
            id: `cookie ${session}`,
            userName,
            remoteAddress,
            addresses: [],
            acctSessionId: session,
            isUp: false,
          }),
        );
      return [...tunnels, ...tickets];
    },
    async end(tunnels) {
      // One that has gone by itself meanwhile is an error to occtl: the list tells.
      for (const { id } of tunnels) await occtl(socket, 'disconnect', 'id', id).catch(() => undefined);
    },
    close: () => undefined,
  };
}
