// Conversations under way are bounded, given up in time, and bound to whoever began them; TLS is never resumed.
import { afterEach, describe, expect, it } from 'vitest';
import { failureRemedy } from '../../../src/radius-server/eap/failure-remedy.ts';
import type { LoginRequest, Verdict } from '../../../src/services/login.ts';
import { createNodeTlsEngine, createTlsIdentity } from '../../../src/wire/eap/tls/node-engine.ts';
import { codes } from '../../../src/wire/radius/packet.ts';
import {
  accept,
  closeAll,
  createManualTime,
  loadProfile,
  makeGateway,
  reject,
  startHarness,
} from '../harness.ts';
import { connect, makeHello, makeKeyPair, openTls, Peer, pap, response, serverPair } from './peer.ts';

afterEach(closeAll);

const ttls = 21;
const framedMtu = 12;

function integer(type: number, value: number) {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return { type, value: octets };
}

const profile = loadProfile('generic');

async function start(
  options: {
    most?: number;
    mostPerGateway?: number;
    authenticate?: (login: LoginRequest) => Verdict | Promise<Verdict>;
    time?: ReturnType<typeof createManualTime>;
    openTls?: ReturnType<typeof openTls>;
  } = {},
) {
  const { most = 10, mostPerGateway = 10 } = options;
  const gateways = ['vpn1', 'vpn2'].map((name, i) =>
    makeGateway({ gatewayId: i + 1, name, nasIdentifier: i === 0 ? null : name, profile }),
  );
  return await startHarness({
    client: { gateways },
    authenticate: options.authenticate ?? (({ refused }) => (refused === null ? accept : reject)),
    eap: { most, mostPerGateway, openTls: options.openTls ?? openTls() },
    ...(options.time === undefined ? {} : { time: options.time }),
  });
}

