// PostgreSQL's primary killed under load and its synchronous standby promoted: nothing accepted is lost, nothing doubled.
import { startLoad } from '../harness/load.ts';
import { after, until } from '../harness/until.ts';
import { inWorld, type WorldOptions } from './world.ts';

/** From the end of the promotion to the next Accept. */
const backWithinMs = 10_000;

export function promoteStandby(options: Pick<WorldOptions, 'say'>): Promise<void> {
  return inWorld({ ...options, dialect: 'postgresql', accounts: 4_000, standby: true }, async (world) => {
    const { gateway, people, ledger, say, database: primary, standby } = world;
    if (primary === null || standby === null) throw new Error('no PostgreSQL');
    await primary.query(`ALTER SYSTEM SET synchronous_standby_names = 'standby'`);
    await primary.query('SELECT pg_reload_conf()');
    await until('the standby is synchronous', 20_000, async () => {
      const rows = await primary.query(`SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'`);
      return rows.length === 1;
    });
    const broker = await world.start();
    const load = startLoad({
      ...{ people, gateway, ledger, concurrency: 32, timeoutMs: 1_500, perSecond: 200 },
      port: () => broker.port,
    });
    await until('Accepts before', 30_000, () => load.accepts >= 200);
    await primary.kill();
    await after(1_000);
    await standby.promote();
    const accepts = load.accepts;
    const tookMs = await until('Accepts after the promotion', 30_000, () => load.accepts > accepts + 5);
    await until('more of them', 30_000, () => load.accepts >= accepts + 200);
    const faults = tookMs > backWithinMs ? [`back only ${Math.round(tookMs)} ms after the promotion`] : [];
    say(`accepting ${Math.round(tookMs)} ms after the promotion`);
    await load.stop();
    await broker.stop();
    await world.settle([...faults, ...load.faults]);
  });
}
