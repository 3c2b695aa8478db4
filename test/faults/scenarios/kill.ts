// The broker killed under load again and again, each time restarted on the same database.
import { startLoad } from '../harness/load.ts';
import { after, until } from '../harness/until.ts';
import { type Dialect, inWorld } from './world.ts';

/** Every Accept that a client saw is in the record, no code is accepted twice, and the chains verify. */
export function killUnderLoad(options: {
  readonly dialect: Dialect;
  readonly times: number;
  readonly say?: (line: string) => void;
}): Promise<{ readonly accepts: number; readonly silences: number }> {
  const { times } = options;
  return inWorld({ ...options, accounts: Math.min(20_000, 300 + 200 * times) }, async (world) => {
    const { gateway, people, ledger, say, start } = world;
    const node = await world.node();
    let broker = await start();
    const load = startLoad({
      ...{ people, gateway, ledger, concurrency: 48, timeoutMs: 1_500, perSecond: 300, replays: 0.15 },
      port: () => node.port,
    });
    for (let time = 1; time <= times; time += 1) {
      const before = load.accepts;
      await until('the broker accepts under load', 40_000, () => load.accepts >= before + 40);
      await after(Math.random() * 250);
      await broker.kill();
      broker = await start();
      if (time % 10 === 0) say(`killed ${time} times, ${load.accepts} Accepts, ${load.silences} silences`);
    }
    const before = load.accepts;
    await until('the broker accepts after the last kill', 40_000, () => load.accepts >= before + 40);
    await load.stop();
    await broker.stop();
    await world.settle(load.faults);
    return { accepts: load.accepts, silences: load.silences };
  });
}
