// strongSwan as an IKEv2 gateway that asks over RADIUS, and as its client. Kernels without ESP do as well: kernel-libipsec.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Authority, Certificate } from './certificates.ts';
import type { Machine } from './namespace.ts';
import type { Finished, Running } from './process.ts';
import type { TunnelAttempt } from './tunnel.ts';

/** Only a tunnel leads there. */
const inside = '10.99.0.1';
const gatewayName = 'vpn.example.org';
const plugins =
  'random nonce x509 constraints pubkey pkcs1 pkcs8 pem openssl gcm aes sha1 sha2 md5 hmac kdf curve25519 ' +
  'kernel-libipsec kernel-netlink socket-default vici updown eap-identity eap-radius eap-ttls eap-tls eap-gtc eap-mschapv2';

interface Charon {
  readonly daemon: Running;
  swanctl(...args: string[]): Promise<Finished>;
}

/** Starts the daemon and loads its connections; it ends with its network. */
async function startCharon(
  machine: Machine,
  parent: string,
  name: string,
  setup: {
    readonly plugins: string;
    readonly swanctl: string;
    readonly authority: Authority;
    readonly certificate: Certificate | null;
  },
): Promise<Charon> {
  const directory = path.join(parent, name);
  for (const folder of ['x509ca', 'x509', 'private']) {
    await mkdir(path.join(directory, folder), { recursive: true, mode: 0o700 });
  }
  await copyFile(setup.authority.file, path.join(directory, 'x509ca/ca.pem'));
  if (setup.certificate !== null) {
    await copyFile(setup.certificate.certificateFile, path.join(directory, 'x509/own.pem'));
    await copyFile(setup.certificate.keyFile, path.join(directory, 'private/own.key'));
  }
  const uri = `unix://${directory}/vici`;
  const settings = path.join(directory, 'strongswan.conf');
  await writeFile(
    settings,
    `charon-systemd {
  load = ${plugins}
  plugins {
    vici { socket = ${uri} }
    ${setup.plugins}
  }
  retransmit_tries = 2
  journal { default = -1 }
  filelog { stderr { default = 1 } }
}
`,
    { mode: 0o600 },
  );
  await writeFile(path.join(directory, 'swanctl.conf'), setup.swanctl, { mode: 0o600 });
  const env = { STRONGSWAN_CONF: settings, SWANCTL_DIR: directory };
  const daemon = machine.start('charon-systemd', [], { env });
  const swanctl = (...args: string[]): Promise<Finished> =>
    machine.run('swanctl', [...args, '--uri', uri], { env });
  if (!(await daemon.printed(/spawning \d+ worker threads/, 15_000))) {
    throw new Error(`strongSwan did not start:\n${daemon.output()}`);
  }
  const loaded = await swanctl('--load-all', '--noprompt');
  if (loaded.code !== 0)
    throw new Error(`strongSwan took no connections:\n${loaded.output}${daemon.output()}`);
  return { daemon, swanctl };
}

/** How long before the end of its authentication a peer is to authenticate anew; left out: 24 minutes, a tenth of four hours. */
const overTime = (seconds: number | undefined) => (seconds === undefined ? '' : `over_time = ${seconds}s`);

export interface StrongswanGateway {
  readonly inside: string;
  readonly address: string;
  /** Port of its Disconnect-Requests; their secret is that of RADIUS. */
  readonly coaPort: number;
  output(): string;
  /** The socket of VICI. */
  readonly controlSocket: string;
  /** Tunnels that are up, by what `swanctl --list-sas` prints. */
  tunnels(): Promise<string>;
}

/** Accounting goes to the port after `radius.port`; Disconnect-Requests are taken on 3799. */
export async function startStrongswanGateway(
  machine: Machine,
  directory: string,
  authority: Authority,
  options: {
    readonly nasIdentifier: string;
    readonly radius: { readonly address: string; readonly port: number; readonly secret: string };
    readonly overTimeSeconds?: number;
  },
): Promise<StrongswanGateway> {
  const { radius, nasIdentifier } = options;
  const certificate = await authority.issue('strongswan', 'server', `DNS:${gatewayName}`);
  await machine.must('ip', ['addr', 'add', `${inside}/32`, 'dev', 'lo']);
  const coaPort = 3799;
  const { daemon, swanctl } = await startCharon(machine, directory, `swan-${machine.name}`, {
    authority,
    certificate,
    plugins: `eap-radius {
      nas_identifier = ${nasIdentifier}
      station_id_with_port = no
      accounting = yes
      dae { enable = yes
        listen = 0.0.0.0
        port = ${coaPort}
        secret = "${radius.secret}"
      }
      servers { broker { address = ${radius.address}
        auth_port = ${radius.port}
        acct_port = ${radius.port + 1}
        secret = "${radius.secret}"
      } }
    }`,
    swanctl: `connections { staff {
  version = 2
  local_addrs = ${machine.address}
  ${overTime(options.overTimeSeconds)}
  pools = staff
  send_certreq = no
  local { auth = pubkey
    certs = own.pem
    id = ${gatewayName}
  }
  remote { auth = eap-radius
    eap_id = %any
  }
  children { net { local_ts = ${inside}/32 } }
} }
pools { staff { addrs = 10.98.0.0/24 } }
`,
  });
  return {
    inside,
    address: machine.address,
    coaPort,
    output: daemon.output,
    controlSocket: path.join(directory, `swan-${machine.name}`, 'vici'),
    tunnels: async () => (await swanctl('--list-sas')).stdout,
  };
}

/**
 * Connects from a workstation: EAP-TTLS with GTC unless `method` says otherwise, and the key of a certificate that names the user (SAN), or none. `text` is
 * what is typed into the password box.
 */
export async function connectStrongswan(
  machine: Machine,
  directory: string,
  authority: Authority,
  login: {
    readonly gateway: StrongswanGateway;
    readonly userName: string;
    readonly text: string;
    readonly certificate: Certificate | null;
    readonly method?: 'eap-ttls' | 'eap-tls' | 'eap-gtc' | 'eap-mschapv2';
    readonly overTimeSeconds?: number;
  },
): Promise<TunnelAttempt> {
  const { gateway, userName, text, certificate, method = 'eap-ttls', overTimeSeconds } = login;
  const name = `swan-${machine.name}-${Math.random().toString(36).slice(2)}`;
  const { daemon, swanctl } = await startCharon(machine, directory, name, {
    authority,
    certificate,
    plugins: '',
    swanctl: `connections { home {
  version = 2
  local_addrs = ${machine.address}
  remote_addrs = ${gateway.address}
  ${overTime(overTimeSeconds)}
  vips = 0.0.0.0
  local { auth = ${method}
    eap_id = ${userName}
    aaa_id = radius.example.org
  }
  remote { auth = pubkey
    id = ${gatewayName}
  }
  children { net { remote_ts = ${gateway.inside}/32 } }
} }
secrets { eap-own { id = ${userName}
  secret = 0s${Buffer.from(text, 'utf8').toString('base64')}
} }
`,
  });
  const { code } = await swanctl('--initiate', '--child', 'net', '--timeout', '15');
  return {
    up: code === 0,
    output: daemon.output,
    printed: daemon.printed,
    close: async () => {
      await swanctl('--terminate', '--ike', 'home', '--timeout', '5');
      await daemon.stop();
    },
  };
}
