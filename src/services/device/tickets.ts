// Tickets are bought here: with a device's proof, or with password and code; refused with a reason of the closed list.

import type { Clock } from '../../base/clock.ts';
import { type Random, randomCode } from '../../base/random.ts';
import type { RareLog } from '../../base/rare-log.ts';
import { decideAccess, findDenialBeforeSecrets } from '../../core/access.ts';
import type { Attempt, Denial, Effects, PasswordVerdict } from '../../core/decision.ts';
import type { AccountFacts, Facts, WorkstationFact } from '../../core/facts.ts';
import { type Policy, policyOf } from '../../core/policy.ts';
import { canonicalUserName } from '../../core/user-name.ts';
import { findKeyInForce, nonceChallenge } from '../../store/queries/workstation-keys.ts';
import type { DecisionCommand, RecordDraft, Store } from '../../store/store.ts';
import { codeDigitsOf, matchCodes } from '../authenticate/codes.ts';
import { askUpstream } from '../authenticate/upstream-word.ts';
import type { FirstFactors } from '../first-factor/first-factors.ts';
import type { Passwords } from '../passwords/passwords.ts';
import type { Keyring } from '../secrets/keyring.ts';
import type { Settings } from '../settings/settings.ts';
import { newTicketToken, ticketTokenHash } from '../ticket-token.ts';
import { isInForce } from '../workstation-keys/keys.ts';
import type { GoodProof, ProofFault, ProofResult } from './proof.ts';
import type { BadProofs } from './record.ts';

export interface DeviceDeps {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly passwords: Passwords;
  /** Who else may know passwords. */
  readonly firstFactors: FirstFactors;
  readonly rareLog: RareLog;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly random: Random;
  /** Name of this broker among those of the store. */
  readonly node: string;
  /** False while the wall clock can't be trusted: nothing is sold then. */
  readonly isClockStable: () => boolean;
  readonly badProofs: BadProofs;
}

/** Password and code, typed one by one. */
interface Secrets {
  readonly password: string;
  readonly code: string;
}

export interface TicketOrder {
  /** As typed. */
  readonly userName: string;
  /** What the workstation showed; null: it is bought from a browser. */
  readonly proof: ProofResult | null;
  /** With them the ticket stands for password and code (EAP-TLS); null: for the workstation alone. */
  readonly secrets: Secrets | null;
  /** Which of the account's workstations, where no proof says it; null: the only one. */
  readonly assetTag: string | null;
  /** By address the ticket is found where the gateway tells it; a token goes where it does not. */
  readonly delivery: 'address' | 'token';
  /** Where the order came from: canonical IP address. */
  readonly address: string;
  readonly receivedAt: number;
}

export type TicketAnswer =
  | {
      readonly kind: 'sold';
      readonly address: string;
      readonly expiresAt: number;
      /** Told once; null with delivery by address. */
      readonly token: string | null;
    }
  | { readonly kind: 'refused'; readonly lookupCode: string; readonly denial: Denial }
  /** The store or the hashing can't keep up: never a denial. */
  | { readonly kind: 'undecided' };

const proofTicketMs = 60_000;
const loginTicketMs = 120_000;
const lookupCodeLength = 8;
const mostTries = 6;
const hashWithinMs = 4_000;
/** Tickets are sold by the broker itself, at no gateway. */
const noGateway = 0;

/** What later tries at an order know from earlier ones. */
interface Memory {
  password: { readonly by: string; readonly phc: string | null; readonly verdict: PasswordVerdict } | null;
}

/** Everything that one order is judged by. */
interface Judged {
  readonly order: TicketOrder;
  readonly facts: Facts;
  readonly policy: Policy;
  readonly now: number;
}

/** Sells a ticket, or says why not. Every refusal is in the log; none counts against the account but wrong secrets. */
export async function buyTicket(deps: DeviceDeps, order: TicketOrder): Promise<TicketAnswer> {
  if (!deps.isClockStable()) return { kind: 'undecided' };
  const memory: Memory = { password: null };
  for (let tries = 0; tries < mostTries; tries += 1) {
    const judged = await load(deps, order);
    if (judged === 'again') continue;
    const shown = await findWorkstation(deps, judged);
    const { secrets } = order;
    const answer = await (secrets === null
      ? sellForProof(deps, judged, shown)
      : sellForSecrets(deps, judged, shown, { secrets, memory }));
    if (answer !== 'again') return answer;
  }
  return { kind: 'undecided' };
}

