// The listener on real sockets: what is answered, with what octets, and what is met with silence.
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Verdict } from '../../src/services/login.ts';
import { verifyResponse } from '../../src/wire/radius/authenticator.ts';
import { checkMessageAuthenticator } from '../../src/wire/radius/message-authenticator.ts';
import { codes, type Packet, parsePacket } from '../../src/wire/radius/packet.ts';
import { encodeRequest } from '../../src/wire/radius/reply.ts';
import { createSecret } from '../../src/wire/radius/secret.ts';
import {
  accept,
  closeAll,
  createManualTime,
  freshAuthenticator,
  type Harness,
  integer,
  loadProfile,
  makeClient,
  makeGateway,
  type PlayedGateway,
  papRequest,
  reject,
  secret,
  secretText,
  startHarness,
  text,
  textIn,
  valuesIn,
} from './harness.ts';

afterEach(closeAll);

/** A signed request whose reply proves that whatever was sent before it has been dealt with. */
async function sentinel(gateway: PlayedGateway): Promise<void> {
  await gateway.ask(papRequest({ identifier: 255, userName: 'sentinel' }));
}

const loginsBut = (harness: Harness) => harness.logins.filter(({ userName }) => userName !== 'sentinel');

describe('a login with PAP', () => {
  it('is translated for services and answered with an Accept that is signed first', async () => {
    const harness = await startHarness();
    const gateway = await harness.play();
    const request = papRequest({ attributes: [text(31, '00-11-22-33-44-55'), text(77, 'client 1.0')] });
    const reply = await gateway.ask(request);
    expect(reply.code).toBe(codes.AccessAccept);
    expect(reply.bytes[20]).toBe(80);
    const { authenticator } = parsePacket(request);
    expect(checkMessageAuthenticator(reply, secret, authenticator)).toBe('valid');
    expect(verifyResponse(reply.bytes, authenticator, secret)).toBe(true);
    expect(valuesIn(reply, 27)[0]?.readUInt32BE()).toBe(3600);
    expect(harness.logins).toMatchObject([
      {
        gatewayId: 1,
        userName: 'alice',
        credentials: { style: 'password+code', text: 'secret123456' },
        station: '001122334455',
        observed: [{ key: 'mac:001122334455', level: 1 }],
        refused: null,
        isHealthProbe: false,
        method: 'pap',
        summary: { sourceAddress: '127.0.0.1', nasIdentifier: 'vpn1', connectInfo: 'client 1.0' },
      },
    ]);
  });

  it('is refused with the one text and its lookup code', async () => {
    const harness = await startHarness({ authenticate: () => reject });
    const reply = await (await harness.play()).ask(papRequest());
    expect(reply.code).toBe(codes.AccessReject);
    expect(textIn(reply, 18)).toBe('Khong ket noi duoc. Ma tra cuu: ABCD-2345');
    expect(reply.attributes.map(({ type }) => type)).toEqual([80, 18]);
  });

  it('answers the request of RFC 2865 §7.1 with a reply that its gateway can verify', async () => {
    const vectors = JSON.parse(readFileSync('test/vectors/radius/rfc2865.json', 'utf8')) as Record<
      string,
      string
    >;
    const key = createSecret(Buffer.from(vectors['secret'] ?? ''));
    const harness = await startHarness({ client: { secrets: [key] } });
    const request = Buffer.from(vectors['7.1 request'] ?? '', 'hex');
    const reply = await (await harness.play()).ask(request);
    expect(reply.code).toBe(codes.AccessAccept);
    expect(verifyResponse(reply.bytes, request.subarray(4, 20), key)).toBe(true);
    expect(harness.logins[0]?.credentials).toEqual({ style: 'password+code', text: 'arctangent' });
  });

  it('answers the Access-Request of the project vectors and keeps none of its padding', async () => {
    const vectors = JSON.parse(readFileSync('test/vectors/radius/own.json', 'utf8')) as Record<
      string,
      string
    >;
    const key = createSecret(Buffer.from(vectors['secret'] ?? ''));
    const harness = await startHarness({ client: { secrets: [key] } });
    const request = Buffer.from(vectors['access-request'] ?? '', 'hex');
    const reply = await (await harness.play()).ask(Buffer.concat([request, Buffer.alloc(40, 7)]));
    expect(verifyResponse(reply.bytes, request.subarray(4, 20), key)).toBe(true);
    expect(harness.logins[0]?.credentials).toEqual({
      style: 'password+code',
      text: 'correct horse battery staple123456',
    });
  });

  it('drops the malformed packet of RFC 2865 §7.3 and counts it', async () => {
    const vectors = JSON.parse(readFileSync('test/vectors/radius/rfc2865.json', 'utf8')) as Record<
      string,
      string
    >;
    const harness = await startHarness();
    const gateway = await harness.play();
    gateway.send(Buffer.from(vectors['7.3 response, as printed'] ?? '', 'hex'));
    await sentinel(gateway);
    expect(gateway.unread).toEqual([]);
    expect(harness.server.counters().dropped.malformed).toBe(1);
  });

  it('gets silence when nothing could be decided, and is decided anew when it comes again', async () => {
    const verdicts: Verdict[] = [{ kind: 'silent', cause: 'store-unavailable' }, accept];
    const harness = await startHarness({
      authenticate: ({ userName }) => (userName === 'sentinel' ? accept : (verdicts.shift() ?? accept)),
    });
    const gateway = await harness.play();
    const request = papRequest();
    gateway.send(request);
    await sentinel(gateway);
    expect(gateway.unread).toEqual([]);
    expect((await gateway.ask(request)).code).toBe(codes.AccessAccept);
    expect(harness.server.counters().gateways['vpn1']?.outcomes).toMatchObject({ silent: 1, accept: 2 });
  });

  it('gets silence when services fail, and the listener goes on', async () => {
    const harness = await startHarness({
      authenticate: ({ userName }) => {
        if (userName === 'alice') throw new Error('broken');
        return accept;
      },
    });
    const gateway = await harness.play();
    gateway.send(papRequest());
    await sentinel(gateway);
    expect(gateway.unread).toEqual([]);
    expect(
      harness.lines.some(({ level, message }) => level === 'error' && message.includes('no reply')),
    ).toBe(true);
  });
});

