// A clerk in good standing, and ways to change one thing about her.
import type { Attempt } from '../../src/core/decision.ts';
import type { AccountFacts, Facts, ObservedIdentifier, WorkstationFact } from '../../src/core/facts.ts';
import { defaultPolicy, type Policy } from '../../src/core/policy.ts';

export const now = Date.UTC(2026, 10, 24, 3, 0, 0);
export const day = 86_400_000;

export const ownWorkstation: WorkstationFact = {
  workstationId: 7,
  assetTag: 'MT-0007',
  state: 'active',
  identifiers: ['mac:0200000000a1', 'hostname:ws7'],
  assignment: { validFrom: now - 100 * day, validUntil: null },
};

export const seen: ObservedIdentifier = { key: 'mac:0200000000a1', level: 1 };

export function accountFacts(changes: Partial<AccountFacts> = {}): AccountFacts {
  return {
    accountId: 1,
    userName: 'nguyenvana',
    revision: 3,
    status: 'active',
    suspension: null,
    validFrom: now - 30 * day,
    validUntil: now + 30 * day,
    passwordPhc: '$argon2id$stored',
    passwordState: 'usable',
    firstFactor: null,
    rulesVersionAccepted: 1,
    unitPath: [1, 12, 120],
    employment: [{ kind: 'hired', detail: null, effectiveAt: now - 1000 * day }],
    assignments: [{ assignmentId: 5, validFrom: now - 30 * day, validUntil: null }],
    workstations: [ownWorkstation],
    authenticators: [
      {
        authenticatorId: 9,
        parameters: { algorithm: 'SHA1', digits: 6, periodSeconds: 30 },
        sealedSeed: Buffer.alloc(0),
        lastStep: 0,
        driftSteps: 0,
        lastClaim: null,
      },
    ],
    counters: [],
    sessions: [],
    tickets: [],
    ...changes,
  };
}

export function facts(account: Partial<AccountFacts> | null = {}, changes: Partial<Facts> = {}): Facts {
  return {
    account: account === null ? null : accountFacts(account),
    observedElsewhere: [],
    withdrawnKeys: [],
    codeFloorAt: 0,
    settingsVersion: 1,
    ...changes,
  };
}

/** A right password and a right code from the assigned workstation. */
export function attempt(changes: Partial<Attempt> = {}): Attempt {
  return {
    gatewayId: 4,
    station: '02-00-00-00-00-A1',
    observed: [seen],
    refused: null,
    password: 'right',
    code: { authenticatorId: 9, match: { kind: 'match', timeStep: 58_000_000 } },
    ticket: null,
    challengeFault: null,
    earlierDenial: null,
    ...changes,
  };
}

export function policy(changes: Partial<Policy> = {}): Policy {
  return { ...defaultPolicy, ...changes };
}
