// Judges every decision at the instant at which it becomes durable, by rules of its own: what the record says must be true.
import type { PreparedCommand } from '../../src/store/decision-writer/apply.ts';
import type { Effect, ModelDatabase } from '../store/model-store/database.ts';
import type { ModelAccount } from '../store/model-store/rows.ts';
import { challengeIdOf, type KnownLogin } from './logins.ts';
import { epoch, recordOfPassword, type Site, stepAt } from './site.ts';
import type { Trace } from './trace.ts';

/** A commit's instant this far from the right time was read from a clock that jumped: no store is that slow. */
const untimelyMs = 20_000;
/** The farthest that two clocks of the cluster may be apart before a node is silent, ms. */
export const clockToleranceMs = 2_100;

interface RecordedDecision {
  readonly outcome: string;
  readonly reason: string | null;
  readonly marker: string;
  /** Accepts: when the session must be down. */
  readonly until: number;
}

interface IssuedChallenge {
  readonly login: KnownLogin;
  readonly expiresAt: number;
  /** Round one's denial, which stands. */
  readonly reason: string | null;
  /** The password record that round one was compared with. */
  readonly passwordPhc: string | null;
}

interface Tally {
  failures: number;
  lastAt: number;
  lockedUntil: number;
}

interface Verdict {
  readonly command: PreparedCommand;
  readonly login: KnownLogin;
  readonly account: ModelAccount;
  /** By the clock of the node that committed. */
  readonly at: number;
  readonly style: string;
}

export class Ledger {
  readonly #database: ModelDatabase;
  readonly #site: Site;
  readonly #trace: Trace;
  readonly #now: () => number;
  readonly #logins = new Map<string, KnownLogin>();
  /** Nodes and markers whose last decision was committed on a clock that had jumped. */
  readonly #untimely = new Set<string>();
  /** Accounts with a guess that was counted on such a clock. */
  readonly #miscounted = new Set<number>();
  readonly #records = new Map<string, RecordedDecision>();
  readonly #byLookupCode = new Map<string, RecordedDecision>();
  /** Marker of the login that an Accept was given for, by authenticator and step. */
  readonly #claims = new Map<string, string>();
  /** The account's revision and the step used, by marker. */
  readonly #accepted = new Map<string, { revision: number; timeStep: number }>();
  readonly #lastStep = new Map<number, number>();
  readonly #tallies = new Map<string, Tally>();
  readonly #longestLock = new Map<number, number>();
  readonly #roundOne = new Map<string, { reason: string | null; passwordPhc: string | null }>();
  readonly #issued = new Map<string, IssuedChallenge>();
  /** Marker of the login that used each State. */
  readonly #spent = new Map<string, string>();

  constructor(deps: { database: ModelDatabase; site: Site; trace: Trace; now: () => number }) {
    this.#database = deps.database;
    this.#site = deps.site;
    this.#trace = deps.trace;
    this.#now = deps.now;
    deps.database.onEffect = (effect) => this.#onEffect(effect);
  }

  know(login: KnownLogin): void {
    this.#logins.set(login.marker, login);
  }

  find(marker: string): KnownLogin | undefined {
    return this.#logins.get(marker);
  }

  wasUntimely(node: string, marker: string): boolean {
    return this.#untimely.has(`${node} ${marker}`);
  }

  record(reference: string): RecordedDecision | undefined {
    return this.#records.get(reference);
  }

  recordByLookupCode(lookupCode: string): RecordedDecision | undefined {
    return this.#byLookupCode.get(lookupCode);
  }

  /** A State leaves a node. */
  issue(login: KnownLogin, state: string): void {
    // Whoever is over a limit is asked what the first one was that was over it, perhaps before that one is.
    if (this.#site.hasRateLimits && this.#issued.has(challengeIdOf(state))) return;
    const first = this.#roundOne.get(login.marker) ?? this.#sharedRoundOf(login);
    if (first === undefined) {
      this.#trace.violate('committed before answered', `a challenge to ${login.marker} is not in the record`);
      return;
    }
    const expiresAt = this.#now() + 90_000;
    this.#issued.set(challengeIdOf(state), { login, expiresAt, ...first });
  }

  /** The newest question to the same holder at the same place, where there are limits. */
  #sharedRoundOf({ accountId, gatewayId, station }: KnownLogin) {
    if (!this.#site.hasRateLimits) return undefined;
    const shared = [...this.#roundOne].filter(([marker]) => {
      const other = this.#logins.get(marker);
      return other?.accountId === accountId && other.gatewayId === gatewayId && other.station === station;
    });
    return shared.at(-1)?.[1];
  }

