// An organisation file whose import is killed at random points, the broker that does it or the command that does it alone: it is
// finished by being imported again, each person and account once.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunningCommand, startCommand } from '../harness/broker.ts';
import { after } from '../harness/until.ts';
import { type Dialect, inWorld, type World } from './world.ts';

/** An organisation file in JSON lines: so many new people with an account each. */
function newcomers(size: number): string {
  const codes = Array.from({ length: size }, (_, i) => `X${String(i).padStart(5, '0')}`);
  const lines = [
    ...codes.map((staffCode) => ({
      ...{ kind: 'person', staffCode, fullName: `Nguyễn Văn ${staffCode}`, unit: 'U1' },
      ...{ personKind: 'civil-servant', position: 'chuyên viên' },
      employment: [{ kind: 'hired', from: '2020-01-01' }],
    })),
    ...codes.map((staffCode) => ({
      ...{ kind: 'account', userName: staffCode.toLowerCase(), staffCode },
      ...{
        validFrom: '2026-01-01',
        validUntil: '2036-01-01',
        authenticators: [],
        assignments: [],
        workstations: [],
      },
    })),
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

interface ImportOptions {
  readonly dialect: Dialect;
  /** People in the file, each with an account. */
  readonly size: number;
  /** How often it is killed. */
  readonly times: number;
  /** Within so much of its beginning. */
  readonly mostMs: number;
  readonly say?: (line: string) => void;
}

export async function killInImport(options: ImportOptions): Promise<void> {
  const { size, times, mostMs } = options;
  await inWorld({ ...options, accounts: 10 }, async (world) => {
    const node = await world.node();
    const file = join(node.directory, 'newcomers.jsonl');
    writeFileSync(file, newcomers(size));
    for (let kills = 0; ; kills += 1) {
      // By turns: the command asks the broker for it, or does it itself.
      const broker = kills % 2 === 0 ? await world.start() : null;
      const importing = startCommand(node, 'import', file);
      const isOver = await outcomeOf(importing, kills < times ? Math.random() * mostMs : null);
      if (!isOver) await (broker ?? importing).kill();
      const { code, output } = await importing.finished;
      world.say(
        isOver ? `the import ended with ${code}` : `killed ${broker === null ? 'the command' : 'the broker'}`,
      );
      if (broker?.isAlive() === true) await broker.stop();
      if (!isOver) continue;
      if (code !== 0) throw new Error(`the import failed: ${output}`);
      break;
    }
    await expectOnce(world, size);
    const again = await startCommand(node, 'import', file).finished;
    if (again.code !== 0) throw new Error(`it can't be imported again: ${again.output}`);
    await expectOnce(world, size);
    await world.settle();
  });
}

/** Whether the command ends by itself within the time; null: however long it takes. */
async function outcomeOf({ finished }: RunningCommand, withinMs: number | null): Promise<boolean> {
  const ended = finished.then(() => true);
  return await (withinMs === null ? ended : Promise.race([ended, after(withinMs).then(() => false)]));
}

async function expectOnce({ site, node }: World, size: number): Promise<void> {
  const services = await site.open(await node());
  try {
    const faults = await services.store.read(async (db) => {
      const people = await db.select().from(db.tables.people);
      const imported = new Set(
        people.filter(({ staffCode }) => staffCode.startsWith('X')).map(({ id }) => id),
      );
      const accounts = await db.select().from(db.tables.accounts);
      const hirings = await db.select().from(db.tables.employmentEvents);
      const audit = await db.select().from(db.tables.audit);
      const created = (kind: string) =>
        audit
          .filter(({ outcome }) => outcome === 'import.chunk')
          .map(
            ({ body }) => JSON.parse(body).data as { readonly entries?: string; readonly created?: number },
          )
          .reduce((sum, chunk) => sum + (chunk.entries === kind ? (chunk.created ?? 0) : 0), 0);
      const isTheirs = ({ personId }: { readonly personId: number }) => imported.has(personId);
      return Object.entries({
        people: imported.size,
        'their hirings': hirings.filter(isTheirs).length,
        'their accounts': accounts.filter(isTheirs).length,
        'people created on record': created('person'),
        'accounts created on record': created('account'),
      }).flatMap(([what, is]) => (is === size ? [] : [`${what}: ${is} instead of ${size}`]));
    });
    if (faults.length > 0) throw new Error(faults.join('\n'));
  } finally {
    await services.close();
  }
}
