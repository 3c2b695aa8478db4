// /api/v1/gateways: products, declared gateways, a new one with its secret, what was seen and what is wrong.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { closed } from '../../../api/common.ts';
import {
  type GatewayItem,
  gatewayAddedSchema,
  gatewayCertificatesSchema,
  gatewayDetailSchema,
  gatewaysSchema,
  gatewayTokenMadeSchema,
  newGatewaySchema,
  newGatewayTokenSchema,
  profilesSchema,
} from '../../../api/gateways.ts';
import { type EvidenceLevel, evidenceLabel } from '../../../core/evidence.ts';
import type { Language } from '../../../core/reason-texts.ts';
import { examineGatewayByName } from '../../../services/doctor/gateway-by-name.ts';
import {
  addGateway,
  changeGateway,
  createGatewayToken,
  seenOfGateway,
  showGateway,
} from '../../../services/gateways/gateways.ts';
import { describeProfile } from '../../../services/profiles.ts';
import { tagOf } from '../../../services/seen.ts';
import { decodeTlsRule } from '../../../services/settings/tls-rule.ts';
import { revokeToken } from '../../../services/web/api-tokens.ts';
import { listTokensOfGateway } from '../../../store/queries/api-tokens.ts';
import { type GatewayDetails, listGatewayDetails } from '../../../store/queries/gateway-changes.ts';
import type { Profile } from '../../../wire/radius/profile/parse.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { callerOf } from '../../web/access.ts';
import { entityTag, readSeen, setEntityTag } from '../../web/precondition.ts';
import { HttpProblem, languageOf } from '../../web/problem.ts';
import { actorOf } from './acts.ts';

const tags = ['gateways'];
const edit = { access: { permission: 'gateway.edit', of: 'organisation' } } as const;
const firstTokenDays = 365;
const nameParams = Type.Object({ name: Type.String({ maxLength: 63 }) }, closed);
const read = { access: { permission: 'gateway.read', of: 'organisation' } } as const;

function bestEvidence({ workstation }: Profile): EvidenceLevel {
  const levels: readonly EvidenceLevel[] = [3, 2, 1];
  return levels.find((wanted) => workstation.some(({ level }) => level === wanted)) ?? 0;
}

function textsOf(profile: Profile, language: Language) {
  const { title, notes } = describeProfile(profile, language);
  return { title, notes: [...notes] };
}

function httpOrderOf({ pins, names }: { readonly pins?: string; readonly names?: string }) {
  return {
    ...(pins === undefined ? {} : { httpPins: pins }),
    ...(names === undefined ? {} : { httpNames: names }),
  };
}

