import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CounterFact } from '../../../src/core/facts.ts';
import { isLocked } from '../../../src/core/lockout.ts';
import {
  type AccountRow,
  applyBatch,
  type LockedRows,
  type PreparedCommand,
} from '../../../src/store/decision-writer/apply.ts';
import { prepareCommand } from '../../../src/store/decision-writer/committer.ts';
import { accept, denial, lockout, wrongCode } from './people.ts';

const random = { bytes: (length: number) => Buffer.alloc(length, 7) };
const now = 1_700_000_000_000;
const active: AccountRow = { revision: 1, status: 'active', validUntil: now + 1 };
const account = (accountId: number) => ({
  accountId,
  authenticatorId: accountId + 100,
  gatewayId: 1,
  unitId: 1,
});

function rows(overrides: Partial<LockedRows> = {}): LockedRows {
  const authenticators = [1, 2, 3].map((id) => {
    return [id + 100, { accountId: id, lastStep: -1, lastClaim: null }] as const;
  });
  return {
    accounts: new Map([1, 2, 3].map((id) => [id, active])),
    counters: new Map(),
    authenticators: new Map(authenticators),
    unspentTickets: new Map(),
    spentChallenges: new Set(),
    alertedAt: new Map(),
    ...overrides,
  };
}

const prepared = (command: Parameters<typeof prepareCommand>[0]) => prepareCommand(command, random);

describe('a batch', () => {
  it('is empty when there is nothing to do', () => {
    const { outcomes, writes } = applyBatch([], rows(), now);
    expect(outcomes).toEqual([]);
    expect(Object.values(writes).every((list) => list.length === 0)).toBe(true);
  });

  it('writes nothing at all for a refused command', () => {
    const refused = prepared({
      ...accept(account(1), 3),
      alert: { rule: 'r', evidence: '' },
      endSessions: [4],
    });
    const locked: CounterFact = { scope: 'code', failures: 5, lastFailureAt: now, lockedUntil: now + 1 };
    const { outcomes, writes } = applyBatch([refused], rows({ counters: new Map([[1, [locked]]]) }), now);
    expect(outcomes).toEqual([{ kind: 'stale' }]);
    expect(Object.values(writes).every((list) => list.length === 0)).toBe(true);
  });

  it("spends a ticket of the account once, and neither a spent one nor another account's", () => {
    const unspentTickets = new Map([
      [7, { accountId: 1 }],
      [8, { accountId: 2 }],
    ]);
    const spend = (ticketId: number, step: number) =>
      prepared({ ...accept(account(1), step), spend: { ticketId } });
    const { outcomes, writes } = applyBatch(
      [spend(8, 3), spend(9, 4), spend(7, 5), spend(7, 6)],
      rows({ unspentTickets }),
      now,
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      'ticket-lost',
      'ticket-lost',
      'committed',
      'ticket-lost',
    ]);
    expect(writes.ticketsSpent).toEqual([{ ticketId: 7 }]);
    expect(writes.claims).toMatchObject([{ timeStep: 5 }]);
  });

  it('lets a lock end at its instant', () => {
    const locked: CounterFact = { scope: 'code', failures: 5, lastFailureAt: 1, lockedUntil: now };
    const { outcomes } = applyBatch(
      [prepared(accept(account(1), 3))],
      rows({ counters: new Map([[1, [locked]]]) }),
      now,
    );
    expect(outcomes).toMatchObject([{ kind: 'committed' }]);
  });

  it('ignores the effects on an account that a command without account carries', () => {
    const stray = prepared({ ...denial(null), failures: ['code'], endSessions: [1] });
    const { outcomes, writes } = applyBatch([stray], rows(), now);
    expect(outcomes).toEqual([{ kind: 'committed', record: 0 }]);
    expect(writes.countersSet).toEqual([]);
    expect(writes.sessionsEnded).toEqual([]);
  });

  it('evicts counters of sources before those that outsiders cannot make', () => {
    const old = (scope: string, lastFailureAt: number) => ({
      scope,
      failures: 1,
      lastFailureAt,
      lockedUntil: 0,
    });
    const stored = [
      old('code', 1),
      old('password@workstation:9', 2),
      ...Array.from({ length: 62 }, (_, index) => old(`password@s${index}`, 100 + index)),
    ];
    const command = prepared({ ...denial(account(1)), failures: ['password@new'] });
    const { writes } = applyBatch([command], rows({ counters: new Map([[1, stored]]) }), now);
    expect(writes.countersForgotten).toEqual([{ accountId: 1, scope: 'password@s0' }]);
    expect(writes.countersSet).toMatchObject([{ counter: { scope: 'password@new', failures: 1 } }]);
  });
});

const anyCommand: fc.Arbitrary<PreparedCommand> = fc
  .record({
    id: fc.integer({ min: 1, max: 3 }),
    kind: fc.constantFrom('accept', 'wrong', 'password', 'unknown'),
    step: fc.integer({ min: 0, max: 6 }),
    revision: fc.constantFrom(1, 1, 1, 2),
    challenge: fc.option(fc.constantFrom('x', 'y', 'z')),
    source: fc.constantFrom('a', 'b'),
  })
  .map(({ id, kind, step, revision, challenge, source }) => {
    const of = account(id);
    const base =
      kind === 'accept'
        ? accept(of, step)
        : kind === 'wrong'
          ? wrongCode(of)
          : kind === 'password'
            ? { ...denial(of), failures: [`password@${source}`, 'password'] }
            : denial(null);
    const challengeClaim = challenge === null ? null : { challengeId: challenge, expiresAt: now };
    const guard = base.guard === null ? null : { ...base.guard, revision };
    return prepared({ ...base, guard, challengeClaim });
  });

