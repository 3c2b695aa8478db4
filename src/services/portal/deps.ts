// What the account holders' use cases stand on, and the name under which a holder acts.
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { Store } from '../../store/store.ts';
import type { AdministrationDeps } from '../administration.ts';
import type { Passwords } from '../passwords/passwords.ts';
import type { Keyring } from '../secrets/keyring.ts';
import type { Settings } from '../settings/settings.ts';

export interface PortalDeps {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
  readonly passwords: Passwords;
  readonly settings: Settings;
  /** Name of this broker among those of the store. */
  readonly node: string;
}

/** The same, acting as the holder of an account. */
export function asHolder(deps: PortalDeps, userName: string): PortalDeps & AdministrationDeps {
  return { ...deps, by: { name: userName, via: 'portal' } };
}
