// Activation: a slip's code and a second fact (or the unit's word that the slip was handed over) open a ticket.
import { networkOf } from '../../base/network.ts';
import { parseTermDate } from '../../core/dates.ts';
import { assignmentAt, employmentAt } from '../../core/employment.ts';
import type { AccountFacts } from '../../core/facts.ts';
import { isLocked } from '../../core/lockout.ts';
import { findHolder } from '../../store/queries/account-details.ts';
import { type AccountRow, findAccountById } from '../../store/queries/accounts.ts';
import {
  type ActivationCodeRow,
  countWrongFact,
  findOpenActivationCode,
  findPersonFact,
  voidActivationCodes,
} from '../../store/queries/activation.ts';
import { raiseAlert } from '../../store/queries/alerts.ts';
import { countThrottle, findThrottle, holdThrottle } from '../../store/queries/throttles.ts';
import { recordAct } from '../administration.ts';
import { codeHashes, normaliseCode } from './code-hash.ts';
import { asHolder, type PortalDeps } from './deps.ts';
import { throttlePolicy } from './throttle-policy.ts';
import { openTicket } from './tickets.ts';

/** So many wrong second facts make a slip void: its code is in the wrong hands. */
const mostWrongFacts = 5;
export type Opened =
  | {
      readonly kind: 'open';
      readonly ticket: string;
      readonly userName: string;
      readonly fullName: string;
      readonly unitName: string;
    }
  /** No such code, or none that can be used: one answer for both. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'throttled'; readonly until: number }
  /** The code is right. What comes next is asked for, or has to be done by the unit. */
  | { readonly kind: 'fact-needed' | 'fact-wrong' | 'hand-over-needed' }
  | { readonly kind: 'not-ready'; readonly reason: 'assignment-missing' | 'employment-not-started' };

/** Birth dates are kept as keyed hashes of person and day. */
export function birthDateHashes(
  deps: Pick<PortalDeps, 'keyring'>,
  personId: number,
  text: string,
): string[] | null {
  try {
    const day = new Date(parseTermDate(text.trim(), 'from', 'UTC')).toISOString().slice(0, 10);
    return codeHashes(deps.keyring, 'birth-date', `${personId}:${day}`);
  } catch {
    return null;
  }
}

/** Opens an activation. A wrong code counts on its source, a wrong fact on the slip. */
export async function openActivation(
  deps: PortalDeps,
  typed: { readonly code: string; readonly birthDate?: string; readonly source: string },
): Promise<Opened> {
  const { store, keyring, clock } = deps;
  const key = `activation@${networkOf(typed.source).slice(0, 64)}`;
  const now = clock.now();
  const hashes = codeHashes(keyring, 'activation', normaliseCode(typed.code));
  const found = await store.read(async (db) => ({
    throttle: await findThrottle(db, key),
    code: await findOpenActivationCode(db, hashes, now),
  }));
  if (found.throttle !== null && isLocked(found.throttle, now)) {
    return { kind: 'throttled', until: found.throttle.lockedUntil };
  }
  const { code } = found;
  const account = code === null ? null : await store.read((db) => findAccountById(db, code.accountId));
  const facts = account === null ? null : await factsOf(deps, account);
  if (code === null || account === null || facts === null) return await refuse(deps, key);
  if (isActivated(facts)) return { kind: 'refused' };
  const wrong = await judgeFact(deps, account, code, typed.birthDate);
  if (wrong !== null) return wrong;
  const ground = readiness(facts, Math.max(now, account.validFrom));
  if (ground !== null) return { kind: 'not-ready', reason: ground };
  const holderDeps = asHolder(deps, account.userName);
  return await store.write(async (db) => {
    // Again: guesses that came at the same time have been counted, wrong facts or a reprint may have made it void meanwhile.
    const throttle = await holdThrottle(db, key);
    if (throttle !== null && isLocked(throttle, now)) {
      return { kind: 'throttled', until: throttle.lockedUntil } as const;
    }
    if ((await findOpenActivationCode(db, hashes, now)) === null) return { kind: 'refused' } as const;
    const ticket = await openTicket(deps, db, {
      accountId: account.id,
      kind: 'activation',
      sourceId: code.id,
    });
    await recordAct(db, holderDeps.by, {
      verb: 'portal.open-activation',
      at: now,
      accountId: account.id,
      body: { slip: code.id, secondFact: code.handedOverAt === null ? 'birth-date' : 'handed-over' },
      personal: { userName: account.userName, station: typed.source.slice(0, 64) },
    });
    const { fullName, unitNames } = await findHolder(db, account.personId);
    const { userName } = account;
    return { kind: 'open', ticket, userName, fullName, unitName: unitNames.at(-1) ?? '' } as const;
  });
}

/** Null for accounts that nobody may activate any more. */
async function factsOf({ store, clock }: PortalDeps, account: AccountRow): Promise<AccountFacts | null> {
  const facts = await store.decisions.loadFacts({ userName: account.userName, observedKeys: [] });
  if (facts.account === null || account.status === 'withdrawn') return null;
  return employmentAt(facts.account.employment, clock.now()).state === 'ended' ? null : facts.account;
}

/**
 * Somebody uses it with a password and an authenticator: a slip begins an account's use, and takes nobody's place. Their
 * authenticator is taken away first, by who may do that.
 */
export function isActivated({
  status,
  passwordPhc,
  authenticators,
}: Pick<AccountFacts, 'status' | 'passwordPhc'> & { readonly authenticators: readonly unknown[] }): boolean {
  return status === 'active' && passwordPhc !== null && authenticators.length > 0;
}

function readiness(facts: AccountFacts, at: number): (Opened & { kind: 'not-ready' })['reason'] | null {
  if (employmentAt(facts.employment, at).state === 'not-started') return 'employment-not-started';
  return assignmentAt(facts.assignments, facts.employment, at).state === 'valid'
    ? null
    : 'assignment-missing';
}

async function refuse({ store, clock }: PortalDeps, key: string): Promise<Opened> {
  await store.write((db) => countThrottle(db, key, throttlePolicy, clock.now()));
  return { kind: 'refused' };
}

/** What is missing beside the code; null: nothing. */
async function judgeFact(
  deps: PortalDeps,
  account: AccountRow,
  code: ActivationCodeRow,
  birthDate: string | undefined,
): Promise<Opened | null> {
  if (code.handedOverAt !== null) return null;
  const { store, clock } = deps;
  const fact = await store.read((db) => findPersonFact(db, account.personId));
  if (fact === null) return { kind: 'hand-over-needed' };
  if (birthDate === undefined || birthDate.trim() === '') return { kind: 'fact-needed' };
  if (birthDateHashes(deps, account.personId, birthDate)?.includes(fact.factHash) === true) return null;
  const { by } = asHolder(deps, account.userName);
  await store.write(async (db) => {
    const wrongFacts = await countWrongFact(db, code.id);
    if (wrongFacts === null) return;
    const at = clock.now();
    const isVoid = wrongFacts >= mostWrongFacts;
    if (isVoid) await voidActivationCodes(db, account.id, 'guessed', at);
    const record = await recordAct(db, by, {
      verb: 'portal.wrong-second-fact',
      at,
      accountId: account.id,
      body: { slip: code.id, wrongFacts, void: isVoid },
      personal: { userName: account.userName },
    });
    if (!isVoid) return;
    const evidence = JSON.stringify({ slip: code.id, wrongFacts });
    await raiseAlert(db, { rule: 'activation-guessed', accountId: account.id, evidence, at, ...record });
  });
  return { kind: 'fact-wrong' };
}
