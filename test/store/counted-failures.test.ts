// Failures that many connections count at the same instant: none is lost, and the waits are those of core/lockout.ts.
import { expect, it } from 'vitest';
import type { CounterFact } from '../../src/core/facts.ts';
import { afterFailure, isLocked } from '../../src/core/lockout.ts';
import { defaultPolicy } from '../../src/core/policy.ts';
import {
  countOperatorFailure,
  holdOperator,
  listOperatorCounters,
} from '../../src/store/queries/operator-proofs.ts';
import { insertOperator } from '../../src/store/queries/operators.ts';
import { countThrottle, findThrottle, holdThrottle } from '../../src/store/queries/throttles.ts';
import type { Store } from '../../src/store/store.ts';
import { describeOnEachStore } from './each-store.ts';
import { fixtureTime, insertPerson, insertUnitTree } from './fixtures.ts';

const policy = defaultPolicy.lockout;
const now = fixtureTime;

const addOperator = (store: Store) =>
  store.write(async (db) => {
    const { district } = await insertUnitTree(db);
    const personId = await insertPerson(db, { unitId: district });
    return await insertOperator(db, { personId, signInName: 'an', state: 'active', createdAt: now });
  });

const after = (count: number, scope: string) => {
  let counter: CounterFact | null = null;
  for (let i = 0; i < count; i += 1) counter = afterFailure(counter, scope, policy, now);
  return counter;
};

describeOnEachStore('failures that are counted at once', (open) => {
  it.each([1, 4, 5, 7, 24])('of an operator: %i', async (count) => {
    const store = await open();
    const operatorId = await addOperator(store);
    const counted = await Promise.all(
      Array.from({ length: count }, () =>
        store.write((db) => countOperatorFailure(db, operatorId, 'code', policy, now)),
      ),
    );
    const numbers = counted.map(({ failures }) => failures).sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: count }, (_, index) => index + 1));
    expect(await store.read((db) => listOperatorCounters(db, operatorId))).toEqual([after(count, 'code')]);
  });

  it('of a place', async () => {
    const store = await open();
    const key = 'activation@192.0.2.1';
    await Promise.all(
      Array.from({ length: 9 }, () => store.write((db) => countThrottle(db, key, policy, now))),
    );
    expect(await store.read((db) => findThrottle(db, key))).toEqual(after(9, key));
    expect(await store.write((db) => holdThrottle(db, key))).toEqual(after(9, key));
  });

  it('begin anew after so long without one, and wait as long as the rule says, up to its cap', async () => {
    const store = await open();
    const operatorId = await addOperator(store);
    for (const scope of ['code', 'password', 'password@192.0.2.1']) {
      let expected: CounterFact | null = null;
      let at = now;
      for (let count = 0; count < 45; count += 1) {
        expected = afterFailure(expected, scope, policy, at);
        const counted = await store.write((db) => countOperatorFailure(db, operatorId, scope, policy, at));
        expect(counted).toMatchObject(expected);
        at += count === 30 ? policy.forgetMs : 1_000;
      }
    }
  });

  it('leave a right guess no more tries than there are, in the order in which they are judged', async () => {
    const store = await open();
    const operatorId = await addOperator(store);
    let tried = 0;
    const guess = (isRight: boolean) =>
      store.write(async (db) => {
        await holdOperator(db, operatorId);
        const counters = await listOperatorCounters(db, operatorId);
        if (counters.some((counter) => isLocked(counter, now))) return 'stopped';
        tried += 1;
        if (isRight) return 'in';
        await countOperatorFailure(db, operatorId, 'code', policy, now);
        return 'wrong';
      });
    await Promise.all(Array.from({ length: 12 }, () => guess(false)));
    expect(tried).toBe(policy.codeAttempts);
    expect(await guess(true)).toBe('stopped');
  });
});
