// The parts of a broker that a planted bug may replace. The real ones, unless a test says otherwise.
import { createRadiusServer } from '../../src/radius-server/server.ts';
import { createAuthenticator } from '../../src/services/authenticate/authenticate.ts';
import { createChallenges } from '../../src/services/challenge.ts';
import { applyBatch } from '../../src/store/decision-writer/apply.ts';
import type { DecisionStore } from '../../src/store/store.ts';

export interface Parts {
  readonly applyBatch: typeof applyBatch;
  readonly createRadiusServer: typeof createRadiusServer;
  readonly createAuthenticator: typeof createAuthenticator;
  readonly createChallenges: typeof createChallenges;
  /** Stands between the authenticator and its store. */
  readonly decisions: (store: DecisionStore) => DecisionStore;
}

export const realParts: Parts = {
  applyBatch,
  createRadiusServer,
  createAuthenticator,
  createChallenges,
  decisions: (store) => store,
};
