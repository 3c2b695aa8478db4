// The test network: a broker, gateways, workstations, and an organisation with an account for every case.
import { type Broker, type Dialect, startBroker } from './broker.ts';
import { deniedCases, type LoginCase, rightCases, userNameFor } from './cases.ts';
import { type Authority, type Certificate, createAuthority } from './certificates.ts';
import { createNetwork, type Machine } from './namespace.ts';
import { type Account, type AccountOptions, createOrganisation } from './organisation.ts';
import { createRadclient, type Radclient, text } from './radclient.ts';
import { currentCode, wrongCode } from './totp.ts';

/** What the organisation knows of each gateway; the name is its NAS-Identifier too. */
const gateways = {
  'ocserv-challenge': { client: 'vpn', profile: 'ocserv', style: 'challenge', leastEvidence: 0 },
  'ocserv-appended': { client: 'vpn', profile: 'ocserv', style: 'appended', leastEvidence: 0 },
  'openvpn-plugin': { client: 'vpn', profile: 'openvpn-radiusplugin', style: 'appended', leastEvidence: 0 },
  'openvpn-script': { client: 'vpn-script', profile: 'openvpn-script', style: 'appended', leastEvidence: 2 },
  pam: { client: 'vpn', profile: 'generic', style: 'challenge', leastEvidence: 0 },
  appended: { client: 'radtest', profile: 'generic', style: 'appended', leastEvidence: 0 },
  'code-only': { client: 'radtest', profile: 'generic', style: 'code-only', leastEvidence: 0 },
  challenge: { client: 'radtest', profile: 'generic', style: 'challenge', leastEvidence: 0 },
  'over-tls': { client: 'tls-proxy', profile: 'generic', style: 'challenge', leastEvidence: 0 },
  'ocserv-over-tls': { client: 'tls-proxy', profile: 'ocserv', style: 'challenge', leastEvidence: 0 },
  'eap-over-tls': { client: 'tls-proxy', profile: 'generic', style: 'appended', leastEvidence: 0 },
  // On MikroTik's profile: told by Disconnect-Requests, on the connection that its proxy has opened.
  'cut-over-tls': { client: 'tls-proxy', profile: 'mikrotik', style: 'appended', leastEvidence: 0 },
  'behind-proxy': { client: 'proxy', profile: 'generic', style: 'challenge', leastEvidence: 0 },
} as const;

export type GatewayName = keyof typeof gateways;

interface Workstation {
  readonly machine: Machine;
  readonly certificate: Certificate;
}

/** One login as its holder, or somebody else, types it. */
export interface Login {
  readonly userName: string;
  readonly password: string;
  readonly code: string;
  readonly workstation: Workstation;
}

export interface Lab {
  readonly directory: string;
  readonly authority: Authority;
  readonly broker: Broker;
  readonly brokerHost: Machine;
  /** Host of ocserv, of OpenVPN with the plugin and of the PAM service; none of them signs its requests. */
  readonly vpn: Machine;
  /** Host of OpenVPN with the script, which signs. */
  readonly vpnScript: Machine;
  readonly radtest: Machine;
  readonly proxy: Machine;
  /** Assigned to every account; another account's; nobody's. */
  readonly workstations: {
    readonly assigned: Workstation;
    readonly other: Workstation;
    readonly unregistered: Workstation;
  };
  readonly secret: string;
  /** From `radtest`, by IPv4. */
  readonly radclient: Radclient;
  account(userName: string): Account;
  /** Its login with a fresh code, from the assigned workstation. */
  freshLogin(userName: string): Promise<Login>;
  /** The login of a case, after whatever came before it. */
  loginFor(gateway: GatewayName, loginCase: LoginCase): Promise<Login>;
  remove(): Promise<void>;
}

/** What radclient sends for a login; `password` is what stands in User-Password. */
export function loginAttributes(
  gateway: GatewayName,
  login: { readonly userName: string; readonly password: string; readonly from: string },
): string[] {
  return [
    text('User-Name', login.userName),
    text('User-Password', login.password),
    text('NAS-Identifier', gateway),
    text('Calling-Station-Id', login.from),
  ];
}

/**
 * Builds the network and starts the broker.
 * @param tried gateways through which every case is tried
 * @param extra further accounts, all right
 * @param ofExtra what is said of them beside it
 */
