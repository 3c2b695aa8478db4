// Who is refused learns nothing from the words, nor from how long it took: each refusal leaves at one instant after its request came.
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { issueSlips } from '../../src/services/slips/issue.ts';
import { monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import type { TestAccount } from '../services/world.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type ConsoleSite, createConsoleSite, type TestOperator } from './console-site.ts';
import { createPortalSite, type PortalSite } from './portal-site.ts';

/** What was waited for; the clock of the sites stands still, so that it is the whole of the delay. */
const waits: number[] = [];
vi.mock('node:timers/promises', async (original) => ({
  ...(await original<typeof import('node:timers/promises')>()),
  setTimeout: async (ms: number) => {
    waits.push(ms);
  },
}));

const refusalMs = 800;

describeOnEachStore('a refusal', (open) => {
  let clock: TestClock;
  let portal: PortalSite;
  let site: ConsoleSite;
  let node: ConsoleSite['server'];
  let active: TestAccount;
  let pending: TestAccount;
  let withdrawn: TestAccount;
  let operator: TestOperator;
  let unenrolled: TestOperator;
  beforeAll(async () => {
    clock = createTestClock(monday);
    portal = await createPortalSite(open, clock, { refusalMs });
    site = await createConsoleSite(open, clock);
    node = await site.addNode({ refusalMs });
    const { world } = portal;
    active = await world.addAccount();
    pending = await world.addAccount({
      account: { status: 'pending', passwordPhc: null },
      authenticators: [],
    });
    withdrawn = await world.addAccount({ account: { status: 'withdrawn' } });
    operator = await site.addOperator([{ role: 'auditor', unitId: null }]);
    unenrolled = await site.addOperator([]);
    await site.world.store.write(async (db) => {
      const { operators } = db.tables;
      await db
        .update(operators)
        .set({ passwordPhc: null, sealedSeed: null, lastStep: -1 })
        .where(eq(operators.id, unenrolled.operatorId));
    });
  });
  beforeEach(() => clock.advance(3_600_000));
  afterAll(async () => {
    await portal.close();
    await site.close();
  });

  interface Answered {
    readonly who: string;
    readonly status: number;
    readonly body: unknown;
    readonly waited: readonly number[];
  }

  async function answered(
    who: string,
    asked: Promise<{ statusCode: number; json(): Record<string, unknown> }>,
  ): Promise<Answered> {
    waits.length = 0;
    const answer = await asked;
    const { requestId: _, ...body } = answer.json();
    return { who, status: answer.statusCode, body, waited: [...waits] };
  }

  /** All alike, but for whom it was. */
  function expectAlike(all: readonly Answered[]): void {
    const [first] = all;
    expect(first?.waited).toEqual([refusalMs]);
    for (const { who, ...rest } of all) {
      const { who: _, ...wanted } = first ?? { who };
      expect([who, rest]).toEqual([who, wanted]);
    }
  }

  const names = () => ({
    unknown: 'khong.co.ai',
    'no name at all': '\u202e../../',
    active: active.userName,
    pending: pending.userName,
    withdrawn: withdrawn.userName,
  });
  const password = 'sai mat khau nay roi';

  it.each([
    ['sign-in', '/session', { password, code: '000000' }],
    ['a new phone by recovery code', '/recovery', { password, by: 'recovery', code: 'AAAA-BBBB-CCCC' }],
    ['a new phone by request', '/recovery', { password, by: 'request', code: 'AAAA-BBBB' }],
    ['locking by password', '/lock', { kind: 'password', secret: password }],
    ['locking by recovery code', '/lock', { kind: 'recovery', secret: 'AAAA-BBBB-CCCC' }],
  ])('of %s in the portal is the same whoever it is about', async (_, url, body) => {
    const all: Answered[] = [];
    for (const [who, userName] of Object.entries(names()))
      all.push(await answered(who, portal.phone().send('POST', url, { userName, ...body })));
    expectAlike(all);
  });

  it('of asking for a new phone looks like the answer to whoever has the right password', async () => {
    const ask = (userName: string, typed: string) =>
      portal.phone().send('POST', '/recovery/ask', { userName, password: typed, reason: 'mất điện thoại' });
    for (const [who, asked] of [
      ['unknown', () => ask('khong.co.ai', password)],
      ['wrong', () => ask(active.userName, password)],
      ['right', () => ask(active.userName, active.password)],
    ] as const) {
      const { status, body, waited } = await answered(who, asked());
      const code = expect.stringMatching(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
      expect([who, status, body, waited]).toEqual([who, 200, { code }, [refusalMs]]);
    }
  });

  it('of an activation code is the same whether it never was, is void, or was used', async () => {
    const [former] = await issueSlips(portal.acts.deps, { scope: null, userNames: [pending.userName] });
    await issueSlips(portal.acts.deps, { scope: null, userNames: [pending.userName] });
    const codes = { never: 'AAAABBBBCCCC', void: former?.code ?? '', nonsense: '<script>' };
    const all: Answered[] = [];
    for (const [who, code] of Object.entries(codes))
      all.push(await answered(who, portal.phone().send('POST', '/activation', { code })));
    expectAlike(all);
  });

  it('of an operator’s sign-in is the same whoever it is about', async () => {
    const wrong = { password, code: '000000' };
    const all: Answered[] = [];
    for (const [who, name] of Object.entries({
      unknown: 'khong.co.ai',
      'no name at all': '\u202e../../',
      operator: operator.signInName,
      'not enrolled': unenrolled.signInName,
    })) {
      const browser = site.browser('localhost:8081', 'http://localhost:8081', node);
      all.push(await answered(who, browser.send('POST', '/api/v1/session', { name, ...wrong })));
    }
    expectAlike(all);
  });
});
