// THE DECISION. Facts, attempt, policy and the instant in; one outcome with one reason and its effects out.
import type { Attempt, Decision, Denial, Effects } from './decision.ts';
import { assignmentAt, employmentAt, nextDenyingFactAt, suspendedSince } from './employment.ts';
import type { AccountFacts, Facts } from './facts.ts';
import { isOpen, openUntil } from './hours.ts';
import { isLocked, type ScopesInForce, scopesFor } from './lockout.ts';
import type { Policy } from './policy.ts';
import { type Detail, isDetail, type Reason } from './reasons.ts';
import { judgeTicket, type TicketVerdict } from './ticket.ts';
import {
  noWorkstation,
  type RecognisedWorkstation,
  recogniseWorkstation,
  standingOf,
} from './workstation.ts';

/** Everything that the checks look at; computed once. */
interface Case {
  readonly facts: Facts;
  readonly attempt: Attempt;
  readonly policy: Policy;
  readonly now: number;
  readonly workstation: RecognisedWorkstation;
  readonly scopes: ScopesInForce;
}

type Check = (account: AccountFacts, considered: Case) => Denial | null;

/** A session shorter than this is not worth an Accept: Session-Timeout has whole seconds. */
const shortestSessionMs = 1000;

/**
 * Decides one request. Pure: same input, same output.
 * @param now the instant of the decision; codes were already judged at the time of receipt
 */
export function decideAccess(facts: Facts, attempt: Attempt, policy: Policy, now: number): Decision {
  const considered = consider(facts, attempt, policy, now);
  const { workstation, scopes } = considered;
  const account = facts.account;
  const base = {
    workstationId: workstation.workstation?.workstationId ?? null,
    evidence: workstation.evidence,
  };
  const denial = firstDenial(considered, [...checksBeforeSecrets, ...checksOfSecrets]);

  if (attempt.code === 'deferred') {
    return {
      ...base,
      outcome: 'challenge',
      denial,
      effects: failureEffects(denial, account, attempt, scopes),
    };
  }
  if (denial !== null || account === null) {
    const stands = denial ?? deny('account-unknown');
    return {
      ...base,
      outcome: 'deny',
      denial: stands,
      effects: failureEffects(stands, account, attempt, scopes),
    };
  }
  const spent = spentBy(account, considered);
  if (spent === null) {
    // The checks above refuse everything but a match or a good ticket; this is the last line, not a path.
    return { ...base, outcome: 'deny', denial: deny('code-missing'), effects: noEffects };
  }
  const older = sessionsGivingWay(account, considered);
  const until = sessionEnd(account, considered);
  return {
    ...base,
    outcome: 'accept',
    observed: workstation.denial,
    until,
    effects: {
      ...noEffects,
      ...spent,
      notLocked: [...scopes.password, scopes.code],
      reset: [...scopes.password, scopes.code].filter((scope) =>
        account.counters.some((c) => c.scope === scope),
      ),
      session: { workstationId: base.workstationId, provenBy: workstation.provenBy, until },
      endSessions: older,
    },
  };
}

/**
 * The denial that needs neither the password nor the code, or null. Lets the caller skip work that cannot lead to an Accept;
 * `decideAccess` repeats these checks in any case.
 */
export function findDenialBeforeSecrets(
  facts: Facts,
  attempt: Attempt,
  policy: Policy,
  now: number,
): Denial | null {
  return firstDenial(consider(facts, attempt, policy, now), checksBeforeSecrets);
}

/** A session that is up, or a login that may become one. */
export interface SessionInForce {
  readonly workstationId: number | null;
  /** The key that its workstation was proven by; null: by none. */
  readonly provenBy: string | null;
  /** Instant at which it must be down whatever else holds; null: nothing was said when it began. */
  readonly until: number | null;
}

/**
 * Whether a session may go on, by the same rules that let it in. A password that leaked ends it; that the rules of use have a new
 * version, or the phone was replaced, does not.
 * @returns `cut`: why it must end now (null: its time is over); otherwise the instant at which to look again
 */
