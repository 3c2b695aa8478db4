// The test network for EAP: a broker with a certificate, a RADIUS client, and workstations that have keys.
import { type Broker, type Dialect, startBroker } from './broker.ts';
import { type Authority, type Certificate, createAuthority } from './certificates.ts';
import { createNetwork, type Machine } from './namespace.ts';
import { type Account, type AccountOptions, createOrganisation, type Organisation } from './organisation.ts';

/** What PC-0001 is known by where there is no proof. */
export const addressOfAssigned = '192.0.2.77';

const portalName = 'portal.example.org';

export interface EapLab {
  readonly directory: string;
  readonly authority: Authority;
  readonly broker: Broker;
  readonly secret: string;
  readonly machines: ReadonlyMap<string, Machine>;
  /** Of workstations PC-0001 (assigned to every account) and PC-0002 (somebody else's), and of one that nobody registered. */
  readonly keys: {
    readonly assigned: Certificate;
    readonly other: Certificate;
    readonly stranger: Certificate;
  };
  machine(name: string): Machine;
  account(userName: string): Account;
  /** Buys a ticket for EAP-TLS over HTTPS, from where the machine is: password and code, typed one by one. */
  buyTicket(
    from: Machine,
    order: {
      readonly userName: string;
      readonly password: string;
      readonly code: string;
      readonly workstation?: string;
    },
  ): Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }>;
  remove(): Promise<void>;
}

/**
 * @param machines names of further machines and the last octets of their addresses; each is a RADIUS client of its name
 * @param declare adds gateways and what else the organisation needs
 */
export async function createEapLab(
  dialect: Dialect,
  options: {
    readonly machines: Readonly<Record<string, number>>;
    /** Of PC-0001, unless it says which workstations are theirs. */
    readonly accounts: readonly (readonly [string, Partial<AccountOptions>?])[];
    readonly declare: (organisation: Organisation) => void;
    /** Section `upstreams` of the broker's configuration; may write files into the directory. */
    readonly upstreams?: (directory: string) => readonly object[];
    /** Names in the certificates, for peers that pick one by them. */
    readonly alternativeNames?: Partial<Record<'assigned' | 'other' | 'stranger', string>>;
  },
): Promise<EapLab> {
  const network = await createNetwork();
  try {
    const { directory } = network;
    const authority = await createAuthority(directory);
    const server = await authority.issue(
      'radius.example.org',
      'server',
      `DNS:radius.example.org,DNS:${portalName}`,
    );
    const { alternativeNames } = options;
    const keys = {
      assigned: await authority.issue('pc-0001', 'client', alternativeNames?.assigned),
      other: await authority.issue('pc-0002', 'client', alternativeNames?.other),
      stranger: await authority.issue('stranger', 'client', alternativeNames?.stranger),
    };
    const brokerHost = await network.addMachine('broker', 2);
    const machines = new Map<string, Machine>([['broker', brokerHost]]);
    const secret = 'k3Vt9wQz7LmX2rBn8sYc4hJd6fGa5pTe';
    const organisation = createOrganisation();
    for (const [name, host] of Object.entries(options.machines)) {
      const machine = await network.addMachine(name, host);
      machines.set(name, machine);
      organisation.addClient({ name, address: machine.address, secret });
    }
    organisation.addWorkstation('PC-0001', [
      { type: 'spki-sha256', value: keys.assigned.spkiSha256 },
      { type: 'source-address', value: addressOfAssigned },
    ]);
    organisation.addWorkstation('PC-0002', [{ type: 'spki-sha256', value: keys.other.spkiSha256 }]);
    const accounts = new Map<string, Account>();
    accounts.set(
      'holder-of-the-other',
      organisation.addAccount('holder-of-the-other', { workstations: ['PC-0002'] }),
    );
    for (const [userName, more] of options.accounts) {
      accounts.set(userName, organisation.addAccount(userName, { workstations: ['PC-0001'], ...more }));
    }
    options.declare(organisation);
    const { certificateFile, keyFile } = server;
    const broker = await startBroker(brokerHost, directory, organisation, {
      dialect,
      eap: { certificateFile, keyFile },
      portal: { certificate: server, hostName: portalName },
      ...(options.upstreams === undefined ? {} : { upstreams: options.upstreams(directory) }),
    });
    return {
      directory,
      authority,
      broker,
      secret,
      machines,
      keys,
      machine(name) {
        const found = machines.get(name);
        if (found === undefined) throw new Error(`no machine ${name}`);
        return found;
      },
      account(userName) {
        const found = accounts.get(userName);
        if (found === undefined) throw new Error(`no account ${userName}`);
        return found;
      },
      async buyTicket(from, order) {
        const origin = `${portalName}:${broker.portalPort}`;
        const stdout = await from.must(
          'curl',
          [
            ...['--silent', '--cacert', authority.file, '--resolve', `${origin}:${broker.address}`],
            ...['--header', 'content-type: application/json', '--data-binary', '@-'],
            ...['--write-out', '\n%{http_code}', `https://${origin}/device/v1/tickets`],
          ],
          { input: JSON.stringify({ ...order, delivery: 'address' }) },
        );
        const [body = '', status = ''] = stdout.split('\n');
        return { status: Number(status), body: JSON.parse(body) as Record<string, unknown> };
      },
      remove: () => network.remove(),
    };
  } catch (error) {
    await network.remove();
    throw error;
  }
}
