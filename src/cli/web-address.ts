// The address of a web site as a browser takes it.
import type { Endpoint } from '../config/endpoint.ts';
import { isLoopback, type WebConfig } from '../config/web.ts';
import { endpointText } from './serve.ts';

/** By `localhost` on the loopback: browsers give passkeys and secure cookies to names only. */
export function webAddress({ hostName, tls, trustedProxies }: WebConfig, endpoint: Endpoint): string {
  const scheme = tls !== null || trustedProxies.length > 0 ? 'https' : 'http';
  if (hostName !== null) return `${scheme}://${hostName}`;
  return `${scheme}://${isLoopback(endpoint.host) ? `localhost:${endpoint.port}` : endpointText(endpoint)}`;
}
