// Logins of gateways that ask over HTTPS: limits, the bounded queue, duplicates and delays, as a RADIUS listener has them.
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Question } from '../../api/gateway.ts';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { systemTimers, type Timers } from '../../base/timers.ts';
import { createGatewayTally, type GatewayCounts } from '../../services/admission/gateway-counts.ts';
import { createLimits } from '../../services/admission/limits.ts';
import { createAdmission } from '../../services/admission/queue.ts';
import { createWindows } from '../../services/admission/rate-limit.ts';
import { createRejectDelay } from '../../services/admission/reject-delay.ts';
import type { Authenticator, LoginRequest, Verdict } from '../../services/login.ts';
import type { Gateway } from '../../services/settings/clients.ts';
import { type Receipt, toLogin } from './login.ts';

/** Longer than any gateway asks again. */
const answersKeptMs = 60_000;
const mostAnswers = 65_536;
const maxInFlight = 256;
const maxQueued = 1_024;
/** A request that has waited this long was given up by every gateway. */
const maxWaitMs = 15_000;
/** Above what a hash and a commit take, below what anybody notices who is about to type a code. */
const challengeDelayMs = 250;

export interface Decisions {
  /** `reused`: its id was another question's moments ago. Never rejects. */
  decide(question: Question, gateway: Gateway, sourceAddress: string): Promise<Verdict | 'reused'>;
  counters(): {
    readonly gateways: Readonly<Record<string, GatewayCounts>>;
    readonly inFlight: number;
    readonly queued: number;
    readonly delayed: number;
  };
  /** Resolves when what is at work is decided; what waits for its deadline is answered. */
  settle(): Promise<void>;
}

export function createDecisions(deps: {
  readonly authenticate: Authenticator['authenticate'];
  readonly realms: () => readonly string[];
  readonly rejectDelayMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly onRetransmission: (gateway: Gateway, afterMs: number) => void;
  readonly timers?: Timers;
}): Decisions {
  const { authenticate, clock, timers = systemTimers } = deps;
  const monotonic = () => clock.monotonic();
  const tally = createGatewayTally();
  const limits = createLimits({ ask: authenticate, realms: deps.realms, monotonic });
  const admission = createAdmission({ maxInFlight, maxQueued });
  const rejects = createRejectDelay(deps.rejectDelayMs, clock, timers);
  const challenges = createRejectDelay(Math.min(challengeDelayMs, deps.rejectDelayMs), clock, timers);
  /** Digests of questions hold passwords in them: without this key they could be tried one by one. */
  const digestKey = deps.random.bytes(32);
  const earlier = createWindows<{
    readonly digest: Buffer;
    readonly at: number;
    readonly verdict: Promise<Verdict>;
  }>({
    windowMs: answersKeptMs,
    maxKeys: mostAnswers,
    monotonic,
  });

  function limitOf(login: LoginRequest, gateway: Gateway): string | null {
    const limit = limits.gateway(gateway);
    return limit !== null || login.isHealthProbe ? limit : limits.account(gateway, login);
  }

  async function ask(login: LoginRequest, gateway: Gateway, hasState: boolean): Promise<Verdict> {
    const limit = limitOf(login, gateway);
    if (limit !== null) {
      tally.limited(gateway.name);
      const refusal = limits.refusal(limit);
      if (refusal !== undefined) return await refusal;
    }
    const overloaded: Verdict = { kind: 'silent', cause: 'overloaded' };
    return await new Promise((resolve) => {
      admission.submit({
        hasState,
        run: async () => {
          const isLate = monotonic() - login.receivedMonotonic > maxWaitMs;
          resolve(isLate ? overloaded : await limits.ask(login, limit));
        },
        drop: () => resolve(overloaded),
      });
    });
  }

  /** Until the deadline of its kind: how soon an answer comes must not tell what was found. */
  function wait(verdict: Verdict, receivedMonotonic: number): Promise<void> | null {
    if (verdict.kind === 'challenge') {
      return new Promise((resolve) => challenges.schedule(receivedMonotonic, resolve));
    }
    if (verdict.kind !== 'reject' || verdict.isImmediate) return null;
    return new Promise((resolve) => rejects.schedule(receivedMonotonic, resolve));
  }

  async function answer(question: Question, gateway: Gateway, receipt: Receipt): Promise<Verdict> {
    const { receivedMonotonic } = receipt;
    const login = toLogin(question, gateway, receipt);
    const hasState = login.credentials.style === 'challenge-answer';
    const verdict = await ask(login, gateway, hasState);
    tally.outcome(gateway.name, verdict.kind, (monotonic() - receivedMonotonic) / 1000);
    await wait(verdict, receivedMonotonic);
    return verdict;
  }

  return {
    async decide(question, gateway, sourceAddress) {
      const key = `${gateway.gatewayId} ${question.requestId}`;
      const digest = createHmac('sha256', digestKey).update(JSON.stringify(question)).digest();
      const known = earlier.find(key);
      if (known !== undefined) {
        if (!timingSafeEqual(known.digest, digest)) return 'reused';
        tally.retransmission(gateway.name);
        deps.onRetransmission(gateway, monotonic() - known.at);
        return await known.verdict;
      }
      const at = monotonic();
      const receipt = { receivedAt: clock.now(), receivedMonotonic: at, sourceAddress };
      const verdict = answer(question, gateway, receipt);
      earlier.open(key, { digest, at, verdict });
      const settled = await verdict;
      // Nothing was said: whoever asks again is looked at afresh.
      if (settled.kind === 'silent') earlier.close(key);
      return settled;
    },
    counters: () => ({
      gateways: tally.counts(),
      inFlight: admission.inFlight,
      queued: admission.queued,
      delayed: rejects.waiting + challenges.waiting,
    }),
    async settle() {
      await admission.idle();
      rejects.flush();
      challenges.flush();
    },
  };
}
