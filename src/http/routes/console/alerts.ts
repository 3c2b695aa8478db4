// /api/v1/alerts: what was raised within reach, the newest first.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { alertsQuerySchema, alertsSchema } from '../../../api/alerts.ts';
import { pageOf, readCursor } from '../../../services/page.ts';
import { listAlerts } from '../../../store/queries/alert-list.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { reachOfRequest } from '../../web/access.ts';

/** Of the evidence of an alert about a one-time link (services/operators). */
function operatorOf(evidence: string) {
  const { operator, madeBy, network } = JSON.parse(evidence) as Readonly<Record<string, unknown>>;
  return {
    signInName: String(operator),
    madeBy: typeof madeBy === 'string' ? madeBy : null,
    network: String(network),
  };
}

export const alertRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, { store }) => {
  server.get(
    '/api/v1/alerts',
    {
      config: { access: { permission: 'alert.read', of: 'list' } },
      schema: { tags: ['alerts'], querystring: alertsQuerySchema, response: { 200: alertsSchema } },
    },
    async (request) => {
      const { rule = null, cursor, limit } = request.query;
      const place = readCursor(cursor, ['number', 'number']);
      const rows = await store.read((db) =>
        listAlerts(db, {
          within: reachOfRequest(request),
          rule,
          after: place === null ? null : { at: Number(place[0]), id: Number(place[1]) },
          limit: limit + 1,
        }),
      );
      const { items, next } = pageOf(rows, limit, ({ at, id }) => [at, id]);
      return {
        items: items.map(({ chain, seq, evidence, ...row }) => ({
          ...row,
          operator: row.rule.startsWith('operator-link-') ? operatorOf(evidence) : null,
          record: `${chain}:${seq}`,
        })),
        next,
      };
    },
  );
};
