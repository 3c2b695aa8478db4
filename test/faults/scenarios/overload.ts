// Twice as many logins as passwords can be hashed: what can't be answered in time is dropped, and the gateway's other server is there.
import type { Reply } from '../harness/gateway.ts';
import { after } from '../harness/until.ts';
import { inWorld, type WorldOptions } from './world.ts';

/** A gateway's patience for one answer; then it asks its other server. */
const patienceMs = 5_000;

interface Offered {
  readonly perSecond: number;
  readonly answered: number;
  readonly asked: number;
  readonly slowestMs: number;
}

function summarise(perSecond: number, replies: readonly Reply[]): Offered {
  const answers = replies.flatMap((reply) => (reply.kind === 'silence' ? [] : [reply.ms]));
  return {
    perSecond,
    asked: replies.length,
    answered: answers.length,
    slowestMs: Math.max(0, ...answers),
  };
}

/**
 * Finds how many logins a second one broker can hash for, offers twice that for `seconds`, and looks: the same number is
 * still answered, none later than its gateway waits, answers to challenges go before new logins, a second node takes what the
 * first drops, and nothing wrong is said in the throng.
 */
export function overloadPasswords(
  options: Pick<WorldOptions, 'say'> & { readonly seconds: number },
): Promise<void> {
  const { seconds } = options;
  const first = { password: { threads: 1, queue: 64 } };
  const accounts = 6_000;
  const style = 'appended';
  return inWorld({ ...options, dialect: 'postgresql', accounts, style, first }, async (world) => {
    const { gateway, people, ledger, say } = world;
    const [broker, other] = [await world.start('a'), await world.start('b')];
    const faults: string[] = [];
    let next = 0;

    const login = async (port: number, account: number, step: number): Promise<Reply> => {
      const typed = people.password(account) + people.code(account, step);
      const reply = await gateway.login(port, people.login(account, typed), patienceMs);
      if (reply.kind === 'accept') ledger.accepted(account, step, reply.reference);
      if (reply.kind === 'reject')
        faults.push(`account ${account}: refused in the throng (${reply.lookupCode})`);
      return reply;
    };
    const fresh = (): { account: number; step: number } => {
      const account = next % people.count;
      next += 1;
      const step = people.nextStep(account, 0) ?? 0;
      ledger.attempt(account, step);
      return { account, step };
    };

    // Closed loop: what one hasher does when it always has something to do.
    let hashed = 0;
    const calm = performance.now();
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        while (performance.now() - calm < 3_000) {
          const { account, step } = fresh();
          if ((await login(broker.port, account, step)).kind === 'accept') hashed += 1;
        }
      }),
    );
    const capacity = hashed / 3;
    const perSecond = capacity * 2;

    // Open loop: twice that, whether answered or not. Beside it, challenges answered all the while.
    const replies: Promise<Reply>[] = [];
    const failedOver: Promise<Reply>[] = [];
    const answersWithState: Reply[] = [];
    const nas = 'bench-challenge';
    const states: { account: number; state: Buffer }[] = [];
    for (let account = people.count - 20; account < people.count; account += 1) {
      const asked = await gateway.login(broker.port, people.login(account, people.password(account), nas));
      if (asked.kind === 'challenge' && asked.state !== null) states.push({ account, state: asked.state });
    }
    const startedAt = performance.now();
    let lastAnswerAt = startedAt;
    for (let sent = 0; sent < perSecond * seconds; sent += 1) {
      const { account, step } = fresh();
      const reply = login(broker.port, account, step);
      replies.push(reply);
      void reply.then(({ kind }) => {
        if (kind !== 'silence') lastAnswerAt = performance.now();
        // The gateway's failover: a new request to its other server, with the same code.
        if (kind === 'silence' && failedOver.length < 20) failedOver.push(login(other.port, account, step));
      });
      const due = startedAt + ((sent + 1) * 1000) / perSecond;
      if (sent === Math.floor(perSecond * seconds * 0.6)) {
        for (const { account: holder, state } of states) {
          const step = people.nextStep(holder, 0) ?? 0;
          ledger.attempt(holder, step);
          const answer = { ...people.login(holder, people.code(holder, step), nas), state };
          const reply = await gateway.login(broker.port, answer, patienceMs);
          if (reply.kind === 'accept') ledger.accepted(holder, step, reply.reference);
          answersWithState.push(reply);
        }
      }
      const leftMs = due - performance.now();
      if (leftMs > 1) await after(leftMs);
    }
    const offered = summarise(perSecond, await Promise.all(replies));
    const took = (lastAnswerAt - startedAt) / 1000;
    const goodput = offered.answered / took;
    const second = await Promise.all(failedOver);
    const late = second.filter(({ kind }) => kind !== 'accept').length;
    const unanswered = answersWithState.filter(({ kind }) => kind !== 'accept').length;
    say(
      `one hasher does ${capacity.toFixed(0)}/s; offered ${perSecond.toFixed(0)}/s: ${goodput.toFixed(0)}/s answered, ` +
        `the slowest after ${Math.round(offered.slowestMs)} ms; ${answersWithState.length - unanswered} of ` +
        `${answersWithState.length} answers to challenges and ${second.length - late} of ${second.length} failovers accepted`,
    );
    if (offered.answered === offered.asked) faults.push('everything was answered: that was no overload');
    if (goodput < capacity * 0.6)
      faults.push(`only ${goodput.toFixed(1)}/s answered of ${capacity.toFixed(1)}/s`);
    if (offered.slowestMs > patienceMs) faults.push('an answer came after its gateway had given up');
    if (unanswered > 0) faults.push(`${unanswered} answers to challenges were not accepted`);
    if (late > 0) faults.push(`${late} failovers were not accepted`);
    // The node recovers by itself as soon as less is offered.
    await after(1_000);
    const { account, step } = fresh();
    if ((await login(broker.port, account, step)).kind !== 'accept') faults.push('not back after the throng');
    await broker.stop();
    await other.stop();
    await world.settle(faults);
  });
}
