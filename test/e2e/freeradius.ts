// FreeRADIUS as a proxy in front of the broker, over UDP or TLS, and as the accounting server that Debian's OpenVPN plugin insists on.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Certificate } from './certificates.ts';
import type { Machine } from './namespace.ts';
import type { Running } from './process.ts';

async function startFreeradius(
  machine: Machine,
  parent: string,
  name: string,
  sections: readonly string[],
): Promise<Running> {
  const directory = path.join(parent, name);
  await mkdir(path.join(directory, 'run'), { recursive: true, mode: 0o700 });
  const configuration = [
    'prefix = /usr',
    'name = radiusd',
    `confdir = ${directory}`,
    `localstatedir = ${directory}`,
    `logdir = ${directory}`,
    `run_dir = ${directory}/run`,
    `pidfile = ${directory}/run/radiusd.pid`,
    'libdir = /usr/lib/freeradius',
    'log { destination = stdout }',
    'security { reject_delay = 0, status_server = no, allow_vulnerable_openssl = yes }',
    'thread pool { start_servers = 2, max_servers = 8 }',
    ...sections,
    '',
  ];
  await writeFile(path.join(directory, 'radiusd.conf'), configuration.join('\n'), { mode: 0o600 });
  const args = ['-f', '-l', 'stdout', '-d', directory, '-D', '/usr/share/freeradius', '-n', 'radiusd'];
  const server = machine.start('freeradius', args);
  if (!(await server.printed(/Ready to process requests/, 15_000))) {
    throw new Error(`FreeRADIUS did not start:\n${server.output()}`);
  }
  return server;
}

/** Hands every Access-Request on to the broker, with a Proxy-State of its own and a Message-Authenticator. */
export async function startProxy(
  machine: Machine,
  parent: string,
  options: {
    /** Secret that its own clients use. */
    readonly secret: string;
    readonly broker: { readonly address: string; readonly port: number; readonly secret: string };
  },
): Promise<{ address: string; port: number }> {
  const { broker } = options;
  await startFreeradius(machine, parent, `proxy-${machine.name}`, [
    'proxy_requests = yes',
    `client all { ipaddr = 0.0.0.0/0, secret = "${options.secret}" }`,
    'proxy server { default_fallback = no }',
    `home_server broker { type = auth, ipaddr = ${broker.address}, port = ${broker.port}, secret = "${broker.secret}"`,
    '  response_window = 10, status_check = status-server }',
    'home_server_pool brokers { type = fail-over, home_server = broker }',
    'realm broker { auth_pool = brokers }',
    'server front {',
    `  listen { type = auth, ipaddr = ${machine.address}, port = 1812 }`,
    '  authorize {',
    '    update control { Proxy-To-Realm := broker }',
    '  }',
    '  pre-proxy {',
    '    update proxy-request { Message-Authenticator := 0x00 }',
    '  }',
    '}',
  ]);
  return { address: machine.address, port: 1812 };
}

/** What the older server knows, for everybody. */
export const upstreamPassword = 'mật khẩu ở nơi cũ';
export const upstreamToken = '4711-0815';

/**
 * An older server that checks a password, asks for its token in an Access-Challenge with a State of its own (of the account
 * that it asked), and takes the token with that State alone.
 */
export async function startUpstream(
  machine: Machine,
  parent: string,
  options: { readonly client: string; readonly secret: string },
): Promise<{ readonly server: string; readonly process: Running }> {
  const signed = ['update reply {', '  Message-Authenticator := 0x00', '}'];
  const process = await startFreeradius(machine, parent, `upstream-${machine.name}`, [
    `client broker { ipaddr = ${options.client}, secret = "${options.secret}" }`,
    ...['modules {', 'expr {', '}', 'pap {', '}', 'always handled {', 'rcode = handled', '}', '}'],
    ...['instantiate {', 'expr', '}'],
    'server old {',
    `listen { type = auth, ipaddr = ${machine.address}, port = 1812 }`,
    'authorize {',
    '  if (&State) {',
    '    if ("%{State}" == "0x%{md5:%{User-Name} asked}") {',
    '      update control {',
    `        Cleartext-Password := "${upstreamToken}"`,
    '      }',
    '    }',
    '  }',
    `  elsif (&User-Password == "${upstreamPassword}") {`,
    '    update control {',
    '      Response-Packet-Type := Access-Challenge',
    '    }',
    '    update reply {',
    '      State := "0x%{md5:%{User-Name} asked}"',
    '      Reply-Message := "Mã trên token cũ:"',
    '    }',
    ...signed,
    '    handled',
    '  }',
    '  pap',
    '}',
    ...['authenticate {', 'Auth-Type PAP {', 'pap', '}', '}'],
    ...['post-auth {', ...signed, 'Post-Auth-Type REJECT {', ...signed, '}', '}'],
    '}',
  ]);
  return { server: `${machine.address}:1812`, process };
}

