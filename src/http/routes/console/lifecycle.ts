// /api/v1/lifecycle: personnel events, those held back, undo, sources, files with dry run and progress.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  approvedSchema,
  enteredEventSchema,
  eventPageSchema,
  eventsQuerySchema,
  heldChoiceSchema,
  importQuerySchema,
  importRunSchema,
  importRunsSchema,
  newEventSchema,
  newSourceSchema,
  polledSchema,
  pollSchema,
  reasonSchema,
  rejectedSchema,
  sourcesSchema,
  undoneSchema,
} from '../../../api/lifecycle.ts';
import { eventFaultTexts } from '../../../core/lifecycle-texts.ts';
import { reaches } from '../../../core/permissions.ts';
import { pollNow, summaryOf } from '../../../services/feeds/poll.ts';
import { lifecycleDeps } from '../../../services/lifecycle/deps.ts';
import { largestFile } from '../../../services/lifecycle/file/import.ts';
import { approveHeld, rejectHeld } from '../../../services/lifecycle/hold.ts';
import type { ImportRun } from '../../../services/lifecycle/import-runs.ts';
import { listEvents } from '../../../services/lifecycle/list.ts';
import { enterEvent } from '../../../services/lifecycle/manual.ts';
import { getSource } from '../../../services/lifecycle/record.ts';
import { addSource, listSourcesWithFaults } from '../../../services/lifecycle/sources.ts';
import { undoEvent } from '../../../services/lifecycle/undo.ts';
import { pageOf, readCursor } from '../../../services/page.ts';
import { findUnitPathOf } from '../../../store/queries/reach.ts';
import { findUnitByCode } from '../../../store/queries/units.ts';
import { findPersonByStaffCode } from '../../../store/queries/workstations.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { reachOfRequest } from '../../web/access.ts';
import { fieldProblem, HttpProblem, type Language, languageOf } from '../../web/problem.ts';
import { actorOf, refuseOwn } from './acts.ts';

const tags = ['lifecycle'];
const listedFaults = 100;

function runAnswer(run: ImportRun, language: Language) {
  const { report, fault, ...rest } = run;
  return {
    ...rest,
    report:
      report === null
        ? null
        : {
            rows: report.rows,
            applied: report.applied,
            scheduled: report.scheduled,
            held: report.held,
            same: report.same,
            rejectedCount: report.rejected.length,
            rejected: report.rejected
              .slice(0, listedFaults)
              .map((one) => ({ line: one.line, text: eventFaultTexts[one.fault][language] })),
            ignoredColumns: [...report.ignoredColumns],
          },
    fault: fault === null ? null : [fault.message, fault.remedy ?? ''].join(' ').trim(),
  };
}

