// The wall clock stepped under a running broker, by libfaketime; the monotonic clock goes on as it did.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import type { Services } from '../../../src/app.ts';
import { timeStepAt } from '../../../src/core/otp.ts';
import { command } from '../harness/broker.ts';
import { until } from '../harness/until.ts';
import { type Dialect, inWorld, type WorldOptions } from './world.ts';

const minute = 60_000;
const stableWithinMs = 100_000;

/** The library, or null where Debian's package faketime is missing. */
export function findFaketime(): string | null {
  const places = existsSync('/usr/lib') ? readdirSync('/usr/lib') : [];
  const files = places.map((place) => join('/usr/lib', place, 'faketime/libfaketimeMT.so.1'));
  return files.find((file) => existsSync(file)) ?? null;
}

/**
 * Steps back ten minutes: no code, neither of then nor of now, and no account that has expired is accepted; forward a year:
 * nobody is refused as expired. The node is silent both times, and answers again once the clock is right and has been
 * stable. `untilStable`: waits for that (a minute); otherwise the operator confirms the clock.
 */
export function stepClock(
  options: Pick<WorldOptions, 'say'> & { readonly dialect: Dialect; readonly untilStable?: boolean },
): Promise<void> {
  const library = findFaketime();
  if (library === null) throw new Error('libfaketime is missing: install the package faketime');
  return inWorld({ ...options, accounts: 40 }, async (world) => {
    const { gateway, people, ledger, say, site, dialect } = world;
    const offsetFile = join(site.directory, 'offset');
    const setOffset = (seconds: number) => writeFileSync(offsetFile, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    setOffset(0);
    const node = await world.node();
    // Expired five minutes ago: valid again ten minutes ago, if the broker believed the clock.
    await expire(await site.open(node), 20, Date.now() - 5 * minute);
    const broker = await world.start('a', {
      env: {
        LD_PRELOAD: library,
        FAKETIME_TIMESTAMP_FILE: offsetFile,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
      },
    });
    const faults: string[] = [];
    const used = new Map<number, number>();
    /** A login with the code of `offsetMs` from now. */
    const login = async (account: number, offsetMs: number, timeoutMs = 1_500) => {
      const last = used.get(account) ?? 0;
      const step = Math.max(timeStepAt(Date.now() + offsetMs, 30), offsetMs === 0 ? last + 1 : 0);
      if (offsetMs === 0) used.set(account, step);
      ledger.attempt(account, step);
      const reply = await gateway.login(
        broker.port,
        people.login(account, people.code(account, step)),
        timeoutMs,
      );
      if (reply.kind === 'accept') ledger.accepted(account, step, reply.reference);
      if (reply.kind === 'reject') ledger.rejected(reply.lookupCode);
      return reply.kind;
    };
    const expect = async (what: string, kind: string, got: Promise<string>) => {
      const found = await got;
      if (found !== kind) faults.push(`${what}: ${found} instead of ${kind}`);
    };

    for (let account = 0; account < 10; account += 1) await expect('before', 'accept', login(account, 0));

    for (const [name, offsetMs] of [
      ['ten minutes back', -10 * minute],
      ['a year forward', 365 * 24 * 60 * minute],
    ] as const) {
      setOffset(offsetMs / 1000);
      for (let account = 10; account < 15; account += 1) {
        await expect(`${name}, today's code`, 'silence', login(account, 0));
        await expect(`${name}, that day's code`, 'silence', login(account, offsetMs));
      }
      await expect(`${name}, a spent code`, 'silence', login(0, 0));
      await expect(`${name}, an expired account`, 'silence', login(20, offsetMs));
      if (await gateway.status(broker.port, 1_500)) faults.push(`${name}: Status-Server was answered`);
      setOffset(0);
      if (options.untilStable === true) {
        const tookMs = await until('the clock is believed again', stableWithinMs, () =>
          gateway.status(broker.port, 500),
        );
        say(
          `${dialect}, ${name}: silent; answering ${Math.round(tookMs / 1000)} s after the clock was right again`,
        );
      } else {
        await gateway.status(broker.port, 500);
        await command(node, 'doctor', '--confirm-clock');
        await until('the confirmed clock is believed', 10_000, () => gateway.status(broker.port, 500));
        say(`${dialect}, ${name}: silent; answering once the clock was right and confirmed`);
      }
      for (let account = 15; account < 20; account += 1) {
        await expect(`${name}, and right again`, 'accept', login(account, 0));
      }
      await expect(`${name}, and right again, an expired account`, 'reject', login(20, 0, 3_000));
    }
    await broker.stop();
    const records = await world.settle(faults);
    const expired = records.filter(({ reason }) => reason === 'expired');
    if (expired.some(({ accountId }) => accountId !== 21)) throw new Error('somebody expired who should not');
  });
}

async function expire(services: Services, account: number, at: number): Promise<void> {
  try {
    await services.store.write(async (db) => {
      const { accounts } = db.tables;
      await db
        .update(accounts)
        .set({ validUntil: at })
        .where(eq(accounts.id, account + 1));
    });
  } finally {
    await services.close();
  }
}
