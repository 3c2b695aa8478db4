// RADIUS/TLS over real connections: who is served, who is refused and why, packets in a stream, limits, changed files.
import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { systemTimers } from '../../src/base/timers.ts';
import type { Exchange } from '../../src/radius-server/exchange.ts';
import { createTlsListener } from '../../src/radius-server/tls-listener.ts';
import type { Verdict } from '../../src/services/login.ts';
import { createTlsLookup } from '../../src/services/settings/tls-clients.ts';
import { verifyRequestAuthenticator, verifyResponse } from '../../src/wire/radius/authenticator.ts';
import { checkMessageAuthenticator } from '../../src/wire/radius/message-authenticator.ts';
import { codes, type Packet, parsePacket } from '../../src/wire/radius/packet.ts';
import { encodeRequest } from '../../src/wire/radius/reply.ts';
import { createSecret } from '../../src/wire/radius/secret.ts';
import { createPemFiles, createTestAuthority, selfSigned } from './authority.ts';
import {
  accept,
  createManualTime,
  freshAuthenticator,
  makeClient,
  papRequest,
  recordingLog,
} from './harness.ts';
import {
  alice,
  authority,
  causesIn,
  closed,
  closers,
  disconnectReply,
  expectRefused,
  prepareTlsSite,
  radsec,
  request,
  rule,
  server,
  start,
  take,
  tlsClient,
  vpn,
} from './tls-site.ts';

prepareTlsSite();

describe('who is served', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('a name under a trusted authority, %s', async (version) => {
    const started = await start();
    const socket = await started.dial(vpn, { minVersion: version, maxVersion: version });
    const octets = request(7);
    socket.write(octets);
    const [reply] = await take(socket, 1);
    expect(reply?.code).toBe(codes.AccessAccept);
    expect(reply?.identifier).toBe(7);
    expect(verifyResponse(reply?.bytes ?? Buffer.alloc(0), octets.subarray(4, 20), radsec)).toBe(true);
    expect(started.logins[0]?.summary['sourceAddress']).toBe('127.0.0.1');
    expect(started.listener.counters()).toMatchObject({
      connections: 1,
      accepted: 1,
      perClient: { vpn1: 1 },
    });
  });

  test('an address in the certificate, and one that is not the address it comes from', async () => {
    const identity = await authority.issue({ ip: ['192.0.2.7'] });
    const started = await start({ rules: [{ client: tlsClient(), rule: rule({ names: ['192.0.2.7'] }) }] });
    const socket = await started.dial(identity);
    socket.write(request(1));
    expect((await take(socket, 1))[0]?.code).toBe(codes.AccessAccept);
  });

  test('a pinned certificate that nobody issued, by its own fingerprint or by that of its key', async () => {
    const alone = await selfSigned({ usage: 'none' });
    for (const pin of [alone.fingerprint, alone.keyFingerprint]) {
      const started = await start({
        rules: [{ client: tlsClient(), rule: rule({ pins: [pin] }) }],
        config: { caFile: null },
      });
      const socket = await started.dial(alone);
      socket.write(request(1));
      expect((await take(socket, 1))[0]?.code).toBe(codes.AccessAccept);
    }
  });

  test('each of two clients by its own certificate, over the same address', async () => {
    const second = await authority.issue({ dns: ['vpn2.example.org'] });
    const started = await start({
      rules: [
        { client: tlsClient(), rule: rule({ names: ['vpn1.example.org'] }) },
        {
          client: tlsClient({
            name: 'vpn2',
            clientId: 2,
            gateways: makeClient().gateways.map((one) => ({ ...one, gatewayId: 22, clientId: 2 })),
          }),
          rule: rule({ names: ['vpn2.example.org'], issuer: authority.fingerprint }),
        },
      ],
    });
    for (const identity of [second, vpn]) {
      const socket = await started.dial(identity);
      socket.write(request(1));
      await take(socket, 1);
    }
    expect(started.logins.map(({ gatewayId }) => gatewayId)).toEqual([22, 1]);
  });
});