describe('conversations', () => {
  it('beyond their number the oldest is given up and counted, and its peer starts afresh', async () => {
    const harness = await start({ most: 3, mostPerGateway: 3 });
    const gateway = await harness.play();
    const peers = Array.from({ length: 4 }, () => new Peer(gateway));
    for (const peer of peers) await peer.identify('anonymous');
    expect(harness.server.eapCounters()).toMatchObject({ open: 3, started: 4, evicted: 1, abandoned: 0 });
    const [first, ...others] = peers;
    const end = await first?.respond(ttls, Buffer.from([0, 1]));
    expect(end?.rejected).toBe(true);
    expect(harness.logins).toMatchObject([{ refused: { reason: 'conversation-elsewhere', detail: null } }]);
    for (const peer of others) await peer.handshake(ttls);
    for (const peer of others) expect((await peer.say(pap('alice', 'x123456'))).accepted).toBe(true);
    expect(harness.server.eapCounters()).toMatchObject({ open: 0 });
  });

  it('one that is being decided is not given up for others: its Accept has the keys', async () => {
    const asked = Promise.withResolvers<void>();
    const decided = Promise.withResolvers<Verdict>();
    const harness = await start({
      most: 1,
      mostPerGateway: 1,
      authenticate() {
        asked.resolve();
        return decided.promise;
      },
    });
    const gateway = await harness.play();
    const peer = new Peer(gateway);
    await peer.identify('anonymous');
    await peer.handshake(ttls);
    const said = peer.say(pap('alice', 'x123456'));
    await asked.promise;
    await new Peer(await harness.play(), [], 'vpn2').identify('anonymous');
    decided.resolve(accept);
    const end = await said;
    expect(end.accepted).toBe(true);
    expect(peer.keysIn(end).length).toBe(64);
    expect(harness.server.eapCounters()).toMatchObject({ open: 1, evicted: 0 });
  });

  it.each([0, 63, 65_536, 0xff_ff_ff_ff])(
    'a Framed-MTU of %i, which can be none, is as good as none',
    async (mtu) => {
      const harness = await start();
      const gateway = await harness.play();
      const peer = new Peer(gateway, [integer(framedMtu, mtu)]);
      await peer.identify('anonymous');
      await peer.handshake(ttls);
      expect(peer.longest).toBeGreaterThan(300);
      expect(peer.longest).toBeLessThanOrEqual(1_020);
      expect((await peer.say(pap('alice', 'x123456'))).accepted).toBe(true);
    },
  );

  it.each([
    ['a wire', 64, 5, 64],
    ['802.11', 64, 19, 60],
    ['a wire', 127, 5, 127],
  ] as const)(
    'no packet is longer than over %s a Framed-MTU of %i allows',
    async (_link, mtu, portType, most) => {
      const harness = await start();
      const peer = new Peer(await harness.play(), [integer(framedMtu, mtu), integer(61, portType)]);
      await peer.identify('anonymous');
      await peer.handshake(ttls, { pair: serverPair, fragment: 50 });
      expect((await peer.say(pap('alice', 'x123456'))).accepted).toBe(true);
      expect(peer.longest).toBe(most);
    },
  );

  it('a Framed-MTU that was said once holds for the whole conversation', async () => {
    const harness = await start();
    const more = [integer(framedMtu, 200)];
    const peer = new Peer(await harness.play(), more);
    await peer.identify('anonymous');
    more.pop();
    await peer.handshake(ttls);
    expect((await peer.say(pap('alice', 'x123456'))).accepted).toBe(true);
    expect(peer.longest).toBe(200);
  });

  it('a prompt that is too long for Framed-MTU loses its end, between two characters', async () => {
    const prompt = `Nhập mã ${'ộ'.repeat(40)}`;
    const asking = loadProfile('generic', {
      eap: { methods: ['gtc'] },
      credentials: { style: 'challenge', prompt: { useDiacritics: true } },
    });
    const harness = await startHarness({
      client: { gateways: [makeGateway({ profile: asking })] },
      authenticate: ({ credentials }) =>
        credentials.style === 'password'
          ? { kind: 'challenge', state: 'S'.repeat(64), message: prompt }
          : accept,
      eap: { most: 9, mostPerGateway: 9, openTls: openTls() },
    });
    const peer = new Peer(await harness.play(), [integer(framedMtu, 64)]);
    await peer.identify('alice');
    const asked = await peer.respond(6, Buffer.from('con ga'));
    const shown = asked.eap.data.toString();
    expect(prompt.startsWith(shown)).toBe(true);
    expect(shown.length).toBeGreaterThan(20);
    expect(peer.longest).toBeLessThanOrEqual(64);
    expect((await peer.respond(6, Buffer.from('123456'))).accepted).toBe(true);
  });

  it('chains of 9 kB get through in fragments of at most 200 octets, either way', async () => {
    const long = await makeKeyPair('long', 9_000);
    const identity = createTlsIdentity({ ...long, clientAuthorities: [], minVersion: 'TLSv1.2' });
    const harness = await start({
      openTls: () => createNodeTlsEngine(identity, { requestCertificate: true, now: Date.now }),
    });
    const peer = new Peer(await harness.play(), [integer(framedMtu, 200)]);
    await peer.identify('anonymous');
    await peer.handshake(ttls, { pair: long, fragment: 190 });
    expect(peer.longest).toBeLessThanOrEqual(200);
    expect(peer.rounds).toBeGreaterThan(90);
    expect((await peer.say(pap('alice', 'x123456'))).accepted).toBe(true);
    expect(harness.server.eapCounters()).toMatchObject({ open: 0 });
  });

  it('the doctor hears of the method alone, not of the talk about methods', async () => {
    const harness = await start();
    const peer = new Peer(await harness.play());
    await peer.identify('anonymous');
    await peer.respond(3, Buffer.from([21]));
    const another = new Peer(await harness.play());
    await another.identify('anonymous');
    await another.handshake(ttls);
    expect(Object.keys(harness.server.observations()['vpn1']?.methods ?? {})).toEqual(['EAP-TTLS']);
  });

  it('one octet at a time is cut off after some rounds', async () => {
    const harness = await start();
    const peer = new Peer(await harness.play());
    await peer.identify('anonymous');
    let rejected = false;
    for (let round = 0; round < 100 && !rejected; round += 1) {
      ({ rejected } = await peer.respond(ttls, Buffer.from([0x40, 22])));
    }
    expect(rejected).toBe(true);
    expect(peer.rounds).toBeLessThan(75);
    expect(harness.server.eapCounters()).toMatchObject({ open: 0 });
  });

  it('one that fails says in the log what to do about it', async () => {
    for (const [cause, remedy] of [
      ['tls: ssl_tlsv1_alert_unknown_ca', 'install its authority'],
      ['tls: ssl_sslv3_alert_bad_certificate', 'install its authority'],
      ['tls: ssl_unsupported_protocol', 'eap.minTls'],
      ['tls: closed-by-peer', 'client ended'],
      ['too-many-rounds', 'look at what sends them'],
      ['fragment: growth', 'find out what sends it'],
      ['no-identity', 'docs/eap.md'],
    ] as const) {
      expect(failureRemedy(cause)).toContain(remedy);
    }
  });

  it('one gateway does not use up the room of another', async () => {
    const harness = await start({ most: 10, mostPerGateway: 2 });
    const gateway = await harness.play();
    const patient = new Peer(gateway, [], 'vpn2');
    await patient.identify('anonymous');
    for (let count = 0; count < 20; count += 1) await new Peer(gateway).identify('anonymous');
    expect(harness.server.eapCounters()).toMatchObject({ open: 3, evicted: 18 });
    await patient.handshake(ttls);
    expect((await patient.say(pap('alice', 'x123456'))).accepted).toBe(true);
  });

  it('thousands that nobody goes on with leave nothing behind', async () => {
    const time = createManualTime();
    const harness = await start({ most: 200, mostPerGateway: 200, time });
    const gateway = await harness.play();
    for (let count = 0; count < 2_000; count += 1) await new Peer(gateway).identify('anonymous');
    expect(harness.server.eapCounters()).toMatchObject({ open: 200, started: 2_000, evicted: 1_800 });
    const inTls = new Peer(gateway);
    await inTls.identify('anonymous');
    const hello = await inTls.handshake(ttls);
    expect(hello.rejected).toBe(false);
    time.advance(60_000);
    expect(harness.server.eapCounters()).toMatchObject({ open: 0, abandoned: 200 });
    expect((await inTls.say(pap('alice', 'x123456'))).rejected).toBe(true);
  });

  it('a conversation of another node is refused at once, as elsewhere, and the next attempt there succeeds', async () => {
    const [one, other] = [await start(), await start()];
    const peer = new Peer(await one.play());
    await peer.identify('anonymous');
    await one.stop();
    const elsewhere = await other.play();
    const lost = new Peer(elsewhere);
    lost.state = peer.state;
    const end = await lost.respond(ttls, Buffer.from([0, 1]));
    expect(end.packet.code).toBe(codes.AccessReject);
    expect(end.octets).toEqual(Buffer.from([4, 1, 0, 4]));
    expect(other.logins).toMatchObject([{ refused: { reason: 'conversation-elsewhere' } }]);
    const again = new Peer(elsewhere);
    await again.identify('anonymous');
    await again.handshake(ttls);
    expect((await again.say(pap('alice', 'x123456'))).accepted).toBe(true);
  });

  it('a State that went to one gateway is good for no other', async () => {
    const harness = await start();
    const gateway = await harness.play();
    const peer = new Peer(gateway, [], 'vpn2');
    await peer.identify('anonymous');
    const thief = new Peer(gateway);
    thief.state = peer.state;
    expect((await thief.send(response(peer.identifier, ttls, Buffer.from([0, 1])))).rejected).toBe(true);
    expect(harness.logins).toMatchObject([
      { refused: { reason: 'challenge-mismatch', detail: 'other-gateway' } },
    ]);
    await peer.handshake(ttls);
    expect((await peer.say(pap('alice', 'x123456'))).accepted).toBe(true);
  });

  it('a round that is asked again under another identifier is answered with the same EAP packet', async () => {
    const harness = await start();
    const peer = new Peer(await harness.play());
    await peer.identify('anonymous');
    const { state, identifier } = peer;
    const nak = response(identifier, 3, Buffer.from([25]));
    const first = await peer.send(nak);
    peer.state = state;
    const second = await peer.send(nak);
    expect(second.octets).toEqual(first.octets);
    expect(second.eap.type).toBe(25);
    expect(harness.server.eapCounters()).toMatchObject({ open: 1 });
  });
});