export function judgeSession(
  facts: Facts,
  session: SessionInForce,
  policy: Policy,
  now: number,
):
  | { readonly kind: 'cut'; readonly denial: Denial | null }
  | { readonly kind: 'keep'; readonly until: number } {
  const { account } = facts;
  if (account === null) return { kind: 'cut', denial: deny('account-unknown') };
  const workstation = standingOf(account, session.workstationId, session.provenBy, now);
  const considered: Case = {
    facts,
    policy,
    now,
    workstation,
    attempt: noAttempt,
    scopes: scopesFor(session.workstationId, ''),
  };
  for (const check of [...grounds, ...circumstances]) {
    const denial = check(account, considered);
    if (denial !== null) return { kind: 'cut', denial };
  }
  if (account.passwordState === 'compromised') return { kind: 'cut', denial: deny('password-compromised') };
  const until = Math.min(session.until ?? Number.POSITIVE_INFINITY, sessionEnd(account, considered));
  return until <= now ? { kind: 'cut', denial: null } : { kind: 'keep', until };
}

const noAttempt: Attempt = {
  gatewayId: 0,
  station: '',
  observed: [],
  refused: null,
  password: 'not-checked',
  code: 'absent',
  ticket: null,
  challengeFault: null,
  earlierDenial: null,
};

function consider(facts: Facts, attempt: Attempt, policy: Policy, now: number): Case {
  const workstation: RecognisedWorkstation =
    facts.account === null ? noWorkstation : recogniseWorkstation(facts, facts.account, attempt, policy, now);
  const scopes = scopesFor(workstation.workstation?.workstationId ?? null, attempt.station);
  return { facts, attempt, policy, now, workstation, scopes };
}

function firstDenial(considered: Case, checks: readonly Check[]): Denial | null {
  const { attempt, facts } = considered;
  // What the profile refuses is refused whoever asks; a limit has its place among the account's checks.
  if (attempt.refused !== null && attempt.refused.reason !== 'too-many-requests')
    return asDenial(attempt.refused);
  if (facts.account === null)
    return attempt.refused === null ? deny('account-unknown') : asDenial(attempt.refused);
  for (const check of checks) {
    const denial = check(facts.account, considered);
    if (denial !== null) return denial;
  }
  return null;
}

/** What access rests on from day to day: when one of these falls away, a session that is up falls with it. */
const grounds: readonly Check[] = [
  function gateway(account, { policy }) {
    const units = policy.gatewayUnits;
    return units === null || account.unitPath.some((id) => units.includes(id))
      ? null
      : deny('gateway-not-allowed');
  },
  function status(account) {
    if (account.status === 'pending') return deny('account-pending');
    return account.status === 'withdrawn' ? deny('account-withdrawn') : null;
  },
  function employment(account, { now }) {
    const employment = employmentAt(account.employment, now);
    if (employment.state === 'employed') return null;
    if (employment.state === 'not-started') return deny('employment-not-started');
    const reason: Reason = employment.state === 'ended' ? 'employment-ended' : 'employment-on-leave';
    const { detail } = employment;
    return deny(reason, detail !== null && isDetail(reason, detail) ? detail : null);
  },
  function assignment(account, { now }) {
    const assignment = assignmentAt(account.assignments, account.employment, now);
    return assignment.state === 'valid' ? null : deny('assignment-missing', assignment.detail);
  },
  function term(account, { now }) {
    if (now < account.validFrom) return deny('not-yet-valid', null, { date: account.validFrom });
    return now < account.validUntil ? null : deny('expired', null, { date: account.validUntil });
  },
  function suspended({ suspension, employment }, { now }) {
    const since = suspendedSince(employment, now);
    if (since !== null) return deny('suspended', 'by-event', { date: since });
    return suspension === null
      ? null
      : deny('suspended', suspension.detail, { date: suspension.since, role: suspension.by });
  },
];

/** What only a login is asked for. */
const checksOfLogin: readonly Check[] = [
  function passwordUsable({ passwordState }) {
    if (passwordState === 'compromised') return deny('password-compromised');
    return passwordState === 'change-required' ? deny('password-change-required') : null;
  },
  function rulesOfUse(account, { policy }) {
    return account.rulesVersionAccepted >= policy.rulesVersion ? null : deny('rules-not-accepted');
  },
  function enrolled({ authenticators }) {
    return authenticators.length > 0 ? null : deny('authenticator-not-enrolled');
  },
  function lockout({ counters }, { scopes, now }) {
    const inForce: readonly string[] = [...scopes.password, scopes.code];
    const locked = counters.filter((counter) => inForce.includes(counter.scope) && isLocked(counter, now));
    if (locked.length === 0) return null;
    return deny('locked-out', null, { time: Math.max(...locked.map((counter) => counter.lockedUntil)) });
  },
  function rate(_account, { attempt }) {
    return attempt.refused === null ? null : asDenial(attempt.refused);
  },
];