describe('a challenge', () => {
  it('carries State, the prompt and the time to answer; the answer brings the State back', async () => {
    const harness = await startHarness({
      client: { gateways: [makeGateway({ profile: loadProfile('ocserv') })] },
      authenticate: ({ credentials }) =>
        credentials.style === 'challenge-answer' ? accept : { kind: 'challenge', state: 'sealed-state_1' },
    });
    const gateway = await harness.play();
    const challenge = await gateway.ask(papRequest({ identifier: 1, password: 'secret' }));
    expect(challenge.code).toBe(codes.AccessChallenge);
    expect(challenge.attributes.map(({ type }) => type)).toEqual([80, 24, 18, 27]);
    expect(textIn(challenge, 18)).toBe('Nhap ma OTP 6 so:');
    const answer = papRequest({
      identifier: 2,
      password: '123456',
      attributes: [text(24, textIn(challenge, 24))],
    });
    expect((await gateway.ask(answer)).code).toBe(codes.AccessAccept);
    expect(harness.logins.map(({ credentials }) => credentials)).toEqual([
      { style: 'password', text: 'secret' },
      { style: 'challenge-answer', text: '123456', state: 'sealed-state_1' },
    ]);
  });
});

describe('a challenge and time', () => {
  it('every challenge leaves at one instant after receipt, whatever was computed', async () => {
    const time = createManualTime();
    const finishers: ((verdict: Verdict) => void)[] = [];
    const harness = await startHarness({
      time,
      config: { rejectDelayMs: 1000 },
      authenticate: () => new Promise((resolve) => finishers.push(resolve)),
    });
    const gateway = await harness.play();
    gateway.send(papRequest({ identifier: 1, userName: 'unknown' }));
    gateway.send(papRequest({ identifier: 2, userName: 'known' }));
    await gateway.ask(statusServer());
    finishers[0]?.({ kind: 'challenge', state: 'a' });
    time.advance(200);
    finishers[1]?.({ kind: 'challenge', state: 'b' });
    await gateway.ask(statusServer());
    expect(harness.server.counters().delayed).toBe(2);
    expect(gateway.unread).toEqual([]);
    time.advance(60);
    expect((await gateway.reply(1))[0]).toBe(codes.AccessChallenge);
    expect((await gateway.reply(2))[0]).toBe(codes.AccessChallenge);
  });
});