describe('who is refused', () => {
  test('no certificate', async () => {
    await expectRefused(await start(), null, 'no-certificate');
  });

  test('another name in the certificate, whatever its common name says', async () => {
    const wrong = await authority.issue({ dns: ['vpn9.example.org'], commonName: 'vpn1.example.org' });
    const started = await start();
    await expectRefused(started, wrong, 'name-unknown');
    expect(started.lines.find(({ fields }) => fields['cause'] === 'name-unknown')?.fields).toMatchObject({
      names: ['vpn9.example.org'],
    });
  });

  test('a wildcard is a name like any other, and stands for none', async () => {
    await expectRefused(await start(), await authority.issue({ dns: ['*.example.org'] }), 'name-unknown');
  });

  test('names that hide in a name', async () => {
    const hidden = await authority.issue({ dns: ['x, DNS:vpn1.example.org, DNS:y'] });
    await expectRefused(await start(), hidden, 'name-unknown');
  });

  test('the right name under an unknown authority, or under none', async () => {
    const other = await createTestAuthority('Other CA');
    await expectRefused(await start(), await other.issue({ dns: ['vpn1.example.org'] }), 'issuer-unknown');
    await expectRefused(await start(), await selfSigned({ dns: ['vpn1.example.org'] }), 'issuer-unknown');
  });

  test("the right name under a trusted authority that is not this client's", async () => {
    const started = await start({
      rules: [{ client: tlsClient(), rule: rule({ names: ['vpn1.example.org'], issuer: 'ab'.repeat(32) }) }],
    });
    await expectRefused(started, vpn, 'issuer-not-the-clients');
  });

  test('expired, not yet valid', async () => {
    const past = { notBefore: new Date(Date.now() - 9e8), notAfter: new Date(Date.now() - 1e6) };
    const future = { notBefore: new Date(Date.now() + 1e6), notAfter: new Date(Date.now() + 9e8) };
    const dns = ['vpn1.example.org'];
    await expectRefused(await start(), await authority.issue({ dns, ...past }), 'certificate-expired');
    await expectRefused(
      await start(),
      await authority.issue({ dns, ...future }),
      'certificate-not-yet-valid',
    );
    const alone = await selfSigned(past);
    const pinned = [{ client: tlsClient(), rule: rule({ pins: [alone.fingerprint] }) }];
    await expectRefused(await start({ rules: pinned }), alone, 'certificate-expired');
  });

  test('a certificate for servers, under an authority or pinned', async () => {
    const wrong = await authority.issue({ dns: ['vpn1.example.org'], usage: 'server' });
    await expectRefused(await start(), wrong, 'certificate-purpose');
    const pinned = [{ client: tlsClient(), rule: rule({ pins: [wrong.keyFingerprint] }) }];
    await expectRefused(await start({ rules: pinned }), wrong, 'certificate-purpose');
  });

  test('revoked, by name and by pin; others under the same list are served', async () => {
    const revoked = await authority.issue({ dns: ['vpn1.example.org'] });
    const crl = await authority.revoke([revoked]);
    await expectRefused(await start({ crl }), revoked, 'certificate-revoked');
    const pinned = [{ client: tlsClient(), rule: rule({ pins: [revoked.fingerprint] }) }];
    await expectRefused(await start({ crl, rules: pinned }), revoked, 'certificate-revoked');
    const socket = await (await start({ crl })).dial(vpn);
    socket.write(request(1));
    expect((await take(socket, 1))[0]?.code).toBe(codes.AccessAccept);
  });

  test('everybody, once the list is out of date', async () => {
    const crl = await authority.revoke([], new Date(Date.now() - 1000));
    await expectRefused(await start({ crl }), vpn, 'revocation-unknown');
  });

  test('a certificate that two clients claim', async () => {
    const started = await start({
      rules: [
        { client: tlsClient(), rule: rule({ names: ['vpn1.example.org'] }) },
        { client: tlsClient({ name: 'vpn2' }), rule: rule({ names: ['vpn1.example.org'] }) },
      ],
    });
    await expectRefused(started, vpn, 'several-clients');
  });

  test('TLS 1.1', async () => {
    await expectRefused(await start(), vpn, 'tls-version', {
      minVersion: 'TLSv1.1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
  });

  test('RADIUS over plain TCP', async () => {
    const started = await start();
    const socket = connectPlain(started.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(request(1));
    socket.resume();
    await once(socket, 'close');
    expect(causesIn(started.lines)).toEqual(['not-tls']);
  });

  test('a session is never resumed', async () => {
    const started = await start();
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const options = { minVersion: version, maxVersion: version };
      const first = await started.dial(vpn, options);
      const sessions: Buffer[] = [];
      first.on('session', (session: Buffer) => sessions.push(session));
      first.write(request(1));
      await take(first, 1);
      const session = sessions.at(-1) ?? first.getSession();
      const second = await started.dial(vpn, { ...options, ...(session === undefined ? {} : { session }) });
      expect(second.isSessionReused()).toBe(false);
    }
  });

  test('more connections than one client, or all, may have', async () => {
    const started = await start({ config: { connectionsPerClient: 2 } });
    const kept = [await started.dial(vpn), await started.dial(vpn)];
    await expectRefused(started, vpn, 'too-many-connections-of-client');
    expect(kept.some((socket) => socket.closed)).toBe(false);

    const few = await start({ config: { connections: 1 } });
    await few.dial(vpn);
    await expectRefused(few, vpn, 'too-many-connections');
  });

  test('whoever opens sockets and says nothing takes a bounded number of places', async () => {
    const started = await start();
    const sockets = Array.from({ length: 40 }, () => connectPlain(started.port, '127.0.0.1'));
    for (const socket of sockets) socket.on('error', () => undefined);
    await expect.poll(() => started.listener.counters().refused['too-many-handshakes'] ?? 0).toBe(8);
    for (const socket of sockets) socket.destroy();
    // Their places are free again.
    await expect
      .poll(async () => {
        const socket = await started.dial(vpn).catch(() => null);
        return socket !== null;
      })
      .toBe(true);
  });
});

describe('packets in a stream', () => {
  test('one octet at a time, and ten packets in one write', async () => {
    const started = await start();
    const socket = await started.dial(vpn);
    for (const octet of request(1)) socket.write(Buffer.of(octet));
    expect((await take(socket, 1)).map(({ identifier }) => identifier)).toEqual([1]);
    const ten = Array.from({ length: 10 }, (_, index) => request(10 + index));
    const replies = take(socket, 10);
    socket.write(Buffer.concat(ten));
    expect((await replies).map(({ identifier }) => identifier).sort((a, b) => a - b)).toEqual(
      ten.map((octets) => octets[1]),
    );
  });

  test('answers leave as they are ready, not in the order of the questions', async () => {
    const slow = Promise.withResolvers<Verdict>();
    const started = await start({
      authenticate: (login) => (login.userName === 'slow' ? slow.promise : accept),
    });
    const socket = await started.dial(vpn);
    const first = papRequest({ identifier: 1, userName: 'slow', secret: radsec, signed: false });
    socket.write(Buffer.concat([first, request(2)]));
    expect((await take(socket, 1))[0]?.identifier).toBe(2);
    slow.resolve(accept);
    expect((await take(socket, 1))[0]?.identifier).toBe(1);
  });

  test('at most 128 are at work; the rest waits in the peer, and none is lost', async () => {
    const waiting: Exchange[] = [];
    const started = await start({ onPacket: (_packet, exchange) => waiting.push(exchange) });
    const socket = await started.dial(vpn);
    socket.write(Buffer.concat(Array.from({ length: 200 }, (_, index) => request(index))));
    await expect.poll(() => waiting.length).toBe(128);
    await new Promise((resolve) => setImmediate(resolve));
    expect(waiting).toHaveLength(128);
    for (const exchange of waiting.slice(0, 10)) exchange.end('unanswered');
    await expect.poll(() => waiting.length).toBe(138);
    for (let index = 10; index < waiting.length; index += 1) waiting[index]?.end('unanswered');
    expect(waiting).toHaveLength(200);
  });

  test.each([
    ['a length below that of a header', Buffer.from('0101001300', 'hex'), 'malformed'],
    ['a length above 4096', Buffer.from('0101100100', 'hex'), 'malformed'],
    ['an attribute that runs past the end', Buffer.concat([request(1).subarray(0, 20)]), 'malformed'],
    ['text', Buffer.from('GET / HTTP/1.1\r\nHost: broker\r\n\r\n'), 'malformed'],
  ])('%s closes the connection', async (_name, octets, cause) => {
    const lying = Buffer.from(octets);
    if (octets.length === 20) lying.writeUInt16BE(22, 2);
    const started = await start();
    const socket = await started.dial(vpn);
    socket.write(octets.length === 20 ? Buffer.concat([lying, Buffer.of(1, 9)]) : lying);
    await closed(socket);
    expect(causesIn(started.lines)).toEqual([cause]);
    expect(started.logins).toEqual([]);
  });

  test('another secret than "radsec" closes the connection where it can be told', async () => {
    const wrong = createSecret(Buffer.from('another-secret-altogether'));
    const started = await start();
    const socket = await started.dial(vpn);
    socket.write(papRequest({ secret: wrong, signed: true }));
    await closed(socket);
    expect(causesIn(started.lines)).toEqual(['not-authentic']);
  });

  test('one that breaks is counted each time, and told once a minute', async () => {
    const started = await start();
    for (const count of [1, 2, 3]) {
      const raw = connectPlain({ host: '127.0.0.1', port: started.port });
      const socket = await started.dial(vpn, { socket: raw });
      socket.write(request(count));
      await take(socket, 1);
      raw.resetAndDestroy();
      await expect.poll(() => started.listener.counters().errors).toEqual({ ECONNRESET: count });
    }
    expect(started.lines.filter(({ fields }) => fields['cause'] === 'connection-broken')).toMatchObject([
      { level: 'warn', fields: { code: 'ECONNRESET', source: '127.0.0.1' } },
    ]);
  });

  test('a code that is not served leaves the connection open', async () => {
    const started = await start();
    const socket = await started.dial(vpn);
    const octets = request(3);
    octets[0] = 99;
    socket.write(Buffer.concat([octets, request(4)]));
    expect((await take(socket, 1))[0]?.identifier).toBe(4);
  });

  test('the same identifier with the same octets gets the same answer, and one decision', async () => {
    const started = await start();
    const socket = await started.dial(vpn);
    const octets = request(5);
    socket.write(octets);
    const [first] = await take(socket, 1);
    socket.write(octets);
    const [again] = await take(socket, 1);
    expect(again?.bytes.equals(first?.bytes ?? Buffer.alloc(0))).toBe(true);
    expect(started.logins).toHaveLength(1);
  });

  test('Status-Server is answered; unsigned it closes the connection', async () => {
    const started = await start();
    const socket = await started.dial(vpn);
    const status = (signed: boolean) =>
      encodeRequest({
        code: codes.StatusServer,
        identifier: 0,
        authenticator: freshAuthenticator(),
        attributes: [],
        secret: radsec,
        messageAuthenticator: signed,
      });
    socket.write(status(true));
    expect((await take(socket, 1))[0]?.code).toBe(codes.AccessAccept);
    socket.write(status(false));
    await closed(socket);
    expect(started.listener.counters().closed).toEqual({ 'not-authentic': 1 });
  });
});

describe('Disconnect-Requests down the connection of the peer', () => {
  const clientId = tlsClient().clientId;

  test('one is signed with "radsec", and its ACK or NAK is matched while requests go the other way', async () => {
    const started = await start();
    const socket = await started.dial(vpn);
    socket.write(request(0));
    await take(socket, 1);
    expect(started.listener.connectedClients()).toEqual([clientId]);
    const acknowledged = started.listener.disconnect(clientId, alice);
    const refused = started.listener.disconnect(clientId, alice);
    const [first, second] = await take(socket, 2);
    if (first === undefined || second === undefined) throw new Error('nothing came');
    for (const packet of [first, second]) {
      expect(packet.code).toBe(codes.DisconnectRequest);
      expect(verifyRequestAuthenticator(packet, radsec)).toBe(true);
      expect(checkMessageAuthenticator(packet, radsec)).toBe('valid');
      expect(packet.attributes.map(({ type }) => type)).toEqual([80, 1, 55]);
    }
    expect(first.identifier).not.toBe(second.identifier);
    // The peer's own request has the identifier of ours, and comes between the answers, which come in another order.
    socket.write(
      Buffer.concat([
        disconnectReply(second, codes.DisconnectNak),
        request(first.identifier),
        disconnectReply(first),
      ]),
    );
    expect(await acknowledged).toEqual({ kind: 'ack' });
    expect(await refused).toEqual({ kind: 'nak', errorCause: 503 });
    const [reply] = await take(socket, 1);
    expect([reply?.code, reply?.identifier]).toEqual([codes.AccessAccept, first.identifier]);
  });

  test('an answer made with another secret closes the connection, and is no answer', async () => {
    const started = await start();
    const socket = await started.dial(vpn);
    await expect.poll(() => started.listener.connectedClients()).toEqual([clientId]);
    const answer = started.listener.disconnect(clientId, alice);
    const [asked] = await take(socket, 1);
    if (asked === undefined) throw new Error('nothing came');
    socket.write(disconnectReply(asked, codes.DisconnectAck, createSecret(Buffer.from('forger'))));
    expect(await answer).toMatchObject({ kind: 'unsent' });
    await closed(socket);
    expect(started.listener.counters().closed).toEqual({ 'not-authentic': 1 });
  });

  test('an answer to nothing is passed over', async () => {
    const started = await start();
    const socket = await started.dial(vpn);
    const nothing = encodeRequest({
      ...{ code: codes.DisconnectRequest, identifier: 9, attributes: [] },
      ...{ secret: radsec, messageAuthenticator: true },
    });
    socket.write(Buffer.concat([disconnectReply(parsePacket(nothing)), request(2)]));
    expect((await take(socket, 1))[0]?.identifier).toBe(2);
  });

  test('no connection, one that ends before the answer, and one that is closing', async () => {
    const started = await start();
    expect(await started.listener.disconnect(clientId, alice)).toBeNull();
    const socket = await started.dial(vpn);
    await expect.poll(() => started.listener.connectedClients()).toEqual([clientId]);
    expect(await started.listener.disconnect(clientId + 1, alice)).toBeNull();
    const answer = started.listener.disconnect(clientId, alice);
    await take(socket, 1);
    socket.end();
    expect(await answer).toEqual({
      kind: 'unsent',
      error: 'the connection ended before the gateway answered',
    });
    expect(started.listener.connectedClients()).toEqual([]);
    expect(await started.listener.disconnect(clientId, alice)).toBeNull();
  });

  test('of several connections the one that was heard last is asked', async () => {
    const time = createManualTime();
    const started = await start({ time: { ...time, clock: { ...time.clock, now: Date.now } } });
    const sockets = [await started.dial(vpn), await started.dial(vpn)];
    for (const at of [1, 0]) {
      time.advance(10);
      sockets[at]?.write(request(at));
      if (sockets[at] !== undefined) await take(sockets[at], 1);
    }
    const answer = started.listener.disconnect(clientId, alice);
    const [asked] = sockets[0] === undefined ? [] : await take(sockets[0], 1);
    if (asked === undefined) throw new Error('nothing came');
    sockets[0]?.write(disconnectReply(asked));
    expect(await answer).toEqual({ kind: 'ack' });
  });

  test('more than 256 at once wait for their turn; after ten seconds nobody waits, and a late answer confuses nothing', async () => {
    const time = createManualTime();
    const started = await start({ time: { ...time, clock: { ...time.clock, now: Date.now } } });
    const socket = await started.dial(vpn);
    await expect.poll(() => started.listener.connectedClients()).toEqual([clientId]);
    const answers = Array.from({ length: 300 }, () => started.listener.disconnect(clientId, alice));
    const asked = await take(socket, 256);
    expect(new Set(asked.map(({ identifier }) => identifier)).size).toBe(256);
    for (const packet of asked.slice(0, 44)) socket.write(disconnectReply(packet));
    expect(await Promise.all(answers.slice(0, 44))).toEqual(Array(44).fill({ kind: 'ack' }));
    const more = await take(socket, 44);
    time.advance(10_001);
    expect((await answers[299])?.kind).toBe('no-answer');
    expect((await answers[44])?.kind).toBe('no-answer');
    // Every identifier is still the peer's to answer: nothing more can be asked before it does.
    const next = started.listener.disconnect(clientId, alice);
    socket.write(Buffer.concat([disconnectReply(asked[100] as Packet), disconnectReply(more[0] as Packet)]));
    const [again] = await take(socket, 1);
    expect(again?.identifier).toBe(asked[100]?.identifier);
    socket.write(disconnectReply(again as Packet));
    expect(await next).toEqual({ kind: 'ack' });
  });

  test('a peer that answers none of 256 is asked again after thirty seconds; an answer that comes even later is no forgery', async () => {
    const time = createManualTime();
    const started = await start({ time: { ...time, clock: { ...time.clock, now: Date.now } } });
    const socket = await started.dial(vpn);
    await expect.poll(() => started.listener.connectedClients()).toEqual([clientId]);
    const answers = Array.from({ length: 256 }, () => started.listener.disconnect(clientId, alice));
    const asked = await take(socket, 256);
    time.advance(10_001);
    expect(new Set((await Promise.all(answers)).map((answer) => answer?.kind))).toEqual(
      new Set(['no-answer']),
    );
    time.advance(19_000);
    const next = started.listener.disconnect(clientId, [{ type: 1, value: Buffer.from('bob') }]);
    time.advance(1_001);
    const [again] = await take(socket, 1);
    if (again === undefined) throw new Error('nothing came');
    const former = asked.find(({ identifier }) => identifier === again.identifier);
    if (former === undefined) throw new Error('an identifier that was never used');
    socket.write(Buffer.concat([disconnectReply(former, codes.DisconnectNak), disconnectReply(again)]));
    expect(await next).toEqual({ kind: 'ack' });
    expect(started.listener.connectedClients()).toEqual([clientId]);
  });
});

describe('time', () => {
  test('a packet that is never finished, and a connection on which nothing comes', async () => {
    const time = createManualTime();
    const started = await start({
      time: { ...time, clock: { ...time.clock, now: Date.now } },
      config: { idleSeconds: 60 },
    });
    const socket = await started.dial(vpn);
    socket.write(request(1));
    await take(socket, 1);
    socket.write(request(2).subarray(0, 30));
    // The half packet has arrived once the other connection's later octets have.
    const other = await started.dial(vpn);
    other.write(request(1));
    await take(other, 1);
    time.advance(10_001);
    await closed(socket);
    expect(causesIn(started.lines)).toEqual(['stalled']);
    time.advance(40_000);
    expect(other.closed).toBe(false);
    time.advance(10_001);
    await closed(other);
    expect(started.listener.counters().closed).toEqual({ stalled: 1, idle: 1 });
  });

  test('the end of the certificate ends the connection', async () => {
    const time = createManualTime();
    let now = Date.now();
    const clock = { ...time.clock, now: () => now };
    const started = await start({ time: { ...time, clock } });
    const socket = await started.dial(vpn);
    socket.write(request(1));
    await take(socket, 1);
    now += 2 * 86_400_000;
    time.advance(5_000);
    await closed(socket);
    expect(started.listener.counters().closed).toEqual({ 'certificate-expired': 1 });
  });
});

describe('changes while it runs', () => {
  test('a new certificate of the broker is shown to the next peer; half a copy changes nothing', async () => {
    const started = await start();
    const first = await started.dial(vpn);
    const serialOf = (socket: TLSSocket) => socket.getPeerX509Certificate()?.serialNumber;
    started.files.write('server.pem', server.cert.slice(0, 100));
    started.listener.look();
    expect(started.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    expect(serialOf(await started.dial(vpn))).toBe(serialOf(first));

    const renewed = await authority.issue({ dns: ['broker.example.org'], usage: 'server' });
    started.files.write('server.pem', renewed.cert);
    started.files.write('server.key', renewed.key);
    started.listener.look();
    const next = await started.dial(vpn);
    expect(serialOf(next)).not.toBe(serialOf(first));
    next.write(request(1));
    await take(next, 1);
    // Who was there stays: the authorities are the same.
    first.write(request(1));
    expect((await take(first, 1))[0]?.code).toBe(codes.AccessAccept);
  });

  test('a new revocation list ends the connections, and whoever it names does not come back', async () => {
    const started = await start({ crl: await authority.revoke([]) });
    const other = await authority.issue({ dns: ['vpn1.example.org'] });
    const sockets = [await started.dial(vpn), await started.dial(other)];
    for (const socket of sockets) {
      socket.write(request(1));
      await take(socket, 1);
    }
    started.files.write('crl.pem', await authority.revoke([vpn]));
    started.listener.look();
    await Promise.all(sockets.map(closed));
    expect(started.listener.counters().closed).toEqual({ 'trust-changed': 2 });
    const back = await started.dial(other);
    back.write(request(1));
    expect((await take(back, 1))[0]?.code).toBe(codes.AccessAccept);
    const gone = await started.dial(vpn);
    await closed(gone);
    expect(causesIn(started.lines)).toEqual(['certificate-revoked']);
  });

  test('a client that is no longer declared is cut off, with its next packet or at the next look', async () => {
    const started = await start();
    const speaking = await started.dial(vpn);
    const quiet = await started.dial(vpn);
    for (const socket of [speaking, quiet]) {
      socket.write(request(1));
      await take(socket, 1);
    }
    started.rules = [];
    speaking.write(request(2));
    await closed(speaking);
    started.listener.look();
    await closed(quiet);
    expect(started.logins).toHaveLength(2);
    expect(started.listener.counters().closed).toEqual({ 'client-changed': 2 });
  });

  test('stopping answers what is at work, then closes', async () => {
    const slow = Promise.withResolvers<Verdict>();
    const started = await start({ authenticate: () => slow.promise });
    const socket = await started.dial(vpn);
    socket.write(request(9));
    await expect.poll(() => started.logins.length).toBe(1);
    const reply = take(socket, 1);
    started.listener.quiet();
    slow.resolve(accept);
    expect((await reply)[0]?.identifier).toBe(9);
    await started.listener.stop();
    await closed(socket);
  });
});

describe('files that cannot be used', () => {
  test.each([
    ['keyFile', 'server.key', 'nonsense', 'radius.tls.certificateFile'],
    ['caFile', 'ca.pem', 'nonsense', 'radius.tls.caFile'],
  ])('%s stops the start and names the setting, not the content', async (_setting, file, text, at) => {
    const files = createPemFiles();
    closers.push(files.remove);
    const written = {
      certificateFile: files.write('server.pem', server.cert),
      keyFile: files.write('server.key', server.key),
      caFile: files.write('ca.pem', authority.cert),
    };
    files.write(file, text);
    const listener = createTlsListener({
      config: {
        listen: [{ host: '127.0.0.1', port: 0 }],
        ...written,
        crlFile: null,
        connections: 1,
        connectionsPerClient: 1,
        radiusVersions: ['1.0'],
        idleSeconds: 60,
      },
      settings: { current: () => ({ findTlsClient: createTlsLookup([]) }) },
      onPacket: () => undefined,
      clock: systemClock,
      random: systemRandom,
      log: recordingLog([]),
      timers: systemTimers,
    });
    await expect(listener.start()).rejects.toMatchObject({
      at,
      message: expect.not.stringContaining('nonsense'),
    });
  });
});
