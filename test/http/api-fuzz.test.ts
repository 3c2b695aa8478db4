// The API fuzzed from its own description: nothing breaks, each refusal is a problem that says what is wrong, no unknown field is taken.
// A long run: FUZZ_REQUESTS=100000 FUZZ_SEED=7 npx vitest run test/http/api-fuzz.test.ts
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Role } from '../../src/core/permissions.ts';
import { describeConsoleApi } from '../../src/http/console.ts';
import { problemTexts } from '../../src/http/web/problem-texts.ts';
import { monday } from '../services/acts.ts';
import { createTestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type ApiDocument, createDraw, type FuzzedRequest, fuzzedRequest } from './api-fuzz.ts';
import { type Browser, type ConsoleSite, createConsoleSite, type Method } from './console-site.ts';

const requests = Number(process.env['FUZZ_REQUESTS'] ?? 1_050);
const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_126);
/** Below the limit of requests of one client within a minute. */
const ofOneClient = 1_000;
const slowestMs = 10_000;

describeOnEachStore('the API, asked for anything', (open) => {
  let site: ConsoleSite;
  let document: ApiDocument;
  let ids: readonly number[];
  beforeAll(async () => {
    site = await createConsoleSite(open, createTestClock(monday));
    document = (await describeConsoleApi()) as ApiDocument;
    const accounts = [await site.world.addAccount(), await site.world.addAccount()];
    ids = [...accounts.map(({ accountId }) => accountId), 1, 2];
  });
  afterAll(() => site.close());

  async function send(browser: Browser, one: FuzzedRequest) {
    const type = one.contentType === null ? {} : { 'content-type': one.contentType };
    const body = one.contentType === 'application/json' ? JSON.stringify(one.body) : one.body;
    return browser.send(one.method as Method, one.url, body, { 'if-match': '"1"', ...type });
  }

  it.each<[Role | null, 'unit' | 'organisation']>([
    [null, 'organisation'],
    ['central-administrator', 'organisation'],
    ['unit-administrator', 'unit'],
    ['head-of-unit', 'unit'],
    ['help-desk', 'unit'],
    ['duty', 'organisation'],
    ['auditor', 'organisation'],
  ])(`as %s of the %s (seed ${seed})`, { timeout: 30_000 + requests * 40 }, async (role, scope) => {
    const draw = createDraw(seed);
    const unitId = scope === 'unit' ? site.world.units.local : null;
    const enter = async () =>
      role === null ? site.browser() : site.signIn(await site.addOperator([{ role, unitId }]));
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    );
    let browser = await enter();
    for (let i = 0; i < requests / 7; i += 1) {
      if (i % ofOneClient === ofOneClient - 1) browser = await enter();
      const { path, method, operation } =
        operations[(i + draw(3)) % operations.length] ?? operations[0] ?? never();
      const one = fuzzedRequest(path, method, operation, draw, () => ids[draw(ids.length)] ?? 1);
      const startedAt = performance.now();
      const answer = await send(browser, one);
      const said = `${one.method} ${one.url.slice(0, 600)} ${JSON.stringify(one.body)?.slice(0, 2_000)}: ${answer.statusCode} ${answer.body.slice(0, 500)}`;
      expect(answer.statusCode, `${said} ${site.log.lines.at(-1)?.slice(0, 3_000)}`).toBeLessThan(500);
      expect(performance.now() - startedAt, said).toBeLessThan(slowestMs);
      if (answer.statusCode >= 400) {
        expect(answer.headers['content-type'], said).toContain('application/problem+json');
        const problem = answer.json() as { code: keyof typeof problemTexts; errors?: { field: string }[] };
        expect(problemTexts[problem.code]?.status, said).toBe(answer.statusCode);
        if (problem.code === 'invalid') expect(problem.errors?.[0]?.field, said).toMatch(/./);
        // Signed out by an act of its own, such as the end of its session.
        if (answer.statusCode === 401 && role !== null && !path.startsWith('/api/v1/s'))
          browser = await enter();
      } else if (one.foreign !== null) expect.fail(`a field that no schema has was taken: ${said}`);
    }
  });

  it('for something whose name is longer than any, says that the request cannot be read', async () => {
    const answer = await site.browser().send('POST', `/api/v1/accounts/${'x'.repeat(201)}/suspend`, {});
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'malformed']);
    expect(site.log.lines.join()).not.toContain('an HTTP request failed');
  });
});

function never(): never {
  throw new Error('the description has no operation');
}
