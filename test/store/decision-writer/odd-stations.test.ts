// Stations with names that a database would refuse or give back altered: decisions about them are stored all the same.
import { expect, it } from 'vitest';
import { scopesFor } from '../../../src/core/lockout.ts';
import type { Store } from '../../../src/store/store.ts';
import { describeOnEachStore } from '../each-store.ts';
import { accept, addAccounts, denial, type TestAccount, tally } from './people.ts';

async function oneAccount(store: Store): Promise<TestAccount> {
  const [account] = await addAccounts(store, 1);
  if (account === undefined) throw new Error('no account was made');
  return account;
}

describeOnEachStore('decisions about odd stations', (open) => {
  it('are stored when the name holds a NUL', async () => {
    const store = await open();
    const account = await oneAccount(store);
    const station = 'a\0b';
    const [scope = ''] = scopesFor(null, station).password;
    const { claim, session, ...command } = accept(account, 7);
    if (claim === null || session === null) throw new Error('not an Accept');
    const results = [
      await store.decisions.commit({
        ...command,
        claim: { ...claim, claimant: { ...claim.claimant, station } },
        session: { ...session, station },
      }),
      await store.decisions.commit({ ...denial(account), failures: [scope] }),
    ];
    expect(tally(results)).toEqual({ committed: 2 });
    const counters = await store.read((db) => db.select().from(db.tables.counters));
    expect(counters.map((counter) => counter.scope)).toEqual([scope]);
  });

  it('count on one counter when the name is cut in the middle of a character', async () => {
    const store = await open();
    const account = await oneAccount(store);
    const [scope = ''] = scopesFor(null, `${'x'.repeat(63)}😀`).password;
    for (let time = 0; time < 3; time += 1) {
      await store.decisions.commit({ ...denial(account), failures: [scope] });
    }
    const counters = await store.read((db) => db.select().from(db.tables.counters));
    expect(counters).toMatchObject([{ scope, failures: 3 }]);
  });
});
