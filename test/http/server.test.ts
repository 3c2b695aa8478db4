import { afterEach, describe, expect, it } from 'vitest';
import { createMetrics, type RadiusNumbers } from '../../src/http/metrics.ts';
import { createHttpServer } from '../../src/http/server.ts';
import { createHealth, type UnreadyCause } from '../../src/services/health.ts';
import { captureLog } from '../services/captured-log.ts';

const latency = { buckets: [2, 1, 0], sumSeconds: 0.5, count: 4 };

const numbers: RadiusNumbers = {
  counters: {
    datagrams: 9,
    statusReplies: 1,
    dropped: { malformed: 2 },
    gateways: {
      'gw "a"\\b': { outcomes: { accept: 3 }, retransmissions: 1, limited: 0, latency },
    },
    inFlight: 1,
    queued: 0,
    delayed: 0,
  },
  tls: {
    connections: 3,
    accepted: 5,
    refused: { 'name-unknown': 2 },
    closed: { idle: 1 },
    errors: { ECONNRESET: 4 },
  },
  eap: { open: 2, started: 9, abandoned: 1, evicted: 0, failures: { denied: 4 } },
  upstreams: { ad: { answers: { right: 4, unavailable: 1 }, open: ['ldaps://dc1'] } },
  accounting: { datagrams: 9, retransmissions: 1, results: { stored: 8 }, dropped: { malformed: 2 } },
  decisions: {
    decisions: [{ outcome: 'deny', reason: 'code-wrong', count: 7 }],
    conflicts: { stale: 1 },
    facts: latency,
    commits: latency,
    pending: 2,
  },
  latencyBounds: [0.1, 0.5],
  passwordPressure: 0.25,
  settingsVersion: 4,
};

type Server = Awaited<ReturnType<typeof createHttpServer>>;
const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function build(
  failing: readonly UnreadyCause[],
  radius: () => Promise<RadiusNumbers | null> = async () => numbers,
) {
  const log = captureLog();
  const health = createHealth(
    (['starting', 'store-unavailable', 'clock-unstable'] as const).map((cause) => ({
      cause,
      ok: () => {
        if (failing.includes(cause)) throw new Error('this check fails');
        return true;
      },
    })),
  );
  const metrics = createMetrics({
    version: '1.2.3',
    radius,
    causes: async () => (await health.readiness()).causes,
    auditHeads: async () => [{ chain: 'ab', seq: 12 }],
    sessions: async () => ({ open: { live: 7 }, cuts: { unconfirmed: 1 } }),
    cutAttempts: () => ({ ack: 3 }),
    gatewayHttp: () => ({
      counters: {
        gateways: {
          'vpn-9': { outcomes: { accept: 3, silent: 1 }, retransmissions: 2, limited: 0, latency },
        },
        inFlight: 1,
        queued: 0,
      },
      refused: { 'token-unknown': 5 },
    }),
  });
  const server = await createHttpServer({ log, health, metrics });
  servers.push(server);
  return { server, log };
}

describe('/readyz', () => {
  it('says ready when every part is', async () => {
    const { server } = await build([]);
    const answer = await server.inject('/readyz');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ status: 'ready', causes: [] });
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('says 503 and every closed cause when parts fail, even by throwing', async () => {
    const { server } = await build(['store-unavailable', 'clock-unstable']);
    const answer = await server.inject('/readyz');
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toEqual({
      status: 'unready',
      causes: ['store-unavailable', 'clock-unstable'],
    });
  });
});

describe('/healthz', () => {
  it('says alive whatever fails: killing the process would help nobody', async () => {
    const { server } = await build(['starting', 'store-unavailable', 'clock-unstable']);
    const answer = await server.inject('/healthz');
    expect([answer.statusCode, answer.json()]).toEqual([200, { status: 'alive' }]);
  });
});

describe('/metrics', () => {
  it('is in the text format of Prometheus, with cumulative buckets and escaped labels', async () => {
    const { server } = await build(['clock-unstable']);
    const answer = await server.inject('/metrics');
    expect(answer.headers['content-type']).toContain('text/plain; version=0.0.4');
    const lines = answer.body.split('\n');
    for (const line of [
      'gatewarden_info{version="1.2.3"} 1',
      'gatewarden_ready 0',
      'gatewarden_unready{cause="clock-unstable"} 1',
      'gatewarden_radius_datagrams_total 9',
      'gatewarden_radius_dropped_total{cause="malformed"} 2',
      'gatewarden_radius_verdicts_total{gateway="gw \\"a\\"\\\\b",outcome="accept"} 3',
      'gatewarden_radius_tls_connections 3',
      'gatewarden_radius_tls_accepted_total 5',
      'gatewarden_radius_tls_refused_total{cause="name-unknown"} 2',
      'gatewarden_radius_tls_closed_total{cause="idle"} 1',
      'gatewarden_radius_tls_errors_total{code="ECONNRESET"} 4',
      'gatewarden_eap_conversations 2',
      'gatewarden_eap_started_total 9',
      'gatewarden_eap_given_up_total{cause="abandoned"} 1',
      'gatewarden_eap_failures_total{cause="denied"} 4',
      'gatewarden_upstream_answers_total{upstream="ad",answer="right"} 4',
      'gatewarden_upstream_servers_left_alone{upstream="ad"} 1',
      'gatewarden_decisions_total{outcome="deny",reason="code-wrong"} 7',
      'gatewarden_store_commit_seconds_bucket{le="0.1"} 2',
      'gatewarden_store_commit_seconds_bucket{le="0.5"} 3',
      'gatewarden_store_commit_seconds_bucket{le="+Inf"} 4',
      'gatewarden_store_commit_seconds_sum 0.5',
      'gatewarden_store_commit_seconds_count 4',
      'gatewarden_store_commits_pending 2',
      'gatewarden_audit_head{chain="ab"} 12',
      'gatewarden_gateway_http_verdicts_total{gateway="vpn-9",outcome="accept"} 3',
      'gatewarden_gateway_http_repeated_total{gateway="vpn-9"} 2',
      'gatewarden_gateway_http_refused_total{cause="token-unknown"} 5',
    ]) {
      expect(lines).toContain(line);
    }
    for (const line of lines) expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{.*\})? \S+|)$/);
  });

  it('still answers when the listener does not', async () => {
    const { server } = await build([], () => Promise.reject(new Error('gone')));
    const { statusCode, body } = await server.inject('/metrics');
    expect(statusCode).toBe(200);
    expect(body).toContain('gatewarden_ready 1');
    expect(body).not.toContain('gatewarden_radius');
  });
});

describe('anything else', () => {
  it('is answered with problem+json that tells nothing', async () => {
    const { server } = await build([]);
    const answer = await server.inject('/../etc/passwd');
    expect([answer.statusCode, answer.json()]).toEqual([404, { title: 'Not found', status: 404 }]);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  });

  it('that fails inside says so without the cause, which goes into the log', async () => {
    const log = captureLog();
    const server = await createHttpServer({
      log,
      health: createHealth([]),
      metrics: () => Promise.reject(new Error('a table is missing')),
    });
    servers.push(server);
    const answer = await server.inject('/metrics');
    expect([answer.statusCode, answer.json()]).toEqual([500, { title: 'Internal error', status: 500 }]);
    expect(log.lines.join()).toContain('a table is missing');
  });
});
