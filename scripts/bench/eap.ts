// Full logins by EAP-TTLS with PAP over TLS 1.2: what they cost the server.
//
// Whoever makes them costs more than either server, so that throughput says nothing here: processor time of a login is the figure.
// eapol_test starts a process for each, which leaves the server's caches cold; a client in this process makes them back to back.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hotp, seedKey, timeStepAt } from '../../src/core/otp.ts';
import { createSecret } from '../../src/wire/radius/secret.ts';
import { createEapPeer } from './eap-peer.ts';
import { gatewayNames } from './population.ts';
import { cpuSeconds } from './processors.ts';
import { seedOf, type User, type Users } from './users.ts';

export interface EapFiles {
  /** Self-signed, so that it is the client's authority too. */
  readonly certificateFile: string;
  readonly keyFile: string;
}

export interface EapRun {
  readonly accepted: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly serverCpuMicroseconds: number;
}

const parameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 } as const;
/** At a time. */
const clients = { eapol_test: 2, 'one process': 4 } as const;
export type EapClient = keyof typeof clients;
const giveUpSeconds = 8;

export const hasEapolTest = spawnSync('eapol_test', ['-v'], { stdio: 'ignore' }).error === undefined;

/** A P-256 key with a certificate of its own. */
export function makeEapFiles(directory: string): EapFiles {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const files = { certificateFile: join(directory, 'eap.pem'), keyFile: join(directory, 'eap.key') };
  const made = spawnSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'],
      ...['-subj', '/CN=radius.example.org', '-addext', 'extendedKeyUsage=serverAuth'],
      ...['-keyout', files.keyFile, '-out', files.certificateFile],
    ],
    { encoding: 'utf8' },
  );
  if (made.status !== 0) throw new Error(`openssl made no certificate: ${made.stderr}`);
  return files;
}

/** The codes of one account after the other; an account comes again only after all others. */
export function createEapLogins(options: {
  readonly users: Users;
  readonly files: EapFiles;
  readonly port: number;
  readonly secret: string;
  /** Of eapol_test's configurations. */
  readonly directory: string;
}): (server: { readonly pid: number }, logins: number, by: EapClient) => Promise<EapRun> {
  const { users, files, port, secret, directory } = options;
  // Runs shortly after one another must not use the same codes.
  let next = Math.floor(Math.random() * users.count);

  function take(): { readonly user: User; readonly code: string } {
    const user = users.at(next);
    next = (next + 1) % users.count;
    const step = timeStepAt(Date.now(), parameters.periodSeconds);
    return { user, code: hotp(seedKey(seedOf(user)), step, parameters) };
  }

  async function callEapolTest(): Promise<boolean> {
    const { user, code } = take();
    const file = join(directory, `${user.userName}.conf`);
    const lines = [
      ...['key_mgmt=IEEE8021X', 'eapol_flags=0', 'eap=TTLS', 'phase2="auth=PAP"'],
      ...[`identity="${user.userName}"`, 'anonymous_identity="anonymous"', `password="${code}"`],
      ...[`ca_cert="${files.certificateFile}"`, 'phase1="tls_disable_tlsv1_3=1"'],
    ];
    writeFileSync(file, `network={\n${lines.join('\n')}\n}\n`, { mode: 0o600 });
    const child = spawn(
      'eapol_test',
      [
        ...['-c', file, '-a', '127.0.0.1', '-p', String(port), '-s', secret, '-t', String(giveUpSeconds)],
        ...['-r', '0', '-M', user.workstation.replaceAll('-', ':')],
        ...['-N', `32:s:${gatewayNames['code-only']}`],
      ],
      { stdio: 'ignore' },
    );
    const [status] = await once(child, 'exit');
    return status === 0;
  }

  const signedBy = createSecret(Buffer.from(secret));

  function openPeer() {
    const { logIn, close } = createEapPeer(port, signedBy);
    const call = () => {
      const { user, code } = take();
      const { userName, workstation: station } = user;
      return logIn({ userName, password: code, station, nasIdentifier: gatewayNames['code-only'] });
    };
    return { call, close };
  }

  return async (server, logins, by) => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const before = cpuSeconds(server.pid);
    const beganAt = performance.now();
    let [left, accepted, failed] = [logins, 0, 0];
    const client = async (): Promise<void> => {
      const { call, close } = by === 'eapol_test' ? { call: callEapolTest, close() {} } : openPeer();
      while (left > 0) {
        left -= 1;
        if (await call()) accepted += 1;
        else failed += 1;
      }
      close();
    };
    await Promise.all(Array.from({ length: clients[by] }, client));
    const seconds = (performance.now() - beganAt) / 1000;
    const used = cpuSeconds(server.pid) - before;
    rmSync(directory, { recursive: true });
    return {
      accepted,
      failed,
      perSecond: accepted / seconds,
      serverCpuMicroseconds: accepted === 0 ? 0 : (used * 1e6) / accepted,
    };
  };
}
