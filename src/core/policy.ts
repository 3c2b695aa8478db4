// Policies: what an organisation may set, per organisation, unit and gateway. Data only; merged once, here.
import type { EvidenceLevel } from './evidence.ts';
import type { AccessHours } from './hours.ts';
import { emptyCalendar, type WorkingCalendar } from './working-calendar.ts';

/** Acts that a second person approves where the policy says so. */
export const fourEyesActs = ['extension', 'reset-authenticator', 'reassign-workstation'] as const;
export type FourEyesAct = (typeof fourEyesActs)[number];

export interface LockoutPolicy {
  /** Wrong codes after a right password (code only: wrong codes) before the hard stop. */
  readonly codeAttempts: number;
  /** How long the hard stop lasts at first; doubles with each further one up to `maxLockMs`. */
  readonly lockMs: number;
  readonly maxLockMs: number;
  /** Wrong passwords from one source before waits begin. */
  readonly passwordAttempts: number;
  /** First wait; doubles with every further wrong password up to `maxPasswordDelayMs` (the cap for account-wide waits is a quarter of it). */
  readonly passwordDelayMs: number;
  readonly maxPasswordDelayMs: number;
  /** Counters are forgotten after this long without a failure. */
  readonly forgetMs: number;
}

/** What is in force for one account on one gateway. */
export interface Policy {
  readonly leastEvidence: EvidenceLevel;
  /** A paper by which less will do until a date; null: there is none. */
  readonly evidenceException: { readonly leastEvidence: EvidenceLevel; readonly until: number } | null;
  /** `observe`: a workstation that would be denied is let in and recorded as accepted-observed. */
  readonly workstationMode: 'observe' | 'enforce';
  /** Null: at all times. */
  readonly hours: AccessHours | null;
  /** Holidays and make-up days of the organisation. */
  readonly calendar: WorkingCalendar;
  readonly sessionMs: number;
  /** Instead, if it is less, at a gateway that nobody has seen end a session when told to. */
  readonly uncutSessionMs: number;
  /** Longest term of use, of the organisation or a unit. */
  readonly longestTermDays: number;
  /** A term that ends later than so many days from now is beyond the usual one. */
  readonly usualTermDays: number;
  /** What an operator only asks for, and a second person approves; an extension only beyond the usual term. */
  readonly fourEyes: readonly FourEyesAct[];
  /** 0: no limit. */
  readonly sessionLimit: number;
  /** At the limit: refuse the new one, or end the older one if it is the same workstation. */
  readonly onSessionLimit: 'refuse' | 'end-older-of-workstation';
  /** Steps accepted before and after the current one. */
  readonly codeWindow: { readonly back: number; readonly ahead: number };
  /** Version of the rules of use that must be accepted; 0: none. */
  readonly rulesVersion: number;
  /** Units (ids) whose members may use the gateway; null: all. */
  readonly gatewayUnits: readonly number[] | null;
  /** Who knows the password: `own`, this broker; else an upstream of that name. The code is always this broker's to judge. */
  readonly firstFactor: string;
  readonly lockout: LockoutPolicy;
}

/** A partial policy as stored for the organisation, a unit or a gateway. */
export type PolicyLayer = Partial<Omit<Policy, 'lockout' | 'evidenceException' | 'calendar'>> & {
  readonly lockout?: Partial<LockoutPolicy>;
};

export const defaultPolicy: Policy = {
  leastEvidence: 1,
  evidenceException: null,
  workstationMode: 'enforce',
  hours: null,
  calendar: emptyCalendar,
  sessionMs: 12 * 3_600_000,
  uncutSessionMs: 4 * 3_600_000,
  longestTermDays: 366,
  usualTermDays: 184,
  fourEyes: [],
  sessionLimit: 0,
  onSessionLimit: 'end-older-of-workstation',
  codeWindow: { back: 1, ahead: 1 },
  rulesVersion: 0,
  gatewayUnits: null,
  firstFactor: 'own',
  lockout: {
    codeAttempts: 5,
    lockMs: 15 * 60_000,
    maxLockMs: 24 * 3_600_000,
    passwordAttempts: 5,
    passwordDelayMs: 5_000,
    maxPasswordDelayMs: 3_600_000,
    forgetMs: 24 * 3_600_000,
  },
};

/** The least evidence that will do now: the policy's, or what an exception in force allows. */
export function leastEvidenceAt(policy: Policy, now: number): EvidenceLevel {
  const { evidenceException: exception, leastEvidence } = policy;
  if (exception === null || now >= exception.until || exception.leastEvidence > leastEvidence)
    return leastEvidence;
  return exception.leastEvidence;
}

/** Later layers win, field by field: organisation, then units from the root down, then the gateway. */
export function mergePolicy(layers: readonly PolicyLayer[]): Policy {
  let policy: Policy = defaultPolicy;
  for (const layer of layers) {
    policy = { ...policy, ...layer, lockout: { ...policy.lockout, ...layer.lockout } };
  }
  return policy;
}

/** What is said of the account itself goes before every layer: accounts move from an upstream to the broker one by one. */
export function policyOf(policy: Policy, account: { readonly firstFactor: string | null } | null): Policy {
  const firstFactor = account?.firstFactor ?? null;
  return firstFactor === null ? policy : { ...policy, firstFactor };
}
