// Signing in, proving oneself once more, and linking, by the organisation's OpenID Connect provider. Nobody is made by signing in; without
// the provider's word for a second factor the broker asks for its own code.

import type { OidcConfig } from '../../../config/oidc.ts';
import { clearOperatorCounters } from '../../../store/queries/operator-proofs.ts';
import {
  changeOperator,
  claimOperatorStep,
  findOperator,
  findOperatorBySubject,
  type OperatorWithPerson,
} from '../../../store/queries/operators.ts';
import { spendChallenge } from '../../../store/queries/passkeys.ts';
import type { Db } from '../../../store/tables.ts';
import { type Administrator, recordAct } from '../../administration.ts';
import type { SessionOrigin, WebSessions } from '../../web/sessions.ts';
import { countGuess, isStopped, isStoppedNow } from '../guesses.ts';
import { administratorOf, loadOperator, type OperatorPrincipal } from '../principal.ts';
import { matchOperatorCode } from '../sign-in.ts';
import type { OidcPurpose } from './flow.ts';
import { beginFlow, beginPending, type Flow, type FlowDeps, openPending, spendFlow } from './flow.ts';
import { findOperatorOf, isAuthenticatedSince, isLinked, provesSecondFactor, subjectOf } from './identity.ts';
import type { Claims, OidcProvider } from './provider.ts';
import type { OidcRefusal } from './refusals.ts';

/** The provider, as configured. */
export interface Oidc {
  readonly config: OidcConfig;
  readonly provider: OidcProvider;
}

export interface OidcDeps extends FlowDeps, Oidc {
  readonly sessions: WebSessions;
}

type From = Omit<SessionOrigin, 'method'>;

/** Sends a browser to the provider: the address, and what its cookie keeps. Null: the provider can't be used just now. */
export async function beginOidc(
  deps: OidcDeps,
  of: Pick<Flow, 'purpose' | 'session' | 'former' | 'redirectUri'>,
): Promise<{ readonly url: URL; readonly sealed: string } | null> {
  const isFresh = of.purpose !== 'sign-in';
  const { flow, sealed } = beginFlow(deps, { ...of, isFresh, issuer: deps.config.issuer });
  const url = await deps.provider.authorizationUrl(flow);
  return url === null ? null : { url, sealed };
}

export type OidcResult =
  | { readonly kind: 'signed-in'; readonly token: string }
  /** `sealed`: for the cookie, to be shown with the code. */
  | { readonly kind: 'code-wanted'; readonly sealed: string }
  /** With the session's new token. */
  | { readonly kind: 'proved'; readonly token: string }
  | { readonly kind: 'linked' }
  | { readonly kind: 'refused'; readonly refusal: OidcRefusal; readonly purpose: OidcPurpose };

interface Refused {
  readonly refusal: OidcRefusal;
  readonly operatorId?: number;
  readonly signInName?: string;
  readonly sub?: string;
}

/** Puts a refusal on record. */
export async function recordOidcRefusal(
  { store, clock }: Pick<OidcDeps, 'store' | 'clock'>,
  purpose: OidcPurpose,
  { refusal, operatorId, signInName, sub }: Refused,
  address: string,
): Promise<void> {
  await store.write((db) =>
    recordAct(
      db,
      { name: signInName ?? 'OpenID Connect', via: 'console' },
      {
        verb: 'operator.sign-in-refused',
        at: clock.now(),
        detail: `oidc-${refusal}`,
        body: { purpose, ...(operatorId === undefined ? {} : { operatorId }) },
        personal: { address, ...(sub === undefined ? {} : { subject: sub.slice(0, 200) }) },
      },
    ),
  );
}

/** Within a write: links an operator to a subject; false when somebody was first, with either. */
async function link(
  db: Db,
  operator: OperatorWithPerson,
  subject: string,
  act: { readonly by: Administrator; readonly at: number; readonly how: string; readonly address: string },
): Promise<boolean> {
  if ((await findOperatorBySubject(db, subject)) !== null) return false;
  if (!(await changeOperator(db, operator, { oidcSubject: subject }))) return false;
  await recordAct(db, act.by, {
    verb: 'operator.link-provider',
    at: act.at,
    body: { operatorId: operator.id, how: act.how },
    personal: { address: act.address, subject },
  });
  return true;
}

interface Entry {
  readonly principal: OperatorPrincipal;
  readonly subject: string;
  readonly method: 'oidc' | 'oidc+code';
}

/** Within a write: begins the session of an operator whose proofs are complete; the first time the subject is linked too. */
async function enter(deps: OidcDeps, db: Db, entry: Entry, from: From): Promise<string | null> {
  const { sessions, clock, config } = deps;
  const { principal, subject, method } = entry;
  const { id: operatorId } = principal.operator;
  const by = administratorOf(principal);
  const at = clock.now();
  // As it is now: ended or unlinked meanwhile, nobody comes in.
  const operator = await findOperator(db, operatorId);
  if (operator?.state !== 'active') return null;
  if (operator.oidcSubject !== subject) {
    const { claim } = config.identity;
    if (claim === 'sub' || isLinked(operator, config)) return null;
    if (!(await link(db, operator, subject, { by, at, how: claim, address: from.address }))) return null;
  }
  await clearOperatorCounters(db, operatorId);
  const { token } = await sessions.begin(db, { operatorId }, { ...from, method });
  await recordAct(db, by, {
    verb: 'operator.sign-in',
    at,
    body: { operatorId, method },
    personal: { address: from.address },
  });
  return token;
}

