// Ending sessions where no Disconnect-Request is taken: the gateway's own list of tunnels says which there are, and that they are gone.
import { isIP } from 'node:net';
import { canonicalUserName } from '../../core/user-name.ts';
import type { DisconnectAnswer } from './disconnector.ts';

export const controlMethods = ['openvpn-management', 'occtl', 'vici'] as const;
export type ControlMethod = (typeof controlMethods)[number];

export interface ControlTarget {
  /** Its name, for what is said of it. */
  readonly gateway: string;
  readonly method: ControlMethod;
  /** `host:port`, `[IPv6]:port` or `unix:/path`. */
  readonly address: string;
  /** Of OpenVPN's management interface; null: it asks for none. A function, so that no log can print it. */
  readonly password: (() => Buffer) | null;
}

/** A tunnel, or a ticket that would bring one back, as the gateway lists it. */
export interface ListedTunnel {
  readonly id: string;
  /** As the gateway knows it. */
  readonly userName: string;
  readonly remoteAddress: string | null;
  /** Inside the tunnel. */
  readonly addresses: readonly string[];
  readonly acctSessionId: string | null;
  /** False: there is no tunnel now, but its client may come back without logging in. Nothing can be ended yet. */
  readonly isUp: boolean;
}

/** A connection to a gateway; every call rejects when the gateway does not do or answer as it should. */
export interface GatewayControl {
  list(): Promise<readonly ListedTunnel[]>;
  /** Ends tunnels, and whatever ticket would bring them back. That they are gone is for `list` to say. */
  end(tunnels: readonly ListedTunnel[]): Promise<void>;
  close(): void;
}

export type OpenControl = (target: ControlTarget) => Promise<GatewayControl>;

/** The session that is to end, by everything that is known of it. */
interface SessionToEnd {
  /** Canonical. */
  readonly userName: string;
  /** What the gateway itself calls it: an outer identity, say, which nobody has vouched for and others may use too; null: not known. */
  readonly calledAs: string | null;
  readonly station: string;
  readonly framedIpAddress: string | null;
  readonly acctSessionId: string | null;
  /** The account has no other session there that may go on: every tunnel of its name is meant. */
  readonly isOnly: boolean;
}

function isOther(a: string, b: string): boolean {
  return isIP(a) !== 0 && isIP(b) !== 0 && a !== b;
}

/**
 * Which of the listed tunnels are the session. In doubt it is: what can't be told from it ends with it, unless the account has
 * another session that may go on, and then what the gateway says of addresses and ids must not speak against it. Nor may it where
 * only the gateway's name for it fits, since somebody else's tunnel can have the same.
 */
function tunnelsOf<T extends ListedTunnel>(
  session: SessionToEnd,
  listed: readonly T[],
  realms: readonly string[],
): T[] {
  return listed.filter((tunnel) => {
    const name = canonicalUserName(tunnel.userName, { realms });
    const isOwn = name.ok && name.userName === session.userName;
    if (isOwn && session.isOnly) return true;
    return (isOwn || tunnel.userName === session.calledAs) && fits(session, tunnel);
  });
}

function fits(session: SessionToEnd, { acctSessionId, addresses, remoteAddress }: ListedTunnel): boolean {
  if (session.acctSessionId !== null && acctSessionId !== null)
    return session.acctSessionId === acctSessionId;
  const inside = session.framedIpAddress;
  if (inside !== null && addresses.length > 0) return addresses.includes(inside);
  return remoteAddress === null || !isOther(remoteAddress, session.station);
}

export type TunnelAnswer =
  | Extract<DisconnectAnswer, { kind: 'ack' | 'unsent' }>
  /** The gateway's own list does not hold it (any more). */
  | { readonly kind: 'gone'; readonly wasThere: boolean }
  /** There is nothing to end yet, or not all of it: to be looked at again at once. */
  | { readonly kind: 'waiting'; readonly error: string };

interface Waiting {
  readonly session: SessionToEnd;
  readonly realms: readonly string[];
  readonly resolve: (answer: TunnelAnswer) => void;
}

export interface TunnelEnder {
  /** Ends a session by the gateway's own means and looks again whether it is gone. Never rejects. */
  end(target: ControlTarget, session: SessionToEnd, realms: readonly string[]): Promise<TunnelAnswer>;
}

/** One conversation with a gateway at a time; sessions that come meanwhile go into the next one together. */
export function createTunnelEnder(open: OpenControl): TunnelEnder {
  const queues = new Map<string, Waiting[]>();

  async function run(key: string, target: ControlTarget): Promise<void> {
    for (;;) {
      const waiting = queues.get(key) ?? [];
      if (waiting.length === 0) break;
      queues.set(key, []);
      await converse(target, waiting);
    }
    queues.delete(key);
  }

  async function converse(target: ControlTarget, waiting: readonly Waiting[]): Promise<void> {
    let control: GatewayControl | null = null;
    try {
      control = await open(target);
      const before = await control.list();
      const there = waiting.map(({ session, realms }) => tunnelsOf(session, before, realms));
      const up = [...new Set(there.flat())].filter(({ isUp }) => isUp);
      if (up.length > 0) await control.end(up);
      const after = there.some((tunnels) => tunnels.length > 0) ? await control.list() : before;
      const left = new Map(after.map((tunnel) => [tunnel.id, tunnel]));
      for (const [index, { resolve }] of waiting.entries()) {
        resolve(answerFor(there[index] ?? [], left));
      }
    } catch (error) {
      const answer = { kind: 'unsent', error: error instanceof Error ? error.message : 'it failed' } as const;
      for (const { resolve } of waiting) resolve(answer);
    } finally {
      control?.close();
    }
  }

  return {
    end(target, session, realms) {
      const key = `${target.method} ${target.address}`;
      return new Promise((resolve) => {
        const waiting = queues.get(key);
        if (waiting !== undefined) {
          waiting.push({ session, realms, resolve });
          return;
        }
        queues.set(key, [{ session, realms, resolve }]);
        // Whatever is ordered in this turn of the event loop goes along.
        setImmediate(() => void run(key, target));
      });
    },
  };
}

function answerFor(before: readonly ListedTunnel[], left: ReadonlyMap<string, ListedTunnel>): TunnelAnswer {
  const still = before.filter(({ id }) => left.has(id));
  if (still.length === 0) return { kind: 'gone', wasThere: before.length > 0 };
  // What was up and is a ticket now was not voided with its tunnel.
  if (still.some(({ id }) => left.get(id)?.isUp === true)) return { kind: 'ack' };
  return { kind: 'waiting', error: 'the client may come back without logging in until its ticket runs out' };
}
