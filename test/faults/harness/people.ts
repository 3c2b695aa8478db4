// The holders of a site's accounts: what they type, and which of their codes they can still use.
import type { KeyObject } from 'node:crypto';
import { seedOf, type Users } from '../../../scripts/bench/users.ts';
import { hotp, type OtpParameters, seedKey, timeStepAt } from '../../../src/core/otp.ts';
import type { Login } from './gateway.ts';

const parameters: OtpParameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 };
/** A code so close to the end of its window might arrive after it. */
const leastLeftMs = 6_000;

export interface People {
  readonly count: number;
  /** The code of a time step. */
  code(account: number, step: number): string;
  /** A code of no step near now. */
  wrongCode(account: number, now?: number): string;
  password(account: number): string;
  /** A login; `typed` as the gateway's style wants it. */
  login(account: number, typed: string, nasIdentifier?: string): Login;
  /**
   * The earliest step after `last` that is accepted for a few seconds more; null: none until later. Steps whose code is also
   * another's nearby are left out.
   */
  nextStep(account: number, last: number, now?: number): number | null;
}

export function peopleOf(users: Users): People {
  const keys = new Map<number, KeyObject>();
  const keyOf = (account: number): KeyObject => {
    const known = keys.get(account);
    if (known !== undefined) return known;
    const key = seedKey(seedOf(users.at(account)));
    keys.set(account, key);
    return key;
  };
  const code = (account: number, step: number) => hotp(keyOf(account), step, parameters);
  const near = [-4, -3, -2, -1, 1, 2, 3, 4];
  return {
    count: users.count,
    code,
    wrongCode(account, now = Date.now()) {
      const step = timeStepAt(now, 30);
      const near = Array.from({ length: 101 }, (_, i) => code(account, step - 50 + i));
      for (let value = 123_456; ; value += 7_919) {
        const text = String(value % 1_000_000).padStart(6, '0');
        if (!near.includes(text)) return text;
      }
    },
    password: (account) => users.at(account).password,
    login(account, typed, nasIdentifier) {
      const { userName, workstation } = users.at(account);
      return {
        userName,
        typed,
        station: workstation,
        ...(nasIdentifier === undefined ? {} : { nasIdentifier }),
      };
    },
    nextStep(account, last, now = Date.now()) {
      const current = timeStepAt(now, 30);
      const isPreviousGood = (current + 1) * 30_000 - now > leastLeftMs;
      for (
        let step = Math.max(last + 1, current - (isPreviousGood ? 1 : 0));
        step <= current + 1;
        step += 1
      ) {
        const own = code(account, step);
        if (!near.some((offset) => code(account, step + offset) === own)) return step;
      }
      return null;
    },
  };
}