describe('any batch', () => {
  it('has at most one winner per step, rising steps, guesses within the limit, challenges used once', () => {
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 60 }), (commands) => {
        const { outcomes, writes } = applyBatch(commands, rows(), now);
        const committed = commands.filter((_, index) => outcomes[index]?.kind === 'committed');
        expect(writes.records).toEqual(committed.map((command) => command.record));
        const outcomeRecords = outcomes.flatMap((outcome) =>
          outcome.kind === 'committed' ? [outcome.record] : [],
        );
        expect(outcomeRecords).toEqual(committed.map((_, index) => index));
        const lastSteps = new Map<number, number>();
        const challenges = new Set<string>();
        const guesses = new Map<number, number>();
        for (const command of committed) {
          if (command.claim !== null) {
            const { authenticatorId, timeStep } = command.claim;
            expect(timeStep).toBeGreaterThan(lastSteps.get(authenticatorId) ?? -1);
            lastSteps.set(authenticatorId, timeStep);
          }
          if (command.challengeClaim !== null) {
            expect(challenges.has(command.challengeClaim.challengeId)).toBe(false);
            challenges.add(command.challengeClaim.challengeId);
          }
          if (command.guard !== null) expect(command.guard.revision).toBe(1);
          if (command.accountId === null) continue;
          const before = guesses.get(command.accountId) ?? 0;
          if (command.reset.includes('code')) guesses.set(command.accountId, 0);
          if (command.failures.includes('code')) guesses.set(command.accountId, before + 1);
          expect(guesses.get(command.accountId) ?? 0).toBeLessThanOrEqual(lockout.codeAttempts);
        }
        expect(new Map(writes.claims.map((claim) => [claim.authenticatorId, claim.timeStep]))).toEqual(
          lastSteps,
        );
        expect(new Set(writes.challengeClaims.map((claim) => claim.challengeId))).toEqual(challenges);
        for (const [accountId, count] of guesses) {
          const counter = writes.countersSet.find(
            (set) => set.accountId === accountId && set.counter.scope === 'code',
          );
          expect(counter?.counter.failures ?? 0).toBe(count);
          expect(isLocked(counter?.counter, now)).toBe(count >= lockout.codeAttempts);
        }
      }),
    );
  });

  it('ends the same whether cut into batches or applied at once', () => {
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 40 }), fc.nat(40), (commands, cut) => {
        const whole = applyBatch(commands, rows(), now);
        const first = applyBatch(commands.slice(0, cut), rows(), now);
        const second = applyBatch(commands.slice(cut), rowsAfter(rows(), first.writes), now);
        const kinds = (outcomes: readonly { kind: string }[]) => outcomes.map((outcome) => outcome.kind);
        expect([...kinds(first.outcomes), ...kinds(second.outcomes)]).toEqual(kinds(whole.outcomes));
        expect(state(rowsAfter(rowsAfter(rows(), first.writes), second.writes))).toEqual(
          state(rowsAfter(rows(), whole.writes)),
        );
      }),
    );
  });
});

/** The rows after a batch, as a database would hold them. */
function rowsAfter(before: LockedRows, writes: ReturnType<typeof applyBatch>['writes']): LockedRows {
  const counters = new Map([...before.counters].map(([id, list]) => [id, [...list]]));
  for (const { accountId, scope } of writes.countersForgotten) {
    counters.set(
      accountId,
      (counters.get(accountId) ?? []).filter((counter) => counter.scope !== scope),
    );
  }
  for (const { accountId, counter } of writes.countersSet) {
    const others = (counters.get(accountId) ?? []).filter((other) => other.scope !== counter.scope);
    counters.set(accountId, [...others, counter]);
  }
  const authenticators = new Map(before.authenticators);
  for (const { authenticatorId, timeStep, claimant } of writes.claims) {
    const accountId = authenticators.get(authenticatorId)?.accountId ?? 0;
    authenticators.set(authenticatorId, { accountId, lastStep: timeStep, lastClaim: claimant });
  }
  const spentChallenges = new Set([
    ...before.spentChallenges,
    ...writes.challengeClaims.map((claim) => claim.challengeId),
  ]);
  const alertedAt = new Map([...before.alertedAt].map(([id, byRule]) => [id, new Map(byRule)]));
  for (const { accountId, rule } of writes.alerts) {
    if (accountId !== null) {
      alertedAt.set(accountId, new Map([...(alertedAt.get(accountId) ?? []), [rule, now]]));
    }
  }
  const spent = new Set(writes.ticketsSpent.map(({ ticketId }) => ticketId));
  const unspentTickets = new Map([...before.unspentTickets].filter(([id]) => !spent.has(id)));
  return { accounts: before.accounts, counters, authenticators, unspentTickets, spentChallenges, alertedAt };
}

function state(of: LockedRows) {
  const counters = [...of.counters].flatMap(([id, list]) =>
    list.map((counter) => [id, counter.scope, counter]),
  );
  return {
    counters: counters.map((entry) => JSON.stringify(entry)).sort(),
    authenticators: [...of.authenticators],
    spent: [...of.spentChallenges].sort(),
  };
}