async function load(deps: DeviceDeps, order: TicketOrder): Promise<Judged | 'again'> {
  const snapshot = deps.settings.current();
  const name = canonicalUserName(order.userName, { realms: snapshot.realms });
  const observedKeys = order.proof?.kind === 'good' ? [order.proof.proof.identifier] : [];
  const userName = name.ok ? name.userName : '';
  const facts = await deps.store.decisions.loadFacts({ userName, observedKeys });
  if (facts.settingsVersion > snapshot.version) {
    await deps.settings.atLeast(facts.settingsVersion);
    return 'again';
  }
  const policy = policyOf(snapshot.policyFor(facts.account?.unitPath ?? [], noGateway), facts.account);
  return { order, facts, policy, now: deps.clock.now() };
}

type Shown =
  | { readonly kind: 'workstation'; readonly workstation: WorkstationFact; readonly proof: GoodProof | null }
  | { readonly kind: 'refused'; readonly denial: Denial; readonly proof: GoodProof | null };

const deny = (reason: Denial['reason'], detail: Denial['detail'] = null): Denial => ({
  reason,
  detail,
  parameters: {},
});
const badProof = (fault: ProofFault): Denial => deny('device-proof-invalid', fault);

/** Which assigned workstation the order comes from, or is for. */
async function findWorkstation(deps: DeviceDeps, { order, facts, now }: Judged): Promise<Shown> {
  const { proof } = order;
  const held = facts.account?.workstations.filter((one) => isUsable(one, now)) ?? [];
  if (proof === null) {
    const meant = held.filter(({ assetTag }) => order.assetTag === null || assetTag === order.assetTag);
    const [only] = meant;
    if (only !== undefined && meant.length === 1)
      return { kind: 'workstation', workstation: only, proof: null };
    const unnamed = order.assetTag === null && held.length > 1;
    const denial = unnamed
      ? deny('workstation-not-identified')
      : deny('workstation-not-assigned', 'unregistered');
    return { kind: 'refused', denial, proof: null };
  }
  if (proof.kind === 'bad') return { kind: 'refused', denial: badProof(proof.fault), proof: null };
  const { identifier } = proof.proof;
  const found = await deps.store.read((db) => findKeyInForce(db, identifier));
  if (found === null || !isInForce({ ...found, workstationState: 'active' }, now)) {
    return { kind: 'refused', denial: badProof('signature'), proof: proof.proof };
  }
  // The proof names its account, so that one that was made for another is worth nothing.
  if (proof.proof.subject !== order.userName)
    return { kind: 'refused', denial: badProof('signature'), proof: proof.proof };
  if (found.workstationState !== 'active') {
    return { kind: 'refused', denial: deny('workstation-revoked'), proof: proof.proof };
  }
  const own = held.find(({ workstationId }) => workstationId === found.key.workstationId);
  if (own !== undefined) return { kind: 'workstation', workstation: own, proof: proof.proof };
  return { kind: 'refused', denial: deny('workstation-not-assigned', 'other-account'), proof: proof.proof };
}

function isUsable({ state, assignment }: WorkstationFact, now: number): boolean {
  if (state !== 'active' || assignment === null || assignment.validFrom > now) return false;
  return assignment.validUntil === null || assignment.validUntil > now;
}

/** What the decision is asked: everything but the workstation, which was found above. */
function attemptOf({ order }: Judged, more: Pick<Attempt, 'password' | 'code'>): Attempt {
  return {
    gatewayId: noGateway,
    station: order.address,
    observed: [],
    refused: null,
    ticket: null,
    challengeFault: null,
    earlierDenial: null,
    ...more,
  };
}

/** The workstation is judged apart, and no session begins here. */
function withoutWorkstation(policy: Policy): Policy {
  return { ...policy, workstationMode: 'observe', leastEvidence: 0, sessionLimit: 0 };
}

