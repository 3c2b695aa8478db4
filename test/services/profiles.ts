// The gateway profiles that come with the program.
import { readProfiles } from '../../src/services/profiles.ts';
import type { Profile } from '../../src/wire/radius/profile/parse.ts';

export const profiles = readProfiles(new URL('../../config/gateways', import.meta.url).pathname);

export function findProfile(name: string): Profile | null {
  return profiles.get(name) ?? null;
}
