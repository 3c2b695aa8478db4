// An upstream kept within bounds: so many questions at a time, none to a server that just failed, and time that tells nothing.
import { createHash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { AskedBack, MsChapProven, UpstreamAnswer, UpstreamQuestion, UpstreamReply } from './upstream.ts';

/** Failures in a row after which a server is left alone. */
const failuresToOpen = 3;
/** For this long; then one question at a time tries it again. */
const openMs = 10_000;
const queuePerPlace = 4;
const mostSamples = 32;
/** With less time left nobody is asked: that the answer comes late would be no fault of the server's. */
const leastMs = 100;
/** Assumed before anything is known. */
const firstSampleMs = 50;

export interface Server {
  /** For the log. */
  readonly name: string;
  /** Rejects, or answers `unavailable`, when it can't be asked within the question's deadline and its own time limit. */
  ask(question: UpstreamQuestion): Promise<UpstreamReply>;
}

interface ServerState {
  readonly server: Server;
  /** Names it to other nodes, whatever the order in their configuration. */
  readonly tag: number;
  failures: number;
  openUntil: number;
  isTrying: boolean;
}

export interface UpstreamNumbers {
  readonly running: number;
  readonly waiting: number;
  readonly answers: Readonly<Record<UpstreamAnswer | 'asked-back', number>>;
  /** Servers that are left alone now. */
  readonly open: readonly string[];
}

/** `overloaded`: not asked, too many wait already. */
export type GuardedAnswer = UpstreamAnswer | 'overloaded';

/** `server` says who waits for the answer, to `UpstreamQuestion.answering`. */
export type GuardedReply = GuardedAnswer | MsChapProven | (AskedBack & { readonly server: number });

export interface GuardedUpstream {
  /** Whether it may be asked by `msChap`. */
  readonly takesMsChap: boolean;
  /** Never rejects. */
  ask(question: UpstreamQuestion): Promise<GuardedReply>;
  /** Waits as long as some recent answer took: for those who are not asked about, so that time doesn't tell them apart. */
  pause(): Promise<void>;
  numbers(): UpstreamNumbers;
}

/** Servers in the order of preference: the next one is asked when one can't be. */
export function createGuardedUpstream(deps: {
  readonly name: string;
  readonly servers: readonly Server[];
  readonly concurrency: number;
  readonly takesMsChap?: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly sleep: (ms: number) => Promise<void>;
}): GuardedUpstream {
  const { name, concurrency, clock, random, log, sleep } = deps;
  const states: ServerState[] = deps.servers.map((server) => ({
    server,
    tag: createHash('sha256').update(`${name}\0${server.name}`).digest().readUInt32BE(0),
    failures: 0,
    openUntil: Number.NEGATIVE_INFINITY,
    isTrying: false,
  }));
  const waiting: { readonly deadline: number; readonly start: (may: boolean) => void }[] = [];
  const samples: number[] = [];
  const answers: Record<UpstreamAnswer | 'asked-back', number> = {
    right: 0,
    wrong: 0,
    'change-required': 0,
    closed: 0,
    unavailable: 0,
    'asked-back': 0,
  };
  let running = 0;

  /** False: no place came free in time. */
  async function enter(deadline: number): Promise<boolean> {
    if (running < concurrency) {
      running += 1;
      return true;
    }
    if (waiting.length >= concurrency * queuePerPlace) return false;
    return await new Promise<boolean>((resolve) => waiting.push({ deadline, start: resolve }));
  }

  function leave(): void {
    for (;;) {
      const next = waiting.shift();
      if (next === undefined) {
        running -= 1;
        return;
      }
      const isInTime = clock.monotonic() < next.deadline;
      next.start(isInTime);
      if (isInTime) return;
    }
  }

  function mayAsk(state: ServerState): boolean {
    if (state.failures < failuresToOpen) return true;
    return clock.monotonic() >= state.openUntil && !state.isTrying;
  }

  function fail(state: ServerState, error: unknown): void {
    state.failures += 1;
    state.openUntil = clock.monotonic() + openMs;
    if (state.failures === failuresToOpen) {
      log.error(
        {
          upstream: name,
          server: state.server.name,
          err: error,
          remedy:
            'Look at that server and the way to it; logins that need it get no answer until it is back.',
        },
        'an upstream server is left alone: it does not answer',
      );
    }
  }

  async function askOne(state: ServerState, question: UpstreamQuestion): Promise<UpstreamReply> {
    const startedAt = clock.monotonic();
    state.isTrying = true;
    try {
      const answer = await state.server.ask(question);
      if (answer === 'unavailable') {
        fail(state, null);
        return answer;
      }
      if (state.failures >= failuresToOpen) {
        log.info({ upstream: name, server: state.server.name }, 'an upstream server answers again');
      }
      state.failures = 0;
      samples.push(clock.monotonic() - startedAt);
      if (samples.length > mostSamples) samples.shift();
      return answer;
    } catch (error) {
      fail(state, error);
      return 'unavailable';
    } finally {
      state.isTrying = false;
    }
  }

  async function askInTurn(question: UpstreamQuestion): Promise<Exclude<GuardedReply, 'overloaded'>> {
    const { answering } = question;
    for (const state of states) {
      if (clock.monotonic() + leastMs >= question.deadline) break;
      // What one server asked no other can judge.
      if (answering !== undefined && answering.server !== state.tag) continue;
      if (!mayAsk(state)) continue;
      const answer = await askOne(state, question);
      if (typeof answer !== 'string')
        return answer.kind === 'right' ? answer : { ...answer, server: state.tag };
      if (answer !== 'unavailable') return answer;
    }
    return 'unavailable';
  }

  return {
    takesMsChap: deps.takesMsChap === true,
    async ask(question) {
      if (!(await enter(question.deadline))) return 'overloaded';
      try {
        const answer = await askInTurn(question);
        const kind = typeof answer === 'string' ? answer : answer.kind;
        answers[kind] += 1;
        return answer;
      } finally {
        leave();
      }
    },
    async pause() {
      const at = random.bytes(1).readUInt8(0) % Math.max(1, samples.length);
      await sleep(samples[at] ?? firstSampleMs);
    },
    numbers: () => ({
      running,
      waiting: waiting.length,
      answers: { ...answers },
      open: states
        .filter(({ failures, openUntil }) => failures >= failuresToOpen && clock.monotonic() < openUntil)
        .map(({ server }) => server.name),
    }),
  };
}
