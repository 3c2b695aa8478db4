// `host:port` and `[IPv6]:port` as text.
import { isIPv4, isIPv6 } from 'node:net';
import { Type } from 'typebox';
import { OperatorError } from '../base/errors.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** A text as faults repeat it: where an address should stand somebody may have pasted a URL with a name and a password. */
export function withoutUser(text: string): string {
  return text.replace(/^.*@/su, '…@');
}

/** Schema of an endpoint's text; `parseEndpoint` checks the rest. */
export function endpointSchema(description: string, more: { default?: string } = {}) {
  return Type.String({
    pattern: '^(\\[[0-9A-Fa-f:.]+(%[^\\]]+)?\\]|[^:\\[\\]]+):[0-9]{1,5}$',
    description,
    ...more,
  });
}

/**
 * Reads `host:port`. With `addressOnly` the host must be an IP address (or `localhost`): listeners bind to nothing else.
 * @throws OperatorError naming `at`
 */
export function parseEndpoint(text: string, at: string, options: { addressOnly?: boolean } = {}): Endpoint {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3] ?? Number.NaN);
  const bracketed = match?.[1] !== undefined;
  const address = host.replace(/%.*$/, '');
  const fault =
    match === null || !(port >= 0 && port <= 65_535)
      ? 'is no host:port'
      : bracketed && !isIPv6(address)
        ? 'has no IPv6 address in its brackets'
        : options.addressOnly === true && !bracketed && !isIPv4(host) && host !== 'localhost'
          ? 'names no IP address'
          : null;
  if (fault !== null) {
    throw new OperatorError(`${at}: "${withoutUser(text)}" ${fault}.`, {
      at,
      remedy: 'Write an address and a port from 0 to 65535, such as 127.0.0.1:1812 or [::1]:1812.',
    });
  }
  return { host, port };
}
