// RADIUS/1.1 over real connections: what is negotiated, what a request gets, the other direction, and everything that is refused.
import { once } from 'node:events';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { StoreUnavailableError } from '../../src/base/errors.ts';
import { systemRandom } from '../../src/base/random.ts';
import { toEapReply } from '../../src/radius-server/access-request.ts';
import { createAccountingServer } from '../../src/radius-server/accounting-server.ts';
import type { Verdict } from '../../src/services/login.ts';
import type { AccountingNews, AccountingResult } from '../../src/services/sessions/accounting.ts';
import type { TlsRule } from '../../src/services/settings/tls-clients.ts';
import { encodeValue } from '../../src/wire/radius/attribute.ts';
import { codes, type Packet, parsePacket } from '../../src/wire/radius/packet.ts';
import { interpretRequest } from '../../src/wire/radius/profile/interpret.ts';
import { encodePacket11, parsePacket11 } from '../../src/wire/radius/radius11.ts';
import { clearSealing } from '../../src/wire/radius/sealing.ts';
import { vendorAttributes } from '../../src/wire/radius/vendor.ts';
import { silentLog } from '../store/silent-log.ts';
import { accept, integer, makeClient, makeGateway, text, valuesIn } from './harness.ts';
import {
  alice,
  authority,
  causesIn,
  closed,
  prepareTlsSite,
  request as request10,
  rule,
  type Started,
  start,
  take,
  tlsClient,
  vpn,
} from './tls-site.ts';

prepareTlsSite();

const only11: ConnectionOptions = { ALPNProtocols: ['radius/1.1'] };
const token = 0xfffffffe;
const refuse: Verdict = { kind: 'reject', lookupCode: 'ABCD2345', isImmediate: true };

/** The rule of the client; what is not said is as it is left out. */
const named = (over: Partial<TlsRule> = {}) => [
  { client: tlsClient(), rule: rule({ names: ['vpn1.example.org'], ...over }) },
];

const request = (of: { token?: number; code?: number; password?: string; userName?: string } = {}) =>
  encodePacket11({
    code: of.code ?? codes.AccessRequest,
    token: of.token ?? token,
    attributes: [
      text(1, of.userName ?? 'alice'),
      text(2, of.password ?? 'secret123456'),
      { type: 4, value: Buffer.from([192, 0, 2, 1]) },
    ],
  });
const status = encodePacket11({ code: codes.StatusServer, token, attributes: [] });

/** Packets of RADIUS/1.1 that come over a connection. */
const take11 = async (socket: TLSSocket, count: number): Promise<Packet[]> =>
  (await take(socket, count)).map(({ bytes }) => parsePacket11(bytes));

/** Everything that comes until the peer has closed. */
async function untilClosed(
  started: Started,
  options: ConnectionOptions,
): Promise<{ octets: Buffer; code: string }> {
  const chunks: Buffer[] = [];
  let code = '';
  const socket = connect({
    ...{ host: '127.0.0.1', port: started.port, ca: [authority.cert], checkServerIdentity: () => undefined },
    ...{ cert: vpn.cert, key: vpn.key },
    ...options,
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    code = error.code ?? '';
  });
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close').catch(() => undefined);
  if (!socket.closed) await closed(socket);
  return { octets: Buffer.concat(chunks), code };
}

