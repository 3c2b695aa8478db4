// Requests that no library would send, from a raw socket to the listeners of both sites: whatever can be read in two ways is refused.
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { monday } from '../services/acts.ts';
import { createTestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type ConsoleSite, createConsoleSite } from './console-site.ts';
import { createPortalSite, type PortalSite } from './portal-site.ts';

/** The statuses of all answers that come until the server closes. */
async function statusesOf(port: number, lines: readonly string[]): Promise<number[]> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let said = '';
  socket.on('data', (chunk) => {
    said += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  await once(socket, 'close');
  return [...said.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
}

describeOnEachStore('a request from a raw socket', (open) => {
  const clock = createTestClock(monday);
  let sites: { readonly name: string; readonly port: number; readonly path: string }[];
  let console_: ConsoleSite;
  let portal: PortalSite;
  beforeAll(async () => {
    console_ = await createConsoleSite(open, clock);
    portal = await createPortalSite(open, clock);
    const listen = async (server: ConsoleSite['server'] | PortalSite['server']) => {
      await server.listen({ host: '127.0.0.1', port: 0 });
      return (server.server.address() as AddressInfo).port;
    };
    sites = [
      { name: 'console', port: await listen(console_.server), path: '/api/v1/sign-in' },
      { name: 'portal', port: await listen(portal.server), path: '/portal/v1/state' },
    ];
  });
  afterAll(async () => {
    await console_.close();
    await portal.close();
  });

  const end = 'Connection: close';
  const host = 'Host: localhost';
  const get = (path: string, ...more: readonly string[]) => [`GET ${path} HTTP/1.1`, ...more, end];
  const post = (path: string, ...more: readonly string[]) => [`POST ${path} HTTP/1.1`, host, ...more, end];
  const cases: readonly (readonly [string, number, (path: string) => readonly string[]])[] = [
    ['one Host', 200, (path) => get(path, host)],
    ['no Host', 400, (path) => get(path)],
    ['two alike', 400, (path) => get(path, host, 'host: localhost')],
    ['another second Host', 400, (path) => get(path, host, 'HOST: evil.example')],
    ["another site's Host", 421, (path) => get(path, 'Host: evil.example')],
    ['an absolute target', 200, (path) => get(`http://localhost${path}`, host)],
    ['an absolute target of another site', 400, (path) => get(`http://evil.example${path}`, host)],
    ['a user in an absolute target', 400, (path) => get(`http://x@localhost${path}`, host)],
    ['a folded line', 400, (path) => get(path, host, 'X-A: b', ' c')],
    ['a space before a colon', 400, (path) => get(path, host, 'X-A : b')],
    ['two lengths', 400, (path) => post(path, 'Content-Length: 0', 'Content-Length: 5')],
    ['a length and chunks', 400, (path) => post(path, 'Content-Length: 5', 'Transfer-Encoding: chunked')],
  ];

  it.each(cases)('with %s is answered %i, once', async (_, status, lines) => {
    for (const { name, port, path } of sites)
      expect([name, await statusesOf(port, lines(path))]).toEqual([name, [status]]);
  });
});
