// One login from request to verdict: load facts, look at the secrets, decide, commit, and only then answer.
import type { Clock } from '../../base/clock.ts';
import { StoreUnavailableError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import { type Random, randomCode } from '../../base/random.ts';
import { createRareLog } from '../../base/rare-log.ts';
import { decideAccess, findDenialBeforeSecrets } from '../../core/access.ts';
import type { Attempt, Decision, Denial } from '../../core/decision.ts';
import type { ClaimFact } from '../../core/facts.ts';
import { policyOf } from '../../core/policy.ts';
import type { UndecidedCause } from '../../core/reasons.ts';
import { canonicalUserName } from '../../core/user-name.ts';
import type { DecisionStore } from '../../store/store.ts';
import type { ChallengeParties, Challenges } from '../challenge.ts';
import type { FirstFactors } from '../first-factor/first-factors.ts';
import type { Authenticator, LoginRequest, Verdict } from '../login.ts';
import type { Passwords } from '../passwords/passwords.ts';
import type { Keyring } from '../secrets/keyring.ts';
import type { Settings } from '../settings/settings.ts';
import { answerMsOf, passwordOfTicket, presentationOf, refusalOf, unmatchedCode } from './attempt.ts';
import { codeDigitsOf } from './codes.ts';
import { type Considered, commandOf } from './decision-command.ts';
import { createSecretsJudge, type LoginTry, type Memory, type SecondRound } from './secrets.ts';
import { readTypedSecrets } from './typed-secrets.ts';
import { createUnansweredClaims } from './unanswered-claims.ts';
import type { PasswordUnknown } from './upstream-word.ts';

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
/** Within this time the same code from the same place, if nobody answered it here, is the gateway asking again, not a replay. */
const retransmissionMs = 30_000;
/** What a login that comes a second time is refused for. */
function isSpentAlready({ reason, detail }: Denial): boolean {
  return (
    reason === 'code-replayed' ||
    reason === 'device-ticket-used' ||
    (reason === 'challenge-mismatch' && detail === 'reused')
  );
}

type Again = 'again';

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

/** For whoever reads the log while nobody gets in. */
const remedies: Readonly<Record<UndecidedCause, string>> = {
  'store-unavailable': 'Look at the database: "gatewarden doctor" and /readyz say what is wrong with it.',
  overloaded:
    'More logins come than this node can check passwords: see password.threads and "gatewarden bench", and look for a client that floods.',
  'upstream-unavailable':
    'Look at the upstream that the policy names, and at the way to it: another line says which and why.',
  'clock-unstable': 'Look at the time service of this host; "gatewarden doctor" says more.',
  'duplicate-elsewhere': 'Nothing: another node has answered the same request.',
};

/** Creates the use case that every login goes through, whatever edge it comes in by. */
export function createAuthenticator(deps: AuthenticatorDeps): Authenticator {
  const { store, challenges, settings, clock, random, node } = deps;
  const rareLog = createRareLog(deps.log, clock);
  const secrets = createSecretsJudge({ ...deps, rareLog });
  const unanswered = createUnansweredClaims(clock, retransmissionMs);

  const silent = (cause: UndecidedCause, gatewayId: number, error?: unknown): Verdict => {
    rareLog.warn(
      cause,
      {
        cause,
        gateway: settings.current().gateways.get(gatewayId)?.name ?? gatewayId,
        remedy: remedies[cause],
        ...(error === undefined ? {} : { err: error }),
      },
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
    { facts, policy, memory }: Pick<LoginTry, 'facts' | 'policy' | 'memory'>,
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
  async function considerSecrets(login: LoginTry): Promise<Considered | PasswordUnknown> {
    const { request, facts, gateway, policy, second, memory } = login;
    const { challenge, fault } = second;
    const upstream = policy.firstFactor === 'own' ? null : deps.firstFactors.find(policy.firstFactor);
    const soldBy = policyOf(
      settings.current().policyFor(facts.account?.unitPath ?? [], noGateway),
      facts.account,
    );
    const refused = refusalOf(request, gateway, {
      policy,
      soldBy: passwordOfTicket(request, facts, gateway) ?? soldBy.firstFactor,
      // Of one that is not configured here nothing is known: that is no refusal.
      takesMsChap: policy.firstFactor !== 'own' && upstream?.takesMsChap !== false,
    });
    const typed = readTypedSecrets(request.credentials, codeDigitsOf(facts.account));
    const unchecked: Attempt = {
      gatewayId: request.gatewayId,
      station: request.station,
      observed: request.observed,
      refused,
      password: 'not-checked',
      code: unmatchedCode(request, typed, refused),
      ticket: presentationOf(request, gateway, challenge),
      challengeFault: fault,
      earlierDenial: challenge?.denial ?? null,
    };
    const startedAt = clock.now();
    const early = findDenialBeforeSecrets(facts, unchecked, policy, startedAt);
    const judged = await secrets.judge({ ...login, typed, unchecked, early });
    if (typeof judged === 'string') return judged;
    const { password, code, askedBack } = judged;
    return {
      request,
      facts,
      policy,
      gateway,
      attempt: { ...unchecked, code, password },
      // A ground for refusal that passes while a password is hashed must not turn into "code missing".
      now: early === null ? clock.now() : startedAt,
      challengeClaim:
        challenge === null ? null : { challengeId: challenge.challengeId, expiresAt: challenge.expiresAt },
      askedBack,
      msChap: memory.password?.msChap ?? null,
    };
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
