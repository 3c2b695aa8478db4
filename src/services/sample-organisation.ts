// An invented organisation to try the broker with: people in every state of employment and accounts in every state of theirs.
import { type Random, randomCode } from '../base/random.ts';
import { encodeBase32, generateSeed } from '../core/otp.ts';
import { dayMs } from '../core/time-zone.ts';

/** What an account of the sample shows; all but the first three are refused. */
type SampleState =
  | 'valid'
  /** Its gateway asks for the code alone. */
  | 'code-only'
  /** Valid until the demonstration has guessed at its codes. */
  | 'to-be-locked'
  | 'expired'
  | 'not-yet-valid'
  | 'retired'
  | 'resigned'
  | 'transferred-out'
  | 'maternity-leave'
  | 'suspended'
  | 'other-workstation'
  | 'pending'
  | 'withdrawn'
  | 'no-authenticator';

/** What one needs to log in as somebody of the sample. */
export interface SampleLogin {
  readonly state: SampleState;
  readonly userName: string;
  readonly fullName: string;
  /** Null: the account has none. */
  readonly password: string | null;
  /** Base32; null: no authenticator. */
  readonly seed: string | null;
  /** Name of the gateway, which is also its NAS-Identifier. */
  readonly gateway: string;
  /** The computer that the login comes from; not the assigned one where the state says so. */
  readonly workstation: SampleWorkstation;
}

interface SampleWorkstation {
  readonly assetTag: string;
  readonly mac: string;
  readonly address: string;
  readonly certificateSha256: string;
}

export interface SampleOrganisation {
  /** An organisation file (docs/organisation-file.md), to be written as JSON and imported. Holds secrets. */
  readonly file: object;
  /** The shared secret of the clients 127.0.0.1 and ::1. */
  readonly radiusSecret: string;
  readonly logins: readonly SampleLogin[];
}

/** Names of the sample's gateways; each is one way in which VPN products hand codes over. */
export const sampleGateways = {
  appended: 'cong-chung',
  challenge: 'cong-ocserv',
  openVpn: 'cong-openvpn',
  codeOnly: 'cong-mot-ma',
  /** As `appended`, reached over IPv6. */
  appended6: 'cong-chung-v6',
} as const;

const units = [
  { code: 'TT', name: 'Trung tâm Công nghệ thông tin', parent: null },
  { code: 'SL', name: 'Chi cục tỉnh Sông Lam', parent: 'TT' },
  { code: 'HV', name: 'Chi cục tỉnh Hải Vân', parent: 'TT' },
  { code: 'SL-01', name: 'Đội nghiệp vụ huyện Thanh Sơn', parent: 'SL' },
  { code: 'SL-02', name: 'Đội nghiệp vụ huyện Yên Hà', parent: 'SL' },
  { code: 'HV-01', name: 'Đội nghiệp vụ huyện Phú Lâm', parent: 'HV' },
];

interface Character {
  readonly state: SampleState;
  readonly userName: string;
  readonly fullName: string;
  readonly unit: string;
  readonly kind: 'civil-servant' | 'public-employee' | 'worker';
  readonly position: string;
  readonly gateway: string;
}

const { appended, challenge, openVpn, codeOnly } = sampleGateways;

