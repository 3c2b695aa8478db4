import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEachStore, type OpenTestStore } from '../../store/each-store.ts';
import { cheapPhc, countOf, createHarness, dump, type Harness, seeds, smallOrganisation } from './harness.ts';

type Organisation = ReturnType<typeof smallOrganisation>;
type Change = (organisation: Organisation) => void;

const first = (list: readonly object[], change: object): void => void Object.assign(list[0] ?? {}, change);
const account =
  (change: object): Change =>
  (o) =>
    first(o.accounts, change);

/** What is wrong with one file, and what its only fault says; the line is that of the entry. */
const cases: readonly (readonly [what: string, change: Change, fault: RegExp])[] = [
  [
    'a unit below nobody',
    (o) => first(o.units, { parent: 'X' }),
    /^:11: unit "A-1": parent: there is no unit "X"\. Add the unit/,
  ],
  [
    'units in a circle',
    (o) => Object.assign(o.units[1] ?? {}, { parent: 'A-1' }),
    /unit "A(-1)?": parent: it lies below itself/,
  ],
  [
    'a unit twice',
    (o) => void o.units.push({ code: 'A', name: 'Lần hai', parent: null }),
    /unit "A": its code is that of line \d+\. Keep one/,
  ],
  [
    'a time zone that is none',
    (o) => Object.assign(o.organisation, { timeZone: 'Asia/Hanoi' }),
    /organisation: timeZone: unknown time zone "Asia\/Hanoi"/,
  ],
  [
    'a realm that is none',
    (o) => Object.assign(o.organisation, { realms: ['a b'] }),
    /organisation: realms: "a b" is not a realm/,
  ],
  ['a person of no unit', (o) => first(o.people, { unit: 'X' }), /person "S1": unit: there is no unit "X"/],
  [
    'a person twice',
    (o) => first(o.people, { staffCode: 'S2' }),
    /the person "S2" stands on line \d+ already/,
  ],
  [
    'a detail of another kind of event',
    (o) => first(o.people, { employment: [{ kind: 'ended', detail: 'sick', from: '2026-01-01' }] }),
    /employment\[0\]\.detail: sick does not go with "ended"\. With "ended" give one of retired/,
  ],
  [
    'a detail where there is none',
    (o) => first(o.people, { employment: [{ kind: 'hired', detail: 'retired', from: '2026-01-01' }] }),
    /Leave it out: "hired" has none/,
  ],
  [
    'an impossible date',
    (o) => first(o.people, { employment: [{ kind: 'hired', from: '31/02/2020' }] }),
    /employment\[0\]\.from: "31\/02\/2020" is no day of the calendar\. Write day\/month\/year/,
  ],
  [
    'the same event twice',
    (o) =>
      first(o.people, {
        employment: [
          { kind: 'hired', from: '2020-01-01' },
          { kind: 'hired', from: '01/01/2020' },
        ],
      }),
    /employment\[1\]: "hired" is given twice for that day/,
  ],
  [
    'a paper that ends before it begins',
    (o) => first(o.assignments, { validUntil: '01/02/2026' }),
    /assignment "12\/QĐ": validUntil: 01\/02\/2026 is not after validFrom/,
  ],
  [
    'a useless identifier',
    (o) => first(o.workstations, { identifiers: [{ type: 'mac', value: '00:00:00:00:00:00' }] }),
    /workstation "MT-1": identifiers\[0\]: "00:00:00:00:00:00" is no usable mac\. Copy it/,
  ],
  [
    'a key of two workstations',
    (o) => {
      const identifiers = [{ type: 'spki-sha256', value: 'a'.repeat(64) }];
      for (const one of o.workstations) Object.assign(one, { identifiers });
    },
    /the key "spki-sha256:a{64}" stands on line \d+ already/,
  ],
  [
    'a keeper who is nobody',
    (o) => first(o.workstations, { keeper: 'S9' }),
    /workstation "MT-1": keeper: there is no person with staff code "S9"/,
  ],
  [
    'a workstation twice',
    (o) => Object.assign(o.workstations[1] ?? {}, { assetTag: 'MT-1' }),
    /the workstation "MT-1" stands on line \d+ already|no workstation "MT-2"/,
  ],
  [
    'an account of nobody',
    account({ staffCode: 'S9' }),
    /account "NVDuc@example\.vn": staffCode: there is no person|account "nvduc": staffCode: there is no person with staff code "S9"/,
  ],
  ['a user name that cannot be sent', account({ userName: 'nguyễn văn' }), /userName: the user name/],
  [
    'an account twice, however it is spelt',
    (o) => Object.assign(o.accounts[1] ?? {}, { userName: 'nvduc', authenticators: [] }),
    /the account "nvduc" stands on line \d+ already/,
  ],
  [
    'a term that ends before it begins',
    account({ validUntil: '28/02/2026' }),
    /validUntil: 28\/02\/2026 is not after validFrom/,
  ],
  ['a month before the day', account({ validUntil: '02/28/2027' }), /has the month before the day/],
  [
    'a password that is too short',
    account({ password: { plain: 'bảy' } }),
    /password\.plain: it has 5 octets in UTF-8\. Use a password of 8 to 106 octets/,
  ],
  [
    'a hash of another kind',
    account({ password: { phc: '$2b$12$KIXq8e9Q1tq0b0m4m5c7Qe1ZyqW5z1yq7m2o8q3n7Z8Qk2c1w9F7u' } }),
    /password\.phc: it is no argon2 hash/,
  ],
  [
    'a hash that costs too much',
    account({
      password: {
        phc: '$argon2id$v=19$m=524288,t=9,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
      },
    }),
    /password\.phc: it costs too much/,
  ],
  [
    'two passwords',
    account({ password: { plain: 'mot mat khau dai', phc: 'x' } }),
    /password: exactly one of plain and phc is needed/,
  ],
  [
    'no password where one is promised',
    account({ password: {} }),
    /password: exactly one of plain and phc is needed/,
  ],
  [
    'a seed that is too short',
    account({ authenticators: [{ kind: 'app', seed: 'GEZDGNBV' }] }),
    /authenticators\[0\]\.seed: the seed has 5 octets/,
  ],
  [
    'a seed that is no base32',
    account({ authenticators: [{ kind: 'app', seed: 'not base 32 at all 0189' }] }),
    /authenticators\[0\]\.seed: the base32 text has a character/,
  ],
  [
    'a seed twice',
    account({
      authenticators: [
        { kind: 'app', seed: seeds[0] },
        { kind: 'app', seed: seeds[0].toLowerCase() },
      ],
    }),
    /authenticators\[1\]\.seed: it is that of another authenticator of this account/,
  ],
  [
    'codes of two lengths',
    account({
      authenticators: [
        { kind: 'app', seed: seeds[0] },
        { kind: 'app', digits: 8, seed: `${seeds[0]}GE======` },
      ],
    }),
    /authenticators: their codes have different lengths/,
  ],
  [
    'a serial number twice',
    account({ authenticators: [{ kind: 'token', serialNumber: 'T-77', seed: seeds[0] }] }),
    /the serial number "T-77" stands on line \d+ already/,
  ],
  [
    'a paper that nobody gave',
    account({ assignments: ['13/QĐ'] }),
    /assignments: there is no assignment "13\/QĐ"\. Add it/,
  ],
  [
    'a paper of another unit',
    account({ assignments: [{ number: '12/QĐ', unit: 'A-1' }] }),
    /there is no assignment "12\/QĐ" of unit "A-1"/,
  ],
  ['a paper twice', account({ assignments: ['12/QĐ', '12/QĐ'] }), /assignments: "12\/QĐ" stands there twice/],
  [
    'a paper whose number two units gave',
    (o) => void o.assignments.push({ ...(o.assignments[0] ?? (o.assignments[0] as never)), unit: 'A-1' }),
    /several units gave "12\/QĐ": A, A-1\. Say which: \{number: "12\/QĐ", unit: "A"\}/,
  ],
  [
    'a workstation that is not there',
    account({ workstations: ['MT-9'] }),
    /workstations: there is no workstation "MT-9"/,
  ],
  [
    'a workstation assigned twice',
    account({ workstations: ['MT-1', 'MT-1'] }),
    /workstations: "MT-1" stands there twice/,
  ],
  [
    'a use that ends before it begins',
    account({ workstations: [{ assetTag: 'MT-1', validFrom: '02/05/2026', validUntil: '30/04/2026' }] }),
    /workstations\[0\]\.validUntil: it is not after validFrom/,
  ],
  [
    'a client without a secret',
    (o) => {
      o.radiusClients[0] = { name: 'R1', address: '192.0.2.0/24' };
    },
    /RADIUS client "R1": secret: it is missing\. Give secret or secretFile/,
  ],
  [
    'a short secret',
    (o) => first(o.radiusClients, { secret: 'fifteen letters' }),
    /secret: it has fewer than 16 characters/,
  ],
  [
    'a secret twice over',
    (o) => first(o.radiusClients, { secretFile: 'x' }),
    /secretFile: secret and secretFile are both given/,
  ],
  [
    'a secret file that is not there',
    (o) => {
      o.radiusClients[0] = { name: 'R1', address: '192.0.2.0/24', secretFile: 'nowhere' };
    },
    /secretFile: .*nowhere cannot be read \(ENOENT\)/,
  ],
  [
    'a client that comes from nowhere',
    (o) => {
      o.radiusClients[0] = { name: 'R1', secret: 'a secret that is long enough' };
    },
    /RADIUS client "R1": address: it is missing\. Give address, or tls/,
  ],
  [
    'a secret of a client that comes over TLS',
    (o) => {
      o.radiusClients[0] = { name: 'R1', tls: { names: ['a.example.org'] }, secret: 'a secret of sorts' };
    },
    /RADIUS client "R1": secret: it is for a client with an address/,
  ],
  [
    'a certificate with an asterisk',
    (o) => first(o.radiusClients, { tls: { names: ['*.example.org'] } }),
    /RADIUS client "R1": tls: "\*\.example\.org" is no name of a certificate/,
  ],
  [
    'a pin that is none',
    (o) => first(o.radiusClients, { tls: { pins: ['ab:cd'] } }),
    /RADIUS client "R1": tls: "ab:cd" is no SHA-256 fingerprint/,
  ],
  [
    'an issuer that the broker does not trust',
    (o) => first(o.radiusClients, { tls: { names: ['a.example.org'], issuer: 'cd'.repeat(32) } }),
    /^:\d+: RADIUS client "R1": tls\.issuer: it is the fingerprint of no authority in radius\.tls\.caFile\. Add its certificate to that file, or write one of (ab){32}\.$/,
  ],
  [
    'an issuer that is no fingerprint',
    (o) => first(o.radiusClients, { tls: { names: ['a.example.org'], issuer: 'CN=VPN CA' } }),
    /RADIUS client "R1": tls\.issuer: "CN=VPN CA" is no SHA-256 fingerprint/,
  ],
  [
    'an issuer without a name',
    (o) => first(o.radiusClients, { tls: { issuer: 'ab'.repeat(32), pins: ['cd'.repeat(32)] } }),
    /RADIUS client "R1": tls: it names no certificate/,
  ],
  [
    'an address that is none',
    (o) => first(o.radiusClients, { address: '192.0.2' }),
    /address: "192\.0\.2" is no address or prefix/,
  ],
  [
    'bits beyond the prefix',
    (o) => first(o.radiusClients, { address: '192.0.2.7/24' }),
    /has bits set beyond its prefix\. Write 192\.0\.2\.0\/24/,
  ],
  [
    'an impossible prefix',
    (o) => first(o.radiusClients, { address: '192.0.2.0/33' }),
    /has an impossible prefix length/,
  ],
  [
    'an address twice, however it is spelt',
    (o) => first(o.radiusClients, { address: '2001:db8:0::1/128' }),
    /RADIUS client "R2": its address is that of line \d+/,
  ],
  [
    'a client that never signs, without a reason',
    (o) => first(o.radiusClients, { requireMessageAuthenticator: 'never' }),
    /reason: it is missing/,
  ],
  [
    'a reason for nothing',
    (o) => first(o.radiusClients, { reason: 'x' }),
    /reason: it is for requireMessageAuthenticator: never only/,
  ],
  [
    'a gateway of no client',
    (o) => first(o.gateways, { client: 'R9' }),
    /gateway "G1": client: there is no RADIUS client "R9"/,
  ],
  [
    'a profile that is not installed',
    (o) => first(o.gateways, { profile: 'ocservs' }),
    /profile: there is no profile "ocservs"\. Did you mean ocserv\?/,
  ],
  [
    'a change that the profile cannot take',
    (o) => first(o.gateways, { profileOverrides: { credentials: { style: 'static-challenge' } } }),
    /profileOverrides: .*can't carry static-challenge/,
  ],
  [
    'two gateways that call themselves the same',
    (o) => void o.gateways.push({ name: 'G3', client: 'R1', profile: 'ocserv', nasIdentifier: 'g1' }),
    /gateway "G3": what it calls itself \(nasIdentifier, nasIpAddress\) is that of line \d+/,
  ],
  [
    'a NAS-IP-Address that is none',
    (o) => first(o.gateways, { nasIpAddress: 'x' }),
    /nasIpAddress: "x" is no address/,
  ],
  [
    'a policy that asks an upstream which no node has',
    (o) => first(o.policies, { firstFactor: 'old-radus' }),
    /^:\d+: policy: firstFactor: the configuration has no upstream "old-radus"\. Did you mean old-radius\?/,
  ],
  [
    'an account whose password an upstream has that no node has',
    account({ firstFactor: 'ldap' }),
    /account "NVDuc@example.vn": firstFactor: the configuration has no upstream "ldap"/,
  ],
  [
    'a policy for a gateway that is not there',
    (o) => void o.policies.push({ scope: { gateway: 'G9' } }),
    /policy: scope\.gateway: there is no gateway "G9"/,
  ],
  [
    'a policy for a unit that is not there',
    (o) => void o.policies.push({ scope: { unit: 'X' } }),
    /policy: scope\.unit: there is no unit "X"/,
  ],
  [
    'a scope of two',
    (o) => void o.policies.push({ scope: { unit: 'A', gateway: 'G1' } }),
    /policy: scope: it names a unit and a gateway/,
  ],
  [
    'a scope twice',
    (o) => void o.policies.push({ scope: { unit: 'A-1' } }),
    /policy: its scope is that of line \d+/,
  ],
  [
    'hours that are none',
    (o) => first(o.policies, { hours: { windows: [{ days: [0], from: '07:00', until: '18:00' }] } }),
    /policy: hours: hours: days are numbers from 1/,
  ],
  [
    'units of a gateway that are not there',
    (o) => first(o.policies, { gatewayUnits: ['X'] }),
    /policy: gatewayUnits: there is no unit "X"/,
  ],
  [
    'a field that is not known',
    account({ validUntill: '2027-01-01' }),
    /account "NVDuc@example\.vn": validUntill: there is no such setting\. Did you mean validUntil\? Known are userName/,
  ],
  [
    'a field that is missing',
    (o) => {
      o.workstations[0] = { kind: 'personal', unit: 'A', identifiers: [] } as never;
    },
    /workstation: assetTag is missing\. Set assetTag/,
  ],
  [
    'a list that is missing',
    account({ workstations: undefined }),
    /account "NVDuc@example\.vn": workstations is missing\. Set workstations to a list/,
  ],
  [
    'a value outside the list',
    account({ status: 'aktiv' }),
    /status: "aktiv" is not one of pending, active, withdrawn/,
  ],
  [
    'an entry that is none',
    (o) => void (o.accounts as unknown[]).push('ttmai'),
    /account: is not a section with settings of its own/,
  ],
];

