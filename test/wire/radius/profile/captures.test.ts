// Every profile against what its gateway was seen to send: logins, and requests that are none.
import { expect, it } from 'vitest';
import { capture, interpret, type Line, profileNames, profileOf } from './capture.ts';

interface Case {
  readonly profile: string;
  readonly what: string;
  readonly lines: readonly Line[];
  /** For a login: station and identifiers as `key@level`. */
  readonly login?: {
    readonly station: string;
    readonly observed: readonly string[];
    readonly style?: string;
  };
  readonly refused?: { readonly reason: string; readonly detail: string | null };
}

const notALogin = { reason: 'service-not-allowed', detail: null };
const credentials: readonly Line[] = [
  ['User-Name', 'alice'],
  ['Password', 'secret123456'],
];

const anyConnect: readonly Line[] = [
  ...credentials,
  ['NAS-Port', '77824'],
  ['NAS-Port-Type', 'Virtual'],
  ['NAS-IP-Address', '192.0.2.1'],
  ['Called-Station-Id', '192.0.2.1'],
  ['Calling-Station-Id', '198.51.100.7'],
  ['Tunnel-Client-Endpoint:0', '198.51.100.7'],
  ['Cisco-AVPair', 'mdm-tlv=device-platform=win'],
  ['Cisco-AVPair', 'mdm-tlv=device-mac=00-0c-29-74-9d-e8'],
  ['Cisco-AVPair', 'mdm-tlv=device-mac=00-50-56-c0-00-01'],
  ['Cisco-AVPair', 'mdm-tlv=device-platform-version=10.0.17134 '],
  ['Cisco-AVPair', 'mdm-tlv=device-public-mac=00-0c-29-74-9d-e8'],
  ['Cisco-AVPair', 'mdm-tlv=ac-user-agent=AnyConnect Windows 4.8.03052'],
  ['Cisco-AVPair', 'mdm-tlv=device-type=VMware, Inc. VMware Virtual Platform'],
  ['Cisco-AVPair', `mdm-tlv=device-uid-global=${'0A'.repeat(20)}`],
  ['Cisco-AVPair', `mdm-tlv=device-uid=${'1B'.repeat(32)}`],
  ['Cisco-AVPair', 'audit-session-id=c0a8010100013000 5b0e5d3a'.replace(' ', '')],
  ['Cisco-AVPair', 'ip:source-ip=198.51.100.7'],
  ['Cisco-AVPair', 'coa-push=true'],
  ['ASA-Tunnel-Group-Name', 'STAFF'],
  ['ASA-Client-Type', 'AnyConnect-SSL'],
];

const fortiGate = (connectInfo: string): readonly Line[] => [
  ...credentials,
  ['NAS-Identifier', 'FGT-HQ'],
  ['NAS-IP-Address', '192.0.2.9'],
  ['NAS-Port-Type', 'Virtual'],
  ['Acct-Session-Id', '0000002a'],
  ['Connect-Info', connectInfo],
  ['Calling-Station-Id', '198.51.100.7'],
  ['Framed-IP-Address', '198.51.100.7'],
  ['Fortinet-Vdom-Name', 'root'],
];

const digest = Array.from({ length: 32 }, (_, i) => (i + 16).toString(16).toUpperCase()).join(':');
const bareDigest = digest.replaceAll(':', '').toLowerCase();

const mikroTik: readonly Line[] = [
  ['Service-Type', 'Framed'],
  ['Framed-Protocol', 'PPP'],
  ['NAS-Port', '15728669'],
  ['NAS-Port-Type', 'Virtual'],
  ['Calling-Station-Id', '198.51.100.7'],
  ['Called-Station-Id', '192.0.2.1'],
  ...credentials,
  ['NAS-Identifier', 'MikroTik'],
  ['NAS-IP-Address', '192.0.2.1'],
];

