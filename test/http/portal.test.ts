import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { handOverSlip, issueSlips } from '../../src/services/slips/issue.ts';
import { moveRequest } from '../../src/store/queries/requests.ts';
import { type Acts, monday } from '../services/acts.ts';
import { createTestClock, type TestClock } from '../services/clock.ts';
import { appCode } from '../services/portal-world.ts';
import type { World } from '../services/world.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { createPortalSite, type PortalSite } from './portal-site.ts';

const strong = 'lac-rong buom tim 4 canh';

describeOnEachStore('the portal over HTTP', (open) => {
  let site: PortalSite;
  let world: World;
  let clock: TestClock;
  let acts: Acts;
  let server: PortalSite['server'];
  let log: PortalSite['log'];
  let phone: PortalSite['phone'];

  beforeAll(async () => {
    clock = createTestClock(monday);
    site = await createPortalSite(open, clock);
    ({ world, acts, server, log, phone } = site);
  });
  beforeEach(() => clock.advance(60_000));
  afterAll(() => site.close());

  it('takes a phone from the code on the slip to a session, and shows no secret in the log', async () => {
    const account = await world.addAccount({
      account: { status: 'pending', passwordPhc: null },
      authenticators: [],
    });
    const [slip] = await issueSlips(acts.deps, { scope: null, userNames: [account.userName] });
    const code = slip?.code ?? '';
    const own = phone();
    const { send } = own;
    const planted = `gatewarden-portal=${'A'.repeat(43)}`;
    own.cookie = planted;
    expect((await send('POST', '/activation', { code })).json()).toMatchObject({
      step: 'hand-over-needed',
      ticket: null,
      holder: null,
    });
    await handOverSlip(acts.deps, { user: account.userName, scope: null });
    const { ticket } = (await send('POST', '/activation', { code })).json() as { ticket: string };
    const weak = await send('POST', '/enrolment/password', { ticket, password: 'mật khẩu có dấu đây' });
    expect(weak.statusCode).toBe(400);
    expect(weak.json()).toMatchObject({
      errors: [{ field: 'password', remedy: expect.stringContaining('Tắt bộ gõ tiếng Việt') }],
    });
    expect((await send('POST', '/enrolment/password', { ticket, password: strong })).statusCode).toBe(204);
    const begun = (await send('POST', '/enrolment/begin', { ticket })).json() as {
      secret: string;
      uri: string;
      qr: string;
    };
    expect(begun.uri).toMatch(/^otpauth:\/\/totp\//);
    expect(begun.qr).toMatch(/^data:image\/png;base64,/);
    const wrong = await send('POST', '/enrolment/finish', { ticket, code: '000000' });
    expect(wrong.statusCode).toBe(400);
    const finished = await send('POST', '/enrolment/finish', {
      ticket,
      code: appCode(begun.secret, clock.now()),
    });
    expect(finished.statusCode).toBe(201);
    expect(own.cookie).toMatch(/^gatewarden-portal=[\w-]{43}$/);
    expect(own.cookie).not.toBe(planted);
    expect((finished.json() as { recoveryCodes: string[] }).recoveryCodes).toHaveLength(8);
    const home = await send('GET', '/home');
    expect(home.json()).toMatchObject({ userName: account.userName, standing: null, recoveryCodesLeft: 8 });
    expect((await send('POST', '/enrolment/begin', { ticket })).json()).toMatchObject({
      code: 'ticket-over',
    });
    for (const word of [strong, begun.secret, code]) expect(JSON.stringify(log)).not.toContain(word);
  });

  it('says the same of an unknown name, a wrong password, a wrong code and a used one', async () => {
    const account = await world.addAccount();
    const right = world.codeOf(account);
    const planted = phone();
    planted.cookie = `gatewarden-portal=${'A'.repeat(43)}`;
    await planted.signIn(account);
    expect(planted.cookie).toMatch(/^gatewarden-portal=(?!A{43})[\w-]{43}$/);
    const tries = [
      { userName: 'khong-co-ai', password: account.password, code: right },
      { userName: account.userName, password: 'sai mat khau roi', code: right },
      { userName: account.userName, password: account.password, code: world.wrongCode(account) },
      { userName: account.userName, password: account.password, code: right },
    ];
    const answers = await Promise.all(tries.map(async (body) => phone().send('POST', '/session', body)));
    const said = answers.map((answer) => {
      const { requestId: _, ...body } = answer.json() as Record<string, unknown>;
      return JSON.stringify([answer.statusCode, body]);
    });
    expect(new Set(said).size).toBe(1);
    expect(said[0]).toContain('sign-in-refused');
  });

  it('limits tries at secrets by their source', async () => {
    const { send } = phone();
    const statuses: number[] = [];
    for (let tries = 0; tries < 22; tries += 1) {
      statuses.push((await send('POST', '/activation', { code: 'AAAABBBBCCCC' })).statusCode);
    }
    expect(new Set(statuses.slice(0, 20))).toEqual(new Set([403]));
    expect(statuses.slice(20)).toEqual([429, 429]);
  });

  it('activates from the office only, where it is so configured', async () => {
    const answer = await server.inject({
      method: 'POST',
      url: '/portal/v1/activation',
      remoteAddress: '::1',
      headers: {
        host: 'localhost:8082',
        'sec-fetch-site': 'same-origin',
        origin: 'http://localhost:8082',
        'x-csrf-token': 'portal',
      },
      payload: { code: 'AAAABBBBCCCC' },
    });
    expect(answer.json()).toMatchObject({ code: 'activation-elsewhere' });
  });

  it.each(['/home', '/connections', '/requests', '/rules', '/session'])(
    'shows nothing at %s before sign-in',
    async (url) => {
      const answer = await phone().send('GET', url);
      expect(answer.statusCode).toBe(401);
      expect((await phone().send('GET', '/state')).json()).toEqual({
        csrfToken: 'portal',
        mayActivate: true,
      });
    },
  );

  it('takes no change from another site, without its token, or with another session’s', async () => {
    const account = await world.addAccount();
    const own = await phone().signIn(account);
    for (const headers of [
      { 'x-csrf-token': 'portal' },
      { origin: 'https://evil.example' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      expect((await own.send('POST', '/lock/own', undefined, headers)).json()).toMatchObject({
        code: 'cross-site',
      });
    }
    expect((await own.send('GET', '/home')).json()).toMatchObject({ suspended: null });
  });

  it('ends the session that the browser had, whosever it was, when somebody signs in', async () => {
    const browser = await phone().signIn(await world.addAccount());
    const former = phone();
    former.cookie = browser.cookie;
    await browser.signIn(await world.addAccount());
    const statuses = [former, browser].map(async (one) => (await one.send('GET', '/home')).statusCode);
    expect(await Promise.all(statuses)).toEqual([401, 200]);
  });

  it('lets a holder lock, which ends the other sessions, and files requests that take no foreign field', async () => {
    const account = await world.addAccount();
    const other = await phone().signIn(account);
    clock.advance(30_000);
    const own = await phone().signIn(account);
    const body = {
      kind: 'extension',
      terms: { validUntil: '30/06/2026', status: 'active' },
      reason: 'còn việc',
    };
    expect((await own.send('POST', '/requests', body)).statusCode).toBe(422);
    expect((await own.send('POST', '/requests', { ...body, accountId: 1 })).statusCode).toBe(400);
    const past = { ...body, terms: { validUntil: '01/01/2020' } };
    expect((await own.send('POST', '/requests', past, { 'accept-language': 'vi' })).json()).toMatchObject({
      errors: [{ field: 'terms.validUntil', message: 'Ngày cuối đã qua hoặc trước ngày đầu.' }],
    });
    const filed = await own.send('POST', '/requests', {
      ...body,
      terms: { validUntil: '30/06/2026' },
      reason: '<script>alert(1)</script>',
    });
    expect(filed.statusCode).toBe(201);
    const { requests } = (await own.send('GET', '/requests')).json() as {
      requests: { id: number; reason: string }[];
    };
    expect(requests[0]?.reason).toBe('<script>alert(1)</script>');
    const stranger = await phone().signIn(await world.addAccount());
    expect((await stranger.send('POST', `/requests/${requests[0]?.id}/cancel`)).statusCode).toBe(422);
    expect((await own.send('POST', '/lock/own')).statusCode).toBe(204);
    expect((await other.send('GET', '/home')).statusCode).toBe(401);
    expect((await own.send('GET', '/home')).json()).toMatchObject({
      suspended: 'by-holder',
      standing: { reason: 'suspended' },
    });
  });

  it('files a returned request again, completed, for its own holder alone', async () => {
    const account = await world.addAccount();
    const own = await phone().signIn(account);
    const body = { terms: { validUntil: '30/06/2026' }, reason: 'còn việc' };
    const filed = await own.send('POST', '/requests', { kind: 'extension', ...body });
    const { id } = filed.json() as { id: number };
    // Not returned: there is nothing to complete.
    expect((await own.send('POST', `/requests/${id}/resubmit`, body)).statusCode).toBe(409);
    await world.store.write((db) =>
      moveRequest(db, id, ['open'], {
        state: 'returned',
        decidedAt: clock.now(),
        decidedBy: 'thử',
        decisionReason: 'thiếu văn bản',
      }),
    );
    const complete = { ...body, documentNumber: '12/QĐ-TCCB' };
    const stranger = await phone().signIn(await world.addAccount());
    expect((await stranger.send('POST', `/requests/${id}/resubmit`, complete)).statusCode).toBe(422);
    expect((await own.send('POST', `/requests/${id}/resubmit`, complete)).statusCode).toBe(204);
    expect((await own.send('GET', '/requests')).json()).toMatchObject({
      requests: [{ id, state: 'open', documentNumber: '12/QĐ-TCCB' }],
    });
  });

  it('changes the password and gives new recovery codes only for password and code once more', async () => {
    const account = await world.addAccount();
    const own = await phone().signIn(account);
    const replayed = { current: account.password, code: world.codeOf(account), password: strong };
    expect((await own.send('POST', '/password', replayed)).json()).toMatchObject({ code: 'proof-refused' });
    clock.advance(30_000);
    const proof = { password: account.password, code: world.codeOf(account) };
    expect((await own.send('POST', '/recovery-codes', proof)).statusCode).toBe(201);
    clock.advance(30_000);
    expect(
      (await own.send('POST', '/password', { ...replayed, code: world.codeOf(account) })).statusCode,
    ).toBe(204);
    clock.advance(30_000);
    await phone().signIn({ ...account, password: strong });
  });

  it('ends with the account', async () => {
    const account = await world.addAccount();
    const own = await phone().signIn(account);
    await world.store.write(async (db) => {
      await db.update(db.tables.accounts).set({ status: 'withdrawn' });
    });
    expect((await own.send('GET', '/home')).statusCode).toBe(401);
  });
});
