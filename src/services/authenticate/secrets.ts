// Password and code of one login, looked at as far as an Accept is still possible.

import type { RareLog } from '../../base/rare-log.ts';
import type { Attempt, Denial, PasswordVerdict } from '../../core/decision.ts';
import type { Facts } from '../../core/facts.ts';
import type { Policy } from '../../core/policy.ts';
import type { Reason } from '../../core/reasons.ts';
import { judgeTicket } from '../../core/ticket.ts';
import type { MsChapSuccess, MsChapTry } from '../../wire/radius/ms-chap.ts';
import type { OpenedChallenge, RelayedQuestion } from '../challenge.ts';
import type { FirstFactors } from '../first-factor/first-factors.ts';
import type { LoginRequest } from '../login.ts';
import type { Passwords } from '../passwords/passwords.ts';
import type { Keyring } from '../secrets/keyring.ts';
import type { Gateway } from '../settings/clients.ts';
import { presentationOf } from './attempt.ts';
import { matchCodes } from './codes.ts';
import type { Considered } from './decision-command.ts';
import type { TypedSecrets } from './typed-secrets.ts';
import {
  type AskedByServer,
  askUpstream,
  canBeAsked,
  earlierCode,
  type PasswordUnknown,
} from './upstream-word.ts';

/** Refusals for which no hash is spent: they say nothing about the account's password. */
const refusedUnhashed: ReadonlySet<Reason> = new Set([
  'gateway-not-allowed',
  'service-not-allowed',
  'method-not-allowed',
  'locked-out',
  'too-many-requests',
]);

/** An upstream that asks on and on is taken to be broken. */
const mostRelayedRounds = 5;

/** What later tries at a request know from earlier ones. */
export interface Memory {
  /** The verdict on the password, and the record it was found with. */
  password: {
    /** Who judged it: `own`, or the upstream's name. */
    readonly by: string;
    readonly phc: string | null;
    readonly verdict: PasswordVerdict;
    /** With `asked-back`: what, and who. */
    readonly asked: AskedByServer | null;
    readonly msChap: MsChapSuccess | null;
  } | null;
  /** The challenge's State was used up by somebody else. */
  isChallengeReused: boolean;
}

/** Round two of a challenge as far as its State tells. */
export interface SecondRound {
  readonly challenge: OpenedChallenge | null;
  readonly fault: Attempt['challengeFault'];
}

/** One try at a request: what is known before its secrets are looked at. */
export interface LoginTry {
  readonly request: LoginRequest;
  readonly facts: Facts;
  /** Null when the gateway is no longer declared. */
  readonly gateway: Gateway | null;
  readonly policy: Policy;
  readonly second: SecondRound;
  readonly memory: Memory;
}

/** The same, with what was typed and what can be said without it. */
interface Unjudged extends LoginTry {
  readonly typed: TypedSecrets;
  /** Password and code not looked at yet. */
  readonly unchecked: Attempt;
  /** The denial that stands whatever was typed. */
  readonly early: Denial | null;
  /** Nothing but the secrets is left in the way of an Accept. */
  readonly isOpen: boolean;
}

/** What was found out about password and code. */
interface Secrets {
  readonly password: PasswordVerdict;
  readonly code: Attempt['code'];
  readonly askedBack: Considered['askedBack'];
}

export interface SecretsJudge {
  /** Never rejects for what was typed; a word where nothing is known. */
  judge(login: Omit<Unjudged, 'isOpen'>): Promise<Secrets | PasswordUnknown>;
}

