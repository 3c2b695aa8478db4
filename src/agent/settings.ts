// What the agent remembers of a workstation's enrolment: where the server is, and where the key lies. No secrets.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import Type, { type Static } from 'typebox';
import Value from 'typebox/value';
import { AgentError } from './agent-error.ts';

const storageSchema = Type.Union([
  Type.Object({ storage: Type.Literal('file') }),
  Type.Object({
    storage: Type.Literal('pkcs11'),
    module: Type.String(),
    token: Type.Union([Type.String(), Type.Null()]),
    pinFile: Type.Union([Type.String(), Type.Null()]),
  }),
  Type.Object({ storage: Type.Literal('tpm'), tcti: Type.Union([Type.String(), Type.Null()]) }),
]);
export type StorageSettings = Static<typeof storageSchema>;

const settingsSchema = Type.Object({
  /** Address of the portal, without a path. */
  server: Type.String(),
  /** PEM file of the authorities that vouch for it; null: the system's. */
  authorityFile: Type.Union([Type.String(), Type.Null()]),
  key: storageSchema,
  /** Name of the key in its storage; another one after a renewal. */
  keyName: Type.String(),
});
export type AgentSettings = Static<typeof settingsSchema>;

/** @throws AgentError when the workstation was never enrolled, or the file is damaged */
export async function readSettings(file: string): Promise<AgentSettings> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new AgentError(
      'This workstation is not enrolled.',
      `Run "gatewarden-agent enroll" first (looked for ${file}).`,
      {
        cause,
      },
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (Value.Check(settingsSchema, value)) return value;
  throw new AgentError(`${file} is damaged.`, 'Enrol the workstation again.');
}

/** Whole or not at all. */
export async function writeSettings(file: string, settings: AgentSettings): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const fresh = `${file}.new`;
  await writeFile(fresh, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
  await rename(fresh, file);
}
