// OpenVPN as Debian ships it: a server that asks through Debian's RADIUS plugin or through Gatewarden's own script, and
// the client of its tunnel.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Broker } from './broker.ts';
import type { Authority, Certificate } from './certificates.ts';
import type { Machine } from './namespace.ts';
import type { TunnelAttempt } from './tunnel.ts';

/** What its client prints when it is told to go. */
export const obeysOpenvpn = /Halt command was pushed|AUTH_FAILED/;

export interface OpenvpnServer {
  readonly address: string;
  readonly port: number;
  readonly authorityFile: string;
  /** Address of the gateway inside the tunnel; reached by nobody who has none. */
  readonly inside: string;
  log(): string;
}

interface ServerOptions {
  readonly name: string;
  /** UDP port. */
  readonly port: number;
  /** Third octet of the tunnel's network. */
  readonly tunnel: number;
  readonly nasIdentifier: string;
  readonly radius: { readonly address: string; readonly port: number; readonly secret: string };
  /** Opens the management interface at this TCP port, with the secret of RADIUS for a password. */
  readonly managementPort?: number;
}

/** A server with openvpn-auth-radius. The plugin cuts ports to four digits and wants its accounting answered. */
export async function startOpenvpnWithPlugin(
  machine: Machine,
  parent: string,
  authority: Authority,
  options: ServerOptions & { readonly accountingPort: number },
): Promise<OpenvpnServer> {
  const directory = await directoryFor(parent, options.name);
  const { radius } = options;
  const pluginFile = path.join(directory, 'radiusplugin.cnf');
  await writeFile(
    pluginFile,
    [
      `NAS-Identifier=${options.nasIdentifier}`,
      'Service-Type=5',
      'Framed-Protocol=1',
      'NAS-Port-Type=5',
      `NAS-IP-Address=${machine.address}`,
      `OpenVPNConfig=${path.join(directory, 'server.conf')}`,
      'subnet=255.255.255.0',
      'overwriteccfiles=false',
      'useauthcontrolfile=true',
      'server',
      '{',
      `acctport=${options.accountingPort}`,
      `authport=${radius.port}`,
      `name=${radius.address}`,
      'retry=1',
      'wait=5',
      `sharedsecret=${radius.secret}`,
      '}',
      '',
    ].join('\n'),
    { mode: 0o600 },
  );
  return await startServer(machine, directory, authority, { ...options, secret: radius.secret }, [
    `plugin /usr/lib/openvpn/radiusplugin.so ${pluginFile}`,
    'verify-client-cert none',
    // No token: whoever comes back is asked for a new code, and a renewal of keys would be too.
    'reneg-sec 0',
  ]);
}

const script = fileURLToPath(
  new URL('../../config/gateways/openvpn-script/gatewarden-openvpn', import.meta.url),
);

/** A server with the script of `config/gateways/openvpn-script`, which wants a client certificate. */
export async function startOpenvpnWithScript(
  machine: Machine,
  parent: string,
  authority: Authority,
  options: Omit<ServerOptions, 'radius' | 'nasIdentifier'> & {
    readonly broker: Pick<Broker, 'gatewarden' | 'gatewayUrl'>;
    /** Name of the gateway that the token is made for. */
    readonly gateway: string;
    readonly secret: string;
  },
): Promise<OpenvpnServer> {
  const directory = await directoryFor(parent, options.name);
  const { broker, gateway, secret } = options;
  const { token } = (await broker.gatewarden('gateway', 'token', gateway)) as { token: string };
  const installed = path.join(directory, 'gatewarden-openvpn');
  const settings = path.join(directory, 'gatewarden.conf');
  const tokenFile = path.join(directory, 'gatewarden.token');
  await copyFile(script, installed);
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 });
  await writeFile(
    settings,
    [
      '# test',
      `server = ${broker.gatewayUrl}`,
      `token-file = ${tokenFile}`,
      `ca-file = ${authority.file}`,
      'timeout = 5',
      '',
    ].join('\n'),
  );
  return await startServer(machine, directory, authority, { ...options, secret }, [
    'script-security 2',
    `auth-user-pass-verify "${installed} ${settings}" via-file`,
    ...['client-connect', 'client-disconnect', 'up'].map((hook) => `${hook} "${installed} ${settings}"`),
    'verify-client-cert require',
    'auth-gen-token 43200 external-auth',
  ]);
}

