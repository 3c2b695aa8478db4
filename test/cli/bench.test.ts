// The operator's measurement of a machine.
import { existsSync, readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSite, type Site } from '../site.ts';
import { runHere } from './gatewarden.ts';

let site: Site;

beforeEach(() => {
  site = createSite();
});

afterEach(() => site.remove());

it('tells what the machine can do and how many processors it takes, and leaves nothing behind', async () => {
  const { code, stdout, stderr } = await runHere(site, ['bench', '--seconds', '0.1', '--json']);
  // The truth about a machine that has other work.
  expect(stderr.replace(/^.*the disk is slow to confirm writes.*\n/, '')).toBe('');
  expect(code).toBe(0);
  const result = JSON.parse(stdout) as Record<string, unknown>;
  expect(result['processors']).toBe(availableParallelism());
  const { hashesPerSecond, decisionsPerSecond, loginsPerSecond, processorsFor210PerSecond, fsyncMs } = result;
  for (const figure of [
    ...Object.values(hashesPerSecond as object),
    ...Object.values(fsyncMs as object),
    decisionsPerSecond,
    loginsPerSecond,
    processorsFor210PerSecond,
  ]) {
    expect(figure).toBeGreaterThan(0);
  }
  expect(readdirSync(site.config.dataDir)).toEqual([]);
});

it('does not touch the database of the broker', async () => {
  await runHere(site, ['bench', '--seconds', '0.1', '--json']);
  if (site.config.store.dialect !== 'sqlite') throw new Error('the site is on SQLite');
  expect(existsSync(site.config.store.file)).toBe(false);
});

it('refuses a time that is none', async () => {
  const { code, stderr } = await runHere(site, ['bench', '--seconds', 'x']);
  expect(code).toBe(2);
  expect(stderr).toContain('--seconds');
});