describe('a retransmission', () => {
  it('is one in all its octets: an authenticator used again brings nobody the answer of another', async () => {
    const harness = await startHarness({
      authenticate: ({ userName }) => (userName === 'alice' ? accept : reject),
    });
    const gateway = await harness.play();
    const authenticator = freshAuthenticator();
    const asks = (userName: string) => papRequest({ userName, authenticator, signed: false });
    expect((await gateway.ask(asks('alice'))).code).toBe(codes.AccessAccept);
    expect((await gateway.ask(asks('mallory'))).code).toBe(codes.AccessReject);
    expect(harness.logins.map(({ userName }) => userName)).toEqual(['alice', 'mallory']);
  });

  it('gets the same octets and is decided once', async () => {
    const harness = await startHarness();
    const gateway = await harness.play();
    const request = papRequest();
    const first = await gateway.ask(request);
    const second = await gateway.ask(request);
    expect(second.bytes).toEqual(first.bytes);
    expect(harness.logins).toHaveLength(1);
    expect(harness.server.counters().gateways['vpn1']?.retransmissions).toBe(1);
    expect(harness.server.observations()['vpn1']).toMatchObject({ retransmissions: 1 });
  });

  it('is met with silence while the first is at work', async () => {
    let finish: (verdict: Verdict) => void = () => undefined;
    const harness = await startHarness({
      authenticate: ({ userName }) =>
        userName === 'sentinel'
          ? accept
          : new Promise((resolve) => {
              finish = resolve;
            }),
    });
    const gateway = await harness.play();
    const request = papRequest();
    gateway.send(request);
    gateway.send(request);
    await sentinel(gateway);
    expect(gateway.unread).toEqual([]);
    finish(accept);
    expect((await gateway.reply(1))[0]).toBe(codes.AccessAccept);
    await sentinel(gateway);
    expect(gateway.unread).toEqual([]);
    expect(loginsBut(harness)).toHaveLength(1);
    expect(harness.server.counters().dropped['duplicate-at-work']).toBe(1);
  });

  it('is forgotten 30 seconds after the reply', async () => {
    const time = createManualTime();
    const harness = await startHarness({ time });
    const gateway = await harness.play();
    const request = papRequest();
    await gateway.ask(request);
    time.advance(29_999);
    await gateway.ask(request);
    expect(harness.logins).toHaveLength(1);
    time.advance(2);
    await gateway.ask(request);
    expect(harness.logins).toHaveLength(2);
  });

  it('is told from a new request with the same identifier, whose reply alone is sent', async () => {
    const finishers: ((verdict: Verdict) => void)[] = [];
    const harness = await startHarness({
      authenticate: ({ userName }) =>
        userName === 'sentinel' ? accept : new Promise((resolve) => finishers.push(resolve)),
    });
    const gateway = await harness.play();
    gateway.send(papRequest({ identifier: 9, userName: 'alice' }));
    const second = papRequest({ identifier: 9, userName: 'bob' });
    gateway.send(second);
    await sentinel(gateway);
    finishers[0]?.(accept);
    finishers[1]?.(reject);
    const reply = await gateway.reply(9);
    expect(reply[0]).toBe(codes.AccessReject);
    expect(verifyResponse(reply, second.subarray(4, 20), secret)).toBe(true);
    await sentinel(gateway);
    expect(gateway.unread).toEqual([]);
  });

  it('from another port is another request', async () => {
    const harness = await startHarness();
    const request = papRequest();
    await (await harness.play()).ask(request);
    await (await harness.play()).ask(request);
    expect(harness.logins).toHaveLength(2);
  });

  it('survives a forged request with its identifier', async () => {
    const harness = await startHarness({ client: { requireMessageAuthenticator: 'always' } });
    const gateway = await harness.play();
    const request = papRequest({ identifier: 5 });
    const first = await gateway.ask(request);
    gateway.send(papRequest({ identifier: 5, secret: createSecret(Buffer.from('forged-forged-forged')) }));
    gateway.send(papRequest({ identifier: 5, signed: false }));
    const again = await gateway.ask(request);
    expect(again.bytes).toEqual(first.bytes);
    expect(harness.logins).toHaveLength(1);
    expect(harness.server.counters().dropped).toMatchObject({
      'message-authenticator-invalid': 1,
      'message-authenticator-missing': 1,
    });
  });
});

describe('Proxy-State', () => {
  it('comes back whole and in order, more than a hundred of them', async () => {
    const harness = await startHarness();
    const states = Array.from({ length: 120 }, (_, i) => text(33, `proxy-${i}`));
    const mixed = [...states.slice(0, 60), text(31, '10.0.0.1'), ...states.slice(60)];
    const reply = await (await harness.play()).ask(papRequest({ attributes: mixed }));
    expect(valuesIn(reply, 33)).toEqual(states.map(({ value }) => value));
  });

  it('leaves room for a bare Reject when the reply would not fit beside it', async () => {
    const harness = await startHarness({ authenticate: () => reject });
    const fits = papRequest({ password: 'x' });
    const room = 4096 - fits.length;
    const states = Array.from({ length: Math.floor(room / 255) }, () => text(33, 's'.repeat(253)));
    const last = room % 255;
    if (last > 2) states.push(text(33, 's'.repeat(last - 2)));
    const reply = await (await harness.play()).ask(papRequest({ password: 'x', attributes: states }));
    expect(reply.code).toBe(codes.AccessReject);
    expect(valuesIn(reply, 33)).toHaveLength(states.length);
    expect(valuesIn(reply, 18)).toEqual([]);
  });

  it('in an unsigned request is dropped unless the client is exempt', async () => {
    const harness = await startHarness();
    const gateway = await harness.play();
    const request = papRequest({ signed: false, attributes: [text(33, 'proxy')] });
    gateway.send(request);
    gateway.send(papRequest({ identifier: 254, signed: false, userName: 'sentinel' }));
    await gateway.reply(254);
    expect(gateway.unread).toEqual([]);
    expect(harness.server.counters().dropped['proxy-state-unsigned']).toBe(1);
    harness.client = makeClient({ limitProxyState: false });
    expect((await gateway.ask(request)).code).toBe(codes.AccessAccept);
  });
});