/** One harness for all tests of a group: what is refused must change nothing. */
function shareHarness(open: OpenTestStore, prepare: (harness: Harness) => Promise<unknown> = async () => {}) {
  let harness: Harness;
  const cleanups: (() => void)[] = [];
  beforeAll(async () => {
    harness = await createHarness(await open(), (cleanup) => cleanups.push(cleanup));
    await prepare(harness);
  });
  afterAll(() => {
    for (const cleanup of cleanups) cleanup();
  });
  return () => harness;
}

describeOnEachStore('a file with faults', (open) => {
  const shared = shareHarness(open);
  it.each(cases)(
    'is refused for %s, at its line and with a remedy, and changes nothing',
    async (_what, change, fault) => {
      const { store, faultsOf } = shared();
      const before = await dump(store);
      const organisation = smallOrganisation();
      change(organisation);
      const faults = await faultsOf(organisation);
      expect(faults.some((line) => fault.test(line))).toBe(true);
      for (const line of faults) expect(line).toMatch(/^:\d+: .+\. .+[.?]$/s);
      expect(await dump(store)).toBe(before);
    },
  );

  it('is told all of them at once, and nothing that follows from another', async () => {
    const { faultsOf } = shared();
    const organisation = smallOrganisation();
    first(organisation.people, { kind: 'robot' });
    first(organisation.workstations, { state: 'broken' });
    first(organisation.assignments, { validUntil: 'soon' });
    first(organisation.units, { name: '' });
    first(organisation.radiusClients, { address: 'here' });
    first(organisation.gateways, { profile: 'none' });
    Object.assign(organisation.accounts[1] ?? {}, { staffCode: 'S9' });
    const faults = await faultsOf(organisation);
    expect(faults.map((line) => line.replace(/^:\d+: /, '').replace(/^(.*?"): .*$/s, '$1')).sort()).toEqual([
      'RADIUS client "R1"',
      'account "ttmai"',
      'assignment "12/QĐ"',
      'gateway "G1"',
      'person "S1"',
      'unit "A-1"',
      'workstation "MT-1"',
    ]);
  });

  it('is told the first hundred of many, and how many there are', async () => {
    const { write, run } = shared();
    const lines = Array.from({ length: 250 }, (_, index) =>
      JSON.stringify({ kind: 'unit', code: `U${index}` }),
    );
    await expect(run(write(lines.join('\n'), 'jsonl'))).rejects.toMatchObject({
      message: expect.stringMatching(/^250 faults; nothing was imported\.[\s\S]*… and 150 more$/),
      faults: { length: 100 },
    });
  });

  it('never sees its secrets again', async () => {
    const { faultsOf } = shared();
    const secret = 'rat-la-bi-mat-khong-ai-biet';
    const organisation = smallOrganisation();
    Object.assign(organisation.accounts[0] ?? {}, { password: secret, authenticators: secret });
    Object.assign(organisation.accounts[1] ?? {}, {
      password: { plain: [secret] },
      authenticators: [secret, { kind: 'app', seed: { secret } }, { kind: 'app', seed: secret }],
    });
    first(organisation.radiusClients, { secret: [secret] });
    const faults = await faultsOf(organisation);
    expect(faults.length).toBeGreaterThan(5);
    expect(faults.join('\n')).not.toContain(secret);
    const broken = await faultsOf(
      `{"kind":"account","password":{"plain":"${secret}"\n{"kind":"${'x'}"}`,
      'jsonl',
    );
    expect(broken.join('\n')).not.toContain(secret);
  });

  it.each([
    [
      'an unknown section',
      'people: []\nacounts: []\n',
      'yaml',
      /:2: there is no section "acounts"\. Did you mean accounts\?/,
    ],
    ['a section that is no list', 'people: 7\n', 'yaml', /:1: people is not a list/],
    [
      'a line without kind',
      '{"code":"A"}\n',
      'jsonl',
      /:1: "kind" is missing\. Give one of organisation, unit/,
    ],
    ['a line of another kind', '\n{"kind":"users"}\n', 'jsonl', /:2: "kind": there is no "users"/],
    [
      'a person without their own kind',
      '{"kind":"person","staffCode":"S1"}\n',
      'jsonl',
      /:1: personKind is missing/,
    ],
    [
      'an organisation that comes late',
      '{"kind":"unit","code":"A","name":"A"}\n{"kind":"organisation"}\n',
      'jsonl',
      /:2: organisation: it does not come first/,
    ],
  ])('is refused for %s', async (_what, text, extension, fault) => {
    const { faultsOf } = shared();
    expect(await faultsOf(text, extension)).toEqual([expect.stringMatching(fault)]);
  });

  it.each([
    ['YAML that is none', 'units: [\n', 'yaml', /not well-formed/],
    ['a list', '[]', 'json', /holds no organisation/],
    [
      'aliases without end',
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b]\nunits: [*c,*c,*c,*c,*c]\n`,
      'yaml',
      /aliases cannot be resolved/,
    ],
  ])('is refused at once when it is %s', async (_what, text, extension, message) => {
    const { store, write, run } = shared();
    const before = await dump(store);
    await expect(run(write(text, extension))).rejects.toMatchObject({
      name: 'OperatorError',
      message: expect.stringMatching(message),
    });
    expect(await dump(store)).toBe(before);
  });

  it('is refused when it is not there', async () => {
    const { run } = shared();
    await expect(run('/nowhere/organisation.yaml')).rejects.toMatchObject({
      message: expect.stringContaining('ENOENT'),
      remedy: 'Check the path.',
    });
  });
});

describeOnEachStore('a file that contradicts the store', (open) => {
  const shared = shareHarness(open, (harness) => harness.import(smallOrganisation()));
  const contradictions: readonly (readonly [string, Change, RegExp])[] = [
    [
      'gives an account to somebody else',
      account({ staffCode: 'S2' }),
      /the account belongs to "S1", and accounts do not change hands/,
    ],
    [
      'gives a token to another account',
      (o) => {
        first(o.accounts, { authenticators: [{ kind: 'token', serialNumber: 'T-77', seed: seeds[0] }] });
        Object.assign(o.accounts[1] ?? {}, { authenticators: [] });
      },
      /authenticators\[0\]\.serialNumber: it is that of an authenticator of the account "ttmai"/,
    ],
    [
      'gives a known token another seed',
      (o) => {
        Object.assign(o.accounts[1] ?? {}, {
          authenticators: [{ kind: 'token', serialNumber: 'T-77', digits: 8, seed: seeds[0] }],
        });
      },
      /the account has it already, with another seed/,
    ],
    [
      'adds codes of another length',
      account({ authenticators: [{ kind: 'app', digits: 8, seed: seeds[1] }] }),
      /account "nvduc": authenticators: their codes have different lengths/,
    ],
    [
      'gives a client the address of another',
      (o) => {
        o.radiusClients.splice(0, 2, {
          name: 'R3',
          address: '192.0.2.0/24',
          secret: 'mot bi mat khac du dai',
        });
      },
      /address: 192\.0\.2\.0\/24 is that of the client "R1"/,
    ],
    [
      'adds a gateway that calls itself like another',
      (o) => {
        o.gateways.splice(0, 2, { name: 'G4', client: 'R1', profile: 'ocserv', nasIdentifier: 'g1' });
      },
      /the gateway "G1" of the same client calls itself the same/,
    ],
    [
      'puts a unit below itself through one that is there',
      (o) => {
        o.units.splice(0, 2, { code: 'A', name: 'Trung tâm', parent: 'A-1' });
      },
      /unit "A": parent: it lies below itself/,
    ],
  ];

  it.each(contradictions)('is refused when it %s', async (_what, change, fault) => {
    const { store, faultsOf } = shared();
    const before = await dump(store);
    const organisation = smallOrganisation();
    change(organisation);
    expect((await faultsOf(organisation)).join('\n')).toMatch(fault);
    expect(await dump(store)).toBe(before);
  });

  it('may refer to what is there already', async () => {
    const { store, import: importFile } = shared();
    const phc = await cheapPhc('x'.repeat(12));
    await importFile({
      accounts: [
        {
          userName: 'thu',
          staffCode: 'S2',
          validFrom: '2026-03-01',
          validUntil: '2026-06-30',
          password: { phc },
          assignments: ['12/QĐ'],
          workstations: ['MT-2'],
        },
      ],
      gateways: [{ name: 'G5', client: 'R1', profile: 'generic', nasIdentifier: 'g5', unit: 'A' }],
      policies: [{ scope: { gateway: 'G1' }, leastEvidence: 1 }],
    });
    expect(await countOf(store, 'accounts')).toBe(3);
  });
});
