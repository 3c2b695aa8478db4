// /api/v1/decisions: attempts with their reasons in words; /api/v1/what-if: would this login work?
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import {
  decisionDetailSchema,
  decisionPageSchema,
  decisionsQuerySchema,
  reasonsSchema,
  whatIfAnswerSchema,
  whatIfSchema,
} from '../../../api/decisions.ts';
import type { Explanation } from '../../../core/explain.ts';
import { actorTexts, reasonTexts } from '../../../core/reason-texts.ts';
import { reasons } from '../../../core/reasons.ts';
import { type ListedDecision, listDecisions, showDecision } from '../../../services/records.ts';
import { suppose } from '../../../services/what-if.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { reachOfRequest } from '../../web/access.ts';
import { type Language, languageOf } from '../../web/problem.ts';

const tags = ['decisions'];

function itemOf({ explained, ...whose }: ListedDecision) {
  const { record, at, outcome, reason, detail, lookupCode, explanation, evidence, personal } = explained;
  return {
    ...whose,
    record,
    at,
    outcome,
    reason,
    detail,
    lookupCode,
    title: explanation.title,
    station: personal?.['station'] ?? null,
    evidence,
  };
}

function inWords(explained: Explanation, language: Language) {
  const { title, explanation, next } = explained;
  return {
    title,
    explanation,
    next: next.map(({ who, text }) => ({ who: actorTexts[who][language], text })),
  };
}

export const decisionRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store, settings, clock } = deps;

  server.get(
    '/api/v1/reasons',
    {
      config: { access: { permission: 'decision.read', of: 'list' } },
      schema: { tags, response: { 200: reasonsSchema } },
    },
    async (request) => {
      const language = languageOf(request);
      return { items: reasons.map((reason) => ({ reason, title: reasonTexts[reason].title[language] })) };
    },
  );

  server.get(
    '/api/v1/decisions',
    {
      config: { access: { permission: 'decision.read', of: 'list' } },
      schema: { tags, querystring: decisionsQuerySchema, response: { 200: decisionPageSchema } },
    },
    async (request) => {
      const { outcome = null, reason = null, account = null, gateway = null, since = null } = request.query;
      const { before = null, cursor, limit } = request.query;
      const { items, next } = await listDecisions(
        { store: store.aside, settings, language: languageOf(request) },
        {
          within: reachOfRequest(request),
          outcome,
          reason,
          accountId: account,
          gateway,
          since,
          before,
          cursor,
          limit,
        },
      );
      return { items: items.map(itemOf), next };
    },
  );

  server.get(
    '/api/v1/decisions/:record',
    {
      config: { access: { permission: 'decision.read', of: 'list' } },
      schema: {
        tags,
        params: Type.Object({
          record: Type.String({
            maxLength: 60,
            description: 'chain:seq, or a lookup code as it was read out',
          }),
        }),
        response: { 200: decisionDetailSchema },
      },
    },
    async (request) => {
      const language = languageOf(request);
      const found = await showDecision(
        { store, settings, language },
        request.params.record,
        reachOfRequest(request),
      );
      const { explanation, observed, password, until, personal } = found.explained;
      return {
        ...itemOf(found),
        explanation: inWords(explanation, language),
        observed: observed === null ? null : inWords(observed, language),
        password,
        until,
        personal: personal === null ? null : { ...personal },
      };
    },
  );

  server.post(
    '/api/v1/what-if',
    {
      config: { access: { permission: 'decision.simulate', of: 'list' } },
      schema: { tags, body: whatIfSchema, response: { 200: whatIfAnswerSchema } },
    },
    async (request) => {
      const language = languageOf(request);
      const { userName, gateway, workstation = null, at = clock.now(), password, code } = request.body;
      const supposed = await suppose(
        { store, settings, language },
        { userName, gateway, workstation, at, password, code },
        reachOfRequest(request),
      );
      const { explanation, observed, ...rest } = supposed;
      return {
        ...rest,
        explanation: inWords(explanation, language),
        observed: observed === null ? null : inWords(observed, language),
      };
    },
  );
};