describe('Message-Authenticator', () => {
  const unsigned = (identifier: number) => papRequest({ identifier, signed: false });

  it('is required of every Access-Request under always', async () => {
    const harness = await startHarness({ client: { requireMessageAuthenticator: 'always' } });
    const gateway = await harness.play();
    gateway.send(unsigned(1));
    await sentinel(gateway);
    expect(gateway.unread).toEqual([]);
    expect(loginsBut(harness)).toEqual([]);
    const line = harness.lines.find(({ fields }) => fields['cause'] === 'message-authenticator-missing');
    expect(line?.fields['remedy']).toContain('requireMessageAuthenticator');
  });

  it('is required under auto from the first signed request on, and that is told once', async () => {
    const harness = await startHarness();
    const gateway = await harness.play();
    expect((await gateway.ask(unsigned(1))).code).toBe(codes.AccessAccept);
    expect(harness.signedClients).toEqual([]);
    await gateway.ask(papRequest({ identifier: 2 }));
    await gateway.ask(papRequest({ identifier: 3 }));
    expect(harness.signedClients).toEqual([1]);
    gateway.send(unsigned(4));
    await sentinel(gateway);
    expect(gateway.unread).toEqual([]);
  });

  it('was seen before, says the store: required under auto at once', async () => {
    const harness = await startHarness({ client: { seenMessageAuthenticator: true } });
    const gateway = await harness.play();
    gateway.send(unsigned(1));
    await sentinel(gateway);
    expect(gateway.unread).toEqual([]);
    // Nobody has set it to required: the log says where that comes from.
    const line = harness.lines.find(({ fields }) => fields['cause'] === 'message-authenticator-missing');
    expect(line?.fields['remedy']).toContain('was signed');
    expect(harness.signedClients).toEqual([]);
  });

  it('is not made a duty by Status-Server, which always carries one', async () => {
    const harness = await startHarness();
    const gateway = await harness.play();
    await gateway.ask(statusServer());
    expect((await gateway.ask(unsigned(2))).code).toBe(codes.AccessAccept);
  });

  it('is not made a duty by EAP either, which must always be signed', async () => {
    const harness = await startHarness();
    const gateway = await harness.play();
    const identity = { type: 79, value: Buffer.from('0201000a01616c696365', 'hex') };
    await gateway.ask(papRequest({ identifier: 1, password: null, attributes: [identity] }));
    expect((await gateway.ask(unsigned(2))).code).toBe(codes.AccessAccept);
    expect(harness.signedClients).toEqual([]);
  });

  it('may be missing under never, but a wrong one is still dropped', async () => {
    const harness = await startHarness({ client: { requireMessageAuthenticator: 'never' } });
    const gateway = await harness.play();
    const wrong = papRequest({ identifier: 7 });
    wrong[30] = (wrong[30] ?? 0) ^ 1;
    gateway.send(wrong);
    await sentinel(gateway);
    expect(gateway.unread).toEqual([]);
    expect((await gateway.ask(unsigned(1))).code).toBe(codes.AccessAccept);
  });

  it('made with a wrong secret is dropped with a hint at the secret', async () => {
    const harness = await startHarness();
    const gateway = await harness.play();
    gateway.send(papRequest({ secret: createSecret(Buffer.from('some-other-secret')) }));
    await sentinel(gateway);
    expect(gateway.unread).toEqual([]);
    const line = harness.lines.find(({ fields }) => fields['cause'] === 'message-authenticator-invalid');
    expect(line?.fields['remedy']).toContain('shared secret');
  });
});

describe('a shared secret', () => {
  const next = createSecret(Buffer.from('the-next-secret-of-this-client'));

  it('may be the next one while it is being rotated, signed or not, and the reply is signed with it', async () => {
    const harness = await startHarness({ client: { secrets: [secret, next] } });
    const gateway = await harness.play();
    for (const [identifier, key, signed] of [
      [1, next, false],
      [2, secret, false],
      [3, next, true],
      [4, secret, true],
    ] as const) {
      const request = papRequest({ identifier, secret: key, signed, password: 'secret123456' });
      const reply = await gateway.ask(request);
      expect(verifyResponse(reply.bytes, request.subarray(4, 20), key)).toBe(true);
    }
    expect(new Set(harness.logins.map(({ credentials }) => JSON.stringify(credentials)))).toEqual(
      new Set([JSON.stringify({ style: 'password+code', text: 'secret123456' })]),
    );
  });

  it('that is wrong shows in the observations and in the log, without the password', async () => {
    const harness = await startHarness({ authenticate: () => reject });
    const gateway = await harness.play();
    for (let identifier = 0; identifier < 8; identifier += 1) {
      await gateway.ask(
        papRequest({ identifier, signed: false, password: 'secret-password-of-alice', secret: next }),
      );
    }
    expect(harness.server.observations()['vpn1']?.unreadablePasswords).toBeGreaterThan(6);
    expect(harness.lines.some(({ message }) => message.includes('wrong shared secret'))).toBe(true);
  });

  it('and the passwords it hides never reach the log', async () => {
    const harness = await startHarness({ authenticate: () => reject });
    const gateway = await harness.play();
    await gateway.ask(papRequest({ password: 'hunter2-hunter2' }));
    gateway.send(papRequest({ secret: next }));
    await sentinel(gateway);
    const written = JSON.stringify(harness.lines);
    expect(written).not.toContain('hunter2');
    expect(written).not.toContain(secretText);
  });
});

