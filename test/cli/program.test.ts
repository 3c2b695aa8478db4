// What the operator gets wrong: one message, the remedy, exit code 2, nothing changed.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { groups } from '../../src/cli/commands.ts';
import { createSite, populate, type Site } from '../site.ts';
import { runHere } from './gatewarden.ts';

let site: Site;

beforeAll(async () => {
  site = createSite();
  await populate(site);
});

afterAll(() => site.remove());

describe('what the operator gets wrong', () => {
  it.each([
    [['serve', '--config', 'absent.yaml'], 'the configuration file does not exist'],
    [['doctor', 'no-such-gateway'], 'There is no gateway "no-such-gateway"'],
    [['keys', 'rotate', '--frequently'], "unknown option '--frequently'"],
    [['sevre'], 'Did you mean serve?'],
    [['probe', '--secret-file', 'absent', '--user', 'x'], '--secret-file: absent cannot be read (ENOENT)'],
    [
      ['probe', '--secret-file', 'secret', '--user', 'x', '--attribute', 'Calling-Sation-Id=1'],
      'Calling-Station-Id',
    ],
    [
      ['probe', '--secret-file', 'secret', '--user', 'x', '--timeout', 'soon'],
      '--timeout: "soon" is no whole number',
    ],
    [
      ['probe', '--secret-file', 'secret', '--user', 'x', '--method', 'code', '--code', '123456'],
      "unknown option '--code'",
    ],
    [
      ['probe', '--secret-file', 'secret', '--user', 'x', '--method', 'code'],
      'Pipe it in with --code-stdin, or give --totp-seed-file.',
    ],
    [
      ['probe', '--secret-file', 'secret', '--user', 'x', '--password-stdin', '--code-stdin'],
      '--password-stdin: standard input has no further line',
    ],
    [['audit', 'verify', '--export', 'absent.jsonl'], '--export: absent.jsonl cannot be read (ENOENT)'],
    [['audit', 'erase-personal', '--before', '02/28/2026'], '02/28/2026'],
    [['restore'], 'No backup is named'],
    [['restore', 'absent.sqlite'], 'does not exist'],
    [['restore', 'secret'], 'is no backup of Gatewarden'],
  ])('%j ends with 2, one message and a remedy', async (args, message) => {
    const { code, stderr } = await runHere(site, args);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('    at ');
    expect(code).toBe(2);
  });

  it('gets the commands of one word, of a group and of help', async () => {
    expect((await runHere(site, ['--help'])).stdout).toContain('audit              verify, export and prove');
    expect((await runHere(site, ['help', 'keys'])).stdout).toContain('drop-former');
    expect((await runHere(site, ['audit', 'verify', '--help'])).stdout).toContain('--public-key <file>');
    expect((await runHere(site, ['audit', 'verify', '--help'])).code).toBe(0);
    expect((await runHere(site, [])).code).toBe(2);
  });

  it('keeps the help of every group within 80 columns', async () => {
    for (const group of groups) {
      const { stdout } = await runHere(site, [group.name, '--help']);
      expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    }
  });

  it('is JSON too with --json', async () => {
    const { stderr } = await runHere(site, ['doctor', 'gx', '--json']);
    expect(JSON.parse(stderr)).toEqual({
      error: { message: 'There is no gateway "gx".', remedy: 'Did you mean gw?', at: 'gx' },
    });
  });
});
