import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { monday } from '../services/acts.ts';
import { createTestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Browser, type ConsoleSite, createConsoleSite } from './console-site.ts';

describeOnEachStore('alerts in the console', (open) => {
  let site: ConsoleSite;
  let central: Browser;
  let unit: Browser;

  beforeAll(async () => {
    const clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
    const { world } = site;
    const { local, other } = world.units;
    const mine = await world.addAccount();
    const foreign = await world.addAccount();
    await world.store.write(async (db) => {
      const { alerts, people } = db.tables;
      await db.update(people).set({ unitId: other }).where(eq(people.id, foreign.personId));
      const rest = { evidence: '{}', chain: 'c' };
      const at = clock.now();
      await db.insert(alerts).values([
        { ...rest, rule: 'locked-by-holder', accountId: mine.accountId, unitId: local, at, seq: 1 },
        { ...rest, rule: 'locked-by-holder', accountId: foreign.accountId, unitId: other, at, seq: 2 },
        { ...rest, rule: 'feed-fault', accountId: null, unitId: null, at: at + 1, seq: 3 },
      ]);
    });
    central = await site.signIn(await site.addOperator([{ role: 'central-administrator', unitId: null }]));
    unit = await site.signIn(await site.addOperator([{ role: 'help-desk', unitId: local }]));
  });
  afterAll(() => site.close());

  const records = async (browser: Browser, query = '') =>
    ((await browser.send('GET', `/api/v1/alerts?${query}`)).json().items as { record: string }[]).map(
      ({ record }) => record,
    );

  it('are those of the own units; the organisation sees those of no unit too', async () => {
    expect(await records(central)).toEqual(['c:3', 'c:2', 'c:1']);
    expect(await records(unit)).toEqual(['c:1']);
    expect(await records(central, 'rule=feed-fault')).toEqual(['c:3']);
    expect(await records(unit, 'rule=feed-fault')).toEqual([]);
  });

  it('come page by page without loss, also at one instant', async () => {
    const seen: string[] = [];
    let at = '';
    do {
      const page = (await central.send('GET', `/api/v1/alerts?limit=1${at}`)).json();
      seen.push(page.items[0].record);
      at = page.next === null ? '' : `&cursor=${page.next}`;
    } while (at !== '');
    expect(seen).toEqual(['c:3', 'c:2', 'c:1']);
  });
});
