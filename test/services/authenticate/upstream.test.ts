// Logins whose password somebody else knows: the directory's word counts for the password and for nothing more.
import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemRandom } from '../../../src/base/random.ts';
import { setFirstFactor } from '../../../src/services/accounts/first-factor.ts';
import { createFirstFactors } from '../../../src/services/first-factor/first-factors.ts';
import { createGuardedUpstream } from '../../../src/services/first-factor/guarded.ts';
import type { UpstreamQuestion, UpstreamReply } from '../../../src/services/first-factor/upstream.ts';
import type { LoginRequest, Verdict } from '../../../src/services/login.ts';
import { bumpRevision } from '../../../src/store/queries/revision.ts';
import { putSetting } from '../../../src/store/queries/settings.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { createActs } from '../acts.ts';
import { captureLog } from '../captured-log.ts';
import { createTestClock, type TestClock } from '../clock.ts';
import { createWorld, type TestAccount, type World } from '../world.ts';

const monday = Date.UTC(2026, 2, 2, 1);

describeOnEachStore('a login whose password a directory knows', (open) => {
  let clock: TestClock;
  let world: World;
  let account: TestAccount;
  let asked: UpstreamQuestion[];
  let pauses: number;
  let reply: (question: UpstreamQuestion) => UpstreamReply | Promise<UpstreamReply>;
  let node: Awaited<ReturnType<World['createNode']>>;

  beforeAll(async () => {
    clock = createTestClock(monday);
    world = await createWorld(await open({ clock }), clock);
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    clock.set(monday);
    account = await world.addAccount();
    await world.setPolicy('organisation', { firstFactor: 'ad' });
    asked = [];
    pauses = 0;
    reply = ({ password }) => (password === 'mat khau o AD' ? 'right' : 'wrong');
    const upstream = createGuardedUpstream({
      name: 'ad',
      servers: [
        {
          name: 'dc1',
          ask: async (question) => {
            asked.push(question);
            return await reply(question);
          },
        },
      ],
      concurrency: 4,
      takesMsChap: true,
      clock,
      random: systemRandom,
      log: captureLog(),
      sleep: async () => {
        pauses += 1;
      },
    });
    node = await world.createNode('one', { firstFactors: createFirstFactors(new Map([['ad', upstream]])) });
  });
  afterEach(() => world.setPolicy('organisation', {}));

  const typed = (of: TestAccount, password: string, code: string) =>
    node.authenticate(
      world.login(of, { credentials: { style: 'password+code', text: `${password}${code}` } }),
    );
  const last = async () => {
    const { outcome, reason, detail, data } = await world.lastRecord();
    return { outcome, reason, detail, password: data['password'] };
  };

  test('is accepted with the password kept there and a code of ours, once', async () => {
    const code = world.codeOf(account);
    expect(await typed(account, 'mat khau o AD', code)).toMatchObject({ kind: 'accept' });
    expect(asked).toMatchObject([{ userName: account.userName, password: 'mat khau o AD' }]);
    expect(await typed(account, 'mat khau o AD', code)).toMatchObject({ kind: 'reject' });
    expect(await last()).toMatchObject({ reason: 'code-replayed' });
  });

  test('is refused with the password that the broker itself has of the account', async () => {
    expect(await typed(account, account.password, world.codeOf(account))).toMatchObject({ kind: 'reject' });
    expect(await last()).toMatchObject({ reason: 'password-wrong', password: 'wrong' });
  });

  test('is refused with a ticket, which was bought with a password that the directory has not seen', async () => {
    const key = `spki-sha256:${'cd'.repeat(32)}`;
    const own = await world.addAccount();
    await world.addIdentifier(own, key);
    await world.addTicket(own, { kind: 'login' });
    // Tickets are sold as the holder's unit keeps passwords; this gateway asks the directory.
    await world.setPolicy('organisation', {});
    const gateway = `gateway:${world.gateways.appended}`;
    await world.setPolicy(gateway, { firstFactor: 'ad' });
    const login = () =>
      world.login(own, {
        credentials: { style: 'ticket' },
        method: 'EAP-TLS',
        observed: [{ key, level: 3 }],
      });
    expect(await node.authenticate(login())).toMatchObject({ kind: 'reject' });
    expect(await last()).toMatchObject({ reason: 'method-not-allowed', detail: 'no-credential' });
    expect(asked).toEqual([]);
    // Neither spent nor lost: where the broker keeps the passwords it is as good as ever.
    await world.setPolicy(gateway, {});
    expect(await node.authenticate(login())).toMatchObject({ kind: 'accept' });
  });

  test('is refused with a ticket that was sold before the policy named the directory', async () => {
    const key = `spki-sha256:${'ce'.repeat(32)}`;
    const own = await world.addAccount();
    await world.addIdentifier(own, key);
    await world.addTicket(own, { kind: 'login', passwordBy: 'own' });
    const login = () =>
      world.login(own, {
        credentials: { style: 'ticket' },
        method: 'EAP-TLS',
        observed: [{ key, level: 3 }],
      });
    expect(await node.authenticate(login())).toMatchObject({ kind: 'reject' });
    expect(await last()).toMatchObject({ reason: 'method-not-allowed', detail: 'no-credential' });
    await world.addTicket(own, { kind: 'login', passwordBy: 'ad' });
    expect(await node.authenticate(login())).toMatchObject({ kind: 'accept' });
  });

  test('is refused without a right code, whatever the directory says', async () => {
    expect(await typed(account, 'mat khau o AD', world.wrongCode(account))).toMatchObject({ kind: 'reject' });
    expect(await last()).toMatchObject({ reason: 'code-wrong', password: 'right' });
    // Nothing can come of a login without a code: the directory is not bothered.
    asked = [];
    expect(await typed(account, 'mat khau o AD', '')).toMatchObject({ kind: 'reject' });
    expect(await last()).toMatchObject({ reason: 'code-missing' });
    expect(asked).toEqual([]);
    expect(pauses).toBe(1);
  });

  test.each([
    ['change-required', 'password-change-required', null],
    ['closed', 'suspended', 'by-directory'],
  ] as const)('whose account is %s there is refused as %s', async (answer, reason, detail) => {
    reply = () => answer;
    expect(await typed(account, 'mat khau o AD', world.codeOf(account))).toMatchObject({ kind: 'reject' });
    expect(await last()).toMatchObject({ reason, detail });
    // The code was not spent.
    reply = () => 'right';
    expect(await typed(account, 'mat khau o AD', world.codeOf(account))).toMatchObject({ kind: 'accept' });
  });

  test('gets no answer while the directory gives none, and nothing is recorded or counted', async () => {
    reply = () => {
      throw new Error('connect ECONNREFUSED');
    };
    const before = (await world.records()).length;
    expect(await typed(account, 'mat khau o AD', world.codeOf(account))).toEqual({
      kind: 'silent',
      cause: 'upstream-unavailable',
    });
    expect(await world.records()).toHaveLength(before);
    reply = () => 'right';
    expect(await typed(account, 'mat khau o AD', world.codeOf(account))).toMatchObject({ kind: 'accept' });
  });

  test('gets no answer where the policy names an upstream that this node does not have', async () => {
    await world.setPolicy('organisation', { firstFactor: 'elsewhere' });
    expect(await typed(account, 'mat khau o AD', world.codeOf(account))).toEqual({
      kind: 'silent',
      cause: 'upstream-unavailable',
    });
  });

  test('of nobody known, or of somebody suspended, is not carried to the directory and takes as long', async () => {
    const suspended = await world.addAccount({
      account: { suspendedDetail: 'by-unit', suspendedAt: monday - 1000, suspendedBy: 'unit' },
    });
    expect(await typed(suspended, 'mat khau o AD', world.codeOf(suspended))).toMatchObject({
      kind: 'reject',
    });
    expect(await last()).toMatchObject({ reason: 'suspended', detail: 'by-unit', password: 'not-checked' });
    const nobody = world.request({
      userName: 'khong-co-ai',
      credentials: { style: 'password+code', text: 'mat khau o AD123456' },
    });
    expect(await node.authenticate(nobody)).toMatchObject({ kind: 'reject' });
    expect(asked).toEqual([]);
    expect(pauses).toBe(2);
  });

  test('waits after guesses, and while it waits the directory is not asked', async () => {
    await world.setPolicy('organisation', {
      firstFactor: 'ad',
      lockout: { passwordAttempts: 2, passwordDelayMs: 60_000 },
    });
    for (let guess = 0; guess < 4; guess += 1) {
      await typed(account, `guess ${guess}`, world.wrongCode(account));
    }
    expect(await last()).toMatchObject({ reason: 'locked-out', password: 'not-checked' });
    expect(asked.length).toBeLessThan(4);
  });

  test('by challenge: asked in round one, and round two needs the code alone', async () => {
    const begin = (text: string) =>
      node.authenticate(
        world.login(account, {
          gatewayId: world.gateways.challenge,
          credentials: { style: 'password', text },
        }),
      );
    const answer = (state: string, text: string) =>
      node.authenticate(
        world.login(account, {
          gatewayId: world.gateways.challenge,
          credentials: { style: 'challenge-answer', state, text },
        }),
      );
    const first = await begin('mat khau o AD');
    if (first.kind !== 'challenge') throw new Error(first.kind);
    expect(await answer(first.state, world.codeOf(account))).toMatchObject({ kind: 'accept' });
    expect(asked).toHaveLength(1);

    clock.advance(60_000);
    const second = await begin('wrong');
    if (second.kind !== 'challenge') throw new Error(second.kind);
    expect(await answer(second.state, world.codeOf(account))).toMatchObject({ kind: 'reject' });
    expect(await last()).toMatchObject({ reason: 'password-wrong' });

    reply = () => 'unavailable';
    expect(await begin('mat khau o AD')).toEqual({ kind: 'silent', cause: 'upstream-unavailable' });
  });

  test('of a unit with a policy of its own goes where that policy says', async () => {
    await world.setPolicy('organisation', {});
    await world.setPolicy(`unit:${world.units.local}`, { firstFactor: 'ad' });
    try {
      expect(await typed(account, 'mat khau o AD', world.codeOf(account))).toMatchObject({ kind: 'accept' });
    } finally {
      await world.setPolicy(`unit:${world.units.local}`, {});
    }
    clock.advance(60_000);
    expect(await typed(account, account.password, world.codeOf(account))).toMatchObject({ kind: 'accept' });
    expect(asked).toHaveLength(1);
  });

  test('accounts move from the directory to the broker, and back, one by one', async () => {
    const acts = createActs(world, clock);
    const other = await world.addAccount();
    const move = (firstFactor: string | null) =>
      setFirstFactor(
        { ...acts.deps, upstreams: ['ad'] },
        { user: account.userName, firstFactor, reason: 'chuyển dần' },
      );
    await move('own');
    expect(await typed(account, account.password, world.codeOf(account))).toMatchObject({ kind: 'accept' });
    expect(await typed(other, 'mat khau o AD', world.codeOf(other))).toMatchObject({ kind: 'accept' });
    expect(asked.map(({ userName }) => userName)).toEqual([other.userName]);
    clock.advance(60_000);
    expect(await typed(account, 'mat khau o AD', world.codeOf(account))).toMatchObject({ kind: 'reject' });
    expect(await last()).toMatchObject({ reason: 'password-wrong' });

    // And the other way round: the policy keeps passwords here, one account is still asked for there.
    await world.setPolicy('organisation', {});
    await move('ad');
    expect(await typed(account, 'mat khau o AD', world.codeOf(account))).toMatchObject({ kind: 'accept' });
    clock.advance(60_000);
    await move(null);
    expect(await typed(account, account.password, world.codeOf(account))).toMatchObject({ kind: 'accept' });
    const records = await acts.acts('account.set-first-factor');
    expect(records.map(({ data }) => [data['formerFirstFactor'], data['firstFactor']])).toEqual([
      ['ad', null],
      ['own', 'ad'],
      [null, 'own'],
    ]);
    expect(records[0]?.personal).toMatchObject({ userName: account.userName, reason: 'chuyển dần' });
  });

  test('no account moves to a password that it does not have, to a name that is none, or to where it is', async () => {
    const acts = createActs(world, clock);
    const bare = await world.addAccount({ account: { passwordPhc: null } });
    const move = (firstFactor: string | null, reason = 'chuyển dần') =>
      setFirstFactor({ ...acts.deps, upstreams: ['ad'] }, { user: bare.userName, firstFactor, reason });
    const before = await acts.revisionOf(bare);
    await expect(move('own')).rejects.toThrow('has no password of its own');
    await expect(move('ad; rm')).rejects.toThrow('The configuration has no upstream "ad; rm"');
    await expect(move(null)).rejects.toThrow('has this already');
    await expect(move('ad', ' ')).rejects.toThrow();
    expect(await acts.revisionOf(bare)).toBe(before);
  });

  describe('that takes MS-CHAPv2', () => {
    const granted = {
      success: Buffer.from('\u0001S=407A5589115FD0D6209F510FE9C04566932CDA56'),
      keys: { recv: Buffer.alloc(16, 1), send: Buffer.alloc(16, 2) },
      encryption: null,
    };
    const right = Buffer.alloc(50, 1);
    const tried = (response = right, more: Partial<LoginRequest> = {}) =>
      node.authenticate(
        world.login(account, {
          userName: account.userName.toUpperCase(),
          credentials: { style: 'ms-chap', challenge: Buffer.alloc(16), response },
          ...more,
        }),
      );
    beforeEach(() => {
      reply = ({ msChap }) => (msChap?.response.equals(right) ? { kind: 'right', ...granted } : 'wrong');
    });

    test('accepts with a ticket that stands for the code, once, and hands on what the client wants to see', async () => {
      await world.addTicket(account, { kind: 'login', expiresAt: clock.now() + 120_000 });
      expect(await tried(Buffer.alloc(50))).toMatchObject({ kind: 'reject' });
      expect(await last()).toMatchObject({ reason: 'password-wrong', password: 'wrong' });
      // The ticket was not used up by that. The client's proof covers the name as it was typed.
      expect(await tried()).toMatchObject({ kind: 'accept', msChap: granted });
      expect(asked.map(({ userName, password }) => [userName, password])).toEqual([
        [account.userName.toUpperCase(), ''],
        [account.userName.toUpperCase(), ''],
      ]);
      expect((await world.lastRecord()).data).toMatchObject({ ticket: 'login', style: 'ms-chap' });
      expect(await tried()).toMatchObject({ kind: 'reject' });
      expect(await last()).toMatchObject({ reason: 'device-ticket-used' });
    });

    test('is not even asked without a ticket, nor with one that is not good here', async () => {
      expect(await tried()).toMatchObject({ kind: 'reject' });
      expect(await last()).toMatchObject({ reason: 'code-missing', password: 'not-checked' });
      await world.addTicket(account, { kind: 'login', expiresAt: clock.now() });
      expect(await tried()).toMatchObject({ kind: 'reject' });
      expect(await last()).toMatchObject({ reason: 'device-ticket-expired' });
      await world.addTicket(account, { kind: 'login', address: '203.0.113.250' });
      expect(await tried()).toMatchObject({ kind: 'reject' });
      expect(await last()).toMatchObject({ reason: 'device-ticket-mismatch' });
      // A ticket that proves the workstation alone stands for no code.
      await world.addTicket(account);
      expect(await tried()).toMatchObject({ kind: 'reject' });
      expect(asked).toEqual([]);
    });

    test('does not let in from another workstation than the ticket was bought for', async () => {
      const other = await world.addAccount();
      await world.addTicket(account, { kind: 'login', workstationId: other.workstationId ?? 0 });
      expect(await tried()).toMatchObject({ kind: 'reject' });
      expect(await last()).toMatchObject({ reason: 'device-ticket-mismatch' });
    });

    test('is no way round a policy that keeps passwords here', async () => {
      await world.setPolicy('organisation', {});
      await world.addTicket(account, { kind: 'login' });
      expect(await tried()).toMatchObject({ kind: 'reject' });
      expect(await last()).toMatchObject({ reason: 'method-not-allowed', detail: 'ms-chap' });
      expect(asked).toEqual([]);
    });

    test.each([
      ['gives no answer', 'unavailable'],
      ['says yes without a proof of its own', 'right'],
    ] as const)('and %s: nobody is refused, and the ticket is still good', async (_name, said) => {
      await world.addTicket(account, { kind: 'login' });
      const usual = reply;
      reply = () => said;
      expect(await tried()).toEqual({ kind: 'silent', cause: 'upstream-unavailable' });
      reply = usual;
      expect(await tried()).toMatchObject({ kind: 'accept' });
    });
  });

  describe('that asks back', () => {
    const asks = (message = 'Token:', state = 'upstream-state'): UpstreamReply => ({
      kind: 'asked-back',
      state: Buffer.from(state),
      message,
    });
    /** Password, then a code of its own. */
    const twoSteps = (question: UpstreamQuestion): UpstreamReply => {
      if (question.answering === undefined) return question.password === 'mat khau o AD' ? asks() : 'wrong';
      const isRight =
        question.answering.state.toString() === 'upstream-state' && question.password === '4711';
      return isRight ? 'right' : 'wrong';
    };
    const begin = (of = account, more: Partial<LoginRequest> = {}) =>
      node.authenticate(
        world.login(of, {
          gatewayId: world.gateways.challenge,
          credentials: { style: 'password', text: 'mat khau o AD' },
          ...more,
        }),
      );
    const answer = (verdict: Verdict, text: string, of = account, more: Partial<LoginRequest> = {}) => {
      if (verdict.kind !== 'challenge') throw new Error(verdict.kind);
      return node.authenticate(
        world.login(of, {
          gatewayId: world.gateways.challenge,
          credentials: { style: 'challenge-answer', state: verdict.state, text },
          ...more,
        }),
      );
    };
    beforeEach(() => {
      reply = twoSteps;
    });

    test('gets the answer with its State, and then our own code is asked for', async () => {
      const first = await begin();
      expect(first).toMatchObject({ kind: 'challenge', message: 'Token:' });
      expect(await last()).toMatchObject({ outcome: 'challenge', reason: null, password: 'asked-back' });
      const second = await answer(first, '4711');
      expect(second).toMatchObject({ kind: 'challenge' });
      expect(second).not.toHaveProperty('message');
      expect(await last()).toMatchObject({ outcome: 'challenge', reason: null, password: 'right' });
      expect(await answer(second, world.codeOf(account))).toMatchObject({ kind: 'accept' });
      expect(asked.map(({ userName, password }) => [userName, password])).toEqual([
        [account.userName, 'mat khau o AD'],
        [account.userName, '4711'],
      ]);
    });

    test('with an answer that it refuses: password-wrong, upstream-answer, and the State is used up', async () => {
      const first = await begin();
      expect(await answer(first, '0000')).toMatchObject({ kind: 'reject' });
      expect(await last()).toMatchObject({
        reason: 'password-wrong',
        detail: 'upstream-answer',
        password: 'answer-refused',
      });
      expect(await answer(first, '4711')).toMatchObject({ kind: 'reject' });
      expect(await last()).toMatchObject({ reason: 'challenge-mismatch', detail: 'reused' });
    });

    test('is guessed at no more often than a password', async () => {
      await world.setPolicy('organisation', {
        firstFactor: 'ad',
        lockout: { passwordAttempts: 2, passwordDelayMs: 60_000 },
      });
      for (let guess = 0; guess < 3; guess += 1) {
        const round = await begin();
        if (round.kind === 'challenge') await answer(round, `000${guess}`);
      }
      const before = asked.length;
      await begin();
      expect(await last()).toMatchObject({ outcome: 'challenge', reason: 'locked-out' });
      expect(asked).toHaveLength(before);
    });

    test('and is answered with a code of ours that it takes too: it is not asked for twice', async () => {
      reply = (question) => (question.answering === undefined ? asks() : 'right');
      const code = world.codeOf(account);
      expect(await answer(await begin(), code)).toMatchObject({ kind: 'accept' });
      // The code is used up by that: elsewhere it opens nothing, and here another is asked for.
      const again = await answer(await begin(), code);
      expect(again).toMatchObject({ kind: 'challenge' });
      expect(await answer(again, code)).toMatchObject({ kind: 'reject' });
      expect(await last()).toMatchObject({ reason: 'code-replayed' });
    });

    test('behind a gateway that appends the code: the code of round one is judged by what holds in round two', async () => {
      const appended = { gatewayId: world.gateways.appended };
      const typedOf = (code: string) =>
        begin(account, {
          ...appended,
          credentials: { style: 'password+code', text: `mat khau o AD${code}` },
        });
      const code = world.codeOf(account);
      const [first, twin] = [await typedOf(code), await typedOf(code)];
      expect(first).toMatchObject({ kind: 'challenge', message: 'Token:' });
      expect(await answer(first, '4711', account, appended)).toMatchObject({ kind: 'accept' });
      expect(await answer(twin, '4711', account, appended)).toMatchObject({ kind: 'reject' });
      expect(await last()).toMatchObject({ reason: 'code-replayed' });
      expect(await typedOf(world.wrongCode(account))).toMatchObject({ kind: 'reject' });
      expect(await last()).toMatchObject({ reason: 'code-wrong', password: 'asked-back' });
    });

    test('lets in by no code of round one from before a restore', async () => {
      const appended = { gatewayId: world.gateways.appended };
      const first = await begin(account, {
        ...appended,
        credentials: { style: 'password+code', text: `mat khau o AD${world.codeOf(account)}` },
      });
      await world.store.write((db) => putSetting(db, 'codeFloorAt', String(clock.now() + 60_000)));
      expect(await answer(first, '4711', account, appended)).toMatchObject({ kind: 'reject' });
      expect(await last()).toMatchObject({ reason: 'code-replayed' });
      await world.store.write((db) => putSetting(db, 'codeFloorAt', '0'));
    });

    test.each([
      ['another account', 'other-account'],
      ['another gateway', 'other-gateway'],
      ['another client', 'other-client'],
    ] as const)('is not answered by %s', async (who, detail) => {
      const first = await begin();
      const other = detail === 'other-account' ? await world.addAccount() : account;
      const more =
        detail === 'other-gateway'
          ? { gatewayId: world.gateways.appended }
          : detail === 'other-client'
            ? { station: '203.0.113.200' }
            : {};
      expect(await answer(first, '4711', other, more), who).toMatchObject({ kind: 'reject' });
      expect(await last()).toMatchObject({ reason: 'challenge-mismatch', detail });
      expect(asked).toHaveLength(1);
    });

    test('is not answered when the time for it is over, or once the policy asks nobody else', async () => {
      const first = await begin();
      clock.advance(10 * 60_000);
      expect(await answer(first, '4711')).toMatchObject({ kind: 'reject' });
      expect(await last()).toMatchObject({ reason: 'challenge-expired' });
      const second = await begin();
      await world.setPolicy('organisation', {});
      expect(await answer(second, '4711')).toMatchObject({ kind: 'reject' });
      expect(await last()).toMatchObject({ reason: 'challenge-expired' });
      expect(asked).toHaveLength(2);
    });

    test('is not answered for an account that was suspended meanwhile', async () => {
      const first = await begin();
      await world.store.write(async (db) => {
        const { accounts } = db.tables;
        await db
          .update(accounts)
          .set({ suspendedDetail: 'by-unit', suspendedAt: clock.now(), suspendedBy: 'unit' })
          .where(eq(accounts.id, account.accountId));
        await bumpRevision(db, { accountIds: [account.accountId] });
      });
      expect(await answer(first, '4711')).toMatchObject({ kind: 'reject' });
      expect(await last()).toMatchObject({ reason: 'suspended', detail: 'by-unit', password: 'not-checked' });
      expect(asked).toHaveLength(1);
    });

    test('may ask five times, each time with a State of its own; more than that is no answer', async () => {
      let questions = 0;
      reply = ({ answering }) => {
        expect(answering?.state.toString()).toBe(questions === 0 ? undefined : `state ${questions}`);
        questions += 1;
        return asks(`Question ${questions}:`, `state ${questions}`);
      };
      let verdict = await begin();
      for (let round = 1; round <= 5; round += 1) {
        expect(verdict).toMatchObject({ kind: 'challenge', message: `Question ${round}:` });
        verdict = await answer(verdict, `answer ${round}`);
      }
      expect(verdict).toEqual({ kind: 'silent', cause: 'upstream-unavailable' });
      expect(questions).toBe(6);
    });

    test('and then gives no answer: nobody is refused, and nothing is counted', async () => {
      const first = await begin();
      const before = (await world.records()).length;
      reply = () => 'unavailable';
      expect(await answer(first, '4711')).toEqual({ kind: 'silent', cause: 'upstream-unavailable' });
      expect(await world.records()).toHaveLength(before);
      // The gateway asks again, and the server is back.
      reply = twoSteps;
      expect(await answer(first, '4711')).toMatchObject({ kind: 'challenge' });
    });

    test('what can not be asked further (PAP within EAP-TTLS) is not decided', async () => {
      const credentials = {
        style: 'password+code',
        text: `mat khau o AD${world.codeOf(account)}`,
      } as const;
      expect(await begin(account, { canAsk: false, credentials })).toEqual({
        kind: 'silent',
        cause: 'upstream-unavailable',
      });
    });
  });
});
