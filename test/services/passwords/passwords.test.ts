import { hash } from '@node-rs/argon2';
import { expect, test } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { systemRandom } from '../../../src/base/random.ts';
import { createPasswords } from '../../../src/services/passwords/passwords.ts';
import { findPhcFault } from '../../../src/services/passwords/phc.ts';
import { captureLog } from '../captured-log.ts';
import { createTestClock } from '../clock.ts';

const never = Number.POSITIVE_INFINITY;

function create(options: { concurrency?: number; queueLength?: number; clock?: typeof systemClock } = {}) {
  const log = captureLog();
  const passwords = createPasswords({
    clock: options.clock ?? systemClock,
    random: systemRandom,
    log,
    concurrency: options.concurrency ?? 2,
    queueLength: options.queueLength ?? 100,
  });
  return { passwords, log };
}

test('a password that was hashed is right, another is wrong', async () => {
  const { passwords } = create();
  const phc = await passwords.hash('Cầu Long Biên 1902');
  expect(phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect(await passwords.check({ phc, password: 'Cầu Long Biên 1902', deadline: never })).toBe('right');
  expect(await passwords.check({ phc, password: 'Cau Long Bien 1902', deadline: never })).toBe('wrong');
  expect(await passwords.check({ phc, password: '', deadline: never })).toBe('wrong');
});

test('the same password gets another record each time', async () => {
  const { passwords } = create();
  expect(await passwords.hash('hai lần một chữ')).not.toBe(await passwords.hash('hai lần một chữ'));
});

test('records of other parameters are verified as found', async () => {
  const { passwords } = create();
  const phc = await hash('from elsewhere', { memoryCost: 8192, timeCost: 3, parallelism: 2 });
  expect(await passwords.check({ phc, password: 'from elsewhere', deadline: never })).toBe('right');
});

test('no record accepts no password', async () => {
  const { passwords, log } = create();
  expect(await passwords.check({ phc: null, password: '', deadline: never })).toBe('wrong');
  expect(log.lines).toEqual([]);
});

test.each([
  [
    'a record of 512 MiB',
    '$argon2id$v=19$m=524288,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    'too-costly',
  ],
  [
    'a record of a thousand passes',
    '$argon2id$v=19$m=19456,t=1000,p=1$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    'too-costly',
  ],
  ['bcrypt', '$2b$12$KIXq8e9Q1tq0b0m4m5c7Qe1ZyqW5z1yq7m2o8q3n7Z8Qk2c1w9F7u', 'not-argon2'],
  ['plain text', 'mat khau cua toi', 'not-argon2'],
  ['nothing', '', 'not-argon2'],
])('%s is refused, accepts nothing and is not logged', async (_what, phc, fault) => {
  expect(findPhcFault(phc)).toBe(fault);
  const { passwords, log } = create();
  expect(await passwords.check({ phc, password: phc, deadline: never })).toBe('wrong');
  expect(log.lines).toHaveLength(1);
  if (phc !== '') expect(log.lines.join()).not.toContain(phc.slice(-20));
});

test('a full queue gives up the oldest and tells its pressure', async () => {
  const { passwords } = create({ concurrency: 1, queueLength: 4 });
  const check = () => passwords.check({ phc: null, password: 'x', deadline: never });
  const running = check();
  const oldest = check();
  const others = [check(), check(), check()];
  expect(passwords.pressure()).toBe(1);
  const newest = check();
  expect(passwords.pressure()).toBe(1);
  expect(await oldest).toBe('overloaded');
  expect(await Promise.all([running, ...others, newest])).toEqual(Array(5).fill('wrong'));
  expect(passwords.pressure()).toBe(0);
});

test('what can no longer be answered in time is given up first, and never hashed', async () => {
  const clock = createTestClock(0);
  const { passwords } = create({ concurrency: 1, queueLength: 3, clock });
  const running = passwords.check({ phc: null, password: 'x', deadline: never });
  const patient = passwords.check({ phc: null, password: 'x', deadline: 10_000 });
  const late = passwords.check({ phc: null, password: 'x', deadline: 500 });
  const alsoLate = passwords.check({ phc: null, password: 'x', deadline: 600 });
  clock.advance(700);
  const newest = passwords.check({ phc: null, password: 'x', deadline: 10_000 });
  expect(await Promise.all([late, alsoLate])).toEqual(['overloaded', 'overloaded']);
  expect(await Promise.all([running, patient, newest])).toEqual(['wrong', 'wrong', 'wrong']);
});

test('a check whose deadline has passed is refused at once', async () => {
  const clock = createTestClock(0);
  const { passwords } = create({ clock });
  clock.advance(1000);
  expect(await passwords.check({ phc: null, password: 'x', deadline: 1000 })).toBe('overloaded');
});