function statusServer(identifier = 77, messageAuthenticator = true): Buffer {
  return encodeRequest({
    code: codes.StatusServer,
    identifier,
    authenticator: freshAuthenticator(),
    secret,
    messageAuthenticator,
    attributes: [],
  });
}

describe('Status-Server', () => {
  it('is answered with a signed Accept and asks no service', async () => {
    const harness = await startHarness();
    const request = statusServer();
    const reply = await (await harness.play()).ask(request);
    expect(reply.code).toBe(codes.AccessAccept);
    expect(checkMessageAuthenticator(reply, secret, request.subarray(4, 20))).toBe('valid');
    expect(harness.logins).toEqual([]);
    expect(harness.server.counters()).toMatchObject({ statusReplies: 1 });
  });

  it('is met with silence when unsigned, and when nothing can be decided', async () => {
    let healthy = true;
    const harness = await startHarness({ isHealthy: async () => healthy });
    const gateway = await harness.play();
    gateway.send(statusServer(1, false));
    await gateway.ask(statusServer(2));
    healthy = false;
    gateway.send(statusServer(3));
    await sentinel(gateway);
    expect(gateway.unread).toEqual([]);
    expect(harness.server.counters().dropped).toMatchObject({
      'message-authenticator-missing': 1,
      'status-unhealthy': 1,
    });
  });

  it('is answered no more than a few times a second', async () => {
    const time = createManualTime();
    const harness = await startHarness({ time });
    const gateway = await harness.play();
    for (let identifier = 0; identifier < 25; identifier += 1) gateway.send(statusServer(identifier));
    await sentinel(gateway);
    expect(harness.server.counters()).toMatchObject({ statusReplies: 20, dropped: { 'status-rate': 5 } });
  });
});

describe('who may ask', () => {
  it('an unknown client is dropped, counted, and logged once a minute', async () => {
    const time = createManualTime();
    const harness = await startHarness({ client: { prefix: '127.0.0.2/32' }, time });
    const gateway = await harness.play();
    for (let i = 0; i < 5; i += 1) gateway.send(papRequest({ identifier: i }));
    await sentinel(await harness.play('127.0.0.1', harness.addresses[0]?.port, '127.0.0.2'));
    expect(gateway.unread).toEqual([]);
    expect(harness.server.counters().dropped['unknown-client']).toBe(5);
    expect(harness.lines.filter(({ fields }) => fields['cause'] === 'unknown-client')).toHaveLength(1);
  });

  it('a client without a gateway of that name is dropped; the gateway is picked by what the request names', async () => {
    const gateways = [
      makeGateway({ gatewayId: 1, name: 'one', nasIdentifier: 'vpn1' }),
      makeGateway({ gatewayId: 2, name: 'two', nasIdentifier: 'vpn2' }),
      makeGateway({ gatewayId: 3, name: 'three', nasIpAddress: '192.0.2.3' }),
    ];
    const harness = await startHarness({ client: { gateways } });
    const gateway = await harness.play();
    const named = (identifier: number, name: string, address?: string) =>
      encodeRequest({
        code: codes.AccessRequest,
        identifier,
        authenticator: freshAuthenticator(),
        secret,
        messageAuthenticator: true,
        attributes: [
          text(1, 'alice'),
          text(3, 'x'.repeat(17)),
          text(32, name),
          ...(address === undefined ? [] : [{ type: 4, value: Buffer.from(address.split('.').map(Number)) }]),
        ],
      });
    gateway.send(named(9, 'vpn9'));
    await gateway.ask(named(2, 'vpn2'));
    await gateway.ask(named(3, 'other', '192.0.2.3'));
    await gateway.ask(named(1, 'vpn1', '192.0.2.3'));
    expect(harness.logins.map(({ gatewayId }) => gatewayId)).toEqual([2, 3, 1]);
    expect(gateway.unread).toEqual([]);
    expect(harness.server.counters().dropped['unknown-gateway']).toBe(1);
  });

  it('accounting and unknown codes on this port are dropped and counted', async () => {
    const harness = await startHarness();
    const gateway = await harness.play();
    const accounting = encodeRequest({
      code: codes.AccountingRequest,
      identifier: 3,
      secret,
      messageAuthenticator: false,
      attributes: [integer(40, 1)],
    });
    gateway.send(accounting);
    await sentinel(gateway);
    expect(gateway.unread).toEqual([]);
    expect(harness.server.counters().dropped['code-not-served']).toBe(1);
    const disconnect = encodeRequest({
      code: codes.DisconnectRequest,
      identifier: 4,
      secret,
      messageAuthenticator: true,
      attributes: [],
    });
    gateway.send(disconnect);
    await sentinel(gateway);
    // Each kind has its own line with its own remedy, within one minute too.
    const told = harness.lines.filter(({ fields }) => fields['cause'] === 'code-not-served');
    expect(told.map(({ fields }) => fields['code'])).toEqual(['Accounting-Request', 'Disconnect-Request']);
    expect(told[0]?.fields['remedy']).toContain('radius.accountingListen');
    expect(told[1]?.fields['remedy']).toContain('sessions cut');
  });

  it('every local address is served, and the reply comes from the one that was asked', async () => {
    const harness = await startHarness({
      config: {
        listen: [
          { host: '127.0.0.2', port: 0 },
          { host: '127.0.0.3', port: 0 },
        ],
      },
    });
    for (const { address, port } of harness.addresses) {
      // The played gateway takes replies from that address and port alone.
      const reply = await (await harness.play(address, port)).ask(papRequest());
      expect(reply.code).toBe(codes.AccessAccept);
    }
    expect(harness.addresses.map(({ address }) => address)).toEqual(['127.0.0.2', '127.0.0.3']);
  });

  it('IPv6 is served, from the address asked', async () => {
    const harness = await startHarness({
      client: { prefix: '::1/128' },
      config: { listen: [{ host: '::1', port: 0 }] },
    });
    const reply = await (await harness.play()).ask(papRequest());
    expect(reply.code).toBe(codes.AccessAccept);
    expect(harness.logins[0]?.summary['sourceAddress']).toBe('::1');
  });

  it('an IPv4-mapped source is its IPv4 client', async () => {
    const harness = await startHarness({ config: { listen: [{ host: '::ffff:127.0.0.1', port: 0 }] } });
    const gateway = await harness.play('127.0.0.1', harness.addresses[0]?.port);
    expect((await gateway.ask(papRequest())).code).toBe(codes.AccessAccept);
    expect(harness.logins[0]?.summary['sourceAddress']).toBe('127.0.0.1');
  });
});