  /** Whether a counter in force for the account was locked at any time from `instant` (virtual) on. */
  wasLockedSince(accountId: number, instant: number): boolean {
    const until = this.#longestLock.get(accountId) ?? 0;
    return until > epoch + instant - clockToleranceMs || this.#miscounted.has(accountId);
  }

  isStepClaimed(accountId: number, step: number): boolean {
    return (this.#lastStep.get(accountId) ?? -1) >= step;
  }

  #onEffect({ chain, at, node, applied }: Effect): void {
    for (const { command, seq } of applied) {
      const { record } = command;
      if (record.kind !== 'decision') continue;
      const personal = JSON.parse(record.personal ?? '{}') as Record<string, [string, string]>;
      const marker = personal['acctSessionId']?.[1] ?? '';
      const { data: body } = JSON.parse(record.body) as { data: Record<string, unknown> };
      const decision: RecordedDecision = {
        outcome: record.outcome,
        reason: record.reason,
        marker,
        until: Number(body['until'] ?? 0),
      };
      this.#records.set(`${chain}:${seq}`, decision);
      // What a reply's Class names: the session, or the record that it began with.
      const { session } = command;
      if (session !== null && 'reference' in session) this.#records.set(String(session.reference), decision);
      if (record.lookupCode !== null) this.#byLookupCode.set(record.lookupCode, decision);
      this.#trace.add(
        `${node} records ${marker} ${record.outcome} ${record.reason ?? ''} ${record.detail ?? ''}`,
      );
      if (this.#isUntimely(at)) this.#untimely.add(`${node} ${marker}`);
      else this.#untimely.delete(`${node} ${marker}`);
      const login = this.#logins.get(marker);
      if (login === undefined) {
        this.#trace.violate('only what was asked is decided', `nobody sent ${marker || 'this'}`);
        continue;
      }
      this.#judge(command, login, at, String(body['style']));
    }
  }

  #isUntimely(at: number): boolean {
    return Math.abs(at - epoch - this.#now()) > untimelyMs;
  }

