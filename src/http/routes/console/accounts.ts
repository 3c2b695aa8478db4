// Accounts: pages of them, one with all that hangs on it, its story; a new one.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import {
  accountAddedSchema,
  accountSchema,
  accountsQuerySchema,
  accountsSchema,
  newAccountSchema,
  timelineSchema,
} from '../../../api/accounts.ts';
import { closed, idParams, pageQuery } from '../../../api/common.ts';
import { explain } from '../../../core/explain.ts';
import { addAccount } from '../../../services/accounts/new-account.ts';
import { showAccount } from '../../../services/accounts/overview.ts';
import { findAccountPage } from '../../../services/accounts/search.ts';
import { reachOfPrincipal } from '../../../services/operators/principal.ts';
import { tellStory } from '../../../services/records.ts';
import { findAccountById } from '../../../store/queries/accounts.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { callerOf, reachOfRequest } from '../../web/access.ts';
import { setEntityTag } from '../../web/precondition.ts';
import { fieldProblem, HttpProblem, type Language, languageOf } from '../../web/problem.ts';
import { actingFor, personBehind } from './acts.ts';

const tags = ['accounts'];
const read = { access: { permission: 'account.read', of: 'account' } } as const;

/** The account of an id, which the hook has found within reach. */
async function userNameOf({ store }: Pick<ConsoleRouteDeps, 'store'>, id: number): Promise<string> {
  const account = await store.read((db) => findAccountById(db, id));
  if (account === null) throw new HttpProblem('not-found');
  return account.userName;
}

async function describe(deps: ConsoleRouteDeps, id: number, language: Language) {
  const { store, settings, clock } = deps;
  await settings.refresh();
  const now = clock.now();
  const shown = await showAccount(
    { store, settings },
    { user: await userNameOf(deps, id), now, decisions: 0 },
  );
  const { account, holder, standing, employmentState: employment, timeZone } = shown;
  const { suspendedDetail, suspendedAt, suspendedBy } = account;
  const policy = settings.current().policyFor(holder.unitIds, 0);
  const explained =
    standing === null
      ? null
      : explain(standing.reason, standing.detail, standing.parameters ?? {}, language, timeZone);
  return {
    id: account.id,
    revision: account.revision,
    userName: account.userName,
    status: account.status,
    suspended:
      suspendedDetail === null ? null : { detail: suspendedDetail, at: suspendedAt, by: suspendedBy },
    validFrom: account.validFrom,
    validUntil: account.validUntil,
    longestTermDays: policy.longestTermDays,
    hasPassword: shown.hasPassword,
    passwordState: account.passwordState,
    firstFactor: account.firstFactor,
    rules: { accepted: account.rulesVersionAccepted, current: shown.rulesVersion },
    standing:
      standing === null || explained === null
        ? null
        : {
            reason: standing.reason,
            detail: standing.detail ?? null,
            ...explained,
            next: [...explained.next],
          },
    person: {
      id: holder.personId,
      fullName: holder.fullName,
      staffCode: holder.staffCode,
      kind: holder.kind,
      position: holder.position,
      unit: { id: holder.unitId, code: holder.unitCode, names: holder.unitNames },
      employment: { state: employment.state, detail: 'detail' in employment ? employment.detail : null },
    },
    employmentEvents: shown.employment,
    assignments: shown.assignments.map(({ assignmentId, ...rest }) => ({ id: assignmentId, ...rest })),
    workstations: shown.workstations.map(({ workstationId, ...rest }) => ({ id: workstationId, ...rest })),
    authenticators: shown.authenticators.map(
      ({ id: authenticatorId, kind, serialNumber, state, createdAt, lastClaimAt }) => ({
        id: authenticatorId,
        kind,
        serialNumber,
        state,
        createdAt,
        lastClaimAt,
      }),
    ),
    locks: shown.counters
      .filter(({ lockedUntil }) => lockedUntil > now)
      .map(({ scope, failures, lockedUntil }) => ({ scope, failures, lockedUntil })),
    sessions: shown.sessions,
  };
}

export const accountRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store, settings, clock } = deps;

  server.get(
    '/api/v1/accounts',
    {
      config: { access: { permission: 'account.read', of: 'list' } },
      schema: { tags, querystring: accountsQuerySchema, response: { 200: accountsSchema } },
    },
    async (request) => {
      const { cursor, limit, ...filter } = request.query;
      const reach = reachOfRequest(request);
      const page = cursor === undefined ? { limit } : { cursor, limit };
      return findAccountPage({ store: store.aside, now: clock.now(), reach }, filter, page);
    },
  );

  server.post(
    '/api/v1/accounts',
    {
      config: { access: { permission: 'account.create', of: 'list' } },
      schema: { tags, body: newAccountSchema, response: { 201: accountAddedSchema } },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const reaching = (permission: 'assignment.edit' | 'workstation.edit') =>
        reachOfPrincipal(caller, permission);
      if (reaching('assignment.edit') === null) throw new HttpProblem('forbidden');
      const { assignment, assignmentId, ...order } = request.body;
      if ((assignment === undefined) === (assignmentId === undefined)) {
        throw fieldProblem('assignment', {
          vi: ['Chưa có văn bản phân công.', 'Nhập văn bản mới, hoặc chọn một văn bản đã có.'],
          en: ['One written assignment is needed.', 'Enter a new one, or choose one that is there.'],
        });
      }
      const personId = await personBehind(deps, request);
      const added = await addAccount(
        {
          ...actingFor(deps, request),
          settings,
          reach: reachOfRequest(request),
          workstationReach: reaching('workstation.edit'),
          actorPersonId: personId,
          filer: { personId },
        },
        { ...order, assignment: assignment ?? { id: assignmentId ?? 0 } },
      );
      return reply.code(201).send({ ...added, asked: [...added.asked] });
    },
  );

  server.get(
    '/api/v1/accounts/:id',
    { config: read, schema: { tags, params: idParams, response: { 200: accountSchema } } },
    async (request, reply) => {
      const account = await describe(deps, request.params.id, languageOf(request));
      setEntityTag(reply, account.revision);
      return account;
    },
  );

  server.get(
    '/api/v1/accounts/:id/timeline',
    {
      config: read,
      schema: {
        tags,
        params: idParams,
        querystring: Type.Object(pageQuery, closed),
        response: { 200: timelineSchema },
      },
    },
    async (request) => {
      const { cursor, limit } = request.query;
      const language = languageOf(request);
      const query = { accountId: request.params.id, cursor, limit };
      const { items, next } = await tellStory({ store, settings, language }, query);
      return {
        items: items.map(({ explanation, data, personal, kind, ...item }) => ({
          ...item,
          kind: kind as 'decision' | 'undecided' | 'administration' | 'system',
          data: { ...data },
          personal: personal === null ? null : { ...personal },
          explanation: { ...explanation, next: [...explanation.next] },
        })),
        next,
      };
    },
  );
};