describe('a Reject', () => {
  it('leaves at its deadline after receipt, and a retransmission does not fetch it early', async () => {
    const time = createManualTime();
    const harness = await startHarness({
      time,
      config: { rejectDelayMs: 1000 },
      authenticate: ({ userName }) => (userName === 'sentinel' ? accept : reject),
    });
    const gateway = await harness.play();
    const request = papRequest();
    gateway.send(request);
    await sentinel(gateway);
    time.advance(980);
    gateway.send(request);
    await gateway.ask(papRequest({ identifier: 250, userName: 'sentinel' }));
    expect(gateway.unread).toEqual([]);
    expect(harness.server.counters().delayed).toBe(1);
    time.advance(30);
    expect((await gateway.reply(1))[0]).toBe(codes.AccessReject);
    expect(loginsBut(harness)).toHaveLength(1);
  });

  it('to a health probe leaves at once', async () => {
    const time = createManualTime();
    const profile = loadProfile('generic', { healthProbeUsers: ['probe'] });
    const harness = await startHarness({
      time,
      client: { gateways: [makeGateway({ profile })] },
      config: { rejectDelayMs: 1000 },
      authenticate: ({ isHealthProbe }) =>
        isHealthProbe ? { kind: 'reject', lookupCode: null, isImmediate: true } : accept,
    });
    const reply = await (await harness.play()).ask(papRequest({ userName: 'probe' }));
    expect(reply.code).toBe(codes.AccessReject);
    expect(reply.attributes.map(({ type }) => type)).toEqual([80]);
  });

  it('that waits is sent when the listener stops', async () => {
    const time = createManualTime();
    const harness = await startHarness({ time, config: { rejectDelayMs: 1000 }, authenticate: () => reject });
    const gateway = await harness.play();
    gateway.send(papRequest());
    await gateway.ask(statusServer());
    const reply = gateway.reply(1);
    await harness.stop();
    expect((await reply)[0]).toBe(codes.AccessReject);
  });
});

