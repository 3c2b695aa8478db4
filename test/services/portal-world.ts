// A world with what the holders' use cases stand on.
import { systemRandom } from '../../src/base/random.ts';
import { decodeBase32, hotp, seedKey, timeStepAt } from '../../src/core/otp.ts';
import { createPasswords } from '../../src/services/passwords/passwords.ts';
import type { PortalDeps } from '../../src/services/portal/deps.ts';
import { openSettings } from '../../src/services/settings/settings.ts';
import { silentLog } from '../store/silent-log.ts';
import type { TestClock } from './clock.ts';
import type { World } from './world.ts';

export async function createPortalDeps(world: World, clock: TestClock): Promise<PortalDeps> {
  const { store, keyring } = world;
  const settings = await openSettings({ store, keyring, findProfile: () => null, log: silentLog });
  const passwords = createPasswords({
    clock,
    random: systemRandom,
    log: silentLog,
    concurrency: 1,
    queueLength: 50,
  });
  return { store, keyring, clock, random: systemRandom, passwords, settings, node: 'node' };
}

/** What an app shows for a base32 secret. */
export function appCode(secret: string, now: number): string {
  const parameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 } as const;
  return hotp(seedKey(decodeBase32(secret)), timeStepAt(now, 30), parameters);
}
