// Disconnect-Requests on real sockets: what goes out, what is believed, how often it is asked.
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { createDisconnectClient } from '../../src/radius-server/disconnect-client.ts';
import { decodeValue } from '../../src/wire/radius/attribute.ts';
import { createSecret } from '../../src/wire/radius/secret.ts';
import { silentLog } from '../store/silent-log.ts';
import { createManualTime, secret, text, valuesIn } from './harness.ts';
import { playCoa } from './played-coa.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const forger = createSecret(Buffer.from('not the secret'));

async function start(time?: ReturnType<typeof createManualTime>) {
  const gateway = await playCoa(secret, forger);
  closing.push(() => gateway.close());
  const client = createDisconnectClient({
    clock: time?.clock ?? systemClock,
    ...(time === undefined ? {} : { timers: time.timers }),
    random: systemRandom,
    log: silentLog,
  });
  closing.push(() => client.close());
  const target = { host: '127.0.0.1', port: gateway.port, secret };
  return { gateway, client, target, ask: (user = 'alice') => client.disconnect(target, [text(1, user)]) };
}

describe('a Disconnect-Request', () => {
  it('is signed, says when it was made and what it is about, and its ACK is an ACK', async () => {
    const { gateway, ask } = await start();
    const before = Math.floor(Date.now() / 1000);
    expect(await ask()).toEqual({ kind: 'ack' });
    const [received] = gateway.received;
    if (received === undefined) throw new Error('nothing was received');
    const { packet } = received;
    expect(packet.attributes.map(({ type }) => type)).toEqual([80, 1, 55]);
    const stamp = decodeValue('time', valuesIn(packet, 55)[0] ?? Buffer.alloc(0)) ?? 0;
    expect(stamp).toBeGreaterThanOrEqual(before);
  });

  it('brings the Error-Cause of a NAK', async () => {
    const { gateway, ask } = await start();
    gateway.answer = () => ({ errorCause: 503 });
    expect(await ask()).toEqual({ kind: 'nak', errorCause: 503 });
  });

  it('is sent again with the same octets, ever less often, and given up after thirty seconds', async () => {
    const time = createManualTime();
    const { gateway, ask } = await start(time);
    gateway.answer = () => 'silence';
    const answer = ask();
    for (const count of [1, 2, 3, 4]) {
      await expect.poll(() => gateway.received.length).toBe(count);
      time.advance(count === 4 ? 30_000 : 2_000 * 2 ** (count - 1) * 1.11);
    }
    expect(await answer).toEqual({ kind: 'no-answer' });
    const octets = new Set(gateway.received.map(({ packet }) => packet.bytes.toString('hex')));
    expect(octets.size).toBe(1);
  });

  it('believes no answer that was not made with the secret', async () => {
    const time = createManualTime();
    const { gateway, ask } = await start(time);
    let answered = 0;
    gateway.answer = () => (++answered === 1 ? 'forged-ack' : { errorCause: 504 });
    const answer = ask();
    await expect.poll(() => gateway.received.length).toBe(1);
    time.advance(2_500);
    expect(await answer).toEqual({ kind: 'nak', errorCause: 504 });
  });

  it('goes out from as many source ports as a thousand at once need, no identifier twice from one', async () => {
    const { gateway, ask } = await start();
    const users = Array.from({ length: 1_000 }, (_, index) => `user${index}`);
    const answers = await Promise.all(users.map((user) => ask(user)));
    expect(answers.every(({ kind }) => kind === 'ack')).toBe(true);
    const first = new Map(
      gateway.received.map(({ packet, fromPort }) => [String(valuesIn(packet, 1)[0]), { packet, fromPort }]),
    );
    const used = new Set(
      [...first.values()].map(({ packet, fromPort }) => `${fromPort} ${packet.identifier}`),
    );
    expect(used.size).toBe(1_000);
    expect(new Set([...first.values()].map(({ fromPort }) => fromPort)).size).toBe(4);
  });

  it('that nobody can answer any more is over when the client closes', async () => {
    const { gateway, client, ask, target } = await start();
    gateway.answer = () => 'silence';
    const answer = ask();
    await expect.poll(() => gateway.received.length).toBe(1);
    await client.close();
    closing.pop();
    expect(await answer).toMatchObject({ kind: 'unsent' });
    expect(await client.disconnect(target, [])).toMatchObject({ kind: 'unsent' });
  });
});
