// Each EAP method on a live listener: what reaches services, what goes back, and that nothing gets past them.
import { afterEach, describe, expect, it } from 'vitest';
import type { LoginRequest, Verdict } from '../../../src/services/login.ts';
import { exportMsk } from '../../../src/wire/eap/keys.ts';
import { codes } from '../../../src/wire/radius/packet.ts';
import {
  accept,
  closeAll,
  loadProfile,
  makeGateway,
  reject,
  startHarness,
  text,
  textIn,
  valuesIn,
} from '../harness.ts';
import { avp, openTls, Peer, pap, response, workstation } from './peer.ts';

afterEach(closeAll);

const types = { gtc: 6, tls: 13, ttls: 21, peap: 25 } as const;
const versions = ['TLSv1.2', 'TLSv1.3'] as const;
const own = { key: `spki-sha256:${workstation.spkiSha256}`, level: 3 };

async function start(
  options: {
    authenticate?: (login: LoginRequest) => Verdict | Promise<Verdict>;
    overrides?: object;
    most?: number;
  } = {},
) {
  const profile = loadProfile('generic', options.overrides);
  const harness = await startHarness({
    client: { gateways: [makeGateway({ profile })] },
    ...(options.authenticate === undefined ? {} : { authenticate: options.authenticate }),
    eap: { most: options.most ?? 100, mostPerGateway: options.most ?? 100, openTls: openTls() },
  });
  const gateway = await harness.play();
  return { harness, peer: new Peer(gateway, [text(31, '198.51.100.7')]), gateway };
}

function clientKeys(peer: Peer, type: number, version: (typeof versions)[number]): Buffer {
  const { socket } = peer;
  if (socket === null) throw new Error('no tunnel');
  const exportKey = (label: string, length: number, context: Buffer | null) =>
    socket.exportKeyingMaterial(length, label, context as Buffer);
  return exportMsk(
    {
      version,
      exportKey: (l, n, c) =>
        c === null ? socket.exportKeyingMaterial(n, l, undefined as never) : exportKey(l, n, c),
    },
    type,
  );
}