export const gatewayRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store, settings, profiles, radius } = deps;

  function itemOf(
    { id, name, profile, client, unitCode, lastSeenAt }: GatewayDetails,
    language: Language,
  ): GatewayItem {
    const { leastEvidence, workstationMode } = settings.current().policyFor([], id);
    const known = profiles.get(profile);
    return {
      name,
      profile,
      profileTitle: known === undefined ? profile : describeProfile(known, language).title,
      client: client.name,
      address: client.prefix ?? 'TLS',
      unit: unitCode,
      lastSeenAt,
      leastEvidence: evidenceLabel(leastEvidence),
      mode: workstationMode,
    };
  }

  /** What the gateway asks with over HTTPS. */
  async function httpOf({ id, httpTlsRule }: GatewayDetails) {
    const { names, pins } = httpTlsRule === null ? { names: [], pins: [] } : decodeTlsRule(httpTlsRule);
    const tokens = await store.read((db) => listTokensOfGateway(db, id, deps.clock.now()));
    return { port: radius.httpPort, names: [...names], pins: [...pins], tokens };
  }

  function makeToken(request: FastifyRequest, gateway: string, days: number) {
    const caller = callerOf(request);
    return createGatewayToken(
      { ...deps, by: actorOf(request) },
      { gateway, days, createdBy: caller.kind === 'operator' ? caller.operator.id : null },
    );
  }

  server.get(
    '/api/v1/gateway-profiles',
    { config: read, schema: { tags, response: { 200: profilesSchema } } },
    async (request) => ({
      items: [...profiles.values()].map((profile) => ({
        name: profile.name,
        ...textsOf(profile, languageOf(request)),
        credentials: profile.credentials.style,
        evidence: evidenceLabel(bestEvidence(profile)),
        disconnects: profile.disconnect.method !== 'none',
        disconnectPort: profile.disconnect.method === 'none' ? null : profile.disconnect.port,
        http: profile.http !== undefined,
      })),
    }),
  );

  server.get(
    '/api/v1/gateways',
    { config: read, schema: { tags, response: { 200: gatewaysSchema } } },
    async (request) => ({
      items: (await store.read(listGatewayDetails)).map((gateway) => itemOf(gateway, languageOf(request))),
    }),
  );

  server.post(
    '/api/v1/gateways',
    {
      config: edit,
      schema: { tags, body: newGatewaySchema, response: { 201: gatewayAddedSchema } },
    },
    async (request, reply) => {
      const { name, profile, address, nasIdentifier, unit, certificates = {} } = request.body;
      const acting = { ...deps, by: actorOf(request) };
      const added = await addGateway(acting, {
        name,
        profile,
        client: name,
        ...httpOrderOf(certificates),
        ...(address === undefined ? {} : { address }),
        ...(nasIdentifier === undefined ? {} : { nasIdentifier }),
        ...(unit === undefined ? {} : { unit }),
      });
      await radius.refreshSettings();
      return reply.code(201).send({
        name: added.name,
        client: added.client,
        address: added.prefix ?? 'TLS',
        secret: added.secret,
        token:
          profiles.get(profile)?.http === undefined ? null : await makeToken(request, name, firstTokenDays),
      });
    },
  );

  server.get(
    '/api/v1/gateways/:name',
    {
      config: read,
      schema: {
        tags,
        params: nameParams,
        response: { 200: gatewayDetailSchema },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const language = languageOf(request);
      const { gateway, profile } = await showGateway({ store, settings, profiles }, name);
      const tag = tagOf(seenOfGateway(gateway));
      setEntityTag(reply, tag);
      const report = await radius.report();
      const { rejectDelayMs } = radius;
      const { findings } = await examineGatewayByName(
        { store, settings, rejectDelayMs },
        name,
        async () => report,
      );
      const seen = report.observations[name];
      return {
        gateway: itemOf(gateway, language),
        etag: entityTag(tag),
        seen:
          seen === undefined
            ? null
            : {
                lastRequestAt: seen.lastRequestAt,
                requests: seen.requests,
                unsigned: seen.unsigned,
                withoutWorkstation: seen.withoutWorkstation,
              },
        radius: {
          ports: [...radius.ports],
          accountingPorts: [...radius.accountingPorts],
          // A refusal is delayed; with room for a slow network on top.
          leastTimeoutSeconds: Math.ceil(rejectDelayMs / 1_000) + 4,
          disconnectPort:
            profile === null || profile.disconnect.method === 'none'
              ? null
              : (gateway.coaPort ?? profile.disconnect.port),
        },
        http: profile?.http === undefined ? null : await httpOf(gateway),
        findings: findings.map(({ check, state, what, why, remedy }) => ({
          check,
          state,
          what: what[language],
          why: why?.[language] ?? null,
          remedy: remedy?.[language] ?? null,
        })),
      };
    },
  );

  server.put(
    '/api/v1/gateways/:name/certificates',
    {
      config: { ...edit, precondition: true },
      schema: {
        tags,
        params: nameParams,
        body: gatewayCertificatesSchema,
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const order = { name: request.params.name, ...httpOrderOf(request.body) };
      const ifSeen = readSeen(request);
      await changeGateway({ ...deps, by: actorOf(request), ifSeen }, order);
      await radius.refreshSettings();
      return reply.code(204).send(null);
    },
  );

  server.post(
    '/api/v1/gateways/:name/tokens',
    {
      config: edit,
      schema: {
        tags,
        params: nameParams,
        body: newGatewayTokenSchema,
        response: { 201: gatewayTokenMadeSchema },
      },
    },
    async (request, reply) =>
      reply.code(201).send(await makeToken(request, request.params.name, request.body.days)),
  );

  server.delete(
    '/api/v1/gateways/:name/tokens/:tokenId',
    {
      config: edit,
      schema: {
        tags,
        params: Type.Object(
          { name: Type.String({ maxLength: 63 }), tokenId: Type.Integer({ minimum: 1 }) },
          closed,
        ),
        response: { 204: Type.Null() },
      },
    },
    async (request, reply) => {
      const { name, tokenId } = request.params;
      const { gateway } = await showGateway({ store, settings, profiles }, name);
      const own = await store.read((db) => listTokensOfGateway(db, gateway.id, deps.clock.now()));
      const isRevoked =
        own.some(({ id }) => id === tokenId) &&
        (await revokeToken({ ...deps, by: actorOf(request) }, tokenId));
      if (!isRevoked) throw new HttpProblem('not-found');
      return reply.code(204).send(null);
    },
  );
};