async function sellForProof(deps: DeviceDeps, judged: Judged, shown: Shown): Promise<TicketAnswer | 'again'> {
  const { facts, policy, now } = judged;
  const attempt = attemptOf(judged, { password: 'not-checked', code: 'absent' });
  const invalid =
    shown.kind === 'refused' && shown.denial.reason === 'device-proof-invalid' ? shown.denial : null;
  const denial =
    invalid ??
    findDenialBeforeSecrets(facts, attempt, withoutWorkstation(policy), now) ??
    (shown.kind === 'refused' ? shown.denial : null);
  if (denial === null && shown.kind === 'workstation' && facts.account !== null) {
    const { account } = facts;
    return await sell(deps, judged, {
      ...{ account, shown, kind: 'proof', passwordBy: null },
      lifetimeMs: proofTicketMs,
      effects: { claim: null, reset: [], notLocked: [] },
    });
  }
  return await refuse(deps, judged, denial ?? deny('account-unknown'), null);
}

/** Right or wrong by whoever knows the password; null: nothing can be said now. An upstream is asked only where its word counts. */
async function judgePassword(
  deps: DeviceDeps,
  { order, facts, policy, now }: Judged,
  { secrets, memory }: { readonly secrets: Secrets; readonly memory: Memory },
  attempt: Attempt,
): Promise<PasswordVerdict | null> {
  const phc = facts.account?.passwordPhc ?? null;
  const by = policy.firstFactor;
  const known = memory.password;
  if (known !== null && known.by === by && known.phc === phc) return known.verdict;
  const deadline = deps.clock.monotonic() + hashWithinMs;
  const { password } = secrets;
  if (by === 'own') {
    const verdict = await deps.passwords.check({ phc, password, deadline });
    if (verdict === 'overloaded') return null;
    memory.password = { by, phc, verdict };
    return verdict;
  }
  const { userName } = facts.account ?? {};
  const isOpen = findDenialBeforeSecrets(facts, attempt, withoutWorkstation(policy), now) === null;
  const mayAsk = isOpen && attempt.code !== 'absent' && userName !== undefined;
  const question = mayAsk ? { userName, password, station: order.address, deadline } : null;
  const said = await askUpstream(deps, by, question);
  // What an upstream asks back can't be asked here.
  if (typeof said === 'string' || said.verdict === 'asked-back') return null;
  memory.password = { by, phc, verdict: said.verdict };
  return said.verdict;
}

async function sellForSecrets(
  deps: DeviceDeps,
  judged: Judged,
  shown: Shown,
  typed: { readonly secrets: Secrets; readonly memory: Memory },
): Promise<TicketAnswer | 'again'> {
  const { order, facts, policy, now } = judged;
  const { account } = facts;
  if (shown.kind === 'refused' && shown.denial.reason === 'device-proof-invalid') {
    return await refuse(deps, judged, shown.denial, null);
  }
  const { code } = typed.secrets;
  const isCode = code.length === codeDigitsOf(account) && /^[0-9]+$/.test(code);
  const evidence =
    account === null || !isCode
      ? null
      : await matchCodes({
          keyring: deps.keyring,
          account,
          code,
          receivedAt: order.receivedAt,
          policy,
          floorAt: facts.codeFloorAt,
        });
  const unchecked = attemptOf(judged, { password: 'not-checked', code: evidence ?? 'absent' });
  const password = await judgePassword(deps, judged, typed, unchecked);
  if (password === null) return { kind: 'undecided' };
  const attempt = { ...unchecked, password };
  const decision = decideAccess(facts, attempt, withoutWorkstation(policy), now);
  if (decision.outcome !== 'accept' || account === null) {
    const denial = decision.outcome === 'deny' ? decision.denial : deny('account-unknown');
    return await refuse(deps, judged, denial, decision.effects);
  }
  if (shown.kind === 'refused') return await refuse(deps, judged, shown.denial, null);
  return await sell(deps, judged, {
    ...{ account, shown, kind: 'login', passwordBy: policy.firstFactor },
    lifetimeMs: loginTicketMs,
    effects: decision.effects,
  });
}

