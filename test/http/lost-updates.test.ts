// No change is lost: whoever changes a thing says in which state they have seen it, and another state is refused with 412.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { assignWorkstation } from '../../src/services/accounts/workstations.ts';
import { importTokens } from '../../src/services/hardware-tokens/stock.ts';
import { fileRequest, resubmitRequest } from '../../src/services/requests/file.ts';
import { issueSlips } from '../../src/services/slips/issue.ts';
import { addWorkstation } from '../../src/services/workstations.ts';
import { type Acts, createActs, monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type Browser, type ConsoleSite, createConsoleSite, etagOf, type Method } from './console-site.ts';

/** Changes of things that rest on nothing that could have been changed meanwhile, and why. */
const withoutPrecondition: Readonly<Record<string, string>> = {
  'POST /api/v1/accounts/:id/slip': 'a new slip takes the place of the former, whichever that was',
  'POST /api/v1/sessions/:id/cut': 'goes one way',
  'POST /api/v1/delegations/:delegationId/end': 'a delegation is never changed, and ends once',
  'POST /api/v1/operator-orders/:id/decision': 'an order is never changed, and is decided once',
  'POST /api/v1/unit-events/:eventId/undo': 'an event is never changed, and undone once',
  'POST /api/v1/lifecycle/events/:eventId/undo': 'an event is never changed, and undone once',
  'POST /api/v1/lifecycle/sources/:name/poll': 'reads what lies there now',
  'POST /api/v1/hardware-tokens/:id/synchronise': 'rests on two codes, which are spent',
  'POST /api/v1/gateways/:name/tokens': 'a further token changes no other',
  'DELETE /api/v1/gateways/:name/tokens/:tokenId': 'goes one way',
  'DELETE /api/v1/tokens/:id': 'goes one way',
  'POST /api/v1/policies/:scope/preview': 'changes nothing',
  'DELETE /api/v1/me/sessions/:sessionId': 'goes one way',
  'DELETE /api/v1/me/passkeys/:passkeyId': 'goes one way',
  'DELETE /api/v1/saved-views/:viewId': 'goes one way',
};

