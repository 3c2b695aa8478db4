// /api/v1/health: the installation as whoever looks after it sees it, and the doctor's findings when they are asked for.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type DoctorReport, doctorSchema, healthSchema } from '../../../api/health.ts';
import type { Finding } from '../../../services/doctor/finding.ts';
import { examineGatewayByName } from '../../../services/doctor/gateway-by-name.ts';
import { reportHealth } from '../../../services/health-report.ts';
import { listGatewayDetails } from '../../../store/queries/gateway-changes.ts';
import type { ConsoleRouteDeps } from '../../console.ts';
import { type Language, languageOf } from '../../web/problem.ts';

const tags = ['overview'];
const read = { access: { permission: 'health.read', of: 'organisation' } } as const;
const mostGateways = 200;
/** Whoever asks again sooner is told what was found before. */
const freshMs = 5_000;

interface Examined {
  readonly at: number;
  readonly broker: readonly Finding[];
  readonly gateways: readonly { readonly name: string; readonly findings: readonly Finding[] }[];
  readonly gatewaysLeftOut: number;
}

const worded = (findings: readonly Finding[], language: Language): DoctorReport['broker'] =>
  findings.map(({ check, state, what, why, remedy }) => ({
    check,
    state,
    what: what[language],
    why: why?.[language] ?? null,
    remedy: remedy?.[language] ?? null,
  }));

export const consoleHealthRoutes: FastifyPluginAsyncTypebox<ConsoleRouteDeps> = async (server, deps) => {
  let last: { readonly startedAt: number; readonly examined: Promise<Examined> } | null = null;

  async function examine(): Promise<Examined> {
    const { store, settings, radius, clock } = deps;
    const { rejectDelayMs } = radius;
    const report = await radius.report();
    const all = await store.read(listGatewayDetails);
    const gateways: Examined['gateways'][number][] = [];
    for (const { name } of all.slice(0, mostGateways)) {
      const { findings } = await examineGatewayByName(
        { store, settings, rejectDelayMs },
        name,
        async () => report,
      );
      gateways.push({ name, findings });
    }
    return {
      at: clock.now(),
      broker: await deps.examineBroker(),
      gateways,
      gatewaysLeftOut: Math.max(0, all.length - mostGateways),
    };
  }

  /** One run at a time, however many ask. */
  function examined(): Promise<Examined> {
    const now = deps.clock.monotonic();
    if (last === null || now - last.startedAt > freshMs) {
      const begun = { startedAt: now, examined: examine() };
      last = begun;
      begun.examined.catch(() => {
        if (last === begun) last = null;
      });
    }
    return last.examined;
  }

  server.get('/api/v1/health', { config: read, schema: { tags, response: { 200: healthSchema } } }, () =>
    reportHealth(deps),
  );

  server.post(
    '/api/v1/health/doctor',
    { config: read, schema: { tags, response: { 200: doctorSchema } } },
    async (request) => {
      const language = languageOf(request);
      const { at, broker, gateways, gatewaysLeftOut } = await examined();
      return {
        at,
        broker: worded(broker, language),
        gateways: gateways.map(({ name, findings }) => ({ name, findings: worded(findings, language) })),
        gatewaysLeftOut,
      };
    },
  );
};