async function directoryFor(parent: string, name: string): Promise<string> {
  const directory = path.join(parent, name);
  await mkdir(directory, { mode: 0o700 });
  return directory;
}

async function startServer(
  machine: Machine,
  directory: string,
  authority: Authority,
  options: Pick<ServerOptions, 'name' | 'port' | 'tunnel' | 'managementPort'> & { readonly secret: string },
  authentication: readonly string[],
): Promise<OpenvpnServer> {
  const certificate = await authority.issue(options.name, 'server');
  const file = path.join(directory, 'server.conf');
  const passwordFile = path.join(directory, 'management-password');
  await writeFile(passwordFile, `${options.secret}\n`, { mode: 0o600 });
  await writeFile(
    file,
    [
      'mode server',
      'tls-server',
      'proto udp',
      `local ${machine.address}`,
      `port ${options.port}`,
      'dev-type tun',
      `dev ${options.name}`,
      `server 10.89.${options.tunnel}.0 255.255.255.0`,
      'topology subnet',
      `ca ${authority.file}`,
      `cert ${certificate.certificateFile}`,
      `key ${certificate.keyFile}`,
      'dh none',
      'username-as-common-name',
      'duplicate-cn',
      'keepalive 5 20',
      `tmp-dir ${directory}`,
      `status ${path.join(directory, 'status.log')} 1`,
      'status-version 1',
      'verb 3',
      ...(options.managementPort === undefined
        ? []
        : [`management ${machine.address} ${options.managementPort} ${passwordFile}`]),
      ...authentication,
      '',
    ].join('\n'),
  );
  const server = machine.start('openvpn', ['--config', file]);
  if (!(await server.printed(/Initialization Sequence Completed/, 15_000))) {
    throw new Error(`OpenVPN did not start:\n${server.output()}`);
  }
  return {
    address: machine.address,
    port: options.port,
    authorityFile: authority.file,
    inside: `10.89.${options.tunnel}.1`,
    log: server.output,
  };
}

/** Connects as a person would, with a certificate of the workstation if there is one. Returns once the tunnel is up or the client has given up. */
export async function connectOpenvpn(
  workstation: Machine,
  directory: string,
  server: OpenvpnServer,
  login: {
    readonly userName: string;
    readonly password: string;
    readonly certificate?: Certificate;
    /** The client keeps its password and comes back by itself, as clients of people do. */
    readonly stubborn?: boolean;
  },
): Promise<TunnelAttempt> {
  const credentials = path.join(directory, `openvpn-${workstation.name}-${login.userName}`);
  await writeFile(credentials, `${login.userName}\n${login.password}\n`, { mode: 0o600 });
  const { certificate } = login;
  const client = workstation.start('openvpn', [
    ...['--client', '--dev', 'tun', '--proto', 'udp', '--nobind', '--verb', '3'],
    ...['--remote', server.address, String(server.port)],
    ...['--ca', server.authorityFile, '--remote-cert-tls', 'server'],
    ...['--auth-user-pass', credentials],
    ...(login.stubborn === true
      ? ['--auth-retry', 'nointeract', '--connect-retry', '1', '--ping-exit', '0', '--ping-restart', '20']
      : ['--auth-retry', 'none', '--auth-nocache', '--connect-retry', '1', '--connect-retry-max', '1']),
    ...['--hand-window', '20', '--resolv-retry', '0'],
    ...(certificate === undefined
      ? []
      : ['--cert', certificate.certificateFile, '--key', certificate.keyFile]),
  ]);
  const up = await client.printed(/Initialization Sequence Completed/, 40_000);
  return {
    up,
    output: client.output,
    printed: client.printed,
    close: async () => {
      await client.stop('SIGTERM');
    },
  };
}
