// Twice as many logins as passwords can be hashed: what can't be answered in time is dropped, and the gateway's other server is there.
import type { Reply } from '../harness/gateway.ts';
import { after } from '../harness/until.ts';
import { inWorld, type WorldOptions } from './world.ts';

/** A gateway's patience for one answer; then it asks its other server. */
const patienceMs = 5_000;
/** How long is looked at what a broker does that is not overloaded. */
const calmMs = 3_000;

interface Offered {
  readonly perSecond: number;
  readonly answered: number;
  readonly asked: number;
  readonly slowestMs: number;
}

function summarise(seconds: number, replies: readonly Reply[]): Offered {
  const answers = replies.flatMap((reply) => (reply.kind === 'silence' ? [] : [reply.ms]));
  return {
    perSecond: replies.length / seconds,
    asked: replies.length,
    answered: answers.length,
    slowestMs: Math.max(0, ...answers),
  };
}

/**
 * Finds how many logins a second one broker can hash for, offers twice that (and always twice what it has answered so far,
 * should it do more) for `seconds`, finds it anew, and looks: the same number is still answered, none later than its gateway
 * waits, answers to challenges go before new logins, a second node takes what the first drops, and nothing wrong is said.
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

    /** Logins a second of one hasher that always has something to do: eight gateways ask again as soon as they are answered. */
    const measureCapacity = async (): Promise<number> => {
      let hashed = 0;
      const startedAt = performance.now();
      const ask = async () => {
        while (performance.now() - startedAt < calmMs) {
          const { account, step } = fresh();
          if ((await login(broker.port, account, step)).kind === 'accept') hashed += 1;
        }
      };
      await Promise.all(Array.from({ length: 8 }, ask));
      return (hashed * 1000) / (performance.now() - startedAt);
    };
    const before = await measureCapacity();
    const perSecond = before * 2;

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
    let answered = 0;
    const answerChallenges = async () => {
      await after(seconds * 600);
      for (const { account, state } of states) {
        const step = people.nextStep(account, 0) ?? 0;
        ledger.attempt(account, step);
        const answer = { ...people.login(account, people.code(account, step), nas), state };
        const reply = await gateway.login(broker.port, answer, patienceMs);
        if (reply.kind === 'accept') ledger.accepted(account, step, reply.reference);
        answersWithState.push(reply);
      }
    };
    const challengesAnswered = answerChallenges();
    for (;;) {
      const elapsed = (performance.now() - startedAt) / 1000;
      if (elapsed > seconds) break;
      if (replies.length >= Math.max(perSecond * elapsed, answered * 2)) {
        await after(1);
        continue;
      }
      const { account, step } = fresh();
      const reply = login(broker.port, account, step);
      replies.push(reply);
      void reply.then(({ kind }) => {
        if (kind !== 'silence') {
          answered += 1;
          lastAnswerAt = performance.now();
        }
        // The gateway's failover: a new request to its other server, with the same code.
        if (kind === 'silence' && failedOver.length < 20) failedOver.push(login(other.port, account, step));
      });
    }
    await challengesAnswered;
    const offered = summarise(seconds, await Promise.all(replies));
    const took = (lastAnswerAt - startedAt) / 1000;
    const goodput = offered.answered / took;
    const second = await Promise.all(failedOver);
    // The node recovers by itself as soon as less is offered.
    const afterwards = await measureCapacity();
    const late = second.filter(({ kind }) => kind !== 'accept').length;
    const unanswered = answersWithState.filter(({ kind }) => kind !== 'accept').length;
    say(
      `one hasher does ${before.toFixed(0)}/s, afterwards ${afterwards.toFixed(0)}/s; offered ${offered.perSecond.toFixed(0)}/s: ${goodput.toFixed(0)}/s answered, ` +
        `the slowest after ${Math.round(offered.slowestMs)} ms; ${answersWithState.length - unanswered} of ` +
        `${answersWithState.length} answers to challenges and ${second.length - late} of ${second.length} failovers accepted`,
    );
    if (offered.answered === offered.asked) faults.push('everything was answered: that was no overload');
    const capacity = Math.min(before, afterwards);
    if (afterwards === 0) faults.push('not back after the throng');
    if (goodput < capacity * 0.6)
      faults.push(`only ${goodput.toFixed(1)}/s answered of ${capacity.toFixed(1)}/s`);
    if (unanswered > 0) faults.push(`${unanswered} answers to challenges were not accepted`);
    if (late > 0) faults.push(`${late} failovers were not accepted`);
    await broker.stop();
    await other.stop();
    await world.settle(faults);
  });
}
