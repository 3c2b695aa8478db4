// /api/v1/audit: searching the log, and taking it away whole with its checkpoints for `gatewarden audit verify`.
import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { auditPageSchema, auditQuerySchema } from '../../../api/audit.ts';
import { actText } from '../../../core/act-texts.ts';
import type { Language } from '../../../core/reason-texts.ts';
import { recordAct } from '../../../services/administration.ts';
import { administratorOf } from '../../../services/operators/principal.ts';
import { pageOf, readCursor } from '../../../services/page.ts';
import { exportAudit } from '../../../store/audit/export.ts';
import { readAudit } from '../../../store/audit/read.ts';
import { readBody, readPersonal } from '../../../store/audit/record.ts';
import { listRecordPage } from '../../../store/queries/record-list.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { callerOf } from '../../web/access.ts';
import { languageOf } from '../../web/problem.ts';

const tags = ['audit'];

type RecordRow = Awaited<ReturnType<typeof listRecordPage>>[number];

function itemOf(row: RecordRow, language: Language) {
  const personal = row.personal === null ? null : readPersonal(row.personal);
  const named = Object.entries(personal ?? {}).map(([name, { value }]) => ({ name, value }));
  const data = Object.entries(readBody(row.body)?.body ?? {})
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => ({ name, value: String(value) }));
  return {
    record: `${row.chain}:${row.seq}`,
    at: row.at,
    kind: row.kind,
    outcome: row.outcome,
    title: actText(row.outcome, language),
    reason: row.reason,
    accountId: row.accountId,
    userName: row.userName,
    by: personal?.['administrator']?.value ?? null,
    data: [...named.filter(({ name }) => name !== 'administrator'), ...data],
  };
}

async function* asLines(lines: AsyncIterable<string>): AsyncGenerator<string> {
  for await (const line of lines) yield `${line}\n`;
}

export const auditRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, { store, clock }) => {
  server.get(
    '/api/v1/audit',
    {
      config: { access: { permission: 'audit.read', of: 'organisation' } },
      schema: { tags, querystring: auditQuerySchema, response: { 200: auditPageSchema } },
    },
    async (request) => {
      const { kind = null, outcome = null, account = null, since = null, before = null } = request.query;
      const { cursor, limit } = request.query;
      const language = languageOf(request);
      const place = readCursor(cursor, ['number', 'string', 'number']);
      const rows = await store.aside.read((db) =>
        listRecordPage(db, {
          kind,
          outcome,
          accountId: account,
          since,
          before,
          after:
            place === null ? null : { at: Number(place[0]), chain: String(place[1]), seq: Number(place[2]) },
          limit: limit + 1,
        }),
      );
      const { items, next } = pageOf(rows, limit, ({ at, chain, seq }) => [at, chain, seq]);
      return { items: items.map((row) => itemOf(row, language)), next };
    },
  );

  server.post(
    '/api/v1/audit/export',
    {
      config: { access: { permission: 'audit.export', of: 'organisation' } },
      schema: { tags, response: {} },
    },
    async (request, reply) => {
      const at = clock.now();
      // First, so that the export itself is in what it takes away.
      await store.write((db) =>
        recordAct(db, administratorOf(callerOf(request)), { verb: 'audit.export', at, body: {} }),
      );
      return reply
        .type('application/x-ndjson')
        .header('content-disposition', 'attachment; filename="gatewarden-audit.jsonl"')
        .send(Readable.from(asLines(exportAudit(readAudit(store.aside), at))));
    },
  );
};
