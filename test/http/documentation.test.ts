// The API's own description: whole, valid, in step with the routes, and for those alone who may use the API.
import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { systemRandom } from '../../src/base/random.ts';
import { describeConsoleApi } from '../../src/http/console.ts';
import { createToken } from '../../src/services/web/api-tokens.ts';
import { monday } from '../services/acts.ts';
import { createTestClock } from '../services/clock.ts';
import { describeOnEachStore } from '../store/each-store.ts';
import { type ConsoleSite, createConsoleSite } from './console-site.ts';

interface Operation {
  readonly operationId: string;
  readonly description: string;
  readonly tags?: readonly string[];
  readonly security: readonly object[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly requestBody?: {
    readonly content: Record<string, { readonly schema: { additionalProperties?: unknown } }>;
  };
  readonly responses: Record<string, { readonly content?: Record<string, unknown> }>;
}
type Document = { readonly openapi: string; readonly paths: Record<string, Record<string, Operation>> };

describeOnEachStore('the description of the API', (open, _create, dialect) => {
  let site: ConsoleSite;
  let document: Document;
  beforeAll(async () => {
    site = await createConsoleSite(open, createTestClock(monday));
    document = (await describeConsoleApi()) as Document;
  });
  afterAll(() => site.close());

  const operations = () =>
    Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        name: `${method.toUpperCase()} ${path}`,
        operation,
      })),
    );

  it.runIf(dialect === 'sqlite')('is valid OpenAPI 3.1', async () => {
    expect(document.openapi).toBe('3.1.0');
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(document));
    expect([valid, errors]).toEqual([true, undefined]);
    // Every reference leads somewhere: the error is said once for all operations.
    const resolved = validator.resolveRefs() as unknown as Document;
    expect(resolved.paths['/api/v1/tokens']?.['post']?.responses['409']?.content).toEqual({
      'application/problem+json': { schema: expect.objectContaining({ type: 'object' }) },
    });
    expect(JSON.stringify(resolved)).not.toContain('$ref');
  });

  it.runIf(dialect === 'sqlite')('tells of the headers that changes take', () => {
    const headersOf = (path: string, method: string) =>
      (document.paths[path]?.[method]?.parameters ?? []).flatMap((one) => ('$ref' in one ? [one.$ref] : []));
    const key = '#/components/parameters/IdempotencyKey';
    expect(headersOf('/api/v1/tokens', 'post')).toEqual([key]);
    expect(headersOf('/api/v1/accounts/{id}/term', 'patch')).toEqual([
      '#/components/parameters/IfMatch',
      key,
    ]);
    // A code is good once by itself, and whoever is not known yet has no keys.
    expect(headersOf('/api/v1/session/step-up', 'post')).toEqual([]);
    expect(headersOf('/api/v1/session', 'post')).toEqual([]);
    expect(headersOf('/api/v1/tokens', 'get')).toEqual([]);
  });

  it.runIf(dialect === 'sqlite')('has every route, each with its answers, and none twice', () => {
    const routes = site.server.declaredRoutes
      .filter(({ method, url }) => method !== 'HEAD' && url.startsWith('/api/v1/'))
      .map(({ method, url }) => `${method} ${url.replaceAll(/:(\w+)/g, '{$1}')}`);
    const all = operations();
    expect(all.map(({ name }) => name).sort()).toEqual([...routes].sort());
    expect(new Set(all.map(({ operation }) => operation.operationId)).size).toBe(all.length);
    for (const { name, operation } of all) {
      const done = Object.keys(operation.responses).filter((status) => /^[23]/.test(status));
      expect([name, done.length > 0, (operation.tags ?? []).length > 0]).toEqual([name, true, true]);
      expect([name, operation.responses['422']]).toEqual([name, { $ref: '#/components/responses/Problem' }]);
      const [, path = ''] = name.split(' ');
      const named = (operation.parameters ?? []).filter((one) => one.in === 'path').map((one) => one.name);
      expect([name, named]).toEqual([name, [...path.matchAll(/\{(\w+)\}/g)].map(([, word]) => word)]);
    }
  });

  it.runIf(dialect === 'sqlite')('shows that no body takes fields that it does not name', () => {
    const loose = operations().flatMap(({ name, operation }) =>
      Object.entries(operation.requestBody?.content ?? {}).flatMap(([type, { schema }]) =>
        type === 'application/json' && JSON.stringify(schema).includes('"type":"object"') && !isClosed(schema)
          ? [name]
          : [],
      ),
    );
    expect(loose).toEqual([]);
  });

  it('and its pages are for operators and tokens alone, and run no script or style but their own', async () => {
    for (const path of ['/api/docs', '/api/docs/json', '/api/docs/static/swagger-ui-bundle.js']) {
      expect([path, (await site.browser().send('GET', path)).statusCode]).toEqual([path, 401]);
    }
    const auditor = await site.signIn(await site.addOperator([{ role: 'auditor', unitId: null }]));
    const json = await auditor.send('GET', '/api/docs/json');
    expect(json.json().paths).toEqual(document.paths);
    expect(json.body.length).toBeLessThan(300_000);
    const page = await auditor.send('GET', '/api/docs/');
    expect([page.statusCode, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page.headers['content-security-policy']).toContain("script-src 'self';");
    expect(page.headers['content-security-policy']).not.toContain('unsafe');
    expect(page.body).not.toMatch(/<style|<script>|\son\w+=|style="/);
    expect((await auditor.send('GET', '/api/docs/static/swagger-ui-bundle.js')).statusCode).toBe(200);
    for (const path of ['/api/docs/static/..%2f..%2fpackage.json', '/api/docs/static/%2e%2e/package.json']) {
      expect([path, (await auditor.send('GET', path)).statusCode]).toEqual([path, 404]);
    }
    const { token } = await createToken(
      {
        ...site.world,
        random: systemRandom,
        clock: createTestClock(monday),
        by: { name: 'test', via: 'command line' },
      },
      { name: 'reader', scopes: ['account.read'], days: 1, unitId: null },
    );
    const asked = await site
      .browser()
      .send('GET', '/api/docs/json', undefined, { authorization: `Bearer ${token}` });
    expect(asked.statusCode).toBe(200);
  });
});

/** Itself, or each of its choices. */
function isClosed(schema: { additionalProperties?: unknown; anyOf?: unknown; oneOf?: unknown }): boolean {
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices)) return choices.every((one) => isClosed(one as never));
  return schema.additionalProperties === false;
}
