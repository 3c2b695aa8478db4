// Requests through FreeRADIUS' radclient: an independent client that checks authenticators and Message-Authenticator.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Machine } from './namespace.ts';

export interface RadclientReply {
  readonly kind: 'accept' | 'reject' | 'challenge' | 'stored' | 'none';
  /** Attributes of the reply, in order, as radclient prints them (without quotes). */
  readonly attributes: readonly { readonly name: string; readonly value: string }[];
  /** First value of an attribute. */
  first(name: string): string | undefined;
}

interface RadclientRequest {
  /** Lines such as `User-Name = "…"`; use `text` for anything that a test makes up. */
  readonly attributes: readonly string[];
  readonly command?: 'auth' | 'acct' | 'status';
  /** Leave Message-Authenticator out (it comes first otherwise). */
  readonly unsigned?: boolean;
}

export interface Radclient {
  send(request: RadclientRequest): Promise<RadclientReply>;
}

/** `name = "value"` with every octet of the value escaped, so that nothing in it can end the string. */
export function text(name: string, value: string): string {
  const octets = [...Buffer.from(value)].map((octet) => `\\${octet.toString(8).padStart(3, '0')}`);
  return `${name} = "${octets.join('')}"`;
}

/** `server` is `address:port` or `[address]:port`. */
export async function createRadclient(
  machine: Machine,
  directory: string,
  options: { server: string; secret: string },
): Promise<Radclient> {
  const secretFile = path.join(directory, `radclient-${machine.name}.secret`);
  await writeFile(secretFile, `${options.secret}\n`, { mode: 0o600 });
  return {
    send: async (request) => {
      const signature =
        request.unsigned === true || request.command === 'acct' ? [] : ['Message-Authenticator = 0x00'];
      const result = await machine.run(
        'radclient',
        ['-x', '-r', '1', '-t', '8', '-S', secretFile, options.server, request.command ?? 'auth'],
        { input: `${[...signature, ...request.attributes].join('\n')}\n` },
      );
      return parseReply(result.stdout);
    },
  };
}

const kinds = {
  'Access-Accept': 'accept',
  'Access-Reject': 'reject',
  'Access-Challenge': 'challenge',
  'Accounting-Response': 'stored',
} as const;

function parseReply(stdout: string): RadclientReply {
  const received =
    /^Received (Access-Accept|Access-Reject|Access-Challenge|Accounting-Response) .*\n((?:\t.*\n?)*)/m.exec(
      stdout,
    );
  const attributes = (received?.[2] ?? '')
    .split('\n')
    .map((line) => /^\t(\S+) = (.*)$/.exec(line))
    .filter((match) => match !== null)
    .map((match) => ({ name: match[1] ?? '', value: (match[2] ?? '').replace(/^"(.*)"$/, '$1') }));
  const name = received?.[1];
  return {
    kind: name === undefined ? 'none' : kinds[name as keyof typeof kinds],
    attributes,
    first: (wanted) => attributes.find((attribute) => attribute.name === wanted)?.value,
  };
}
