// Wrong passwords and codes of operators: what they count on, and whom they stop.
import type { Clock } from '../../base/clock.ts';
import { networkOf } from '../../base/network.ts';
import { isLocked } from '../../core/lockout.ts';
import { defaultPolicy } from '../../core/policy.ts';
import {
  countOperatorFailure,
  holdOperator,
  listOperatorCounters,
} from '../../store/queries/operator-proofs.ts';
import type { OperatorWithPerson } from '../../store/queries/operators.ts';
import { listAddressesOfOperator } from '../../store/queries/web-sessions.ts';
import type { Store } from '../../store/store.ts';
import type { Db } from '../../store/tables.ts';
import { recordAct } from '../administration.ts';

const lockout = defaultPolicy.lockout;

function scopesOf(address: string) {
  const network = networkOf(address).slice(0, 64);
  return { password: `password@${network}`, code: `code@${network}` } as const;
}

/** Whether the operator had a session of the console from this network within the last month or so. */
async function isKnownNetwork(db: Db, operatorId: number, address: string): Promise<boolean> {
  const network = networkOf(address);
  return (await listAddressesOfOperator(db, operatorId)).some((known) => networkOf(known) === network);
}

/**
 * Whether guesses stop an attempt from this address. Wrong passwords slow down the pair of operator and network, and, from many
 * networks together, the operator with a low cap: not where the operator is known to work from, so that outsiders lock nobody out.
 * Wrong codes after a right password stop the operator from everywhere.
 */
export async function isStopped(db: Db, operatorId: number, address: string, now: number): Promise<boolean> {
  const counters = await listOperatorCounters(db, operatorId);
  const locked = counters.filter((counter) => isLocked(counter, now)).map(({ scope }) => scope);
  const { password, code } = scopesOf(address);
  if (locked.some((scope) => scope === password || scope === code || scope === 'code')) return true;
  return locked.includes('password') && !(await isKnownNetwork(db, operatorId, address));
}

/** The same within a write that lets somebody in: guesses that came at the same time have been counted meanwhile. */
export async function isStoppedNow(
  db: Db,
  operatorId: number,
  address: string,
  now: number,
): Promise<boolean> {
  await holdOperator(db, operatorId);
  return await isStopped(db, operatorId, address, now);
}

/** Counts a failure and records it, in one write. */
export async function countGuess(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  operator: OperatorWithPerson,
  address: string,
  what: 'password' | 'code',
): Promise<void> {
  await store.write(async (db) => {
    const now = clock.now();
    await holdOperator(db, operator.id);
    const scopes = scopesOf(address);
    const isPairOnly = what === 'password' && (await isKnownNetwork(db, operator.id, address));
    for (const scope of isPairOnly ? [scopes[what]] : [scopes[what], what])
      await countOperatorFailure(db, operator.id, scope, lockout, now);
    await recordAct(
      db,
      { name: operator.signInName, via: 'console' },
      {
        verb: 'operator.sign-in-refused',
        at: now,
        detail: `${what}-wrong`,
        body: { operatorId: operator.id },
        personal: { address },
      },
    );
  });
}
