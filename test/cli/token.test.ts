// `gatewarden token`: what it makes opens the interface of its source, and nothing once it is revoked.
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSite, populate, type Site } from '../site.ts';
import { type RunningServe, runHere, serve } from './gatewarden.ts';

vi.setConfig({ testTimeout: 60_000 });

let site: Site;
let broker: RunningServe | null = null;

beforeEach(async () => {
  site = createSite();
  await populate(site);
});

afterEach(async () => {
  await broker?.stop('SIGKILL');
  broker = null;
  site.remove();
});

const json = async (args: readonly string[]) => {
  const { code, stdout, stderr } = await runHere(site, [...args, '--json']);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as unknown;
};

/** The status of a SCIM request, sent to the console's own host name. */
function scim(source: string, token: string): Promise<number | undefined> {
  const { port } = new URL(broker?.console ?? '');
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, host: `localhost:${port}` };
    get({ host: '127.0.0.1', port, path: `/scim/v2/${source}/Users`, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on('error', reject);
  });
}

it('opens the interface of its source alone, until it is revoked', async () => {
  broker = await serve(site);
  await json(['source', 'add', 'entra', '--kind', 'scim']);
  await json(['source', 'add', 'okta', '--kind', 'scim']);
  const made = (await json(['token', 'create', 'Entra ID', '--source', 'entra', '--days', '30'])) as {
    id: number;
    token: string;
  };
  expect([await scim('entra', made.token), await scim('okta', made.token)]).toEqual([200, 403]);
  expect(await scim('entra', `${made.token}x`)).toBe(401);

  const listed = await runHere(site, ['token', 'list']);
  expect(listed.stdout).toMatch(/Entra ID +scim +entra .* in force/);
  expect(listed.stdout).not.toContain(made.token);
  expect(await json(['token', 'revoke', String(made.id)])).toEqual({ id: made.id, revoked: true });
  expect(await scim('entra', made.token)).toBe(401);
  expect(await json(['token', 'list'])).toMatchObject([{ id: made.id, state: 'revoked' }]);
  await json(['audit', 'export', 'log.jsonl']);
  const log = readFileSync(join(site.directory, 'log.jsonl'), 'utf8');
  expect(log).toContain('api-token.create');
  expect(log + broker.output()).not.toContain(made.token);
});

it.each([
  [['create', 'x'], 'The token may do nothing.'],
  [['create', 'x', '--source', 'nobody'], 'It does not exist.'],
  [['create', 'x', '--scope', 'decisions'], '"decisions" is nothing that a token may do.'],
  [['create', 'x', '--scope', 'account.read', '--days', '367'], 'A token lasts 1 to 366 days.'],
  [['create', 'x', '--scope', 'account.read', '--days', '1e2'], '"1e2" is not a whole number.'],
  [['create', 'x', '--scope', 'account.read', '--source', 'nobody'], 'scim and decisions stand alone.'],
  [['revoke', '7'], 'There is no token 7 in force.'],
])('%j is refused with a reason, and makes nothing', async (args, reason) => {
  const { code, stderr } = await runHere(site, ['token', ...args]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(reason)]);
  expect(await json(['token', 'list'])).toEqual([]);
});
