// A decision as the store's writer takes it: guards, effects and the record.
import type { Attempt, Decision, Denial } from '../../core/decision.ts';
import type { AccountFacts, Facts } from '../../core/facts.ts';
import type { Policy } from '../../core/policy.ts';
import type { DecisionCommand, RecordDraft } from '../../store/store.ts';
import type { MsChapSuccess } from '../../wire/radius/ms-chap.ts';
import type { RelayedQuestion } from '../challenge.ts';
import type { LoginRequest } from '../login.ts';
import type { Gateway } from '../settings/clients.ts';

/** Everything that one try at a request was decided on. */
export interface Considered {
  readonly request: LoginRequest;
  readonly facts: Facts;
  readonly attempt: Attempt;
  readonly policy: Policy;
  /** Null when the gateway is no longer declared. */
  readonly gateway: Gateway | null;
  /** The instant of the decision. */
  readonly now: number;
  readonly challengeClaim: DecisionCommand['challengeClaim'];
  /** What an upstream wants to know before it says yes or no; null: nothing. */
  readonly askedBack: (RelayedQuestion & { readonly message: string }) | null;
  /** By MS-CHAPv2: what an upstream proved itself with. */
  readonly msChap: MsChapSuccess | null;
}

const longestText = 253;

function denialOf(decision: Decision): Denial | null {
  return decision.outcome === 'accept' ? null : decision.denial;
}

function explained(prefix: string, denial: Denial): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(denial.parameters).map(([name, value]) => [`${prefix}${name}`, value]),
  );
}

function roundOf({ style }: LoginRequest['credentials']): number {
  if (style === 'challenge-answer') return 2;
  return style === 'password' ? 1 : 0;
}

/** The part that the chain covers in clear: closed words, names of gateways, dates. Nothing that somebody typed. */
function bodyOf(decision: Decision, considered: Considered): RecordDraft['body'] {
  const { request, attempt, gateway } = considered;
  const denial = denialOf(decision);
  const observed = decision.outcome === 'accept' ? decision.observed : null;
  return {
    gateway: gateway?.name ?? null,
    profile: gateway?.profile.name ?? null,
    method: request.method,
    style: request.credentials.style,
    round: roundOf(request.credentials),
    ...(considered.askedBack === null ? {} : { upstreamRound: considered.askedBack.round }),
    evidence: `E${decision.evidence}`,
    password: attempt.password,
    ...(ticketOf(decision, attempt) ?? {}),
    ...(attempt.code === 'absent' ? { code: 'absent' } : {}),
    passwordChecked: attempt.password === 'right' || attempt.password === 'wrong',
    ...(denial === null ? {} : explained('parameter.', denial)),
    ...(observed === null
      ? {}
      : {
          observedReason: observed.reason,
          observedDetail: observed.detail,
          ...explained('observedParameter.', observed),
        }),
    ...(decision.outcome === 'accept' ? { until: decision.until } : {}),
  };
}

/** That a ticket was spent, and which kind: `proof` of the workstation, or `login` in place of password and code. */
function ticketOf({ effects }: Decision, attempt: Attempt): { readonly ticket: string } | null {
  if (effects.spend === null) return null;
  return { ticket: attempt.code === 'ticket' || attempt.code === 'code-ticket' ? 'login' : 'proof' };
}

/** The machine that the request shows best, whoever's it is and whatever became of it. */
function tagShown(facts: Facts, observed: Attempt['observed']): string | null {
  const known = [
    ...(facts.account?.workstations ?? []),
    ...facts.withdrawnKeys.map(({ identifier, assetTag }) => ({ identifiers: [identifier], assetTag })),
    ...facts.observedElsewhere,
  ];
  let best: { readonly assetTag: string; readonly level: number } | null = null;
  for (const { identifiers, assetTag } of known) {
    for (const { key, level } of observed) {
      if (level > (best?.level ?? -1) && identifiers.includes(key)) best = { assetTag, level };
    }
  }
  return best?.assetTag ?? null;
}

/** What may be erased: names, addresses, machines. */
function personalOf(decision: Decision, { request, facts, attempt }: Considered): Record<string, string> {
  const assigned = facts.account?.workstations.find(
    (workstation) => workstation.workstationId === decision.workstationId,
  );
  const workstation = assigned?.assetTag ?? tagShown(facts, attempt.observed);
  const texts: Record<string, string> = {
    ...request.summary,
    userName: request.userName,
    station: request.station,
  };
  if (workstation !== null) texts['workstation'] = workstation;
  return Object.fromEntries(
    Object.entries(texts)
      .filter(([, text]) => text !== '')
      .map(([name, text]) => [name, text.slice(0, longestText).toWellFormed()]),
  );
}

function recordOf(decision: Decision, considered: Considered, lookupCode: string | null): RecordDraft {
  const denial = denialOf(decision);
  return {
    kind: 'decision',
    at: considered.now,
    accountId: considered.facts.account?.accountId ?? null,
    gatewayId: considered.request.gatewayId,
    outcome: decision.outcome,
    reason: denial?.reason ?? null,
    detail: denial?.detail ?? null,
    lookupCode,
    body: bodyOf(decision, considered),
    personal: personalOf(decision, considered),
  };
}

function guardOf(decision: Decision, account: AccountFacts | null): DecisionCommand['guard'] {
  if (account === null) return null;
  return {
    revision: account.revision,
    requireValid: decision.outcome === 'accept',
    notLocked: decision.effects.notLocked,
  };
}

/** A session as it begins: it waits for its Accounting-Start where the gateway sends one. */
function pendingOf({ request, gateway, now }: Considered, until: number) {
  const { gatewayId, station, userName, outerName, summary } = request;
  const accounting = gateway?.profile.accounting;
  const isAccounted = accounting?.sends === true;
  const acctSessionId =
    accounting?.sendsAcctSessionIdInRequest === true ? summary['acctSessionId'] : undefined;
  const known = {
    'User-Name': outerName ?? userName,
    ...(acctSessionId === undefined ? {} : { 'Acct-Session-Id': acctSessionId }),
  };
  return {
    gatewayId,
    station,
    startedAt: now,
    openUntil: isAccounted ? now + accounting.startWithinSeconds * 1000 : until,
    acctSessionId: acctSessionId ?? null,
    identification: JSON.stringify(known),
  };
}

/** The command that makes a decision durable. `node` names this broker among those of the store. */
export function commandOf(
  decision: Decision,
  considered: Considered,
  node: string,
  codes: { readonly lookupCode: string | null; readonly sessionReference: string | null },
): DecisionCommand {
  const { request, facts, policy, gateway, now } = considered;
  const { claim, spend, failures, reset, session, endSessions, alert } = decision.effects;
  const { gatewayId, station } = request;
  const { sessionReference } = codes;
  return {
    accountId: facts.account?.accountId ?? null,
    guard: guardOf(decision, facts.account),
    lockout: policy.lockout,
    claim: claim === null ? null : { ...claim, claimant: { node, gatewayId, station, at: now } },
    spend,
    issue: null,
    challengeClaim: considered.challengeClaim,
    failures,
    reset,
    session:
      session === null || sessionReference === null
        ? null
        : { ...session, ...pendingOf(considered, session.until), reference: sessionReference },
    endSessions,
    alert:
      alert === null
        ? null
        : {
            rule: alert,
            evidence: JSON.stringify({
              reason: denialOf(decision)?.reason ?? null,
              detail: denialOf(decision)?.detail ?? null,
              gateway: gateway?.name ?? null,
              password: considered.attempt.password,
            }),
          },
    record: recordOf(decision, considered, codes.lookupCode),
  };
}