export async function createLab(
  dialect: Dialect,
  tried: readonly GatewayName[],
  extra: readonly string[] = [],
  ofExtra: Partial<AccountOptions> = {},
): Promise<Lab> {
  const network = await createNetwork();
  try {
    const { directory } = network;
    const authority = await createAuthority(directory);
    const brokerHost = await network.addMachine('broker', 2);
    const vpn = await network.addMachine('vpn', 10);
    const vpnScript = await network.addMachine('vpn-script', 11);
    const radtest = await network.addMachine('radtest', 12);
    const proxy = await network.addMachine('proxy', 13);
    const addWorkstation = async (name: string, host: number): Promise<Workstation> => ({
      machine: await network.addMachine(name, host),
      certificate: await authority.issue(name, 'client'),
    });
    const assigned = await addWorkstation('assigned', 101);
    const other = await addWorkstation('other', 102);
    const unregistered = await addWorkstation('stranger', 103);

    // 32 characters: what the documentation recommends, and within what radcli and the plugin take.
    const secret = 'k3Vt9wQz7LmX2rBn8sYc4hJd6fGa5pTe';
    const organisation = createOrganisation();
    for (const [tag, { machine, certificate }] of [
      ['PC-0001', assigned],
      ['PC-0002', other],
    ] as const) {
      organisation.addWorkstation(tag, [
        { type: 'source-address', value: machine.address },
        { type: 'certificate-sha256', value: certificate.sha256 },
      ]);
    }
    organisation.addClient({ name: 'vpn', address: vpn.address, secret, unsigned: true });
    organisation.addClient({ name: 'vpn-script', address: vpnScript.address, secret });
    organisation.addClient({ name: 'radtest', address: radtest.address, secret });
    organisation.addClient({ name: 'radtest-6', address: radtest.address6, secret });
    organisation.addClient({ name: 'proxy', address: proxy.address, secret });
    organisation.addTlsClient({ name: 'tls-proxy', dnsName: 'radsecproxy.test' });
    for (const [name, { style, ...gateway }] of Object.entries(gateways)) {
      organisation.addGateway({
        ...gateway,
        name,
        nasIdentifier: name,
        profileOverrides: { credentials: { style } },
      });
    }
    organisation.addGateway({
      name: 'appended-6',
      client: 'radtest-6',
      profile: 'generic',
      nasIdentifier: 'appended',
      leastEvidence: 0,
    });

    const accounts = new Map<string, Account>();
    const addAccount = (...args: Parameters<typeof organisation.addAccount>): void => {
      const account = organisation.addAccount(...args);
      accounts.set(account.userName, account);
    };
    const workstations = ['PC-0001'];
    addAccount('holder-of-the-other', { workstations: ['PC-0002'] });
    for (const gateway of tried) {
      // OpenVPN itself spoils accents in a password with the code appended to it.
      const ascii = gateway.startsWith('openvpn');
      for (const right of rightCases) addAccount(userNameFor(gateway, right), { workstations, ascii });
      for (const deniedCase of deniedCases) {
        addAccount(userNameFor(gateway, deniedCase), { workstations, ascii, ...deniedCase.account });
      }
    }
    for (const userName of extra) {
      addAccount(userName, { workstations, ascii: userName.startsWith('openvpn'), ...ofExtra });
    }

    const certificate = await authority.issue('broker', 'server', `IP:${brokerHost.address}`);
    const { certificateFile, keyFile } = certificate;
    const broker = await startBroker(brokerHost, directory, organisation, {
      dialect,
      eap: { certificateFile, keyFile },
      tls: { certificate, authorityFile: authority.file },
    });
    const radclient = await createRadclient(radtest, directory, {
      server: `${broker.address}:${broker.port}`,
      secret,
    });
    const account = (userName: string): Account => {
      const found = accounts.get(userName);
      if (found === undefined) throw new Error(`no account ${userName}`);
      return found;
    };

    /** Sends the appended form through another gateway, as if from the assigned workstation. */
    const send = async (userName: string, password: string): Promise<string> => {
      const from = assigned.machine.address;
      const attributes = loginAttributes('appended', { userName, password, from });
      return (await radclient.send({ attributes })).kind;
    };

    return {
      directory,
      authority,
      broker,
      brokerHost,
      vpn,
      vpnScript,
      radtest,
      proxy,
      workstations: { assigned, other, unregistered },
      secret,
      radclient,
      account,
      freshLogin: async (userName) => {
        const { password, seed } = account(userName);
        return { userName, password, code: await currentCode(seed), workstation: assigned };
      },
      loginFor: async (gateway, loginCase) => {
        const { userName, password, seed } = account(userNameFor(gateway, loginCase));
        const code = await currentCode(seed);
        const right: Login = { userName, password, code, workstation: assigned };
        if (typeof loginCase === 'string') return right;
        if (loginCase.before === 'its code was used') {
          const kind = await send(userName, password + code);
          if (kind !== 'accept') throw new Error(`the first use of the code got ${kind}`);
        }
        if (loginCase.before === 'five wrong codes') {
          const wrong = password + (await wrongCode(seed));
          await Promise.all(Array.from({ length: 5 }, () => send(userName, wrong)));
        }
        switch (loginCase.wrong) {
          case 'password':
            return { ...right, password: `${password}x` };
          case 'code':
            return { ...right, code: await wrongCode(seed) };
          case 'user name':
            return { ...right, userName: `${userName}.nobody` };
          case 'workstation of another':
            return { ...right, workstation: other };
          case 'unregistered workstation':
            return { ...right, workstation: unregistered };
          default:
            return right;
        }
      },
      remove: network.remove,
    };
  } catch (error) {
    await network.remove();
    throw error;
  }
}
