// Gateway profiles from their files: every YAML file of a directory is one, named like the file.
import { readdirSync, readFileSync } from 'node:fs';
import { join, parse } from 'node:path';
import { parseDocument } from 'yaml';
import { OperatorError } from '../base/errors.ts';
import type { Language } from '../core/reason-texts.ts';
import { type Profile, parseProfile } from '../wire/radius/profile/parse.ts';

function readOne(file: string): Profile {
  const document = parseDocument(readFileSync(file, 'utf8'));
  const [error] = document.errors;
  if (error !== undefined) {
    const at = `${file}:${error.linePos?.[0].line ?? 1}`;
    throw new OperatorError(`${at}: ${error.message.split('\n')[0]}`, {
      at,
      remedy: 'Correct the YAML on that line.',
    });
  }
  const profile = parseProfile(document.toJS(), file);
  if (profile.name !== parse(file).name) {
    throw new OperatorError(`${file}: its name is "${profile.name}".`, {
      at: file,
      remedy: 'Give the file and the profile in it the same name.',
    });
  }
  return profile;
}

/** What a profile is called and what an engineer should know of it; in English where the file has nothing else. */
export function describeProfile(
  { title, notes, vietnamese }: Pick<Profile, 'title' | 'notes' | 'vietnamese'>,
  language: Language,
): { readonly title: string; readonly notes: readonly string[] } {
  return language === 'vi' && vietnamese !== undefined ? vietnamese : { title, notes };
}

/**
 * Reads all profiles of a directory, by name.
 * @throws OperatorError naming the file and its fault; or when there is none
 */
export function readProfiles(directory: string): ReadonlyMap<string, Profile> {
  let names: string[];
  try {
    names = readdirSync(directory).filter((name) => /\.ya?ml$/.test(name));
  } catch (cause) {
    throw new OperatorError(`${directory}: the gateway profiles cannot be read.`, {
      at: 'profiles.directory',
      remedy: 'Check the path and its rights.',
      cause,
    });
  }
  if (names.length === 0) {
    throw new OperatorError(`${directory} holds no gateway profile.`, {
      at: 'profiles.directory',
      remedy: "Leave profiles.directory out to use the program's own, or copy config/gateways there.",
    });
  }
  const profiles = names.sort().map((name) => readOne(join(directory, name)));
  return new Map(profiles.map((profile) => [profile.name, profile]));
}