  #judge(command: PreparedCommand, login: KnownLogin, at: number, style: string): void {
    const { outcome, reason, accountId } = command.record;
    this.#judgeChallengeClaim(command, login, style);
    const account = accountId === null ? undefined : this.#database.rows.accounts.get(accountId);
    if (account === undefined) {
      if (login.accountId !== null || reason !== 'account-unknown') {
        this.#trace.violate('no wrong Reject', `${login.marker} is taken for an unknown account's`);
      }
    }
    if (outcome === 'challenge') {
      this.#roundOne.set(login.marker, { reason, passwordPhc: account?.passwordPhc ?? null });
    }
    if (account === undefined) return;
    const verdict: Verdict = { command, login, account, at, style };
    if (outcome === 'accept') this.#judgeAccept(verdict);
    else if (reason !== null) this.#judgeDenial(verdict, reason);
    this.#count(verdict);
  }

  #judgeChallengeClaim({ challengeClaim, record }: PreparedCommand, login: KnownLogin, style: string): void {
    const { marker } = login;
    const isGuess = record.outcome === 'accept' || record.reason === 'code-wrong';
    if (challengeClaim === null) {
      if (style === 'challenge-answer' && isGuess) {
        this.#trace.violate('a State is used once', `${marker} was judged without one`);
      }
      return;
    }
    const { challengeId } = challengeClaim;
    const earlier = this.#spent.get(challengeId);
    if (earlier !== undefined) {
      this.#trace.violate('a State is used once', `${marker} answers what ${earlier} answered`);
    }
    this.#spent.set(challengeId, marker);
    if (!isGuess) return;
    const issued = this.#issued.get(challengeId);
    const isTheirs =
      issued !== undefined &&
      issued.login.accountId === login.accountId &&
      issued.login.gatewayId === login.gatewayId &&
      issued.login.station === login.station;
    if (!isTheirs) {
      this.#trace.violate('a State belongs to one login', `${marker} uses that of ${issued?.login.marker}`);
    }
  }

  #judgeAccept({ command, login, account, at, style }: Verdict): void {
    const { marker } = login;
    this.#accepted.set(marker, { revision: account.revision, timeStep: command.claim?.timeStep ?? -1 });
    const wrong = (invariant: string, detail: string) =>
      this.#trace.violate(invariant, `${marker} ${detail}`);
    if (command.record.accountId !== login.accountId)
      wrong('no wrong Accept', 'accepted for another account');
    if (account.status !== 'active') wrong('no Accept after retirement', `account is ${account.status}`);
    if (account.suspension !== null) wrong('no Accept after suspension', 'account is suspended');
    if (at >= account.validUntil || at < account.validFrom) wrong('no Accept out of term', `at ${at}`);
    if (epoch + this.#now() >= account.validUntil + clockToleranceMs + 30_000) {
      wrong('no Accept out of term', 'by the right time, whatever the node took it for');
    }
    // What was decided before the clock jumped is written after it; nobody hears of it, as the listener's judge makes sure.
    const assignedAt = this.#isUntimely(at) ? command.record.at : at;
    if (this.#site.policy.workstationMode === 'enforce' && !this.#isAssigned(account, login, assignedAt)) {
      wrong('no Accept from elsewhere', `machine ${login.station}`);
    }
    if (!this.#isPasswordRight(login, account, style)) wrong('no wrong Accept', 'the password was wrong');
    this.#judgeClaim(command, login);
  }

  #judgeClaim({ claim }: PreparedCommand, login: KnownLogin): void {
    const { marker } = login;
    const staff = this.#site.staff.find(({ accountId }) => accountId === login.accountId);
    if (claim === null || staff === undefined) {
      this.#trace.violate('a code is accepted once', `${marker} was accepted without a claim`);
      return;
    }
    const { authenticatorId, timeStep } = claim;
    if (staff.codeAt(timeStep) !== login.code) {
      this.#trace.violate('no wrong Accept', `${marker}: the code is not that of step ${timeStep}`);
    }
    if (!login.receipts.some((instant) => isInWindow(timeStep, instant, clockToleranceMs))) {
      this.#trace.violate('no wrong Accept', `${marker}: step ${timeStep} lay outside the window`);
    }
    const key = `${authenticatorId}:${timeStep}`;
    const earlier = this.#claims.get(key);
    if (earlier !== undefined || timeStep <= (this.#lastStep.get(authenticatorId) ?? -1)) {
      this.#trace.violate(
        'a code is accepted once',
        `${marker} after ${earlier ?? 'a later step'}, step ${timeStep}`,
      );
    }
    this.#claims.set(key, marker);
    this.#lastStep.set(authenticatorId, timeStep);
  }

  #isAssigned(account: ModelAccount, login: KnownLogin, at: number): boolean {
    return account.workstations.some(({ workstationId, validFrom, validUntil }) => {
      const row = this.#database.rows.workstations.get(workstationId);
      return (
        (row?.identifiers.includes(`mac:${login.station}`) ?? false) &&
        row?.state === 'active' &&
        validFrom <= at &&
        (validUntil === null || at < validUntil)
      );
    });
  }

  /** Against the account as it stands now; a second round stands on the first. */
  #isPasswordRight(login: KnownLogin, account: ModelAccount, style: string): boolean {
    if (style === 'code') return login.style === 'code-only';
    if (style === 'challenge-answer') {
      const issued = login.state === null ? undefined : this.#issued.get(challengeIdOf(login.state));
      return (
        issued !== undefined &&
        issued.reason === null &&
        issued.login.password !== null &&
        recordOfPassword(issued.login.password) === account.passwordPhc
      );
    }
    return login.password !== null && recordOfPassword(login.password) === account.passwordPhc;
  }

  #judgeDenial(verdict: Verdict, reason: string): void {
    const { login } = verdict;
    const issued = login.state === null ? undefined : this.#issued.get(challengeIdOf(login.state));
    // What round one found stands, and was judged then.
    if (issued !== undefined && issued.reason === reason) return;
    const fault = this.#untrue(verdict, reason, issued);
    if (fault !== null) {
      const { detail } = verdict.command.record;
      this.#trace.violate('no wrong Reject', `${login.marker}: ${reason} ${detail ?? ''}: ${fault}`);
    }
  }

  /** Why the reason is not the truth; null when it is. */
  #untrue(verdict: Verdict, reason: string, issued: IssuedChallenge | undefined): string | null {
    const { command, login, account, at, style } = verdict;
    const decidedAt = command.record.at;
    const unless = (holds: boolean, fault: string) => (holds ? null : fault);
    switch (reason) {
      case 'account-withdrawn':
        return unless(account.status === 'withdrawn', `the account is ${account.status}`);
      case 'suspended':
        return unless(account.suspension !== null, 'it is not');
      case 'expired':
        return unless(account.validUntil - decidedAt < 1_000, 'not yet');
      case 'locked-out':
        return unless(
          (this.#longestLock.get(account.accountId) ?? 0) > decidedAt ||
            this.#miscounted.has(account.accountId),
          'nothing was locked',
        );
      case 'too-many-requests':
        return unless(this.#site.hasRateLimits, 'there is no limit');
      case 'workstation-not-assigned':
      case 'workstation-not-identified':
        return unless(!this.#isAssigned(account, login, at), 'it is assigned');
      case 'password-wrong':
        return unless(!this.#isPasswordRight(login, account, style), 'it is right');
      case 'code-missing':
        return unless(login.code === null, 'there is one');
      case 'code-wrong':
        return unless(!this.#isCodeRight(login), 'it was right whenever it was received');
      case 'code-replayed':
        return this.#untrueReplay(login);
      case 'challenge-expired':
        return unless(
          issued === undefined ||
            issued.expiresAt - clockToleranceMs <= Math.max(...login.receipts) ||
            issued.passwordPhc !== account.passwordPhc,
          'it has not expired, nor was the password changed',
        );
      case 'challenge-mismatch':
        return this.#untrueMismatch(verdict, issued, command.record.detail);
      default:
        return 'nothing in this world gives it';
    }
  }

  /** In the window at every receipt, on any clock of the cluster. */
  #isCodeRight(login: KnownLogin): boolean {
    const staff = this.#site.staff.find(({ accountId }) => accountId === login.accountId);
    return (
      staff !== undefined &&
      login.receipts.every((instant) => {
        const early = stepAt(instant - clockToleranceMs);
        const late = stepAt(instant + clockToleranceMs);
        for (let step = late - 1; step <= early + 1; step += 1) {
          if (staff.codeAt(step) === login.code) return true;
        }
        return false;
      })
    );
  }

  #untrueReplay(login: KnownLogin): string | null {
    const { accountId, marker, receipts, isTamperedWith } = login;
    const staff = this.#site.staff.find((one) => one.accountId === accountId);
    if (staff === undefined || accountId === null) return 'nobody has such a code';
    const steps = receipts.flatMap((instant) => [-2, -1, 0, 1, 2].map((offset) => stepAt(instant) + offset));
    const typed = [...new Set(steps)].filter((step) => staff.codeAt(step) === login.code);
    if (typed.length === 0) return 'the code is none of this time';
    if (!typed.some((step) => (this.#lastStep.get(accountId) ?? -1) >= step)) return 'it was not used';
    // A gateway asks again because it got no answer: the holder did nothing twice. The store knows the last claim only.
    const last = this.#lastStep.get(accountId) ?? -1;
    const isOwn = typed.includes(last) && this.#claims.get(`${accountId}:${last}`) === marker;
    return isOwn && !isTamperedWith ? 'this very login had used it' : null;
  }

  /** It was accepted, and neither its holder nor an administrator has done anything since. */
  #isStillAccepted({ marker }: KnownLogin, account: ModelAccount): boolean {
    const accepted = this.#accepted.get(marker);
    const last = this.#lastStep.get(account.accountId);
    return accepted?.revision === account.revision && accepted.timeStep === last;
  }

  #untrueMismatch(
    { login, account }: Verdict,
    issued: IssuedChallenge | undefined,
    detail: string | null,
  ): string | null {
    if (issued === undefined || login.state === null) return detail === 'malformed' ? null : 'no such State';
    const by = this.#spent.get(challengeIdOf(login.state));
    switch (detail) {
      case 'reused':
        if (by === undefined) return 'it was not used';
        // Refused before for a better reason, it hears another no; accepted before, it must not hear any.
        return by === login.marker &&
          !login.isTamperedWith &&
          this.#isCodeRight(login) &&
          this.#isStillAccepted(login, account)
          ? 'this very login had used it'
          : null;
      case 'other-account':
        return issued.login.accountId === login.accountId ? 'it is the same' : null;
      case 'other-gateway':
        return issued.login.gatewayId === login.gatewayId ? 'it is the same' : null;
      case 'other-client':
        return issued.login.station === login.station ? 'it is the same' : null;
      default:
        return 'it was made by a node';
    }
  }

  /** Guesses by the policy's own words, without looking at the counters of the store. */
  #count({ command, login, account, at }: Verdict): void {
    const { accountId } = account;
    const { outcome, reason } = command.record;
    const isGuess = outcome === 'accept' || reason === 'password-wrong' || reason === 'code-wrong';
    const issued = login.state === null ? undefined : this.#issued.get(challengeIdOf(login.state));
    const isEarlier = issued !== undefined && issued.reason !== null;
    if (!isGuess || isEarlier) return;
    // On a clock that had jumped the store counts otherwise; nobody hears of such a guess, as the listener's judge makes sure.
    if (this.#isUntimely(at)) this.#miscounted.add(accountId);
    if (this.#miscounted.has(accountId)) return;
    const workstationId = command.session?.workstationId ?? null;
    const own = workstationId === null ? '' : `@workstation:${workstationId}`;
    const scopes = outcome === 'accept' ? [`code${own}`, `password${own}`] : command.failures;
    if (scopes.length === 0) {
      this.#trace.violate('guesses are counted', `${login.marker} ${reason} counts nowhere`);
    }
    for (const scope of scopes) {
      const tally = this.#tallies.get(`${accountId} ${scope}`);
      if (tally !== undefined && tally.lockedUntil > at) {
        this.#trace.violate(
          'guesses keep within the policy',
          `${login.marker} ${reason ?? 'accept'} was judged while ${scope} was locked for ${tally.lockedUntil - at} ms`,
        );
      }
    }
    for (const scope of command.reset) this.#tallies.delete(`${accountId} ${scope}`);
    if (outcome === 'accept') return;
    for (const scope of scopes) this.#countFailure(accountId, scope, at);
  }

  #countFailure(accountId: number, scope: string, at: number): void {
    const { lockout } = this.#site.policy;
    const key = `${accountId} ${scope}`;
    const tally = this.#tallies.get(key) ?? { failures: 0, lastAt: 0, lockedUntil: 0 };
    this.#tallies.set(key, tally);
    tally.failures = at - tally.lastAt < lockout.forgetMs ? tally.failures + 1 : 1;
    tally.lastAt = at;
    const isCode = scope.startsWith('code');
    const isShared = scope === 'password';
    const allowed = isCode ? lockout.codeAttempts : lockout.passwordAttempts * (isShared ? 4 : 1);
    if (tally.failures < allowed) return;
    const first = isCode ? lockout.lockMs : lockout.passwordDelayMs;
    const cap = isCode ? lockout.maxLockMs : lockout.maxPasswordDelayMs / (isShared ? 4 : 1);
    tally.lockedUntil = at + Math.min(cap, first * 2 ** (tally.failures - allowed));
    this.#longestLock.set(accountId, Math.max(this.#longestLock.get(accountId) ?? 0, tally.lockedUntil));
  }
}

/** Whether a code of the step may be accepted at an instant, by a clock that is off by no more than `tolerance`. */
export function isInWindow(step: number, instant: number, tolerance: number): boolean {
  return step >= stepAt(instant - tolerance) - 1 && step <= stepAt(instant + tolerance) + 1;
}
