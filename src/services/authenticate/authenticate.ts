// One login from request to verdict: load facts, look at the secrets, decide, commit, and only then answer.
import type { Clock } from '../../base/clock.ts';
import { StoreUnavailableError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { type Random, randomCode } from '../../base/random.ts';
import { decideAccess, findDenialBeforeSecrets } from '../../core/access.ts';
import type { Attempt, Decision, Denial, PasswordVerdict } from '../../core/decision.ts';
import { normaliseIdentifier } from '../../core/evidence.ts';
import type { ClaimFact, Facts } from '../../core/facts.ts';
import { type Policy, policyOf } from '../../core/policy.ts';
import type { Reason, UndecidedCause } from '../../core/reasons.ts';
import { judgeTicket } from '../../core/ticket.ts';
import { canonicalUserName } from '../../core/user-name.ts';
import type { DecisionStore } from '../../store/store.ts';
import type { MsChapSuccess, MsChapTry } from '../../wire/radius/ms-chap.ts';
import type { ChallengeParties, Challenges, OpenedChallenge, RelayedQuestion } from '../challenge.ts';
import type { FirstFactors } from '../first-factor/first-factors.ts';
import type { Authenticator, LoginRequest, Verdict } from '../login.ts';
import type { Passwords } from '../passwords/passwords.ts';
import type { Keyring } from '../secrets/keyring.ts';
import type { Gateway } from '../settings/clients.ts';
import type { Settings } from '../settings/settings.ts';
import { ticketTokenHash } from '../ticket-token.ts';
import { codeDigitsOf, matchCodes } from './codes.ts';
import { type Considered, commandOf } from './decision-command.ts';
import { createRareLog } from './rare-log.ts';
import { readTypedSecrets, type TypedSecrets } from './typed-secrets.ts';
import { createUnansweredClaims } from './unanswered-claims.ts';
import {
  type AskedByServer,
  askUpstream,
  canBeAsked,
  earlierCode,
  type PasswordUnknown,
} from './upstream-word.ts';

export interface AuthenticatorDeps {
  readonly store: DecisionStore;
  readonly keyring: Keyring;
  readonly passwords: Passwords;
  /** Who else may know passwords. */
  readonly firstFactors: FirstFactors;
  readonly challenges: Challenges;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Name of this broker among those of the store. */
  readonly node: string;
  /** False while the wall clock can't be trusted: nothing is decided then. */
  readonly isClockStable: () => boolean;
  /** How long after receipt an answer may be given at most, whatever a gateway's profile says. */
  readonly answerWithinMs: number;
}

/** A decision is made anew on fresh facts this often before the node gives up. */
const mostTries = 6;
const lookupCodeLength = 8;
/** Tickets are sold by the broker itself, at no gateway. */
const noGateway = 0;
/** A challenge is good for as long as its profile gives to answer it, and no longer than this. */
const longestChallengeMs = 120_000;
/** Within this time the same code from the same place, if nobody answered it here, is the gateway asking again, not a replay. */
const retransmissionMs = 30_000;
/** Refusals for which no hash is spent: they say nothing about the account's password. */
const refusedUnhashed: ReadonlySet<Reason> = new Set([
  'gateway-not-allowed',
  'service-not-allowed',
  'method-not-allowed',
  'locked-out',
  'too-many-requests',
]);

/** What a login that comes a second time is refused for. */
function isSpentAlready({ reason, detail }: Denial): boolean {
  return (
    reason === 'code-replayed' ||
    reason === 'device-ticket-used' ||
    (reason === 'challenge-mismatch' && detail === 'reused')
  );
}

/** What later tries at a request know from earlier ones. */
interface Memory {
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

type Again = 'again';

/** What was found out about password and code. */
interface Secrets {
  readonly password: PasswordVerdict;
  readonly code: Attempt['code'];
  readonly askedBack: Considered['askedBack'];
}

/** Round two of a challenge as far as its State tells. */
interface SecondRound {
  readonly challenge: OpenedChallenge | null;
  readonly fault: Attempt['challengeFault'];
}

/**
 * Names a session towards its gateway (Class): 20 characters, of which 12 are random. The instant comes first, so that
 * sessions which begin together lie together in the index.
 */
function newSessionReference(now: number, random: Random): string {
  const reference = Buffer.alloc(15);
  reference.writeUIntBE(now, 0, 6);
  random.bytes(9).copy(reference, 6);
  return reference.toString('base64url');
}

/** An upstream that asks on and on is taken to be broken. */
const mostRelayedRounds = 5;

/** How long a challenge may wait for its answer. */
function answerMsOf(gateway: Gateway | null): number {
  const seconds = gateway?.profile.credentials.prompt.answerSeconds ?? 0;
  return Math.min(longestChallengeMs, seconds * 1000);
}

/**
 * What is refused whoever asks. A ticket in place of a password was bought where `soldBy` kept it, which may be another one than
 * this gateway's policy asks. MS-CHAPv2 says nothing but to an upstream that takes it.
 */
function refusalOf(
  request: LoginRequest,
  gateway: Gateway | null,
  {
    policy,
    soldBy,
    takesMsChap,
  }: { readonly policy: Policy; readonly soldBy: string; readonly takesMsChap: boolean },
): Attempt['refused'] {
  if (gateway === null) return { reason: 'gateway-not-allowed', detail: null };
  if (request.refused !== null) return request.refused;
  const { style } = request.credentials;
  if (style === 'ms-chap' && !takesMsChap) return { reason: 'method-not-allowed', detail: 'ms-chap' };
  const lacksPassword = style === 'ticket' && policy.firstFactor !== soldBy;
  return lacksPassword ? { reason: 'method-not-allowed', detail: 'no-credential' } : null;
}

/** Styles that carry no code: what a ticket stands for. */
const codeBy: Readonly<Record<string, 'ticket' | 'code-ticket' | undefined>> = {
  ticket: 'ticket',
  'ms-chap': 'code-ticket',
};

/** By what a ticket of this request is found; null where its gateway carries none. */
function presentationOf(
  request: LoginRequest,
  gateway: Gateway | null,
  challenge: OpenedChallenge | null,
): Attempt['ticket'] {
  const delivery =
    codeBy[request.credentials.style] === undefined
      ? (gateway?.profile.tickets.delivery ?? 'none')
      : 'address';
  if (delivery === 'none') return null;
  const token = delivery === 'password' ? (request.ticketToken ?? null) : null;
  return {
    by: delivery === 'password' ? 'token' : 'address',
    address: normaliseIdentifier('source-address', request.station),
    tokenHash: token === null ? null : ticketTokenHash(token),
    // What round one saw in time may be spent by round two.
    at: challenge === null ? request.receivedAt : challenge.expiresAt - answerMsOf(gateway),
  };
}

/** Creates the use case that every login goes through, whatever edge it comes in by. */
export function createAuthenticator(deps: AuthenticatorDeps): Authenticator {
  const { store, keyring, passwords, challenges, settings, clock, random, node } = deps;
  const rareLog = createRareLog(deps.log, clock);
  const unanswered = createUnansweredClaims(clock, retransmissionMs);

  const silent = (cause: UndecidedCause, gatewayId: number, error?: unknown): Verdict => {
    rareLog.warn(
      cause,
      { cause, gatewayId, ...(error === undefined ? {} : { err: error }) },
      'a login was not decided',
    );
    return { kind: 'silent', cause };
  };

  async function tryOnce(request: LoginRequest, memory: Memory): Promise<Verdict | Again> {
    const snapshot = settings.current();
    const name = canonicalUserName(request.userName, { realms: snapshot.realms });
    const userName = name.ok ? name.userName : '';
    // No account has an empty name: one that has no canonical form costs the same query as any other.
    const facts = await store.loadFacts({ userName, observedKeys: request.observed.map(({ key }) => key) });
    if (facts.settingsVersion > snapshot.version) {
      await settings.atLeast(facts.settingsVersion);
      return 'again';
    }
    const gateway = snapshot.gateways.get(request.gatewayId) ?? null;
    const layers = snapshot.policyFor(facts.account?.unitPath ?? [], request.gatewayId);
    const policy = policyOf(layers, facts.account);
    const parties = {
      gatewayId: request.gatewayId,
      userName: name.ok ? name.userName : request.userName,
      station: request.station,
    };
    const second = await openSecondRound(request, parties, { facts, policy, memory });
    const considered = await considerSecrets({ request, facts, gateway, policy, second, memory });
    if (typeof considered === 'string') return silent(considered, request.gatewayId);
    // The clock may have jumped while a password was hashed; what is recorded stands for good.
    if (!deps.isClockStable()) return silent('clock-unstable', request.gatewayId);
    const decision = decideAccess(facts, considered.attempt, policy, considered.now);
    if (isRetransmission(decision, considered)) return silent('duplicate-elsewhere', request.gatewayId);
    return await commit(decision, considered, parties, memory);
  }

  async function openSecondRound(
    request: LoginRequest,
    parties: ChallengeParties,
    { facts, policy, memory }: { readonly facts: Facts; readonly policy: Policy; readonly memory: Memory },
  ): Promise<SecondRound> {
    if (request.credentials.style !== 'challenge-answer') return { challenge: null, fault: null };
    const result = await challenges.open(request.credentials.state, parties, request.receivedAt);
    if (result.kind === 'fault') return { challenge: null, fault: result.fault };
    const { challenge } = result;
    if (memory.isChallengeReused) {
      return { challenge: null, fault: { reason: 'challenge-mismatch', detail: 'reused' } };
    }
    if (challenge.accountId !== (facts.account?.accountId ?? null)) {
      return { challenge, fault: { reason: 'challenge-mismatch', detail: 'other-account' } };
    }
    const isStale =
      (challenge.denial === null && !challenge.isPasswordUnchanged(facts.account?.passwordPhc ?? null)) ||
      (challenge.relayed !== null && policy.firstFactor === 'own');
    // The password of round one is no longer the account's: what it proved has run out.
    return { challenge, fault: isStale ? { reason: 'challenge-expired', detail: null } : null };
  }

  /** Looks at password and code as far as an Accept is still possible, and says at which instant to decide. */
  async function considerSecrets(input: {
    readonly request: LoginRequest;
    readonly facts: Facts;
    readonly gateway: Gateway | null;
    readonly policy: Policy;
    readonly second: SecondRound;
    readonly memory: Memory;
  }): Promise<Considered | PasswordUnknown> {
    const { request, facts, gateway, policy, second, memory } = input;
    const upstream = policy.firstFactor === 'own' ? null : deps.firstFactors.find(policy.firstFactor);
    const soldBy = policyOf(
      settings.current().policyFor(facts.account?.unitPath ?? [], noGateway),
      facts.account,
    );
    const refused = refusalOf(request, gateway, {
      policy,
      soldBy: soldBy.firstFactor,
      // Of one that is not configured here nothing is known: that is no refusal.
      takesMsChap: policy.firstFactor !== 'own' && upstream?.takesMsChap !== false,
    });
    const typed = readTypedSecrets(request.credentials, codeDigitsOf(facts.account));
    // A request that is no login, or can't carry a password, is not answered with a question.
    const isDeferred = typed.isCodeDeferred && (refused === null || refused.reason === 'too-many-requests');
    const unchecked: Attempt = {
      gatewayId: request.gatewayId,
      station: request.station,
      observed: request.observed,
      refused,
      password: 'not-checked',
      code: isDeferred ? 'deferred' : (codeBy[request.credentials.style] ?? 'absent'),
      ticket: presentationOf(request, gateway, second.challenge),
      challengeFault: second.fault,
      earlierDenial: second.challenge?.denial ?? null,
    };
    const startedAt = clock.now();
    const early = findDenialBeforeSecrets(facts, unchecked, policy, startedAt);
    const isOpen = early === null && second.fault === null && unchecked.earlierDenial === null;
    const relayed = second.challenge?.relayed ?? null;
    const secrets =
      relayed === null || !isOpen
        ? await judgeSecrets({
            request,
            facts,
            gateway,
            policy,
            second,
            typed,
            unchecked,
            early,
            isOpen,
            memory,
          })
        : await judgeAnswer({ request, facts, gateway, policy, typed, relayed, memory });
    if (typeof secrets === 'string') return secrets;
    return {
      request,
      facts,
      policy,
      gateway,
      attempt: { ...unchecked, code: secrets.code, password: secrets.password },
      // A ground for refusal that passes while a password is hashed must not turn into "code missing".
      now: early === null ? clock.now() : startedAt,
      challengeClaim:
        second.challenge === null
          ? null
          : { challengeId: second.challenge.challengeId, expiresAt: second.challenge.expiresAt },
      askedBack: secrets.askedBack,
      msChap: memory.password?.msChap ?? null,
    };
  }

  async function judgeSecrets(input: {
    readonly request: LoginRequest;
    readonly facts: Facts;
    readonly gateway: Gateway | null;
    readonly policy: Policy;
    readonly second: SecondRound;
    readonly typed: TypedSecrets;
    readonly unchecked: Attempt;
    readonly early: Denial | null;
    readonly isOpen: boolean;
    readonly memory: Memory;
  }): Promise<Secrets | PasswordUnknown> {
    const { request, facts, gateway, policy, second, typed, unchecked, early, isOpen, memory } = input;
    // A ticket or a State that is used may have been used by this very login, moments ago: its code tells.
    const mayBeAgain =
      second.fault === null ? early?.reason === 'device-ticket-used' : second.fault.detail === 'reused';
    const code =
      isOpen || mayBeAgain ? await judgeCode(request, facts, policy, typed, unchecked.code) : unchecked.code;
    const password = await judgePassword({
      ...{ request, facts, gateway, policy, typed, code, early, isOpen, memory },
    });
    if (password === 'overloaded' || password === 'upstream-unavailable') return password;
    const asked = memory.password?.asked ?? null;
    if (password !== 'asked-back' || asked === null) return { password, code, askedBack: null };
    // A code that is wrong already needs no answer.
    if (typeof code === 'object' && code.match.kind !== 'match') return { password, code, askedBack: null };
    const matched =
      typeof code === 'object' && code.match.kind === 'match'
        ? { authenticatorId: code.authenticatorId, timeStep: code.match.timeStep }
        : null;
    return { password, code: 'deferred', askedBack: { ...asked, round: 1, code: matched } };
  }

  /** What the holder answers goes to the server that asked; what it says then counts for the password, and for nothing more. */
  async function judgeAnswer(input: {
    readonly request: LoginRequest;
    readonly facts: Facts;
    readonly gateway: Gateway | null;
    readonly policy: Policy;
    readonly typed: TypedSecrets;
    readonly relayed: RelayedQuestion;
    readonly memory: Memory;
  }): Promise<Secrets | PasswordUnknown> {
    const { request, facts, gateway, policy, typed, relayed, memory } = input;
    const { server, state, round } = relayed;
    const by = policy.firstFactor;
    // A State is good for one answer: on fresh facts nobody is asked again.
    if (memory.password === null) {
      const said = await askUpstream({ ...deps, rareLog }, by, {
        userName: facts.account?.userName ?? '',
        password: request.credentials.style === 'challenge-answer' ? request.credentials.text : '',
        station: request.station,
        deadline: request.receivedMonotonic + patienceMs(gateway),
        answering: { server, state },
      });
      if (typeof said === 'string') return said;
      memory.password = { by, phc: facts.account?.passwordPhc ?? null, ...said };
    }
    const { verdict, asked } = memory.password;
    if (verdict === 'asked-back' && asked !== null) {
      if (round < mostRelayedRounds) {
        return {
          password: verdict,
          code: 'deferred',
          askedBack: { ...asked, round: round + 1, code: relayed.code },
        };
      }
      const remedy = 'Look at that server: it asks again and again, whatever it is answered.';
      rareLog.warn(`rounds ${by}`, { upstream: by, round, remedy }, 'an upstream server asks without end');
      return 'upstream-unavailable';
    }
    if (verdict !== 'right') {
      return { password: verdict === 'wrong' ? 'answer-refused' : verdict, code: 'absent', askedBack: null };
    }
    if (relayed.code !== null) {
      return { password: verdict, code: earlierCode(facts, relayed.code), askedBack: null };
    }
    // One app may be registered with both: its code, typed once, is looked at here too. Any other answer says nothing about a code.
    const own = await judgeCode(request, facts, policy, typed, 'absent');
    const isOwn = typeof own === 'object' && own.match.kind === 'match';
    return { password: verdict, code: isOwn ? own : 'deferred', askedBack: null };
  }

  async function judgeCode(
    request: LoginRequest,
    facts: Facts,
    policy: Policy,
    typed: TypedSecrets,
    otherwise: Attempt['code'],
  ): Promise<Attempt['code']> {
    const { account } = facts;
    if (account === null || typed.code === null || otherwise !== 'absent') {
      return otherwise;
    }
    const { receivedAt } = request;
    const { codeFloorAt: floorAt } = facts;
    return (
      (await matchCodes({ keyring, account, code: typed.code, receivedAt, policy, floorAt })) ?? 'absent'
    );
  }

  /** How long after receipt the gateway still waits: all its attempts, since a retransmission gets the same answer. */
  function patienceMs(gateway: Gateway | null): number {
    const timing = gateway?.profile.timing;
    return timing === undefined
      ? deps.answerWithinMs
      : Math.min(deps.answerWithinMs, timing.timeoutMs * timing.attempts);
  }

  async function judgePassword(input: {
    readonly request: LoginRequest;
    readonly facts: Facts;
    readonly gateway: Gateway | null;
    readonly policy: Policy;
    readonly typed: TypedSecrets;
    readonly code: Attempt['code'];
    readonly early: Denial | null;
    readonly isOpen: boolean;
    readonly memory: Memory;
  }): Promise<PasswordVerdict | PasswordUnknown> {
    const { request, facts, gateway, policy, typed, code, early, isOpen, memory } = input;
    const phc = facts.account?.passwordPhc ?? null;
    if (request.credentials.style === 'ms-chap')
      return await judgeMsChap({ request, facts, gateway, policy, isOpen, memory }, request.credentials);
    if (typed.password === null) {
      if (request.credentials.style === 'code' || request.credentials.style === 'ticket')
        return 'not-required';
      // Round two: what round one proved, while the State holds.
      return isOpen ? 'right' : 'not-checked';
    }
    // A question leaves as soon as it can: whether an account is locked must not show in how soon that is.
    if (code !== 'deferred' && early !== null && refusedUnhashed.has(early.reason)) return 'not-checked';
    if (request.refused !== null) return 'not-checked';
    const by = policy.firstFactor;
    const known = memory.password;
    if (known !== null && known.by === by && known.phc === phc) return known.verdict;
    const deadline = request.receivedMonotonic + patienceMs(gateway);
    const { password } = typed;
    if (by !== 'own') {
      const { userName } = facts.account ?? {};
      // Only who could still come in is asked about: a directory locks accounts over passwords that are tried in vain.
      const mayAsk = isOpen && code !== 'absent' && userName !== undefined;
      const question = mayAsk ? { userName, password, station: request.station, deadline } : null;
      const said = await askUpstream({ ...deps, rareLog }, by, question);
      if (typeof said === 'string') return said;
      if (said.verdict === 'asked-back' && !canBeAsked(request, gateway)) {
        const fields = {
          upstream: by,
          gatewayId: request.gatewayId,
          remedy:
            "Let that server check the password alone, or give the gateway's profile the style challenge.",
        };
        rareLog.warn(
          `unaskable ${by}`,
          fields,
          'an upstream asks a question that this login can not be asked',
        );
        return 'upstream-unavailable';
      }
      memory.password = { by, phc, ...said };
      return said.verdict;
    }
    const mayStillPass = code === 'deferred' || (typeof code === 'object' && code.match.kind === 'match');
    if (passwords.pressure() > 0.5 && !mayStillPass) return 'not-checked';
    const verdict = await passwords.check({ phc, password, deadline });
    if (verdict !== 'overloaded') memory.password = { by, phc, verdict, asked: null, msChap: null };
    return verdict;
  }

  /** Asked only with a ticket to spend: nothing is guessed at without one. */
  async function judgeMsChap(
    input: {
      readonly request: LoginRequest;
      readonly facts: Facts;
      readonly gateway: Gateway | null;
      readonly policy: Policy;
      readonly isOpen: boolean;
      readonly memory: Memory;
    },
    { challenge, response }: MsChapTry,
  ): Promise<PasswordVerdict | PasswordUnknown> {
    const { request, facts, gateway, policy, isOpen, memory } = input;
    const { account } = facts;
    if (request.refused !== null || policy.firstFactor === 'own') return 'not-checked';
    const by = policy.firstFactor;
    // A try is good once: on fresh facts nobody is asked again.
    if (memory.password?.by === by) return memory.password.verdict;
    const presented = presentationOf(request, gateway, null);
    const mayAsk = isOpen && account !== null && judgeTicket(account, 'login', presented).kind === 'good';
    const said = await askUpstream(
      { ...deps, rareLog },
      by,
      mayAsk
        ? {
            userName: request.userName,
            password: '',
            msChap: { challenge, response },
            station: request.station,
            deadline: request.receivedMonotonic + patienceMs(gateway),
          }
        : null,
    );
    if (typeof said === 'string') return said;
    if (said.verdict === 'asked-back' || (said.verdict === 'right' && said.msChap === null))
      return 'upstream-unavailable';
    memory.password = { by, phc: account?.passwordPhc ?? null, ...said };
    return said.verdict;
  }

  function isSameCaller(authenticatorId: number, claim: ClaimFact | null, { request }: Considered): boolean {
    return (
      claim !== null &&
      (claim.node !== node || unanswered.includes(authenticatorId, claim)) &&
      claim.gatewayId === request.gatewayId &&
      claim.station === request.station &&
      Math.abs(request.receivedAt - claim.at) <= retransmissionMs
    );
  }

  /**
   * The code was spent moments ago, by this very login: on another node, from where its answer is under way, or here,
   * where the store failed or the node ended before the answer.
   */
  function isRetransmission(decision: Decision, considered: Considered): boolean {
    const { code } = considered.attempt;
    if (decision.outcome !== 'deny' || !isSpentAlready(decision.denial)) return false;
    if (typeof code === 'string' || code.match.kind !== 'replayed') return false;
    const { timeStep } = code.match;
    const authenticator = considered.facts.account?.authenticators.find(
      ({ authenticatorId }) => authenticatorId === code.authenticatorId,
    );
    return (
      authenticator?.lastStep === timeStep &&
      isSameCaller(authenticator.authenticatorId, authenticator.lastClaim, considered)
    );
  }

  async function commit(
    decision: Decision,
    considered: Considered,
    parties: ChallengeParties,
    memory: Memory,
  ): Promise<Verdict | Again> {
    const lookupCode = decision.outcome === 'deny' ? randomCode(random, lookupCodeLength) : null;
    const sessionReference =
      decision.outcome === 'accept' ? newSessionReference(considered.now, random) : null;
    const command = commandOf(decision, considered, node, { lookupCode, sessionReference });
    const { claim } = command;
    const result = await store.commit(command).catch((error: unknown) => {
      if (claim !== null) unanswered.doubt(claim.authenticatorId, claim.claimant.at);
      throw error;
    });
    if (!deps.isClockStable()) {
      // Recorded, but the end of a session or of a challenge can't be told now.
      if (claim !== null) unanswered.doubt(claim.authenticatorId, claim.claimant.at);
      return silent('clock-unstable', considered.request.gatewayId);
    }
    switch (result.kind) {
      case 'stale':
        return 'again';
      case 'claim-lost':
        if (claim !== null && isSameCaller(claim.authenticatorId, result.winner, considered)) {
          return silent('duplicate-elsewhere', considered.request.gatewayId);
        }
        // Fresh facts show the step as spent, which is what the record will say.
        return 'again';
      case 'ticket-lost':
        // Fresh facts show it as spent.
        return 'again';
      case 'challenge-reused':
        memory.isChallengeReused = true;
        return 'again';
      case 'committed':
        return await answer(decision, considered, parties, { lookupCode, sessionReference });
    }
  }

  async function answer(
    decision: Decision,
    considered: Considered,
    parties: ChallengeParties,
    codes: { readonly lookupCode: string | null; readonly sessionReference: string | null },
  ): Promise<Verdict | Again> {
    const { facts, gateway, now } = considered;
    const { lookupCode, sessionReference } = codes;
    if (decision.outcome === 'deny') return { kind: 'reject', lookupCode, isImmediate: false };
    if (decision.outcome === 'challenge') {
      const content = {
        accountId: facts.account?.accountId ?? null,
        denial: decision.denial,
        passwordPhc: facts.account?.passwordPhc ?? null,
        // A denial stands whatever would be answered: nothing more is asked upstream.
        relayed: decision.denial === null ? considered.askedBack : null,
      };
      const state = challenges.seal(parties, content, now + answerMsOf(gateway));
      const message = content.relayed === null ? '' : (considered.askedBack?.message ?? '');
      return message === '' ? { kind: 'challenge', state } : { kind: 'challenge', state, message };
    }
    const sessionSeconds = Math.floor((decision.until - clock.now()) / 1000);
    if (sessionSeconds < 1) {
      const { claim } = decision.effects;
      if (claim !== null) unanswered.doubt(claim.authenticatorId, now);
      return await refuseTooLate(considered);
    }
    return {
      kind: 'accept',
      sessionSeconds,
      userName: facts.account?.userName ?? parties.userName,
      sessionReference,
      ...(considered.msChap === null ? {} : { msChap: considered.msChap }),
    };
  }

  /** The commit took so long that nothing of the session is left. The same facts, judged now, say why. */
  async function refuseTooLate(considered: Considered): Promise<Verdict | Again> {
    const late = { ...considered, now: clock.now(), challengeClaim: null };
    const decision = decideAccess(late.facts, late.attempt, late.policy, late.now);
    if (decision.outcome !== 'deny') return 'again';
    const lookupCode = randomCode(random, lookupCodeLength);
    const result = await store.commit(
      commandOf(decision, late, node, { lookupCode, sessionReference: null }),
    );
    return result.kind === 'committed' ? { kind: 'reject', lookupCode, isImmediate: false } : 'again';
  }

  async function decide(request: LoginRequest): Promise<Verdict> {
    if (!deps.isClockStable()) return silent('clock-unstable', request.gatewayId);
    if (request.isHealthProbe) {
      // A gateway takes any answer for health, so there is one only while logins could be decided.
      await store.loadFacts({ userName: '', observedKeys: [] });
      return { kind: 'reject', lookupCode: null, isImmediate: true };
    }
    const memory: Memory = { password: null, isChallengeReused: false };
    for (let tries = 0; tries < mostTries; tries += 1) {
      const verdict = await tryOnce(request, memory);
      if (verdict !== 'again') return verdict;
    }
    return silent('overloaded', request.gatewayId);
  }

  return {
    async authenticate(request) {
      try {
        return await decide(request);
      } catch (error) {
        if (!(error instanceof StoreUnavailableError)) {
          rareLog.error(
            `defect ${error instanceof Error ? error.name : typeof error}`,
            { gatewayId: request.gatewayId, err: error },
            'a login failed because of a defect',
          );
        }
        return silent('store-unavailable', request.gatewayId, error);
      }
    },
  };
}
