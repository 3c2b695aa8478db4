// Password hashing: argon2id (RFC 9106) on a thread pool, behind a bounded queue that gives up what comes too late.
import { hash, verify } from '@node-rs/argon2';
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { findPhcFault } from './phc.ts';

/** OWASP's least cost for argon2id: 19 MiB, two passes, one lane. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const saltOctets = 16;
const hashOctets = 32;

/** `overloaded`: the hash could not be computed in time; nothing is known about the password. */
type PasswordCheck = 'right' | 'wrong' | 'overloaded';

export interface Passwords {
  /** A PHC string for a new password. Waits in the same queue; null when overloaded. */
  hash(password: string): Promise<string | null>;
  /**
   * Checks a password, octet by octet of its UTF-8 form. One hash is computed whatever the record is: with none, or one that can't
   * be used, a dummy of the usual cost is, and the answer is `wrong`.
   * `deadline` is on the monotonic clock (ms): no hash is begun that can't be expected to end before it.
   */
  check(input: {
    readonly phc: string | null;
    readonly password: string;
    readonly deadline: number;
  }): Promise<PasswordCheck>;
  /** How full the queue is, 0 to 1. */
  pressure(): number;
}

interface Job {
  readonly deadline: number;
  start(): Promise<void>;
  giveUp(): void;
}

/** The dummy's hash is random: no password is known that it would accept. */
function dummyRecord(random: Random): string {
  const base64 = (length: number): string => random.bytes(length).toString('base64').replaceAll('=', '');
  const { memoryCost, timeCost, parallelism } = cost;
  return `$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$${base64(saltOctets)}$${base64(hashOctets)}`;
}

/**
 * Creates the queue. `concurrency` hashes are computed at a time (about as many as there are cores); at most
 * `queueLength` wait. When one more comes, those that can't be answered in time are given up, else the oldest.
 */
export function createPasswords(deps: {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly concurrency: number;
  readonly queueLength: number;
}): Passwords {
  const { clock, random, log, concurrency, queueLength } = deps;
  const dummy = dummyRecord(random);
  const waiting: Job[] = [];
  let running = 0;
  let expectedMs = 20;

  const isTooLate = (job: Job): boolean => clock.monotonic() + expectedMs > job.deadline;

  function next(): void {
    while (running < concurrency) {
      const job = waiting.shift();
      if (job === undefined) return;
      if (isTooLate(job)) {
        job.giveUp();
        continue;
      }
      running += 1;
      const startedAt = clock.monotonic();
      void job.start().finally(() => {
        running -= 1;
        expectedMs += (clock.monotonic() - startedAt - expectedMs) / 16;
        next();
      });
    }
  }

  function makeRoom(): void {
    if (waiting.length < queueLength) return;
    const late = waiting.filter(isTooLate);
    const dropped = late.length > 0 ? late : waiting.slice(0, 1);
    for (const job of dropped) {
      waiting.splice(waiting.indexOf(job), 1);
      job.giveUp();
    }
  }

  /** Null when the work was given up. */
  function enqueue<T>(deadline: number, work: () => Promise<T>): Promise<T | null> {
    return new Promise((resolve, reject) => {
      makeRoom();
      waiting.push({
        deadline,
        start: () => work().then(resolve, reject),
        giveUp: () => resolve(null),
      });
      next();
    });
  }

  return {
    hash(password) {
      const options = { ...cost, outputLen: hashOctets, salt: random.bytes(saltOctets) };
      return enqueue(Number.POSITIVE_INFINITY, () => hash(Buffer.from(password, 'utf8'), options));
    },

    async check({ phc, password, deadline }) {
      const fault = phc === null ? null : findPhcFault(phc);
      // The record itself is never logged: a cheap one can be guessed at.
      if (fault !== null)
        log.error({ fault }, 'a password record cannot be used; set a new password for the account');
      const isUsable = phc !== null && fault === null;
      const matches = await enqueue(deadline, () =>
        verify(isUsable ? phc : dummy, Buffer.from(password, 'utf8')),
      );
      if (matches === null) return 'overloaded';
      return isUsable && matches ? 'right' : 'wrong';
    },

    pressure: () => waiting.length / queueLength,
  };
}
