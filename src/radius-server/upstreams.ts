// The upstreams of the configuration, put together for one node.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../base/clock.ts';
import { OperatorError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { parseEndpoint } from '../config/endpoint.ts';
import type { UpstreamConfig } from '../config/upstreams.ts';
import { createFirstFactors, type FirstFactors } from '../services/first-factor/first-factors.ts';
import {
  createGuardedUpstream,
  type GuardedUpstream,
  type Server,
} from '../services/first-factor/guarded.ts';
import { createLdapServer } from '../services/first-factor/ldap.ts';
import { createSecret } from '../wire/radius/secret.ts';
import { createRadiusUpstream } from './radius-upstream.ts';

interface UpstreamDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** @throws OperatorError that names the setting and never the content */
function read(file: string, at: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new OperatorError(`${at}: ${file} cannot be read (${code}).`, {
      at,
      remedy: 'Check the path, and give the service the right to read it.',
      cause,
    });
  }
}

/** Reads secrets and authorities. @throws OperatorError */
export function openUpstreams(
  configs: readonly UpstreamConfig[],
  deps: UpstreamDeps,
): FirstFactors & { close(): Promise<void> } {
  const closers: (() => Promise<void>)[] = [];
  const upstreams = new Map<string, GuardedUpstream>();
  for (const config of configs) {
    const { name, concurrency } = config;
    const servers = config.type === 'ldap' ? ldapServers(config, deps) : radiusServers(config, deps, closers);
    upstreams.set(
      name,
      createGuardedUpstream({
        ...{ name, servers, concurrency, takesMsChap: config.type === 'radius' && config.msChapV2 },
        ...deps,
        sleep: (ms) => sleep(ms),
      }),
    );
  }
  return {
    ...createFirstFactors(upstreams),
    async close() {
      await Promise.all(closers.map((close) => close()));
    },
  };
}

function ldapServers(config: UpstreamConfig & { type: 'ldap' }, { clock }: UpstreamDeps): Server[] {
  const { name, servers, caFile, bindName, timeoutMs } = config;
  const ca = caFile === undefined ? null : read(caFile, `upstreams (${name}): caFile`);
  return servers.map((url) => createLdapServer({ url, ca, bindName, timeoutMs }, clock));
}

function radiusServers(
  config: UpstreamConfig & { type: 'radius' },
  deps: UpstreamDeps,
  closers: (() => Promise<void>)[],
): Server[] {
  const { name, servers, secretFile, nasIdentifier, relayChallenges, timeoutMs } = config;
  const at = `upstreams (${name}): secretFile`;
  const text = (read(secretFile, at).split(/\r?\n/)[0] ?? '').trim();
  if (text.length < 16) {
    throw new OperatorError(`${at}: the first line of ${secretFile} has fewer than 16 characters.`, {
      at,
      remedy: 'Agree on a longer secret with that server, drawn at random.',
    });
  }
  const secret = createSecret(Buffer.from(text, 'utf8'));
  return servers.map((server) => {
    const { host, port } = parseEndpoint(server, at, { addressOnly: true });
    const address = host === 'localhost' ? '127.0.0.1' : host;
    const upstream = createRadiusUpstream({
      upstream: name,
      host: address,
      port,
      secret,
      nasIdentifier,
      relayChallenges,
      timeoutMs,
      ...deps,
    });
    closers.push(() => upstream.close());
    return upstream;
  });
}