/** Takes the browser's answer from the provider. Every refusal is on record. */
export async function finishOidc(
  deps: OidcDeps,
  given: { readonly sealed: string | null; readonly query: string },
  from: From,
): Promise<OidcResult> {
  const state = new URLSearchParams(given.query).get('state');
  const flow = await spendFlow(deps, given.sealed, state);
  const purpose = flow?.purpose ?? 'sign-in';
  const result =
    flow === null || flow.issuer !== deps.config.issuer
      ? ({ refusal: 'state' } as const)
      : await judge(deps, flow, given.query, from);
  if (!('refusal' in result)) return result;
  await recordOidcRefusal(deps, purpose, result, from.address);
  return { kind: 'refused', refusal: result.refusal, purpose };
}

type Judged = Exclude<OidcResult, { kind: 'refused' }> | Refused;

async function judge(deps: OidcDeps, flow: Flow, query: string, from: From): Promise<Judged> {
  const { config, clock, provider } = deps;
  const answer = new URL(flow.redirectUri);
  answer.search = query;
  const exchanged = await provider.exchange(answer, flow);
  if (exchanged.kind === 'refused') return { refusal: exchanged.refusal };
  const { claims } = exchanged;
  const now = clock.now();
  const since = flow.isFresh ? flow.beganAt : now - config.maxAgeSeconds * 1_000;
  if (!isAuthenticatedSince(claims, since, now)) return { refusal: 'stale', sub: claims.sub };
  switch (flow.purpose) {
    case 'sign-in':
      return signInWith(deps, claims, { ...from, former: flow.former });
    case 'step-up':
      return proveWith(deps, flow, claims);
    case 'link':
      return linkWith(deps, flow, claims, from);
  }
}

async function signInWith(deps: OidcDeps, claims: Claims, from: From): Promise<Judged> {
  const { store, config } = deps;
  const found = await store.read((db) => findOperatorOf(db, config, claims));
  if (found.kind === 'refused') return { refusal: found.refusal, sub: claims.sub };
  const { id: operatorId, signInName } = found.operator;
  const who = { operatorId, signInName, sub: claims.sub };
  const principal = await loadOperator(deps, operatorId);
  if (principal === null) return { refusal: 'left', ...who };
  const subject = subjectOf(config.issuer, claims.sub);
  if (!provesSecondFactor(claims, config.secondFactor)) {
    if (principal.operator.sealedSeed === null) return { refusal: 'second-factor-missing', ...who };
    return { kind: 'code-wanted', sealed: beginPending(deps, { operatorId, subject }) };
  }
  const token = await store.write((db) => enter(deps, db, { principal, subject, method: 'oidc' }, from));
  return token === null ? { refusal: 'other-subject', ...who } : { kind: 'signed-in', token };
}

/** The session that sent the browser, if it still is one. */
async function principalOf(deps: OidcDeps, { session }: Flow): Promise<OperatorPrincipal | null> {
  if (session === null) return null;
  const open = await deps.sessions.list({ operatorId: session.operatorId });
  return open.some(({ id }) => id === session.id) ? loadOperator(deps, session.operatorId) : null;
}

async function proveWith(deps: OidcDeps, flow: Flow, claims: Claims): Promise<Judged> {
  const { store, sessions, config } = deps;
  const principal = await principalOf(deps, flow);
  if (principal === null || flow.session === null) return { refusal: 'session', sub: claims.sub };
  const { id: sessionId, token: former } = flow.session;
  const { id: operatorId, signInName, oidcSubject } = principal.operator;
  const who = { operatorId, signInName, sub: claims.sub };
  if (oidcSubject !== subjectOf(config.issuer, claims.sub)) return { refusal: 'other-subject', ...who };
  if (!provesSecondFactor(claims, config.secondFactor)) return { refusal: 'second-factor-missing', ...who };
  const token = await store.write((db) => sessions.prove(db, sessionId, former));
  return token === null ? { refusal: 'session', ...who } : { kind: 'proved', token };
}

async function linkWith(deps: OidcDeps, flow: Flow, claims: Claims, from: From): Promise<Judged> {
  const { store, clock, config } = deps;
  const principal = await principalOf(deps, flow);
  if (principal === null) return { refusal: 'session', sub: claims.sub };
  const { id: operatorId, signInName } = principal.operator;
  const who = { operatorId, signInName, sub: claims.sub };
  if (isLinked(principal.operator, config)) return { refusal: 'other-subject', ...who };
  const act = { by: administratorOf(principal), at: clock.now(), how: 'own', address: from.address };
  const subject = subjectOf(config.issuer, claims.sub);
  const isDone = await store.write((db) => link(db, principal.operator, subject, act));
  return isDone ? { kind: 'linked' } : { refusal: 'linked-elsewhere', ...who };
}

/** Finishes a sign-in for which the local code was wanted: the session's token, null when it is refused, whatever was wrong. */
export async function finishOidcWithCode(
  deps: OidcDeps,
  given: { readonly sealed: string | null; readonly code: string },
  from: From,
): Promise<string | null> {
  const { store, clock } = deps;
  const receivedAt = clock.now();
  const pending = given.sealed === null ? null : await openPending(deps, given.sealed);
  if (pending === null) return null;
  const principal = await loadOperator(deps, pending.operatorId);
  if (principal === null) return null;
  const { operator } = principal;
  if (await store.read((db) => isStopped(db, operator.id, from.address, receivedAt))) return null;
  const timeStep = await matchOperatorCode(deps, operator, given.code, receivedAt);
  if (timeStep === null) {
    await countGuess(deps, operator, from.address, 'code');
    return null;
  }
  return store.write(async (db) => {
    if (await isStoppedNow(db, operator.id, from.address, clock.now())) return null;
    if (!(await spendChallenge(db, pending.id, pending.expiresAt))) return null;
    if (!(await claimOperatorStep(db, operator.id, timeStep))) return null;
    return enter(deps, db, { principal, subject: pending.subject, method: 'oidc+code' }, from);
  });
}
