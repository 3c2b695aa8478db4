import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openActivation } from '../../../src/services/portal/activation.ts';
import type { PortalDeps } from '../../../src/services/portal/deps.ts';
import { beginByTicket, chooseOwnPassword, finishByTicket } from '../../../src/services/portal/enroll.ts';
import { attemptsOf, cutOwnSession, homeOf, ownSessions } from '../../../src/services/portal/home.ts';
import { denyDecision, lockFromOutside } from '../../../src/services/portal/lock.ts';
import { proveHolder } from '../../../src/services/portal/prove.ts';
import { askForNewPhone, openRecovery } from '../../../src/services/portal/recovery.ts';
import {
  acceptancesOf,
  acceptRules,
  currentRules,
  publishRules,
} from '../../../src/services/portal/rules.ts';
import { readTicket, ticketLifetimeMs } from '../../../src/services/portal/tickets.ts';
import { approveRequest, listRequestPage } from '../../../src/services/requests/decide.ts';
import {
  handOverSlip,
  issueSlips,
  recordBirthDates,
  slipLifetimeMs,
  voidSlip,
} from '../../../src/services/slips/issue.ts';
import { listCounters } from '../../../src/store/queries/account-details.ts';
import { findAccountById } from '../../../src/store/queries/accounts.ts';
import { listAuthenticators } from '../../../src/store/queries/authenticators.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { type Acts, createActs, monday } from '../acts.ts';
import { createTestClock, type TestClock } from '../clock.ts';
import { appCode, createPortalDeps } from '../portal-world.ts';
import { createWorld, type TestAccount, type World } from '../world.ts';

const source = '203.0.113.50';
const strong = 'lac-rong buom tim 4 canh';