describeOnEachStore('a change of something that somebody else has changed meanwhile', (open) => {
  let clock: TestClock;
  let site: ConsoleSite;
  let acts: Acts;
  let admin: Browser;
  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createConsoleSite(open, clock);
    acts = createActs(site.world, clock);
    admin = await site.signIn(await site.addOperator([{ role: 'central-administrator', unitId: null }]));
  });
  afterAll(() => site.close());

  /** Blind it is 428; from the state before `meanwhile` 412, in words; from the present one it is done. */
  async function lose(
    method: Method,
    url: string,
    body: object | undefined,
    meanwhile: () => Promise<unknown>,
  ): Promise<void> {
    const send = (headers: Record<string, string>) => admin.send(method, url, body, headers);
    const blind = await send({});
    expect([url, blind.statusCode, blind.json().code]).toEqual([url, 428, 'precondition-required']);
    const before = await etagOf(admin, url);
    await meanwhile();
    const stale = await send({ 'if-match': before });
    expect([url, stale.statusCode, stale.json().code]).toEqual([url, 412, 'precondition-failed']);
    expect(stale.json()).toMatchObject({
      title: 'Somebody else has just changed it.',
      errors: [{ remedy: 'Look at it again, and repeat the act if it is still wanted.' }],
    });
    const now = await etagOf(admin, url);
    expect(now).not.toBe(before);
    const done = await send({ 'if-match': now });
    expect([url, done.statusCode < 300, done.body]).toEqual([url, true, done.body]);
  }

  const lost = { state: 'lost', reason: 'mất khi đi công tác' };

  it('is refused for a workstation that has got another user', async () => {
    const account = await site.world.addAccount();
    await addWorkstation(acts.deps, { assetTag: 'LU-1', kind: 'shared', unit: 'T01' });
    const { items } = (await admin.send('GET', '/api/v1/workstations?q=LU-1')).json();
    await lose('POST', `/api/v1/workstations/${items[0].id}/state`, lost, () =>
      assignWorkstation(acts.deps, { user: account.userName, assetTag: 'LU-1' }),
    );
  });

  it('is refused for the accounts that a paper covers', async () => {
    const [one, two, three] = [
      await site.world.addAccount(),
      await site.world.addAccount(),
      await site.world.addAccount(),
    ];
    const made = await admin.send('POST', '/api/v1/assignments', {
      documentNumber: '9/QĐ-LU',
      documentDate: '01/01/2026',
      signatory: 'Trần Thị B, Chi cục trưởng',
      purpose: 'kiểm tra hồ sơ',
      dataScope: 'hồ sơ kê khai',
      unit: 'T01',
      validFrom: '01/01/2026',
      accounts: [one.accountId],
    });
    const at = `/api/v1/assignments/${made.json().id}/accounts`;
    await lose('POST', at, { accounts: [two.accountId] }, () =>
      admin.change('POST', at, { accounts: [three.accountId] }),
    );
    await lose('DELETE', `${at}/${two.accountId}?reason=x`, undefined, () =>
      admin.change('DELETE', `${at}/${three.accountId}?reason=x`),
    );
  });

  it('is refused for an operator whose roles are others', async () => {
    const { operatorId } = await site.addOperator([{ role: 'help-desk', unitId: null }]);
    const at = `/api/v1/operators/${operatorId}`;
    const duty = { role: 'duty' };
    await lose('POST', `${at}/roles`, { role: 'auditor' }, () => admin.change('POST', `${at}/roles`, duty));
    await lose('POST', `${at}/end`, { reason: 'chuyển công tác' }, () =>
      admin.change('POST', `${at}/roles`, duty),
    );
  });

  it('is refused for a hardware token that has gone elsewhere', async () => {
    const parameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 } as const;
    const token = {
      serialNumber: 'LU1',
      model: null,
      mode: 'totp',
      parameters,
      counter: 0,
      driftSteps: 0,
    } as const;
    const tokens = [{ ...token, seed: Buffer.alloc(20, 7) }];
    await importTokens(acts.deps, { tokens, unit: null, dryRun: false });
    const { items } = (await admin.send('GET', '/api/v1/hardware-tokens?q=LU1')).json();
    const at = `/api/v1/hardware-tokens/${items[0].id}`;
    await lose('POST', `${at}/state`, { state: 'retired', reason: 'hỏng' }, async () => {
      await admin.change('POST', `${at}/state`, lost);
      await admin.change('POST', `${at}/state`, { state: 'stock', reason: 'tìm thấy' });
    });
  });

  it('is refused for the certificates of a gateway', async () => {
    await admin.send('POST', '/api/v1/gateways', { name: 'lu-1', profile: 'openvpn-script' });
    const at = '/api/v1/gateways/lu-1/certificates';
    await lose('PUT', at, { names: 'vpn-b.example.org' }, () =>
      admin.change('PUT', at, { names: 'vpn-a.example.org' }),
    );
  });

  it('is refused for a unit that bears another name', async () => {
    await admin.send('POST', '/api/v1/units', { code: 'LU', name: 'Đội một', parent: 'T01' });
    const { items } = (await admin.send('GET', '/api/v1/units')).json();
    const { id } = items.find(({ code }: { code: string }) => code === 'LU');
    const renamed = (name: string, documentNumber: string) => ({
      ...{ kind: 'renamed', from: '01/02/2026', name, code: 'LU', documentNumber },
    });
    await lose('POST', `/api/v1/units/${id}/events`, renamed('Đội hai', '2/QĐ-LU'), () =>
      admin.change('POST', `/api/v1/units/${id}/events`, renamed('Đội ba', '3/QĐ-LU')),
    );
  });

  it('is refused for the working calendar, in whichever year it was changed', async () => {
    const at = '/api/v1/calendar';
    const days = (day: string, name: string) => ({ from: day, kind: 'holiday', name });
    const declare = (day: string) => () => admin.change('POST', at, days(day, 'nghỉ bù'));
    await lose('POST', at, days('02/09/2026', 'Quốc khánh'), declare('01/01/2027'));
    await lose('DELETE', `${at}/2026-09-02`, undefined, declare('02/09/2026'));
  });

  it('is refused for a request that was returned and came again with other terms', async () => {
    const { accountId, personId } = await site.world.addAccount();
    const filer = { personId };
    const asked = { accountId, reason: 'còn việc' };
    const { requestId } = await fileRequest(
      { ...acts.deps, filer },
      { ...asked, kind: 'extension', terms: { validUntil: '31/05/2026' } },
    );
    const at = `/api/v1/requests/${requestId}/decision`;
    await lose('POST', at, { outcome: 'approved', reason: 'đồng ý' }, async () => {
      await admin.change('POST', at, { outcome: 'returned', reason: 'ghi rõ việc' });
      const order = { ...asked, requestId, holderPersonId: personId, terms: { validUntil: '31/12/2026' } };
      await resubmitRequest(acts.deps, order);
    });
  });

  it('is refused for a slip that was printed again: the one that was handed over opens nothing', async () => {
    const { accountId, userName } = await site.world.addAccount({
      account: { status: 'pending', passwordPhc: null },
      authenticators: [],
    });
    const print = () => issueSlips(acts.deps, { scope: null, userNames: [userName] });
    await print();
    await lose('POST', `/api/v1/accounts/${accountId}/slip/hand-over`, {}, print);
  });

  it('has to say what it rests on, or to rest on nothing that could change', () => {
    const changes = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
    const unsaid = site.server.declaredRoutes
      .filter(({ method, url }) => changes.has(method) && url.startsWith('/api/v1/') && url.includes('/:'))
      .filter(({ hasPrecondition }) => !hasPrecondition)
      .map(({ method, url }) => `${method} ${url}`);
    expect(unsaid.sort()).toEqual(Object.keys(withoutPrecondition).sort());
  });
});