describe.each(versions)('over %s', (version) => {
  it('EAP-TTLS with PAP ends in an Accept with the keys of both ends and the account as User-Name', async () => {
    const { harness, peer } = await start();
    const offered = await peer.identify('anonymous@example.org');
    expect(offered.eap).toMatchObject({ code: 1, type: types.ttls, data: Buffer.from([0x20]) });
    await peer.handshake(types.ttls, { version, pair: workstation });
    const end = await peer.say(pap('alice', 'con ga 123456'));
    expect(end.accepted).toBe(true);
    expect(end.octets).toEqual(Buffer.from([3, peer.identifier, 0, 4]));
    expect(end.packet.bytes[20]).toBe(80);
    expect(textIn(end.packet, 1)).toBe('alice');
    expect(valuesIn(end.packet, 18)).toEqual([]);
    expect(peer.keysIn(end)).toEqual(clientKeys(peer, types.ttls, version));
    expect(harness.logins).toHaveLength(1);
    expect(harness.logins[0]).toMatchObject({
      userName: 'alice',
      outerName: 'anonymous',
      credentials: { style: 'password+code', text: 'con ga 123456' },
      method: 'EAP-TTLS/PAP',
      refused: null,
      station: '198.51.100.7',
      summary: {
        eapIdentity: 'anonymous@example.org',
        tlsVersion: version,
        clientKey: workstation.spkiSha256,
      },
    });
    expect(harness.logins[0]?.observed).toContainEqual(own);
    expect(harness.server.eapCounters()).toMatchObject({
      open: 0,
      started: 1,
      abandoned: 0,
      evicted: 0,
      failures: {},
    });
  });

  it('EAP-TTLS with GTC asks once, or for password and code one by one', async () => {
    const verdicts: Verdict[] = [{ kind: 'challenge', state: 'S'.repeat(64) }, accept];
    const { harness, peer } = await start({
      authenticate: () => verdicts.shift() ?? reject,
      overrides: { credentials: { style: 'challenge' } },
    });
    await peer.identify('anonymous');
    await peer.handshake(types.ttls, { version });
    await peer.say(avp(79, response(0, 1, Buffer.from('alice'))));
    const first = await peer.heard();
    expect(first.subarray(8, 27).toString('latin1')).toContain('Mat khau:');
    const second = await peer.say(avp(79, response(1, types.gtc, Buffer.from('con ga'))));
    // As with any prompt: for so long the gateway waits for somebody who types.
    expect(valuesIn(second.packet, 27)).toEqual([]);
    expect((await peer.heard()).toString('latin1')).toContain('Nhap ma OTP 6 so:');
    const end = await peer.say(avp(79, response(2, types.gtc, Buffer.from('123456'))));
    expect(end.accepted).toBe(true);
    expect(harness.logins.map(({ credentials }) => credentials)).toEqual([
      { style: 'password', text: 'con ga' },
      { style: 'challenge-answer', text: '123456', state: 'S'.repeat(64) },
    ]);
  });

  it('PEAP with GTC ends in an Accept once the peer has agreed to the result', async () => {
    const { harness, peer } = await start({ overrides: { eap: { methods: ['peap'] } } });
    await peer.identify('anonymous');
    await peer.handshake(types.peap, { version, pair: workstation });
    if (version === 'TLSv1.2') await peer.tell(Buffer.alloc(0));
    expect(await peer.heard()).toEqual(Buffer.from([1]));
    await peer.say(Buffer.concat([Buffer.from([1]), Buffer.from('alice')]));
    expect((await peer.heard()).toString('latin1')).toContain('Mat khau va ma OTP viet lien:');
    const held = await peer.say(Buffer.concat([Buffer.from([6]), Buffer.from('con ga123456')]));
    expect(held.accepted).toBe(false);
    const result = await peer.heard();
    expect(result.subarray(4).toString('hex')).toBe('2180030002' + '0001');
    const agreed = Buffer.from(result);
    agreed[0] = 2;
    const end = await peer.say(agreed);
    expect(end.accepted).toBe(true);
    expect(peer.keysIn(end)).toEqual(clientKeys(peer, types.peap, version));
    expect(harness.logins).toMatchObject([{ userName: 'alice', method: 'PEAP/GTC' }]);
  });

  it('PEAP ends in a Reject when the peer does not agree', async () => {
    const { peer } = await start({ overrides: { eap: { methods: ['peap'] } } });
    await peer.identify('anonymous');
    await peer.handshake(types.peap, { version });
    if (version === 'TLSv1.2') await peer.tell(Buffer.alloc(0));
    await peer.heard();
    await peer.say(Buffer.from('\x01alice'));
    await peer.say(Buffer.from('\x06con ga123456'));
    const disagreed = Buffer.from(await peer.heard());
    disagreed[0] = 2;
    disagreed[disagreed.length - 1] = 2;
    expect((await peer.say(disagreed)).rejected).toBe(true);
  });

  it('EAP-TLS presents the key and a ticket, and gives no sign of success before the decision', async () => {
    const { harness, peer } = await start({ overrides: { eap: { methods: ['tls'] } } });
    await peer.identify('alice');
    await peer.handshake(types.tls, { version, pair: workstation });
    const heard = await peer.heard();
    expect(heard).toEqual(version === 'TLSv1.3' ? Buffer.from([0]) : Buffer.alloc(0));
    const end = await peer.tell(Buffer.alloc(0));
    expect(end.accepted).toBe(true);
    expect(peer.keysIn(end)).toEqual(clientKeys(peer, types.tls, version));
    expect(harness.logins).toMatchObject([
      { userName: 'alice', credentials: { style: 'ticket' }, method: 'EAP-TLS' },
    ]);
    expect(harness.logins[0]?.observed).toContainEqual(own);
  });

  it('EAP-TLS that is refused ends without the indication', async () => {
    const { peer } = await start({ authenticate: () => reject, overrides: { eap: { methods: ['tls'] } } });
    await peer.identify('alice');
    const last = await peer.handshake(types.tls, { version, pair: workstation });
    const end = last.rejected ? last : await peer.tell(Buffer.alloc(0));
    expect(end.rejected).toBe(true);
    expect(await peer.heard()).toEqual(Buffer.alloc(0));
    expect(peer.keysIn(end)).toEqual(Buffer.alloc(0));
  });

  it('a peer without a certificate brings no proof', async () => {
    const { harness, peer } = await start();
    await peer.identify('anonymous');
    await peer.handshake(types.ttls, { version });
    await peer.say(pap('alice', 'con ga123456'));
    expect(harness.logins[0]?.observed.map(({ level }) => level)).toEqual([0]);
  });

  it('a certificate outside its dates brings no proof, and the record says so', async () => {
    const profile = loadProfile('generic');
    const nextWeek = () => Date.now() + 7 * 86_400_000;
    const harness = await startHarness({
      client: { gateways: [makeGateway({ profile })] },
      eap: { most: 9, mostPerGateway: 9, openTls: openTls(nextWeek) },
    });
    const peer = new Peer(await harness.play());
    await peer.identify('anonymous');
    await peer.handshake(types.ttls, { version, pair: workstation });
    await peer.say(pap('alice', 'con ga123456'));
    expect(harness.logins).toMatchObject([
      { observed: [], summary: { clientCertificate: 'outside-its-dates' } },
    ]);
  });

  it('fragments go both ways, none longer than Framed-MTU', async () => {
    const { harness } = await start();
    const gateway = await harness.play();
    const peer = new Peer(gateway, [{ type: 12, value: Buffer.from([0, 0, 0, 200]) }]);
    await peer.identify('anonymous');
    await peer.handshake(types.ttls, { version, pair: workstation, fragment: 100 });
    const end = await peer.say(pap('alice', 'con ga123456'));
    expect(end.accepted).toBe(true);
    expect(peer.longest).toBe(200);
  });

  it('a denial inside ends in EAP-Failure, with neither text nor keys', async () => {
    const { peer } = await start({ authenticate: () => reject });
    await peer.identify('anonymous');
    await peer.handshake(types.ttls, { version });
    const end = await peer.say(pap('alice', 'wrong123456'));
    expect(end.packet.code).toBe(codes.AccessReject);
    expect(end.octets).toEqual(Buffer.from([4, peer.identifier, 0, 4]));
    expect(end.packet.attributes.map(({ type }) => type)).toEqual([80, 79]);
  });

  it('a decision that failed is taken up when the gateway asks again', async () => {
    const verdicts: Verdict[] = [{ kind: 'silent', cause: 'store-unavailable' }, accept];
    const { harness, peer, gateway } = await start({ authenticate: () => verdicts.shift() ?? reject });
    await peer.identify('anonymous');
    await peer.handshake(types.ttls, { version });
    const { state, identifier, socket } = peer;
    if (socket === null) throw new Error('no tunnel');
    let sent: Buffer | null = null;
    const { send } = gateway;
    gateway.send = (datagram) => {
      sent = datagram;
      send(datagram);
    };
    void peer.say(pap('alice', 'con ga123456')).catch(() => {});
    await expect.poll(() => harness.logins.length).toBe(1);
    expect({ state, identifier }).toEqual({ state: expect.anything(), identifier });
    // The same octets again: what TLS has read cannot be read twice, and need not be.
    if (sent !== null) send(sent);
    await expect.poll(() => harness.logins.length).toBe(2);
    expect(harness.server.eapCounters()).toMatchObject({ open: 0 });
  });
});

