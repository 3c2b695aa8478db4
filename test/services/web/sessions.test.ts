// Web sessions: found by their token within their limits, ended one by one or together, and taken away in the end.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemRandom } from '../../../src/base/random.ts';
import {
  createWebSessions,
  deleteOldSessions,
  portalLimits,
  type WebSessions,
} from '../../../src/services/web/sessions.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { monday } from '../acts.ts';
import { createTestClock, type TestClock } from '../clock.ts';
import { createWorld, day, type World } from '../world.ts';

const origin = { method: 'password+code', address: '192.0.2.7', userAgent: 'test', former: null } as const;

describeOnEachStore('a web session', (open) => {
  let world: World;
  let clock: TestClock;
  let sessions: WebSessions;
  let accountId: number;

  beforeAll(async () => {
    clock = createTestClock(monday);
    world = await createWorld(await open({ clock }), clock);
    ({ accountId } = await world.addAccount());
    const { store } = world;
    sessions = createWebSessions({
      store,
      clock,
      random: systemRandom,
      site: 'portal',
      limits: portalLimits,
    });
  });
  afterAll(() => world.close());

  const begin = () => world.store.write((db) => sessions.begin(db, { accountId }, origin));

  it('is found by its token until nothing was asked for too long, or it has lasted long enough', async () => {
    const { token, id } = await begin();
    expect(await sessions.find(token)).toMatchObject({ id, accountId });
    expect(await sessions.find(`${token}x`)).toBeNull();
    clock.advance(portalLimits.idleMs);
    expect(await sessions.find(token)).toBeNull();

    const busy = await begin();
    for (let spent = 0; spent < portalLimits.absoluteMs - 600_000; spent += 600_000) {
      clock.advance(600_000);
      expect(await sessions.find(busy.token)).not.toBeNull();
    }
    clock.advance(600_000);
    expect(await sessions.find(busy.token)).toBeNull();
  });

  it('ends by itself or with all others of its holder, and never comes back', async () => {
    const [one, two] = [await begin(), await begin()];
    expect(await sessions.end({ accountId: accountId + 1 }, one.id)).toBe(false);
    expect(await sessions.end({ accountId }, one.id)).toBe(true);
    expect(await sessions.find(one.token)).toBeNull();
    expect(await sessions.find(two.token)).not.toBeNull();
    await world.store.write((db) => sessions.endAll(db, { accountId }));
    expect(await sessions.find(two.token)).toBeNull();
  });

  it('takes the place of the one that the browser had, and of no other', async () => {
    const [former, other] = [await begin(), await begin()];
    const next = await world.store.write((db) =>
      sessions.begin(db, { accountId }, { ...origin, former: former.token }),
    );
    expect(await sessions.find(former.token)).toBeNull();
    expect(await sessions.find(other.token)).not.toBeNull();
    expect(await sessions.find(next.token)).not.toBeNull();
  });

  it('is taken out of the store a month after it was over, and no earlier', async () => {
    const count = () =>
      world.store.read(async (db) => (await db.select().from(db.tables.webSessions)).length);
    await begin();
    const before = await count();
    clock.advance(portalLimits.absoluteMs + 29 * day);
    await deleteOldSessions({ store: world.store, clock });
    expect(await count()).toBe(before);
    clock.advance(2 * day);
    await deleteOldSessions({ store: world.store, clock });
    expect(await count()).toBe(0);
  });
});