describe('limits', () => {
  it('an account that asks too often is refused, recorded once in ten seconds under one lookup code', async () => {
    const time = createManualTime();
    let issued = 0;
    const harness = await startHarness({
      time,
      client: { gateways: [makeGateway({ accountRequestsPerMinute: 6 })] },
      authenticate: ({ refused }) => {
        if (refused === null) return accept;
        issued += 1;
        return { kind: 'reject', lookupCode: `LIMIT00${issued}`, isImmediate: false };
      },
    });
    const gateway = await harness.play();
    const replies: Packet[] = [];
    for (let i = 0; i < 20; i += 1) replies.push(await gateway.ask(papRequest({ identifier: i })));
    expect(replies.filter(({ code }) => code === codes.AccessAccept)).toHaveLength(10);
    expect(new Set(replies.slice(10).map((reply) => textIn(reply, 18)))).toEqual(
      new Set(['Khong ket noi duoc. Ma tra cuu: LIMI-T001']),
    );
    expect(harness.logins.filter(({ refused }) => refused?.reason === 'too-many-requests')).toHaveLength(1);
    expect((await gateway.ask(papRequest({ identifier: 30, userName: 'bob' }))).code).toBe(
      codes.AccessAccept,
    );
    time.advance(10_001);
    expect((await gateway.ask(papRequest({ identifier: 31 }))).code).toBe(codes.AccessAccept);
    const second = await gateway.ask(papRequest({ identifier: 32 }));
    expect(textIn(second, 18)).toContain('LIMI-T002');
    expect(harness.server.counters().gateways['vpn1']?.limited).toBe(11);
  });

  it('one source that asks for an account too often keeps nobody out who comes from elsewhere; many are limited together', async () => {
    const harness = await startHarness({
      time: createManualTime(),
      client: { gateways: [makeGateway({ accountRequestsPerMinute: 10 })] },
      authenticate: ({ refused }) => (refused === null ? accept : reject),
    });
    const gateway = await harness.play();
    const from = (identifier: number, station: string) =>
      papRequest({ identifier, attributes: [text(31, station)] });
    for (let i = 0; i < 30; i += 1) await gateway.ask(from(i, '198.51.100.1'));
    expect(harness.logins.filter(({ refused }) => refused === null)).toHaveLength(10);
    expect((await gateway.ask(from(100, '203.0.113.5'))).code).toBe(codes.AccessAccept);
    for (let i = 0; i < 200; i += 1) await gateway.ask(from(i, `198.51.100.${10 + (i % 20)}`));
    expect(harness.logins.filter(({ refused }) => refused === null)).toHaveLength(100);
  });

  it('an account has one limit however its name is spelt', async () => {
    const harness = await startHarness({
      time: createManualTime(),
      client: { gateways: [makeGateway({ accountRequestsPerMinute: 10 })] },
      authenticate: ({ refused }) => (refused === null ? accept : reject),
    });
    const gateway = await harness.play();
    const spellings = ['alice', 'ALICE', 'alice@example.org', 'EXAMPLE.ORG\\aLice', '\uff41lice'];
    for (let i = 0; i < 40; i += 1) {
      const userName = spellings[i % spellings.length] ?? '';
      await gateway.ask(papRequest({ identifier: i, userName }));
    }
    expect(harness.logins.filter(({ refused }) => refused === null)).toHaveLength(10);
  });

  it("a probe over the gateway's limit does not decide how others over it are answered", async () => {
    const profile = loadProfile('generic', { healthProbeUsers: ['probe'] });
    const harness = await startHarness({
      time: createManualTime(),
      client: { gateways: [makeGateway({ requestsPerSecond: 1, profile })] },
      authenticate: ({ refused, isHealthProbe }) => {
        if (isHealthProbe) return { kind: 'reject', lookupCode: null, isImmediate: true };
        return refused === null ? accept : reject;
      },
    });
    const gateway = await harness.play();
    for (let i = 0; i < 4; i += 1) await gateway.ask(papRequest({ identifier: i }));
    await gateway.ask(papRequest({ identifier: 4, userName: 'probe' }));
    expect(textIn(await gateway.ask(papRequest({ identifier: 5 })), 18)).toContain('ABCD-2345');
  });

  it('a gateway has one of its own', async () => {
    const harness = await startHarness({
      time: createManualTime(),
      client: { gateways: [makeGateway({ requestsPerSecond: 1 })] },
      authenticate: ({ refused }) => (refused === null ? accept : reject),
    });
    const gateway = await harness.play();
    const codesSeen = [];
    for (let i = 0; i < 6; i += 1) {
      codesSeen.push((await gateway.ask(papRequest({ identifier: i, userName: `user${i}` }))).code);
    }
    expect(codesSeen).toEqual([2, 2, 2, 2, 3, 3]);
  });

  it('beyond what fits in the queue the oldest without a State is dropped and counted', async () => {
    const finishers: (() => void)[] = [];
    const harness = await startHarness({
      config: { maxInFlight: 1, maxQueued: 2 },
      authenticate: () => new Promise((resolve) => finishers.push(() => resolve(accept))),
    });
    const gateway = await harness.play();
    gateway.send(papRequest({ identifier: 0, userName: 'at-work' }));
    gateway.send(papRequest({ identifier: 1, userName: 'oldest' }));
    gateway.send(papRequest({ identifier: 2, userName: 'second-round', attributes: [text(24, 'state')] }));
    gateway.send(papRequest({ identifier: 3, userName: 'newest' }));
    await gateway.ask(statusServer());
    expect(harness.server.counters()).toMatchObject({ inFlight: 1, queued: 2, dropped: { overloaded: 1 } });
    for (const identifier of [0, 2, 3]) {
      finishers.shift()?.();
      await gateway.reply(identifier);
    }
    expect(harness.logins.map(({ userName }) => userName)).toEqual(['at-work', 'second-round', 'newest']);
    expect(gateway.unread).toEqual([]);
  });
});

