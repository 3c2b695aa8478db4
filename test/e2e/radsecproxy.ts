// radsecproxy between clients that speak UDP and the broker over TLS.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Certificate } from './certificates.ts';
import type { Machine } from './namespace.ts';

/** Takes RADIUS on the machine's address, or another one of its, at `port`, logins and accounting alike, and carries it to the broker. */
export async function startRadsecproxy(
  machine: Machine,
  parent: string,
  options: {
    readonly port: number;
    readonly address?: string;
    /** Secret that its own clients use. */
    readonly secret: string;
    readonly broker: { readonly address: string; readonly port: number };
    readonly authorityFile: string;
    readonly certificate: Certificate;
  },
): Promise<{ readonly server: string }> {
  const { port, address = machine.address, secret, broker, authorityFile, certificate } = options;
  const directory = path.join(parent, `radsecproxy-${machine.name}-${port}`);
  await mkdir(directory, { mode: 0o700 });
  const file = path.join(directory, 'radsecproxy.conf');
  const lines = [
    `ListenUDP ${address}:${port}`,
    'LogLevel 2',
    'tls default {',
    `  CACertificateFile ${authorityFile}`,
    `  CertificateFile ${certificate.certificateFile}`,
    `  CertificateKeyFile ${certificate.keyFile}`,
    '}',
    `client 0.0.0.0/0 {\n  type udp\n  secret ${secret}\n}`,
    'server broker {',
    `  host ${broker.address}`,
    '  type TLS',
    `  port ${broker.port}`,
    '  secret radsec',
    '  certificateNameCheck off',
    '  statusServer on',
    '}',
    'realm * {\n  server broker\n  accountingServer broker\n}',
    '',
  ];
  await writeFile(file, lines.join('\n'), { mode: 0o600 });
  const proxy = machine.start('radsecproxy', ['-f', '-c', file, '-i', path.join(directory, 'pid')]);
  if (!(await proxy.printed(/listening for udp/i, 10_000))) {
    throw new Error(`radsecproxy did not start:\n${proxy.output()}`);
  }
  return { server: `${address}:${port}` };
}
