import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Browser, type ConsoleSite, createConsoleSite, type TestOperator } from './console-site.ts';

describeOnEachStore('written assignments and people in the console', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;
  let central: Browser;
  let unit: Browser;
  let helpDesk: Browser;
  let unitOperator: TestOperator;
  let account: Awaited<ReturnType<ConsoleSite['world']['addAccount']>>;

  const paper = (more: object = {}) => ({
    documentNumber: '45/QĐ-CN',
    documentDate: '01/12/2025',
    signatory: 'Nguyễn Văn A, Thủ trưởng đơn vị',
    purpose: 'khai thác dữ liệu nghiệp vụ',
    dataScope: 'dữ liệu của đơn vị',
    unit: 'T01',
    validFrom: '01/01/2026',
    validUntil: '31/12/2026',
    accounts: [account.accountId],
    ...more,
  });
  const elsewhereAccount = async () => {
    const added = await site.world.addAccount();
    await site.world.store.write(async (db) => {
      const { people } = db.tables;
      await db.update(people).set({ unitId: site.world.units.other }).where(eq(people.id, added.personId));
    });
    return added;
  };
  const revisionOf = async () =>
    Number((await central.send('GET', `/api/v1/accounts/${account.accountId}`)).json().revision);

  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
    const { local } = site.world.units;
    account = await site.world.addAccount();
    central = await site.signIn(await site.addOperator([{ role: 'central-administrator', unitId: null }]));
    unitOperator = await site.addOperator([{ role: 'unit-administrator', unitId: local }], local);
    unit = await site.signIn(unitOperator);
    helpDesk = await site.signIn(await site.addOperator([{ role: 'help-desk', unitId: local }]));
  });
  afterAll(() => site.close());

  it('are entered by a unit for its own accounts, once, and never for another unit', async () => {
    expect((await helpDesk.send('POST', '/api/v1/assignments', paper())).statusCode).toBe(403);
    const foreign = await unit.send('POST', '/api/v1/assignments', paper({ unit: 'T02' }));
    expect([foreign.statusCode, foreign.json().errors[0].field]).toEqual([404, 'unit']);
    const upside = await unit.send('POST', '/api/v1/assignments', paper({ validUntil: '31/12/2025' }));
    expect([upside.statusCode, upside.json().errors[0].field]).toEqual([422, 'validUntil']);
    const dated = await unit.send('POST', '/api/v1/assignments', paper({ documentDate: '01/01/2099' }));
    expect([dated.statusCode, dated.json().errors[0].field]).toEqual([422, 'documentDate']);
    const before = await revisionOf();
    const made = await unit.send('POST', '/api/v1/assignments', paper());
    expect(made.statusCode).toBe(201);
    expect(await revisionOf()).toBeGreaterThan(before);
    const again = await unit.send('POST', '/api/v1/assignments', paper());
    expect([again.statusCode, again.json().errors[0].field]).toEqual([409, 'documentNumber']);
    const shown = (await helpDesk.send('GET', `/api/v1/assignments/${made.json().id}`)).json();
    expect(shown).toMatchObject({ documentNumber: '45/QĐ-CN', state: 'in-force', accounts: 1 });
    for (const typed of ['45/QĐ', '45/qđ']) {
      const answer = await central.send('GET', `/api/v1/assignments?q=${encodeURIComponent(typed)}`);
      const found = answer.json().items as { documentNumber: string }[];
      expect(found.map(({ documentNumber }) => documentNumber)).toEqual(['45/QĐ-CN']);
    }
    expect(shown.covered.map(({ id }: { id: number }) => id)).toEqual([account.accountId]);
    const listed = (await unit.send('GET', '/api/v1/assignments?q=45/q&state=in-force')).json().items;
    expect(listed.map(({ documentNumber }: { documentNumber: string }) => documentNumber)).toEqual([
      '45/QĐ-CN',
    ]);
  });

  it('do not take in one’s own account, nor one of another unit', async () => {
    const elsewhere = await elsewhereAccount();
    const own = await site.world.addAccount({ account: { personId: unitOperator.personId } });
    for (const { accountId } of [elsewhere, own]) {
      const body = paper({ documentNumber: `46/${accountId}`, accounts: [accountId] });
      const answer = await unit.send('POST', '/api/v1/assignments', body);
      expect([answer.statusCode >= 400, answer.json().errors[0].field]).toEqual([true, 'accounts']);
      const found = (await central.send('GET', `/api/v1/assignments?q=46/${accountId}`)).json();
      expect(found.items).toEqual([]);
    }
  });

  it('are not extended by whoever has an account under them', async () => {
    const own = await site.world.addAccount({ account: { personId: unitOperator.personId } });
    const body = paper({ documentNumber: '49/QĐ-CN', accounts: [own.accountId] });
    const { id } = (await central.send('POST', '/api/v1/assignments', body)).json();
    const at = `/api/v1/assignments/${id}`;
    const etag = { 'if-match': String((await unit.send('GET', at)).headers['etag']) };
    const setEnd = (validUntil: string | null) =>
      unit.send('PATCH', at, { validUntil, reason: 'gia hạn' }, etag);
    for (const later of ['31/01/2027', null]) {
      const answer = await setEnd(later);
      expect([answer.statusCode >= 400, answer.json().errors[0].field]).toEqual([true, 'validUntil']);
    }
    expect((await setEnd('30/11/2026')).statusCode).toBe(200);
  });

  it('are extended and withdrawn on the state that was seen; withdrawn, they let nobody in', async () => {
    const only = await site.world.addAccount({ assignment: null });
    const { id } = (
      await unit.send(
        'POST',
        '/api/v1/assignments',
        paper({ documentNumber: '47/QĐ-CN', accounts: [only.accountId] }),
      )
    ).json();
    const at = `/api/v1/assignments/${id}`;
    const standing = async () =>
      (await unit.send('GET', `/api/v1/accounts/${only.accountId}`)).json().standing?.reason ?? null;
    expect(await standing()).toBeNull();
    const order = { validUntil: '31/01/2027', reason: 'gia hạn theo 12/TTr' };
    expect((await unit.send('PATCH', at, order)).statusCode).toBe(428);
    const seen = (await unit.send('GET', at)).headers['etag'] as string;
    expect((await unit.send('PATCH', at, order, { 'if-match': seen })).statusCode).toBe(200);
    const late = await unit.send('PATCH', at, { ...order, validUntil: null }, { 'if-match': seen });
    expect([late.statusCode, late.json().code]).toEqual([412, 'precondition-failed']);
    const now = (await unit.send('GET', at)).headers['etag'] as string;
    const end = await unit.send('POST', `${at}/withdraw`, { reason: 'hết việc' }, { 'if-match': now });
    expect(end.statusCode).toBe(200);
    expect(await standing()).toBe('assignment-missing');
    const story = (await unit.send('GET', `/api/v1/accounts/${only.accountId}/timeline`)).json().items;
    expect(story.map(({ outcome }: { outcome: string }) => outcome)).toContain('assignment.cover');
  });

  it('lose an account that is taken off, at once', async () => {
    const one = await site.world.addAccount({ assignment: null });
    const body = paper({ documentNumber: '48/QĐ-CN', accounts: [] });
    const { id } = (await unit.send('POST', '/api/v1/assignments', body)).json();
    const accounts = `/api/v1/assignments/${id}/accounts`;
    expect((await unit.change('POST', accounts, { accounts: [one.accountId] })).statusCode).toBe(204);
    expect((await unit.change('POST', accounts, { accounts: [one.accountId] })).statusCode).toBe(422);
    const off = `${accounts}/${one.accountId}?reason=nham`;
    expect((await unit.change('DELETE', off)).statusCode).toBe(204);
    expect((await unit.change('DELETE', off)).statusCode).toBe(404);
    const shown = (await unit.send('GET', `/api/v1/accounts/${one.accountId}`)).json();
    expect(shown.standing.reason).toBe('assignment-missing');
  });

  it('a person is shown with accounts and workstations; the help desk sees no personnel events', async () => {
    const at = `/api/v1/people/${account.personId}`;
    const shown = (await unit.send('GET', at)).json();
    expect(shown).toMatchObject({ employment: { state: 'employed' }, events: [] });
    expect(shown.accounts.map(({ id }: { id: number }) => id)).toEqual([account.accountId]);
    expect(shown.accounts[0].workstations).toHaveLength(1);
    expect((await helpDesk.send('GET', at)).json().events).toBeNull();
    const elsewhere = await elsewhereAccount();
    expect((await unit.send('GET', `/api/v1/people/${elsewhere.personId}`)).statusCode).toBe(404);
  });
});
