import { eq } from 'drizzle-orm';
import { expect, it } from 'vitest';
import { StoreUnavailableError } from '../../../src/base/errors.ts';
import type { CommitResult, DecisionCommand, DecisionStore } from '../../../src/store/store.ts';
import { describeOnEachDecisionStore, type StoreUnderTest } from '../each-decision-store.ts';
import { describeOnEachStore } from '../each-store.ts';
import { accept, addAccounts, denial, farFuture, type TestAccount, tally, wrongCode } from './people.ts';

type Decides = { readonly decisions: DecisionStore };

function commitAll(store: Decides, commands: readonly DecisionCommand[]): Promise<CommitResult[]> {
  return Promise.all(commands.map((command) => store.decisions.commit(command)));
}

function repeat<T>(times: number, value: (index: number) => T): T[] {
  return Array.from({ length: times }, (_, index) => value(index));
}

async function oneAccount(store: StoreUnderTest): Promise<TestAccount> {
  const [account] = await store.addAccounts(1);
  if (account === undefined) throw new Error('no account was made');
  return account;
}

describeOnEachDecisionStore('committing decisions', (open, openNodes) => {
  it('lets exactly one of many parallel Accepts of one time step win and tells the others who', async () => {
    const store = await open();
    const account = await oneAccount(store);
    const results = await commitAll(
      store,
      repeat(40, (index) => accept(account, 7, `node${index}`)),
    );
    expect(tally(results)).toEqual({ committed: 1, 'claim-lost': 39 });
    expect(results[0]).toMatchObject({ kind: 'committed' });
    expect(results[39]).toEqual({
      kind: 'claim-lost',
      winner: {
        node: 'node0',
        gatewayId: account.gatewayId,
        station: '198.51.100.7',
        at: 1_700_000_000_007,
      },
    });
    const sessions = await store.sessions();
    expect(sessions).toHaveLength(1);
    expect(sessions[0]).toMatchObject({ state: 'pending', accountId: account.accountId, until: farFuture });
  });

  it('refuses an earlier step than the last one claimed', async () => {
    const store = await open();
    const account = await oneAccount(store);
    await store.decisions.commit(accept(account, 7));
    expect(await store.decisions.commit(accept(account, 6))).toMatchObject({ kind: 'claim-lost' });
    expect(await store.decisions.commit(accept(account, 8))).toMatchObject({ kind: 'committed' });
  });

  it('counts parallel wrong codes up to the limit and not one further', async () => {
    const store = await open();
    const account = await oneAccount(store);
    const results = await commitAll(
      store,
      repeat(50, () => wrongCode(account)),
    );
    expect(tally(results)).toEqual({ committed: 5, stale: 45 });
    const counters = await store.counters();
    expect(counters).toMatchObject([{ scope: 'code', failures: 5 }]);
    expect(counters[0]?.lockedUntil).toBeGreaterThan(Date.now());
    expect(await store.decisions.commit(accept(account, 7))).toEqual({ kind: 'stale' });
    const records = await store.records();
    expect(records).toHaveLength(5);
  });

  it('forgets the counters that a success resets', async () => {
    const store = await open();
    const account = await oneAccount(store);
    await commitAll(store, [wrongCode(account), wrongCode(account), accept(account, 7)]);
    expect(await store.counters()).toEqual([]);
  });

  it('keeps at most 64 counters of an account, and the count of wrong codes whatever else comes', async () => {
    const store = await open();
    const account = await oneAccount(store);
    await store.decisions.commit(wrongCode(account));
    await commitAll(
      store,
      repeat(100, (index) => ({ ...denial(account), failures: [`password@source${index}`, 'password'] })),
    );
    const counters = await store.counters();
    expect(counters).toHaveLength(64);
    const scopes = counters.map((counter) => counter.scope);
    expect(scopes).toContain('code');
    expect(scopes).toContain('password');
    expect(scopes).toContain('password@source99');
  });

  it('answers stale, and writes nothing, when the account changed since it was read', async () => {
    const store = await open();
    const account = await oneAccount(store);
    await store.changeAccounts({ revision: 2 });
    expect(await store.decisions.commit(accept(account, 7))).toEqual({ kind: 'stale' });
    expect(await store.decisions.commit(wrongCode(account))).toEqual({ kind: 'stale' });
    const [authenticator] = await store.authenticators();
    expect(authenticator?.lastStep).toBe(-1);
    expect(await store.sessions()).toEqual([]);
    expect(await store.counters()).toEqual([]);
  });

  it('answers stale to an Accept once validUntil is reached, but records a denial', async () => {
    const now = 1_700_000_000_000;
    const store = await open({ clock: { now: () => now, monotonic: () => 0 } });
    const [account] = await store.addAccounts(1, now);
    if (account === undefined) throw new Error('no account was made');
    expect(await store.decisions.commit(accept(account, 7))).toEqual({ kind: 'stale' });
    expect(await store.decisions.commit(wrongCode(account))).toMatchObject({ kind: 'committed' });
    await store.changeAccounts({ validUntil: now + 1 });
    expect(await store.decisions.commit(accept(account, 7))).toMatchObject({ kind: 'committed' });
  });

  it('answers stale to an Accept for a withdrawn account even on an unchanged revision', async () => {
    const store = await open();
    const account = await oneAccount(store);
    await store.changeAccounts({ status: 'withdrawn' });
    expect(await store.decisions.commit(accept(account, 7))).toEqual({ kind: 'stale' });
  });

  it('answers stale for an account that does not exist and for an authenticator of another account', async () => {
    const store = await open();
    const [one, other] = await store.addAccounts(2);
    if (one === undefined || other === undefined) throw new Error('no accounts were made');
    expect(await store.decisions.commit(denial({ ...one, accountId: 9_999 }))).toEqual({ kind: 'stale' });
    const stolen = accept({ ...one, authenticatorId: other.authenticatorId }, 7);
    expect(await store.decisions.commit(stolen)).toEqual({ kind: 'stale' });
  });

  it('spends a ticket once, with the decision that uses it, and never by another account', async () => {
    const store = await open();
    const [one, other] = await store.addAccounts(2);
    if (one === undefined || other === undefined) throw new Error('no accounts were made');
    const ticketId = await store.addTicket(one.accountId);
    const withdrawn = await store.addTicket(one.accountId);
    await store.withdrawTicket(withdrawn);
    const spending = (account: typeof one, step: number, id: number): DecisionCommand => {
      return { ...accept(account, step), spend: { ticketId: id } };
    };
    expect(await store.decisions.commit(spending(other, 1, ticketId))).toEqual({ kind: 'ticket-lost' });
    expect(await store.decisions.commit(spending(one, 1, withdrawn))).toEqual({ kind: 'ticket-lost' });
    expect(await store.spentTickets()).toEqual([]);
    const results = await commitAll(
      store,
      repeat(20, (index) => spending(one, index + 1, ticketId)),
    );
    expect(tally(results)).toEqual({ committed: 1, 'ticket-lost': 19 });
    expect(await store.spentTickets()).toEqual([ticketId]);
    expect(await store.sessions()).toHaveLength(1);
    expect(
      (await store.authenticators()).find((row) => row.authenticatorId === one.authenticatorId)?.lastStep,
    ).toBe(1);
    // A step that was lost tells more than a ticket that was used: it may be a retransmission.
    expect(await store.decisions.commit(spending(one, 1, ticketId))).toMatchObject({ kind: 'claim-lost' });
    // EAP-TLS: a ticket stands for the code, and nothing else is claimed.
    const login = await store.addTicket(one.accountId);
    const byTicket = (): DecisionCommand => ({ ...spending(one, 0, login), claim: null });
    expect(tally(await commitAll(store, repeat(5, byTicket)))).toEqual({ committed: 1, 'ticket-lost': 4 });
  });

  it('issues a ticket with the code that buys it, or neither; of an account the newest eight are kept', async () => {
    const store = await open();
    const [one, other] = await store.addAccounts(2);
    if (one === undefined || other === undefined) throw new Error('no accounts were made');
    // There is a workstation from now on; the ticket is long over.
    await store.addTicket(one.accountId);
    const [former] = await store.tickets(one.accountId);
    const workstationId = former?.workstationId ?? 0;
    const buying = (account: typeof one, timeStep: number): DecisionCommand => ({
      ...accept(account, timeStep),
      session: null,
      issue: {
        workstationId,
        kind: 'login',
        keyIdentifier: null,
        address: '198.51.100.7',
        tokenHash: null,
        passwordBy: 'own',
        issuedAt: farFuture - 120_000,
        expiresAt: farFuture + timeStep,
      },
    });
    const results = await commitAll(
      store,
      repeat(5, () => buying(one, 1)),
    );
    expect(tally(results)).toEqual({ committed: 1, 'claim-lost': 4 });
    expect(await store.tickets(one.accountId)).toEqual([{ workstationId, expiresAt: farFuture + 1 }]);
    await store.decisions.commit(buying(other, 1));
    for (let step = 2; step <= 10; step += 1) await store.decisions.commit(buying(one, step));
    expect(await store.tickets(one.accountId)).toEqual(
      repeat(8, (index) => ({ workstationId, expiresAt: farFuture + 3 + index })),
    );
    await store.changeAccounts({ revision: 2 });
    expect(await store.decisions.commit(buying(other, 2))).toEqual({ kind: 'stale' });
    expect(await store.tickets(other.accountId)).toHaveLength(1);
    expect(
      (await store.authenticators()).find((row) => row.authenticatorId === other.authenticatorId)?.lastStep,
    ).toBe(1);
  });

  it('spends a challenge once, for known and unknown accounts alike', async () => {
    const store = await open();
    const account = await oneAccount(store);
    const withChallenge = (command: DecisionCommand, challengeId: string): DecisionCommand => {
      return { ...command, challengeClaim: { challengeId, expiresAt: farFuture } };
    };
    const known = await commitAll(
      store,
      repeat(5, () => withChallenge(denial(account), 'one')),
    );
    expect(tally(known)).toEqual({ committed: 1, 'challenge-reused': 4 });
    const unknown = await commitAll(
      store,
      repeat(5, () => withChallenge(denial(null), 'two')),
    );
    expect(tally(unknown)).toEqual({ committed: 1, 'challenge-reused': 4 });
    // A step that was lost tells more than a challenge that was used: it may be a retransmission.
    await store.decisions.commit(withChallenge(accept(account, 7), 'three'));
    expect(await store.decisions.commit(withChallenge(accept(account, 7), 'three'))).toMatchObject({
      kind: 'claim-lost',
    });
  });

  it('forgets spent challenges an hour after they expired', async () => {
    const now = 1_700_000_000_000;
    const store = await open({ clock: { now: () => now, monotonic: () => 0 } });
    const spend = (challengeId: string, expiresAt: number) => {
      return store.decisions.commit({ ...denial(null), challengeClaim: { challengeId, expiresAt } });
    };
    await spend('old', now - 3_600_001);
    await spend('recent', now - 3_600_000);
    await spend('new', now);
    expect((await store.spentChallenges()).sort()).toEqual(['new', 'recent']);
  });

  it('writes the record, its personal values and the alert with the decision', async () => {
    const store = await open();
    const account = await oneAccount(store);
    const result = await store.decisions.commit({
      ...denial(account),
      alert: { rule: 'code-replayed', evidence: 'twice' },
    });
    if (result.kind !== 'committed') throw new Error('not committed');
    const { chain, seq } = result;
    const [alert] = await store.alerts();
    expect(alert).toMatchObject({ rule: 'code-replayed', unitId: account.unitId, chain, seq });
    const [message] = await store.outbox();
    expect(JSON.parse(message ?? '')).toMatchObject({ alertId: alert?.id, chain, seq });
    const [record] = await store.records();
    expect(record).toMatchObject({ chain, seq, accountId: account.accountId, reason: 'outside-hours' });
    expect(record?.lookupCode).toBe('ABCD2345');
    expect(record?.body).not.toContain('nguyễn');
    expect(record?.personal).toContain('nguyễn.an');
  });

  it('raises one alert an hour for an account and rule, and still writes each record', async () => {
    let now = 1_700_000_000_000;
    const store = await open({ clock: { now: () => now, monotonic: () => now } });
    const [one, other] = await store.addAccounts(2);
    if (one === undefined || other === undefined) throw new Error('no accounts were made');
    const refuse = (account: typeof one, rule: string) =>
      store.decisions.commit({ ...denial(account), alert: { rule, evidence: '{}' } });
    await Promise.all([...repeat(20, () => refuse(one, 'r')), refuse(one, 's'), refuse(other, 'r')]);
    await refuse(one, 'r');
    const rules = async () =>
      (await store.alerts()).map(({ accountId, rule }) => `${accountId === one.accountId}/${rule}`).sort();
    expect(await rules()).toEqual(['false/r', 'true/r', 'true/s']);
    expect(await store.outbox()).toHaveLength(3);
    expect(await store.records()).toHaveLength(23);
    now += 3_599_999;
    await refuse(one, 'r');
    expect(await rules()).toHaveLength(3);
    now += 1;
    await refuse(one, 'r');
    await refuse(one, 'r');
    expect(await rules()).toHaveLength(4);
    // The clock was wrong by a day, and somebody set it right.
    now -= 86_400_000;
    await refuse(one, 'r');
    await refuse(one, 'r');
    expect(await rules()).toHaveLength(5);
    expect((await store.verify()).faults).toEqual([]);
  });

  it('ends the sessions that give way, of this account only', async () => {
    const store = await open();
    const [one, other] = await store.addAccounts(2);
    if (one === undefined || other === undefined) throw new Error('no accounts were made');
    await commitAll(store, [accept(one, 7), accept(other, 7)]);
    const before = await store.sessions();
    const endSessions = before.map((session) => session.sessionId);
    await store.decisions.commit({ ...accept(one, 8), endSessions });
    const after = await store.sessions();
    const open1 = after.filter((session) => session.state === 'pending').map((session) => session.accountId);
    expect(open1.sort()).toEqual([one.accountId, other.accountId].sort());
    expect(after.filter((session) => session.state === 'ended')).toMatchObject([
      { accountId: one.accountId },
    ]);
  });

  it('writes all others when one of a batch cannot be written, answers that one with an error and raises an alert', async () => {
    const store = await open();
    const accounts = await store.addAccounts(20);
    const settled = await Promise.allSettled(
      accounts.map((account, index) => {
        const command = accept(account, 7);
        const session = {
          gatewayId: 9_999,
          workstationId: null,
          provenBy: null,
          station: '',
          startedAt: 1,
          until: 2,
          openUntil: 2,
          reference: 'poisonous',
          acctSessionId: null,
          identification: '{}',
        };
        return store.decisions.commit(index === 11 ? { ...command, session } : command);
      }),
    );
    expect(settled.map((result) => result.status).filter((status) => status === 'fulfilled')).toHaveLength(
      19,
    );
    const poisonous = settled[11];
    expect(poisonous?.status).toBe('rejected');
    expect(poisonous?.status === 'rejected' && poisonous.reason).not.toBeInstanceOf(StoreUnavailableError);
    // The alert was queued behind; one more commit shows that it is through.
    await store.decisions.commit(denial(accounts[11] ?? null));
    const alerts = await store.alerts();
    expect(alerts).toMatchObject([{ rule: 'decision-unwritable', accountId: accounts[11]?.accountId }]);
    const claims = await store.authenticators();
    expect(claims.filter((row) => row.lastStep === 7)).toHaveLength(19);
  });

  if (openNodes !== null) {
    it('spends each ticket on one of two nodes only', async () => {
      const [first, second] = await openNodes(['a', 'b']);
      if (first === undefined || second === undefined) throw new Error('no two nodes');
      const accounts = await first.addAccounts(6);
      const tickets = await Promise.all(accounts.map(({ accountId }) => first.addTicket(accountId)));
      const results = await Promise.all(
        accounts.flatMap((account, index) =>
          [first, second, first, second].map((store) =>
            store.decisions.commit({
              ...accept(account, 1),
              claim: null,
              spend: { ticketId: tickets[index] ?? 0 },
            }),
          ),
        ),
      );
      expect(tally(results)).toEqual({ committed: 6, 'ticket-lost': 18 });
      expect((await first.spentTickets()).sort()).toEqual([...tickets].sort());
    });

    it('is exact when two nodes decide about the same accounts at once', async () => {
      const [first, second] = await openNodes(['a', 'b']);
      if (first === undefined || second === undefined) throw new Error('no two nodes');
      const accounts = await first.addAccounts(8);
      const guesses = await Promise.all(
        repeat(20, () =>
          accounts.flatMap((account) =>
            [first, second].map((store) => store.decisions.commit(wrongCode(account))),
          ),
        ).flat(),
      );
      expect(tally(guesses)).toEqual({ committed: 8 * 5, stale: 8 * 35 });
      await first.forgetCounters();
      const accepts = await Promise.all(
        accounts.flatMap((account) =>
          [first, second, first, second].map((store) => store.decisions.commit(accept(account, 9))),
        ),
      );
      expect(tally(accepts)).toEqual({ committed: 8, 'claim-lost': 24 });
      const challenges = await Promise.all(
        repeat(40, (index) => {
          const challengeClaim = { challengeId: `c${Math.floor(index / 4)}`, expiresAt: farFuture };
          return (index % 2 === 0 ? first : second).decisions.commit({ ...denial(null), challengeClaim });
        }),
      );
      expect(tally(challenges)).toEqual({ committed: 10, 'challenge-reused': 30 });
      const verdict = await second.verify();
      expect(verdict.faults).toEqual([]);
      expect(verdict.records).toBeGreaterThanOrEqual(8 * 5 + 8 + 10);
    });
  }
});

describeOnEachStore('committing decisions beside other writes', (open) => {
  it('lets administrators write between the batches', async () => {
    const store = await open();
    const accounts = await addAccounts(store, 10);
    const decided = Promise.all(
      repeat(300, (index) => store.decisions.commit(denial(accounts[index % 10] ?? null))),
    );
    const written = Promise.all(
      repeat(10, (index) =>
        store.write(async (db) => {
          const account = accounts[index]?.accountId ?? 0;
          await db.update(db.tables.accounts).set({ revision: 2 }).where(eq(db.tables.accounts.id, account));
        }),
      ),
    );
    expect(tally(await decided)).toEqual({ committed: 300 });
    await written;
    const revisions = await store.read((db) => db.select().from(db.tables.accounts));
    expect(revisions.every((account) => account.revision === 2)).toBe(true);
  });
});
