// The broker's numbers in Prometheus' text format (version 0.0.4), beside the process's own from prom-client.
import { collectDefaultMetrics, Registry } from 'prom-client';

/** As often as the event loop's lag is looked at; prom-client's own 10 ms keep an idle process busy with 2 % of a processor. */
const lagSampleMs = 100;

type Labels = Readonly<Record<string, string>>;

interface Sample {
  readonly suffix?: '_bucket' | '_sum' | '_count';
  readonly labels: Labels;
  readonly value: number;
}

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Sample[];
}

interface LatencyNumbers {
  readonly buckets: readonly number[];
  readonly sumSeconds: number;
  readonly count: number;
}

/** What the RADIUS listener reports of itself. */
export interface RadiusNumbers {
  readonly counters: {
    readonly datagrams: number;
    readonly statusReplies: number;
    readonly dropped: Readonly<Record<string, number>>;
    readonly gateways: Readonly<
      Record<
        string,
        {
          readonly outcomes: Readonly<Record<string, number>>;
          readonly retransmissions: number;
          readonly limited: number;
          readonly latency: LatencyNumbers;
        }
      >
    >;
    readonly inFlight: number;
    readonly queued: number;
    readonly delayed: number;
  };
  /** Null: no RADIUS/TLS. */
  readonly tls: {
    readonly connections: number;
    readonly accepted: number;
    readonly refused: Readonly<Record<string, number>>;
    readonly closed: Readonly<Record<string, number>>;
    readonly errors: Readonly<Record<string, number>>;
  } | null;
  /** Null where EAP is not spoken. */
  readonly eap: {
    readonly open: number;
    readonly started: number;
    readonly abandoned: number;
    readonly evicted: number;
    readonly failures: Readonly<Record<string, number>>;
  } | null;
  /** By name. */
  readonly upstreams: Readonly<
    Record<string, { readonly answers: Readonly<Record<string, number>>; readonly open: readonly string[] }>
  >;
  readonly accounting: {
    readonly datagrams: number;
    readonly retransmissions: number;
    readonly results: Readonly<Record<string, number>>;
    readonly dropped: Readonly<Record<string, number>>;
  };
  readonly decisions: {
    readonly decisions: readonly {
      readonly outcome: string;
      readonly reason: string;
      readonly count: number;
    }[];
    readonly conflicts: Readonly<Record<string, number>>;
    readonly facts: LatencyNumbers;
    readonly commits: LatencyNumbers;
    readonly pending: number;
  };
  readonly latencyBounds: readonly number[];
  readonly passwordPressure: number;
  readonly settingsVersion: number;
}

/** What the listener of gateways over HTTPS reports of itself. */
interface GatewayHttpNumbers {
  readonly counters: Pick<RadiusNumbers['counters'], 'gateways' | 'inFlight' | 'queued'>;
  readonly refused: Readonly<Record<string, number>>;
}

export interface MetricsSources {
  readonly version: string;
  /** Null while the listener does not answer. */
  readonly radius: () => Promise<RadiusNumbers | null>;
  /** Null where gateways are not answered over HTTPS. */
  readonly gatewayHttp: () => GatewayHttpNumbers | null;
  readonly causes: () => Promise<readonly string[]>;
  /** The last record of every chain that is written or not tied in yet. */
  readonly auditHeads: () => Promise<readonly { readonly chain: string; readonly seq: number }[]>;
  /** Open sessions and open cuts, by state. */
  readonly sessions: () => Promise<{
    readonly open: Readonly<Record<string, number>>;
    readonly cuts: Readonly<Record<string, number>>;
  }>;
  readonly cutAttempts: () => Readonly<Record<string, number>>;
}

const escapeLabel = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"');

