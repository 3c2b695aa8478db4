// /api/v1/policies: what the organisation, its units and gateways demand; history, a preview of what a change would deny.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import {
  policiesSchema,
  policyBodySchema,
  policyHistoryQuery,
  policyHistorySchema,
  policyPreviewBodySchema,
  policyPreviewSchema,
  policySchema,
  scopeParams,
} from '../../../api/policies.ts';
import { type Reach, reaches } from '../../../core/permissions.ts';
import { reasonTexts } from '../../../core/reason-texts.ts';
import {
  changePolicy,
  listOwnPolicies,
  listPolicyScopes,
  type PolicyScope,
  previewPolicy,
  showPolicy,
  tellPolicyHistory,
} from '../../../services/policies.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { reachOfRequest } from '../../web/access.ts';
import { readPrecondition, setEntityTag } from '../../web/precondition.ts';
import { HttpProblem, languageOf } from '../../web/problem.ts';
import { actingFor } from './acts.ts';

const tags = ['policies'];
const read = { access: { permission: 'policy.read', of: 'list' } } as const;
const edit = { access: { permission: 'policy.edit', of: 'organisation' } } as const;

/** Whoever looks after a unit sees what governs it: its own policy, those above, those below. */
function isSeen({ kind, path }: PolicyScope, reach: Reach): boolean {
  if (kind === 'organisation' || reach === 'everywhere') return true;
  return path !== null && (reaches(reach, path) || reach.some((own) => own.startsWith(path)));
}

const depthOf = ({ path }: PolicyScope) => (path === null ? 0 : path.split('/').length - 3);

export const policyRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store, settings, clock, radius, upstreams } = deps;

  async function scopeOf(request: FastifyRequest): Promise<PolicyScope> {
    const { scope } = request.params as { scope: string };
    const found = (await listPolicyScopes(store)).find((one) => one.scope === scope);
    if (found === undefined || !isSeen(found, reachOfRequest(request))) throw new HttpProblem('not-found');
    return found;
  }

  server.get(
    '/api/v1/policies',
    { config: read, schema: { tags, response: { 200: policiesSchema } } },
    async (request) => {
      const reach = reachOfRequest(request);
      const own = await listOwnPolicies(store);
      const scopes = (await listPolicyScopes(store)).filter((scope) => isSeen(scope, reach));
      return {
        items: scopes.map(({ path, ...scope }) => ({
          ...scope,
          depth: depthOf({ path, ...scope }),
          fields: own.get(scope.scope)?.fields ?? [],
          changedAt: own.get(scope.scope)?.at ?? null,
          changedBy: own.get(scope.scope)?.by ?? null,
        })),
      };
    },
  );

  server.get(
    '/api/v1/policies/:scope',
    { config: read, schema: { tags, params: scopeParams, response: { 200: policySchema } } },
    async (request, reply) => {
      const scope = await scopeOf(request);
      const { version, layer, inForce } = await showPolicy({ store, settings }, scope);
      setEntityTag(reply, version + 1);
      const { path: _path, ...named } = scope;
      return { ...named, depth: depthOf(scope), layer: { ...layer }, inForce: { ...inForce } };
    },
  );

  server.put(
    '/api/v1/policies/:scope',
    {
      config: { ...edit, precondition: true },
      schema: { tags, params: scopeParams, body: policyBodySchema, response: { 200: policySchema } },
    },
    async (request, reply) => {
      const version = readPrecondition(request) - 1;
      const scope = await scopeOf(request);
      const { layer, reason } = request.body;
      await changePolicy(
        { ...actingFor(deps, request), upstreams },
        { scope: scope.scope, layer, version, reason },
      );
      await radius.refreshSettings();
      const shown = await showPolicy({ store, settings }, scope);
      setEntityTag(reply, shown.version + 1);
      const { path: _path, ...named } = scope;
      return { ...named, depth: depthOf(scope), layer: { ...shown.layer }, inForce: { ...shown.inForce } };
    },
  );

  server.post(
    '/api/v1/policies/:scope/preview',
    {
      config: { ...edit, repeatable: true },
      schema: {
        tags,
        params: scopeParams,
        body: policyPreviewBodySchema,
        response: { 200: policyPreviewSchema },
      },
    },
    async (request) => {
      const { scope } = await scopeOf(request);
      const { layer, days } = request.body;
      const preview = await previewPolicy(
        { store, settings, upstreams, now: clock.now() },
        { scope, layer, days },
      );
      const language = languageOf(request);
      return {
        ...preview,
        denied: preview.denied.map((one) => ({ ...one, title: reasonTexts[one.reason].title[language] })),
      };
    },
  );

  server.get(
    '/api/v1/policies/:scope/history',
    {
      config: read,
      schema: {
        tags,
        params: scopeParams,
        querystring: policyHistoryQuery,
        response: { 200: policyHistorySchema },
      },
    },
    async (request) => {
      const { scope } = await scopeOf(request);
      const { cursor, limit } = request.query;
      const before = cursor === undefined ? null : Number(cursor);
      const { versions, next } = await tellPolicyHistory(store, scope, { before, limit });
      return {
        items: versions.map((one) => ({ ...one, changes: [...one.changes] })),
        next: next === null ? null : String(next),
      };
    },
  );
};
