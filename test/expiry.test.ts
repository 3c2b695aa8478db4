// The last instants of access from the wire to the audit record: the listener on real sockets, its clock standing where it is put.
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openServices } from '../src/app.ts';
import type { Reply, Silence } from '../src/cli/radius-exchange.ts';
import { hotp, seedKey, timeStepAt } from '../src/core/otp.ts';
import { type RadiusNode, startRadiusNode } from '../src/radius-server/node.ts';
import { codes, first } from '../src/wire/radius/packet.ts';
import { createTestClock, type TestClock } from './services/clock.ts';
import { profiles } from './services/profiles.ts';
import { createSiteOn, login, password, populate, type Site } from './site.ts';
import { describeOnEachStore } from './store/each-store.ts';

vi.setConfig({ testTimeout: 60_000 });

const day = 86_400_000;
/** 12:00:00.000 in Hà Nội, some days ahead of the day of the test. */
const noon = Math.ceil(Date.now() / day) * day + 5 * day + 5 * 3_600_000;

let site: Site;
let clock: TestClock;
let node: RadiusNode | null = null;

afterEach(async () => {
  await node?.stop();
  node = null;
  site.remove();
});

/** Starts the listener alone: no job runs, nothing but the decision can end an access. */
async function startAt(instant: number): Promise<void> {
  clock = createTestClock(instant);
  node = await startRadiusNode(site.config, { profiles, writer: null }, { ...site.deps, clock });
}

/** A login with the code of the clock's moment. */
function tryNow(timeoutMs?: number): Promise<Reply | Silence> {
  const [radius] = node?.endpoints ?? [];
  if (radius === undefined) throw new Error('nothing was bound');
  const parameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 } as const;
  const code = hotp(seedKey(site.seed), timeStepAt(clock.now(), 30), parameters);
  return login(radius, password + code, 'lan', [], timeoutMs);
}

function attempt(instant: number): Promise<Reply | Silence> {
  // As time passes: both clocks, so that the node does not take it for a jump.
  clock.advance(instant - clock.now());
  return tryNow();
}

const sessionSeconds = (reply: Reply | Silence) =>
  reply.packet === null ? undefined : first(reply.packet, 27)?.value.readUInt32BE();

describeOnEachStore('access that ends at 12:00:00', (_open, createDatabase, dialect) => {
  beforeEach(async () => {
    site = await createSiteOn(dialect, createDatabase);
    await populate(site);
  });

  /** Changes the holder or the account of `lan`. */
  async function change(what: { readonly validUntil: number } | { readonly leftAt: number }): Promise<void> {
    const services = await openServices(site.config, site.deps);
    await services.store.write(async (db) => {
      const { accounts, employmentEvents } = db.tables;
      const [account] = await db.select().from(accounts).where(eq(accounts.userName, 'lan'));
      if (account === undefined) throw new Error('no account');
      if ('validUntil' in what) {
        await db
          .update(accounts)
          .set({ validUntil: what.validUntil, revision: account.revision + 1 })
          .where(eq(accounts.id, account.id));
      } else {
        await db.insert(employmentEvents).values({
          personId: account.personId,
          kind: 'ended',
          detail: 'retired',
          effectiveAt: what.leftAt,
          source: 'hr',
          sourceKey: 'retired',
          recordedAt: Date.now(),
        });
      }
    });
    await services.close();
  }

  /** What is on record of logins, in their order. */
  async function records() {
    await node?.stop();
    node = null;
    const services = await openServices(site.config, site.deps);
    const rows = await services.store.read((db) => db.select().from(db.tables.audit));
    const { accounts } = await services.store.read(async (db) => ({
      accounts: await db.select().from(db.tables.accounts),
    }));
    await services.close();
    expect(accounts.find(({ userName }) => userName === 'lan')).toMatchObject({ status: 'active' });
    return rows
      .filter(({ kind }) => kind === 'decision')
      .sort((a, b) => a.at - b.at)
      .map(({ at, outcome, reason, detail }) => [at - noon, outcome, reason, detail]);
  }

  it('is refused at 12:00:00.000 and after it, and that is on record', async () => {
    await change({ validUntil: noon });
    await startAt(noon - 61_000);
    const early = await attempt(noon - 61_000);
    expect([early.packet?.code, sessionSeconds(early)]).toEqual([codes.AccessAccept, 61]);
    // A session of less than a second cannot be told to a gateway.
    expect((await attempt(noon - 1)).packet?.code).toBe(codes.AccessReject);
    const refused = await attempt(noon);
    expect(refused.packet?.code).toBe(codes.AccessReject);
    expect(refused.packet?.attributes.map(({ type }) => type)).toEqual([80, 18]);
    expect((await attempt(noon + 1)).packet?.code).toBe(codes.AccessReject);
    expect((await attempt(noon + day)).packet?.code).toBe(codes.AccessReject);
    expect(await records()).toEqual([
      [-61_000, 'accept', null, null],
      [-1, 'deny', 'expired', null],
      [0, 'deny', 'expired', null],
      [1, 'deny', 'expired', null],
      [day, 'deny', 'expired', null],
    ]);
  });

  it('is given for its last whole second', async () => {
    await change({ validUntil: noon });
    await startAt(noon - 1_000);
    const last = await attempt(noon - 1_000);
    expect([last.packet?.code, sessionSeconds(last)]).toEqual([codes.AccessAccept, 1]);
    expect(await records()).toEqual([[-1_000, 'accept', null, null]]);
  });

  it('is refused by the decision alone when the holder retires at that instant, while no job runs', async () => {
    await change({ leftAt: noon });
    await startAt(noon - 61_000);
    const early = await attempt(noon - 61_000);
    expect([early.packet?.code, sessionSeconds(early)]).toEqual([codes.AccessAccept, 61]);
    expect((await attempt(noon - 1)).packet?.code).toBe(codes.AccessReject);
    expect((await attempt(noon)).packet?.code).toBe(codes.AccessReject);
    expect(await records()).toEqual([
      [-61_000, 'accept', null, null],
      [-1, 'deny', 'employment-ended', 'retired'],
      [0, 'deny', 'employment-ended', 'retired'],
    ]);
  });

  it('is not opened again by a clock that is put back past the end: the node is silent', async () => {
    await change({ validUntil: noon });
    await startAt(noon + 1_000);
    expect((await attempt(noon + 1_000)).packet?.code).toBe(codes.AccessReject);
    clock.set(noon - 3_600_000);
    expect((await tryNow(1_500)).packet).toBeNull();
    expect(await records()).toEqual([[1_000, 'deny', 'expired', null]]);
  });
});
