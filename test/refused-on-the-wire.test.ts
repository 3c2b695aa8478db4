// Reasons that no other test meets on the wire: from an Access-Request on a real socket to the record.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openServices } from '../src/app.ts';
import type { PolicyLayer } from '../src/core/policy.ts';
import type { Reason } from '../src/core/reasons.ts';
import { type RadiusNode, startRadiusNode } from '../src/radius-server/node.ts';
import { bumpSettingsVersion } from '../src/store/queries/settings.ts';
import type { Db } from '../src/store/tables.ts';
import { codes } from '../src/wire/radius/packet.ts';
import { profiles } from './services/profiles.ts';
import { createSiteOn, login, password, populate, type Site } from './site.ts';
import { describeOnEachStore } from './store/each-store.ts';

vi.setConfig({ testTimeout: 60_000 });

const day = 86_400_000;

let site: Site;
let node: RadiusNode | null = null;

afterEach(async () => {
  await node?.stop();
  node = null;
  site.remove();
});

const policy = (scope: string, layer: PolicyLayer) => async (db: Db) => {
  await db.insert(db.tables.policies).values({ scope, layer: JSON.stringify(layer) });
};

/** What refuses the one account of the site, which is right in everything. */
const cases: readonly (readonly [Reason, (db: Db, now: number) => Promise<unknown>])[] = [
  [
    'gateway-not-allowed',
    async (db) => {
      const { units } = db.tables;
      const [other] = await db
        .insert(units)
        .values({ code: 'XX', name: 'Đơn vị khác', nameSearchKey: 'don vi khac', path: '/999/' })
        .returning({ id: units.id });
      const gateways = await db.select().from(db.tables.gateways);
      const gateway = gateways.find(({ name }) => name === 'gw');
      await policy(`gateway:${gateway?.id}`, { gatewayUnits: [other?.id ?? 0] })(db);
    },
  ],
  [
    'employment-not-started',
    (db, now) => db.update(db.tables.employmentEvents).set({ kind: 'hired', effectiveAt: now + day }),
  ],
  [
    'password-change-required',
    (db) => db.update(db.tables.accounts).set({ passwordState: 'change-required' }),
  ],
  ['rules-not-accepted', policy('organisation', { rulesVersion: 3 })],
  [
    'session-limit',
    async (db, now) => {
      await policy('organisation', { sessionLimit: 1, onSessionLimit: 'refuse' })(db);
      const accounts = await db.select().from(db.tables.accounts);
      const [gateway] = await db.select().from(db.tables.gateways);
      const account = accounts.find(({ userName }) => userName === 'lan');
      await db.insert(db.tables.sessions).values({
        accountId: account?.id ?? 0,
        gatewayId: gateway?.id ?? 0,
        station: '203.0.113.1',
        state: 'live',
        startedAt: now - 1000,
        until: now + day,
      });
    },
  ],
];

describeOnEachStore('a login over RADIUS', (_open, createDatabase, dialect) => {
  beforeEach(async () => {
    site = await createSiteOn(dialect, createDatabase);
    await populate(site);
  });

  async function logIn(): Promise<number | undefined> {
    node = await startRadiusNode(site.config, { profiles, writer: null }, site.deps);
    const [radius] = node.endpoints;
    if (radius === undefined) throw new Error('nothing was bound');
    const reply = await login(radius, password + site.code());
    await node.stop();
    node = null;
    return reply.packet?.code;
  }

  /** Outcome and reason of the decisions on record. */
  async function records() {
    const services = await openServices(site.config, site.deps);
    const rows = await services.store.read((db) => db.select().from(db.tables.audit));
    await services.close();
    return rows.filter(({ kind }) => kind === 'decision').map(({ outcome, reason }) => [outcome, reason]);
  }

  it('is let in where nothing speaks against it', async () => {
    expect(await logIn()).toBe(codes.AccessAccept);
    expect(await records()).toEqual([['accept', null]]);
  });

  it.each(cases)('is refused, and on record as %s', async (reason, given) => {
    const services = await openServices(site.config, site.deps);
    await services.store.write(async (db) => {
      await given(db, services.clock.now());
      await bumpSettingsVersion(db);
    });
    await services.close();
    expect(await logIn()).toBe(codes.AccessReject);
    expect(await records()).toEqual([['deny', reason]]);
  });
});
