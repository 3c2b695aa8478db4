// The decision writer on PostgreSQL: each node batches its own decisions, over a few lanes with a connection and a chain each.
import { createPrimaryPool, type PostgresqlTarget } from '../postgresql/pool.ts';
import type { Store } from '../store.ts';
import { probeKey } from '../write-proof.ts';
import { createCoalescer } from './coalescer.ts';
import { type Committer, createDecisionChains, reportUnwritable, type WriterDeps } from './committer.ts';
import { createPostgresqlBatches } from './postgresql-batches.ts';
import { ChainLostError } from './rows.ts';

const defaultLanes = 2;
/** Gateways have given up by then. */
const statementTimeoutMs = 5_000;

const probeText = `INSERT INTO settings (key, value) VALUES ($1, $2)
  ON CONFLICT (key) DO UPDATE SET value = excluded.value`;

/**
 * Opens a migrated database for decisions. Any number of nodes may do so at once: what they decide about one account is
 * put in order by the lock on its row.
 * @param write transactions of the same database, for the beginning of chains
 */
export function openPostgresqlWriter(
  target: PostgresqlTarget,
  write: Store['write'],
  deps: WriterDeps & { readonly lanes?: number },
): Committer {
  const lanes = deps.lanes ?? defaultLanes;
  const pool = createPrimaryPool(target, {
    size: lanes + 1,
    readOnly: false,
    statementTimeoutMs,
    log: deps.log,
  });
  const chains = createDecisionChains(lanes, deps, write);
  const batches = Array.from({ length: lanes }, () => createPostgresqlBatches(pool, () => deps.clock.now()));
  const coalescer = createCoalescer({
    lanes,
    log: deps.log,
    ...(deps.queueLimit === undefined ? {} : { queueLimit: deps.queueLimit }),
    async apply(lane, commands) {
      const applyOnLane = batches[lane];
      if (applyOnLane === undefined) throw new RangeError(`there is no lane ${lane}`);
      try {
        return await applyOnLane(chains.chainOf(lane), commands);
      } catch (error) {
        if (error instanceof ChainLostError) chains.restart();
        throw error;
      }
    },
    onPoisonous: (command, error) => reportUnwritable(command, error, coalescer, deps),
  });
  return {
    pending: coalescer.pending,
    // Past the turn of this process: a long write of an administrator says nothing about the database.
    probe: () =>
      pool.use(async (client) => {
        const values = [probeKey(deps.node), String(deps.clock.now())];
        await client.query({ name: 'probe', text: probeText, values });
      }),
    async commit(command) {
      await chains.ready();
      return coalescer.commit(command);
    },
    async close() {
      await chains.settled();
      await coalescer.close();
      await pool.close();
    },
  };
}