const circumstances: readonly Check[] = [
  function hours(_account, { policy, now }) {
    return isOpen(policy.hours, policy.calendar, now) ? null : deny('outside-hours');
  },
  function workstationAllowed(_account, { workstation, policy }) {
    const { denial, always } = workstation;
    return policy.workstationMode === 'enforce' || always ? denial : null;
  },
];

/** In the order of the closed list of reasons. */
const checksBeforeSecrets: readonly Check[] = [...grounds, ...checksOfLogin, ...circumstances];

const checksOfSecrets: readonly Check[] = [
  function earlierRound(_account, { attempt }) {
    return attempt.earlierDenial === null ? null : asDenial(attempt.earlierDenial);
  },
  function challenge(_account, { attempt }) {
    // Without a valid State the verdict on the password is not known: nothing behind it may be looked at.
    return attempt.challengeFault === null ? null : asDenial(attempt.challengeFault);
  },
  function password(_account, { attempt }) {
    switch (attempt.password) {
      case 'wrong':
        return deny('password-wrong');
      case 'change-required':
        return deny('password-change-required');
      case 'closed-upstream':
        return deny('suspended', 'by-directory');
      case 'answer-refused':
        return deny('password-wrong', 'upstream-answer');
      case 'not-required':
      case 'right':
      case 'asked-back':
      case 'not-checked':
        return null;
    }
  },
  function code(account, considered) {
    const { attempt } = considered;
    if (attempt.code === 'deferred') return null;
    if (attempt.code === 'absent') return deny('code-missing');
    if (attempt.code === 'ticket' || attempt.code === 'code-ticket')
      return ticketFault(loginTicket(account, considered));
    const { match } = attempt.code;
    if (match.kind === 'replayed') return deny('code-replayed');
    if (match.kind === 'match') return null;
    const minutes = 'clockSkewMinutes' in match ? match.clockSkewMinutes : null;
    return minutes === null ? deny('code-wrong') : deny('code-wrong', 'clock-skew', { minutes });
  },
  function passwordUnchecked(_account, { attempt }) {
    if (attempt.password === 'asked-back' && attempt.code === 'deferred') return null;
    if (attempt.code === 'code-ticket' && attempt.password !== 'right') return deny('password-wrong');
    // Only a defect gets here with a right code and a password nobody looked at. It must not become an Accept.
    return isUnproven(attempt) ? deny('password-wrong') : null;
  },
  function sessionLimit(account, considered) {
    const { policy, attempt } = considered;
    if (attempt.code === 'deferred' || policy.sessionLimit === 0) return null;
    const open = openSessions(account, considered);
    const remaining = open.length - sessionsGivingWay(account, considered).length;
    if (remaining < policy.sessionLimit) return null;
    const oldest = open.reduce((a, b) => (b.startedAt < a.startedAt ? b : a));
    return deny('session-limit', null, { time: oldest.startedAt });
  },
  function remaining(account, considered) {
    const until = sessionEnd(account, considered);
    return until - considered.now < shortestSessionMs ? endingDenial(account, considered, until) : null;
  },
];

/**
 * The ticket that stands for password and code, which must be of the workstation that proves itself by its key: whoever only shares
 * the holder's address, or shows a certificate that proves nothing, has no use of it. Where the password is proven by the login
 * itself, the workstation is judged as the policy wants it, and must be the ticket's.
 */
function loginTicket(account: AccountFacts, { attempt, workstation }: Case): TicketVerdict {
  const judged = judgeTicket(account, 'login', attempt.ticket);
  const isOther =
    judged.kind === 'good' &&
    ((workstation.evidence < 3 && attempt.code !== 'code-ticket') ||
      judged.ticket.workstationId !== workstation.workstation?.workstationId);
  return isOther ? { kind: 'bad', fault: 'device-ticket-mismatch', presented: true } : judged;
}

function ticketFault(judged: TicketVerdict): Denial | null {
  if (judged.kind === 'good') return null;
  return deny(judged.kind === 'none' ? 'code-missing' : judged.fault);
}

/** What an Accept uses up: the code's time step, or the ticket that stands for it, and the ticket that proved the workstation. */
function spentBy(account: AccountFacts, considered: Case): Pick<Effects, 'claim' | 'spend'> | null {
  const { code } = considered.attempt;
  if (code === 'ticket' || code === 'code-ticket') {
    const judged = loginTicket(account, considered);
    return judged.kind === 'good' ? { claim: null, spend: { ticketId: judged.ticket.ticketId } } : null;
  }
  if (typeof code === 'string' || code.match.kind !== 'match') return null;
  const { ticket } = considered.workstation;
  return {
    claim: { authenticatorId: code.authenticatorId, timeStep: code.match.timeStep },
    spend: ticket === null ? null : { ticketId: ticket.ticketId },
  };
}

