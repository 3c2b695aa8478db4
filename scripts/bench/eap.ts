// Full logins by EAP-TTLS with PAP over TLS 1.2, made by eapol_test: what they cost the server.
//
// eapol_test costs more than either server, so that throughput says nothing here: processor time of a login is the figure.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hotp, seedKey, timeStepAt } from '../../src/core/otp.ts';
import { gatewayNames } from './population.ts';
import { cpuSeconds } from './processors.ts';
import { seedOf, type Users } from './users.ts';

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
const clients = 2;
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
}): (server: { readonly pid: number }, logins: number) => Promise<EapRun> {
  const { users, files, port, secret, directory } = options;
  // Runs shortly after one another must not use the same codes.
  let next = Math.floor(Math.random() * users.count);

  async function logIn(): Promise<boolean> {
    const user = users.at(next);
    next = (next + 1) % users.count;
    const step = timeStepAt(Date.now(), parameters.periodSeconds);
    const code = hotp(seedKey(seedOf(user)), step, parameters);
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

  return async (server, logins) => {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const before = cpuSeconds(server.pid);
    const beganAt = performance.now();
    let [left, accepted, failed] = [logins, 0, 0];
    const client = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        if (await logIn()) accepted += 1;
        else failed += 1;
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
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
