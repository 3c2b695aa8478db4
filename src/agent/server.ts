// The server as the agent talks to it: /device/v1 over HTTPS, a fresh nonce for each proof.
import { readFileSync } from 'node:fs';
import { request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import type { Nonce, Refusal } from '../api/device.ts';
import { devicePaths, proofHeader } from '../api/device.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { AgentError } from './agent-error.ts';
import type { DeviceKey } from './keys/key-store.ts';
import { makeProof } from './proof.ts';

const timeoutMs = 10_000;
const longestAnswer = 65_536;

export interface ServerOptions {
  readonly server: string;
  readonly authorityFile: string | null;
  /** Only this family of addresses: the VPN must see the one that the ticket was bought from. 0: either. */
  readonly family: 0 | 4 | 6;
}

export interface Server {
  /** Sends what the key proves. @throws AgentError with the server's own reason */
  ask<Answer>(
    path: string,
    key: DeviceKey,
    more: { readonly body?: object; readonly subject?: string },
  ): Promise<Answer>;
  /** A proof to be sent inside a body. */
  proof(path: string, key: DeviceKey): Promise<string>;
}

/** The address of a server as it is entered. @throws AgentError unless it is https (or http on this computer itself) */
export function parseServer(text: string): string {
  const refuse = () =>
    new AgentError(
      `${text} is no address of a server.`,
      'Give it as https://portal.example.org, without a path.',
    );
  if (!URL.canParse(text)) throw refuse();
  const { protocol, hostname, pathname, origin, search } = new URL(text);
  if (pathname !== '/' || search !== '') throw refuse();
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  if (protocol === 'https:' || (protocol === 'http:' && isHere)) return origin;
  throw new AgentError(
    'The server must be reached by https.',
    'Passwords and tickets travel there: give https://….',
  );
}

const refusals: Readonly<Record<string, readonly [message: string, remedy: string]>> = {
  signature: [
    "The server does not know this workstation's key, or not for this account.",
    'Check the user name; if the key was withdrawn or not approved yet, ask the administrator.',
  ],
  nonce: ['The proof had been used already.', 'Run the command again.'],
  clock: [
    "This workstation's clock is off.",
    'Set the clock (date and time by network), then run the command again.',
  ],
  'code-refused': [
    'The registration code is wrong, used already or has run out.',
    'Ask the administrator for a new one.',
  ],
  'key-known': ['This key is registered already.', 'See "gatewarden-agent status".'],
  refused: ['The server refused.', 'Tell the help desk the lookup code'],
  undecided: ['The server is busy or out of order.', 'Try again in a minute.'],
};

function refusalOf(refusal: Partial<Refusal>): AgentError {
  const known = refusals[refusal.detail ?? ''] ?? refusals[refusal.reason ?? ''];
  const [message, remedy] = known ?? ['The server refused the request.', 'Ask the administrator.'];
  const code = refusal.lookupCode ?? null;
  return new AgentError(
    message,
    code === null
      ? remedy
      : `${remedy.replace(/\.$/, '')}. Lookup code: ${code.replace(/^(.{4})(.{4})$/, '$1-$2')}`,
  );
}

export function createServer(
  options: ServerOptions,
  deps: { readonly clock: Clock; readonly random: Random },
): Server {
  const origin = parseServer(options.server);
  const urlOf = (path: string) => `${origin}${path}`;
  const ca = options.authorityFile === null ? undefined : readAuthorities(options.authorityFile);

  function post(path: string, headers: Readonly<Record<string, string>>, body: object | undefined) {
    const payload = body === undefined ? '' : JSON.stringify(body);
    return new Promise<{ status: number; text: string }>((resolve, reject) => {
      const send = origin.startsWith('https:') ? overHttps : overHttp;
      const request = send(
        urlOf(path),
        {
          method: 'POST',
          family: options.family,
          ...(ca === undefined ? {} : { ca }),
          minVersion: 'TLSv1.2',
          timeout: timeoutMs,
          headers: {
            ...headers,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            'content-length': Buffer.byteLength(payload),
            accept: 'application/json',
          },
        },
        (response) => {
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text += chunk;
            if (text.length > longestAnswer) request.destroy(new Error('the answer is too long'));
          });
          response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
          response.on('error', reject);
        },
      );
      request.on('timeout', () => request.destroy(new Error('no answer')));
      request.on('error', (cause) => {
        const { code = cause.message } = cause as NodeJS.ErrnoException;
        const remedy =
          'Check the address, the network and, for a certificate of your own authority, --authority.';
        reject(new AgentError(`${origin} cannot be reached (${code}).`, remedy, { cause }));
      });
      request.end(payload);
    });
  }

  async function postJson<Answer>(
    path: string,
    headers: Readonly<Record<string, string>>,
    body: object | undefined,
  ): Promise<Answer> {
    const { status, text } = await post(path, headers, body);
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw new AgentError(`${origin} does not answer as a portal does (${status}).`, 'Check the address.');
    }
    if (status === 200) return value as Answer;
    throw refusalOf(value as Partial<Refusal>);
  }

  async function proofOf(path: string, key: DeviceKey, subject?: string): Promise<string> {
    const { nonce } = await postJson<Nonce>(devicePaths.nonces, {}, undefined);
    return await makeProof(
      key,
      { url: urlOf(path), nonce, ...(subject === undefined ? {} : { subject }) },
      deps,
    );
  }

  return {
    async ask<Answer>(path: string, key: DeviceKey, more: { body?: object; subject?: string }) {
      const proof = await proofOf(path, key, more.subject);
      return await postJson<Answer>(path, { [proofHeader]: proof }, more.body);
    },
    proof: (path, key) => proofOf(path, key),
  };
}

function readAuthorities(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new AgentError(`${file} cannot be read.`, 'Name a PEM file of the authorities with --authority.', {
      cause,
    });
  }
}
