// `gatewarden calendar`: holidays and make-up days entered, listed and taken off again; what is no such day is refused.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSite, populate, type Site } from '../site.ts';
import { runHere } from './gatewarden.ts';

vi.setConfig({ testTimeout: 60_000 });

let site: Site;

beforeEach(async () => {
  site = createSite();
  await populate(site);
});

afterEach(() => site.remove());

const calendar = (...args: readonly string[]) => runHere(site, ['calendar', ...args]);
const listed = async () =>
  JSON.parse((await calendar('list', '2026', '--json')).stdout) as { days: readonly unknown[] };

it('days are entered, listed as people write them, and taken off', async () => {
  const entered = await calendar('set', '30/04/2026', '--until', '01/05/2026', '--name', 'Nghỉ lễ');
  expect([entered.code, entered.stdout]).toEqual([0, 'Entered: 30/04/2026, 01/05/2026.\n']);
  const makeUp = ['--kind', 'make-up-day', '--works-like', '5', '--name', 'Làm bù'];
  expect((await calendar('set', '09/05/2026', ...makeUp)).code).toBe(0);
  expect((await calendar('list', '2026')).stdout).toMatch(/^09\/05\/2026 +make-up-day +Friday +Làm bù/m);
  expect((await calendar('clear', '30/04/2026', '--until', '01/05/2026')).stdout).toContain(': 2.');
  expect((await listed()).days).toMatchObject([{ day: '2026-05-09', kind: 'make-up-day', worksLike: 5 }]);
});

it.each([
  ['a day of a two-digit year', ['set', '30/04/26', '--name', 'x'], 'two digits'],
  ['a make-up day like no weekday', ['set', '09/05/2026', '--kind', 'make-up-day', '--name', 'x'], 'weekday'],
  ['a day that nothing is said of', ['clear', '30/04/2026'], 'says nothing'],
  ['a year that is none', ['list', 'nay'], 'year'],
] as const)('%s is refused', async (_title, args, message) => {
  const { code, stderr } = await calendar(...args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  expect((await listed()).days).toEqual([]);
});
