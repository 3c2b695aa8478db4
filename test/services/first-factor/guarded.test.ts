// What keeps an upstream within bounds: places, a queue, servers that are left alone for a while, the time of a pause.
import { describe, expect, test } from 'vitest';
import { systemRandom } from '../../../src/base/random.ts';
import { createGuardedUpstream, type Server } from '../../../src/services/first-factor/guarded.ts';
import { bindNameOf } from '../../../src/services/first-factor/ldap.ts';
import type { UpstreamReply } from '../../../src/services/first-factor/upstream.ts';
import { captureLog } from '../captured-log.ts';
import { createTestClock } from '../clock.ts';

function setUp(concurrency = 2) {
  const clock = createTestClock(1_000_000);
  const log = captureLog();
  const asked: string[] = [];
  const slept: number[] = [];
  const replies = new Map<string, () => Promise<UpstreamReply>>();
  const server = (name: string): Server => ({
    name,
    ask: async () => {
      asked.push(name);
      return await (replies.get(name) ?? (async () => 'right' as const))();
    },
  });
  const upstream = createGuardedUpstream({
    name: 'ad',
    servers: [server('dc1'), server('dc2')],
    concurrency,
    clock,
    random: systemRandom,
    log,
    sleep: async (ms) => {
      slept.push(ms);
    },
  });
  const ask = (withinMs = 5_000) =>
    upstream.ask({ userName: 'a', password: 'p', station: '', deadline: clock.monotonic() + withinMs });
  const fails = async (): Promise<UpstreamReply> => {
    throw new Error('ECONNREFUSED');
  };
  return { clock, log, asked, slept, replies, upstream, ask, fails };
}

describe('an upstream', () => {
  test('that asks back gets the answer at the server that asked, and at no other', async () => {
    const { clock, asked, replies, upstream, ask, fails } = setUp();
    const question = { kind: 'asked-back', state: Buffer.from('s'), message: 'Token:' } as const;
    replies.set('dc1', fails);
    replies.set('dc2', async () => question);
    const back = await ask();
    expect(back).toEqual({ ...question, server: expect.any(Number) });
    if (typeof back === 'string' || back.kind !== 'asked-back') throw new Error('no question');
    expect(upstream.numbers().answers).toMatchObject({ 'asked-back': 1, unavailable: 0 });
    asked.length = 0;
    replies.clear();
    const answer = (server: number) =>
      upstream.ask({
        ...{ userName: 'a', password: '1', station: '', deadline: clock.monotonic() + 5_000 },
        answering: { server, state: back.state },
      });
    expect(await answer(back.server)).toBe('right');
    expect(await answer(back.server + 1)).toBe('unavailable');
    replies.set('dc2', fails);
    expect(await answer(back.server)).toBe('unavailable');
    expect(asked).toEqual(['dc2', 'dc2']);
  });

  test('is asked at the next server when the first fails, and that one is left alone after three failures', async () => {
    const { clock, asked, replies, upstream, ask, fails, log } = setUp();
    replies.set('dc1', fails);
    for (let times = 0; times < 4; times += 1) expect(await ask()).toBe('right');
    expect(asked).toEqual(['dc1', 'dc2', 'dc1', 'dc2', 'dc1', 'dc2', 'dc2']);
    expect(upstream.numbers().open).toEqual(['dc1']);
    expect(log.lines.filter((line) => line.includes('left alone'))).toHaveLength(1);

    // One question at a time tries it again; when it answers it is preferred as before.
    clock.advance(10_000);
    asked.length = 0;
    replies.delete('dc1');
    expect(await ask()).toBe('right');
    expect(await ask()).toBe('right');
    expect(asked).toEqual(['dc1', 'dc1']);
    expect(upstream.numbers()).toMatchObject({ open: [], answers: { right: 6, unavailable: 0 } });
  });

  test('that is down altogether says so at once, without being asked', async () => {
    const { asked, replies, ask, fails } = setUp();
    replies.set('dc1', fails);
    replies.set('dc2', fails);
    for (let times = 0; times < 3; times += 1) expect(await ask()).toBe('unavailable');
    asked.length = 0;
    expect(await ask()).toBe('unavailable');
    expect(asked).toEqual([]);
  });

  test('gives no verdict to a question with no time left, and blames no server for it', async () => {
    const { asked, upstream, ask } = setUp();
    expect(await ask(50)).toBe('unavailable');
    expect(asked).toEqual([]);
    expect(upstream.numbers().open).toEqual([]);
  });

  test('has so many questions at a time; more wait, and beyond that none is taken', async () => {
    const { replies, ask, upstream, clock } = setUp(2);
    const gates: ((answer: UpstreamReply) => void)[] = [];
    replies.set('dc1', () => new Promise((resolve) => gates.push(resolve)));
    const all = Array.from({ length: 11 }, () => ask());
    expect(await all[10]).toBe('overloaded');
    expect(upstream.numbers()).toMatchObject({ running: 2, waiting: 8 });
    expect(gates).toHaveLength(2);
    // Those whose time is over when their turn comes are not asked about.
    clock.advance(6_000);
    for (const open of gates.splice(0)) open('wrong');
    const answers = await Promise.all(all);
    expect(answers).toEqual(['wrong', 'wrong', ...Array.from({ length: 9 }, () => 'overloaded')]);
    expect(upstream.numbers()).toMatchObject({ running: 0, waiting: 0 });
  });

  test('pauses for as long as answers took of late', async () => {
    const { clock, replies, ask, upstream, slept } = setUp();
    replies.set('dc1', async () => {
      clock.advance(120);
      return 'wrong';
    });
    await upstream.pause();
    await ask();
    await upstream.pause();
    expect(slept).toEqual([50, 120]);
  });
});

describe('the name to bind with', () => {
  test.each([
    ['{userName}@example.org', 'nvduc', 'nvduc@example.org'],
    ['uid={userName},ou=people,dc=example', 'nvduc', 'uid=nvduc,ou=people,dc=example'],
    ['uid={userName},dc=x', 'a,ou=admins', 'uid=a\\,ou\\=admins,dc=x'],
    ['uid={userName},dc=x', '#a+b', 'uid=\\#a\\+b,dc=x'],
    ['uid={userName},dc=x', 'a\\', 'uid=a\\\\,dc=x'],
    ['uid={userName},dc=x', ' a ', 'uid=\\ a\\ ,dc=x'],
    ['{userName}', '$&', '$&'],
  ])('%s for %j is %j', (template, userName, expected) => {
    expect(bindNameOf(template, userName)).toBe(expected);
  });
});
