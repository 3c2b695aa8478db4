// Watches the wall clock against the monotonic one, against the database's and across restarts: codes and terms are
// judged by it, so a node whose clock jumped stays silent until it has been stable for a while or somebody confirms it.
import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';

/** A step of the wall clock against the monotonic one beyond this is a jump. */
const longestStepMs = 5_000;
/** Farthest from the database's clock. */
const longestDistanceMs = 2_000;
/** How long the clock must run evenly before the node speaks again. */
const settleMs = 60_000;

type ClockFault =
  /** It jumped against the monotonic clock. */
  | 'jumped'
  /** It is too far from the database's. */
  | 'differs-from-database'
  /** At the start it was earlier than the last committed instant: only a person can say which of the two is right. */
  | 'earlier-than-before';

export interface ClockState {
  readonly stable: boolean;
  readonly fault: ClockFault | null;
  /** How far off, in ms, when the fault was seen; positive: the wall clock is ahead. */
  readonly offsetMs: number;
}

export interface ClockWatch {
  /** Compares the clocks now; call it every second or so, and before anything is decided on an old reading. */
  check(): ClockState;
  state(): ClockState;
  /**
   * Takes in a reading of the database's clock, made somewhere between `asked` and `answered` on the wall clock: a slow answer
   * (a database that stood still, a busy host) is no difference of clocks.
   */
  compareWithDatabase(databaseNow: number, asked: number, answered: number): void;
  /** A person says that the clock is right. */
  confirm(): void;
}

/**
 * Creates the watch. `lastInstant`: the last committed instant known to the store, 0 when there is none.
 * Stability returns by itself after 60 s without a jump, except after `earlier-than-before`, which needs `confirm`.
 */
export function createClockWatch(deps: {
  readonly clock: Clock;
  readonly log: Log;
  readonly lastInstant: number;
}): ClockWatch {
  const { clock, log } = deps;
  let wall = clock.now();
  let monotonic = clock.monotonic();
  let faultAt: number | null = null;
  let current: ClockState = { stable: true, fault: null, offsetMs: 0 };

  const fail = (fault: ClockFault, offsetMs: number) => {
    faultAt = clock.monotonic();
    if (current.fault === 'earlier-than-before') return;
    if (current.fault !== fault)
      log.error({ fault, offsetMs }, 'the clock is not stable: this node is silent');
    current = { stable: false, fault, offsetMs };
  };
  const recover = () => {
    if (!current.stable) log.warn({ fault: current.fault }, 'the clock is stable again: this node answers');
    faultAt = null;
    current = { stable: true, fault: null, offsetMs: 0 };
  };

  if (deps.lastInstant - wall > longestStepMs) fail('earlier-than-before', wall - deps.lastInstant);

  const check = () => {
    const [nextWall, nextMonotonic] = [clock.now(), clock.monotonic()];
    const step = nextWall - wall - (nextMonotonic - monotonic);
    wall = nextWall;
    monotonic = nextMonotonic;
    if (Math.abs(step) > longestStepMs) fail('jumped', Math.round(step));
    else if (
      faultAt !== null &&
      current.fault !== 'earlier-than-before' &&
      nextMonotonic - faultAt >= settleMs
    ) {
      recover();
    }
    return current;
  };

  return {
    check,
    state: () => current,
    compareWithDatabase(databaseNow, asked, answered) {
      const distance = Math.max(0, asked - databaseNow) + Math.min(0, answered - databaseNow);
      if (Math.abs(distance) > longestDistanceMs) fail('differs-from-database', Math.round(distance));
    },
    confirm() {
      check();
      recover();
    },
  };
}
