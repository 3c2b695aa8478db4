// What the load generator is told, and what it tells.
import type { LatencySummary } from './histogram.ts';
import type { Style } from './population.ts';

export interface LoadJob {
  readonly port: number;
  readonly secret: string;
  readonly usersFile: string;
  /** Remembers the last code used of each account over runs. */
  readonly stateFile: string;
  readonly style: Style;
  readonly nasIdentifier: string;
  /** Closed: so many requests outstanding at all times. Open: so many a second by the clock, whatever comes back. */
  readonly load:
    | { readonly kind: 'closed'; readonly outstanding: number }
    | { readonly kind: 'open'; readonly perSecond: number };
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Requests made ready before the run; a run that would need more has to wait and is void. */
  readonly prepared: number;
  /** The whole run within the time step of its codes: for servers that take no other. */
  readonly withinStep: boolean;
  /** Accounts in the order of the file instead of scattered over all of it. */
  readonly inOrder: boolean;
  /** Replies must have their Message-Authenticator first (FreeRADIUS 3.2.1 puts it last). */
  readonly signedFirst: boolean;
  readonly timeoutMs: number;
}

export interface LoadResult {
  /** Accepts a second within the measured time. */
  readonly perSecond: number;
  /** From sending (closed) or the scheduled instant (open) to the final reply; of requests of the measured time. */
  readonly latency: LatencySummary;
  readonly sent: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly timedOut: number;
  /** Replies that do not verify, lack a Message-Authenticator (where it must be) or answer nothing that was asked. */
  readonly bad: number;
  /** Times at which no unused code was ready: above 0 the run says nothing. */
  readonly waits: number;
  /** Share of one processor that the generator used. */
  readonly generatorCpu: number;
}

export type GeneratorNotice =
  | { readonly kind: 'begun' }
  /** The measured time is over. */
  | { readonly kind: 'measured' }
  | { readonly kind: 'done'; readonly result: LoadResult };