/** Logins that never became a tunnel, and tunnels that were not heard of for too long, hold nobody's place. */
function openSessions(account: AccountFacts, { now }: Case): AccountFacts['sessions'] {
  return account.sessions.filter((session) => session.openUntil > now);
}

/** Sessions of the same workstation that end so that the new one keeps within the limit, oldest first. */
function sessionsGivingWay(account: AccountFacts, considered: Case): number[] {
  const { policy, workstation } = considered;
  const workstationId = workstation.workstation?.workstationId;
  const open = openSessions(account, considered);
  const excess = open.length + 1 - policy.sessionLimit;
  if (
    policy.sessionLimit === 0 ||
    excess <= 0 ||
    policy.onSessionLimit === 'refuse' ||
    workstationId === undefined
  )
    return [];
  return open
    .filter((session) => session.workstationId === workstationId)
    .sort((a, b) => a.startedAt - b.startedAt)
    .slice(0, excess)
    .map((session) => session.sessionId);
}

/** The earliest instant at which any ground of the access falls away. */
function sessionEnd(account: AccountFacts, { policy, now, workstation }: Case): number {
  const assignment = assignmentAt(account.assignments, account.employment, now);
  const ends = [
    now + policy.sessionMs,
    account.validUntil,
    openUntil(policy.hours, policy.calendar, now),
    assignment.state === 'valid' ? assignment.until : now,
    workstation.workstation?.assignment?.validUntil ?? null,
    workstation.provenUntil,
    nextDenyingFactAt(account.employment, now),
  ];
  return Math.min(...ends.filter((end) => end !== null));
}

/** What a login in the last second before an end is refused for: the ground that is about to fall away. */
function endingDenial(account: AccountFacts, considered: Case, until: number): Denial {
  for (const check of grounds) {
    const denial = check(account, { ...considered, now: until });
    if (denial !== null) return denial;
  }
  const { policy, now, workstation } = considered;
  if (until === openUntil(policy.hours, policy.calendar, now)) return deny('outside-hours');
  if (until === (workstation.workstation?.assignment?.validUntil ?? null)) {
    return deny('workstation-not-assigned', 'assignment-ended');
  }
  if (until === workstation.provenUntil) return deny('workstation-evidence-too-weak');
  return deny('assignment-missing', 'ended');
}

const noEffects: Effects = {
  claim: null,
  spend: null,
  notLocked: [],
  failures: [],
  reset: [],
  session: null,
  endSessions: [],
  alert: null,
};

function failureEffects(
  denial: Denial | null,
  account: AccountFacts | null,
  attempt: Attempt,
  scopes: ScopesInForce,
): Effects {
  if (account === null || attempt.earlierDenial !== null) return noEffects;
  const inForce = [...scopes.password, scopes.code];
  if (denial === null) return { ...noEffects, notLocked: inForce };
  const alert = alertFor[denial.reason] ?? null;
  if (denial.reason === 'password-wrong') {
    return { ...noEffects, notLocked: inForce, failures: scopes.password };
  }
  if (denial.reason === 'code-wrong') {
    // A code whose password nobody looked at must not count towards the hard stop, or outsiders could lock staff out.
    const counted = isUnproven(attempt) ? scopes.password : [scopes.code];
    return { ...noEffects, notLocked: inForce, failures: counted };
  }
  return { ...noEffects, alert };
}

/** Nobody has said yes to the password, nor no. */
function isUnproven({ password }: Attempt): boolean {
  return password === 'not-checked' || password === 'asked-back';
}

/** Refusals that a unit must hear of. */
const alertFor: Partial<Record<Reason, string>> = {
  'employment-ended': 'login-after-employment-ended',
  'workstation-not-assigned': 'login-from-unassigned-workstation',
  'workstation-revoked': 'login-from-revoked-workstation',
  'workstation-key-mismatch': 'login-with-wrong-workstation-key',
};

function deny(reason: Reason, detail: Detail | null = null, parameters: Denial['parameters'] = {}): Denial {
  return { reason, detail, parameters };
}

function asDenial(refused: { readonly reason: Reason; readonly detail: Detail | null }): Denial {
  return deny(refused.reason, refused.detail);
}
