// The same code sent several times at once, to two brokers on one database or to one over many sockets.
import type { Reply } from '../harness/gateway.ts';
import { after } from '../harness/until.ts';
import { type Dialect, inWorld, type World } from './world.ts';

/** A busy machine must not silence the one that is accepted; the other is often silent for good, and waited for so long. */
const timeoutMs = 6_000;

function countAccepts(replies: readonly Reply[]): number {
  return replies.filter(({ kind }) => kind === 'accept').length;
}

interface Rival {
  readonly port: number;
  readonly nasIdentifier?: string;
}

/** One race; the fault found, or null. */
async function race(
  world: World,
  account: number,
  step: number,
  rivals: readonly Rival[],
): Promise<string | null> {
  const { people, gateway, ledger } = world;
  const typed = people.code(account, step);
  ledger.attempt(account, step);
  const replies = await Promise.all(
    rivals.map(({ port, nasIdentifier }) =>
      gateway.login(port, people.login(account, typed, nasIdentifier), timeoutMs),
    ),
  );
  for (const reply of replies) {
    if (reply.kind === 'accept') ledger.accepted(account, step, reply.reference);
    if (reply.kind === 'reject') ledger.rejected(reply.lookupCode);
  }
  const accepts = countAccepts(replies);
  return accepts === 1
    ? null
    : `account ${account}: ${accepts} Accepts of ${replies.map(({ kind }) => kind)}`;
}

async function runRaces(
  world: World,
  races: number,
  width: number,
  rivalsOf: (race: number) => readonly Rival[],
): Promise<void> {
  const { people, say } = world;
  const last = new Map<number, number>();
  const faults: string[] = [];
  let begun = 0;
  let done = 0;
  const run = async (line: number) => {
    for (let account = line; begun < races; account = (account + width) % people.count) {
      if (account % width !== line) account = line;
      const step = people.nextStep(account, last.get(account) ?? 0);
      if (step === null) {
        await after(50);
        continue;
      }
      last.set(account, step);
      begun += 1;
      const fault = await race(world, account, step, rivalsOf(begun));
      if (fault !== null) faults.push(fault);
      done += 1;
      if (done % 1_000 === 0) say(`${done} races, ${faults.length} without exactly one Accept`);
    }
  };
  await Promise.all(Array.from({ length: width }, (_, line) => run(line)));
  if (faults.length > 0) throw new Error(faults.slice(0, 20).join('\n'));
}

/** Two brokers on one PostgreSQL: of each race exactly one Accept comes out. Every fourth looks like a retransmission. */
export function raceTwoBrokers(options: {
  readonly races: number;
  readonly say?: (line: string) => void;
}): Promise<void> {
  const { races } = options;
  const accounts = Math.max(100, Math.ceil(races / 2));
  return inWorld({ ...options, dialect: 'postgresql', accounts }, async (world) => {
    const [one, two] = [await world.start('a'), await world.start('b')];
    await runRaces(world, races, 32, (race) => [
      { port: one.port },
      race % 4 === 0 ? { port: two.port } : { port: two.port, nasIdentifier: 'bench-code-only' },
    ]);
    await one.stop();
    await two.stop();
    await world.settle();
  });
}

/** One broker, each code over eight sockets at once: exactly one Accept. */
export function raceManySockets(options: {
  readonly dialect: Dialect;
  readonly races: number;
  readonly say?: (line: string) => void;
}): Promise<void> {
  const { races } = options;
  const accounts = Math.max(100, Math.ceil(races / 2));
  return inWorld({ ...options, accounts }, async (world) => {
    const broker = await world.start();
    const rivals = Array.from({ length: 8 }, () => ({ port: broker.port }));
    await runRaces(world, races, 16, () => rivals);
    await broker.stop();
    await world.settle();
  });
}
