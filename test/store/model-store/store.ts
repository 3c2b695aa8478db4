// One node's way to the model database: the real coalescer and the real batch logic, with faults where a network would have them.
import type { Clock } from '../../../src/base/clock.ts';
import { StoreUnavailableError } from '../../../src/base/errors.ts';
import type { Log } from '../../../src/base/log.ts';
import type { Random } from '../../../src/base/random.ts';
import { chainStart, extend, type Head, newChainId, openHeads } from '../../../src/store/audit/chain.ts';
import { prepareRecord } from '../../../src/store/audit/record.ts';
import type { applyBatch, PreparedCommand } from '../../../src/store/decision-writer/apply.ts';
import { ContentionError, createCoalescer } from '../../../src/store/decision-writer/coalescer.ts';
import { prepareCommand, reportUnwritable } from '../../../src/store/decision-writer/committer.ts';
import { ChainLostError, resultOf } from '../../../src/store/decision-writer/rows.ts';
import type { CommitResult, DecisionStore } from '../../../src/store/store.ts';
import type { ModelDatabase } from './database.ts';
import { readFacts } from './rows.ts';

/** What may go wrong between a node and its database, and how long everything takes (ms). */
export interface StoreFaults {
  latency(point: 'read' | 'answer' | 'begin' | 'write' | 'commit' | 'acknowledge'): number;
  /** The database cannot be reached: nothing was done. */
  isUnreachable(point: 'read' | 'begin' | 'write'): boolean;
  /** What becomes of a COMMIT. `lost`: it never arrived; `unanswered`: it took effect, and nobody hears of it. */
  commit(): 'done' | 'lost' | 'unanswered';
}

/** Passing time, and the life of the process that waits. */
export interface StoreTime {
  /** Waits as this node: never ends once the node is gone. */
  wait(ms: number): Promise<void>;
  /** Runs a task of this node after the present events. */
  afterTick(task: () => void): void;
  /** What the database does, whether or not the node lives on. */
  afterAtDatabase(ms: number, task: () => void): void;
  /** The database notices that the node is gone. */
  onEnd(task: () => void): void;
}

export interface ModelStoreDeps {
  readonly database: ModelDatabase;
  readonly time: StoreTime;
  readonly faults: StoreFaults;
  readonly applyBatch: typeof applyBatch;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly node: string;
  readonly lanes: number;
}

/** A store of one incarnation of a node. Behaves as the PostgreSQL one does, as its contract tests show. */
export function openModelStore(deps: ModelStoreDeps): DecisionStore {
  const { database, time, faults, clock, random, log, node } = deps;
  let chains: readonly string[] | null = null;
  let beginning: Promise<void> | null = null;
  const known = new Map<number, Head>();

  async function reach(point: 'begin' | 'write'): Promise<void> {
    await time.wait(faults.latency(point));
    if (faults.isUnreachable(point)) throw new StoreUnavailableError('the database does not answer');
  }

  /** Lets `effect` happen, or not, as a COMMIT would. `release` is called in any case. */
  function commit(effect: () => void, release: () => void): Promise<void> {
    const fate = faults.commit();
    return new Promise((resolve, reject) => {
      time.afterAtDatabase(faults.latency('commit'), () => {
        let failure: unknown = null;
        try {
          if (fate !== 'lost') effect();
          if (fate !== 'done') failure = new StoreUnavailableError('the outcome of a commit is unknown');
        } catch (error) {
          failure = error;
        }
        release();
        void time.wait(faults.latency('acknowledge')).then(() => {
          if (failure === null) resolve();
          else reject(failure);
        });
      });
    });
  }

  async function beginChains(): Promise<void> {
    await reach('begin');
    const names = Array.from({ length: deps.lanes }, () => newChainId(random));
    await commit(
      () => {
        for (const [index, chain] of names.entries()) {
          const lane = `decisions-${index + 1}`;
          const starts = [...database.rows.chains.values()].flatMap(
            ({ records }) => records[0]?.record.body ?? [],
          );
          const open = openHeads(database.heads(), starts);
          const draft = chainStart({ node, lane, program: 'model' }, open, clock.now());
          database.startChain(chain, { node, lane }, prepareRecord(draft, random));
        }
      },
      () => {},
    );
    chains = names;
  }

  function ready(): Promise<void> {
    beginning ??= beginChains().catch((error: unknown) => {
      beginning = null;
      throw error;
    });
    return beginning;
  }

  async function applyOnLane(lane: number, commands: readonly PreparedCommand[]): Promise<CommitResult[]> {
    const chain = chains?.[lane];
    if (chain === undefined) throw new RangeError(`lane ${lane} has no chain`);
    const cached = known.get(lane) ?? null;
    known.delete(lane);
    await reach('begin');
    const locks = database.lock(commands.flatMap(({ accountId }) => accountId ?? []));
    let isSent = false;
    time.onEnd(() => {
      if (!isSent) locks.release();
    });
    try {
      await locks.held;
      // As on PostgreSQL: not before the locks are held.
      const at = clock.now();
      const before = cached ?? database.findHead(chain);
      if (before === null) throw new ChainLostError(`chain ${chain} is not in the database`);
      const { outcomes, writes } = deps.applyBatch(commands, database.readLocked(commands), at);
      const heads = extend(
        before,
        writes.records.map((record) => record.body),
      );
      await reach('write');
      isSent = true;
      await commit(() => {
        if (database.meetsAnother(writes)) throw new ContentionError('a claim was taken meanwhile');
        database.apply(writes, heads, at);
        const applied = commands.flatMap((command, index) => {
          const outcome = outcomes[index];
          const head = outcome?.kind === 'committed' ? heads[outcome.record] : undefined;
          return head === undefined ? [] : [{ command, seq: head.seq }];
        });
        database.onEffect({ chain, node, at, applied });
      }, locks.release);
      known.set(lane, heads.at(-1) ?? before);
      return outcomes.map((outcome) => resultOf(outcome, heads));
    } finally {
      locks.release();
    }
  }

  const coalescer = createCoalescer({
    lanes: deps.lanes,
    apply: applyOnLane,
    onPoisonous: (command, error) => {
      reportUnwritable(command, error, coalescer, { clock, random, log, node, program: 'model' });
    },
    log,
    afterTick: (task) => time.afterTick(task),
  });

  return {
    async loadFacts(query) {
      await time.wait(faults.latency('read'));
      if (faults.isUnreachable('read')) throw new StoreUnavailableError('the database does not answer');
      const facts = readFacts(database.rows, query);
      await time.wait(faults.latency('answer'));
      return facts;
    },
    async commit(command) {
      const prepared = prepareCommand(command, random);
      await ready();
      return await coalescer.commit(prepared);
    },
  };
}
