// The typed code against every active authenticator of the account.
import type { CodeEvidence } from '../../core/decision.ts';
import type { AccountFacts, AuthenticatorFact } from '../../core/facts.ts';
import { type CodeMatch, matchCode, matchCounterCode, seedKey } from '../../core/otp.ts';
import type { Policy } from '../../core/policy.ts';
import { contextOf, type Keyring } from '../secrets/keyring.ts';
import { SealedValueError } from '../secrets/sealing.ts';

/** What an account without authenticators, or nobody, is taken to have. */
const usualDigits = 6;

/** The one code length of an account's authenticators (enrolment keeps them alike). */
export function codeDigitsOf(account: AccountFacts | null): number {
  return account?.authenticators[0]?.parameters.digits ?? usualDigits;
}

/** Codes that a counter-based token may have shown in the pocket, unused (RFC 4226 §7.4, parameter s). */
const lookAhead = 10;

const rank = (match: CodeMatch): number => {
  if (match.kind === 'replayed') return 3;
  if (match.kind === 'match') return 2;
  return match.clockSkewMinutes === undefined ? 0 : 1;
};

async function openSeed(keyring: Keyring, accountId: number, sealed: Buffer): Promise<Buffer> {
  try {
    return keyring.open(sealed, contextOf.seed(accountId));
  } catch (error) {
    if (error instanceof SealedValueError && error.fault === 'unknown-key') {
      return await keyring.openReloading(sealed, contextOf.seed(accountId));
    }
    throw error;
  }
}

/**
 * The best evidence that any authenticator gives: a used code before a match before a wrong one,
 * so that a seed enrolled twice does not make a code good twice. Every authenticator is computed, whichever
 * matches. Null when the account has none.
 */
export async function matchCodes(input: {
  readonly keyring: Keyring;
  readonly account: AccountFacts;
  readonly code: string;
  readonly receivedAt: number;
  readonly policy: Policy;
  readonly floorAt: number;
}): Promise<CodeEvidence | null> {
  const { keyring, account, code, receivedAt, policy, floorAt } = input;
  let best: CodeEvidence | null = null;
  for (const authenticator of account.authenticators) {
    const match = await matchOne(authenticator);
    if (best === null || rank(match) > rank(best.match)) {
      best = { authenticatorId: authenticator.authenticatorId, match };
    }
  }
  return best;

  async function matchOne(authenticator: AuthenticatorFact): Promise<CodeMatch> {
    const seed = await openSeed(keyring, account.accountId, authenticator.sealedSeed);
    const key = seedKey(seed);
    seed.fill(0);
    const { parameters, lastStep, driftSteps, counterBased } = authenticator;
    if (counterBased !== undefined) {
      const match = matchCounterCode({ key, parameters, code, lastCounter: lastStep, lookAhead });
      // After a restore nobody knows which codes were used since: it must be synchronised first.
      const isLost = counterBased.syncedAt < floorAt && match.kind === 'match';
      return isLost ? { kind: 'replayed', timeStep: match.timeStep } : match;
    }
    return matchCode({
      key,
      parameters,
      code,
      receivedAt,
      window: policy.codeWindow,
      lastStep,
      driftSteps,
      floorAt,
    });
  }
}
