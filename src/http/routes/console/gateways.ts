// /api/v1/gateways: products, declared gateways, a new one with its secret, what was seen and what is wrong.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import {
  type GatewayItem,
  gatewayAddedSchema,
  gatewayDetailSchema,
  gatewaysSchema,
  newGatewaySchema,
  profilesSchema,
} from '../../../api/gateways.ts';
import { type EvidenceLevel, evidenceLabel } from '../../../core/evidence.ts';
import { examineGatewayByName } from '../../../services/doctor/gateway-by-name.ts';
import { addGateway, showGateway } from '../../../services/gateways/gateways.ts';
import { type GatewayDetails, listGatewayDetails } from '../../../store/queries/gateway-changes.ts';
import type { Profile } from '../../../wire/radius/profile/parse.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { languageOf } from '../../web/problem.ts';
import { actorOf } from './acts.ts';

const tags = ['gateways'];
const read = { access: { permission: 'gateway.read', of: 'organisation' } } as const;

function bestEvidence({ workstation }: Profile): EvidenceLevel {
  const levels: readonly EvidenceLevel[] = [3, 2, 1];
  return levels.find((wanted) => workstation.some(({ level }) => level === wanted)) ?? 0;
}

export const gatewayRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  const { store, settings, profiles, radius } = deps;

  function itemOf({ id, name, profile, client, unitCode, lastSeenAt }: GatewayDetails): GatewayItem {
    const { leastEvidence, workstationMode } = settings.current().policyFor([], id);
    return {
      name,
      profile,
      profileTitle: profiles.get(profile)?.title ?? profile,
      client: client.name,
      address: client.prefix ?? 'TLS',
      unit: unitCode,
      lastSeenAt,
      leastEvidence: evidenceLabel(leastEvidence),
      mode: workstationMode,
    };
  }

  server.get(
    '/api/v1/gateway-profiles',
    { config: read, schema: { tags, response: { 200: profilesSchema } } },
    async () => ({
      items: [...profiles.values()].map((profile) => ({
        name: profile.name,
        title: profile.title,
        notes: [...profile.notes],
        credentials: profile.credentials.style,
        evidence: evidenceLabel(bestEvidence(profile)),
        disconnects: profile.disconnect.method !== 'none',
        disconnectPort: profile.disconnect.method === 'none' ? null : profile.disconnect.port,
      })),
    }),
  );

  server.get(
    '/api/v1/gateways',
    { config: read, schema: { tags, response: { 200: gatewaysSchema } } },
    async () => ({ items: (await store.read(listGatewayDetails)).map(itemOf) }),
  );

  server.post(
    '/api/v1/gateways',
    {
      config: { access: { permission: 'gateway.edit', of: 'organisation' } },
      schema: { tags, body: newGatewaySchema, response: { 201: gatewayAddedSchema } },
    },
    async (request, reply) => {
      const { name, profile, address, nasIdentifier, unit } = request.body;
      const added = await addGateway(
        { ...deps, by: actorOf(request) },
        {
          name,
          profile,
          address,
          client: name,
          ...(nasIdentifier === undefined ? {} : { nasIdentifier }),
          ...(unit === undefined ? {} : { unit }),
        },
      );
      await radius.refreshSettings();
      return reply.code(201).send({
        name: added.name,
        client: added.client,
        address: added.prefix ?? 'TLS',
        secret: added.secret,
      });
    },
  );

  server.get(
    '/api/v1/gateways/:name',
    {
      config: read,
      schema: {
        tags,
        params: Type.Object({ name: Type.String({ maxLength: 63 }) }),
        response: { 200: gatewayDetailSchema },
      },
    },
    async (request) => {
      const { name } = request.params;
      const language = languageOf(request);
      const { gateway, profile } = await showGateway({ store, settings, profiles }, name);
      const report = await radius.report();
      const { rejectDelayMs } = radius;
      const { findings } = await examineGatewayByName(
        { store, settings, rejectDelayMs },
        name,
        async () => report,
      );
      const seen = report.observations[name];
      return {
        gateway: itemOf(gateway),
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
};
