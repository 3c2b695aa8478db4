// ocserv as Debian ships it, asking over RADIUS through radcli, and openconnect as the client of its tunnel.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Authority, Certificate } from './certificates.ts';
import type { Machine } from './namespace.ts';
import type { TunnelAttempt } from './tunnel.ts';

/** What its client prints when it is told to go. */
export const obeysOcserv = /Session terminated by server|Cookie is no longer valid|Cookie was rejected/;

export interface Ocserv {
  /** Address and port for clients. */
  readonly url: string;
  /** Public key pin of its certificate. */
  readonly pin: string;
  /** Address of the gateway inside the tunnel; reached by nobody who has none. */
  readonly inside: string;
  /** The socket of occtl. */
  readonly controlSocket: string;
}

export interface OcservOptions {
  readonly name: string;
  /** TCP port; also the last-but-one octet of the tunnel's network. */
  readonly port: number;
  readonly tunnel: number;
  readonly radius: { readonly address: string; readonly port: number; readonly secret: string };
  readonly nasIdentifier: string;
  /** radcli speaks TLS by itself, with this certificate. */
  readonly tls?: { readonly authorityFile: string; readonly certificate: Certificate };
  /** The broker's accounting. */
  readonly accountingPort?: number;
}

/** Starts ocserv on a machine; it ends with its network. */
export async function startOcserv(
  machine: Machine,
  directory: string,
  authority: Authority,
  options: OcservOptions,
): Promise<Ocserv> {
  const file = (suffix: string): string => path.join(directory, `${options.name}.${suffix}`);
  const certificate = await authority.issue(options.name, 'server');
  const { radius } = options;
  // radcli finds the secret by address and port as written in `authserver`.
  const server = `${radius.address}:${radius.port}`;
  await writeFile(
    file('servers'),
    [server, `${radius.address}:${options.accountingPort ?? radius.port}`, radius.address]
      .map((name) => `${name} ${radius.secret}\n`)
      .join(''),
    {
      mode: 0o600,
    },
  );
  await writeFile(
    file('radcli.conf'),
    [
      `nas-identifier ${options.nasIdentifier}`,
      `authserver ${server}`,
      `acctserver ${radius.address}:${options.accountingPort ?? radius.port}`,
      `servers ${file('servers')}`,
      'dictionary /etc/radcli/dictionary',
      'default_realm',
      'radius_timeout 5',
      'radius_retries 1',
      'bindaddr *',
      ...(options.tls === undefined
        ? []
        : [
            'serv-type tls',
            `tls-ca-file ${options.tls.authorityFile}`,
            `tls-cert-file ${options.tls.certificate.certificateFile}`,
            `tls-key-file ${options.tls.certificate.keyFile}`,
          ]),
      '',
    ].join('\n'),
  );
  await writeFile(
    file('conf'),
    [
      `auth = "radius[config=${file('radcli.conf')},groupconfig=true,nas-identifier=${options.nasIdentifier}]"`,
      `listen-host = ${machine.address}`,
      `tcp-port = ${options.port}`,
      `server-cert = ${certificate.certificateFile}`,
      `server-key = ${certificate.keyFile}`,
      `socket-file = ${file('socket')}`,
      `pid-file = ${file('pid')}`,
      `device = ${options.name}`,
      `ipv4-network = 10.88.${options.tunnel}.0`,
      'ipv4-netmask = 255.255.255.0',
      `route = 10.88.${options.tunnel}.0/255.255.255.0`,
      'run-as-user = nobody',
      'run-as-group = daemon',
      'isolate-workers = false',
      'max-ban-score = 0',
      'max-same-clients = 0',
      'rate-limit-ms = 0',
      'auth-timeout = 60',
      'cookie-timeout = 30',
      'use-occtl = true',
      `occtl-socket-file = ${file('occtl')}`,
      ...(options.accountingPort === undefined
        ? []
        : [`acct = "radius[config=${file('radcli.conf')},groupconfig=true]"`]),
      '',
    ].join('\n'),
  );
  const process = machine.start('ocserv', ['-f', '-d', '1', '-c', file('conf')]);
  const ready = await process.printed(/listening \(TCP\)/, 15_000);
  if (!ready) throw new Error(`ocserv did not start:\n${process.output()}`);
  return {
    url: `https://${machine.address}:${options.port}`,
    pin: certificate.pin,
    inside: `10.88.${options.tunnel}.1`,
    controlSocket: file('occtl'),
  };
}

/**
 * Connects with openconnect as a person would: each answer goes to the next prompt. Returns once the tunnel is up or
 * the client has given up.
 */
export async function connectOcserv(
  workstation: Machine,
  directory: string,
  server: Ocserv,
  login: {
    readonly userName: string;
    readonly answers: readonly string[];
    /** Seconds for which it tries to come back by itself. */
    readonly reconnectSeconds?: number;
  },
): Promise<TunnelAttempt> {
  const script = path.join(directory, 'openconnect-script');
  // What vpnc-script does, less the name servers of the host. The last line tells the test.
  await writeFile(
    script,
    [
      '#!/bin/sh',
      'set -e',
      '[ "$reason" = connect ] || exit 0',
      'ip link set dev "$TUNDEV" up mtu "$INTERNAL_IP4_MTU"',
      'ip addr add "$INTERNAL_IP4_ADDRESS/32" dev "$TUNDEV"',
      'ip route add "$CISCO_SPLIT_INC_0_ADDR/$CISCO_SPLIT_INC_0_MASKLEN" dev "$TUNDEV"',
      'echo "tunnel configured"',
      '',
    ].join('\n'),
    { mode: 0o755 },
  );
  const client = workstation.start(
    'openconnect',
    [
      '--protocol=anyconnect',
      '--non-inter',
      '--passwd-on-stdin',
      `--user=${login.userName}`,
      `--servercert=${server.pin}`,
      `--script=${script}`,
      '--no-dtls',
      `--reconnect-timeout=${login.reconnectSeconds ?? 1}`,
      server.url,
    ],
    { input: login.answers.map((answer) => `${answer}\n`).join('') },
  );
  const up = await client.printed(/^tunnel configured$/m, 30_000);
  return {
    up,
    output: client.output,
    printed: client.printed,
    close: async () => {
      await client.stop('SIGINT');
    },
  };
}
