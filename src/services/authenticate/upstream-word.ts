// What an upstream says about a password: yes, no, a question of its own, or nothing at all.

import type { RareLog } from '../../base/rare-log.ts';
import type { Attempt, PasswordVerdict } from '../../core/decision.ts';
import type { Facts } from '../../core/facts.ts';
import { isAboveFloor } from '../../core/otp.ts';
import type { MsChapSuccess } from '../../wire/radius/ms-chap.ts';
import type { RelayedQuestion } from '../challenge.ts';
import type { FirstFactors } from '../first-factor/first-factors.ts';
import type { GuardedAnswer, GuardedReply } from '../first-factor/guarded.ts';
import type { UpstreamQuestion } from '../first-factor/upstream.ts';
import type { LoginRequest } from '../login.ts';
import type { Gateway } from '../settings/clients.ts';

/** Why nothing is known about a password that should have been looked at. */
export type PasswordUnknown = 'overloaded' | 'upstream-unavailable';

/** What a server wants to know, and which one waits for the answer. */
export type AskedByServer = Extract<GuardedReply, { kind: 'asked-back' }>;

export interface UpstreamWord {
  readonly verdict: PasswordVerdict;
  /** With `asked-back`. */
  readonly asked: AskedByServer | null;
  /** With `right`, by MS-CHAPv2. */
  readonly msChap: MsChapSuccess | null;
}

const verdictOf: Readonly<Record<GuardedAnswer, PasswordVerdict | PasswordUnknown>> = {
  right: 'right',
  wrong: 'wrong',
  'change-required': 'change-required',
  closed: 'closed-upstream',
  unavailable: 'upstream-unavailable',
  overloaded: 'overloaded',
};

const notChecked: UpstreamWord = { verdict: 'not-checked', asked: null, msChap: null };

/** `question` null: nothing depends on the answer, and it takes as long as one that does. */
export async function askUpstream(
  { firstFactors, rareLog }: { readonly firstFactors: FirstFactors; readonly rareLog: RareLog },
  by: string,
  question: UpstreamQuestion | null,
): Promise<UpstreamWord | PasswordUnknown> {
  const upstream = firstFactors.find(by);
  if (upstream === null) {
    const remedy = 'Add it to upstreams in the configuration of this node, or change the policy.';
    rareLog.error(
      `upstream ${by}`,
      { upstream: by, remedy },
      'a policy names an upstream that is not configured here',
    );
    return question === null ? notChecked : 'upstream-unavailable';
  }
  if (question === null) {
    await upstream.pause();
    return notChecked;
  }
  const reply = await upstream.ask(question);
  if (typeof reply !== 'string') {
    return reply.kind === 'right'
      ? { verdict: 'right', asked: null, msChap: reply }
      : { verdict: 'asked-back', asked: reply, msChap: null };
  }
  const verdict = verdictOf[reply];
  return verdict === 'overloaded' || verdict === 'upstream-unavailable'
    ? verdict
    : { verdict, asked: null, msChap: null };
}

/** Whether the holder can be asked something of which the gateway's own configuration knows nothing. */
export function canBeAsked(request: LoginRequest, gateway: Gateway | null): boolean {
  if (gateway === null) return false;
  const { style, alternatives } = gateway.profile.credentials;
  return request.canAsk ?? (style === 'challenge' || alternatives.includes('challenge'));
}

/** The code that came with the password of round one, as it stands now. */
export function earlierCode(
  facts: Facts,
  { authenticatorId, timeStep }: NonNullable<RelayedQuestion['code']>,
): Attempt['code'] {
  const found = facts.account?.authenticators.find((one) => one.authenticatorId === authenticatorId);
  if (found === undefined) return 'absent';
  const { lastStep, driftSteps, parameters, counterBased } = found;
  const { codeFloorAt: floorAt } = facts;
  // Restored meanwhile: whether it was used since nobody knows.
  const isSure =
    counterBased === undefined
      ? isAboveFloor(timeStep, { driftSteps, periodSeconds: parameters.periodSeconds, floorAt })
      : counterBased.syncedAt >= floorAt;
  return { authenticatorId, match: { kind: timeStep > lastStep && isSure ? 'match' : 'replayed', timeStep } };
}
