// OpenVPN's management interface: what `status 3` of real servers says, and arguments that stay one argument.
import { describe, expect, it } from 'vitest';
import {
  addressOf,
  killableAddress,
  parseStatus,
  quoteArgument,
  UnreadableStatusError,
} from '../../../src/wire/openvpn/management.ts';

const header =
  'HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tVirtual Address\tVirtual IPv6 Address\tBytes Received\tBytes Sent\tConnected Since\tConnected Since (time_t)\tUsername\tClient ID\tPeer ID\tData Channel Cipher';
/** As OpenVPN 2.6.14 has written it. */
const status = [
  'TITLE\tOpenVPN 2.6.14 x86_64-pc-linux-gnu [SSL (OpenSSL)] [LZO] [LZ4] [EPOLL] [PKCS11] [MH/PKTINFO] [AEAD] [DCO]',
  'TIME\t2026-11-26 00:03:25\t1795651405',
  header,
  'CLIENT_LIST\talice\t10.77.0.101:45167\t10.89.1.2\t\t2645\t4449\t2026-11-26 00:03:04\t1795651384\talice\t0\t0\tAES-256-GCM',
  'HEADER\tROUTING_TABLE\tVirtual Address\tCommon Name\tReal Address\tLast Ref\tLast Ref (time_t)',
  'ROUTING_TABLE\t10.89.1.2\talice\t10.77.0.101:45167\t2026-11-26 00:03:04\t1795651384',
  'GLOBAL_STATS\tMax bcast/mcast queue length\t1',
];

describe("OpenVPN's list of clients", () => {
  it('is read by its header', () => {
    expect(parseStatus(status)).toEqual([
      {
        commonName: 'alice',
        userName: 'alice',
        realAddress: '10.77.0.101:45167',
        virtualAddresses: ['10.89.1.2'],
        clientId: '0',
      },
    ]);
  });

  it('names a client without a user name by its common name', () => {
    const line = 'CLIENT_LIST\tPC-0001\t[fd77::65]:1194\t10.89.1.2\tfd00::2\t1\t1\tx\t1\tUNDEF\t7\t0\tAES';
    const [client] = parseStatus([header, line]);
    expect(client).toMatchObject({ userName: 'PC-0001', virtualAddresses: ['10.89.1.2', 'fd00::2'] });
  });

  it.each([
    ['without a header', status.filter((line) => !line.startsWith('HEADER'))],
    ['of the comma form', ['HEADER,CLIENT_LIST,Common Name']],
    ['without client numbers', [header.replace('\tClient ID', '')]],
    ['with a line of other columns', [header, 'CLIENT_LIST\talice\t10.77.0.101:45167']],
    ['with a number that is none', [header, (status[3] ?? '').replace('\t0\t0\tAES', '\tx\t0\tAES')]],
  ])('is refused %s', (_, lines) => {
    expect(() => parseStatus(lines)).toThrow(UnreadableStatusError);
  });

  it.each([
    ['10.77.0.101:45167', '10.77.0.101', '10.77.0.101:45167'],
    ['udp4:10.77.0.101:45167', '10.77.0.101', '10.77.0.101:45167'],
    ['tcp4-server:10.77.0.101:443', '10.77.0.101', '10.77.0.101:443'],
    ['[fd77::65]:1194', 'fd77::65', null],
    ['udp6:[fd77::65]:1194', 'fd77::65', null],
    ['fd77::65', 'fd77::65', null],
    ['', null, null],
  ])('has the address of %s', (realAddress, address, killable) => {
    expect([addressOf(realAddress), killableAddress(realAddress)]).toEqual([address, killable]);
  });
});

describe('an argument', () => {
  it('is quoted', () => {
    expect(quoteArgument('Nguyễn "Văn" \\A')).toBe('"Nguyễn \\"Văn\\" \\\\A"');
  });

  it.each(['a\nsignal SIGTERM', 'a\r', 'a\u0000', 'a\t'])('that would end its line is none: %j', (text) => {
    expect(quoteArgument(text)).toBeNull();
  });
});
