// Answers of /healthz and /readyz, and the console's view of the installation's health.
import { type Static, Type } from 'typebox';
import { instant, nullable } from './common.ts';

export const aliveSchema = Type.Object({ status: Type.Literal('alive') });

export const readySchema = Type.Object({
  status: Type.Enum(['ready', 'unready']),
  causes: Type.Array(
    Type.Enum([
      'starting',
      'stopping',
      'store-unavailable',
      'writer-stopped',
      'keys-closed',
      'clock-unstable',
      'sockets-unbound',
    ]),
    { description: 'what keeps this node from answering; empty when ready' },
  ),
});

const findingSchema = Type.Object({
  check: Type.String({ description: 'stable name of the check' }),
  state: Type.Enum(['ok', 'warn', 'fault']),
  what: Type.String({ description: 'in the reader’s language' }),
  why: nullable(Type.String()),
  remedy: nullable(Type.String()),
});

export const doctorSchema = Type.Object({
  at: instant('when it was looked at'),
  broker: Type.Array(findingSchema),
  gateways: Type.Array(Type.Object({ name: Type.String(), findings: Type.Array(findingSchema) }), {
    description:
      'by what was seen of each; the order to end sessions is proven by `gatewarden doctor GATEWAY` alone',
  }),
  gatewaysLeftOut: Type.Integer({ description: 'how many more there are than one run looks at' }),
});
export type DoctorReport = Static<typeof doctorSchema>;

export const healthSchema = Type.Object({
  at: instant('when it was looked at'),
  causes: Type.Array(Type.String(), {
    description: 'what keeps this node from answering; empty: it answers',
  }),
  store: Type.Object({
    dialect: Type.Enum(['sqlite', 'postgresql']),
    readMs: Type.Integer({ description: 'how long it took to read this' }),
  }),
  nodes: Type.Array(Type.Object({ node: Type.String(), startedAt: instant('last start') }), {
    description: 'every node that has ever written a record, the last started first',
  }),
  jobs: Type.Array(
    Type.Object({
      name: Type.String(),
      holder: Type.String({ description: 'the process that does it' }),
      until: instant('until then it is its alone'),
      isHeld: Type.Boolean(),
    }),
  ),
  messages: Type.Object({
    waiting: Type.Integer({ description: 'alerts, notices and checkpoints not delivered yet' }),
    oldestAt: nullable(instant('of the longest waiting')),
    attempts: Type.Integer({ description: 'most attempts that one has taken' }),
  }),
  checkpointAt: nullable(instant('last signed checkpoint of the audit log')),
  backupAt: nullable(instant('last "gatewarden backup"; null: never, or the store is PostgreSQL')),
  disk: nullable(
    Type.Object({
      freeBytes: Type.Number({ description: 'of the data directory' }),
      sizeBytes: Type.Number(),
    }),
  ),
  tokens: Type.Array(
    Type.Object({
      id: Type.Integer(),
      name: Type.String(),
      expiresAt: instant('end'),
      lastUsedAt: nullable(instant('last used; null: never')),
    }),
    { description: 'tokens of programs and gateways in force that end within 30 days, the next first' },
  ),
  certificates: Type.Array(
    Type.Object({
      name: Type.String({ description: 'section of the configuration' }),
      subject: nullable(Type.String()),
      validUntil: nullable(instant('end; null: it cannot be read')),
    }),
  ),
});
export type HealthReport = Static<typeof healthSchema>;