export const lifecycleRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store, clock, log, importRuns, polled, onCutsOrdered } = deps;
  const stopping = new AbortController();
  server.addHook('onClose', async () => stopping.abort());
  const readFrom = (name: string): 'directory' | 'folder' | null => {
    const isOf = ({ source }: { readonly source: string }) => source === name;
    if (polled.directories.some(isOf)) return 'directory';
    return polled.folders.some(isOf) ? 'folder' : null;
  };
  const depsFor = (request: FastifyRequest) =>
    lifecycleDeps({ store, clock, log, by: actorOf(request), onCutsOrdered });
  const everything = { of: 'organisation' } as const;

  /** A unit speaks of its own people and units alone, and nobody of themselves. */
  async function checkSubject(
    request: FastifyRequest,
    { staffCode, unit }: { readonly staffCode: string; readonly unit?: string },
  ): Promise<void> {
    const reach = reachOfRequest(request);
    const found = await store.read(async (db) => {
      const person = await findPersonByStaffCode(db, staffCode.trim().normalize('NFC'));
      const target = unit === undefined ? null : await findUnitByCode(db, unit.trim().normalize('NFC'));
      return {
        person,
        personPath: person === null ? null : await findUnitPathOf(db, 'person', person.id),
        target,
      };
    });
    if (found.person !== null) refuseOwn(request, found.person.id);
    if (reach === 'everywhere') return;
    if (found.personPath === null || !reaches(reach, found.personPath)) {
      throw fieldProblem('staffCode', {
        vi: ['Không có người này trong phạm vi quản lý.', 'Nhập mã CCVC của người thuộc đơn vị.'],
        en: ['There is no such person in your units.', 'Give the staff code of somebody of your unit.'],
      });
    }
    if (unit !== undefined && (found.target === null || !reaches(reach, found.target.path))) {
      throw fieldProblem('unit', {
        vi: ['Đơn vị nhận không thuộc phạm vi quản lý.', 'Trung tâm CNTT ghi việc chuyển sang đơn vị khác.'],
        en: ['The receiving unit is not one of yours.', 'The central IT centre enters moves to other units.'],
      });
    }
  }

  server.get(
    '/api/v1/lifecycle/events',
    {
      config: { access: { permission: 'lifecycle.read', of: 'list' } },
      schema: { tags, querystring: eventsQuerySchema, response: { 200: eventPageSchema } },
    },
    async (request) => {
      const { cursor, limit, ...filter } = request.query;
      const [before] = readCursor(cursor, ['number']) ?? [];
      const rows = await listEvents(store, {
        ...filter,
        within: reachOfRequest(request),
        ...(before === undefined ? {} : { before: Number(before) }),
        limit: limit + 1,
      });
      const { items, next } = pageOf(rows, limit, ({ eventId }) => [eventId]);
      return { items: [...items], next };
    },
  );

  server.post(
    '/api/v1/lifecycle/events',
    {
      config: { access: { permission: 'lifecycle.enter', of: 'list' } },
      schema: { tags, body: newEventSchema, response: { 201: enteredEventSchema } },
    },
    async (request, reply) => {
      await checkSubject(request, request.body);
      const entered = await enterEvent(depsFor(request), { ...request.body, language: languageOf(request) });
      return reply.code(201).send({ outcome: entered.outcome, effectiveAt: entered.effectiveAt });
    },
  );

  server.post(
    '/api/v1/lifecycle/held/approve',
    {
      config: { access: { permission: 'lifecycle.decide', ...everything } },
      schema: { tags, body: heldChoiceSchema, response: { 200: approvedSchema } },
    },
    async (request) => {
      const { eventIds, reason } = request.body;
      const { approved, accounts, misfits } = await approveHeld(depsFor(request), {
        choice: { eventIds },
        reason,
      });
      return { approved, accounts, misfits: misfits.map(({ eventId }) => eventId) };
    },
  );

  server.post(
    '/api/v1/lifecycle/held/reject',
    {
      config: { access: { permission: 'lifecycle.decide', ...everything } },
      schema: { tags, body: heldChoiceSchema, response: { 200: rejectedSchema } },
    },
    async (request) => {
      const { eventIds, reason } = request.body;
      return { rejected: await rejectHeld(depsFor(request), { choice: { eventIds }, reason }) };
    },
  );

  server.post(
    '/api/v1/lifecycle/events/:eventId/undo',
    {
      config: { access: { permission: 'lifecycle.undo', ...everything } },
      schema: {
        tags,
        params: Type.Object({ eventId: Type.Integer({ minimum: 1 }) }),
        body: reasonSchema,
        response: { 200: undoneSchema },
      },
    },
    async (request) => {
      const { eventId } = request.params;
      const undone = await undoEvent(depsFor(request), { eventId, reason: request.body.reason });
      return { eventId, accounts: [...undone.accounts] };
    },
  );

  server.get(
    '/api/v1/lifecycle/sources',
    {
      config: { access: { permission: 'source.read', ...everything } },
      schema: { tags, response: { 200: sourcesSchema } },
    },
    async () => ({
      items: (await store.read(listSourcesWithFaults)).map(
        ({ name, kind, brakeCount, brakeShare, lastRunAt, faultSince, fault }) => ({
          name,
          kind,
          brakeCount,
          brakePercent: brakeShare / 100,
          lastRunAt,
          readFrom: readFrom(name),
          faultSince,
          fault,
        }),
      ),
    }),
  );

  server.post(
    '/api/v1/lifecycle/sources/:name/poll',
    {
      config: { access: { permission: 'import.run', ...everything } },
      schema: {
        tags,
        params: Type.Object({ name: Type.String({ minLength: 1, maxLength: 100 }) }),
        body: pollSchema,
        response: { 200: polledSchema },
      },
    },
    async (request) => {
      const { name } = request.params;
      const { dryRun } = request.body;
      const { from: _, ...summary } = summaryOf(
        await pollNow(
          { store, clock, random: deps.random, lifecycle: depsFor(request), sources: polled },
          { source: name, dryRun, signal: stopping.signal },
        ),
      );
      return summary;
    },
  );

  server.post(
    '/api/v1/lifecycle/sources',
    {
      config: { access: { permission: 'source.edit', ...everything } },
      schema: { tags, body: newSourceSchema, response: { 201: newSourceSchema } },
    },
    async (request, reply) => {
      const { name } = await addSource(depsFor(request), { name: request.body.name, kind: 'file' });
      return reply.code(201).send({ name });
    },
  );

  server.get(
    '/api/v1/lifecycle/imports',
    {
      config: { access: { permission: 'import.read', ...everything } },
      schema: { tags, response: { 200: importRunsSchema } },
    },
    async (request) => ({ items: importRuns.list().map((run) => runAnswer(run, languageOf(request))) }),
  );

  const imported = { tags, response: { 200: importRunSchema } };
  const runParams = Type.Object({ run: Type.String({ pattern: '^[0-9a-f]{24}$' }) });

  server.get(
    '/api/v1/lifecycle/imports/:run',
    {
      config: { access: { permission: 'import.read', ...everything } },
      schema: { ...imported, params: runParams },
    },
    async (request) => runAnswer(importRuns.get(request.params.run), languageOf(request)),
  );

  server.get(
    '/api/v1/lifecycle/imports/:run/rejected',
    {
      config: { access: { permission: 'import.read', ...everything } },
      schema: { tags, params: runParams },
    },
    async (request, reply) => {
      const { rows, extension, mediaType } = importRuns.rejected(request.params.run, languageOf(request));
      return reply
        .type(mediaType)
        .header('content-disposition', `attachment; filename="rejected-rows.${extension}"`)
        .send(await rows);
    },
  );

  await server.register(async (upload) => {
    upload.addContentTypeParser(
      'text/csv',
      { parseAs: 'buffer', bodyLimit: largestFile },
      (_request, body, done) => done(null, body),
    );
    upload.post(
      '/api/v1/lifecycle/imports',
      {
        config: { access: { permission: 'import.run', ...everything } },
        bodyLimit: largestFile,
        schema: {
          tags,
          querystring: importQuerySchema,
          consumes: ['text/csv'],
          response: { 202: importRunSchema },
        },
      },
      async (request, reply) => {
        const { source, dryRun } = request.query as { source: string; dryRun: boolean };
        const { body } = request;
        if (!Buffer.isBuffer(body)) throw new HttpProblem('unsupported-media-type');
        await getSource(store, source);
        const run = importRuns.start(depsFor(request), { octets: body, source, dryRun });
        return reply.code(202).send(runAnswer(run, languageOf(request)));
      },
    );
  });
};
