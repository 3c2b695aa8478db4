import { describe, expect, it } from 'vitest';
import { StoreUnavailableError } from '../../../src/base/errors.ts';
import type { PreparedCommand } from '../../../src/store/decision-writer/apply.ts';
import {
  type ApplyBatch,
  ContentionError,
  createCoalescer,
} from '../../../src/store/decision-writer/coalescer.ts';
import { prepareCommand } from '../../../src/store/decision-writer/committer.ts';
import { silentLog } from '../silent-log.ts';
import { denial } from './people.ts';

const random = { bytes: (length: number) => Buffer.alloc(length) };
const command = (accountId: number | null): PreparedCommand => {
  return prepareCommand(denial(accountId === null ? null : { accountId, gatewayId: 1 }), random);
};
const committed = (commands: readonly PreparedCommand[]) => {
  return commands.map((_, seq) => ({ kind: 'committed' as const, chain: 'c', seq }));
};

/** A store whose batches end only when the test says so. */
function createHeldStore(lanes: number, options: { batchLimit?: number; queueLimit?: number } = {}) {
  const flights: { lane: number; ids: (number | null)[]; end: (error?: Error) => Promise<void> }[] = [];
  const poisonous: (number | null)[] = [];
  const apply: ApplyBatch = (lane, commands) =>
    new Promise((resolve, reject) => {
      const ids = commands.map((entry) => entry.accountId);
      const end = async (error?: Error) => {
        if (error === undefined) resolve(committed(commands));
        else reject(error);
        await tick();
      };
      flights.push({ lane, ids, end });
    });
  const onPoisonous = (entry: PreparedCommand) => poisonous.push(entry.accountId);
  const coalescer = createCoalescer({ lanes, apply, onPoisonous, log: silentLog, ...options });
  const flight = (index: number) => {
    const found = flights[index];
    if (found === undefined) throw new Error(`there is no flight ${index}`);
    return found;
  };
  return { coalescer, flights, flight, poisonous };
}

/** Lets everything run that is due. */
async function tick(): Promise<void> {
  for (let round = 0; round < 4; round += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('the coalescer', () => {
  it('forms the next batch while one is in flight', async () => {
    const { coalescer, flights, flight } = createHeldStore(1);
    void coalescer.commit(command(1));
    await tick();
    void coalescer.commit(command(2));
    void coalescer.commit(command(3));
    await tick();
    expect(flights.map(({ ids }) => ids)).toEqual([[1]]);
    await flight(0).end();
    expect(flights.map(({ ids }) => ids)).toEqual([[1], [2, 3]]);
  });

  it('has one command of an account in flight at a time, in order, over all lanes', async () => {
    const { coalescer, flights, flight } = createHeldStore(2, { batchLimit: 2 });
    const order: string[] = [];
    for (const name of ['a', 'b', 'c']) void coalescer.commit(command(1)).then(() => order.push(name));
    for (const id of [2, 3]) void coalescer.commit(command(id));
    await tick();
    expect(flights.map(({ lane, ids }) => [lane, ids])).toEqual([
      [0, [1, 2]],
      [1, [3]],
    ]);
    await flight(1).end();
    expect(flights).toHaveLength(2);
    await flight(0).end();
    expect(flight(2).ids).toEqual([1]);
    await flight(2).end();
    await flight(3).end();
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('puts no limit on commands without an account', async () => {
    const { coalescer, flights } = createHeldStore(1);
    for (let index = 0; index < 3; index += 1) void coalescer.commit(command(null));
    await tick();
    expect(flights.map(({ ids }) => ids)).toEqual([[null, null, null]]);
  });

  it('takes a failed batch apart and blames only the one that fails alone', async () => {
    const { coalescer, flight, poisonous } = createHeldStore(1);
    const results = Promise.allSettled([1, 2, 3].map((id) => coalescer.commit(command(id))));
    await tick();
    await flight(0).end(new Error('constraint'));
    expect(flight(1).ids).toEqual([1]);
    await flight(1).end();
    await flight(2).end(new Error('constraint'));
    await flight(3).end();
    expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(poisonous).toEqual([2]);
    expect(coalescer.pending()).toBe(0);
  });

  it('repeats nothing when the store failed: the outcome may be unknown', async () => {
    const { coalescer, flights, flight, poisonous } = createHeldStore(1);
    const results = Promise.allSettled([1, 2].map((id) => coalescer.commit(command(id))));
    await tick();
    await flight(0).end(new StoreUnavailableError('gone'));
    for (const result of await results) {
      expect(result.status === 'rejected' && result.reason).toBeInstanceOf(StoreUnavailableError);
    }
    expect(flights).toHaveLength(1);
    expect(poisonous).toEqual([]);
  });

  it('gives the rest up when the store fails while a batch is taken apart', async () => {
    const { coalescer, flights, flight, poisonous } = createHeldStore(1);
    const results = Promise.allSettled([1, 2, 3].map((id) => coalescer.commit(command(id))));
    await tick();
    await flight(0).end(new Error('constraint'));
    await flight(1).end();
    await flight(2).end(new StoreUnavailableError('gone'));
    expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(flights).toHaveLength(3);
    expect(poisonous).toEqual([]);
  });

  it('blames nobody for contention', async () => {
    const { coalescer, flight, poisonous } = createHeldStore(1);
    const result = coalescer.commit(command(1));
    const settled = Promise.allSettled([result]);
    await tick();
    await flight(0).end(new ContentionError('deadlock'));
    await flight(1).end(new ContentionError('deadlock'));
    await settled;
    await expect(result).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(poisonous).toEqual([]);
  });

  it('refuses at once what goes beyond its bound, and takes more when there is room again', async () => {
    const { coalescer, flight } = createHeldStore(1, { queueLimit: 2 });
    const first = [coalescer.commit(command(1)), coalescer.commit(command(1))];
    await expect(coalescer.commit(command(2))).rejects.toBeInstanceOf(StoreUnavailableError);
    await tick();
    await flight(0).end();
    await first[0];
    const third = coalescer.commit(command(2));
    await flight(1).end();
    await flight(2).end();
    await third;
  });

  it('grants the turn between two batches and a batch between two turns', async () => {
    const { coalescer, flights, flight } = createHeldStore(1);
    void coalescer.commit(command(1));
    await tick();
    const log: string[] = [];
    const take = async (name: string) => {
      const release = await coalescer.acquire();
      log.push(name);
      return release;
    };
    const [first, second] = [take('first'), take('second')];
    void coalescer.commit(command(2));
    await tick();
    expect(log).toEqual([]);
    await flight(0).end();
    const release = await first;
    await tick();
    expect(log).toEqual(['first']);
    expect(flights).toHaveLength(1);
    release();
    release();
    await tick();
    expect(flight(1).ids).toEqual([2]);
    expect(log).toEqual(['first']);
    await flight(1).end();
    (await second)();
    expect(log).toEqual(['first', 'second']);
  });

  it('finishes what it took before it closes, and takes nothing after', async () => {
    const { coalescer, flight } = createHeldStore(1);
    const results = [1, 1].map((id) => coalescer.commit(command(id)));
    await tick();
    const closed = coalescer.close();
    await expect(coalescer.commit(command(2))).rejects.toBeInstanceOf(StoreUnavailableError);
    await flight(0).end();
    await flight(1).end();
    await closed;
    expect(await Promise.all(results)).toHaveLength(2);
  });
});
