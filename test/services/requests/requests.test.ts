import { and, eq, like } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  approveRequest,
  expireOldRequests,
  listRequestPage,
  refuseRequest,
} from '../../../src/services/requests/decide.ts';
import {
  cancelRequest,
  fileRequest,
  requestLifetimeMs,
  requestsOf,
  resubmitRequest,
} from '../../../src/services/requests/file.ts';
import { listWorkstationsOfAccount } from '../../../src/store/queries/account-details.ts';
import { findAccountById } from '../../../src/store/queries/accounts.ts';
import { findWorkstation, listIdentifiers } from '../../../src/store/queries/workstations.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { type Acts, createActs, monday } from '../acts.ts';
import { createTestClock, type TestClock } from '../clock.ts';
import { createWorld, type TestAccount, type World } from '../world.ts';

describeOnEachStore('a request', (open) => {
  let world: World;
  let clock: TestClock;
  let acts: Acts;
  let account: TestAccount;
  let personId: number;

  beforeAll(async () => {
    clock = createTestClock(monday);
    world = await createWorld(await open({ clock }), clock);
  });
  beforeEach(async () => {
    clock.advance(60_000);
    acts = createActs(world, clock);
    account = await world.addAccount();
    personId = (await world.store.read((db) => findAccountById(db, account.accountId)))?.personId ?? 0;
  });
  afterAll(() => world.close());

  const holder = () => ({
    ...acts.deps,
    by: { name: account.userName, via: 'portal' as const },
    filer: { personId },
  });
  const own = () => ({ accountId: account.accountId, holderPersonId: personId });
  const operator = (person: number | null = null) => ({ ...acts.deps, decider: { personId: person } });
  const file = (kind: Parameters<typeof fileRequest>[1]['kind'], terms: object = {}) =>
    fileRequest(holder(), { accountId: account.accountId, kind, terms, reason: 'cần cho việc' });
  const approve = (requestId: number, more: object = {}) =>
    approveRequest(operator(), { requestId, scope: null, reason: 'đồng ý', ...more });
  const stateOf = async (requestId: number) =>
    (await requestsOf(acts.deps, own())).find(({ id }) => id === requestId)?.state;

  it('for a longer term changes nothing until somebody else approves it, then does so at once', async () => {
    const before = await world.store.read((db) => findAccountById(db, account.accountId));
    const { requestId, code } = await file('extension', { validUntil: '30/06/2026' });
    expect(code).toBeNull();
    expect((await world.store.read((db) => findAccountById(db, account.accountId)))?.validUntil).toBe(
      before?.validUntil,
    );
    expect(await approve(requestId)).toEqual({ requestId, state: 'done' });
    // 24:00 of 30 June in Viet Nam.
    expect((await world.store.read((db) => findAccountById(db, account.accountId)))?.validUntil).toBe(
      Date.UTC(2026, 5, 30, 17),
    );
    const [act] = await acts.acts('request.approve');
    expect(act).toMatchObject({ accountId: account.accountId, detail: 'extension' });
    await expect(approve(requestId)).rejects.toThrow('changed by somebody else');
  });

  it('that can no longer be met leaves everything as it was', async () => {
    const { requestId } = await file('workstation-temporary', {
      assetTag: 'KHONG-CO',
      validUntil: '30/06/2026',
    });
    await expect(approve(requestId)).rejects.toThrow('no workstation KHONG-CO');
    expect(await stateOf(requestId)).toBe('open');
  });

  it('is not decided by its filer, by the holder, or from another unit', async () => {
    const { requestId } = await file('unlock');
    const own = approveRequest(operator(personId), { requestId, scope: null, reason: 'đồng ý' });
    await expect(own).rejects.toThrow('Nobody decides what they asked for');
    const other = await world.addAccount();
    const filerId = (await world.store.read((db) => findAccountById(db, other.accountId)))?.personId ?? 0;
    const filed = await fileRequest(
      { ...acts.deps, filer: { personId: filerId } },
      {
        accountId: account.accountId,
        kind: 'extension',
        terms: { validUntil: '30/06/2026' },
        reason: 'cần',
      },
    );
    const by = refuseRequest(operator(filerId), {
      requestId: filed.requestId,
      scope: null,
      reason: 'không',
      outcome: 'rejected',
    });
    await expect(by).rejects.toThrow('Nobody decides what they asked for');
    const elsewhere = `/${world.units.centre}/${world.units.other}/`;
    await expect(approve(requestId, { scope: [elsewhere] })).rejects.toThrow(`no request ${requestId}`);
    const here = `/${world.units.centre}/${world.units.local}/`;
    expect(await approve(requestId, { scope: [elsewhere, here] })).toMatchObject({ state: 'done' });
  });

  it('hands out no machine of a unit that whoever decides does not look after', async () => {
    const { centre, local, other } = world.units;
    const here = { scope: [`/${centre}/${local}/`] };
    await world.store.write(async (db) => {
      await world.addMachine(db, 'NOI-KHAC', [], { kind: 'shared', unitId: other });
      await world.addMachine(db, 'TAI-CHO', [], { kind: 'shared', unitId: local });
    });
    for (const [kind, terms] of [
      ['workstation-register', { assetTag: 'NOI-KHAC' }],
      ['workstation-replace', { oldAssetTag: 'CU', assetTag: 'NOI-KHAC' }],
      ['workstation-temporary', { assetTag: 'NOI-KHAC', validUntil: '30/06/2026' }],
    ] as const) {
      const { requestId } = await file(kind, terms);
      await expect(approve(requestId, here)).rejects.toThrow('no workstation of the units');
      expect(await stateOf(requestId)).toBe('open');
    }
    const { requestId } = await file('workstation-temporary', {
      assetTag: 'TAI-CHO',
      validUntil: '30/06/2026',
    });
    expect(await approve(requestId, here)).toMatchObject({ state: 'done' });
  });

  it('for a new machine registers it with its identifiers and assigns it', async () => {
    const { requestId } = await file('workstation-register', {
      assetTag: 'KT-900',
      name: 'PC kế toán',
      mac: '02-1A-2B-3C-4D-5E',
    });
    await approve(requestId);
    const machine = await world.store.read((db) => findWorkstation(db, 'KT-900'));
    expect(machine).toMatchObject({ name: 'PC kế toán', kind: 'personal' });
    expect(await world.store.read((db) => listIdentifiers(db, machine?.id ?? 0))).toEqual([
      'mac:021a2b3c4d5e',
    ]);
    const held = await world.store.read((db) => listWorkstationsOfAccount(db, account.accountId));
    expect(held.map(({ assetTag }) => assetTag)).toContain('KT-900');
  });

  it('for a replacement ends the old machine and assigns the new one in one act', async () => {
    const first = await file('workstation-register', { assetTag: `CU-${account.userName}` });
    await approve(first.requestId);
    clock.advance(1000);
    const second = await file('workstation-register', { assetTag: `TAM-${account.userName}` });
    await approve(second.requestId);
    await world.store.write(async (db) => {
      const { accountWorkstations: t } = db.tables;
      const spare = await findWorkstation(db, `TAM-${account.userName}`);
      await db.delete(t).where(eq(t.workstationId, spare?.id ?? 0));
    });
    clock.advance(1000);
    const { requestId } = await file('workstation-replace', {
      oldAssetTag: `CU-${account.userName}`,
      assetTag: `TAM-${account.userName}`,
    });
    await approve(requestId);
    const held = await world.store.read((db) => listWorkstationsOfAccount(db, account.accountId));
    const open = held.filter(({ validUntil }) => validUntil === null).map(({ assetTag }) => assetTag);
    expect(open).toContain(`TAM-${account.userName}`);
    expect(open).not.toContain(`CU-${account.userName}`);
  });

  it('to unlock lifts what the holder locked, and not what others did', async () => {
    await world.store.write(async (db) => {
      const { accounts: t } = db.tables;
      const set = { suspendedDetail: 'by-holder', suspendedAt: clock.now(), suspendedBy: 'holder' } as const;
      await db.update(t).set(set).where(eq(t.id, account.accountId));
    });
    const { requestId } = await file('unlock');
    await approve(requestId);
    expect(await acts.decide(account)).toBe('accept');
    await world.store.write(async (db) => {
      const { accounts: t } = db.tables;
      const set = { suspendedDetail: 'case', suspendedAt: clock.now(), suspendedBy: 'centre' } as const;
      await db.update(t).set(set).where(eq(t.id, account.accountId));
    });
    const again = await file('unlock');
    await approve(again.requestId);
    clock.advance(30_000);
    expect(await acts.decide(account)).toBe('suspended: case');
  });

  it('leaves what may tell of a person in the erasable part of its record', async () => {
    const told = { name: 'máy của bà Hoa', mac: '02-00-5e-10-00-17', hostname: 'HOA-PC' };
    const { requestId } = await file('workstation-register', { assetTag: 'MT-ERASE', ...told });
    await refuseRequest(operator(), { requestId, scope: null, outcome: 'returned', reason: 'bổ sung' });
    await resubmitRequest(holder(), {
      ...own(),
      requestId,
      terms: { assetTag: 'MT-ERASE', ...told },
      reason: 'đã bổ sung',
    });
    for (const verb of ['request.file', 'request.resubmit']) {
      const [record] = await world.store.read(async (db) => {
        const { audit, auditPersonal } = db.tables;
        return await db
          .select({ body: audit.body, personal: auditPersonal.personalValues })
          .from(audit)
          .innerJoin(
            auditPersonal,
            and(eq(auditPersonal.chain, audit.chain), eq(auditPersonal.seq, audit.seq)),
          )
          .where(and(eq(audit.outcome, verb), like(audit.body, '%MT-ERASE%')));
      });
      for (const text of Object.values(told)) {
        expect([verb, record?.body.includes(text)]).toEqual([verb, false]);
        expect([verb, record?.personal.includes(text)]).toEqual([verb, true]);
      }
    }
  });

  it('for a new phone needs the code that its holder reads out, which is kept nowhere', async () => {
    const { requestId, code } = await file('new-authenticator');
    expect(code).toMatch(/^[2-9A-HJ-NP-Z]{8}$/);
    await expect(approve(requestId)).rejects.toThrow('not the code of the request');
    await expect(approve(requestId, { code: 'AAAA-AAAA' })).rejects.toThrow('not the code of the request');
    expect(
      await approve(requestId, { code: ` ${code?.slice(0, 4).toLowerCase()}-${code?.slice(4)} ` }),
    ).toMatchObject({ state: 'approved' });
    const [act] = await acts.acts('request.file');
    expect(act?.text).not.toContain(code);
    const page = await listRequestPage(acts.deps, { scope: null, states: ['approved'], limit: 10 });
    expect(JSON.stringify(page)).not.toMatch(/codeHash/);
  });

  it('is asked once, can be cancelled by its account alone, returned and completed', async () => {
    const { requestId } = await file('extension', { validUntil: '30/06/2026' });
    await expect(file('extension', { validUntil: '30/07/2026' })).rejects.toThrow('asked already');
    const stranger = await world.addAccount();
    await expect(
      cancelRequest(holder(), { ...own(), accountId: stranger.accountId, requestId }),
    ).rejects.toThrow('no request');
    await refuseRequest(operator(), {
      requestId,
      scope: null,
      reason: 'thiếu số văn bản',
      outcome: 'returned',
    });
    expect((await requestsOf(acts.deps, own()))[0]).toMatchObject({
      state: 'returned',
      decisionReason: 'thiếu số văn bản',
    });
    await resubmitRequest(holder(), {
      ...own(),
      requestId,
      terms: { validUntil: '31/05/2026' },
      reason: 'bổ sung',
      documentNumber: '12/QĐ',
    });
    expect((await requestsOf(acts.deps, own()))[0]).toMatchObject({
      state: 'open',
      documentNumber: '12/QĐ',
      terms: { validUntil: '31/05/2026' },
    });
    await cancelRequest(holder(), { ...own(), requestId });
    expect(await stateOf(requestId)).toBe('cancelled');
    await expect(cancelRequest(holder(), { ...own(), requestId })).rejects.toThrow('changed');
  });

  it.each(['open', 'returned'] as const)(
    'that an operator has filed is not its holder’s to take back or change: %s',
    async (state) => {
      const terms = { authenticator: '1' };
      const filed = { accountId: account.accountId, terms, reason: 'mất điện thoại' };
      const { requestId } = await fileRequest(
        { ...acts.deps, filer: { personId: null } },
        { ...filed, kind: 'reset-authenticator' },
      );
      if (state === 'returned') {
        await refuseRequest(operator(), { requestId, scope: null, reason: 'bổ sung', outcome: 'returned' });
      }
      for (const attempt of [
        cancelRequest(holder(), { ...own(), requestId }),
        resubmitRequest(holder(), { ...own(), requestId, terms: {}, reason: 'x' }),
      ]) {
        await expect(attempt).rejects.toThrow('An operator has filed this request');
      }
      expect(await stateOf(requestId)).toBe(state);
      expect((await requestsOf(acts.deps, own())).find(({ id }) => id === requestId)?.isOwn).toBe(false);
      // One that was returned stands in nobody's way: it can be asked for anew.
      if (state === 'returned') {
        await fileRequest(
          { ...acts.deps, filer: { personId: null } },
          { ...filed, kind: 'reset-authenticator' },
        );
      }
    },
  );

  it.each([
    ['extension', {}, 'validUntil'],
    ['extension', { validUntil: '30/06/26' }, 'validUntil'],
    ['extension', { validUntil: '01/01/2026' }, 'past'],
    ['extension', { validUntil: '30/06/2026', status: 'active' }, 'status'],
    ['workstation-register', { assetTag: '' }, 'assetTag'],
    [
      'workstation-temporary',
      { assetTag: 'X', validFrom: '01/07/2026', validUntil: '30/06/2026' },
      'before the first',
    ],
  ] as const)('for %s refuses %j', async (kind, terms, message) => {
    await expect(file(kind, terms)).rejects.toThrow(message);
  });

  it('that nobody decides is closed in the end', async () => {
    const { requestId } = await file('unlock');
    clock.advance(requestLifetimeMs);
    expect(await expireOldRequests(acts.deps)).toBeGreaterThan(0);
    expect(await stateOf(requestId)).toBe('expired');
  });

  it('waits in a list, the oldest first, page by page', async () => {
    await file('unlock');
    clock.advance(1000);
    await file('extension', { validUntil: '30/06/2026' });
    const seen: number[] = [];
    let after: string | undefined;
    do {
      const page = await listRequestPage(acts.deps, {
        scope: null,
        states: ['open'],
        limit: 1,
        ...(after === undefined ? {} : { after }),
      });
      seen.push(...page.requests.map(({ filedAt }) => filedAt));
      after = page.next ?? undefined;
    } while (after !== undefined);
    expect(seen.length).toBeGreaterThanOrEqual(2);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    const none = await listRequestPage(acts.deps, {
      scope: [`/${world.units.centre}/${world.units.other}/`],
      states: ['open'],
      limit: 10,
    });
    expect(none.requests).toEqual([]);
  });
});
