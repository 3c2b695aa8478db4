// Who gives an order on the command line, and what its use case needs.
import { userInfo } from 'node:os';
import { type Static, type TProperties, Type } from 'typebox';
import type { Services } from '../app.ts';
import type { AdministrationDeps } from '../services/administration.ts';
import { lifecycleDeps } from '../services/lifecycle/deps.ts';
import type { LifecycleDeps } from '../services/lifecycle/record.ts';
import { createPasswords, type Passwords } from '../services/passwords/passwords.ts';
import { readProfiles } from '../services/profiles.ts';
import { openSettings, type Settings } from '../services/settings/settings.ts';
import type { Profile } from '../wire/radius/profile/parse.ts';
import type { Invocation, OperationContext } from './command.ts';

const administratorSchema = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  via: Type.Literal('command line'),
});

/** Arguments of an operation that changes something: who gives the order is among them. */
export function orderSchema<Properties extends TProperties>(properties: Properties) {
  return Type.Object({ by: administratorSchema, ...properties });
}

/**
 * The operating system's name of who runs the command; under sudo, of who called it. Only the broker's own account and root can open
 * the control socket, so the name is as good as the host's logins.
 */
export function administratorOf(invocation: Invocation): Static<typeof administratorSchema> {
  const { env } = invocation;
  let name = env['SUDO_USER'] ?? '';
  if (name === '') {
    try {
      name = userInfo().username;
    } catch {
      // An account without a name (a container's).
      name = `uid ${process.getuid?.() ?? 'unknown'}`;
    }
  }
  return { name: name.slice(0, 100), via: 'command line' };
}

/** The dependencies of administrative use cases, from an operation's context. */
export function administrationDeps(
  { store, keyring, clock, random }: OperationContext,
  { by }: { readonly by: Static<typeof administratorSchema> },
): AdministrationDeps {
  return { store, keyring, clock, random, by };
}

/** The dependencies of personnel events; cuts begin with the write that orders them, where the broker runs. */
export function lifecycleDepsOf(
  { store, clock, log, broker }: OperationContext,
  { by }: { readonly by: Static<typeof administratorSchema> },
): LifecycleDeps {
  const onCutsOrdered = broker === null ? {} : { onCutsOrdered: broker.onCutsOrdered };
  return lifecycleDeps({ store, clock, log, by, ...onCutsOrdered });
}

/** The settings as they are now, with the profiles installed. */
export async function loadSettings({ config, store, keyring, log }: Services): Promise<{
  readonly settings: Settings;
  readonly profiles: ReadonlyMap<string, Profile>;
}> {
  const profiles = readProfiles(config.profiles.directory);
  const findProfile = (name: string) => profiles.get(name) ?? null;
  return { settings: await openSettings({ store, keyring, findProfile, log }), profiles };
}

/** Hashing for one command, apart from the listener's queue. */
export function commandPasswords({ clock, random, log }: OperationContext): Passwords {
  return createPasswords({ clock, random, log, concurrency: 1, queueLength: 16 });
}

/** The first line of what the command line streamed in: a secret, which is kept out of the arguments. */
export async function readInputLine({ input }: OperationContext): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input ?? []) chunks.push(chunk);
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n[\s\S]*$/, '');
}

/** Streams one line to an operation that reads it with `readInputLine`. */
export async function* inputLine(line: string): AsyncGenerator<Buffer> {
  yield Buffer.from(`${line}\n`, 'utf8');
}

/** Positional argument that commander has made sure of. */
export function operand(invocation: Invocation, index: number): string {
  const value = invocation.operands[index];
  if (typeof value !== 'string') throw new Error(`operand ${index} is missing`);
  return value;
}

/** Epoch milliseconds as ISO 8601, for --json. */
export function iso(instant: number): string;
export function iso(instant: number | null): string | null;
export function iso(instant: number | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}
