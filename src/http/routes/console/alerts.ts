// /api/v1/alerts: what was raised within reach, the newest first.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { alertsQuerySchema, alertsSchema } from '../../../api/alerts.ts';
import { pageOf, readCursor } from '../../../services/page.ts';
import { listAlerts } from '../../../store/queries/alert-list.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { reachOfRequest } from '../../web/access.ts';

const aboutOperator = /^(operator-link|administrator)-/;

/** Of the evidence of an alert about an operator (services/operators). */
function operatorOf(evidence: string) {
  const { operator, madeBy, endedBy, network } = JSON.parse(evidence) as Readonly<Record<string, unknown>>;
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  return {
    signInName: String(operator),
    madeBy: text(madeBy),
    endedBy: text(endedBy),
    network: text(network),
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
      const rows = await store.aside.read((db) =>
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
          operator: aboutOperator.test(row.rule) ? operatorOf(evidence) : null,
          record: `${chain}:${seq}`,
        })),
        next,
      };
    },
  );
};
