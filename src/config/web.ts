// Sections `console` and `portal`: the two web listeners, their host names, certificates and the proxies in front of them.
import { BlockList, isIP } from 'node:net';
import { type Static, Type } from 'typebox';
import type { Endpoint } from './endpoint.ts';
import { endpointSchema } from './endpoint.ts';
import type { Fault, Path } from './faults.ts';

function webSchema(site: 'console' | 'portal', listen: string) {
  return Type.Object(
    {
      listen: endpointSchema(`host:port of the ${site}; off the loopback it needs tls or trustedProxies`, {
        default: listen,
      }),
      hostName: Type.Optional(
        Type.String({
          pattern: '^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[0-9]{1,5})?$',
          description: `what browsers have in their address bar for the ${site}, with the port unless it is the usual one`,
        }),
      ),
      tls: Type.Object(
        {
          certificateFile: Type.Optional(
            Type.String({ minLength: 1, description: 'PEM file: the certificate, then its chain' }),
          ),
          keyFile: Type.Optional(Type.String({ minLength: 1, description: 'PEM file: the private key' })),
        },
        { additionalProperties: false, default: {} },
      ),
      trustedProxies: Type.Array(Type.String({ minLength: 2 }), {
        default: [],
        description: 'addresses or prefixes of the reverse proxies whose X-Forwarded-* headers are believed',
      }),
    },
    { additionalProperties: false, default: {} },
  );
}

export const consoleSchema = webSchema('console', '127.0.0.1:8081');
export const portalSchema = Type.Object(
  {
    ...webSchema('portal', '127.0.0.1:8082').properties,
    activationFrom: Type.Array(Type.String({ minLength: 2 }), {
      default: [],
      description:
        'addresses or prefixes from which accounts may be activated, such as 10.0.0.0/8; empty: from anywhere',
    }),
  },
  { additionalProperties: false, default: {} },
);

/** One web listener, resolved. */
export interface WebConfig {
  readonly listen: Endpoint;
  /** Host (and port, unless usual) as browsers spell it; null: the loopback only, by any of its names. */
  readonly hostName: string | null;
  /** Files in PEM; null: plain HTTP, on the loopback or behind a trusted proxy. */
  readonly tls: { readonly certificateFile: string; readonly keyFile: string } | null;
  readonly trustedProxies: readonly string[];
  /** Portal: from where accounts may be activated; absent or empty: from anywhere. */
  readonly activationFrom?: readonly string[];
}

/** The site's address as people type it, without a slash at its end. */
export function siteUrlOf({ hostName, listen }: WebConfig): string {
  return hostName === null ? `http://localhost:${listen.port}` : `https://${hostName}`;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function isPrefix(text: string): boolean {
  const [address = '', length, more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more !== undefined) return false;
  return length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= (family === 4 ? 32 : 128));
}

/** Whether an address lies in one of the prefixes. */
export function createAddressCheck(prefixes: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const prefix of prefixes) {
    const [address = '', length] = prefix.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (length === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(length), family);
  }
  return (address) => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
    const family = isIP(plain);
    return family !== 0 && list.check(plain, family === 6 ? 'ipv6' : 'ipv4');
  };
}

interface Reader {
  endpoint(text: string, path: Path): Endpoint;
  absolute(path: Path, value: string): string;
  refuse(fault: Fault): never;
}

/**
 * One of the sections, checked: plain HTTP goes no further than the loopback or a named proxy.
 * Throws by `refuse` what would put the site at risk.
 */
export function webOf(
  section: 'console' | 'portal',
  settings: Static<typeof consoleSchema> & { readonly activationFrom?: readonly string[] },
  { endpoint, absolute, refuse }: Reader,
): WebConfig {
  const listen = endpoint(settings.listen, [section, 'listen']);
  const { hostName = null, trustedProxies, activationFrom = [] } = settings;
  const { certificateFile, keyFile } = settings.tls;
  for (const [name, prefixes] of Object.entries({ trustedProxies, activationFrom })) {
    for (const [i, prefix] of prefixes.entries()) {
      if (isPrefix(prefix)) continue;
      refuse({
        path: [section, name, i],
        message: `${section}.${name}: "${prefix}" is neither an address nor a prefix.`,
        remedy: 'Write addresses as 192.0.2.10 or prefixes as 192.0.2.0/28.',
      });
    }
  }
  if ((certificateFile === undefined) !== (keyFile === undefined)) {
    const [given, missing] =
      keyFile === undefined ? ['certificateFile', 'keyFile'] : ['keyFile', 'certificateFile'];
    refuse({
      path: [section, 'tls', given as string],
      message: `${section}.tls.${given} is set, but ${section}.tls.${missing} is not.`,
      remedy: 'Name both files, or neither.',
    });
  }
  const tls =
    certificateFile === undefined || keyFile === undefined
      ? null
      : {
          certificateFile: absolute([section, 'tls', 'certificateFile'], certificateFile),
          keyFile: absolute([section, 'tls', 'keyFile'], keyFile),
        };
  if (!isLoopback(listen.host) && tls === null && trustedProxies.length === 0) {
    refuse({
      path: [section, 'listen'],
      message: `${section}.listen is ${settings.listen}: passwords and sessions would cross the network in plain HTTP.`,
      remedy: `Set ${section}.tls.certificateFile and ${section}.tls.keyFile, or name the proxy with TLS in front of it in ${section}.trustedProxies, or listen on 127.0.0.1.`,
    });
  }
  if (hostName === null && (!isLoopback(listen.host) || trustedProxies.length > 0)) {
    refuse({
      path: [section, 'hostName'],
      message: `${section}.hostName is missing: without it requests meant for another site can't be told apart.`,
      remedy: `Set ${section}.hostName to what browsers have in the address bar, such as ${section}.example.org.`,
    });
  }
  const found = { listen, hostName: hostName?.toLowerCase() ?? null, tls, trustedProxies };
  return section === 'portal' ? { ...found, activationFrom } : found;
}
