// An older RADIUS server asked about passwords: what its answers mean, and which are none.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { createRadiusUpstream } from '../../src/radius-server/radius-upstream.ts';
import type { EncodedAttribute } from '../../src/wire/radius/attribute.ts';
import { checkMessageAuthenticator } from '../../src/wire/radius/message-authenticator.ts';
import { codes, first, type Packet, parsePacket } from '../../src/wire/radius/packet.ts';
import { encodeReply } from '../../src/wire/radius/reply.ts';
import { createSecret } from '../../src/wire/radius/secret.ts';
import { revealUserPassword } from '../../src/wire/radius/user-password.ts';
import { type LogLine, recordingLog } from './harness.ts';

const secret = createSecret(Buffer.from('a-shared-secret-of-32-characters'));
const closers: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

type Play = (packet: Packet, reply: (octets: Buffer) => void, socket: Socket, from: RemoteInfo) => void;

async function start(play: Play, timeoutMs = 2_000, relayChallenges = false) {
  const socket = createSocket('udp4');
  const requests: Packet[] = [];
  const ports = new Set<number>();
  socket.on('message', (datagram, from) => {
    const packet = parsePacket(datagram);
    requests.push(packet);
    ports.add(from.port);
    play(packet, (octets) => socket.send(octets, from.port, from.address), socket, from);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  closers.push(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  const lines: LogLine[] = [];
  const upstream = createRadiusUpstream({
    upstream: 'old',
    host: '127.0.0.1',
    port: socket.address().port,
    secret,
    nasIdentifier: 'gatewarden',
    relayChallenges,
    timeoutMs,
    clock: systemClock,
    random: systemRandom,
    log: recordingLog(lines),
  });
  closers.push(() => upstream.close());
  const ask = (password = 'mat khau', userName = 'nvduc') =>
    upstream.ask({ userName, password, station: '198.51.100.7', deadline: systemClock.monotonic() + 5_000 });
  return { ask, requests, lines, ports, upstream };
}

const answer = (request: Packet, code: number, by = secret, attributes: EncodedAttribute[] = []) =>
  encodeReply({ code, request, attributes, secret: by });

describe('an older RADIUS server', () => {
  test('gets a signed request with the password hidden, and is taken at its word', async () => {
    const { ask, requests } = await start((packet, reply) => {
      const hidden = first(packet, 2)?.value ?? Buffer.alloc(0);
      const password = revealUserPassword(hidden, packet.authenticator, secret)?.toString();
      reply(answer(packet, password === 'mat khau' ? codes.AccessAccept : codes.AccessReject));
    });
    expect(await ask()).toBe('right');
    expect(await ask('another')).toBe('wrong');
    const [request] = requests;
    if (request === undefined) throw new Error('nothing came');
    expect(request.attributes[0]?.type).toBe(80);
    expect(checkMessageAuthenticator(request, secret)).toBe('valid');
    expect(first(request, 1)?.value.toString()).toBe('nvduc');
    expect(first(request, 31)?.value.toString()).toBe('198.51.100.7');
    expect(first(request, 32)?.value.toString()).toBe('gatewarden');
    expect(request.bytes.includes('mat khau')).toBe(false);
    expect(requests[0]?.authenticator.equals(requests[1]?.authenticator ?? Buffer.alloc(0))).toBe(false);
  });

  test('is asked again with the same octets when an answer is lost', async () => {
    const { ask, requests } = await start((packet, reply) => {
      if (requests.length === 2) reply(answer(packet, codes.AccessAccept));
    }, 300);
    expect(await ask()).toBe('right');
    expect(requests[1]?.bytes.equals(requests[0]?.bytes ?? Buffer.alloc(0))).toBe(true);
  });

  test('that never answers is unavailable, after three tries', async () => {
    const { ask, requests } = await start(() => undefined, 150);
    expect(await ask()).toBe('unavailable');
    expect(requests).toHaveLength(3);
  });

  const unsigned = (request: Packet, code: number): Buffer => {
    const bytes = Buffer.alloc(20);
    bytes[0] = code;
    bytes[1] = request.identifier;
    bytes.writeUInt16BE(20, 2);
    secret.digestOfPacket(bytes, request.authenticator).copy(bytes, 4);
    return bytes;
  };

  test.each<[string, (packet: Packet) => Buffer]>([
    [
      'made with another secret',
      (packet) => answer(packet, codes.AccessAccept, createSecret(Buffer.from('x'.repeat(20)))),
    ],
    ['without a Message-Authenticator', (packet) => unsigned(packet, codes.AccessAccept)],
    [
      'turned from a Reject into an Accept',
      (packet) => {
        const octets = answer(packet, codes.AccessReject);
        octets[0] = codes.AccessAccept;
        return octets;
      },
    ],
    [
      'to another identifier',
      (packet) => answer({ ...packet, identifier: (packet.identifier + 1) % 256 }, codes.AccessAccept),
    ],
    ['that is our own request', (packet) => packet.bytes],
    ['that is no packet', () => Buffer.from('Access-Accept')],
  ])('an answer %s is none', async (_name, forge) => {
    const { ask } = await start((packet, reply) => reply(forge(packet)), 150);
    expect(await ask()).toBe('unavailable');
  });

  test('an answer from another port is none', async () => {
    const other = createSocket('udp4');
    closers.push(() => new Promise<void>((resolve) => other.close(() => resolve())));
    const { ask } = await start((packet, _reply, _socket, from) => {
      other.send(answer(packet, codes.AccessAccept), from.port, from.address);
    }, 150);
    expect(await ask()).toBe('unavailable');
  });

  test('that asks a question back has said nothing about the password, and the log says what to do', async () => {
    const { ask, lines } = await start((packet, reply) => reply(answer(packet, codes.AccessChallenge)));
    expect(await ask()).toBe('unavailable');
    expect(lines.map(({ fields }) => fields['remedy'])).toEqual([
      'Let that server check the password alone for requests with this NAS-Identifier, or set relayChallenges.',
    ]);
  });

  const text = (type: number, value: string): EncodedAttribute => ({ type, value: Buffer.from(value) });

  test('whose questions are relayed gets the answer with its own State', async () => {
    const { upstream, requests } = await start(
      (packet, reply) => {
        const question = [text(24, '\0\xffstate'), text(18, 'Mã trên '), text(18, 'token:')];
        const state = first(packet, 24)?.value;
        reply(
          state === undefined
            ? answer(packet, codes.AccessChallenge, secret, question)
            : answer(
                packet,
                state.equals(Buffer.from('\0\xffstate')) ? codes.AccessAccept : codes.AccessReject,
              ),
        );
      },
      2_000,
      true,
    );
    const question = { userName: 'nvduc', station: '', deadline: systemClock.monotonic() + 5_000 };
    const asked = await upstream.ask({ ...question, password: 'mat khau' });
    expect(asked).toEqual({
      kind: 'asked-back',
      state: Buffer.from('\0\xffstate'),
      message: 'Mã trên token:',
    });
    if (typeof asked === 'string' || asked.kind !== 'asked-back') throw new Error('no question');
    // An empty answer is an answer: "confirm on the phone, then press Enter".
    const answering = { server: 0, state: asked.state };
    expect(await upstream.ask({ ...question, password: '', answering })).toBe('right');
    expect(requests.map((request) => first(request, 24) !== undefined)).toEqual([false, true]);
    expect(await upstream.ask({ ...question, password: '' })).toBe('wrong');
    expect(requests).toHaveLength(2);
  });

  test.each<[string, EncodedAttribute[]]>([
    ['no State', [text(18, 'Token:')]],
    ['two of them', [text(24, 'one'), text(24, 'two')]],
    ['a State too long to be sealed', [text(24, 'x'.repeat(127))]],
    ['EAP', [text(24, 'state'), text(79, 'eap')]],
  ])('a question with %s can not be relayed, and says nothing', async (_name, attributes) => {
    const { ask, lines } = await start(
      (packet, reply) => reply(answer(packet, codes.AccessChallenge, secret, attributes)),
      2_000,
      true,
    );
    expect(await ask()).toBe('unavailable');
    expect(lines.map(({ fields }) => fields['remedy'])).toEqual([
      'Make that server send one State of at most 126 octets with a question, and no EAP.',
    ]);
  });

  test('is never asked with a password that RADIUS cannot carry as it is', async () => {
    const { ask, requests } = await start((packet, reply) => reply(answer(packet, codes.AccessAccept)));
    expect(await ask('x'.repeat(129))).toBe('wrong');
    expect(await ask('trailing\0')).toBe('wrong');
    expect(await ask('')).toBe('wrong');
    expect(await ask('p', 'n'.repeat(254))).toBe('wrong');
    expect(requests).toEqual([]);
    expect(await ask('x'.repeat(128))).toBe('right');
  });

  test('500 questions at a time go out over several ports, and each gets its own answer', async () => {
    const { ask, ports } = await start((packet, reply) => {
      const right = first(packet, 1)?.value.toString().endsWith('0');
      reply(answer(packet, right ? codes.AccessAccept : codes.AccessReject));
    });
    const answers = await Promise.all(Array.from({ length: 500 }, (_, index) => ask('p', `user${index}`)));
    expect(answers.map((one, index) => one === (index % 10 === 0 ? 'right' : 'wrong'))).not.toContain(false);
    expect(ports.size).toBe(4);
  });
});
