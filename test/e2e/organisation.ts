// The organisation of the end-to-end tests: accounts in every state, workstations, gateways; built case by case and
// written as the organisation file that `gatewarden import` reads.
import { hashSync } from '@node-rs/argon2';
import { newSeed } from './totp.ts';

export interface AccountOptions {
  /** Asset tags of workstations assigned to it. */
  readonly workstations: readonly string[];
  readonly status?: 'pending' | 'active' | 'withdrawn';
  /** ISO date or instant. */
  readonly validFrom?: string;
  readonly validUntil?: string;
  readonly suspended?: string;
  /** Employment facts after the hiring. */
  readonly employment?: readonly { kind: string; detail?: string; from: string }[];
  /** False: no written assignment covers it. */
  readonly assigned?: boolean;
  /** No accents in its password: OpenVPN makes `_` of each octet of them. */
  readonly ascii?: boolean;
}

export interface Account {
  readonly userName: string;
  readonly staffCode: string;
  readonly password: string;
  readonly seed: string;
}

/** Some forty accounts a broker, each with a password of its own: at the usual cost their hashes were half of an import. */
const cheap = { memoryCost: 1024, timeCost: 1, parallelism: 1 };

/** Of every account. */
export const holderName = 'Nguyễn Văn A';

/** A date (YYYY-MM-DD, UTC) so many days from now. Stay two days off today: the organisation's time zone is another. */
export function dateFromToday(days: number): string {
  return new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
}

const term = { validFrom: dateFromToday(-30), validUntil: dateFromToday(30) };

/** Collects what one broker is to know; `toFile` gives the text of an organisation file. */
export function createOrganisation() {
  const people: object[] = [];
  const accounts: object[] = [];
  const workstations: object[] = [];
  const radiusClients: object[] = [];
  const gateways: object[] = [];
  const policies: object[] = [];

  return {
    addWorkstation(assetTag: string, identifiers: readonly { type: string; value: string }[]): void {
      workstations.push({
        assetTag,
        name: assetTag,
        kind: 'personal',
        unit: 'U1-1',
        identifiers,
      });
    },

    addAccount(userName: string, options: AccountOptions): Account {
      const staffCode = `S${String(people.length + 1).padStart(4, '0')}`;
      // Spaces, quotes, accents: what a password manager or a person in this country may come up with.
      const password = `${options.ascii === true ? 'Mat khau' : 'Mật khẩu'} "${staffCode}", \\ 100%`;
      const seed = newSeed();
      people.push({
        staffCode,
        fullName: holderName,
        unit: 'U1-1',
        kind: 'civil-servant',
        position: 'chuyên viên',
        employment: [{ kind: 'hired', from: '2020-01-01' }, ...(options.employment ?? [])],
      });
      accounts.push({
        userName,
        staffCode,
        status: options.status ?? 'active',
        validFrom: options.validFrom ?? term.validFrom,
        validUntil: options.validUntil ?? term.validUntil,
        password: { phc: hashSync(password, cheap) },
        authenticators: [{ kind: 'app', algorithm: 'SHA1', digits: 6, periodSeconds: 30, seed }],
        assignments: options.assigned === false ? [] : ['01/QĐ-KT'],
        workstations: options.workstations,
        ...(options.suspended === undefined ? {} : { suspended: options.suspended }),
      });
      return { userName, staffCode, password, seed };
    },

    addClient(client: { name: string; address: string; secret: string; unsigned?: boolean }): void {
      radiusClients.push({
        name: client.name,
        address: client.address,
        secret: client.secret,
        requireMessageAuthenticator: client.unsigned === true ? 'auto' : 'always',
      });
    },

    /** A client that comes over TLS, known by a name in its certificate. */
    addTlsClient(client: { name: string; dnsName: string }): void {
      radiusClients.push({ name: client.name, tls: { names: [client.dnsName] } });
    },

    addGateway(gateway: {
      name: string;
      client: string;
      profile: string;
      profileOverrides?: object;
      nasIdentifier: string;
      control?: string;
      leastEvidence: number;
    }): void {
      const { leastEvidence, ...rest } = gateway;
      gateways.push(rest);
      policies.push({
        scope: { gateway: gateway.name },
        leastEvidence,
        workstationMode: 'enforce',
      });
    },

    addPolicy(policy: { readonly scope: 'organisation' | object } & Record<string, unknown>): void {
      policies.push(policy);
    },

    /** More of a gateway's policy. */
    amendPolicy(gateway: string, more: object): void {
      const policy = policies.find(
        (one) => (one as { scope?: { gateway?: string } }).scope?.gateway === gateway,
      );
      if (policy === undefined) throw new Error(`no gateway ${gateway}`);
      Object.assign(policy, more);
    },

    toFile(): string {
      const file = {
        organisation: { name: 'Cơ quan kiểm thử', timeZone: 'Asia/Ho_Chi_Minh', realms: [], rulesVersion: 0 },
        units: [
          { code: 'U1', name: 'Trung tâm', parent: null },
          { code: 'U1-1', name: 'Phòng Kiểm thử', parent: 'U1' },
        ],
        people,
        assignments: [
          {
            number: '01/QĐ-KT',
            date: dateFromToday(-30),
            signatory: 'Trần Thị B',
            purpose: 'kiểm thử',
            dataScope: 'không',
            unit: 'U1-1',
            validFrom: dateFromToday(-30),
          },
        ],
        workstations,
        accounts,
        radiusClients,
        gateways,
        policies,
      };
      return `${JSON.stringify(file, null, 1)}\n`;
    },
  };
}

export type Organisation = ReturnType<typeof createOrganisation>;