describe('what is negotiated', () => {
  test.each<[string, string[] | null, string | false]>([
    ['nothing', null, false],
    ['1.0', ['radius/1.0'], 'radius/1.0'],
    ['1.1', ['radius/1.1'], 'radius/1.1'],
    ['both', ['radius/1.0', 'radius/1.1'], 'radius/1.1'],
    ['1.1 beside something else', ['h2', 'radius/1.1'], 'radius/1.1'],
  ])('a peer that offers %s speaks the best that both know', async (_, offered, agreed) => {
    const started = await start();
    const socket = await started.dial(vpn, offered === null ? {} : { ALPNProtocols: offered });
    expect(socket.alpnProtocol).toBe(agreed);
    const is11 = agreed === 'radius/1.1';
    socket.write(is11 ? request() : request10(7));
    const [reply] = await take(socket, 1);
    expect(reply?.code).toBe(codes.AccessAccept);
    expect(started.lines.find(({ message }) => message.includes('is up'))?.fields).toMatchObject({
      radius: is11 ? '1.1' : '1.0',
    });
  });

  test('a peer that offers neither gets the alert no_application_protocol, and the cause is counted', async () => {
    const started = await start();
    const { octets, code } = await untilClosed(started, { ALPNProtocols: ['h2'] });
    expect([octets.length, code]).toEqual([0, 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL']);
    await expect.poll(() => causesIn(started.lines)).toEqual(['no-common-radius-version']);
    expect(started.listener.counters().refused).toEqual({ 'no-common-radius-version': 1 });
  });

  test('where 1.1 alone is configured, 1.0 gets the alert', async () => {
    const started = await start({ config: { radiusVersions: ['1.1'] } });
    const { code } = await untilClosed(started, { ALPNProtocols: ['radius/1.0'] });
    expect(code).toBe('ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL');
  });

  test.each<[string, Partial<Parameters<typeof start>[0] & object>, ConnectionOptions, string]>([
    ['offers nothing, where 1.1 alone is configured', { config: { radiusVersions: ['1.1'] } }, {}, '1.1'],
    ['offers nothing, and is to speak 1.1', { rules: undefined as never }, {}, '1.1'],
    ['offers 1.1, and is to speak 1.0', { rules: undefined as never }, only11, '1.0'],
  ])('a peer that %s is told so inside, and closed', async (_, options, offer, taken) => {
    const needsRule = !('config' in options);
    const radiusVersions = [taken as '1.0' | '1.1'];
    const started = await start(needsRule ? { rules: named({ radiusVersions }) } : options);
    const { octets } = await untilClosed(started, offer);
    const told = parsePacket(octets);
    expect([told.code, told.identifier, told.authenticator.equals(Buffer.alloc(16))]).toEqual([
      codes.ProtocolError,
      0,
      true,
    ]);
    expect(String(valuesIn(told, 18)[0])).toContain(`RADIUS/${taken}`);
    expect(valuesIn(told, 101)).toEqual([encodeValue('integer', 406)]);
    expect(started.listener.counters().refused).toEqual({ 'radius-version': 1 });
    expect(causesIn(started.lines)).toEqual(['radius-version']);
    expect(started.logins).toEqual([]);
  });

  test('1.1 needs TLS 1.3', async () => {
    const started = await start();
    const { octets } = await untilClosed(started, { ...only11, maxVersion: 'TLSv1.2' });
    expect(octets).toHaveLength(0);
    await expect.poll(() => causesIn(started.lines)).toEqual(['radius-1.1-needs-tls-1.3']);
  });

  test('a connection whose version its client may not speak any more is closed', async () => {
    const started = await start();
    const socket = await started.dial(vpn, only11);
    socket.write(request());
    await take(socket, 1);
    started.rules = named({ radiusVersions: ['1.0'] });
    started.listener.look();
    await closed(socket);
    expect(started.listener.counters().closed).toEqual({ 'client-changed': 1 });
  });
});

describe('a request', () => {
  const dial = (started: Started) => started.dial(vpn, only11);

  test('has its password as it was typed; the reply has its Token, no signature and no authenticator', async () => {
    const started = await start();
    const socket = await dial(started);
    socket.write(request({ password: 'mật khẩu 123456' }));
    const [reply] = await take(socket, 1);
    expect(reply?.bytes.subarray(1, 20).toString('hex')).toMatch(/^00....fffffffe0{24}$/);
    expect(reply?.code).toBe(codes.AccessAccept);
    expect(reply?.attributes.some(({ type }) => type === 80)).toBe(false);
    expect(started.logins[0]?.credentials).toMatchObject({ text: 'mật khẩu 123456' });
  });

  test('keeps its Proxy-State, and a refusal or a challenge is one here too', async () => {
    const verdicts: Verdict[] = [refuse, { kind: 'challenge', state: 'the-state' }];
    const started = await start({ authenticate: () => verdicts.shift() ?? accept });
    const socket = await dial(started);
    const withState = (number: number) =>
      encodePacket11({
        code: codes.AccessRequest,
        token: number,
        attributes: [text(1, 'alice'), text(2, 'secret123456'), text(33, `proxy ${number}`)],
      });
    socket.write(withState(1));
    const [refused] = await take11(socket, 1);
    expect([refused?.code, refused?.identifier, String(valuesIn(refused as Packet, 33)[0])]).toEqual([
      codes.AccessReject,
      1,
      'proxy 1',
    ]);
    socket.write(withState(2));
    const [challenged] = await take11(socket, 1);
    expect([challenged?.code, String(valuesIn(challenged as Packet, 24)[0])]).toEqual([
      codes.AccessChallenge,
      'the-state',
    ]);
  });

  test('with a Message-Authenticator, even a wrong one, is served as without', async () => {
    const started = await start();
    const socket = await dial(started);
    const signature = Buffer.concat([Buffer.of(80, 18), Buffer.alloc(16, 0xee)]);
    const octets = Buffer.concat([request(), signature]);
    octets.writeUInt16BE(octets.length, 2);
    socket.write(octets);
    expect((await take(socket, 1))[0]?.code).toBe(codes.AccessAccept);
  });

  test('more than 256 are told apart by their Tokens, and answered out of order', async () => {
    const slow = Promise.withResolvers<Verdict>();
    const started = await start({
      authenticate: (login) => (login.userName === 'slow' ? slow.promise : accept),
    });
    const socket = await dial(started);
    socket.write(request({ token: 1, userName: 'slow' }));
    const others = Array.from({ length: 300 }, (_, index) => 257 + index);
    const replies = take11(socket, 300);
    socket.write(Buffer.concat(others.map((number) => request({ token: number }))));
    expect((await replies).map(({ identifier }) => identifier).sort((a, b) => a - b)).toEqual(others);
    slow.resolve(accept);
    expect((await take11(socket, 1))[0]?.identifier).toBe(1);
  });

  test('Status-Server needs no signature', async () => {
    const started = await start();
    const socket = await dial(started);
    socket.write(status);
    const [reply] = await take11(socket, 1);
    expect([reply?.code, reply?.identifier]).toEqual([codes.AccessAccept, token]);
  });

  test.each<[string, () => Buffer, number, Verdict | null]>([
    ['of a code that is not served', () => request({ code: 99 }), 406, null],
    ['of no gateway that is declared', () => request({}), 403, null],
    ['that nobody can decide now', () => request({}), 506, { kind: 'silent', cause: 'store-unavailable' }],
  ])('%s gets a Protocol-Error with the cause, never nothing', async (name, octets, cause, verdict) => {
    const gateways = [makeGateway({ nasIdentifier: 'another' })];
    const client = tlsClient(name.includes('gateway') ? { gateways } : {});
    const started = await start({
      rules: [{ client, rule: rule({ names: ['vpn1.example.org'] }) }],
      ...(verdict === null ? {} : { authenticate: () => verdict }),
    });
    const socket = await dial(started);
    socket.write(Buffer.concat([octets(), status]));
    const replies = await take11(socket, 2);
    const told = replies.find(({ code }) => code === codes.ProtocolError);
    expect(told?.identifier).toBe(token);
    expect(told?.attributes.map(({ type, value }) => [type, value.readUInt32BE(0)])).toEqual([[101, cause]]);
    expect(replies.some(({ code }) => code === codes.AccessAccept)).toBe(true);
  });

  test('answers to nothing, Protocol-Errors among them, are passed over: nobody goes on for ever', async () => {
    const started = await start();
    const socket = await dial(started);
    const answers = [codes.AccessAccept, codes.DisconnectAck, codes.CoaNak, codes.ProtocolError];
    socket.write(
      Buffer.concat([...answers.map((code) => encodePacket11({ code, token: 5, attributes: [] })), status]),
    );
    expect((await take11(socket, 1))[0]?.identifier).toBe(token);
  });

  test('of RADIUS/TLS before 1.1 opens nothing here, nor one of 1.1 there', async () => {
    const started = await start({
      authenticate: ({ credentials }) =>
        'text' in credentials && credentials.text === 'secret123456' ? accept : refuse,
    });
    const newer = await dial(started);
    newer.write(request10(7));
    expect((await take(newer, 1))[0]?.code).toBe(codes.AccessReject);
    const older = await started.dial(vpn);
    older.write(request());
    expect((await take(older, 1))[0]?.code).toBe(codes.AccessReject);
    expect(started.logins).toHaveLength(2);
    newer.write(request());
    expect((await take(newer, 1))[0]?.code).toBe(codes.AccessAccept);
  });

  test('that is no packet closes the connection', async () => {
    const started = await start();
    const socket = await dial(started);
    socket.write(Buffer.from('0100001300', 'hex'));
    await closed(socket);
    expect(causesIn(started.lines)).toEqual(['malformed']);
  });
});

describe('accounting', () => {
  const start11 = async (record: (news: AccountingNews) => Promise<AccountingResult>) => {
    const server = createAccountingServer({
      config: { listen: [], receiveBufferBytes: 0 },
      settings: { current: () => ({ findClient: () => null }) },
      isHealthy: () => true,
      clock: systemClock,
      log: silentLog,
      record,
    });
    const started = await start({ onPacket: (packet, exchange) => server.handle(exchange, packet) });
    return { server, socket: await started.dial(vpn, only11) };
  };
  const stop = encodePacket11({
    code: codes.AccountingRequest,
    token,
    attributes: [text(1, 'alice'), integer(40, 2), text(44, 's1'), text(33, 'proxy')],
  });

  test('is stored and answered with its Token; nothing of it is computed with MD5', async () => {
    const news: AccountingNews[] = [];
    const { socket } = await start11(async (one) => {
      news.push(one);
      return 'stored';
    });
    socket.write(stop);
    const [reply] = await take(socket, 1);
    expect(reply?.bytes.toString('hex')).toBe(
      `0500001bfffffffe${'00'.repeat(12)}2107${Buffer.from('proxy').toString('hex')}`,
    );
    expect(news).toMatchObject([{ kind: 'stop', userName: 'alice', acctSessionId: 's1' }]);
  });

  test('that cannot be stored gets a Protocol-Error, and is stored when it comes again', async () => {
    let isDown = true;
    const { server, socket } = await start11(async () => {
      if (isDown) throw new StoreUnavailableError('the store is down');
      return 'stored';
    });
    socket.write(stop);
    const [told] = await take11(socket, 1);
    expect([told?.code, valuesIn(told as Packet, 101)]).toEqual([
      codes.ProtocolError,
      [encodeValue('integer', 506)],
    ]);
    isDown = false;
    socket.write(stop);
    expect((await take11(socket, 1))[0]?.code).toBe(codes.AccountingResponse);
    expect(server.counters().results.stored).toBe(1);
  });

  test('two with one Token and other contents are two', async () => {
    const news: AccountingNews[] = [];
    const { socket } = await start11(async (one) => {
      news.push(one);
      return 'stored';
    });
    const other = Buffer.from(stop);
    other[other.indexOf('s1') + 1] = 0x32;
    socket.write(Buffer.concat([stop, other]));
    await take11(socket, 2);
    expect(news.map((one) => 'acctSessionId' in one && one.acctSessionId).sort()).toEqual(['s1', 's2']);
  });

  test('Status-Server needs no signature here either', async () => {
    const { socket } = await start11(async () => 'stored');
    socket.write(status);
    expect((await take11(socket, 1))[0]?.code).toBe(codes.AccountingResponse);
  });
});

test('the keys of an EAP method leave as they are', () => {
  const packet = parsePacket11(request());
  const gateway = makeGateway();
  const msk = Buffer.from(Array.from({ length: 64 }, (_, index) => index));
  const interpretation = interpretRequest(gateway.profile, packet, () => null);
  const reply = toEapReply(
    packet,
    { interpretation, sealing: clearSealing },
    gateway,
    {
      kind: 'end',
      verdict: accept as Extract<Verdict, { kind: 'accept' }>,
      message: Buffer.from([3, 1, 0, 4]),
      msk,
    },
    systemRandom,
  );
  const keys = vendorAttributes(parsePacket11(reply ?? Buffer.alloc(0)), 311);
  expect(keys.map(({ vendorType, value }) => [vendorType, value.toString('hex')])).toEqual([
    [17, msk.subarray(0, 32).toString('hex')],
    [16, msk.subarray(32).toString('hex')],
  ]);
});

describe('Disconnect-Requests down the connection', () => {
  const { clientId } = makeClient();

  test('carry a Token and no signature; ACK, NAK and Protocol-Error are matched by it', async () => {
    const started = await start();
    const socket = await started.dial(vpn, only11);
    await expect.poll(() => started.listener.connectedClients()).toEqual([clientId]);
    const answers = [0, 1, 2].map(() => started.listener.disconnect(clientId, alice));
    const asked = await take11(socket, 3);
    for (const packet of asked) {
      expect(packet.code).toBe(codes.DisconnectRequest);
      expect(packet.bytes.subarray(8, 20).equals(Buffer.alloc(12))).toBe(true);
      expect(packet.bytes[1]).toBe(0);
      expect(packet.attributes.map(({ type }) => type)).toEqual([1, 55]);
    }
    const [one = 0, two = 0, three = 0] = asked.map(({ identifier }) => identifier);
    expect([(two - one) >>> 0, (three - two) >>> 0]).toEqual([1, 1]);
    const cause = (number: number) => [{ type: 101, value: encodeValue('integer', number) }];
    socket.write(
      Buffer.concat([
        encodePacket11({ code: codes.ProtocolError, token: three, attributes: cause(406) }),
        encodePacket11({ code: codes.DisconnectNak, token: two, attributes: cause(503) }),
        request({ token: one }),
        encodePacket11({ code: codes.DisconnectAck, token: one, attributes: [] }),
      ]),
    );
    expect(await Promise.all(answers)).toEqual([
      { kind: 'ack' },
      { kind: 'nak', errorCause: 503 },
      { kind: 'nak', errorCause: 406 },
    ]);
    expect((await take11(socket, 1))[0]?.code).toBe(codes.AccessAccept);
  });

  test('count from another Token on every connection', async () => {
    const started = await start();
    const firsts: number[] = [];
    for (let connection = 0; connection < 3; connection += 1) {
      const socket = await started.dial(vpn, only11);
      await expect.poll(() => started.listener.connectedClients()).toEqual([clientId]);
      void started.listener.disconnect(clientId, alice);
      firsts.push((await take11(socket, 1))[0]?.identifier ?? 0);
      socket.end();
      await expect.poll(() => started.listener.connectedClients()).toEqual([]);
    }
    expect(new Set(firsts).size).toBe(3);
  });
});