describe('methods that carry no code', () => {
  const inside: readonly (readonly [string, Buffer, string])[] = [
    ['CHAP', Buffer.concat([avp(1, 'alice'), avp(3, Buffer.alloc(17)), avp(60, Buffer.alloc(16))]), 'chap'],
    [
      'MS-CHAPv2',
      Buffer.concat([
        avp(1, 'alice'),
        avp(11, Buffer.alloc(16), { vendorId: 311 }),
        avp(25, Buffer.alloc(50), { vendorId: 311 }),
      ]),
      'ms-chap',
    ],
    ['nothing', avp(1, 'alice'), 'no-credential'],
    ['two kinds at once', Buffer.concat([pap('alice', 'x'), avp(3, Buffer.alloc(17))]), 'no-credential'],
    ['two passwords', Buffer.concat([pap('alice', 'x'), avp(2, Buffer.alloc(16))]), 'no-credential'],
  ];
  it.each(inside)('%s inside EAP-TTLS is refused by name', async (_name, plain, detail) => {
    const { harness, peer } = await start({ authenticate: () => reject });
    await peer.identify('anonymous');
    await peer.handshake(types.ttls);
    expect((await peer.say(plain)).rejected).toBe(true);
    expect(harness.logins).toMatchObject([
      { userName: 'alice', refused: { reason: 'method-not-allowed', detail } },
    ]);
  });

  it.each([
    [4, 'eap-md5'],
    [26, 'ms-chap'],
    [52, 'eap-other'],
  ] as const)('a peer that wants type %i inside is refused by name', async (type, detail) => {
    const { harness, peer } = await start({ authenticate: () => reject });
    await peer.identify('anonymous');
    await peer.handshake(types.ttls);
    await peer.say(avp(79, response(0, 1, Buffer.from('alice'))));
    const end = await peer.say(avp(79, response(1, 3, Buffer.from([type]))));
    expect(end.rejected).toBe(true);
    expect(harness.logins).toMatchObject([
      { userName: 'alice', refused: { reason: 'method-not-allowed', detail } },
    ]);
  });

  it.each([
    [4, 'eap-md5', 'EAP-MD5'],
    [26, 'ms-chap', 'EAP-MSCHAPv2'],
    [0, 'eap-other', 'EAP'],
  ] as const)(
    'a peer that wants type %i and nothing else is refused by name',
    async (type, detail, method) => {
      const { harness, peer } = await start({ authenticate: () => reject });
      await peer.identify('alice');
      const end = await peer.respond(3, Buffer.from([type]));
      expect(end.rejected).toBe(true);
      expect(harness.logins).toMatchObject([
        { userName: 'alice', method, refused: { reason: 'method-not-allowed', detail } },
      ]);
    },
  );

  it('a Nak gets another method of the profile, each once', async () => {
    const { peer } = await start({ authenticate: () => reject });
    await peer.identify('alice');
    expect((await peer.respond(3, Buffer.from([4, types.tls, types.peap]))).eap.type).toBe(types.peap);
    expect((await peer.respond(3, Buffer.from([types.ttls, types.tls]))).eap.type).toBe(types.tls);
    expect((await peer.respond(3, Buffer.from([types.ttls]))).rejected).toBe(true);
  });

  it('plain GTC is offered where a profile has it, and nowhere else', async () => {
    const refused = await start({ authenticate: () => reject });
    await refused.peer.identify('alice');
    expect((await refused.peer.respond(3, Buffer.from([types.gtc]))).rejected).toBe(true);
    const { harness, peer } = await start({ overrides: { eap: { methods: ['gtc'] } } });
    const asked = await peer.identify('alice');
    expect(asked.eap).toMatchObject({ type: types.gtc, data: Buffer.from('Mat khau va ma OTP viet lien:') });
    expect(valuesIn(asked.packet, 27)[0]?.readUInt32BE()).toBe(90);
    const end = await peer.respond(types.gtc, Buffer.from('con ga123456'));
    expect(end.accepted).toBe(true);
    expect(peer.keysIn(end)).toEqual(Buffer.alloc(0));
    expect(harness.logins).toMatchObject([
      { userName: 'alice', method: 'EAP-GTC', credentials: { style: 'password+code', text: 'con ga123456' } },
    ]);
  });
});

