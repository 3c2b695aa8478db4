// The order of one login's steps, and what happens when something else happens at the same time.
import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { StoreUnavailableError } from '../../../src/base/errors.ts';
import { systemRandom } from '../../../src/base/random.ts';
import type { LoginRequest, Verdict } from '../../../src/services/login.ts';
import { createPasswords, type Passwords } from '../../../src/services/passwords/passwords.ts';
import { contextOf } from '../../../src/services/secrets/keyring.ts';
import { bumpRevision } from '../../../src/store/queries/revision.ts';
import { putSetting } from '../../../src/store/queries/settings.ts';
import type { DecisionStore } from '../../../src/store/store.ts';
import { describeOnEachStore } from '../../store/each-store.ts';
import { captureLog } from '../captured-log.ts';
import { createTestClock, type TestClock } from '../clock.ts';
import { createWorld, day, station, type TestAccount, type World } from '../world.ts';

/** Monday 2 March 2026, 08:00 in Viet Nam. */
const monday = Date.UTC(2026, 2, 2, 1);
const hour = 3_600_000;

describeOnEachStore('a login', (open) => {
  let clock: TestClock;
  let world: World;
  let account: TestAccount;

  beforeAll(async () => {
    clock = createTestClock(monday);
    world = await createWorld(await open({ clock }), clock);
  });
  afterAll(() => world.close());
  beforeEach(async () => {
    clock.set(monday);
    account = await world.addAccount();
  });
  afterEach(() => world.setPolicy('organisation', {}));

  const recordsOf = async (of: TestAccount) =>
    (await world.records()).filter((record) => record.accountId === of.accountId);
  const reasonsOf = async (of: TestAccount) => (await recordsOf(of)).map((record) => record.reason);
  const countersOf = (of: TestAccount) =>
    world.store.read(async (db) => {
      const { counters } = db.tables;
      return await db.select().from(counters).where(eq(counters.accountId, of.accountId));
    });
  const begin = (of: TestAccount, changes: Partial<LoginRequest> = {}) =>
    world.login(of, {
      gatewayId: world.gateways.challenge,
      credentials: { style: 'password', text: of.password },
      ...changes,
    });
  const answerTo = (verdict: Verdict, of: TestAccount, text: string): LoginRequest => {
    if (verdict.kind !== 'challenge') throw new Error(`no challenge but ${verdict.kind}`);
    return begin(of, { credentials: { style: 'challenge-answer', text, state: verdict.state } });
  };
  const passwordsWith = (hook: (check: Passwords['check']) => Passwords['check']): Passwords => {
    const real = createPasswords({
      clock,
      random: systemRandom,
      log: captureLog(),
      concurrency: 2,
      queueLength: 100,
    });
    return { ...real, check: hook(real.check) };
  };
  const storeWith = (changes: Partial<DecisionStore>): DecisionStore => ({
    loadFacts: (query) => world.store.decisions.loadFacts(query),
    commit: (command) => world.store.decisions.commit(command),
    ...changes,
  });

  describe('an Accept', () => {
    test('says how long the session may last, and is recorded with what was seen', async () => {
      const node = await world.createNode('one');
      const verdict = await node.authenticate(world.login(account));
      expect(verdict).toEqual({
        kind: 'accept',
        // Nobody has proven yet that this gateway can be told to end sessions.
        sessionSeconds: 4 * 3600,
        userName: account.userName,
        sessionReference: expect.stringMatching(/^[\w-]{20}$/),
      });
      expect(await world.lastRecord()).toMatchObject({
        outcome: 'accept',
        reason: null,
        lookupCode: null,
        accountId: account.accountId,
        data: {
          gateway: 'gw-appended',
          profile: 'generic',
          method: 'pap',
          evidence: 'E1',
          password: 'right',
          passwordChecked: true,
          until: monday + 4 * hour,
        },
        personal: {
          userName: account.userName,
          station,
          sourceAddress: '192.0.2.1',
          workstation: expect.stringMatching(/^MT-\d+$/),
        },
      });
      const sessions = await world.store.read(async (db) => {
        const t = db.tables.sessions;
        return await db.select().from(t).where(eq(t.accountId, account.accountId));
      });
      expect(sessions).toMatchObject([
        {
          state: 'pending',
          station,
          workstationId: account.workstationId,
          startedAt: monday,
          until: monday + 4 * hour,
        },
      ]);
    });

    test.each([
      ['in capitals', (name: string) => name.toUpperCase()],
      ['as it is', (name: string) => name],
    ])('takes the user name %s', async (_how, spell) => {
      const node = await world.createNode('one');
      const request = world.login(account, { userName: spell(account.userName) });
      expect(await node.authenticate(request)).toMatchObject({ kind: 'accept', userName: account.userName });
    });

    test('is given for code alone where the gateway checks the password', async () => {
      const node = await world.createNode('one');
      const request = world.login(account, {
        gatewayId: world.gateways.codeOnly,
        credentials: { style: 'code', text: world.codeOf(account) },
      });
      expect(await node.authenticate(request)).toMatchObject({ kind: 'accept' });
      expect((await world.lastRecord()).data).toMatchObject({
        password: 'not-required',
        passwordChecked: false,
      });
    });

    test("is given for OpenVPN's static challenge", async () => {
      const node = await world.createNode('one');
      const credentials = {
        style: 'static-challenge',
        password: account.password,
        code: world.codeOf(account),
      } as const;
      expect(await node.authenticate(world.login(account, { credentials }))).toMatchObject({
        kind: 'accept',
      });
    });

    test('is given for codes of eight digits, split from the right by that length', async () => {
      const eight = await world.addAccount({
        authenticators: [{ digits: 8, periodSeconds: 60, algorithm: 'SHA256' }],
      });
      const node = await world.createNode('one');
      expect(await node.authenticate(world.login(eight))).toMatchObject({ kind: 'accept' });
    });

    test('is given for the code of any of the authenticators', async () => {
      const two = await world.addAccount({ authenticators: [{}, {}] });
      const node = await world.createNode('one');
      const text = `${two.password}${world.codeOf(two, 0, 1)}`;
      expect(
        await node.authenticate(world.login(two, { credentials: { style: 'password+code', text } })),
      ).toMatchObject({ kind: 'accept' });
    });

    test('under observation names what enforcement would have said', async () => {
      await world.setPolicy('organisation', { workstationMode: 'observe' });
      const node = await world.createNode('one');
      expect(await node.authenticate(world.login(account, { observed: [] }))).toMatchObject({
        kind: 'accept',
      });
      expect(await world.lastRecord()).toMatchObject({
        outcome: 'accept',
        reason: null,
        data: { observedReason: 'workstation-not-identified', observedDetail: null },
      });
    });

    test('never outlasts the term: the session ends in its last whole second', async () => {
      const short = await world.addAccount({ account: { validUntil: monday + 90_900 } });
      const node = await world.createNode('one');
      expect(await node.authenticate(world.login(short))).toMatchObject({
        kind: 'accept',
        sessionSeconds: 90,
      });
    });

    test('is not given in the last second of a term', async () => {
      const short = await world.addAccount({ account: { validUntil: monday + 999 } });
      const node = await world.createNode('one');
      expect(await node.authenticate(world.login(short))).toMatchObject({ kind: 'reject' });
      expect(await reasonsOf(short)).toEqual(['expired']);
    });

    test('becomes a Reject when the commit takes all that was left of the term', async () => {
      const short = await world.addAccount({ account: { validUntil: monday + 1500 } });
      const node = await world.createNode('slow', {
        decisions: storeWith({
          async commit(command) {
            const result = await world.store.decisions.commit(command);
            if (command.session !== null) clock.advance(600);
            return result;
          },
        }),
      });
      expect(await node.authenticate(world.login(short))).toMatchObject({ kind: 'reject' });
      expect(await reasonsOf(short)).toEqual([null, 'expired']);
    });
  });

  describe('what changes while a password is hashed', () => {
    const retireDuring =
      (check: Passwords['check']): Passwords['check'] =>
      async (input) => {
        const verdict = await check(input);
        await world.store.write(async (db) => {
          await db
            .insert(db.tables.employmentEvents)
            .values({
              personId: account.personId,
              kind: 'ended',
              detail: 'retired',
              effectiveAt: monday,
              source: 'test',
              sourceKey: `retired-${account.personId}`,
              recordedAt: monday,
            })
            .onConflictDoNothing();
          await bumpRevision(db, { personId: account.personId });
        });
        return verdict;
      };

    test('counts: somebody who retired meanwhile gets no Accept', async () => {
      const node = await world.createNode('one', { passwords: passwordsWith(retireDuring) });
      expect(await node.authenticate(world.login(account))).toMatchObject({ kind: 'reject' });
      expect(await recordsOf(account)).toMatchObject([
        { outcome: 'deny', reason: 'employment-ended', detail: 'retired', data: { password: 'right' } },
      ]);
    });

    test('does not change what refused the login: hours that open meanwhile leave it outside them', async () => {
      const windows = [{ days: [1], from: '08:01', until: '17:00' }];
      await world.setPolicy('organisation', { hours: { timeZone: 'Asia/Ho_Chi_Minh', windows } });
      const passwords = passwordsWith((check) => async (input) => {
        const verdict = await check(input);
        clock.advance(60_000);
        return verdict;
      });
      const node = await world.createNode('one', { passwords });
      expect(await node.authenticate(world.login(account))).toMatchObject({ kind: 'reject' });
      expect(await reasonsOf(account)).toEqual(['outside-hours']);
    });

    test('ends a term that runs out meanwhile', async () => {
      const short = await world.addAccount({ account: { validUntil: monday + 5000 } });
      const passwords = passwordsWith((check) => async (input) => {
        const verdict = await check(input);
        clock.advance(5000);
        return verdict;
      });
      const node = await world.createNode('one', { passwords });
      expect(await node.authenticate(world.login(short))).toMatchObject({ kind: 'reject' });
      expect(await reasonsOf(short)).toEqual(['expired']);
    });

    test('does not age the code: it is judged at the time of receipt', async () => {
      const request = world.login(account);
      clock.advance(90_000);
      const node = await world.createNode('one');
      const waiting = { ...request, receivedMonotonic: clock.monotonic() };
      expect(await node.authenticate(waiting)).toMatchObject({ kind: 'accept' });
      const other = await world.addAccount();
      const late = world.login(other);
      clock.advance(90_000);
      const received = { receivedAt: clock.now(), receivedMonotonic: clock.monotonic() };
      expect(await node.authenticate({ ...late, ...received })).toMatchObject({ kind: 'reject' });
    });

    test('would not count without the guard on the revision', async () => {
      const unguarded = storeWith({
        commit: (command) => world.store.decisions.commit({ ...command, guard: null }),
      });
      const node = await world.createNode('one', {
        passwords: passwordsWith(retireDuring),
        decisions: unguarded,
      });
      expect(await node.authenticate(world.login(account))).toMatchObject({ kind: 'accept' });
    });

    test('costs no second hash while the password record is the same, and one when it is not', async () => {
      let checks = 0;
      const changeDuring =
        (withPassword: boolean) =>
        (check: Passwords['check']): Passwords['check'] =>
        async (input) => {
          checks += 1;
          const verdict = await check(input);
          if (checks === 1) {
            await world.store.write(async (db) => {
              const { accounts } = db.tables;
              const passwordPhc = withPassword ? null : input.phc;
              await db.update(accounts).set({ passwordPhc }).where(eq(accounts.id, account.accountId));
              await bumpRevision(db, { accountIds: [account.accountId] });
            });
          }
          return verdict;
        };
      const same = await world.createNode('one', { passwords: passwordsWith(changeDuring(false)) });
      expect(await same.authenticate(world.login(account))).toMatchObject({ kind: 'accept' });
      expect(checks).toBe(1);

      checks = 0;
      account = await world.addAccount();
      const other = await world.createNode('one', { passwords: passwordsWith(changeDuring(true)) });
      expect(await other.authenticate(world.login(account))).toMatchObject({ kind: 'reject' });
      expect(checks).toBe(2);
      expect(await reasonsOf(account)).toEqual(['password-wrong']);
    });
  });

  describe('a challenge', () => {
    test('begun on one node is finished on another, once', async () => {
      const [one, two] = [await world.createNode('one'), await world.createNode('two')];
      const answer = answerTo(await one.authenticate(begin(account)), account, world.codeOf(account));
      expect(await two.authenticate(answer)).toMatchObject({ kind: 'accept' });
      expect(await recordsOf(account)).toMatchObject([
        { outcome: 'challenge', reason: null, lookupCode: null, data: { round: 1, password: 'right' } },
        { outcome: 'accept', data: { round: 2, password: 'right' } },
      ]);
      clock.advance(31_000);
      const again = { ...answer, receivedAt: clock.now(), receivedMonotonic: clock.monotonic() };
      expect(await two.authenticate(again)).toMatchObject({ kind: 'reject' });
    });

    const denied: [string, () => Promise<{ of: TestAccount; request: LoginRequest; reason: string }>][] = [
      [
        'an unknown name',
        async () => {
          const of = { ...account, userName: 'nobody' };
          return { of, request: begin(of), reason: 'account-unknown' };
        },
      ],
      [
        'a wrong password',
        async () => ({
          of: account,
          request: begin(account, { credentials: { style: 'password', text: 'not the one' } }),
          reason: 'password-wrong',
        }),
      ],
      [
        'an expired account',
        async () => {
          const of = await world.addAccount({ account: { validUntil: monday } });
          return { of, request: begin(of), reason: 'expired' };
        },
      ],
      [
        'too many requests',
        async () => ({
          of: account,
          request: begin(account, { refused: { reason: 'too-many-requests', detail: null } }),
          reason: 'too-many-requests',
        }),
      ],
    ];
    test.each(denied)('is put to %s too, and its denial stands in round two', async (_who, make) => {
      const { of, request, reason } = await make();
      const [one, two] = [await world.createNode('one'), await world.createNode('two')];
      const before = (await world.records()).length;
      const verdict = await one.authenticate(request);
      const counted = await countersOf(of);
      const answer = answerTo(verdict, of, world.codeOf(of));
      expect(await two.authenticate(answer)).toMatchObject({
        kind: 'reject',
        lookupCode: expect.any(String),
      });
      expect((await world.records()).slice(before)).toMatchObject([
        { outcome: 'challenge', reason, lookupCode: null },
        { outcome: 'deny', reason, lookupCode: expect.any(String) },
      ]);
      expect(await countersOf(of)).toEqual(counted);
    });

    test('looks the same whatever its first round found', async () => {
      const node = await world.createNode('one');
      const right = await node.authenticate(begin(account));
      const wrong = await node.authenticate(
        begin(account, { credentials: { style: 'password', text: 'no' } }),
      );
      for (const verdict of [right, wrong]) {
        expect(Object.keys(verdict).sort()).toEqual(['kind', 'state']);
        expect(verdict).toMatchObject({ state: expect.stringMatching(/^[A-Za-z0-9_-]{64}$/) });
      }
    });

    test('is not put to a request that is no VPN login', async () => {
      const node = await world.createNode('one');
      const request = begin(account, { refused: { reason: 'service-not-allowed', detail: null } });
      expect(await node.authenticate(request)).toMatchObject({ kind: 'reject' });
    });

    test('takes one guess: wrong codes in round two count, and the State is spent', async () => {
      const node = await world.createNode('one');
      const first = await node.authenticate(begin(account));
      expect(await node.authenticate(answerTo(first, account, world.wrongCode(account)))).toMatchObject({
        kind: 'reject',
      });
      expect(await node.authenticate(answerTo(first, account, world.codeOf(account)))).toMatchObject({
        kind: 'reject',
      });
      expect((await recordsOf(account)).map(({ reason, detail }) => [reason, detail])).toEqual([
        [null, null],
        ['code-wrong', null],
        ['challenge-mismatch', 'reused'],
      ]);
      expect(await countersOf(account)).toMatchObject([
        { scope: expect.stringMatching(/^code/), failures: 1 },
      ]);
    });

    test('is void for another account that took over the name', async () => {
      const node = await world.createNode('one');
      const first = await node.authenticate(begin(account));
      await world.store.write(async (db) => {
        const { accounts } = db.tables;
        const userName = `former-${account.userName}`;
        await db.update(accounts).set({ userName }).where(eq(accounts.id, account.accountId));
      });
      const heir = await world.addAccount({ account: { userName: account.userName } });
      const verdict = await node.authenticate(answerTo(first, heir, world.codeOf(heir)));
      expect(verdict).toMatchObject({ kind: 'reject' });
      expect((await recordsOf(heir)).map(({ reason, detail }) => [reason, detail])).toEqual([
        ['challenge-mismatch', 'other-account'],
      ]);
    });

    test('of somebody who is withdrawn between the rounds ends in a Reject', async () => {
      const node = await world.createNode('one');
      const first = await node.authenticate(begin(account));
      await world.store.write(async (db) => {
        const { accounts } = db.tables;
        await db.update(accounts).set({ status: 'withdrawn' }).where(eq(accounts.id, account.accountId));
        await bumpRevision(db, { accountIds: [account.accountId] });
      });
      const verdict = await node.authenticate(answerTo(first, account, world.codeOf(account)));
      expect(verdict).toMatchObject({ kind: 'reject' });
      expect(await reasonsOf(account)).toEqual([null, 'account-withdrawn']);
    });
  });

  describe('at the same time', () => {
    test('one code gives one Accept, on however many nodes and gateways', async () => {
      const nodes = await Promise.all(['one', 'two', 'three'].map((name) => world.createNode(name)));
      const verdicts = await Promise.all(
        Array.from({ length: 30 }, (_, index) =>
          nodes[index % 3]?.authenticate(
            world.login(account, {
              gatewayId: index % 2 === 0 ? world.gateways.appended : world.gateways.codeOnly,
              station: `203.0.113.${index}`,
            }),
          ),
        ),
      );
      expect(verdicts.filter((verdict) => verdict?.kind === 'accept')).toHaveLength(1);
      expect(verdicts.filter((verdict) => verdict?.kind === 'reject')).toHaveLength(29);
      const reasons = await reasonsOf(account);
      expect(reasons.filter((reason) => reason === 'code-replayed')).toHaveLength(29);
    });

    test('a code of a seed that was enrolled twice gives one Accept', async () => {
      const node = await world.createNode('one');
      await world.store.write(async (db) => {
        const { authenticators } = db.tables;
        const [row] = await db
          .select()
          .from(authenticators)
          .where(eq(authenticators.accountId, account.accountId));
        if (row === undefined) throw new Error('no authenticator');
        const { id: _id, ...again } = row;
        await db.insert(authenticators).values(again);
      });
      expect(await node.authenticate(world.login(account))).toMatchObject({ kind: 'accept' });
      expect(await node.authenticate(world.login(account))).toMatchObject({ kind: 'reject' });
      expect((await world.lastRecord()).reason).toBe('code-replayed');
    });

    test('one challenge gives one Accept', async () => {
      const nodes = await Promise.all(['one', 'two'].map((name) => world.createNode(name)));
      const first = await nodes[0]?.authenticate(begin(account));
      if (first === undefined) throw new Error('no node');
      const answer = answerTo(first, account, world.codeOf(account));
      const verdicts = await Promise.all([0, 1, 0, 1].map((index) => nodes[index]?.authenticate(answer)));
      expect(verdicts.filter((verdict) => verdict?.kind === 'accept')).toHaveLength(1);
    });

    test('wrong codes are counted exactly: the policy is never exceeded', async () => {
      const nodes = await Promise.all(['one', 'two'].map((name) => world.createNode(name)));
      const text = `${account.password}${world.wrongCode(account)}`;
      const guess = world.login(account, { credentials: { style: 'password+code', text } });
      await Promise.all(Array.from({ length: 20 }, (_, index) => nodes[index % 2]?.authenticate(guess)));
      const reasons = await reasonsOf(account);
      expect(reasons.filter((reason) => reason === 'code-wrong')).toHaveLength(5);
      expect(reasons.filter((reason) => reason === 'locked-out')).toHaveLength(15);
      expect(await nodes[0]?.authenticate(world.login(account))).toMatchObject({ kind: 'reject' });
      clock.advance(15 * 60_000);
      expect(await nodes[0]?.authenticate(world.login(account))).toMatchObject({ kind: 'accept' });
    });

    test('a right code among the guesses that lock the account is judged by the order of commits', async () => {
      const node = await world.createNode('one');
      const text = `${account.password}${world.wrongCode(account)}`;
      const guess = world.login(account, { credentials: { style: 'password+code', text } });
      for (let guesses = 0; guesses < 5; guesses += 1) await node.authenticate(guess);
      let counted = 0;
      // Facts from before the lock, as a slow node would hold them.
      const stale = await world.createNode('stale', {
        decisions: storeWith({
          async loadFacts(query) {
            const facts = await world.store.decisions.loadFacts(query);
            counted += 1;
            if (counted > 1 || facts.account === null) return facts;
            return { ...facts, account: { ...facts.account, counters: [] } };
          },
        }),
      });
      expect(await stale.authenticate(world.login(account))).toMatchObject({ kind: 'reject' });
      expect((await reasonsOf(account)).at(-1)).toBe('locked-out');
    });
  });

  describe('the cost of a hash', () => {
    const counting = () => {
      const seen: (string | null)[] = [];
      const passwords = passwordsWith((check) => (input) => {
        seen.push(input.phc);
        return check(input);
      });
      return { seen, passwords };
    };

    test('is paid for unknown names and malformed ones, once', async () => {
      const { seen, passwords } = counting();
      const node = await world.createNode('one', { passwords });
      for (const userName of ['nobody', 'no such\nname']) {
        await node.authenticate(world.login(account, { userName }));
      }
      expect(seen).toEqual([null, null]);
    });

    test('is saved on the locked, the rate-limited and what is no login', async () => {
      const { seen, passwords } = counting();
      const node = await world.createNode('one', { passwords });
      for (const reason of ['too-many-requests', 'service-not-allowed', 'method-not-allowed'] as const) {
        await node.authenticate(world.login(account, { refused: { reason, detail: null } }));
      }
      expect(seen).toEqual([]);
    });

    test('is paid where a code will be asked for, for a locked account as for one that does not exist', async () => {
      const { seen, passwords } = counting();
      const node = await world.createNode('one', { passwords });
      const text = `${account.password}${world.wrongCode(account)}`;
      const guess = world.login(account, { credentials: { style: 'password+code', text } });
      for (let guesses = 0; guesses < 5; guesses += 1) await node.authenticate(guess);
      seen.splice(0);
      expect((await node.authenticate(begin(account))).kind).toBe('challenge');
      expect((await world.lastRecord()).reason).toBe('locked-out');
      expect(seen).toHaveLength(1);
      expect((await node.authenticate(begin(account, { userName: 'nobody' }))).kind).toBe('challenge');
      expect(seen).toHaveLength(2);
    });

    test('is saved under pressure when the code is wrong, and the record says so', async () => {
      const { seen, passwords } = counting();
      const node = await world.createNode('one', { passwords: { ...passwords, pressure: () => 0.51 } });
      const text = `${account.password}${world.wrongCode(account)}`;
      await node.authenticate(world.login(account, { credentials: { style: 'password+code', text } }));
      await node.authenticate(world.login(account, { userName: 'nobody' }));
      expect(seen).toEqual([]);
      expect((await recordsOf(account)).at(-1)).toMatchObject({
        reason: 'code-wrong',
        data: { password: 'not-checked', passwordChecked: false },
      });
      // Not the hard stop: outsiders who know no password could lock staff out.
      expect((await countersOf(account)).map(({ scope }) => scope)).toEqual([
        expect.stringMatching(/^password@workstation:/),
      ]);
      expect(await node.authenticate(world.login(account))).toMatchObject({ kind: 'accept' });
      expect(seen).toHaveLength(1);
    });

    test('is paid at half of the bound and below', async () => {
      const { seen, passwords } = counting();
      const node = await world.createNode('one', { passwords: { ...passwords, pressure: () => 0.5 } });
      await node.authenticate(world.login(account, { userName: 'nobody' }));
      expect(seen).toHaveLength(1);
    });
  });

  describe('silence', () => {
    test('falls when the store can not answer, and nothing is recorded', async () => {
      const fail = async () => {
        throw new StoreUnavailableError('gone');
      };
      for (const changes of [{ loadFacts: fail }, { commit: fail }]) {
        const node = await world.createNode('one', { decisions: storeWith(changes) });
        expect(await node.authenticate(world.login(account))).toEqual({
          kind: 'silent',
          cause: 'store-unavailable',
        });
        expect(node.log.lines).toHaveLength(1);
      }
      expect(await recordsOf(account)).toEqual([]);
    });

    test('falls when passwords can not be hashed in time', async () => {
      const passwords = passwordsWith(() => async () => 'overloaded');
      const node = await world.createNode('one', { passwords });
      expect(await node.authenticate(world.login(account))).toEqual({ kind: 'silent', cause: 'overloaded' });
      expect(node.log.lines.at(-1)).toMatch(/"gateway":"gw-.*"remedy":".*password\.threads/);
      expect(await recordsOf(account)).toEqual([]);
    });

    test('falls while the clock is not to be trusted', async () => {
      const node = await world.createNode('one', { isClockStable: () => false });
      expect(await node.authenticate(world.login(account))).toEqual({
        kind: 'silent',
        cause: 'clock-unstable',
      });
    });

    test('falls on a defect, and the log names it once in a while', async () => {
      const decisions = storeWith({
        loadFacts: async () => {
          throw new TypeError('a defect');
        },
      });
      const node = await world.createNode('one', { decisions });
      for (let time = 0; time < 5; time += 1) {
        expect(await node.authenticate(world.login(account))).toEqual({
          kind: 'silent',
          cause: 'store-unavailable',
        });
      }
      expect(node.log.lines).toHaveLength(2);
      clock.advance(60_000);
      await node.authenticate(world.login(account));
      expect(node.log.lines.at(-1)).toContain('"suppressed":4');
    });

    test('falls when the clock jumps while a password is hashed: nothing is recorded', async () => {
      let isStable = true;
      const passwords = passwordsWith((check) => async (input) => {
        isStable = false;
        return await check(input);
      });
      const node = await world.createNode('one', { passwords, isClockStable: () => isStable });
      expect(await node.authenticate(world.login(account))).toEqual({
        kind: 'silent',
        cause: 'clock-unstable',
      });
      expect(await recordsOf(account)).toEqual([]);
    });

    test('falls when the clock jumps during the commit: the end of the session could not be told', async () => {
      let isStable = true;
      const decisions = storeWith({
        commit: async (command) => {
          const result = await world.store.decisions.commit(command);
          isStable = false;
          return result;
        },
      });
      const node = await world.createNode('one', { decisions, isClockStable: () => isStable });
      const request = world.login(account);
      expect(await node.authenticate(request)).toEqual({ kind: 'silent', cause: 'clock-unstable' });
      isStable = true;
      expect(await node.authenticate(request)).toEqual({ kind: 'silent', cause: 'duplicate-elsewhere' });
      expect(await reasonsOf(account)).toEqual([null]);
    });

    test('falls when decisions keep going stale', async () => {
      const node = await world.createNode('one', {
        decisions: storeWith({ commit: async () => ({ kind: 'stale' }) }),
      });
      expect(await node.authenticate(world.login(account))).toEqual({ kind: 'silent', cause: 'overloaded' });
    });

    test('meets a retransmission that reached a second node, at once and later', async () => {
      const [one, two] = [await world.createNode('one'), await world.createNode('two')];
      const request = world.login(account);
      const both = await Promise.all([one.authenticate(request), two.authenticate(request)]);
      expect(both.map(({ kind }) => kind).sort()).toEqual(['accept', 'silent']);
      const loser = both[0].kind === 'silent' ? one : two;
      clock.advance(30_000);
      const later = { ...request, receivedAt: clock.now(), receivedMonotonic: clock.monotonic() };
      expect(await loser.authenticate(later)).toEqual({ kind: 'silent', cause: 'duplicate-elsewhere' });
      expect(await reasonsOf(account)).toEqual([null]);
    });

    test.each([
      ['from another station', 0, { station: '203.0.113.200' }],
      ['after 30 s', 30_001, {}],
    ])('does not meet the same code %s: that is a replay', async (_how, afterMs, changes) => {
      const [one, two] = [await world.createNode('one'), await world.createNode('two')];
      const request = world.login(account);
      await one.authenticate(request);
      clock.advance(afterMs);
      const replay = {
        ...request,
        ...changes,
        receivedAt: clock.now(),
        receivedMonotonic: clock.monotonic(),
      };
      expect(await two.authenticate(replay)).toMatchObject({ kind: 'reject' });
      expect(await reasonsOf(account)).toEqual([null, 'code-replayed']);
    });

    test('does not meet the same code on the same node: that is a replay too', async () => {
      const node = await world.createNode('one');
      const request = world.login(account);
      await node.authenticate(request);
      expect(await node.authenticate(request)).toMatchObject({ kind: 'reject' });
    });

    test('meets a retransmission of what the store took without saying so', async () => {
      const decisions = storeWith({
        commit: async (command) => {
          await world.store.decisions.commit(command);
          throw new StoreUnavailableError('the outcome of a commit is unknown');
        },
      });
      const node = await world.createNode('one', { decisions });
      const request = world.login(account);
      expect(await node.authenticate(request)).toEqual({ kind: 'silent', cause: 'store-unavailable' });
      clock.advance(3_000);
      expect(await node.authenticate(request)).toEqual({ kind: 'silent', cause: 'duplicate-elsewhere' });
      const elsewhere = { ...request, station: '203.0.113.200' };
      expect(await (await world.createNode('two')).authenticate(elsewhere)).toMatchObject({ kind: 'reject' });
      expect(await reasonsOf(account)).toEqual([null, 'code-replayed']);
    });

    test('meets a retransmission of what the node was deciding when it ended', async () => {
      const request = world.login(account);
      await (await world.createNode('one')).authenticate(request);
      clock.advance(2_000);
      const restarted = await world.createNode('one');
      expect(await restarted.authenticate(request)).toEqual({ kind: 'silent', cause: 'duplicate-elsewhere' });
      expect(await reasonsOf(account)).toEqual([null]);
    });

    test('does not meet a retransmitted round two: the first answer stands', async () => {
      const [one, two] = [await world.createNode('one'), await world.createNode('two')];
      const answer = answerTo(await one.authenticate(begin(account)), account, world.codeOf(account));
      expect(await one.authenticate(answer)).toMatchObject({ kind: 'accept' });
      expect(await two.authenticate(answer)).toEqual({ kind: 'silent', cause: 'duplicate-elsewhere' });
    });
  });

  describe('a health probe', () => {
    test('is refused at once, neither recorded nor counted', async () => {
      const node = await world.createNode('one');
      const before = (await world.records()).length;
      expect(await node.authenticate(world.login(account, { isHealthProbe: true }))).toEqual({
        kind: 'reject',
        lookupCode: null,
        isImmediate: true,
      });
      expect(await world.records()).toHaveLength(before);
    });

    test('gets no answer while the store gives none', async () => {
      const decisions = storeWith({
        loadFacts: async () => {
          throw new StoreUnavailableError('gone');
        },
      });
      const node = await world.createNode('one', { decisions });
      expect(await node.authenticate(world.login(account, { isHealthProbe: true }))).toMatchObject({
        kind: 'silent',
      });
    });
  });

  test('a former employee who tries raises an alert for the unit', async () => {
    const former = await world.addAccount({
      employment: [{ kind: 'ended', detail: 'retired', effectiveAt: monday - day }],
    });
    const node = await world.createNode('one');
    await node.authenticate(world.login(former));
    const alerts = await world.store.read(async (db) => {
      const t = db.tables.alerts;
      return await db.select().from(t).where(eq(t.accountId, former.accountId));
    });
    expect(alerts).toMatchObject([{ rule: 'login-after-employment-ended' }]);
    expect(JSON.parse(alerts[0]?.evidence ?? '')).toEqual({
      reason: 'employment-ended',
      detail: 'retired',
      gateway: 'gw-appended',
      password: 'right',
    });
  });

  test('after a restore, codes from before the floor are refused', async () => {
    const node = await world.createNode('one');
    await world.store.write((db) => putSetting(db, 'codeFloorAt', String(monday + 60_000)));
    expect(await node.authenticate(world.login(account))).toMatchObject({ kind: 'reject' });
    expect(await reasonsOf(account)).toEqual(['code-replayed']);
    clock.advance(90_000);
    expect(await node.authenticate(world.login(account))).toMatchObject({ kind: 'accept' });
    await world.store.write((db) => putSetting(db, 'codeFloorAt', '0'));
  });

  test('a failed login spends no code', async () => {
    const node = await world.createNode('one');
    const text = `not the one${world.codeOf(account)}`;
    await node.authenticate(world.login(account, { credentials: { style: 'password+code', text } }));
    expect(await node.authenticate(world.login(account))).toMatchObject({ kind: 'accept' });
  });

  test('no log line, record or error holds a password, a code or a seed', async () => {
    const log = captureLog();
    const node = await world.createNode('one', { log });
    const [right, wrong] = [world.codeOf(account), world.wrongCode(account)];
    const typo = 'mat khau go nham cua toi';
    const before = (await world.records()).length;
    for (const text of [
      `${account.password}${wrong}`,
      `${typo}${right}`,
      `${account.password}${right}`,
      account.password,
    ]) {
      await node.authenticate(world.login(account, { credentials: { style: 'password+code', text } }));
    }
    const first = await node.authenticate(begin(account));
    await node.authenticate(answerTo(first, account, right));
    // A seed that was moved to another account opens nowhere: a defect, whose error is logged.
    await world.store.write(async (db) => {
      const { authenticators } = db.tables;
      const sealedSeed = world.keyring.seal(account.seeds[0]?.seed ?? Buffer.alloc(20), contextOf.seed(0));
      await db
        .update(authenticators)
        .set({ sealedSeed })
        .where(eq(authenticators.accountId, account.accountId));
    });
    expect(await node.authenticate(world.login(account))).toMatchObject({ kind: 'silent' });
    expect(log.lines.length).toBeGreaterThan(0);

    const written = (await world.records()).slice(before);
    expect(written.length).toBeGreaterThan(5);
    const all = [...log.lines, ...written.map((record) => JSON.stringify(record))].join('\n');
    const seed = account.seeds[0]?.seed ?? Buffer.alloc(0);
    for (const secret of [
      account.password,
      typo,
      right,
      wrong,
      seed.toString('hex'),
      seed.toString('base64'),
    ]) {
      expect(all).not.toContain(secret);
    }
  });
});
