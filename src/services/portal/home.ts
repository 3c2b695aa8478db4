// What a signed-in holder sees of the own account: one sentence or what is missing, sessions, attempts, machines, authenticators.
import type { Denial } from '../../core/decision.ts';
import { type Explanation, explain } from '../../core/explain.ts';
import type { Language } from '../../core/reason-texts.ts';
import { isDetail, isReason, type Reason } from '../../core/reasons.ts';
import {
  findHolder,
  listAssignmentsOfAccount,
  listWorkstationsOfAccount,
} from '../../store/queries/account-details.ts';
import { findAccountById } from '../../store/queries/accounts.ts';
import { countRecoveryCodes } from '../../store/queries/activation.ts';
import { listAuthenticators } from '../../store/queries/authenticators.ts';
import { listOpenCuts, listOpenSessionsOf } from '../../store/queries/cuts.ts';
import { listDecisionsOfAccount } from '../../store/queries/records.ts';
import { findSession, listSessions } from '../../store/queries/sessions.ts';
import type { Store } from '../../store/store.ts';
import { findStanding } from '../accounts/overview.ts';
import { recordAct } from '../administration.ts';
import { explainDecisionsOf } from '../records.ts';
import { orderCuts } from '../sessions/order.ts';
import type { Settings } from '../settings/settings.ts';
import { asHolder, type PortalDeps } from './deps.ts';
import { currentRules } from './rules.ts';

/** What the holder may be told of a detail: not whose machine it was. */
function tellable(reason: Reason, detail: string | null) {
  if (detail === null || !isDetail(reason, detail) || detail === 'other-account') return null;
  return detail;
}

/** A denial in the holder's words: what is so, and what the holder does next. */
function explainToHolder(
  denial: Denial,
  language: Language,
  timeZone: string,
): Explanation & { readonly reason: Reason } {
  const { reason, detail, parameters } = denial;
  const told = explain(reason, tellable(reason, detail), parameters, language, timeZone);
  return { reason, ...told };
}

/** Everything for the first page. */
export async function homeOf(deps: PortalDeps, accountId: number, language: Language) {
  const { store, settings, clock } = deps;
  const now = clock.now();
  const found = await store.read(async (db) => {
    const account = await findAccountById(db, accountId);
    if (account === null) throw new Error('the account of a session is gone');
    return {
      account,
      holder: await findHolder(db, account.personId),
      workstations: await listWorkstationsOfAccount(db, accountId),
      authenticators: await listAuthenticators(db, accountId),
      assignments: await listAssignmentsOfAccount(db, accountId),
      recoveryCodes: await countRecoveryCodes(db, accountId),
      newest:
        (await listDecisionsOfAccount(db, accountId, 20)).find(({ outcome }) => outcome === 'accept') ?? null,
    };
  });
  const { account, holder } = found;
  const snapshot = settings.current();
  const policy = snapshot.policyFor(holder.unitIds, 0);
  const standing = await findStanding(store, account.userName, policy, now);
  const { timeZone } = snapshot;
  const usable = found.workstations.filter(
    ({ state, validFrom, validUntil }) =>
      state === 'active' && validFrom <= now && (validUntil === null || validUntil > now),
  );
  return {
    userName: account.userName,
    fullName: holder.fullName,
    staffCode: holder.staffCode,
    unitName: holder.unitNames.at(-1) ?? '',
    validFrom: account.validFrom,
    validUntil: account.validUntil,
    timeZone,
    suspended: account.suspendedDetail,
    /** What keeps the holder out; null: nothing does. */
    standing: standing === null ? null : explainToHolder(standing, language, timeZone),
    mustChangePassword: account.passwordState === 'change-required',
    workstations: usable.map(({ assetTag, name, validUntil }) => ({ assetTag, name, validUntil })),
    assignments: found.assignments.map(({ documentNumber, purpose, dataScope, validUntil }) => ({
      documentNumber,
      purpose,
      dataScope,
      validUntil,
    })),
    authenticators: found.authenticators
      .filter(({ state }) => state === 'active')
      .map(({ id, kind, serialNumber, createdAt, lastClaimAt }) => ({
        id,
        kind,
        serialNumber,
        createdAt,
        lastClaimAt,
      })),
    recoveryCodesLeft: found.recoveryCodes,
    rules: { version: (await currentRules(store)).version, accepted: account.rulesVersionAccepted },
    /** The newest accepted login, to be recognised or denied. */
    lastLogin:
      found.newest === null
        ? null
        : { record: `${found.newest.chain}:${found.newest.seq}`, at: found.newest.at },
  };
}

/** Past attempts with their reasons. Never what a password was, whose machine, or what alert went out. */
export async function attemptsOf(
  deps: { readonly store: Store; readonly settings: Settings },
  userName: string,
  language: Language,
) {
  const records = await explainDecisionsOf({ ...deps, language }, { user: userName, last: 50 });
  const { timeZone } = deps.settings.current();
  return records
    .filter(({ outcome }) => outcome !== 'challenge')
    .map((record) => {
      const reason = record.reason !== null && isReason(record.reason) ? record.reason : null;
      const told =
        reason === null
          ? record.explanation
          : record.detail === 'other-account'
            ? explain(reason, null, {}, language, timeZone)
            : record.explanation;
      return {
        record: record.record,
        at: record.at,
        outcome: record.outcome,
        lookupCode: record.lookupCode,
        title: told.title,
        explanation: reason === 'employment-ended' ? '' : told.explanation,
        next: told.next.filter(({ who }) => who === 'holder').map(({ text }) => text),
        gateway: record.gateway,
        workstation: record.outcome === 'accept' ? (record.personal?.['workstation'] ?? null) : null,
        station: record.personal?.['station'] ?? null,
      };
    });
}

/** Live sessions, with what became of orders to end them. */
export async function ownSessions({ store }: Pick<PortalDeps, 'store'>, accountId: number) {
  return await store.read(async (db) => {
    const sessions = await listSessions(db, { accountId, limit: 100 });
    const cuts = new Map((await listOpenCuts(db, 10_000)).map((cut) => [cut.sessionId, cut]));
    return sessions.map((session) => ({
      id: session.id,
      state: session.state,
      gateway: session.gateway,
      workstation: session.workstation,
      startedAt: session.startedAt,
      until: session.until,
      address: session.framedIpAddress,
      cut: cuts.get(session.id)?.state ?? null,
    }));
  });
}

/** Orders the end of one of the holder's own sessions; false when it is not theirs or over. */
export async function cutOwnSession(
  deps: PortalDeps,
  account: { readonly id: number; readonly userName: string },
  sessionId: number,
): Promise<boolean> {
  const { store, clock } = deps;
  const { by } = asHolder(deps, account.userName);
  return await store.write(async (db) => {
    const session = await findSession(db, sessionId);
    if (session === null || session.accountId !== account.id || session.state === 'ended') return false;
    const at = clock.now();
    const open = (await listOpenSessionsOf(db, [account.id])).filter(({ id }) => id === sessionId);
    await orderCuts(db, open, { reason: 'holder', at, by: by.name });
    await recordAct(db, by, {
      verb: 'portal.cut-session',
      at,
      accountId: account.id,
      gatewayId: session.gatewayId,
      body: { session: sessionId },
      personal: { userName: account.userName },
    });
    return true;
  });
}
