// The codec against FreeRADIUS' radclient over loopback: it signs what we verify and verifies what we sign.
import { execFile, spawnSync } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { encodeValue } from '../../../src/wire/radius/attribute.ts';
import { verifyRequestAuthenticator } from '../../../src/wire/radius/authenticator.ts';
import { checkMessageAuthenticator } from '../../../src/wire/radius/message-authenticator.ts';
import { all, codes, first, type Packet, parsePacket } from '../../../src/wire/radius/packet.ts';
import { encodeReply } from '../../../src/wire/radius/reply.ts';
import { encodeMppeKeys, hideTunnelPassword } from '../../../src/wire/radius/salted.ts';
import { createSecret } from '../../../src/wire/radius/secret.ts';
import { revealUserPassword } from '../../../src/wire/radius/user-password.ts';
import { encodeVendorAttribute } from '../../../src/wire/radius/vendor.ts';

const installed = spawnSync('radclient', ['-v']).error === undefined;
const secretText = 'radclient-and-we-share-this';
const secret = createSecret(Buffer.from(secretText));

describe.skipIf(!installed && process.env['CI'] === undefined)('radclient', () => {
  let socket: Socket;
  let answer: (packet: Packet) => { code: number; attributes: { type: number; value: Buffer }[] };
  let received: Packet[] = [];

  beforeAll(async () => {
    socket = createSocket('udp4', (datagram, peer) => {
      const request = parsePacket(datagram);
      received.push(request);
      socket.send(encodeReply({ ...answer(request), request, secret }), peer.port, peer.address);
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
  });
  afterAll(() => {
    socket.close();
  });
  beforeEach(() => {
    received = [];
  });

  /** Runs radclient with these attributes; resolves to its exit code and all that it printed. */
  function radclient(
    command: string,
    attributes: string,
  ): Promise<{ exitCode: number | null; output: string }> {
    return new Promise((resolve) => {
      const peer = `127.0.0.1:${socket.address().port}`;
      // The secret is a test's own, so an argument may hold it.
      const child = execFile(
        'radclient',
        ['-x', '-r', '1', '-t', '3', peer, command, secretText],
        (_, out, err) => resolve({ exitCode: child.exitCode, output: out + err }),
      );
      child.stdin?.end(`${attributes}\n`);
    });
  }

  test('Access-Request, answered with keys, a tunnel password, a vendor attribute and Proxy-State', async () => {
    const password = 'correct horse battery staple123456';
    answer = (request) => ({
      code: codes.AccessAccept,
      attributes: [
        { type: 27, value: encodeValue('integer', 3600) },
        { type: 97, value: encodeValue('ipv6prefix', '2001:db8::/32') },
        encodeVendorAttribute(9, 1, Buffer.from('ip:addr-pool=vpn')),
        ...encodeMppeKeys(
          Buffer.alloc(64, 0x4b),
          Buffer.from('00010002', 'hex'),
          request.authenticator,
          secret,
        ),
        {
          type: 69,
          value: hideTunnelPassword(
            Buffer.from('tunnel word'),
            1,
            Buffer.from([3, 3]),
            request.authenticator,
            secret,
          ),
        },
        ...all(request, 33),
      ],
    });
    const { exitCode, output } = await radclient(
      'auth',
      `User-Name = "alice"\nUser-Password = "${password}"\nProxy-State = 0x7031\nProxy-State = 0x7032\nMessage-Authenticator = 0x00`,
    );

    const request = received[0];
    expect(request && checkMessageAuthenticator(request, secret)).toBe('valid');
    const hidden = request && first(request, 2);
    expect(hidden && revealUserPassword(hidden.value, request.authenticator, secret)?.toString()).toBe(
      password,
    );
    expect(exitCode, output).toBe(0);
    expect(output).toContain('Received Access-Accept');
    expect(output).toContain('Session-Timeout = 3600');
    expect(output).toContain('Framed-IPv6-Prefix = 2001:db8::/32');
    expect(output).toContain('Cisco-AVPair = "ip:addr-pool=vpn"');
    expect(output).toContain(`MS-MPPE-Recv-Key = 0x${'4b'.repeat(32)}`);
    expect(output).toContain('Tunnel-Password:1 = "tunnel word"');
    expect(output).toMatch(/Proxy-State = 0x7031[\s\S]*Proxy-State = 0x7032/);
    expect(received).toHaveLength(1);
  });

  test.each([
    [
      'acct',
      'User-Name = "alice"\nAcct-Status-Type = Start\nAcct-Session-Id = "s1"',
      codes.AccountingResponse,
    ],
    ['disconnect', 'User-Name = "alice"\nMessage-Authenticator = 0x00', codes.DisconnectAck],
    ['coa', 'User-Name = "alice"\nMessage-Authenticator = 0x00', codes.CoaAck],
  ])('%s', async (command, attributes, code) => {
    answer = () => ({ code, attributes: [] });
    const { exitCode, output } = await radclient(command, attributes);
    const request = received[0];
    expect(request && verifyRequestAuthenticator(request, secret)).toBe(true);
    expect(request && checkMessageAuthenticator(request, secret)).toBe(
      command === 'acct' ? 'absent' : 'valid',
    );
    expect(exitCode, output).toBe(0);
    expect(received).toHaveLength(1);
  });

  test('Status-Server', async () => {
    answer = () => ({ code: codes.AccessAccept, attributes: [] });
    const { exitCode, output } = await radclient('status', 'Message-Authenticator = 0x00');
    const request = received[0];
    expect(request?.code).toBe(codes.StatusServer);
    expect(request && checkMessageAuthenticator(request, secret)).toBe('valid');
    expect(exitCode, output).toBe(0);
  });

  test('a Reject is understood, and a refusal is its exit code', async () => {
    answer = () => ({ code: codes.AccessReject, attributes: [{ type: 18, value: Buffer.from('no') }] });
    const { exitCode, output } = await radclient('auth', 'User-Name = "alice"\nUser-Password = "x"');
    expect(received[0] && checkMessageAuthenticator(received[0], secret)).toBe('absent');
    expect(output).toContain('Reply-Message = "no"');
    expect(exitCode).not.toBe(0);
  });
});
