// SCIM on the console's site: the tokens of sources, and sessions cut before the answer leaves.
import { expect, it } from 'vitest';
import { systemRandom } from '../../src/base/random.ts';
import { addSource } from '../../src/services/lifecycle/sources.ts';
import { createToken } from '../../src/services/web/api-tokens.ts';
import { createTestClock } from '../services/clock.ts';
import { noon } from '../services/lifecycle/staff.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { createConsoleSite } from './console-site.ts';
import { urn } from './scim-client.ts';

describeOnEachStore('SCIM on the console', (open) => {
  it('a token is good for its own source, and whoever carries cuts out is called once they are committed', async () => {
    const ordered: number[] = [];
    const clock = createTestClock(noon);
    const site = await createConsoleSite(open, clock, { onCutsOrdered: () => ordered.push(clock.now()) });
    const { world, server } = site;
    const { store } = world;
    const by = { name: 'lan', via: 'command line' } as const;
    const deps = { store, keyring: world.keyring, clock, random: systemRandom, by };
    for (const name of ['entra', 'other']) await addSource(deps, { name, kind: 'scim' });
    const tokenFor = async (purpose: object, scopes: ['scim'] | ['decisions']) => {
      const made = await createToken(deps, { name: 'idp', scopes, days: 30, ...purpose });
      return `Bearer ${made.token}`;
    };
    const own = await tokenFor({ sourceName: 'entra' }, ['scim']);
    const another = await tokenFor({ sourceName: 'other' }, ['scim']);
    const decisions = await tokenFor({ gatewayId: world.gateways.appended }, ['decisions']);
    const ask = (method: 'GET' | 'POST' | 'PATCH', url: string, authorization?: string, body?: object) =>
      server.inject({
        method,
        url: `/scim/v2/entra${url}`,
        headers: {
          host: 'localhost:8081',
          ...(authorization === undefined ? {} : { authorization }),
          ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }),
        },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      });
    for (const [authorization, status] of [
      [undefined, 401],
      ['Bearer gwt_nonsense', 401],
      ['Basic eDp5', 401],
      [another, 403],
      [decisions, 403],
      [own, 200],
    ] as const) {
      const answer = await ask('GET', '/Users', authorization);
      expect([authorization, answer.statusCode]).toEqual([authorization, status]);
      expect(answer.headers['content-type']).toMatch(/^application\/scim\+json/);
      if (status !== 200)
        expect(answer.json()).toMatchObject({ schemas: [urn.error], status: String(status) });
      if (status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
    }

    const unreadable = await ask('GET', '/Users/%zz', own);
    expect(unreadable.statusCode).toBe(400);
    expect(unreadable.headers['content-type']).toMatch(/^application\/scim\+json/);
    expect(unreadable.json()).toMatchObject({ schemas: [urn.error], status: '400' });

    const account = await world.addAccount();
    const sessionId = await store.write(async (db) => {
      const [row] = await db
        .insert(db.tables.sessions)
        .values({
          accountId: account.accountId,
          gatewayId: world.gateways.appended,
          station: '203.0.113.9',
          state: 'live',
          startedAt: noon,
          until: noon + 3_600_000,
        })
        .returning({ id: db.tables.sessions.id });
      return row?.id;
    });
    const [person] = await store.read((db) => db.select().from(db.tables.people));
    const made = await ask('POST', '/Users', own, {
      schemas: [urn.user],
      userName: 'duc',
      [urn.enterprise]: { employeeNumber: person?.staffCode },
    });
    expect(made.statusCode).toBe(201);
    expect(ordered).toEqual([]);
    const left = await ask('PATCH', `/Users/${made.json().id}`, own, {
      schemas: [urn.patch],
      Operations: [{ op: 'Replace', path: 'active', value: 'False' }],
    });
    expect(left.statusCode).toBe(200);
    expect(ordered).toEqual([noon]);
    const cuts = await store.read((db) => db.select().from(db.tables.cuts));
    expect(cuts).toMatchObject([{ sessionId, reason: 'employment-ended', state: 'ordered' }]);
  });
});
