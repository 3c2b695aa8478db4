// Checkpoints and their delivery, on both databases.
import { expect, it } from 'vitest';
import { type CheckpointMessage, makeCheckpoint } from '../../src/services/checkpoints.ts';
import { deliverDue, type Notifier } from '../../src/services/outbox.ts';
import { appendRecord } from '../../src/store/audit/append.ts';
import { checkpointHash, openCheckpoint } from '../../src/store/audit/checkpoint.ts';
import type { Store } from '../../src/store/store.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { captureLog } from './captured-log.ts';

const publicKey = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' };
/** The key pair of RFC 8037, appendix A. */
const key = { ...publicKey, d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A' };

function record(store: Store): Promise<unknown> {
  return store.write((db) =>
    appendRecord(db, {
      kind: 'administration',
      at: 1,
      accountId: null,
      gatewayId: null,
      outcome: 'test',
      reason: null,
      detail: null,
      lookupCode: null,
      body: {},
      personal: {},
    }),
  );
}

function testClock() {
  let now = Date.UTC(2026, 2, 1);
  return {
    now: () => now,
    monotonic: () => now,
    pass(ms: number) {
      now += ms;
    },
  };
}

/** A place that refuses while `isDown`. */
function testNotifier(target: string) {
  const taken: CheckpointMessage[] = [];
  const state = { isDown: false, attempts: 0 };
  const notifier: Notifier = {
    target,
    async deliver(message) {
      state.attempts += 1;
      if (state.isDown) throw new Error('connection refused');
      taken.push(message);
    },
  };
  return { notifier, taken, state };
}

describeOnEachStore('checkpoints', (open, createDatabase, dialect) => {
  it('follow each other, each naming the one before, and are made only when something was recorded', async () => {
    const store = await open();
    const clock = testClock();
    const deps = { store, key, clock, targets: [], leastAgeMs: 1_000 };
    expect(await makeCheckpoint(deps)).toBeNull();
    await record(store);
    const one = await makeCheckpoint(deps);
    expect(await makeCheckpoint(deps)).toBeNull();
    clock.pass(1_000);
    expect(await makeCheckpoint(deps)).toBeNull();
    await record(store);
    const two = await makeCheckpoint(deps);
    const opened = await openCheckpoint(two?.jws ?? '', [publicKey]);
    expect(opened?.previous).toBe(checkpointHash(one?.jws ?? ''));
    expect(opened?.heads).toHaveLength(1);
    expect(opened?.instant).toBe(clock.now());
  });

  it('never fork, however many are made at once, by several nodes too', async () => {
    const database = await createDatabase();
    const first = await open({}, database);
    // A SQLite database belongs to one process, whose writes take turns.
    const nodes = dialect === 'sqlite' ? [first, first] : [first, await open({}, database)];
    const clock = testClock();
    for (let round = 0; round < 5; round += 1) {
      await record(first);
      const made = await Promise.allSettled(
        [...nodes, ...nodes].map((store) =>
          makeCheckpoint({ store, key, clock, targets: [], leastAgeMs: 0 }),
        ),
      );
      expect(made.filter((one) => one.status === 'fulfilled' && one.value !== null)).toHaveLength(1);
    }
  });

  it('reach every target, again and again with growing pauses until each has taken them', async () => {
    const store = await open();
    const clock = testClock();
    const log = captureLog();
    const [good, bad] = [testNotifier('file:/good'), testNotifier('file:/bad')];
    bad.state.isDown = true;
    await record(store);
    const targets = [good.notifier.target, bad.notifier.target];
    await makeCheckpoint({ store, key, clock, targets, leastAgeMs: 0 });
    const deliver = () =>
      deliverDue({ kind: 'checkpoint', store, clock, log, notifiers: [good.notifier, bad.notifier] });

    expect(await deliver()).toEqual({ delivered: 1, failed: 1 });
    expect(await deliver()).toEqual({ delivered: 0, failed: 0 });
    clock.pass(5_000);
    expect(await deliver()).toEqual({ delivered: 0, failed: 1 });
    clock.pass(5_000);
    expect(await deliver()).toEqual({ delivered: 0, failed: 0 });
    clock.pass(5_000);
    bad.state.isDown = false;
    expect(await deliver()).toEqual({ delivered: 1, failed: 0 });
    clock.pass(1_000_000);
    expect(await deliver()).toEqual({ delivered: 0, failed: 0 });
    expect([good.taken.length, bad.taken.length]).toEqual([1, 1]);
    expect(log.lines.join()).toContain('connection refused');
  });

  it('are delivered once although several nodes deliver at once', async () => {
    const store = await open();
    const clock = testClock();
    const { notifier, taken } = testNotifier('file:/one');
    await record(store);
    await makeCheckpoint({ store, key, clock, targets: [notifier.target], leastAgeMs: 0 });
    const deliver = () =>
      deliverDue({ kind: 'checkpoint', store, clock, log: captureLog(), notifiers: [notifier] });
    await Promise.all([deliver(), deliver(), deliver()]);
    expect(taken).toHaveLength(1);
  });

  it('for a target that is configured no longer are dropped, and the log says so', async () => {
    const store = await open();
    const clock = testClock();
    const log = captureLog();
    await record(store);
    await makeCheckpoint({ store, key, clock, targets: ['file:/former'], leastAgeMs: 0 });
    await deliverDue({ kind: 'checkpoint', store, clock, log, notifiers: [] });
    expect(log.lines.join()).toContain('its target is not configured');
    clock.pass(10_000_000);
    expect(await deliverDue({ kind: 'checkpoint', store, clock, log, notifiers: [] })).toEqual({
      delivered: 0,
      failed: 0,
    });
    expect(log.lines).toHaveLength(1);
  });
});
