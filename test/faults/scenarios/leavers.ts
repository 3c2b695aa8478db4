// A thousand live sessions of a thousand people who leave by one event file: how soon every Disconnect-Request is out, and what others feel.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { bumpSettingsVersion } from '../../../src/store/queries/settings.ts';
import { command } from '../harness/broker.ts';
import { createLedger, verifyLog } from '../harness/ledger.ts';
import { startLoad } from '../harness/load.ts';
import type { People } from '../harness/people.ts';
import { eventFile } from '../harness/personnel.ts';
import { startSessionGateway } from '../harness/session-gateway.ts';
import { after, until } from '../harness/until.ts';
import { type Dialect, inWorld } from './world.ts';

/** People of a site from an account on. */
function from(people: People, start: number, count: number): People {
  return {
    ...people,
    count,
    code: (account, step) => people.code(account + start, step),
    login: (account, typed, nas) => people.login(account + start, typed, nas),
    nextStep: (account, last, now) => people.nextStep(account + start, last, now),
  };
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0) * 10) / 10;
}

export function leaveTogether(options: {
  readonly dialect: Dialect;
  readonly leavers: number;
  readonly others: number;
  /** Logins of others a second meanwhile. */
  readonly perSecond: number;
  readonly say?: (line: string) => void;
}): Promise<void> {
  const { dialect, leavers, others, perSecond } = options;
  return inWorld({ ...options, accounts: leavers + others }, async (world) => {
    const { gateway, people, say, site } = world;
    // The load counts its people from zero: what it saw is judged by itself.
    const ledger = createLedger();
    const node = await world.node();
    const sessions = await startSessionGateway(site.secret, node.port + 1);
    try {
      const services = await site.open(node);
      await services.store.write(async (db) => {
        const { gateways: t } = db.tables;
        const overrides = {
          credentials: { style: 'code-only' },
          reply: { class: 'opaque' },
          accounting: { sends: true, startWithinSeconds: 600 },
          disconnect: {
            method: 'coa',
            identify: [
              { attribute: 'User-Name', required: true },
              { attribute: 'Acct-Session-Id', required: true },
            ],
          },
        };
        const set = {
          coaAddress: '127.0.0.1',
          coaPort: sessions.coaPort,
          profileOverrides: JSON.stringify(overrides),
        };
        await db.update(t).set(set).where(eq(t.name, 'bench'));
        await bumpSettingsVersion(db);
      });
      await services.close();
      await command(node, 'source', 'add', 'hr', '--brake-count', '0', '--brake-percent', '0');
      const broker = await world.start();

      const names = Array.from({ length: leavers }, (_, i) => site.users.at(i).userName);
      const lastSteps = new Map<number, number>();
      const logIn = (userName: string, i: number) =>
        until(`${userName} is let in`, 60_000, async () => {
          const step = people.nextStep(i, lastSteps.get(i) ?? 0);
          if (step === null) return false;
          lastSteps.set(i, step);
          const reply = await gateway.login(node.port, people.login(i, people.code(i, step)));
          return reply.kind === 'accept';
        });
      for (let at = 0; at < leavers; at += 20) {
        const some = names.slice(at, at + 20);
        await Promise.all(some.map((userName, i) => logIn(userName, at + i)));
        sessions.start(some);
      }
      await until(
        'every Accounting-Start is answered',
        30_000,
        async () => (await sessions.progress()).answered >= leavers,
      );
      say(`${dialect}: ${leavers} sessions are live`);

      const file = join(node.directory, 'leavers.csv');
      writeFileSync(
        file,
        eventFile(
          'Nghỉ hưu',
          names.map((name) => ({ staffCode: `S-${name}` })),
        ),
      );
      const held = (await command(node, 'lifecycle', 'import', file, '--source', 'hr')) as { held: number };
      if (held.held !== leavers) throw new Error(`${held.held} events are held instead of ${leavers}`);

      const load = startLoad({
        ...{
          people: from(people, leavers, others),
          gateway,
          ledger,
          concurrency: 32,
          timeoutMs: 3_000,
          perSecond,
          replays: 0,
        },
        port: () => node.port,
      });
      await after(6_000);
      const before = load.latencies.splice(0);
      const startedAt = Date.now();
      await command(node, 'lifecycle', 'approve', '--source', 'hr', '--reason', 'đã đối chiếu');
      const approvedAt = Date.now();
      await until(
        'every Disconnect-Request is out',
        30_000,
        async () => (await sessions.progress()).disconnected === leavers,
      );
      const { firstDisconnectAt: firstAt, lastDisconnectAt: lastAt } = await sessions.progress();
      await after(Math.max(0, 4_000 - (Date.now() - startedAt)));
      const during = load.latencies.splice(0);
      await load.stop();
      const seconds = (ms: number) => Math.round(ms / 10) / 100;
      say(
        `${dialect}: ${leavers} Disconnect-Requests within ${seconds(lastAt - startedAt)} s of the order, ${seconds(lastAt - firstAt)} s from the first to the last; the order took ${seconds(approvedAt - startedAt)} s`,
      );
      say(
        `${dialect}: logins of others at ${perSecond}/s: p50 ${quantile(before, 0.5)} ms, p99 ${quantile(before, 0.99)} ms before (${before.length}); p50 ${quantile(during, 0.5)} ms, p99 ${quantile(during, 0.99)} ms meanwhile (${during.length})`,
      );
      // What the last Accounting-Stops confirm is noted.
      await until(
        'every Accounting-Stop is answered',
        30_000,
        async () => (await sessions.progress()).answered >= 2 * leavers,
      );
      await broker.stop();
      await verifyLog(node);
      if (load.faults.length > 0) throw new Error(load.faults.slice(0, 10).join('\n'));
      const closed = await site.open(node);
      const states = await closed.store.read(async (db) => {
        const cuts = await db.select().from(db.tables.cuts);
        return Map.groupBy(cuts, ({ state }) => state);
      });
      await closed.close();
      say(`${dialect}: cuts: ${[...states].map(([state, of]) => `${of.length} ${state}`).join(', ')}`);
      const confirmed = states.get('confirmed')?.length ?? 0;
      if (confirmed !== leavers) throw new Error(`${confirmed} cuts are confirmed instead of ${leavers}`);
      if (lastAt - startedAt > 3_000) throw new Error('the last Disconnect-Request was out after 3 s');
    } finally {
      await sessions.close();
    }
  });
}
