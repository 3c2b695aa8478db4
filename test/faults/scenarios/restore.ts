// A backup put back after more codes were used: none of them is accepted again.
import { join } from 'node:path';
import { command } from '../harness/broker.ts';
import { dumpDatabase, restoreDatabase } from '../harness/postgresql.ts';
import { after } from '../harness/until.ts';
import { type Dialect, inWorld, type WorldOptions } from './world.ts';

const accounts = 60;

/**
 * Backs up a running broker, uses a code of every account, restores, and tries all of those codes again, and the next ones
 * that were still to come. `untilBack`: waits the minutes until codes are accepted again.
 */
export function restoreYesterday(
  options: Pick<WorldOptions, 'say'> & { readonly dialect: Dialect; readonly untilBack?: boolean },
): Promise<void> {
  return inWorld({ ...options, accounts }, async (world) => {
    const { gateway, people, ledger, say, site, database, dialect } = world;
    const node = await world.node();
    let broker = await world.start();
    const backup = join(site.directory, 'backup');
    if (database === null) await command(node, 'backup', backup);
    else await dumpDatabase(database, 'gatewarden', backup);

    const used: number[] = [];
    const faults: string[] = [];
    for (let account = 0; account < accounts; account += 1) {
      const step = people.nextStep(account, 0) ?? 0;
      ledger.attempt(account, step);
      const reply = await gateway.login(broker.port, people.login(account, people.code(account, step)));
      if (reply.kind !== 'accept') faults.push(`account ${account}: ${reply.kind} before the restore`);
      used.push(step);
    }
    await broker.stop();
    if (database === null) await command(node, 'restore', backup);
    else {
      await restoreDatabase(database, 'gatewarden', backup);
      await command(node, 'restore', '--mark');
    }

    broker = await world.start();
    let refused = 0;
    for (let account = 0; account < accounts; account += 1) {
      for (const ahead of [0, 1]) {
        const code = people.code(account, (used[account] ?? 0) + ahead);
        const reply = await gateway.login(broker.port, people.login(account, code), 10_000);
        if (reply.kind === 'reject') {
          refused += 1;
          ledger.rejected(reply.lookupCode);
        } else faults.push(`account ${account}: ${reply.kind} of a code from before the restore`);
      }
    }
    say(`${dialect}: ${refused} codes from before the restore refused`);
    if (options.untilBack === true) {
      const startedAt = performance.now();
      for (let account = 0, isBack = false; !isBack; account = (account + 1) % accounts) {
        const step = people.nextStep(account, (used[account] ?? 0) + 1);
        if (step === null || performance.now() - startedAt > 400_000) {
          await after(1_000);
          if (performance.now() - startedAt > 400_000) throw new Error('not back within 400 s');
          continue;
        }
        used[account] = step;
        ledger.attempt(account, step);
        const reply = await gateway.login(broker.port, people.login(account, people.code(account, step)));
        isBack = reply.kind === 'accept';
        if (reply.kind === 'accept') ledger.accepted(account, step, reply.reference);
        else await after(2_000);
      }
      say(
        `${dialect}: codes are accepted again ${Math.round((performance.now() - startedAt) / 1000)} s later`,
      );
    }
    await broker.stop();
    await world.settle(faults);
  });
}
