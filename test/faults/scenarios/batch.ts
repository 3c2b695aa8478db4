// A broker killed at random points of what personnel systems send in one go: started again, it is finished, each event once.
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../harness/broker.ts';
import { bulk, eventFile, scimClient, scimUser } from '../harness/personnel.ts';
import { freeTcpPort } from '../harness/ports.ts';
import { after, until } from '../harness/until.ts';
import { type Dialect, inWorld } from './world.ts';

/** As much as a source may take away without a person's word, set so that the brake holds nothing. */
const noBrake = ['--brake-count', '1000000'];
const opsInOneRequest = 200;

interface BatchOptions {
  readonly dialect: Dialect;
  /** How often the broker is killed in each of the batches. */
  readonly times: number;
  /** People in each batch. */
  readonly size: number;
  readonly say?: (line: string) => void;
}

/**
 * An event file in a watched folder, SCIM in bulk, and an event file by the command line, each killed again and again.
 */
export async function killInBatches(options: BatchOptions): Promise<void> {
  const { dialect, times, size } = options;
  const consolePort = await freeTcpPort();
  const drop = join('/tmp', `gatewarden-drop-${process.pid}-${consolePort}`);
  mkdirSync(drop);
  const first = {
    consolePort,
    sections: { folders: [{ source: 'drop', directory: drop, intervalSeconds: 1, settleSeconds: 1 }] },
  };
  await inWorld({ ...options, accounts: 3 * size, first }, async (world) => {
    const { say, site } = world;
    const node = await world.node();
    const people = Array.from({ length: 3 * size }, (_, i) => {
      const { userName } = site.users.at(i);
      return { staffCode: `S-${userName}`, fullName: `Nguyễn Văn ${userName}` };
    });
    const [byFolder, byScim, byCommand] = [
      people.slice(0, size),
      people.slice(size, 2 * size),
      people.slice(2 * size),
    ];
    for (const [name, kind] of [
      ['drop', 'file'],
      ['scim', 'scim'],
      ['hr', 'file'],
    ] as const)
      await command(node, 'source', 'add', name, '--kind', kind, ...noBrake);
    const { token } = (await command(node, 'token', 'create', 'client', '--source', 'scim')) as {
      token: string;
    };
    /** While no broker runs, the command line works on the database itself, and no broker starts until it has done. */
    async function startAgain() {
      for (;;) {
        try {
          return await world.start();
        } catch (error) {
          if (!String(error).includes('the broker is running')) throw error;
          await after(100);
        }
      }
    }
    let broker = await world.start();

    /** Kills so often while `work` goes on; what was not finished then goes on to its end. */
    async function killing(what: string, mostMs: number, work: () => Promise<void>): Promise<void> {
      let isDone = false;
      const working = work().finally(() => {
        isDone = true;
      });
      let kills = 0;
      while (!isDone && kills < times) {
        await after(Math.random() * mostMs);
        if (isDone) break;
        await broker.kill();
        kills += 1;
        broker = await startAgain();
      }
      await working;
      say(`${dialect}: ${what}: killed ${kills} times`);
    }

    await killing('event file in a folder', 3_000, async () => {
      writeFileSync(join(drop, 'leavers.tmp'), eventFile('Nghỉ hưu', byFolder));
      renameSync(join(drop, 'leavers.tmp'), join(drop, 'leavers.csv'));
      await until(
        'the file is taken',
        600_000,
        () => readdirSync(join(drop)).includes('done') && readdirSync(join(drop, 'done')).length === 1,
      );
    });

    const scim = scimClient(consolePort, 'scim', token);
    await killing('SCIM in bulk', 1_500, async () => {
      for (let at = 0; at < byScim.length; at += opsInOneRequest) {
        const some = byScim.slice(at, at + opsInOneRequest);
        const operations = some.map((one, i) => ({
          method: 'POST',
          path: '/Users',
          bulkId: `b${at + i}`,
          data: scimUser({ ...one, active: true }),
        }));
        const made = await scim.insist('POST', '/Bulk', bulk(operations));
        if (made.status !== 200) throw new Error(`a bulk was answered ${made.status}`);
      }
      // Whom it made before a kill, whose answer was lost, the client finds by asking.
      const ids: string[] = [];
      for (let startIndex = 1; ; ) {
        const { body } = await scim.insist('GET', `/Users?startIndex=${startIndex}&count=200`);
        ids.push(...(body.Resources ?? []).map((one: { id: string }) => one.id));
        startIndex += body.itemsPerPage;
        if (startIndex > body.totalResults || body.itemsPerPage === 0) break;
      }
      if (ids.length !== byScim.length)
        throw new Error(`${ids.length} SCIM users instead of ${byScim.length}`);
      for (let at = 0; at < ids.length; at += opsInOneRequest) {
        const operations = ids.slice(at, at + opsInOneRequest).map((id) => ({
          method: 'PATCH',
          path: `/Users/${id}`,
          data: {
            schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
            Operations: [{ op: 'replace', path: 'active', value: false }],
          },
        }));
        const answer = await scim.insist('POST', '/Bulk', bulk(operations));
        const wrong = answer.body.Operations.find(
          ({ status }: { status: string }) => !status.startsWith('2'),
        );
        if (wrong !== undefined) throw new Error(`an operation failed: ${JSON.stringify(wrong)}`);
      }
    });

    await killing('event file by the command line', 2_000, async () => {
      const file = join(node.directory, 'leavers.csv');
      writeFileSync(file, eventFile('Nghỉ hưu', byCommand));
      for (;;) {
        try {
          const report = (await command(node, 'lifecycle', 'import', file, '--source', 'hr')) as {
            rejected: unknown[];
          };
          if (report.rejected.length > 0)
            throw new Error(`rows were rejected: ${JSON.stringify(report.rejected[0])}`);
          return;
        } catch (error) {
          if (String(error).includes('rejected')) throw error;
          await after(100);
        }
      }
    });

    await broker.stop();
    await world.settle();
    const services = await site.open(node);
    try {
      const faults = await services.store.read(async (db) => {
        const events = await db.select().from(db.tables.lifecycleEvents);
        const accounts = await db.select().from(db.tables.accounts);
        const audit = await db.select().from(db.tables.audit);
        const files = await db.select().from(db.tables.feedFiles);
        const ended = events.filter(({ kind, state }) => kind === 'ended' && state === 'applied');
        const wanted = 3 * size;
        return Object.entries({
          'people who have left': [new Set(ended.map(({ personId }) => personId)).size, wanted],
          events: [events.length, wanted],
          'accounts withdrawn': [accounts.filter(({ status }) => status === 'withdrawn').length, wanted],
          'records of events': [audit.filter(({ outcome }) => outcome === 'lifecycle.record').length, wanted],
          'files taken': [files.length, 1],
        }).flatMap(([what, [is, should]]) => (is === should ? [] : [`${what}: ${is} instead of ${should}`]));
      });
      if (faults.length > 0) throw new Error(faults.join('\n'));
    } finally {
      await services.close();
    }
  }).finally(() => rmSync(drop, { recursive: true, force: true }));
}
