// The gateway profiles that come with the program.
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { type Profile, parseProfile } from '../../src/wire/radius/profile/parse.ts';

const folder = new URL('../../config/gateways/', import.meta.url);

export const profiles: ReadonlyMap<string, Profile> = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => parseProfile(parse(readFileSync(new URL(name, folder), 'utf8')), name))
    .map((profile) => [profile.name, profile]),
);

export function findProfile(name: string): Profile | null {
  return profiles.get(name) ?? null;
}
