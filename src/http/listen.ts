// Opening a listener, and saying what is wrong with its address when it can't be.
import type { FastifyInstance } from 'fastify';
import { OperatorError } from '../base/errors.ts';
import type { Endpoint } from '../config/endpoint.ts';

/**
 * Listens at the address of a section's `listen`; the server is closed when that fails.
 * @returns the address and port in use
 * @throws OperatorError naming the setting
 */
export async function listenAt(
  server: Pick<FastifyInstance, 'listen' | 'close' | 'server'>,
  section: 'http' | 'gatewayHttp' | 'console' | 'portal',
  { host, port }: Endpoint,
): Promise<Endpoint> {
  try {
    await server.listen({ host, port });
  } catch (cause) {
    await server.close();
    const { code } = cause as NodeJS.ErrnoException;
    throw new OperatorError(`${section}.listen: ${host}:${port} cannot be opened (${code}).`, {
      at: `${section}.listen`,
      remedy:
        code === 'EADDRINUSE'
          ? 'Stop the program that uses it (see "ss -lntp"), or set another address or port.'
          : 'Name an address of this host and a port that this account may use.',
      cause,
    });
  }
  const address = server.server.address();
  return typeof address === 'object' && address !== null
    ? { host: address.address, port: address.port }
    : { host, port };
}
