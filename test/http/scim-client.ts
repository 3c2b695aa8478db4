// A SCIM server over staff in a store, asked as clients ask; every error is checked to be one of RFC 7644 §3.12.
import Fastify, { type FastifyInstance, type InjectOptions } from 'fastify';
import { expect, onTestFinished } from 'vitest';
import { StoreUnavailableError } from '../../src/base/errors.ts';
import { systemRandom } from '../../src/base/random.ts';
import { scimRoutes, type TokenVerdict } from '../../src/http/routes/scim.ts';
import { HttpProblem } from '../../src/http/web/problem.ts';
import { setFeedSettings } from '../../src/services/feeds/settings.ts';
import { addSource } from '../../src/services/lifecycle/sources.ts';
import type { Store } from '../../src/store/store.ts';
import { createStaff } from '../services/lifecycle/staff.ts';
import { silentLog } from '../store/silent-log.ts';

export const urn = {
  user: 'urn:ietf:params:scim:schemas:core:2.0:User',
  group: 'urn:ietf:params:scim:schemas:core:2.0:Group',
  enterprise: 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User',
  employment: 'urn:ietf:params:scim:schemas:extension:gatewarden:2.0:User',
  unit: 'urn:ietf:params:scim:schemas:extension:gatewarden:2.0:Group',
  patch: 'urn:ietf:params:scim:api:messages:2.0:PatchOp',
  error: 'urn:ietf:params:scim:api:messages:2.0:Error',
  list: 'urn:ietf:params:scim:api:messages:2.0:ListResponse',
  bulk: 'urn:ietf:params:scim:api:messages:2.0:BulkRequest',
  search: 'urn:ietf:params:scim:api:messages:2.0:SearchRequest',
} as const;

// biome-ignore lint/suspicious/noExplicitAny: bodies are JSON of any form
export type Json = any;

export interface Answer {
  readonly status: number;
  readonly body: Json;
  readonly etag: string | undefined;
  readonly location: string | undefined;
  readonly header: (name: string) => string | undefined;
}

export const token = 'Bearer token-of-idp';

/** Tokens with which the server fails before it has looked at anything. */
const fails: ReadonlyMap<string, Error> = new Map([
  ['Bearer too-many', new HttpProblem('too-many-requests', { headers: { 'retry-after': '7' } })],
  ['Bearer no-store', new StoreUnavailableError('connect ECONNREFUSED 10.9.8.7')],
  ['Bearer defect', new TypeError('cannot read "secret" of undefined')],
]);

export async function createScim(
  store: Store,
  size = 3,
  settings: { readonly staffCodeFrom?: string; readonly hasDefaultUnit?: boolean } = {},
) {
  const staff = await createStaff(store, size);
  await addSource(staff.deps, { name: 'idp', kind: 'scim' });
  const codes = await store.read((db) => db.select().from(db.tables.units));
  const unitCode = codes.find(({ id }) => id === staff.units.otherDistrict)?.code ?? '';
  const { staffCodeFrom, hasDefaultUnit = false } = settings;
  await setFeedSettings(staff.deps, 'idp', {
    ...(staffCodeFrom === undefined ? {} : { staffCodeFrom }),
    ...(hasDefaultUnit ? { defaultUnit: unitCode } : {}),
  });
  const server: FastifyInstance = Fastify({ logger: false });
  await server.register(scimRoutes, {
    prefix: '/scim/v2',
    lifecycle: (source) => ({ ...staff.deps, by: { name: source, via: 'source' } }),
    random: systemRandom,
    log: silentLog,
    publicUrl: 'https://gw.example.vn',
    checkToken: async ({ headers: { authorization } }, source): Promise<TokenVerdict> => {
      if (authorization === undefined) return 'missing';
      const thrown = fails.get(authorization);
      if (thrown !== undefined) throw thrown;
      if (authorization !== token) return 'refused';
      return source === 'idp' || source === 'other' || source === 'hr' ? 'accepted' : 'forbidden';
    },
  });
  onTestFinished(() => server.close());

  async function ask(
    method: InjectOptions['method'],
    url: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const payload = typeof body === 'string' ? body : body === undefined ? undefined : JSON.stringify(body);
    const response = await server.inject({
      method: method ?? 'GET',
      url: url.startsWith('/scim') ? url : `/scim/v2/idp${url}`,
      headers: {
        authorization: token,
        ...(payload === undefined ? {} : { 'content-type': 'application/scim+json' }),
        ...headers,
      },
      ...(payload === undefined ? {} : { payload }),
    });
    const { statusCode: status } = response;
    const given: Json = response.body === '' ? null : response.json();
    if (status >= 400) {
      expect(given).toMatchObject({
        schemas: [urn.error],
        status: String(status),
        detail: expect.any(String),
      });
      expect(response.headers['content-type']).toMatch(/^application\/scim\+json/);
    } else if (given !== null) expect(response.headers['content-type']).toMatch(/^application\/scim\+json/);
    const header = (name: string) => {
      const value = response.headers[name];
      return value === undefined ? undefined : String(value);
    };
    return { status, body: given, etag: header('etag'), location: header('location'), header };
  }

  /** The User of somebody of the staff. */
  async function enroll(index: number, more: object = {}): Promise<string> {
    const staffCode = staff.people[index]?.staffCode ?? '';
    const { status, body } = await ask('POST', '/Users', {
      schemas: [urn.user, urn.enterprise],
      userName: `u${index}@example.vn`,
      active: true,
      [urn.enterprise]: { employeeNumber: staffCode },
      ...more,
    });
    expect(status).toBe(201);
    return String(body.id);
  }

  const patch = (url: string, ...operations: unknown[]) =>
    ask('PATCH', url, { schemas: [urn.patch], Operations: operations });

  const events = async () => {
    const rows = await store.read((db) => db.select().from(db.tables.lifecycleEvents));
    return rows
      .sort((a, b) => a.id - b.id)
      .map(({ kind, detail, state, effectiveAt, source }) => ({ kind, detail, state, effectiveAt, source }));
  };
  const alerts = () => store.read((db) => db.select().from(db.tables.alerts));
  return { staff, unitCode, ask, patch, enroll, events, alerts, store };
}