/** In one write: code and nonce are spent, and the ticket issued, while the account is as it was judged; or nothing of it. */
async function sell(
  deps: DeviceDeps,
  judged: Judged,
  ticket: {
    readonly account: AccountFacts;
    readonly shown: Extract<Shown, { kind: 'workstation' }>;
    readonly kind: 'proof' | 'login';
    readonly passwordBy: string | null;
    readonly lifetimeMs: number;
    readonly effects: Pick<Effects, 'claim' | 'reset' | 'notLocked'>;
  },
): Promise<TicketAnswer | 'again'> {
  const { order, now } = judged;
  const { account, shown, kind, passwordBy, lifetimeMs } = ticket;
  const { claim, reset, notLocked } = ticket.effects;
  const token = order.delivery === 'token' ? newTicketToken(deps.random) : null;
  const expiresAt = now + lifetimeMs;
  const { workstation, proof } = shown;
  const committed = await deps.store.decisions.commit({
    ...commandOf(judged, {
      ...recordOf(judged, { outcome: 'ticket.buy', denial: null, lookupCode: null }),
      kind: 'administration',
      body: {
        ticket: kind,
        delivery: order.delivery,
        workstation: workstation.assetTag,
        withProof: proof !== null,
        expiresAt,
        via: 'workstation',
      },
    }),
    guard: { revision: account.revision, requireValid: true, notLocked },
    claim:
      claim === null
        ? null
        : {
            ...claim,
            claimant: { node: deps.node, gatewayId: noGateway, station: order.address, at: now },
          },
    challengeClaim:
      proof === null
        ? null
        : { challengeId: nonceChallenge(proof.nonce.nonceId), expiresAt: proof.nonce.expiresAt },
    reset,
    issue: {
      workstationId: workstation.workstationId,
      kind,
      keyIdentifier: proof?.identifier ?? null,
      address: order.address,
      tokenHash: token === null ? null : ticketTokenHash(token),
      passwordBy,
      issuedAt: now,
      expiresAt,
    },
  });
  if (committed.kind === 'challenge-reused') return await refuse(deps, judged, badProof('nonce'), null);
  if (committed.kind !== 'committed') return 'again';
  return { kind: 'sold', address: order.address, expiresAt, token };
}

function recordOf(
  { order, facts, now }: Judged,
  said: { readonly outcome: string; readonly denial: Denial | null; readonly lookupCode: string | null },
): RecordDraft {
  const { denial } = said;
  const parameters = Object.entries(denial?.parameters ?? {}).map(([name, value]) => [
    `parameter.${name}`,
    value,
  ]);
  return {
    kind: 'decision',
    at: now,
    accountId: facts.account?.accountId ?? null,
    gatewayId: null,
    outcome: said.outcome,
    reason: denial?.reason ?? null,
    detail: denial?.detail ?? null,
    lookupCode: said.lookupCode,
    body: {
      purpose: 'ticket',
      method: 'https',
      withProof: order.proof !== null,
      withSecrets: order.secrets !== null,
      ...Object.fromEntries(parameters),
    },
    personal: { userName: order.userName.slice(0, 253).toWellFormed(), station: order.address },
  };
}

function commandOf({ facts, policy }: Judged, record: RecordDraft): DecisionCommand {
  return {
    accountId: facts.account?.accountId ?? null,
    guard: null,
    lockout: policy.lockout,
    claim: null,
    spend: null,
    issue: null,
    challengeClaim: null,
    failures: [],
    reset: [],
    session: null,
    endSessions: [],
    alert: null,
    record,
  };
}

async function refuse(
  deps: DeviceDeps,
  judged: Judged,
  denial: Denial,
  effects: { readonly failures: readonly string[]; readonly notLocked: readonly string[] } | null,
): Promise<TicketAnswer | 'again'> {
  const { order, facts } = judged;
  if (denial.reason === 'device-proof-invalid') {
    const fault = denial.detail as ProofFault;
    const summed = deps.badProofs.admit({ fault, address: order.address });
    if (summed !== null) return { kind: 'refused', lookupCode: summed, denial };
  }
  const lookupCode = randomCode(deps.random, lookupCodeLength);
  const command = commandOf(judged, recordOf(judged, { outcome: 'deny', denial, lookupCode }));
  const guard =
    facts.account === null || effects === null || effects.failures.length === 0
      ? null
      : { revision: facts.account.revision, requireValid: false, notLocked: effects.notLocked };
  const committed = await deps.store.decisions.commit({
    ...command,
    guard,
    failures: effects?.failures ?? [],
  });
  return committed.kind === 'committed' ? { kind: 'refused', lookupCode, denial } : 'again';
}