describe('alerts', () => {
  const [alertRecord, fatal] = [21, 2];
  /** As OpenSSL names what does not decrypt. */
  const badRecord = {
    'TLSv1.2': 'tls: ssl_cipher_operation_failed',
    'TLSv1.3': 'tls: ssl_decryption_failed_or_bad_record_mac',
  } as const;
  const unflagged = (records: Buffer) => Buffer.concat([Buffer.from([0]), records]);

  /** Nothing was decided, nothing is left, and the counters have the cause. */
  function expectFailure({ logins, server }: Awaited<ReturnType<typeof start>>, cause: string) {
    expect(logins).toEqual([]);
    expect(server.eapCounters()).toMatchObject({ open: 0, failures: { [cause]: 1 } });
  }

  it('of a peer that does not trust the certificate ends the conversation at once', async () => {
    const harness = await start();
    const peer = new Peer(await harness.play());
    await peer.identify('anonymous');
    expect((await peer.respond(ttls, unflagged(await makeHello()))).rejected).toBe(false);
    const unknownCa = Buffer.from([alertRecord, 3, 3, 0, 2, fatal, 48]);
    const end = await peer.respond(ttls, unflagged(unknownCa));
    expect(end.octets).toEqual(Buffer.from([4, peer.identifier, 0, 4]));
    expectFailure(harness, 'tls: ssl_tlsv1_alert_unknown_ca');
  });

  it('of ours reaches the peer, and after its acknowledgement the conversation ends', async () => {
    const harness = await start({ openTls: openTls(Date.now, 'TLSv1.3') });
    const peer = new Peer(await harness.play());
    await peer.identify('anonymous');
    const told = await peer.respond(ttls, unflagged(await makeHello()));
    expect(told.eap).toMatchObject({ code: 1, type: ttls });
    expect(told.eap.data.subarray(1, 2)).toEqual(Buffer.from([alertRecord]));
    expect(told.eap.data.subarray(-2)).toEqual(Buffer.from([fatal, 70]));
    expect((await peer.respond(ttls, Buffer.from([0]))).rejected).toBe(true);
    expectFailure(harness, 'tls: ssl_unsupported_protocol');
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'in a tunnel of %s end it before anything is decided',
    async (version) => {
      const harness = await start();
      const forger = new Peer(await harness.play());
      await forger.identify('anonymous');
      await forger.handshake(ttls, { version });
      const forged = Buffer.concat([Buffer.from([23, 3, 3, 0, 40]), Buffer.alloc(40)]);
      const told = await forger.respond(ttls, unflagged(forged));
      // An alert of ours, encrypted.
      expect(told.eap.code).toBe(1);
      expect((await forger.respond(ttls, Buffer.from([0]))).rejected).toBe(true);
      expectFailure(harness, badRecord[version]);
      const leaver = new Peer(await harness.play());
      await leaver.identify('anonymous');
      await leaver.handshake(ttls, { version });
      const left = await leaver.hangUp();
      expect((left.rejected ? left : await leaver.respond(ttls, Buffer.from([0]))).rejected).toBe(true);
      expectFailure(harness, 'tls: closed-by-peer');
    },
  );
});

describe('resumption', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'a session of %s that the peer has kept is not resumed',
    async (version) => {
      const { certificate, key } = serverPair;
      const identity = createTlsIdentity({ certificate, key, clientAuthorities: [], minVersion: 'TLSv1.2' });
      let kept: Buffer | undefined;
      for (let attempt = 0; attempt < 2; attempt += 1) {
        const engine = createNodeTlsEngine(identity, { requestCertificate: false, now: Date.now });
        const { socket, exchange } = connect(engine, version, kept);
        socket.on('session', (session) => {
          kept = session;
        });
        await exchange();
        expect(engine.version).toBe(version);
        expect(socket.isSessionReused()).toBe(false);
        kept ??= socket.getSession();
        socket.destroy();
        engine.close();
      }
      expect(kept).toBeDefined();
    },
  );
});