/**
 * Carries logins and accounting to the broker over RADIUS/TLS, and takes Disconnect-Requests of the broker on the same connection:
 * NAK 503 for names that begin with `gatewarden-doctor`, ACK for all others.
 */
export async function startTlsProxy(
  machine: Machine,
  parent: string,
  options: {
    readonly port: number;
    readonly secret: string;
    readonly broker: { readonly address: string; readonly port: number };
    readonly authorityFile: string;
    readonly certificate: Certificate;
  },
): Promise<{ readonly server: string; readonly accountingServer: string; readonly process: Running }> {
  const { port, secret, broker, authorityFile, certificate } = options;
  const sections = [
    'proxy_requests = yes',
    `client all { ipaddr = 0.0.0.0/0, secret = "${secret}" }`,
    'proxy server { default_fallback = no }',
    'home_server broker {',
    `  type = auth+acct+coa, ipaddr = ${broker.address}, port = ${broker.port}, proto = tcp, secret = radsec`,
    '  response_window = 10, status_check = status-server',
    '  recv_coa { virtual_server = told }',
    '  tls {',
    `    certificate_file = ${certificate.certificateFile}, private_key_file = ${certificate.keyFile}`,
    `    ca_file = ${authorityFile}, tls_min_version = "1.2", tls_max_version = "1.3"`,
    '  }',
    '}',
    'home_server_pool brokers { type = fail-over, home_server = broker }',
    'realm broker { auth_pool = brokers, acct_pool = brokers }',
    'modules {',
    '  always ok { rcode = ok }',
    '  always reject { rcode = reject }',
    '}',
    'server front {',
    `  listen { type = auth, ipaddr = ${machine.address}, port = ${port} }`,
    `  listen { type = acct, ipaddr = ${machine.address}, port = ${port + 1} }`,
    '  authorize { update control { Proxy-To-Realm := broker } }',
    '  preacct { update control { Proxy-To-Realm := broker } }',
    '}',
    'server told {',
    '  recv-coa {',
    '    if (&User-Name =~ /^gatewarden-doctor/) {',
    '      update reply { Error-Cause := Session-Context-Not-Found }',
    '      reject',
    '    }',
    '    ok',
    '  }',
    '}',
  ];
  const process = await startFreeradius(machine, parent, `tls-proxy-${machine.name}`, sections);
  return {
    server: `${machine.address}:${port}`,
    accountingServer: `${machine.address}:${port + 1}`,
    process,
  };
}

/** The account of RFC 2759 §9.2, known to an older server by PAP and by MS-CHAPv2 (rlm_mschap). */
export async function startMsChapUpstream(
  machine: Machine,
  parent: string,
  options: { readonly client: string; readonly secret: string },
): Promise<void> {
  const signed = ['update reply {', '  Message-Authenticator := 0x00', '}'];
  await startFreeradius(machine, parent, `ms-chap-${machine.name}`, [
    `client broker { ipaddr = ${options.client}, secret = "${options.secret}" }`,
    ...['modules {', 'pap {', '}', 'mschap {', 'use_mppe = yes', '}', '}'],
    'server old {',
    `listen { type = auth, ipaddr = ${machine.address}, port = 1812 }`,
    'authorize {',
    '  if (&User-Name =~ /^user[0-9]?$/i) {',
    '    update control {',
    '      Cleartext-Password := "clientPass"',
    '    }',
    '  }',
    '  mschap',
    '  pap',
    '}',
    ...['authenticate {', 'Auth-Type MS-CHAP {', 'mschap', '}', 'Auth-Type PAP {', 'pap', '}', '}'],
    ...['post-auth {', ...signed, 'Post-Auth-Type REJECT {', ...signed, '}', '}'],
    '}',
  ]);
}
