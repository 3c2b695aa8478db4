import { eq, ne } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodeBase32, hotp, seedKey, timeStepAt } from '../../src/core/otp.ts';
import { monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Browser, type ConsoleSite, createConsoleSite, type TestOperator } from './console-site.ts';

describeOnEachStore('operators', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;
  let first: TestOperator;
  let central: Browser;

  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
    first = await site.addOperator([{ role: 'central-administrator', unitId: null }]);
    central = await site.signIn(first);
  });
  afterAll(() => site.close());

  const list = async (browser = central) =>
    (await browser.send('GET', '/api/v1/operators')).json().items as {
      id: number;
      signInName: string;
      state: string;
      isEnrolled: boolean;
      roles: { id: number; role: string; unit: { code: string } | null }[];
    }[];
  const staffCodeOf = async (personId: number) =>
    (await central.send('GET', '/api/v1/people?q=nguyen'))
      .json()
      .items.find((one: { id: number }) => one.id === personId).staffCode as string;

  it('are made by a central administrator, and enrol themselves by a link that works once', async () => {
    const account = await site.world.addAccount();
    const staffCode = await staffCodeOf(account.personId);
    const order = { staffCode, signInName: 'Duty.One', role: 'duty', unit: 'T01', until: '2030-12-31' };
    const made = await central.send('POST', '/api/v1/operators', order);
    expect(made.statusCode).toBe(201);
    const link = String(made.json().link).replace('/enrol#', '');
    expect(await list()).toContainEqual(
      expect.objectContaining({
        signInName: 'duty.one',
        isEnrolled: false,
        roles: [expect.objectContaining({ role: 'duty', unit: expect.objectContaining({ code: 'T01' }) })],
      }),
    );
    const created = (await site.acts()).find(({ outcome }) => outcome === 'operator.create');
    for (const text of [staffCode, 'duty.one'])
      expect([text, created?.body.includes(text), created?.personal.includes(text)]).toEqual([
        text,
        false,
        true,
      ]);
    const again = await central.send('POST', '/api/v1/operators', order);
    expect(again.statusCode).toBe(422);

    const browser = site.browser();
    const begun = await browser.send('POST', '/api/v1/enrolment/begin', {
      link,
      password: 'chin con chim tren canh',
    });
    const code = hotp(seedKey(decodeBase32(begun.json().secret)), timeStepAt(clock.now(), 30), {
      algorithm: 'SHA1',
      digits: 6,
      periodSeconds: 30,
    });
    const finish = () =>
      browser.send('POST', '/api/v1/enrolment/finish', { link, ticket: begun.json().ticket, code });
    const done = await finish();
    expect([done.statusCode, done.json().roles[0].role]).toEqual([201, 'duty']);
    expect((await finish()).statusCode).toBe(403);
    expect((await browser.send('GET', '/api/v1/accounts')).statusCode).toBe(200);
  });

  it.each([
    ['staffCode', { staffCode: 'NOBODY' }],
    ['signInName', { signInName: 'two words' }],
    ['unit', { role: 'unit-administrator', unit: undefined }],
    ['unit', { role: 'central-administrator' }],
    ['documentNumber', { role: 'head-of-unit' }],
    ['until', { until: '2020-01-01' }],
    ['acting', { acting: true }],
  ])('are refused for a fault in %s: %j', async (field, change) => {
    const account = await site.world.addAccount();
    const staffCode = await staffCodeOf(account.personId);
    const order = { staffCode, signInName: `op${account.accountId}`, role: 'duty', unit: 'T01', ...change };
    const answer = await central.send('POST', '/api/v1/operators', JSON.parse(JSON.stringify(order)));
    expect([answer.statusCode, answer.json().errors[0].field]).toEqual([422, field]);
  });

  it('cannot give themselves a role, take their own, or end themselves', async () => {
    const [me] = (await list()).filter(({ signInName }) => signInName === first.signInName);
    const at = `/api/v1/operators/${me?.id}`;
    const why = encodeURIComponent('thử');
    for (const answer of [
      await central.change('POST', `${at}/roles`, { role: 'duty' }),
      await central.change('DELETE', `${at}/roles/${me?.roles[0]?.id}?reason=${why}`),
      await central.change('POST', `${at}/end`, { reason: 'thử' }),
      await central.change('POST', `${at}/link`, { reason: 'thử' }),
    ]) {
      expect([answer.statusCode, answer.json().errors[0].message]).toEqual([
        422,
        'Nobody changes their own roles.',
      ]);
    }
  });

  it('lose role and session at once; the last central administrator who can sign in stays', async () => {
    const other = await site.addOperator([
      { role: 'central-administrator', unitId: null },
      { role: 'auditor', unitId: null },
    ]);
    const browser = await site.signIn(other);
    const [theirs] = (await list()).filter(({ signInName }) => signInName === other.signInName);
    const at = `/api/v1/operators/${theirs?.id}`;
    const role = (name: string) => theirs?.roles.find((one) => one.role === name)?.id;
    expect((await central.change('DELETE', `${at}/roles/${role('auditor')}?reason=x`)).statusCode).toBe(204);
    expect((await browser.send('GET', '/api/v1/tokens')).statusCode).toBe(200);
    expect(
      (await central.change('DELETE', `${at}/roles/${role('central-administrator')}?reason=x`)).statusCode,
    ).toBe(204);
    expect((await browser.send('GET', '/api/v1/tokens')).statusCode).toBe(403);
    expect((await central.change('POST', `${at}/end`, { reason: 'hết nhiệm vụ' })).statusCode).toBe(204);
    expect((await browser.send('GET', '/api/v1/session')).statusCode).toBe(401);
    expect((await central.change('POST', `${at}/end`, { reason: 'x' })).statusCode).toBe(404);
    // Whoever holds the role for a time only is no lasting administrator.
    const third = await site.addOperator([{ role: 'central-administrator', unitId: null }]);
    await site.signIn(third);
    await site.world.store.write(async (db) => {
      const { operatorRoles: t } = db.tables;
      await db
        .update(t)
        .set({ validUntil: clock.now() + 86_400_000 })
        .where(eq(t.operatorId, first.operatorId));
    });
    const [thirds] = (await list()).filter(({ signInName }) => signInName === third.signInName);
    const lastly = `/api/v1/operators/${third.operatorId}`;
    for (const answer of [
      await central.change('POST', `${lastly}/end`, { reason: 'x' }),
      await central.change('DELETE', `${lastly}/roles/${thirds?.roles[0]?.id}?reason=x`),
    ]) {
      expect([answer.statusCode, answer.json().errors[0].message]).toEqual([
        409,
        'This is the last central administrator.',
      ]);
    }
  });

  it('raise alerts when a central administrator is ended, and when one is left alone', async () => {
    const raised = async () =>
      (await central.send('GET', '/api/v1/alerts'))
        .json()
        .items.map(
          ({
            rule,
            operator,
          }: {
            rule: string;
            operator: { signInName: string; endedBy: string | null };
          }) => [rule, operator?.signInName, operator?.endedBy ?? null],
        ) as [string, string, string | null][];
    await site.world.store.write(async (db) => {
      const { operatorRoles: t, operators } = db.tables;
      await db.update(t).set({ validUntil: null }).where(eq(t.operatorId, first.operatorId));
      await db.update(operators).set({ state: 'ended' }).where(ne(operators.id, first.operatorId));
      await db.delete(db.tables.alerts);
    });
    const add = async () => {
      const operator = await site.addOperator([{ role: 'central-administrator', unitId: null }]);
      await site.signIn(operator);
      return operator;
    };
    const [second, third] = [await add(), await add()];
    const auditor = await site.addOperator([{ role: 'auditor', unitId: null }]);
    const end = (operatorId: number) =>
      central.change('POST', `/api/v1/operators/${operatorId}/end`, { reason: 'x' });
    expect((await end(auditor.operatorId)).statusCode).toBe(204);
    expect(await raised()).toEqual([]);
    expect((await end(second.operatorId)).statusCode).toBe(204);
    const byFirst = expect.stringMatching(/ \(OP-1\)$/);
    const one = ['administrator-ended', second.signInName, byFirst];
    expect(await raised()).toEqual([one]);
    const [role] = (await list()).find(({ id }) => id === third.operatorId)?.roles ?? [];
    const at = `/api/v1/operators/${third.operatorId}/roles/${role?.id}?reason=x`;
    expect((await central.change('DELETE', at)).statusCode).toBe(204);
    expect(await raised()).toEqual([
      ['administrator-alone', first.signInName, null],
      ['administrator-ended', third.signInName, byFirst],
      one,
    ]);
  });

  it('make tokens that are shown once, work within their scopes, and end when revoked', async () => {
    const body = { name: 'SIEM', scopes: ['account.read'], days: 30 };
    const made = await central.send('POST', '/api/v1/tokens', body);
    expect(made.statusCode).toBe(201);
    const { id, token } = made.json();
    const listed = await central.send('GET', '/api/v1/tokens');
    expect(listed.json().items).toContainEqual(
      expect.objectContaining({ id, name: 'SIEM', revokedAt: null }),
    );
    expect(listed.body).not.toContain(token);
    const bearer = { authorization: `Bearer ${token}` };
    expect((await site.browser().send('GET', '/api/v1/accounts', undefined, bearer)).statusCode).toBe(200);
    expect((await central.send('DELETE', `/api/v1/tokens/${id}`)).statusCode).toBe(204);
    expect((await site.browser().send('GET', '/api/v1/accounts', undefined, bearer)).statusCode).toBe(401);
    expect((await central.send('DELETE', `/api/v1/tokens/${id}`)).statusCode).toBe(404);
    for (const [field, change] of [
      ['scopes', { scopes: ['operator.edit'] }],
      ['sourceName', { scopes: ['scim'], sourceName: 'nothing' }],
      ['gatewayId', { scopes: ['decisions'], gatewayId: 9999 }],
    ] as const) {
      const answer = await central.send('POST', '/api/v1/tokens', { ...body, ...change });
      expect([answer.statusCode, answer.json().errors[0].field]).toEqual([422, field]);
    }
    const acts = (await site.acts()).map(({ outcome }) => outcome);
    expect(acts).toContain('api-token.create');
    expect(acts).toContain('api-token.revoke');
    expect(acts).toContain('operator.end');
  });
});
