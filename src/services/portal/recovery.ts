// A new phone: by a recovery code, or by a request that somebody of the unit approved. Never by the password alone.
import { randomCode } from '../../base/random.ts';
import { findAccountById } from '../../store/queries/accounts.ts';
import { recordAct } from '../administration.ts';
import { fileRequest } from '../requests/file.ts';
import { groupedCode } from './code-hash.ts';
import { asHolder, type PortalDeps } from './deps.ts';
import { proveHolder, type Typed } from './prove.ts';
import { openTicket } from './tickets.ts';

type TypedBy<Kind extends 'recovery' | 'request'> = Omit<Typed, 'second' | 'purpose'> & {
  readonly by: Kind;
  readonly code: string;
};

export type Recovery =
  | { readonly kind: 'open'; readonly ticket: string; readonly userName: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'undecided' };

/** Password and recovery code, or password and the code of an approved request, open a ticket for a new authenticator. */
export async function openRecovery(
  deps: PortalDeps,
  typed: TypedBy<'recovery' | 'request'>,
): Promise<Recovery> {
  const { by, code, ...rest } = typed;
  const proof = await proveHolder(deps, {
    ...rest,
    second: { kind: by, code },
    purpose: `new-phone-by-${by}`,
  });
  if (proof.kind !== 'proved') return proof.kind === 'refused' ? { kind: 'refused' } : proof;
  const { account, sourceId } = proof;
  if (sourceId === null) throw new Error('a recovery was proved by nothing');
  const { accountId, userName } = account;
  const holder = asHolder(deps, userName);
  return await deps.store.write(async (db) => {
    const ticket = await openTicket(deps, db, { accountId, kind: by, sourceId });
    await recordAct(db, holder.by, {
      verb: 'portal.open-recovery',
      at: deps.clock.now(),
      accountId,
      detail: by,
      body: { ground: sourceId },
      personal: { userName, station: typed.source.slice(0, 64) },
    });
    return { kind: 'open', ticket, userName } as const;
  });
}

export type NewPhoneAsked =
  | { readonly kind: 'asked'; readonly code: string }
  | { readonly kind: 'undecided' };

/**
 * Asks the unit for a new authenticator, with the password. The answer is a code to be read to the unit, and looks the same
 * whether the password was right or not, and whether the account exists: then the code is one that nobody knows of.
 */
export async function askForNewPhone(
  deps: PortalDeps,
  typed: Omit<Typed, 'second' | 'purpose'> & { readonly reason: string },
): Promise<NewPhoneAsked> {
  const { reason, ...rest } = typed;
  const proof = await proveHolder(deps, { ...rest, second: { kind: 'none' }, purpose: 'ask-for-new-phone' });
  if (proof.kind === 'undecided') return proof;
  const decoy = { kind: 'asked', code: groupedCode(randomCode(deps.random, 8)) } as const;
  if (proof.kind === 'refused') return decoy;
  const { accountId, userName } = proof.account;
  const account = await deps.store.read((db) => findAccountById(db, accountId));
  if (account === null) return decoy;
  const holder = { ...asHolder(deps, userName), filer: { personId: account.personId } };
  const order = { accountId, kind: 'new-authenticator', terms: {}, reason } as const;
  const filed = await fileRequest(holder, order);
  return { kind: 'asked', code: groupedCode(filed.code ?? '') };
}
