// eapol_test, the EAP peer of wpa_supplicant with a RADIUS client around it.
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Certificate } from './certificates.ts';
import type { Machine } from './namespace.ts';

export interface EapLogin {
  readonly method: 'TTLS' | 'PEAP' | 'TLS' | 'GTC' | 'MD5' | 'MSCHAPV2';
  /** Inside TTLS and PEAP. */
  readonly inner?: 'PAP' | 'GTC' | 'CHAP' | 'MSCHAPV2' | 'MD5';
  /** MSCHAPv2 as an EAP method inside TTLS, not as its AVPs. */
  readonly isInnerEap?: boolean;
  readonly tls?: '1.2' | '1.3';
  readonly identity: string;
  readonly outer?: string;
  /** Password and code as they are typed. */
  readonly text?: string;
  readonly certificate?: Certificate | null;
  readonly authority: string;
  readonly from: string;
  readonly nasIdentifier: string;
  /** Re-authentications after the first one. */
  readonly again?: number;
  /** Framed-MTU that the gateway sends, in place of 1400. */
  readonly fragment?: number;
}

export interface EapResult {
  readonly isAccepted: boolean;
  /** The gateway's keys are the client's. */
  readonly keysMatch: boolean;
  /** How many RADIUS exchanges ended in an Accept. */
  readonly accepts: number;
  readonly tls: string | null;
  readonly output: string;
}

const hex = (text: string): string => Buffer.from(text, 'utf8').toString('hex');

function phase2(login: EapLogin): string[] {
  if (login.inner === undefined) return [];
  const isEap =
    login.method === 'PEAP' || login.isInnerEap === true || login.inner === 'GTC' || login.inner === 'MD5';
  return [`phase2="${isEap && login.method === 'TTLS' ? 'autheap' : 'auth'}=${login.inner}"`];
}

/** Tries one login. Nothing of it is on a command line but the shared secret of the test network. */
export async function eapolTest(
  machine: Machine,
  directory: string,
  server: { readonly address: string; readonly port: number; readonly secret: string },
  login: EapLogin,
): Promise<EapResult> {
  const isTls13 = login.tls === '1.3';
  const { certificate } = login;
  const lines = [
    'key_mgmt=IEEE8021X',
    'eapol_flags=0',
    `eap=${login.method}`,
    `identity=${hex(login.identity)}`,
    ...(login.outer === undefined ? [] : [`anonymous_identity=${hex(login.outer)}`]),
    ...(login.text === undefined ? [] : [`password=${hex(login.text)}`]),
    `ca_cert="${login.authority}"`,
    `phase1="${isTls13 ? 'tls_disable_tlsv1_3=0' : 'tls_disable_tlsv1_3=1'}"`,
    ...(login.fragment === undefined ? [] : [`fragment_size=${login.fragment}`]),
    ...phase2(login),
    ...(certificate === undefined || certificate === null
      ? []
      : [`client_cert="${certificate.certificateFile}"`, `private_key="${certificate.keyFile}"`]),
  ];
  const file = path.join(directory, `eapol-${randomBytes(6).toString('hex')}.conf`);
  await writeFile(file, `network={\n${lines.join('\n')}\n}\n`, { mode: 0o600 });
  const { code, output } = await machine.run('eapol_test', [
    ...['-c', file, '-a', server.address, '-p', String(server.port), '-s', server.secret, '-t', '10'],
    ...['-r', String(login.again ?? 0), '-N', `32:s:${login.nasIdentifier}`, '-N', `31:s:${login.from}`],
    ...(login.method === 'GTC' || login.method === 'MD5' ? ['-n'] : []),
  ]);
  return {
    isAccepted: code === 0 && /^SUCCESS$/m.test(output),
    keysMatch: /MPPE keys OK: [1-9]\d* {2}mismatch: 0/.test(output),
    accepts: output.match(/code=2 \(Access-Accept\)/g)?.length ?? 0,
    tls: /SSL: Using TLS version (\S+)/.exec(output)?.[1] ?? null,
    output,
  };
}