describeOnEachStore('the portal', (open) => {
  let world: World;
  let clock: TestClock;
  let acts: Acts;
  let deps: PortalDeps;

  beforeAll(async () => {
    clock = createTestClock(monday);
    world = await createWorld(await open({ clock }), clock);
    deps = await createPortalDeps(world, clock);
    acts = createActs(world, clock);
  });
  beforeEach(() => clock.advance(60_000));
  afterAll(() => world.close());

  const row = async (account: TestAccount) => {
    const found = await world.store.read((db) => findAccountById(db, account.accountId));
    if (found === null) throw new Error('no account');
    return found;
  };
  const pending = () =>
    world.addAccount({ account: { status: 'pending', passwordPhc: null }, authenticators: [] });
  const slipOf = async (account: TestAccount) => {
    const [slip] = await issueSlips(acts.deps, { scope: null, userNames: [account.userName] });
    if (slip === undefined) throw new Error('no slip');
    return slip;
  };
  const staffCodeOf = async (account: TestAccount) => (await homeOf(deps, account.accountId, 'vi')).staffCode;
  const alerts = (rule: string) =>
    world.store.read(async (db) => db.select().from(db.tables.alerts).where(eq(db.tables.alerts.rule, rule)));
  const ticketOf = async (text: string) => {
    const found = await readTicket(deps, text);
    if (found === null) throw new Error('no ticket');
    return found;
  };
  const signIn = (
    account: TestAccount,
    code = world.codeOf(account),
    password = account.password,
    from = source,
  ) =>
    proveHolder(deps, {
      userName: account.userName,
      password,
      second: { kind: 'code', code },
      source: from,
      receivedAt: clock.now(),
      purpose: 'sign-in',
    });
  /** From slip to recovery codes. */
  const activated = async (account: TestAccount) => {
    const slip = await slipOf(account);
    await handOverSlip(acts.deps, { user: account.userName, scope: null });
    const opened = await openActivation(deps, { code: slip.code, source });
    if (opened.kind !== 'open') throw new Error(opened.kind);
    await chooseOwnPassword(deps, (await ticketOf(opened.ticket)).account, strong);
    const { secret } = await beginByTicket(deps, await ticketOf(opened.ticket));
    const finished = await finishByTicket(deps, await ticketOf(opened.ticket), appCode(secret, clock.now()));
    if (finished.kind !== 'finished') throw new Error(finished.kind);
    return { slip, secret, ticket: opened.ticket, recoveryCodes: finished.recoveryCodes };
  };

  it('proves nobody by a password of its own where a policy leaves passwords to an upstream', async () => {
    const account = await world.addAccount();
    await world.setPolicy('organisation', { firstFactor: 'ad' });
    const secret = { kind: 'password', text: account.password } as const;
    const typed = { userName: account.userName, source, receivedAt: clock.now() };
    expect(await signIn(account)).toEqual({ kind: 'refused', reason: 'password-wrong' });
    expect(await lockFromOutside(deps, { ...typed, secret })).toEqual({ kind: 'refused' });
    expect(await world.store.read((db) => listCounters(db, account.accountId))).toEqual([]);
    await world.setPolicy('organisation', {});
    expect(await signIn(account)).toMatchObject({ kind: 'proved' });
  });

  it('takes a holder from the slip to the first Accept, and the slip is spent', async () => {
    const account = await pending();
    const { slip, secret, ticket, recoveryCodes } = await activated(account);
    expect(slip.code).toMatch(/^([2-9A-HJ-NP-Z]{4}-){2}[2-9A-HJ-NP-Z]{4}$/);
    expect(recoveryCodes).toHaveLength(8);
    expect((await row(account)).status).toBe('active');
    const login = (code: string) =>
      ({ credentials: { style: 'password+code', text: `${strong}${code}` } }) as const;
    expect(await acts.decide(account, login(appCode(secret, clock.now())))).toBe('code-replayed');
    clock.advance(30_000);
    expect(await acts.decide(account, login(appCode(secret, clock.now())))).toBe('accept');
    expect(await readTicket(deps, ticket)).toBeNull();
    expect(await openActivation(deps, { code: slip.code, source })).toEqual({ kind: 'refused' });
    const texts = JSON.stringify([
      ...(await acts.acts('slip.print')),
      ...(await acts.acts('portal.finish-enrollment')),
      ...(await acts.acts('portal.set-password')),
    ]);
    for (const word of [slip.code, slip.code.replaceAll('-', ''), secret, strong, ...recoveryCodes])
      expect(texts).not.toContain(word);
  });

  it('takes the code as it is typed: lower case, with spaces or dashes', async () => {
    const account = await pending();
    const { code } = await slipOf(account);
    await handOverSlip(acts.deps, { user: account.userName, scope: null });
    expect(
      await openActivation(deps, { code: ` ${code.toLowerCase().replaceAll('-', ' ')} `, source }),
    ).toMatchObject({ kind: 'open' });
  });

  it('wants a second fact while the unit has not confirmed the hand-over; five wrong ones void the slip and alert', async () => {
    const account = await pending();
    const { code } = await slipOf(account);
    expect(await openActivation(deps, { code, source })).toEqual({ kind: 'hand-over-needed' });
    const staffCode = await staffCodeOf(account);
    await recordBirthDates(acts.deps, [{ line: 1, staffCode, birthDate: '28/02/1985' }]);
    expect(await openActivation(deps, { code, source })).toEqual({ kind: 'fact-needed' });
    expect(await openActivation(deps, { code, source, birthDate: '1985-02-28' })).toMatchObject({
      kind: 'open',
      userName: account.userName,
    });
    for (let tries = 0; tries < 5; tries += 1) {
      expect(await openActivation(deps, { code, source, birthDate: '01/01/1990' })).toEqual({
        kind: 'fact-wrong',
      });
    }
    expect(await openActivation(deps, { code, source, birthDate: '28/02/1985' })).toEqual({
      kind: 'refused',
    });
    expect(await alerts('activation-guessed')).toHaveLength(1);
  });

  it.each([
    ['reprinted', async (account: TestAccount) => void (await slipOf(account))],
    [
      'voided',
      async (account: TestAccount) =>
        void (await voidSlip(acts.deps, { user: account.userName, reason: 'thất lạc' })),
    ],
    ['out of date', async () => clock.advance(slipLifetimeMs)],
  ])('refuses a slip that is %s', async (_, spoil) => {
    const account = await pending();
    const { code } = await slipOf(account);
    await handOverSlip(acts.deps, { user: account.userName, scope: null });
    await spoil(account);
    expect(await openActivation(deps, { code, source })).toEqual({ kind: 'refused' });
  });

  it('lets nobody choose a password by a ticket whose slip became void', async () => {
    const account = await pending();
    const { code } = await slipOf(account);
    await handOverSlip(acts.deps, { user: account.userName, scope: null });
    const opened = await openActivation(deps, { code, source });
    if (opened.kind !== 'open') throw new Error(opened.kind);
    expect(await readTicket(deps, opened.ticket)).not.toBeNull();
    await slipOf(account);
    expect(await readTicket(deps, opened.ticket)).toBeNull();
  });

  it('opens nothing for accounts without a paper, or whose holder has left', async () => {
    const bare = await world.addAccount({
      account: { status: 'pending' },
      authenticators: [],
      assignment: null,
    });
    const gone = await world.addAccount({
      account: { status: 'pending' },
      authenticators: [],
      employment: [
        { kind: 'hired', effectiveAt: 0 },
        { kind: 'ended', detail: 'retired', effectiveAt: clock.now() - 1000 },
      ],
    });
    for (const [account, kind] of [
      [bare, 'not-ready'],
      [gone, 'refused'],
    ] as const) {
      const { code } = await slipOf(account);
      await handOverSlip(acts.deps, { user: account.userName, scope: null });
      expect(await openActivation(deps, { code, source })).toMatchObject({ kind });
    }
  });

  it.each([
    ['an address', ['198.51.100.7'], '198.51.100.8'],
    ['a network of IPv6', ['2001:db8:1:2::1', '2001:db8:1:2:3::4'], '2001:db8:1:3::1'],
  ])('slows %s that sends wrong codes down, and nobody else', async (_, sources, elsewhere) => {
    const [from = ''] = sources;
    const guess = (code: string, at = from) => openActivation(deps, { code, source: at });
    for (let tries = 0; tries < 20; tries += 1)
      expect(await guess('AAAABBBBCCCC', sources[tries % sources.length])).toEqual({ kind: 'refused' });
    const account = await pending();
    const { code } = await slipOf(account);
    await handOverSlip(acts.deps, { user: account.userName, scope: null });
    expect(await guess(code)).toMatchObject({ kind: 'throttled' });
    expect(await guess(code, elsewhere)).toMatchObject({ kind: 'open' });
    clock.advance(31_000);
    expect(await guess(code)).toMatchObject({ kind: 'open' });
  });

  it('closes a ticket after half an hour, and with a newer one', async () => {
    const account = await pending();
    const { code } = await slipOf(account);
    await handOverSlip(acts.deps, { user: account.userName, scope: null });
    const first = await openActivation(deps, { code, source });
    const second = await openActivation(deps, { code, source });
    if (first.kind !== 'open' || second.kind !== 'open') throw new Error('not open');
    expect(await readTicket(deps, first.ticket)).toBeNull();
    expect(await readTicket(deps, second.ticket)).not.toBeNull();
    clock.advance(ticketLifetimeMs);
    expect(await readTicket(deps, second.ticket)).toBeNull();
  });

  it('does not finish on a wrong code or without a password', async () => {
    const account = await pending();
    const { code } = await slipOf(account);
    await handOverSlip(acts.deps, { user: account.userName, scope: null });
    const opened = await openActivation(deps, { code, source });
    if (opened.kind !== 'open') throw new Error(opened.kind);
    const { secret } = await beginByTicket(deps, await ticketOf(opened.ticket));
    expect(await finishByTicket(deps, await ticketOf(opened.ticket), appCode(secret, clock.now()))).toEqual({
      kind: 'password-needed',
    });
    expect(await chooseOwnPassword(deps, (await ticketOf(opened.ticket)).account, 'matkhau123456')).toEqual({
      kind: 'refused',
      fault: 'common',
    });
    expect(
      await chooseOwnPassword(deps, (await ticketOf(opened.ticket)).account, 'mật khẩu của tôi 77'),
    ).toEqual({ kind: 'refused', fault: 'not-printable-ascii' });
    await chooseOwnPassword(deps, (await ticketOf(opened.ticket)).account, strong);
    expect(
      await finishByTicket(deps, await ticketOf(opened.ticket), appCode(secret, clock.now() - 300_000)),
    ).toEqual({ kind: 'code-wrong', clockSkewMinutes: -5 });
    expect((await row(account)).status).toBe('pending');
  });

  it('lets a holder in by password and code, whose step is spent at the gateway too', async () => {
    const account = await world.addAccount();
    const code = world.codeOf(account);
    expect(await signIn(account, code)).toMatchObject({ kind: 'proved', sourceId: null });
    expect(await signIn(account, code)).toEqual({ kind: 'refused', reason: 'code-replayed' });
    expect(await acts.decide(account)).toBe('code-replayed');
  });

  it.each([
    ['account-withdrawn', { account: { status: 'withdrawn' } }],
    ['account-pending', { account: { status: 'pending' } }],
    ['password-compromised', { account: { passwordState: 'compromised' } }],
    [
      'employment-ended',
      {
        employment: [
          { kind: 'hired', effectiveAt: 0 },
          { kind: 'ended', detail: 'retired', effectiveAt: 1 },
        ],
      },
    ],
  ] as const)('keeps out for %s', async (reason, options) => {
    const account = await world.addAccount(options as Parameters<World['addAccount']>[0]);
    expect(await signIn(account)).toEqual({ kind: 'refused', reason });
  });

  it.each([
    ['suspended', { suspendedDetail: 'by-unit', suspendedAt: 1, suspendedBy: 'unit' }],
    ['expired', { validFrom: 1, validUntil: 2 }],
    ['password-change-required', { passwordState: 'change-required' }],
  ] as const)('lets in who is %s, to be told so', async (reason, columns) => {
    const account = await world.addAccount({ account: columns });
    expect(await signIn(account)).toMatchObject({ kind: 'proved' });
    expect((await homeOf(deps, account.accountId, 'vi')).standing?.reason).toBe(reason);
  });

  it('refuses an unknown name and a wrong password, which counts where the gateway counts', async () => {
    const account = await world.addAccount();
    const nobody = { ...account, userName: 'khong-co-ai' };
    expect(await signIn(nobody)).toEqual({ kind: 'refused', reason: 'account-unknown' });
    expect(await signIn(account, undefined, 'sai roi nhe ban oi')).toEqual({
      kind: 'refused',
      reason: 'password-wrong',
    });
    const counters = await world.store.read((db) => listCounters(db, account.accountId));
    expect(counters.map(({ scope }) => scope)).toEqual(['password', `password@${source}`]);
  });

  it('stops guessing of codes, at the gateway too, and hears no right one meanwhile', async () => {
    const account = await world.addAccount();
    const wrong = world.wrongCode(account);
    let reason = '';
    for (let tries = 0; tries < 30 && reason !== 'locked-out'; tries += 1) {
      const proof = await signIn(account, wrong, account.password, `192.0.2.${tries}`);
      reason = proof.kind === 'refused' ? proof.reason : proof.kind;
    }
    expect(reason).toBe('locked-out');
    expect(await signIn(account)).toEqual({ kind: 'refused', reason: 'locked-out' });
    expect(await acts.decide(account, { observed: [] })).toMatch(/^(locked-out|workstation-not-identified)/);
  });

  it('gives a new phone for password and recovery code, once, and the old one ends', async () => {
    const account = await pending();
    const { recoveryCodes } = await activated(account);
    const [code = ''] = recoveryCodes;
    const typed = { userName: account.userName, password: strong, source, receivedAt: clock.now() };
    expect(await openRecovery(deps, { ...typed, by: 'recovery', code: 'AAAABBBBCCCC' })).toEqual({
      kind: 'refused',
    });
    expect(await openRecovery(deps, { ...typed, password: account.password, by: 'recovery', code })).toEqual({
      kind: 'refused',
    });
    const opened = await openRecovery(deps, { ...typed, by: 'recovery', code: code.toLowerCase() });
    if (opened.kind !== 'open') throw new Error(opened.kind);
    const { secret } = await beginByTicket(deps, await ticketOf(opened.ticket));
    clock.advance(30_000);
    const finished = await finishByTicket(deps, await ticketOf(opened.ticket), appCode(secret, clock.now()));
    expect(finished.kind).toBe('finished');
    const held = await world.store.read((db) => listAuthenticators(db, account.accountId));
    expect(held.map(({ state }) => state)).toEqual(['revoked', 'active']);
    for (const former of recoveryCodes) {
      expect(await openRecovery(deps, { ...typed, by: 'recovery', code: former })).toEqual({
        kind: 'refused',
      });
      clock.advance(3_600_000);
    }
  });

  it('gives a new phone for password and an approved request, and never for the password alone', async () => {
    const account = await world.addAccount();
    const typed = { userName: account.userName, password: account.password, source, receivedAt: clock.now() };
    const decoys = [
      await askForNewPhone(deps, { ...typed, password: 'sai mat khau roi', reason: 'mất máy' }),
      await askForNewPhone(deps, { ...typed, userName: 'khong-co-ai', reason: 'mất máy' }),
    ];
    for (const decoy of decoys)
      expect(decoy).toEqual({
        kind: 'asked',
        code: expect.stringMatching(/^[2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4}$/),
      });
    const mine = async () =>
      (
        await listRequestPage(acts.deps, {
          scope: null,
          states: ['open'],
          kind: 'new-authenticator',
          limit: 100,
        })
      ).requests.filter(({ userName }) => userName === account.userName);
    expect(await mine()).toEqual([]);
    const asked = await askForNewPhone(deps, { ...typed, reason: 'mất máy' });
    if (asked.kind !== 'asked') throw new Error(asked.kind);
    expect(await openRecovery(deps, { ...typed, by: 'request', code: asked.code })).toEqual({
      kind: 'refused',
    });
    const [request] = await mine();
    await approveRequest(
      { ...acts.deps, decider: { personId: null } },
      { requestId: request?.id ?? 0, scope: null, reason: 'đã gặp', code: asked.code },
    );
    const opened = await openRecovery(deps, { ...typed, by: 'request', code: asked.code });
    if (opened.kind !== 'open') throw new Error(opened.kind);
    const { secret } = await beginByTicket(deps, await ticketOf(opened.ticket));
    const finished = await finishByTicket(deps, await ticketOf(opened.ticket), appCode(secret, clock.now()));
    expect(finished.kind).toBe('finished');
    expect(await openRecovery(deps, { ...typed, by: 'request', code: asked.code })).toEqual({
      kind: 'refused',
    });
  });

  it.each(['password', 'recovery'] as const)(
    'locks with the %s alone: no login, sessions cut, the unit alerted',
    async (kind) => {
      const account = await pending();
      const { secret, recoveryCodes } = await activated(account);
      clock.advance(30_000);
      const login = {
        credentials: { style: 'password+code', text: `${strong}${appCode(secret, clock.now())}` },
      } as const;
      expect(await acts.decide(account, login)).toBe('accept');
      const lock = (text: string) =>
        lockFromOutside(deps, {
          userName: account.userName,
          source,
          receivedAt: clock.now(),
          secret: { kind, text },
        });
      expect(await lock('sai-hoan-toan')).toEqual({ kind: 'refused' });
      const before = (await alerts('locked-by-holder')).length;
      const text = kind === 'password' ? strong : (recoveryCodes[0] ?? '');
      expect(await lock(text)).toEqual({ kind: 'locked', accountId: account.accountId });
      expect((await row(account)).suspendedDetail).toBe('by-holder');
      expect((await alerts('locked-by-holder')).length).toBe(before + 1);
      expect((await ownSessions(deps, account.accountId)).map(({ cut }) => cut)).toEqual(['ordered']);
      expect(await lock(text)).toEqual({ kind: 'locked', accountId: account.accountId });
      clock.advance(30_000);
      const again = {
        credentials: { style: 'password+code', text: `${strong}${appCode(secret, clock.now())}` },
      } as const;
      expect(await acts.decide(account, again)).toBe('suspended: by-holder');
      const typed = { userName: account.userName, password: strong, source, receivedAt: clock.now() };
      if (kind === 'recovery')
        expect((await openRecovery(deps, { ...typed, by: 'recovery', code: text })).kind).toBe('open');
    },
  );

  it('shows own attempts with their reasons, lets them be denied, and keeps to itself what is not the holder’s', async () => {
    const account = await world.addAccount();
    await world.store.write((db) => world.addMachine(db, 'MAY-KHAC', ['mac:0210a4239999']));
    expect(await acts.decide(account)).toBe('accept');
    clock.advance(30_000);
    await acts.decide(account, { observed: [{ key: 'mac:0210a4239999', level: 1 }] });
    await acts.decide(account, {
      credentials: { style: 'password+code', text: `sai mat khau${world.codeOf(account)}` },
    });
    const attempts = await attemptsOf(deps, account.userName, 'vi');
    expect(attempts.map(({ outcome }) => outcome)).toContain('accept');
    const text = JSON.stringify(attempts);
    expect(text).not.toContain('MAY-KHAC');
    expect(text).not.toMatch(/người khác|"password"/);
    const [newest] = attempts;
    const stranger = await world.addAccount();
    expect(await denyDecision(deps, stranger.accountId, newest?.record ?? '')).toBe(false);
    expect(await denyDecision(deps, account.accountId, 'khong:phai')).toBe(false);
    expect(await denyDecision(deps, account.accountId, newest?.record ?? '')).toBe(true);
    const [alert] = await alerts('denied-by-holder');
    expect(alert).toMatchObject({ accountId: account.accountId });
    expect(JSON.parse(alert?.evidence ?? '{}')).toMatchObject({ cause: 'not-me', decision: newest?.record });
    clock.advance(30_000);
    expect(await acts.decide(account)).toBe('suspended: by-holder');
  });

  it('cuts one of the own sessions, and nobody else’s', async () => {
    const account = await world.addAccount();
    const stranger = await world.addAccount();
    expect(await acts.decide(account)).toBe('accept');
    const [session] = await ownSessions(deps, account.accountId);
    const id = session?.id ?? 0;
    expect(await cutOwnSession(deps, { id: stranger.accountId, userName: stranger.userName }, id)).toBe(
      false,
    );
    expect(await cutOwnSession(deps, { id: account.accountId, userName: account.userName }, id)).toBe(true);
    expect((await ownSessions(deps, account.accountId))[0]?.cut).toBe('ordered');
  });

  it('asks for the rules once in each version, and records when they were accepted', async () => {
    const account = await world.addAccount();
    expect((await currentRules(world.store)).version).toBe(0);
    const first = await publishRules(acts.deps, {
      textVi: 'Giữ kín mật khẩu.',
      textEn: 'Keep the password.',
    });
    expect(await currentRules(world.store)).toEqual({
      version: first.version,
      textVi: 'Giữ kín mật khẩu.',
      textEn: 'Keep the password.',
    });
    expect(await acts.decide(account)).toBe('rules-not-accepted');
    expect(await acceptRules(deps, await row(account), first.version + 1)).toBe(false);
    expect(await acceptRules(deps, await row(account), first.version)).toBe(true);
    expect(await acceptRules(deps, await row(account), first.version)).toBe(true);
    expect(await acceptancesOf(world.store, account.accountId)).toEqual([
      { version: first.version, acceptedAt: clock.now() },
    ]);
    clock.advance(30_000);
    expect(await acts.decide(account)).toBe('accept');
    const second = await publishRules(acts.deps, { textVi: 'Bản mới.', textEn: 'A new one.' });
    expect(second.version).toBe(first.version + 1);
    clock.advance(30_000);
    expect(await acts.decide(account)).toBe('rules-not-accepted');
    await expect(publishRules(acts.deps, { textVi: ' ', textEn: 'x' })).rejects.toThrow('textVi');
  });
});