describe('EAP-MSCHAPv2 where the profile relays it', () => {
  const msChapV2 = 26;
  const proof = `S=${'4'.repeat(40)}`;
  const msChap = {
    success: Buffer.concat([Buffer.from([9]), Buffer.from(proof)]),
    keys: { recv: Buffer.alloc(16, 1), send: Buffer.alloc(16, 2) },
    encryption: null,
  };
  const value = Buffer.concat([Buffer.alloc(16, 3), Buffer.alloc(8), Buffer.alloc(24, 4), Buffer.from([0])]);
  /** The answer to a challenge, and the challenge's own octets. */
  function answerTo(data: Buffer): { answer: Buffer; challenge: Buffer } {
    expect(data.subarray(0, 1)).toEqual(Buffer.from([1]));
    const header = Buffer.from([2, data[1] ?? 0, 0, 5 + value.length + 5, value.length]);
    return {
      answer: Buffer.concat([header, value, Buffer.from('alice')]),
      challenge: Buffer.from(data.subarray(5, 21)),
    };
  }
  const expected = (challenge: Buffer, identifier: number) => ({
    userName: 'alice',
    canAsk: false,
    refused: null,
    credentials: {
      style: 'ms-chap',
      challenge,
      response: Buffer.concat([Buffer.from([identifier, 0]), value.subarray(0, 48)]),
    },
  });
  const relay = (methods: string[]) => ({
    authenticate: () => ({ ...accept, msChap }) as Verdict,
    overrides: { msChapV2: 'relay', eap: { methods } },
  });

  it('alone: the server proves itself, and the keys are those it sent', async () => {
    const { harness, peer } = await start(relay(['ttls', 'mschapv2']));
    await peer.identify('alice');
    const asked = await peer.respond(3, Buffer.from([msChapV2]));
    expect(asked.eap.type).toBe(msChapV2);
    const { answer, challenge } = answerTo(asked.eap.data);
    const identifier = peer.identifier;
    const shown = await peer.respond(msChapV2, answer);
    expect(shown.eap).toMatchObject({ code: 1, type: msChapV2 });
    expect(shown.eap.data).toEqual(
      Buffer.concat([Buffer.from([3, identifier, 0, 4 + proof.length]), Buffer.from(proof)]),
    );
    const end = await peer.respond(msChapV2, Buffer.from([3]));
    expect(end.accepted).toBe(true);
    expect(peer.keysIn(end)).toEqual(Buffer.concat([msChap.keys.recv, msChap.keys.send]));
    expect(harness.logins).toMatchObject([{ ...expected(challenge, identifier), method: 'EAP-MSCHAPv2' }]);
  });

  it('inside EAP-TTLS, asked for by a Nak', async () => {
    const { harness, peer } = await start(relay(['ttls']));
    await peer.identify('anonymous');
    await peer.handshake(types.ttls);
    const inner = async () => (await peer.heard()).subarray(8);
    await peer.say(avp(79, response(0, 1, Buffer.from('alice'))));
    await inner();
    await peer.say(avp(79, response(1, 3, Buffer.from([msChapV2]))));
    const { answer, challenge } = answerTo((await inner()).subarray(5));
    await peer.say(avp(79, response(2, msChapV2, answer)));
    expect((await inner()).toString('latin1')).toContain(proof);
    const end = await peer.say(avp(79, response(3, msChapV2, Buffer.from([3]))));
    expect(end.accepted).toBe(true);
    expect(peer.keysIn(end)).toEqual(clientKeys(peer, types.ttls, 'TLSv1.2'));
    expect(harness.logins).toMatchObject([{ ...expected(challenge, 2), method: 'EAP-TTLS/MSCHAPv2' }]);
  });

  it.each([
    ['a peer that finds the proof wrong', Buffer.from([4])],
    ['a response once more, in place of the agreement', null],
  ])('%s gets no Accept', async (_name, said) => {
    const { harness, peer } = await start(relay(['mschapv2']));
    const asked = await peer.identify('alice');
    const { answer } = answerTo(asked.eap.data);
    await peer.respond(msChapV2, answer);
    expect((await peer.respond(msChapV2, said ?? answer)).rejected).toBe(true);
    expect(harness.server.eapCounters()?.failures).toEqual({ 'peer-disagrees': 1 });
  });

  it('a challenge is fresh for each conversation, and a denial ends it without a word', async () => {
    const { peer, gateway } = await start({ ...relay(['mschapv2']), authenticate: () => reject });
    const first = await peer.identify('alice');
    const other = await new Peer(gateway).identify('alice');
    expect(first.eap.data.subarray(5, 21)).not.toEqual(other.eap.data.subarray(5, 21));
    const end = await peer.respond(msChapV2, answerTo(first.eap.data).answer);
    expect(end.octets).toEqual(Buffer.from([4, peer.identifier, 0, 4]));
  });

  it.each([
    ['a lying length', Buffer.from([2, 2, 0, 200, 49])],
    ['nothing', Buffer.alloc(0)],
  ])('%s ends it before anybody is asked', async (_name, data) => {
    const { harness, peer } = await start(relay(['mschapv2']));
    await peer.identify('alice');
    expect((await peer.respond(msChapV2, data)).rejected).toBe(true);
    expect(harness.logins).toEqual([]);
  });

  it('is not offered by a profile that names it and does not relay it', async () => {
    const { harness, peer } = await start({
      authenticate: () => reject,
      overrides: { eap: { methods: ['mschapv2'] } },
    });
    expect((await peer.identify('alice')).rejected).toBe(true);
    expect(harness.logins).toMatchObject([{ refused: { reason: 'method-not-allowed' } }]);
  });
});
