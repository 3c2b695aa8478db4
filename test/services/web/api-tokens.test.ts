import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createToken, findToken, listTokens, revokeToken } from '../../../src/services/web/api-tokens.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { createActs, monday } from '../acts.ts';
import { createTestClock, type TestClock } from '../clock.ts';
import { createWorld, day, type World } from '../world.ts';

describeOnEachStore('a token of the API', (open) => {
  let world: World;
  let clock: TestClock;
  const deps = () => createActs(world, clock).deps;

  beforeAll(async () => {
    clock = createTestClock(monday);
    world = await createWorld(await open({ clock }), clock);
  });
  afterAll(() => world.close());

  it('is found by its text alone, until it runs out or is revoked', async () => {
    const order = { name: 'SIEM', scopes: ['account.read', 'session.read'], days: 30 } as const;
    const made = await createToken(deps(), { ...order, unitId: world.units.local });
    expect(made.token).toMatch(/^gwt_[\w-]{43}$/);
    expect(await findToken(deps(), made.token)).toMatchObject({
      id: made.id,
      scopes: ['account.read', 'session.read'],
      unitPath: `/${world.units.centre}/${world.units.local}/`,
    });
    expect(await findToken(deps(), `${made.token}x`)).toBeNull();
    expect(await findToken(deps(), made.token.slice(4))).toBeNull();
    clock.advance(30 * day);
    expect(await findToken(deps(), made.token)).toBeNull();

    const other = await createToken(deps(), order);
    expect(await revokeToken(deps(), other.id)).toBe(true);
    expect(await revokeToken(deps(), other.id)).toBe(false);
    expect(await findToken(deps(), other.token)).toBeNull();
    const kept = JSON.stringify(await listTokens(world.store));
    expect(kept).toContain('SIEM');
    expect(kept).not.toContain(made.token);
  });

  it('no longer does what a token may not do, though it was made when it might', async () => {
    const made = await createToken(deps(), { name: 'old', scopes: ['account.read'], days: 1 });
    await world.store.write(async (db) => {
      const { apiTokens: t } = db.tables;
      const scopes = JSON.stringify(['account.create', 'account.print-slip', 'account.read']);
      await db.update(t).set({ scopes }).where(eq(t.id, made.id));
    });
    expect(await findToken(deps(), made.token)).toMatchObject({ scopes: ['account.read', 'account.create'] });
  });

  it.each([
    ['name', { name: ' ' }],
    ['scopes', { scopes: [] }],
    ['scopes', { scopes: ['operator.edit'] }],
    ['scopes', { scopes: ['account.create', 'account.print-slip'] }],
    ['scopes', { scopes: ['account.read', 'decisions'], gatewayId: 1 }],
    ['sourceName', { scopes: ['scim'] }],
    ['sourceName', { sourceName: 'hr' }],
    ['gatewayId', { scopes: ['decisions'] }],
    ['days', { days: 0 }],
    ['days', { days: 400 }],
  ])('is refused for a fault in %s: %j', async (at, change) => {
    const order = { name: 'a program', scopes: ['account.read'] as const, days: 1 };
    await expect(createToken(deps(), { ...order, ...change } as never)).rejects.toMatchObject({ at });
  });
});