describe('what is not a VPN login', () => {
  const refusedAs = async (attributes: Parameters<typeof papRequest>[0], profile = 'generic') => {
    const harness = await startHarness({
      client: { gateways: [makeGateway({ profile: loadProfile(profile) })] },
      authenticate: ({ refused }) => (refused === null ? accept : reject),
    });
    const reply = await (await harness.play()).ask(papRequest(attributes));
    return {
      code: reply.code,
      reply,
      refused: harness.logins[0]?.refused,
      method: harness.logins[0]?.method,
    };
  };

  it("an administrator's login on the firewall is refused", async () => {
    for (const serviceType of [1, 6, 7]) {
      const { code, refused } = await refusedAs({ attributes: [integer(6, serviceType)] });
      expect(code).toBe(codes.AccessReject);
      expect(refused).toEqual({ reason: 'service-not-allowed', detail: null });
    }
    const { refused } = await refusedAs({ attributes: [text(77, 'admin-login')] }, 'fortigate');
    expect(refused).toEqual({ reason: 'service-not-allowed', detail: null });
  });

  it('CHAP and MS-CHAP are refused by name', async () => {
    const chap = await refusedAs({ password: null, attributes: [text(3, 'x'.repeat(17))] });
    expect(chap.refused).toEqual({ reason: 'method-not-allowed', detail: 'chap' });
    const response = Buffer.concat([Buffer.from('00000137', 'hex'), Buffer.from([25, 52]), Buffer.alloc(50)]);
    const msChap = await refusedAs({ password: null, attributes: [{ type: 26, value: response }] });
    expect(msChap.refused).toEqual({ reason: 'method-not-allowed', detail: 'ms-chap' });
  });

  it('EAP is refused with EAP-Failure under the identifier of the response, and no text beside it', async () => {
    for (const [type, detail, method] of [
      [4, 'eap-md5', 'EAP-MD5'],
      [13, 'eap-other', 'EAP-TLS'],
      [1, 'eap-other', 'EAP-Identity'],
    ] as const) {
      const message = Buffer.from([2, 0x2a, 0, 10, type, 97, 108, 105, 99, 101]);
      const seen = await refusedAs({ password: null, attributes: [{ type: 79, value: message }] });
      expect(seen.refused).toEqual({ reason: 'method-not-allowed', detail });
      expect(seen.method).toBe(method);
      expect(seen.code).toBe(codes.AccessReject);
      expect(valuesIn(seen.reply, 79)).toEqual([Buffer.from([4, 0x2a, 0, 4])]);
      expect(valuesIn(seen.reply, 18)).toEqual([]);
    }
  });

  it('unsigned EAP is dropped', async () => {
    const harness = await startHarness({ client: { requireMessageAuthenticator: 'never' } });
    const gateway = await harness.play();
    const start = { type: 79, value: Buffer.alloc(0) };
    gateway.send(papRequest({ password: null, signed: false, attributes: [start] }));
    await sentinel(gateway);
    expect(gateway.unread).toEqual([]);
    expect(harness.server.counters().dropped['eap-unsigned']).toBe(1);
  });

  it('two kinds of credential in one request are refused', async () => {
    const { refused } = await refusedAs({ attributes: [text(3, 'x'.repeat(17))] });
    expect(refused).toEqual({ reason: 'method-not-allowed', detail: 'no-credential' });
  });

  it('nothing to check at all is refused when signed and dropped when not', async () => {
    const { refused } = await refusedAs({ password: null });
    expect(refused).toEqual({ reason: 'method-not-allowed', detail: 'no-credential' });
    const harness = await startHarness();
    const gateway = await harness.play();
    gateway.send(papRequest({ password: null, signed: false }));
    await sentinel(gateway);
    expect(gateway.unread).toEqual([]);
    expect(harness.server.counters().dropped['no-credential-unsigned']).toBe(1);
  });
});

describe('the observations', () => {
  it('say what a gateway sends, for the doctor', async () => {
    const profile = loadProfile('pfsense');
    const harness = await startHarness({ client: { gateways: [makeGateway({ profile })] } });
    const gateway = await harness.play();
    await gateway.ask(papRequest({ signed: false, attributes: [text(31, '198.51.100.1:1194')] }));
    expect(harness.server.observations()['vpn1']).toMatchObject({
      requests: 1,
      signed: 0,
      unsigned: 1,
      methods: { pap: 1 },
      useless: ['Calling-Station-Id'],
      refusedByProfile: { 'service-not-allowed': 1 },
      withoutNasIdentity: 0,
      unreadablePasswords: 0,
    });
  });
});
