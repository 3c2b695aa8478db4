// Many guesses at one account's code at the same moment: never more are judged than the policy allows, exactly.
import { defaultPolicy } from '../../../src/core/policy.ts';
import { type Dialect, inWorld } from './world.ts';

const timeoutMs = 10_000;

/**
 * Each account is guessed at from all sides at once, on PostgreSQL through two brokers. In the record stand exactly as many
 * wrong codes as the policy allows, every other guess is refused as locked out, and so is the right code then.
 */
export function guessInParallel(options: {
  readonly dialect: Dialect;
  readonly accounts: number;
  readonly guesses: number;
  readonly say?: (line: string) => void;
}): Promise<void> {
  const { dialect, accounts, guesses } = options;
  const { codeAttempts } = defaultPolicy.lockout;
  return inWorld(options, async (world) => {
    const { people, gateway, ledger, say } = world;
    const brokers = [await world.start('a')];
    if (dialect === 'postgresql') brokers.push(await world.start('b'));
    const portOf = (index: number) => brokers[index % brokers.length]?.port ?? 0;
    const faults: string[] = [];
    for (let account = 0; account < accounts; account += 1) {
      const wrong = people.login(account, people.wrongCode(account));
      const replies = await Promise.all(
        Array.from({ length: guesses }, (_, index) => gateway.login(portOf(index), wrong, timeoutMs)),
      );
      const step = people.nextStep(account, 0) ?? 0;
      replies.push(await gateway.login(portOf(account), people.login(account, people.code(account, step))));
      for (const reply of replies) {
        if (reply.kind === 'reject') ledger.rejected(reply.lookupCode);
        else faults.push(`account ${account}: ${reply.kind} instead of a Reject`);
      }
    }
    for (const broker of brokers) await broker.stop();
    const records = await world.settle();
    for (let account = 0; account < accounts; account += 1) {
      const own = records.filter(({ accountId }) => accountId === account + 1);
      const count = (reason: string) => own.filter((record) => record.reason === reason).length;
      const [wrong, locked] = [count('code-wrong'), count('locked-out')];
      if (wrong !== codeAttempts || locked !== guesses + 1 - codeAttempts) {
        faults.push(`account ${account}: ${wrong} guesses judged, ${locked} refused as locked out`);
      }
    }
    say(`${accounts} accounts, ${guesses} guesses each, ${faults.length} faults`);
    if (faults.length > 0) throw new Error(faults.slice(0, 20).join('\n'));
  });
}
