// What is written when a workstation's proof is refused: the first ones of each network whole, the rest summed up minute by minute.
import { networkOf } from '../../base/network.ts';
import { randomCode } from '../../base/random.ts';
import { appendRecord } from '../../store/audit/append.ts';
import type { AdministrationDeps } from '../administration.ts';
import type { ProofFault } from './proof.ts';

const windowMs = 60_000;
/** Whole records in a minute: of one network, and of all together. */
const mostOfNetwork = 20;
const mostOfAll = 100;
/** Networks that are told apart in a minute; the others count as one. */
const mostNetworks = 1_000;
/** Networks that a sum names, the busiest first. */
const namedNetworks = 10;

interface Window {
  readonly beganAt: number;
  readonly ofNetwork: Map<string, number>;
  ofAll: number;
  readonly leftOut: Map<ProofFault, number>;
  /** By which the help desk finds the sum; null: nothing was left out. */
  lookupCode: string | null;
}

export interface BadProofs {
  /** Null: it gets a record of its own. Otherwise it was counted, and is found in the sum by this lookup code. */
  admit(refused: { readonly fault: ProofFault; readonly address: string }): string | null;
  /** Records a refusal before anybody's account was named; the lookup code by which the help desk finds it. */
  record(refused: {
    readonly fault: ProofFault;
    readonly address: string;
    readonly path: string;
  }): Promise<string>;
  /** Writes the sum of a minute that has passed; with `all` that of the minute that has not, too. */
  flush(all?: boolean): Promise<void>;
}

/** Counts within this process: several nodes each write as much. */
export function createBadProofs(deps: Pick<AdministrationDeps, 'store' | 'clock' | 'random'>): BadProofs {
  const { store, clock, random } = deps;
  let window = begin();
  /** Sums of minutes that have passed, not yet written. */
  const due: Window[] = [];

  function begin(): Window {
    const beganAt = clock.monotonic();
    return { beganAt, ofNetwork: new Map(), ofAll: 0, leftOut: new Map(), lookupCode: null };
  }

  function turn(force: boolean): void {
    if (!force && clock.monotonic() - window.beganAt < windowMs) return;
    if (window.lookupCode !== null) due.push(window);
    window = begin();
  }

  function draft(fault: ProofFault | null, lookupCode: string) {
    return {
      kind: 'decision' as const,
      at: clock.now(),
      accountId: null,
      gatewayId: null,
      outcome: 'deny',
      reason: 'device-proof-invalid',
      detail: fault,
      lookupCode,
    };
  }

  function admit({ fault, address }: { readonly fault: ProofFault; readonly address: string }) {
    turn(false);
    const network = networkOf(address).slice(0, 64);
    const key = window.ofNetwork.has(network) || window.ofNetwork.size < mostNetworks ? network : '';
    const count = (window.ofNetwork.get(key) ?? 0) + 1;
    window.ofNetwork.set(key, count);
    if (count <= mostOfNetwork && window.ofAll < mostOfAll) {
      window.ofAll += 1;
      return null;
    }
    window.leftOut.set(fault, (window.leftOut.get(fault) ?? 0) + 1);
    window.lookupCode ??= randomCode(random, 8);
    return window.lookupCode;
  }

  return {
    admit,
    async record(refused) {
      const summed = admit(refused);
      if (summed !== null) return summed;
      const lookupCode = randomCode(random, 8);
      const body = { purpose: refused.path.split('/').at(3) ?? '', method: 'https' };
      const personal = { station: refused.address };
      await store.write((db) => appendRecord(db, { ...draft(refused.fault, lookupCode), body, personal }));
      return lookupCode;
    },
    async flush(all = false) {
      turn(all);
      for (const { ofNetwork, leftOut, lookupCode } of due.splice(0)) {
        if (lookupCode === null) continue;
        const busiest = [...ofNetwork].sort(([, a], [, b]) => b - a).slice(0, namedNetworks);
        const body = {
          purpose: 'sum',
          method: 'https',
          leftOut: [...leftOut.values()].reduce((sum, count) => sum + count, 0),
          ...Object.fromEntries([...leftOut].map(([fault, count]) => [`leftOut.${fault}`, count])),
          networks: ofNetwork.size,
        };
        const personal = {
          station: busiest.map(([network, count]) => `${network || 'others'}: ${count}`).join(', '),
        };
        await store.write((db) => appendRecord(db, { ...draft(null, lookupCode), body, personal }));
      }
    },
  };
}