function render({ name, help, type, samples }: Family): string {
  const lines = samples.map(({ suffix = '', labels, value }) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
    return `${name}${suffix}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines].join('\n');
}

const one = (value: number): readonly Sample[] => [{ labels: {}, value }];

function byLabel(label: string, values: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(values).map(([text, value]) => ({ labels: { [label]: text }, value }));
}

function histogram(latency: LatencyNumbers, bounds: readonly number[], labels: Labels): readonly Sample[] {
  let below = 0;
  const buckets = bounds.map((bound, i): Sample => {
    below += latency.buckets[i] ?? 0;
    return { suffix: '_bucket', labels: { ...labels, le: String(bound) }, value: below };
  });
  return [
    ...buckets,
    { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: latency.count },
    { suffix: '_sum', labels, value: latency.sumSeconds },
    { suffix: '_count', labels, value: latency.count },
  ];
}

function radiusFamilies({ counters, decisions, latencyBounds, ...rest }: RadiusNumbers): Family[] {
  const gateways = Object.entries(counters.gateways);
  return [
    {
      name: 'gatewarden_radius_datagrams_total',
      help: 'UDP datagrams received.',
      type: 'counter',
      samples: one(counters.datagrams),
    },
    {
      name: 'gatewarden_radius_dropped_total',
      help: 'Datagrams that got no answer, by cause.',
      type: 'counter',
      samples: byLabel('cause', counters.dropped),
    },
    {
      name: 'gatewarden_radius_status_replies_total',
      help: 'Status-Server requests answered.',
      type: 'counter',
      samples: one(counters.statusReplies),
    },
    {
      name: 'gatewarden_radius_verdicts_total',
      help: 'Verdicts by gateway; silent ones got no reply.',
      type: 'counter',
      samples: gateways.flatMap(([gateway, { outcomes }]) =>
        Object.entries(outcomes).map(([outcome, value]) => ({ labels: { gateway, outcome }, value })),
      ),
    },
    {
      name: 'gatewarden_radius_retransmissions_total',
      help: 'Requests answered once more with the same octets.',
      type: 'counter',
      samples: gateways.map(([gateway, { retransmissions: value }]) => ({ labels: { gateway }, value })),
    },
    {
      name: 'gatewarden_radius_limited_total',
      help: 'Requests over a rate limit.',
      type: 'counter',
      samples: gateways.map(([gateway, { limited: value }]) => ({ labels: { gateway }, value })),
    },
    {
      name: 'gatewarden_radius_verdict_seconds',
      help: 'From receipt to verdict, the delay of rejects not included.',
      type: 'histogram',
      samples: gateways.flatMap(([gateway, { latency }]) => histogram(latency, latencyBounds, { gateway })),
    },
    {
      name: 'gatewarden_radius_requests',
      help: 'Requests now, by state.',
      type: 'gauge',
      samples: byLabel('state', {
        deciding: counters.inFlight,
        queued: counters.queued,
        delayed: counters.delayed,
      }),
    },
    {
      name: 'gatewarden_accounting_requests_total',
      help: 'Accounting requests answered, by what they told; adopted: of a session that no login is known for.',
      type: 'counter',
      samples: byLabel('result', {
        ...rest.accounting.results,
        retransmission: rest.accounting.retransmissions,
      }),
    },
    {
      name: 'gatewarden_accounting_dropped_total',
      help: 'Accounting requests without an answer, by cause.',
      type: 'counter',
      samples: byLabel('cause', rest.accounting.dropped),
    },
    ...tlsFamilies(rest.tls),
    ...eapFamilies(rest.eap),
    ...upstreamFamilies(rest.upstreams),
    {
      name: 'gatewarden_decisions_total',
      help: 'Decisions recorded, by outcome and reason.',
      type: 'counter',
      samples: decisions.decisions.map(({ outcome, reason, count: value }) => ({
        labels: { outcome, reason },
        value,
      })),
    },
    {
      name: 'gatewarden_decision_conflicts_total',
      help: 'Commits that came to nothing because something had changed, by kind.',
      type: 'counter',
      samples: byLabel('kind', decisions.conflicts),
    },
    {
      name: 'gatewarden_store_facts_seconds',
      help: 'Loading the facts of one decision.',
      type: 'histogram',
      samples: histogram(decisions.facts, latencyBounds, {}),
    },
    {
      name: 'gatewarden_store_commit_seconds',
      help: 'From handing a decision to the writer until it is durable.',
      type: 'histogram',
      samples: histogram(decisions.commits, latencyBounds, {}),
    },
    {
      name: 'gatewarden_store_commits_pending',
      help: 'Decisions handed to the writer and not yet durable.',
      type: 'gauge',
      samples: one(decisions.pending),
    },
    {
      name: 'gatewarden_password_queue_ratio',
      help: 'How full the queue of passwords is, 0 to 1.',
      type: 'gauge',
      samples: one(rest.passwordPressure),
    },
    {
      name: 'gatewarden_settings_version',
      help: 'Version of clients, gateways and policies in force.',
      type: 'gauge',
      samples: one(rest.settingsVersion),
    },
  ];
}

function upstreamFamilies(upstreams: RadiusNumbers['upstreams']): Family[] {
  const all = Object.entries(upstreams);
  if (all.length === 0) return [];
  return [
    {
      name: 'gatewarden_upstream_answers_total',
      help: 'Answers about passwords by those who keep them; unavailable: none that says yes or no.',
      type: 'counter',
      samples: all.flatMap(([upstream, { answers }]) =>
        Object.entries(answers).map(([answer, value]) => ({ labels: { upstream, answer }, value })),
      ),
    },
    {
      name: 'gatewarden_upstream_servers_left_alone',
      help: 'Servers that are not asked now, since they did not answer.',
      type: 'gauge',
      samples: all.map(([upstream, { open }]) => ({ labels: { upstream }, value: open.length })),
    },
  ];
}

function tlsFamilies(tls: RadiusNumbers['tls']): Family[] {
  if (tls === null) return [];
  return [
    {
      name: 'gatewarden_radius_tls_connections',
      help: 'RADIUS/TLS connections that are up.',
      type: 'gauge',
      samples: one(tls.connections),
    },
    {
      name: 'gatewarden_radius_tls_accepted_total',
      help: 'RADIUS/TLS connections of known clients.',
      type: 'counter',
      samples: one(tls.accepted),
    },
    {
      name: 'gatewarden_radius_tls_refused_total',
      help: 'RADIUS/TLS connections refused, by cause.',
      type: 'counter',
      samples: byLabel('cause', tls.refused),
    },
    {
      name: 'gatewarden_radius_tls_closed_total',
      help: 'RADIUS/TLS connections that ended, by cause.',
      type: 'counter',
      samples: byLabel('cause', tls.closed),
    },
    {
      name: 'gatewarden_radius_tls_errors_total',
      help: 'Errors of RADIUS/TLS connections, by code.',
      type: 'counter',
      samples: byLabel('code', tls.errors),
    },
  ];
}

function eapFamilies(eap: RadiusNumbers['eap']): Family[] {
  if (eap === null) return [];
  const { abandoned, evicted } = eap;
  return [
    {
      name: 'gatewarden_eap_conversations',
      help: 'EAP conversations under way.',
      type: 'gauge',
      samples: one(eap.open),
    },
    {
      name: 'gatewarden_eap_started_total',
      help: 'EAP conversations that began.',
      type: 'counter',
      samples: one(eap.started),
    },
    {
      name: 'gatewarden_eap_given_up_total',
      help: 'EAP conversations given up: abandoned by their peer, or evicted to make room.',
      type: 'counter',
      samples: byLabel('cause', { abandoned, evicted }),
    },
    {
      name: 'gatewarden_eap_failures_total',
      help: 'EAP conversations that ended in failure, by cause.',
      type: 'counter',
      samples: byLabel('cause', eap.failures),
    },
  ];
}

function gatewayHttpFamilies(numbers: GatewayHttpNumbers | null, bounds: readonly number[]): Family[] {
  if (numbers === null) return [];
  const { counters, refused } = numbers;
  const gateways = Object.entries(counters.gateways);
  return [
    {
      name: 'gatewarden_gateway_http_verdicts_total',
      help: 'Verdicts over HTTPS by gateway; silent ones were answered as undecided.',
      type: 'counter',
      samples: gateways.flatMap(([gateway, { outcomes }]) =>
        Object.entries(outcomes).map(([outcome, value]) => ({ labels: { gateway, outcome }, value })),
      ),
    },
    {
      name: 'gatewarden_gateway_http_repeated_total',
      help: 'Requests over HTTPS that were asked again and got the same answer, by gateway.',
      type: 'counter',
      samples: gateways.map(([gateway, { retransmissions }]) => ({
        labels: { gateway },
        value: retransmissions,
      })),
    },
    {
      name: 'gatewarden_gateway_http_limited_total',
      help: 'Requests over HTTPS beyond a rate limit, by gateway.',
      type: 'counter',
      samples: gateways.map(([gateway, { limited }]) => ({ labels: { gateway }, value: limited })),
    },
    {
      name: 'gatewarden_gateway_http_verdict_seconds',
      help: 'From a request over HTTPS to its verdict, the delay of refusals aside.',
      type: 'histogram',
      samples: gateways.flatMap(([gateway, { latency }]) => histogram(latency, bounds, { gateway })),
    },
    {
      name: 'gatewarden_gateway_http_refused_total',
      help: 'Requests over HTTPS that were not taken for any gateway, by cause.',
      type: 'counter',
      samples: byLabel('cause', refused),
    },
    {
      name: 'gatewarden_gateway_http_decisions_at_work',
      help: 'Decisions over HTTPS at work, and those that wait.',
      type: 'gauge',
      samples: byLabel('state', { working: counters.inFlight, waiting: counters.queued }),
    },
  ];
}

/** The text of /metrics. A source that fails leaves its own families out; the rest is still there. */
export function createMetrics(sources: MetricsSources): () => Promise<string> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: lagSampleMs });
  const orNull = <T>(promise: Promise<T>): Promise<T | null> => promise.catch(() => null);

  return async () => {
    const [process, radius, causes, heads, sessions] = await Promise.all([
      registry.metrics(),
      orNull(sources.radius()),
      sources.causes(),
      orNull(sources.auditHeads()),
      orNull(sources.sessions()),
    ]);
    const families: Family[] = [
      {
        name: 'gatewarden_info',
        help: 'Version of the program.',
        type: 'gauge',
        samples: [{ labels: { version: sources.version }, value: 1 }],
      },
      {
        name: 'gatewarden_ready',
        help: 'Whether this node answers gateways.',
        type: 'gauge',
        samples: one(causes.length === 0 ? 1 : 0),
      },
      {
        name: 'gatewarden_unready',
        help: 'What keeps this node from answering.',
        type: 'gauge',
        samples: causes.map((cause) => ({ labels: { cause }, value: 1 })),
      },
      ...(radius === null ? [] : radiusFamilies(radius)),
      ...(radius === null ? [] : gatewayHttpFamilies(sources.gatewayHttp(), radius.latencyBounds)),
      {
        name: 'gatewarden_cut_attempts_total',
        help: 'Attempts of this node to have a gateway end a session, by what came of them.',
        type: 'counter',
        samples: byLabel('result', sources.cutAttempts()),
      },
      {
        name: 'gatewarden_sessions',
        help: 'Sessions that may be up, by state.',
        type: 'gauge',
        samples: byLabel('state', sessions?.open ?? {}),
      },
      {
        name: 'gatewarden_cuts',
        help: 'Orders to end a session that are not confirmed, by state.',
        type: 'gauge',
        samples: byLabel('state', sessions?.cuts ?? {}),
      },
      {
        name: 'gatewarden_audit_head',
        help: 'Number of the last record of each open chain of the audit log.',
        type: 'gauge',
        samples: (heads ?? []).map(({ chain, seq }) => ({ labels: { chain }, value: seq })),
      },
    ];
    return `${families.map(render).join('\n')}\n${process}`;
  };
}
