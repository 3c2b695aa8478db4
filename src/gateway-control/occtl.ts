// ocserv on this host through `occtl`: connected users by their ids, and sessions whose cookie is still good.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { ControlTarget, GatewayControl, ListedTunnel } from '../services/sessions/control.ts';
import { parseSessions, parseUsers } from '../wire/occtl/users.ts';
import { type CommandLimits, type ControlLimits, overSize, overTime } from './limits.ts';

/** Nothing of the broker's own surroundings. */
const environment = { LC_ALL: 'C.UTF-8', PATH: '/usr/local/bin:/usr/bin:/bin' };

const run = promisify(execFile);

/** Characters of its own words that are passed on. */
const mostSaid = 200;

interface Occtl {
  /** The program, by name or path. */
  readonly program: string;
  readonly socket: string;
}

/**
 * Started without a shell; no argument but the socket's path and numbers. Killed, not asked to end, when it is silent for too long,
 * says too much, or the command that it belongs to takes too long.
 */
async function occtl(
  { program, socket }: Occtl,
  limits: CommandLimits,
  { silenceMs, signal }: { readonly silenceMs: number; readonly signal: AbortSignal },
  ...command: string[]
): Promise<string> {
  try {
    const { stdout } = await run(program, ['-s', socket, '-j', ...command], {
      timeout: silenceMs,
      killSignal: 'SIGKILL',
      signal,
      maxBuffer: limits.octets,
      env: environment,
    });
    return stdout;
  } catch (error) {
    const { code, killed, stderr } = error as { code?: unknown; killed?: boolean; stderr?: string };
    if (signal.aborted) throw overTime(limits);
    if (code === 'ENOENT') throw new Error('occtl is not installed on this host');
    if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') throw overSize(limits);
    if (killed === true) throw new Error('ocserv does not answer occtl');
    const said = (stderr ?? '')
      .replace(/[\p{C}\p{Z}]+/gu, ' ')
      .trim()
      .slice(0, mostSaid);
    throw new Error(`occtl ${command.join(' ')} failed${said === '' ? '' : `: ${said}`}`);
  }
}

/** `disconnect id` voids the cookie with the tunnel; a cookie without a tunnel can only be waited for. */
export async function openOcctl(
  { address }: ControlTarget,
  { silenceMs, listing, ending }: ControlLimits,
  program = 'occtl',
): Promise<GatewayControl> {
  const socket = /^unix:(\/.+)$/.exec(address)?.[1];
  if (socket === undefined) throw new Error('occtl works by a Unix socket: unix:/path');
  const closing = new AbortController();
  const within = (of: CommandLimits) => {
    const signal = AbortSignal.any([AbortSignal.timeout(of.totalMs), closing.signal]);
    const command = (...words: string[]) => occtl({ program, socket }, of, { silenceMs, signal }, ...words);
    return { signal, command };
  };
  return {
    async list() {
      const { command } = within(listing);
      const users = parseUsers(await command('show', 'users'));
      const sessions = parseSessions(await command('show', 'sessions', 'valid'));
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
      const { signal, command } = within(ending);
      for (const { id } of tunnels) {
        // One that has gone by itself meanwhile is an error to occtl: the list tells.
        await command('disconnect', 'id', id).catch(() => undefined);
        if (signal.aborted) throw overTime(ending);
      }
    },
    close: () => closing.abort(),
  };
}
