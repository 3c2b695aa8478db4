// The decision writer on SQLite, in whichever thread it runs: batches and turns on the one connection that writes.
import { putSetting } from '../queries/settings.ts';
import { openSqliteAccess, type SqliteAccess } from '../sqlite/store.ts';
import { probeKey } from '../write-proof.ts';
import { createCoalescer } from './coalescer.ts';
import { type Committer, createDecisionChains, reportUnwritable, type WriterDeps } from './committer.ts';
import { ChainLostError } from './rows.ts';
import { createSqliteBatches } from './sqlite-batches.ts';

export interface SqliteWriter extends Committer {
  /** Reads and writes of this thread; its writes alternate with the batches. */
  readonly access: SqliteAccess;
  /** The turn to write by oneself, for this thread and, through worker.ts, for others. */
  acquire(): Promise<() => void>;
}

/** Opens a migrated database for writing. There must be one writer per database; the process lock sees to that. */
export function openSqliteWriter(file: string, deps: WriterDeps): SqliteWriter {
  let batches: ReturnType<typeof createSqliteBatches> | null = null;
  const coalescer = createCoalescer({
    lanes: 1,
    log: deps.log,
    ...(deps.queueLimit === undefined ? {} : { queueLimit: deps.queueLimit }),
    async apply(lane, commands) {
      batches ??= createSqliteBatches(access.writer(), () => deps.clock.now());
      try {
        return batches(chains.chainOf(lane), commands);
      } catch (error) {
        if (error instanceof ChainLostError) chains.restart();
        throw error;
      }
    },
    onPoisonous: (command, error) => reportUnwritable(command, error, coalescer, deps),
  });
  const access = openSqliteAccess(file, coalescer);
  const chains = createDecisionChains(1, deps, access.write);
  return {
    access,
    acquire: coalescer.acquire,
    pending: coalescer.pending,
    probe: () => access.write((db) => putSetting(db, probeKey(deps.node), String(deps.clock.now()))),
    async commit(command) {
      await chains.ready();
      return coalescer.commit(command);
    },
    async close() {
      await chains.settled();
      await coalescer.close();
      access.close();
    },
  };
}