const cases: readonly Case[] = [
  {
    profile: 'generic',
    what: 'pam_radius, first round',
    lines: [
      ...credentials,
      ['NAS-Identifier', 'pamtest'],
      ['NAS-Port', '4711'],
      ['NAS-Port-Type', 'Virtual'],
      ['Service-Type', 'Authenticate-Only'],
      ['Calling-Station-Id', '10.1.2.3'],
    ],
    login: { station: '10.1.2.3', observed: ['source-address:10.1.2.3@0'] },
  },
  {
    profile: 'generic',
    what: 'a MAC as station',
    lines: [...credentials, ['Calling-Station-Id', '00-10-A4-23-19-C0']],
    login: { station: '0010a42319c0', observed: ['mac:0010a42319c0@1'] },
  },
  ...['Login', 'Administrative', 'NAS-Prompt', 'Call-Check', 'Authorize-Only'].map((service) => ({
    profile: 'generic',
    what: `Service-Type ${service}`,
    lines: [...credentials, ['Service-Type', service]] as const,
    refused: notALogin,
  })),
  {
    profile: 'generic',
    what: 'download of an access list',
    lines: [
      ['User-Name', '#ACSACL#-IP-deny'],
      ['Password', 'cisco'],
    ],
    refused: notALogin,
  },
  {
    profile: 'ocserv',
    what: 'radcli, first round',
    lines: [
      ['User-Name', 'alice'],
      ['Password', 'secret'],
      ['NAS-IP-Address', '192.0.2.1'],
      ['NAS-Identifier', 'oc1'],
      ['Calling-Station-Id', '10.77.0.2'],
      ['Connect-Info', 'Open AnyConnect VPN Agent v9.01'],
      ['Service-Type', 'Authenticate-Only'],
      ['NAS-Port-Type', 'Async'],
    ],
    login: { station: '10.77.0.2', observed: ['source-address:10.77.0.2@0'], style: 'password' },
  },
  {
    profile: 'ocserv',
    what: 'radcli, second round',
    lines: [
      ['User-Name', 'alice'],
      ['Password', '123456'],
      ['State', 'sealed'],
      ['Calling-Station-Id', '10.77.0.2'],
      ['Service-Type', 'Authenticate-Only'],
      ['NAS-Port-Type', 'Async'],
    ],
    login: { station: '10.77.0.2', observed: ['source-address:10.77.0.2@0'], style: 'challenge-answer' },
  },
  {
    profile: 'ocserv',
    what: 'ssh on the same host',
    lines: [...credentials, ['Service-Type', 'Authenticate-Only'], ['NAS-Port-Type', 'Virtual']],
    refused: notALogin,
  },
  {
    profile: 'openvpn-radiusplugin',
    what: 'radiusplugin 2.1',
    lines: [
      ...credentials,
      ['NAS-IP-Address', '127.0.0.1'],
      ['NAS-Port', '1'],
      ['Service-Type', 'Outbound'],
      ['Calling-Station-Id', '10.77.0.2'],
      ['NAS-Identifier', 'OpenVpn'],
      ['Acct-Session-Id', '0123456789ABCDEF0123456789ABCDEF'],
      ['NAS-Port-Type', 'Virtual'],
    ],
    login: { station: '10.77.0.2', observed: ['source-address:10.77.0.2@0'], style: 'password+code' },
  },
  {
    profile: 'openvpn-radiusplugin',
    what: 'a client with static-challenge',
    lines: [
      ['User-Name', 'alice'],
      ['Password', `SCRV1:${btoa('pass:word')}:${btoa('123456')}`],
      ['Service-Type', 'Outbound'],
    ],
    login: { station: '', observed: [], style: 'static-challenge' },
  },
  {
    profile: 'openvpn-radiusplugin',
    what: 'a login on the host',
    lines: [...credentials, ['Service-Type', 'NAS-Prompt']],
    refused: notALogin,
  },
  {
    profile: 'openvpn-script',
    what: 'the script, with the digest as OpenVPN writes it',
    lines: [
      ...credentials,
      ['NAS-Identifier', 'openvpn-script'],
      ['Calling-Station-Id', '2001:db8::7'],
      ['NAS-Port-Type', 'Virtual'],
      ['Service-Type', 'Framed'],
      ['Connect-Info', `certsha256=${digest} hwaddr=00:0c:29:74:9d:e8`],
    ],
    login: {
      station: '2001:db8::7',
      observed: [`certificate-sha256:${bareDigest}@2`, 'mac:000c29749de8@1', 'source-address:2001:db8::7@0'],
    },
  },
  {
    profile: 'openvpn-script',
    what: 'a digest that is cut short names nothing',
    lines: [...credentials, ['Connect-Info', `certsha256=${digest.slice(0, 90)}`]],
    login: { station: '', observed: [] },
  },
  {
    profile: 'openvpn-script',
    what: 'the answer to a dynamic challenge',
    lines: [
      ['User-Name', 'alice'],
      ['Password', 'CRV1::sealed-state::123456'],
      ['Service-Type', 'Framed'],
    ],
    login: { station: '', observed: [], style: 'challenge-answer' },
  },
  {
    profile: 'openvpn-script',
    what: 'another service',
    lines: [...credentials, ['Service-Type', 'Login']],
    refused: notALogin,
  },
  {
    profile: 'strongswan',
    what: 'IKEv1 with XAuth',
    lines: [
      ...credentials,
      ['NAS-Port-Type', 'Virtual'],
      ['Service-Type', 'Framed'],
      ['NAS-Port', '3'],
      ['NAS-Port-Id', 'rw'],
      ['NAS-IP-Address', '192.0.2.1'],
      ['Called-Station-Id', '192.0.2.1[4500]'],
      ['Calling-Station-Id', '198.51.100.7[4500]'],
      ['NAS-Identifier', 'strongSwan'],
    ],
    login: { station: '198.51.100.7', observed: ['source-address:198.51.100.7@0'] },
  },
  {
    profile: 'strongswan',
    what: 'IKEv2 with EAP',
    lines: [
      ['User-Name', 'alice'],
      ['Service-Type', 'Framed'],
      ['Calling-Station-Id', '192.0.2.9[4500]'],
      ['EAP-Message', '0x0201000a01616c696365'],
    ],
    login: { station: '192.0.2.9', observed: ['source-address:192.0.2.9@0'] },
  },
  {
    profile: 'windows-rras',
    what: 'EAP, which its profile does not have',
    lines: [
      ['User-Name', 'alice'],
      ['Service-Type', 'Framed'],
      ['EAP-Message', '0x0201000a01616c696365'],
    ],
    refused: { reason: 'method-not-allowed', detail: 'eap-other' },
  },
  {
    profile: 'strongswan',
    what: 'another service',
    lines: [...credentials, ['Service-Type', 'Administrative']],
    refused: notALogin,
  },
  {
    profile: 'cisco-asa',
    what: 'AnyConnect with ACIDEX',
    lines: anyConnect,
    login: {
      station: '198.51.100.7',
      observed: [
        `device-uid:${'0a'.repeat(20)}@1`,
        `device-uid:${'1b'.repeat(32)}@1`,
        'mac:000c29749de8@1',
        'mac:005056c00001@1',
        'source-address:198.51.100.7@0',
      ],
      style: 'password',
    },
  },
  {
    profile: 'cisco-asa',
    what: 'an administrator by ssh or ASDM',
    lines: [
      ...credentials,
      ['NAS-IP-Address', '192.0.2.1'],
      ['NAS-Port', '7'],
      ['NAS-Port-Type', 'Virtual'],
      ['Calling-Station-Id', '10.0.0.5'],
      ['Cisco-AVPair', 'ip:source-ip=10.0.0.5'],
    ],
    refused: notALogin,
  },
  {
    profile: 'cisco-asa',
    what: 'download of an access list',
    lines: [
      ['User-Name', '#ACSACL#-IP-STAFF-5b0e'],
      ['Password', 'cisco'],
      ['Cisco-AVPair', 'aaa:service=vpn'],
      ['Cisco-AVPair', 'aaa:event=acl-download'],
      ['ASA-Tunnel-Group-Name', 'STAFF'],
    ],
    refused: notALogin,
  },
  {
    profile: 'cisco-asa',
    what: 'a user who passes through the firewall',
    lines: [...credentials, ['ASA-Client-Type', 'Cut-Through-Proxy']],
    refused: notALogin,
  },
  {
    profile: 'cisco-asa',
    what: 'password-management, hence MS-CHAPv2',
    lines: [
      ['User-Name', 'alice'],
      ['MS-CHAP-Challenge', `0x${'11'.repeat(16)}`],
      ['MS-CHAP2-Response', `0x${'22'.repeat(50)}`],
      ['ASA-Tunnel-Group-Name', 'STAFF'],
    ],
    refused: { reason: 'method-not-allowed', detail: 'ms-chap' },
  },
  ...['vpn-ssl', 'vpn-ipsec', 'vpn-ikev2'].map((connectInfo) => ({
    profile: 'fortigate',
    what: connectInfo,
    lines: fortiGate(connectInfo),
    login: { station: '198.51.100.7', observed: ['source-address:198.51.100.7@0'], style: 'password' },
  })),
  ...['admin-login', 'web-auth', 'test', 'CONNECT 54Mbps', 'vpn-sslx'].map((connectInfo) => ({
    profile: 'fortigate',
    what: connectInfo,
    lines: fortiGate(connectInfo),
    refused: notALogin,
  })),
  {
    profile: 'fortigate',
    what: 'auth-type auto, hence CHAP',
    lines: [
      ['User-Name', 'alice'],
      ['CHAP-Password', `0x${'33'.repeat(17)}`],
      ['CHAP-Challenge', `0x${'44'.repeat(16)}`],
      ['Connect-Info', 'vpn-ssl'],
    ],
    refused: { reason: 'method-not-allowed', detail: 'chap' },
  },
  {
    profile: 'globalprotect',
    what: 'with client attributes switched on',
    lines: [
      ...credentials,
      ['NAS-Identifier', 'GP-Auth'],
      ['NAS-IP-Address', '192.0.2.1'],
      ['PaloAlto-Client-Source-IP', '198.51.100.7'],
      ['PaloAlto-Client-OS', 'Microsoft Windows 10 Pro , 64-bit'],
      ['PaloAlto-Client-Hostname', 'CTT-PC-0042'],
      ['PaloAlto-GlobalProtect-Client-Version', '6.0.4-26'],
    ],
    login: {
      station: '198.51.100.7',
      observed: ['hostname:ctt-pc-0042@1', 'source-address:198.51.100.7@0'],
    },
  },
  {
    profile: 'globalprotect',
    what: "an administrator's login on the firewall",
    lines: [...credentials, ['NAS-Identifier', 'Admin-Auth'], ['NAS-IP-Address', '192.0.2.1']],
    refused: notALogin,
  },
  {
    profile: 'pfsense',
    what: 'OpenVPN',
    lines: [
      ...credentials,
      ['NAS-IP-Address', '192.0.2.1'],
      ['NAS-Identifier', 'openVPN'],
      ['Calling-Station-Id', '192.0.2.1:1194'],
      ['Called-Station-Id', '00:08:a2:09:71:0b:pfSense.home'],
      ['NAS-Port-Type', 'Virtual'],
      ['NAS-Port', '1194'],
    ],
    login: { station: '', observed: [] },
  },
  {
    profile: 'pfsense',
    what: 'the web interface',
    lines: [...credentials, ['NAS-IP-Address', '192.0.2.1'], ['NAS-Identifier', 'webConfigurator-pfSense']],
    refused: notALogin,
  },
  {
    profile: 'opnsense',
    what: 'OpenVPN',
    lines: [
      ...credentials,
      ['Service-Type', 'Login'],
      ['Framed-Protocol', '15'],
      ['NAS-Identifier', '5f0a1b2c'],
      ['NAS-Port', '0'],
      ['NAS-Port-Type', 'Ethernet'],
    ],
    login: { station: '', observed: [] },
  },
  {
    profile: 'opnsense',
    what: 'another service',
    lines: [...credentials, ['Service-Type', 'Administrative'], ['NAS-Identifier', '5f0a1b2c']],
    refused: notALogin,
  },
  {
    profile: 'mikrotik',
    what: 'L2TP or SSTP',
    lines: mikroTik,
    login: { station: '198.51.100.7', observed: ['source-address:198.51.100.7@0'] },
  },
  {
    profile: 'mikrotik',
    what: 'winbox',
    lines: [
      ['Service-Type', 'Login'],
      ...credentials,
      ['Calling-Station-Id', '10.0.0.5'],
      ['NAS-Identifier', 'MikroTik'],
    ],
    refused: notALogin,
  },
  {
    profile: 'mikrotik',
    what: 'a wireless client',
    lines: mikroTik.map(([name, value]) =>
      name === 'NAS-Port-Type' ? [name, 'Wireless-802.11'] : [name, value],
    ),
    refused: notALogin,
  },
  {
    profile: 'windows-rras',
    what: 'SSTP with PAP',
    lines: [
      ...credentials,
      ['NAS-IP-Address', '192.0.2.1'],
      ['Service-Type', 'Framed'],
      ['Framed-Protocol', 'PPP'],
      ['NAS-Port', '129'],
      ['NAS-Port-Type', 'Virtual'],
      ['NAS-Identifier', 'rras.example.vn'],
      ['Calling-Station-Id', '198.51.100.7'],
      ['MS-RAS-Vendor', '311'],
      ['MS-RAS-Client-Name', `0x${Buffer.from('MS-RAS-0-CTT-PC-0042\0').toString('hex')}`],
      ['MS-RAS-Client-Version', `0x${Buffer.from('MSRASV5.20\0').toString('hex')}`],
    ],
    login: {
      station: '198.51.100.7',
      observed: ['hostname:ctt-pc-0042@1', 'source-address:198.51.100.7@0'],
    },
  },
  {
    profile: 'windows-rras',
    what: 'MS-CHAPv2',
    lines: [
      ['User-Name', 'alice'],
      ['Service-Type', 'Framed'],
      ['MS-CHAP2-Response', `0x${'22'.repeat(50)}`],
    ],
    refused: { reason: 'method-not-allowed', detail: 'ms-chap' },
  },
  {
    profile: 'softether',
    what: 'PAP, with its own Proxy-State',
    lines: [
      ...credentials,
      ['NAS-Identifier', 'SoftEther VPN Server'],
      ['Called-Station-Id', 'HUB'],
      ['Calling-Station-Id', '198.51.100.7'],
      ['Tunnel-Client-Endpoint', '198.51.100.7'],
      ['MS-RAS-Client-Name', '198.51.100.7'],
      ['Proxy-State', 'protocol-state'],
    ],
    login: { station: '198.51.100.7', observed: ['source-address:198.51.100.7@0'] },
  },
  {
    profile: 'softether',
    what: 'another service',
    lines: [...credentials, ['Service-Type', 'Login']],
    refused: notALogin,
  },
];

it.each(cases.map((one) => [one.profile, one.what, one] as const))('%s: %s', (_profile, _what, one) => {
  const found = interpret(profileOf(one.profile), capture(one.lines));
  expect(found.refused).toEqual(one.refused ?? null);
  expect(found.kind).toBe(one.login === undefined ? 'refused' : 'login');
  if (one.login === undefined) return;
  expect(found.station).toBe(one.login.station);
  expect(found.observed.map(({ key, level }) => `${key}@${level}`)).toEqual(one.login.observed);
  expect(found.passwordReadable).toBe(found.method === 'pap');
  if (one.login.style !== undefined) expect(found.credentials.style).toBe(one.login.style);
});

it('every profile has a login and a refusal above', () => {
  for (const name of profileNames) {
    const own = cases.filter(({ profile }) => profile === name);
    expect(
      own.some(({ login }) => login !== undefined),
      name,
    ).toBe(true);
    expect(
      own.some(({ refused }) => refused?.reason === 'service-not-allowed' || refused?.detail === 'ms-chap'),
      name,
    ).toBe(true);
  }
});
