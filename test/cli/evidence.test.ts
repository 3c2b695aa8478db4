// `gatewarden evidence`: exceptions that somebody signed, until their day; whatever is no such exception is refused.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSite, populate, type Site } from '../site.ts';
import { runHere } from './gatewarden.ts';

vi.setConfig({ testTimeout: 60_000 });

const dayMs = 86_400_000;
const dayIn = (days: number) => new Date(Date.now() + days * dayMs).toISOString().slice(0, 10);

let site: Site;

beforeEach(async () => {
  site = createSite();
  await populate(site);
});

afterEach(() => site.remove());

const evidence = (...args: readonly string[]) => runHere(site, ['evidence', ...args, '--json']);
const report = async () => JSON.parse((await evidence('report')).stdout) as { exceptions: unknown[] };
const paper = ['--document', '12/QĐ', '--signatory', 'Trần Thị B', '--reason', 'máy chưa có khóa'];
const signed = (until: string, ...more: readonly string[]) =>
  evidence('sign-exception', '--level', '1', '--until', until, ...paper, ...more);

it('an exception is in the report with its paper, until it is ended', async () => {
  expect((await signed(dayIn(30))).code).toBe(0);
  expect((await report()).exceptions).toMatchObject([
    { leastEvidence: 1, documentNumber: '12/QĐ', signatory: 'Trần Thị B', isOver: false, endedAt: null },
  ]);
  expect((await evidence('end-exception', '--reason', 'khóa đã có')).code).toBe(0);
  const { code, stderr } = await evidence('end-exception', '--reason', 'again');
  expect([code, stderr]).toEqual([2, expect.stringContaining('There is no exception')]);
});

it.each([
  ['a day that is past', dayIn(-2), [], 'over already'],
  ['a day more than a year away', dayIn(400), [], 'more than a year'],
  ['two scopes at once', dayIn(30), ['--unit', 'x', '--gateway', 'y'], 'two scopes'],
  ['an unknown gateway', dayIn(30), ['--gateway', 'nobody'], 'no gateway nobody'],
])('%s is refused, and nothing is signed', async (_name, until, more, says) => {
  const { code, stderr } = await signed(until, ...more);
  expect([code, stderr]).toEqual([2, expect.stringContaining(says)]);
  expect((await report()).exceptions).toEqual([]);
});
