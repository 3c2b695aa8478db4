// Every way in which a connection is wrong, as data; each is tried with an account of its own.
import { type AccountOptions, dateFromToday } from './organisation.ts';

export interface DeniedCase {
  /** Completes the sentence "… is refused". */
  readonly name: string;
  /** What the record must say. */
  readonly reason: string;
  readonly detail?: string;
  readonly account?: Omit<AccountOptions, 'workstations'>;
  readonly wrong?: 'password' | 'code' | 'user name' | 'workstation of another' | 'unregistered workstation';
  /** What happened before. */
  readonly before?: 'its code was used' | 'five wrong codes';
}

export const deniedCases: readonly DeniedCase[] = [
  { name: 'a wrong password', wrong: 'password', reason: 'password-wrong' },
  { name: 'a wrong code', wrong: 'code', reason: 'code-wrong' },
  { name: 'a code that was used already', before: 'its code was used', reason: 'code-replayed' },
  { name: 'an account past its term', account: { validUntil: dateFromToday(-2) }, reason: 'expired' },
  { name: 'an account before its term', account: { validFrom: dateFromToday(2) }, reason: 'not-yet-valid' },
  ...(['retired', 'resigned', 'transferred-out'] as const).map((detail) => ({
    name: `a holder who has ${detail === 'transferred-out' ? 'been transferred' : detail}`,
    account: { employment: [{ kind: 'ended', detail, from: dateFromToday(-2) }] },
    reason: 'employment-ended',
    detail,
  })),
  {
    name: 'an account without a written assignment',
    account: { assigned: false },
    reason: 'assignment-missing',
  },
  { name: 'a suspended account', account: { suspended: 'by-unit' }, reason: 'suspended', detail: 'by-unit' },
  { name: 'a withdrawn account', account: { status: 'withdrawn' }, reason: 'account-withdrawn' },
  { name: 'an account that awaits activation', account: { status: 'pending' }, reason: 'account-pending' },
  {
    name: 'a workstation assigned to somebody else',
    wrong: 'workstation of another',
    reason: 'workstation-not-assigned',
    detail: 'other-account',
  },
  {
    name: 'a workstation that nobody registered',
    wrong: 'unregistered workstation',
    reason: 'workstation-not-assigned',
    detail: 'unregistered',
  },
  { name: 'a user name that was never issued', wrong: 'user name', reason: 'account-unknown' },
  { name: 'an account locked out by wrong codes', before: 'five wrong codes', reason: 'locked-out' },
];

/** Cases of logins that are right; each has an account of its own. */
export const rightCases = ['right', 'spare 1', 'spare 2', 'spare 3', 'spare 4'] as const;

export type LoginCase = DeniedCase | (typeof rightCases)[number];

/** The user name of a case on one gateway: its own, so that no case uses up the code of another. */
export function userNameFor(gateway: string, loginCase: LoginCase): string {
  if (typeof loginCase === 'string') return `${gateway}.${loginCase.replace(' ', '-')}`;
  return `${gateway}.${deniedCases.indexOf(loginCase)}`;
}
