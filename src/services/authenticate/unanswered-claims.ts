// Claims of this very node that nobody got an answer to: made before it was started again, or committed without its knowing.
import type { Clock } from '../../base/clock.ts';
import type { ClaimFact } from '../../core/facts.ts';

const mostClaims = 65_536;

export interface UnansweredClaims {
  /** A claim made at this instant (epoch ms) has perhaps taken effect, and was not answered with an Accept. */
  doubt(authenticatorId: number, at: number): void;
  /** Whether a claim of this node, found in the store, was perhaps never answered. */
  includes(authenticatorId: number, claim: ClaimFact): boolean;
}

/** Claims are remembered for `keptMs`: as long as a gateway may ask again. */
export function createUnansweredClaims(clock: Clock, keptMs: number): UnansweredClaims {
  const startedAt = clock.now();
  /** Until when each is remembered; monotonic milliseconds, in the order of insertion. */
  const doubtful = new Map<string, number>();
  const keyOf = (authenticatorId: number, at: number): string => `${authenticatorId} ${at}`;

  return {
    doubt(authenticatorId, at) {
      const now = clock.monotonic();
      for (const [key, until] of doubtful) {
        if (until > now && doubtful.size < mostClaims) break;
        doubtful.delete(key);
      }
      doubtful.set(keyOf(authenticatorId, at), now + keptMs);
    },
    includes(authenticatorId, claim) {
      if (claim.at < startedAt) return true;
      const until = doubtful.get(keyOf(authenticatorId, claim.at));
      return until !== undefined && until > clock.monotonic();
    },
  };
}
