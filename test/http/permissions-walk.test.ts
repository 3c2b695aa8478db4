// Every route of the console × every role × inside and outside of its scope, against the one table of permissions.
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type HeldRole,
  type Permission,
  type Role,
  reaches,
  reachOf,
  roles,
} from '../../src/core/permissions.ts';
import { createToken } from '../../src/services/web/api-tokens.ts';
import { insertOperator } from '../../src/store/queries/operators.ts';
import { insertRequest } from '../../src/store/queries/requests.ts';
import { monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Browser, type ConsoleSite, createConsoleSite, type Method } from './console-site.ts';

describeOnEachStore('the table of permissions drives the server', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;
  /** Ids of one thing of each kind, in the operators' unit and in another. */
  let things: Record<string, { inside: number; outside: number }>;
  let paths: { inside: string; outside: string };

  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
    const { world } = site;
    const { local, other, centre } = world.units;
    paths = { inside: `/${centre}/${local}/`, outside: `/${centre}/${other}/` };
    const one = async (unitId: number, isOutside: boolean) => {
      const account = await world.addAccount();
      return world.store.write(async (db) => {
        const { people, workstations, assignments, accountAssignments, sessions } = db.tables;
        const { accountId, personId, workstationId } = account;
        if (isOutside) {
          await db.update(people).set({ unitId }).where(eq(people.id, personId));
          await db
            .update(workstations)
            .set({ unitId })
            .where(eq(workstations.id, workstationId ?? 0));
        }
        const [assignment] = await db
          .select({ id: assignments.id })
          .from(assignments)
          .innerJoin(accountAssignments, eq(accountAssignments.assignmentId, assignments.id))
          .where(eq(accountAssignments.accountId, accountId));
        if (isOutside)
          await db
            .update(assignments)
            .set({ unitId })
            .where(eq(assignments.id, assignment?.id ?? 0));
        const [session] = await db
          .insert(sessions)
          .values({
            accountId,
            gatewayId: world.gateways.appended,
            station: '',
            state: 'live',
            startedAt: clock.now(),
            until: clock.now() + 1000,
          })
          .returning({ id: sessions.id });
        const operator = await insertOperator(db, {
          personId,
          signInName: `thing${accountId}`,
          state: 'active',
          createdAt: clock.now(),
        });
        return {
          account: accountId,
          person: personId,
          workstation: workstationId ?? 0,
          assignment: assignment?.id ?? 0,
          session: session?.id ?? 0,
          operator,
          unit: unitId,
          request: await insertRequest(db, {
            kind: 'unlock',
            accountId,
            terms: '{}',
            reason: 'cần cho việc',
            documentNumber: null,
            filedAt: clock.now(),
            filedBy: 'test',
            filedByPersonId: null,
            expiresAt: clock.now() + 86_400_000,
            codeHash: null,
          }),
        };
      });
    };
    const inside = await one(local, false);
    const outside = await one(other, true);
    things = Object.fromEntries(
      Object.keys(inside).map((kind) => {
        const key = kind as keyof typeof inside;
        return [kind, { inside: inside[key], outside: outside[key] }];
      }),
    );
  });
  afterAll(() => site.close());

  const walked = () =>
    site.server.declaredRoutes.flatMap(({ method, url, access }) =>
      method !== 'HEAD' && 'permission' in access ? [{ method: method as Method, url, ...access }] : [],
    );

  /** What authorisation alone makes of a request; anything else got past it. */
  async function outcome(browser: Browser, method: Method, url: string) {
    const body = method === 'GET' ? undefined : {};
    const answer = await browser.send(method, url, body, { 'if-match': '"999999"' });
    const { code } = answer.statusCode >= 400 ? (answer.json() as { code: string }) : { code: 'done' };
    return code === 'forbidden' || code === 'not-found' || code === 'step-up-required' ? code : 'let-in';
  }

  const expected = (
    permission: Permission,
    of: string,
    held: readonly HeldRole[],
    where: 'inside' | 'outside',
  ) => {
    const reach = reachOf(permission, held);
    if (reach === null || (of === 'organisation' && reach !== 'everywhere')) return 'forbidden';
    if (of === 'organisation' || of === 'list') return 'let-in';
    return reaches(reach, paths[where]) ? 'let-in' : 'not-found';
  };

  const holders: (readonly [Role, 'unit' | 'organisation'])[] = [];
  for (const role of roles) {
    if (role !== 'central-administrator') holders.push([role, 'unit']);
    holders.push([role, 'organisation']);
  }

  it.each(holders)('for a %s of a %s', async (role, scope) => {
    const { local } = site.world.units;
    const unitId = scope === 'unit' ? local : null;
    const browser = await site.signIn(await site.addOperator([{ role, unitId }]));
    const held = [{ role, unitPath: scope === 'unit' ? paths.inside : null }];
    for (const { method, url, permission, of } of walked()) {
      for (const where of ['inside', 'outside'] as const) {
        const ids = things[of];
        if (ids?.[where] === 0) continue;
        const at = url.replace(':id', String(ids?.[where] ?? 1)).replaceAll(/:\w+/g, '1');
        // A thing that a route names beside `:id` may not be there.
        const got = await outcome(browser, method, at);
        const want = expected(permission, of, held, where);
        const isMissing =
          got === 'not-found' && want === 'let-in' && (ids === undefined || /:(?!id\b)/.test(url));
        expect([role, scope, method, url, where, isMissing ? want : got]).toEqual([
          role,
          scope,
          method,
          url,
          where,
          want,
        ]);
      }
    }
  });

  it('for an operator without a role, and one whose role is over or not begun', async () => {
    const browser = await site.signIn(await site.addOperator([]));
    for (const { method, url, of } of walked()) {
      const at = url.replace(':id', String(things[of]?.inside ?? 1)).replaceAll(/:\w+/g, '1');
      expect([method, url, await outcome(browser, method, at)]).toEqual([method, url, 'forbidden']);
    }
  });

  it('asks for a fresh proof before a dangerous act', async () => {
    const operator = await site.addOperator([{ role: 'central-administrator', unitId: null }]);
    const browser = await site.signIn(operator);
    clock.advance(5 * 60_000);
    const withdraw = `/api/v1/accounts/${things['account']?.inside}/withdraw`;
    expect(await outcome(browser, 'POST', withdraw)).toBe('step-up-required');
    // An approval can put a new authenticator into the place of the old: no open screen is enough for it.
    const decision = `/api/v1/requests/${things['request']?.inside}/decision`;
    expect(await outcome(browser, 'POST', decision)).toBe('step-up-required');
    await browser.send('POST', '/api/v1/session/step-up', { code: operator.nextCode() });
    expect(await outcome(browser, 'POST', withdraw)).toBe('let-in');
  });

  it('for a token: its scopes, its unit, and never an act that asks for a person', async () => {
    const { world } = site;
    const deps = {
      store: world.store,
      keyring: world.keyring,
      clock,
      random: { bytes: (length: number) => Buffer.from(crypto.getRandomValues(new Uint8Array(length))) },
      by: { name: 'test', via: 'command line' as const },
    };
    const { token } = await createToken(deps, {
      name: 'reader',
      scopes: ['account.read'],
      days: 1,
      unitId: world.units.local,
    });
    const bearer = site.browser();
    const send = (method: Method, url: string) =>
      bearer.send(method, url, method === 'GET' ? undefined : {}, { authorization: `Bearer ${token}` });
    const account = things['account'];
    expect((await send('GET', `/api/v1/accounts/${account?.inside}`)).statusCode).toBe(200);
    expect((await send('GET', `/api/v1/accounts/${account?.outside}`)).statusCode).toBe(404);
    expect((await send('GET', '/api/v1/sessions')).statusCode).toBe(403);
    expect((await send('POST', `/api/v1/accounts/${account?.inside}/withdraw`)).statusCode).toBe(403);
    expect((await send('GET', '/api/v1/session')).statusCode).toBe(403);
    const wrong = await bearer.send('GET', '/api/v1/accounts', undefined, {
      authorization: `Bearer ${token}x`,
    });
    expect([wrong.statusCode, wrong.json().code]).toEqual([401, 'token-refused']);
  });
});