export function createSecretsJudge(deps: {
  readonly keyring: Keyring;
  readonly passwords: Passwords;
  readonly firstFactors: FirstFactors;
  readonly rareLog: RareLog;
  /** How long after receipt an answer may be given at most, whatever a gateway's profile says. */
  readonly answerWithinMs: number;
}): SecretsJudge {
  const { keyring, passwords, rareLog } = deps;

  /** How long after receipt the gateway still waits: all its attempts, since a retransmission gets the same answer. */
  function deadlineOf({ request, gateway }: LoginTry): number {
    const timing = gateway?.profile.timing;
    const patienceMs = timing === undefined ? deps.answerWithinMs : timing.timeoutMs * timing.attempts;
    return request.receivedMonotonic + Math.min(deps.answerWithinMs, patienceMs);
  }

  async function judgeTyped(login: Unjudged): Promise<Secrets | PasswordUnknown> {
    const { second, unchecked, early, isOpen, memory } = login;
    // A ticket or a State that is used may have been used by this very login, moments ago: its code tells.
    const mayBeAgain =
      second.fault === null ? early?.reason === 'device-ticket-used' : second.fault.detail === 'reused';
    const code = isOpen || mayBeAgain ? await judgeCode(login, unchecked.code) : unchecked.code;
    const password = await judgePassword(login, code);
    if (password === 'overloaded' || password === 'upstream-unavailable') return password;
    const asked = memory.password?.asked ?? null;
    if (password !== 'asked-back' || asked === null) return { password, code, askedBack: null };
    const match = typeof code === 'object' ? code.match : null;
    // A code that is wrong already needs no answer.
    if (match !== null && match.kind !== 'match') return { password, code, askedBack: null };
    const matched =
      typeof code === 'object' && match !== null
        ? { authenticatorId: code.authenticatorId, timeStep: match.timeStep }
        : null;
    return { password, code: 'deferred', askedBack: { ...asked, round: 1, code: matched } };
  }

  /** What the holder answers goes to the server that asked; what it says then counts for the password, and for nothing more. */
  async function judgeAnswer(
    login: Unjudged,
    { server, state, round, code }: RelayedQuestion,
  ): Promise<Secrets | PasswordUnknown> {
    const { request, facts, policy, memory } = login;
    const by = policy.firstFactor;
    // A State is good for one answer: on fresh facts nobody is asked again.
    if (memory.password === null) {
      const said = await askUpstream(deps, by, {
        userName: facts.account?.userName ?? '',
        password: request.credentials.style === 'challenge-answer' ? request.credentials.text : '',
        station: request.station,
        deadline: deadlineOf(login),
        answering: { server, state },
      });
      if (typeof said === 'string') return said;
      memory.password = { by, phc: facts.account?.passwordPhc ?? null, ...said };
    }
    const { verdict, asked } = memory.password;
    if (verdict === 'asked-back' && asked !== null) {
      if (round < mostRelayedRounds) {
        return { password: verdict, code: 'deferred', askedBack: { ...asked, round: round + 1, code } };
      }
      const remedy = 'Look at that server: it asks again and again, whatever it is answered.';
      rareLog.warn(`rounds ${by}`, { upstream: by, round, remedy }, 'an upstream server asks without end');
      return 'upstream-unavailable';
    }
    if (verdict !== 'right') {
      return { password: verdict === 'wrong' ? 'answer-refused' : verdict, code: 'absent', askedBack: null };
    }
    if (code !== null) return { password: verdict, code: earlierCode(facts, code), askedBack: null };
    // One app may be registered with both: its code, typed once, is looked at here too. Any other answer says nothing about a code.
    const own = await judgeCode(login, 'absent');
    const isOwn = typeof own === 'object' && own.match.kind === 'match';
    return { password: verdict, code: isOwn ? own : 'deferred', askedBack: null };
  }

  async function judgeCode(login: Unjudged, otherwise: Attempt['code']): Promise<Attempt['code']> {
    const { request, facts, policy, typed } = login;
    const { account, codeFloorAt: floorAt } = facts;
    if (account === null || typed.code === null || otherwise !== 'absent') return otherwise;
    const { receivedAt } = request;
    return (
      (await matchCodes({ keyring, account, code: typed.code, receivedAt, policy, floorAt })) ?? 'absent'
    );
  }

  async function judgePassword(
    login: Unjudged,
    code: Attempt['code'],
  ): Promise<PasswordVerdict | PasswordUnknown> {
    const { request, facts, policy, typed, early, isOpen, memory } = login;
    const { credentials } = request;
    if (credentials.style === 'ms-chap') return await judgeMsChap(login, credentials);
    const { password } = typed;
    if (password === null) {
      if (credentials.style === 'code' || credentials.style === 'ticket') return 'not-required';
      // Round two: what round one proved, while the State holds.
      return isOpen ? 'right' : 'not-checked';
    }
    // A question leaves as soon as it can: whether an account is locked must not show in how soon that is.
    if (code !== 'deferred' && early !== null && refusedUnhashed.has(early.reason)) return 'not-checked';
    if (request.refused !== null) return 'not-checked';
    const by = policy.firstFactor;
    const phc = facts.account?.passwordPhc ?? null;
    const known = memory.password;
    if (known !== null && known.by === by && known.phc === phc) return known.verdict;
    if (by !== 'own') return await askAboutPassword(login, code, password);
    const mayStillPass = code === 'deferred' || (typeof code === 'object' && code.match.kind === 'match');
    if (passwords.pressure() > 0.5 && !mayStillPass) return 'not-checked';
    const verdict = await passwords.check({ phc, password, deadline: deadlineOf(login) });
    if (verdict !== 'overloaded') memory.password = { by, phc, verdict, asked: null, msChap: null };
    return verdict;
  }

  async function askAboutPassword(
    login: Unjudged,
    code: Attempt['code'],
    password: string,
  ): Promise<PasswordVerdict | PasswordUnknown> {
    const { request, facts, gateway, policy, isOpen, memory } = login;
    const { account } = facts;
    const by = policy.firstFactor;
    // Only who could still come in is asked about: a directory locks accounts over passwords that are tried in vain.
    const mayAsk = isOpen && code !== 'absent' && account !== null;
    const said = await askUpstream(
      deps,
      by,
      mayAsk
        ? { userName: account.userName, password, station: request.station, deadline: deadlineOf(login) }
        : null,
    );
    if (typeof said === 'string') return said;
    if (said.verdict === 'asked-back' && !canBeAsked(request, gateway)) {
      const remedy =
        "Let that server check the password alone, or give the gateway's profile the style challenge.";
      rareLog.warn(
        `unaskable ${by}`,
        { upstream: by, gatewayId: request.gatewayId, remedy },
        'an upstream asks a question that this login can not be asked',
      );
      return 'upstream-unavailable';
    }
    memory.password = { by, phc: account?.passwordPhc ?? null, ...said };
    return said.verdict;
  }

  /** Asked only with a ticket to spend: nothing is guessed at without one. */
  async function judgeMsChap(
    login: Unjudged,
    { challenge, response }: MsChapTry,
  ): Promise<PasswordVerdict | PasswordUnknown> {
    const { request, facts, gateway, policy, isOpen, memory } = login;
    const { account } = facts;
    const by = policy.firstFactor;
    if (request.refused !== null || by === 'own') return 'not-checked';
    // A try is good once: on fresh facts nobody is asked again.
    if (memory.password?.by === by) return memory.password.verdict;
    const presented = presentationOf(request, gateway, null);
    const mayAsk = isOpen && account !== null && judgeTicket(account, 'login', presented).kind === 'good';
    const { userName, station } = request;
    const msChap = { challenge, response };
    const said = await askUpstream(
      deps,
      by,
      mayAsk ? { userName, password: '', msChap, station, deadline: deadlineOf(login) } : null,
    );
    if (typeof said === 'string') return said;
    if (said.verdict === 'asked-back' || (said.verdict === 'right' && said.msChap === null))
      return 'upstream-unavailable';
    memory.password = { by, phc: account?.passwordPhc ?? null, ...said };
    return said.verdict;
  }

  return {
    judge(login) {
      const { early, second, unchecked } = login;
      const isOpen = early === null && second.fault === null && unchecked.earlierDenial === null;
      const unjudged = { ...login, isOpen };
      const relayed = second.challenge?.relayed ?? null;
      return relayed === null || !isOpen ? judgeTyped(unjudged) : judgeAnswer(unjudged, relayed);
    },
  };
}