const characters: readonly Character[] = (
  [
    ['valid', 'nvduc', 'Nguyễn Văn Đức', 'SL-01', 'civil-servant', 'Kiểm tra viên', appended],
    ['valid', 'ttmhanh', 'Trần Thị Mỹ Hạnh', 'SL-02', 'civil-servant', 'Chuyên viên', challenge],
    ['valid', 'lqhuy', 'Lê Quang Huy', 'TT', 'public-employee', 'Kỹ sư hệ thống', openVpn],
    ['code-only', 'dtloan', 'Đặng Thị Loan', 'TT', 'public-employee', 'Trực ban', codeOnly],
    ['to-be-locked', 'vdkhoa', 'Võ Đăng Khoa', 'HV-01', 'civil-servant', 'Chuyên viên', appended],
    ['expired', 'bttrang', 'Bùi Thị Trang', 'SL', 'civil-servant', 'Chuyên viên', appended],
    ['not-yet-valid', 'hmtuan', 'Hoàng Minh Tuấn', 'HV', 'worker', 'Nhân viên', appended],
    ['retired', 'ptmai', 'Phạm Thị Mai', 'SL-01', 'civil-servant', 'Đội trưởng', appended],
    ['resigned', 'dvson', 'Đỗ Văn Sơn', 'HV-01', 'public-employee', 'Chuyên viên', challenge],
    ['transferred-out', 'ngthao', 'Ngô Gia Thảo', 'SL', 'civil-servant', 'Chuyên viên', appended],
    ['maternity-leave', 'ltngoc', 'Lý Thị Ngọc', 'SL-02', 'civil-servant', 'Kế toán', appended],
    ['suspended', 'mvphuc', 'Mai Văn Phúc', 'HV', 'civil-servant', 'Chuyên viên', appended],
    ['other-workstation', 'ctyen', 'Cao Thị Yến', 'SL-01', 'civil-servant', 'Chuyên viên', appended],
    ['pending', 'txbach', 'Tạ Xuân Bách', 'HV-01', 'worker', 'Nhân viên', appended],
    ['withdrawn', 'qthoa', 'Quách Thị Hoa', 'SL', 'public-employee', 'Văn thư', appended],
    ['no-authenticator', 'vthung', 'Vũ Tiến Hùng', 'HV', 'civil-servant', 'Phó Chi cục trưởng', appended],
  ] as const
).map(([state, userName, fullName, unit, kind, position, gateway]) => ({
  state,
  userName,
  fullName,
  unit,
  kind,
  position,
  gateway,
}));

type Event = readonly [kind: 'ended' | 'leave', detail: string];

const events: { readonly [state in SampleState]?: Event } = {
  retired: ['ended', 'retired'],
  resigned: ['ended', 'resigned'],
  'transferred-out': ['ended', 'transferred-out'],
  'maternity-leave': ['leave', 'maternity'],
};

/** First and last day of the term of use, in days from now. */
const terms: { readonly [state in SampleState]?: readonly [from: number, until: number] } = {
  expired: [-400, -5],
  'not-yet-valid': [7, 300],
};
const usualTerm = [-60, 300] as const;

const hex = (random: Random, octets: number): string => random.bytes(octets).toString('hex');

/** Locally administered, so that it is nobody's. */
function inventMac(random: Random): string {
  return `02${hex(random, 5)}`.replace(/(..)(?=.)/g, '$1-').toUpperCase();
}

function inventWorkstation(random: Random, index: number): SampleWorkstation {
  return {
    assetTag: `MT-${String(index + 1).padStart(4, '0')}`,
    mac: inventMac(random),
    address: `198.51.100.${index + 10}`,
    certificateSha256: hex(random, 32),
  };
}

const inventSecret = (random: Random, groups: number): string =>
  Array.from({ length: groups }, () => randomCode(random, 4)).join('-');

function workstationEntry({ assetTag, mac, address, certificateSha256 }: SampleWorkstation, unit: string) {
  return {
    assetTag,
    name: `Máy trạm ${assetTag}`,
    kind: 'personal',
    unit,
    identifiers: [
      { type: 'mac', value: mac },
      { type: 'source-address', value: address },
      { type: 'certificate-sha256', value: certificateSha256 },
    ],
  };
}

function accountEntry(
  login: SampleLogin,
  staffCode: string,
  assetTag: string,
  dateIn: (days: number) => string,
) {
  const { state, userName, password, seed } = login;
  const [from, until] = terms[state] ?? usualTerm;
  return {
    userName,
    staffCode,
    status: state === 'pending' || state === 'withdrawn' ? state : 'active',
    validFrom: dateIn(from),
    validUntil: dateIn(until),
    ...(password === null ? {} : { password: { plain: password } }),
    rulesVersionAccepted: 1,
    ...(state === 'suspended' ? { suspended: 'leak' } : {}),
    authenticators: seed === null ? [] : [{ kind: 'app', seed }],
    assignments: ['12/QĐ-TT'],
    workstations: [assetTag],
  };
}

