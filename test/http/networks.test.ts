// Guesses over the wire from many addresses of one IPv6 network (/64) are those of one asker, on every way in that takes a secret.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { monday } from '../services/acts.ts';
import { createTestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type ConsoleSite, createConsoleSite, plainConfig } from './console-site.ts';
import { createPortalSite, type PortalSite } from './portal-site.ts';

const host = 'vpn.example.org';
const proxy = '192.0.2.10';
const config = { ...plainConfig, hostName: host, trustedProxies: [proxy], activationFrom: [] };

const password = 'sai mat khau roi';
const ways = [
  ['console', '/api/v1/session', { name: 'nobody', password, code: '000000' }],
  ['console', '/api/v1/enrolment/link', { link: 'A'.repeat(43) }],
  ['portal', '/portal/v1/session', { userName: 'nobody', password, code: '000000' }],
  ['portal', '/portal/v1/activation', { code: 'AAAABBBBCCCC' }],
  ['portal', '/portal/v1/recovery', { userName: 'nobody', password, by: 'recovery', code: 'AAAABBBBCCCC' }],
  ['portal', '/portal/v1/lock', { userName: 'nobody', kind: 'recovery', secret: 'AAAABBBBCCCC' }],
] as const;

describeOnEachStore('one IPv6 network', (open) => {
  const clock = createTestClock(monday);
  let console_: ConsoleSite;
  let portal: PortalSite;
  beforeAll(async () => {
    console_ = await createConsoleSite(open, clock, { config });
    portal = await createPortalSite(open, clock, { config });
  });
  afterAll(async () => {
    await console_.close();
    await portal.close();
  });

  it.each(ways)(
    'has twenty tries a minute at the %s’s %s, another has its own',
    async (site, url, payload) => {
      const ask = async (address: string) => {
        const { server } = site === 'console' ? console_ : portal;
        const headers = {
          host,
          origin: `https://${host}`,
          'sec-fetch-site': 'same-origin',
          'x-csrf-token': 'x',
          'x-forwarded-proto': 'https',
          'x-forwarded-for': address,
        };
        const answer = await server.inject({ method: 'POST', url, remoteAddress: proxy, headers, payload });
        return answer.statusCode;
      };
      const statuses: number[] = [];
      for (let tries = 1; tries <= 21; tries += 1)
        statuses.push(await ask(`2001:db8:1:2::${tries.toString(16)}`));
      expect([...new Set(statuses.slice(0, 20))]).toEqual([expect.toBeOneOf([401, 403])]);
      expect(statuses[20]).toBe(429);
      expect(await ask('2001:db8:1:3::1')).toBe(statuses[0]);
    },
  );
});