function networkEntries(secret: string) {
  const [v4, v6] = ['may-nay', 'may-nay-v6'];
  const gateway = (name: string, profile: string, client: string, more: object = {}) => ({
    name,
    client,
    profile,
    nasIdentifier: name,
    unit: 'TT',
    ...more,
  });
  const policy = (name: string, leastEvidence: number) => ({
    scope: { gateway: name },
    leastEvidence,
    workstationMode: 'enforce',
  });
  return {
    radiusClients: [
      { name: v4, address: '127.0.0.1', secret },
      { name: v6, address: '::1', secret },
    ],
    gateways: [
      gateway(appended, 'generic', v4),
      gateway(challenge, 'ocserv', v4),
      gateway(openVpn, 'openvpn-script', v4),
      gateway(codeOnly, 'generic', v4, { profileOverrides: { credentials: { style: 'code-only' } } }),
      gateway(sampleGateways.appended6, 'generic', v6),
    ],
    policies: [
      { scope: 'organisation', sessionMinutes: 600 },
      policy(appended, 1),
      // ocserv reports nothing but an address: the weakest evidence there is.
      policy(challenge, 0),
      policy(openVpn, 2),
      policy(codeOnly, 1),
      policy(sampleGateways.appended6, 1),
    ],
  };
}

/** A new organisation around `now` (epoch ms), with secrets of its own from `random`. */
export function createSampleOrganisation(now: number, random: Random): SampleOrganisation {
  const dateIn = (days: number): string => new Date(now + days * dayMs).toISOString().slice(0, 10);
  const assigned = characters.map((_, index) => inventWorkstation(random, index));
  const stranger: SampleWorkstation = {
    ...inventWorkstation(random, characters.length),
    assetTag: 'MT-9999',
  };
  const radiusSecret = inventSecret(random, 6);
  const logins = characters.map(({ state, userName, fullName, gateway }, index): SampleLogin => {
    const own = assigned[index] ?? stranger;
    return {
      state,
      userName,
      fullName,
      gateway,
      password: state === 'code-only' ? null : inventSecret(random, 4),
      seed: state === 'no-authenticator' ? null : encodeBase32(generateSeed(random, 'SHA1')),
      workstation: state === 'other-workstation' ? stranger : own,
    };
  });
  const staffCodeOf = (index: number): string => `CB${String(index + 1).padStart(5, '0')}`;
  const tagOf = (index: number): string => (assigned[index] ?? stranger).assetTag;

  return {
    radiusSecret,
    logins,
    file: {
      organisation: {
        name: 'Cơ quan mẫu (hư cấu)',
        timeZone: 'Asia/Ho_Chi_Minh',
        realms: ['coquanmau.example'],
        rulesVersion: 1,
      },
      units,
      people: characters.map(({ state, fullName, unit, kind, position }, index) => {
        const event = events[state];
        return {
          staffCode: staffCodeOf(index),
          fullName,
          unit,
          kind,
          position,
          employment: [
            { kind: 'hired', from: '2018-09-03' },
            ...(event === undefined ? [] : [{ kind: event[0], detail: event[1], from: dateIn(-3) }]),
          ],
        };
      }),
      assignments: [
        {
          number: '12/QĐ-TT',
          date: dateIn(-500),
          signatory: 'Giám đốc Trung tâm Công nghệ thông tin',
          purpose: 'Khai thác cơ sở dữ liệu nghiệp vụ từ xa',
          dataScope: 'Dữ liệu nghiệp vụ thuộc địa bàn đơn vị quản lý',
          unit: 'TT',
          validFrom: dateIn(-500),
        },
      ],
      workstations: [
        ...assigned.map((workstation, index) =>
          workstationEntry(workstation, characters[index]?.unit ?? 'TT'),
        ),
        workstationEntry(stranger, 'HV-01'),
      ],
      accounts: logins.map((login, index) => accountEntry(login, staffCodeOf(index), tagOf(index), dateIn)),
      ...networkEntries(radiusSecret),
    },
  };
}
