// VPN sessions, orders to end them, and challenges that were answered.
import { sql } from 'drizzle-orm';
import type { Kit } from '../columns.sqlite.ts';
import type { accountsTables } from './accounts.ts';
import { oneOf } from './checks.ts';
import type { gatewaysTables } from './gateways.ts';
import type { workstationsTables } from './workstations.ts';

const endCauses = ['stopped', 'gateway-restarted', 'never-started', 'no-news', 'given-way', 'cut'] as const;
const cutStates = [
  'ordered',
  'acknowledged',
  'confirmed',
  'unconfirmed',
  'impossible',
  'not-started',
] as const;

export function sessionsTables(
  kit: Kit,
  { accounts }: ReturnType<typeof accountsTables>,
  { workstations }: ReturnType<typeof workstationsTables>,
  { gateways }: ReturnType<typeof gatewaysTables>,
) {
  const sessions = kit.table(
    'sessions',
    {
      id: kit.id(),
      accountId: kit
        .integer('account_id')
        .notNull()
        .references(() => accounts.id),
      gatewayId: kit
        .integer('gateway_id')
        .notNull()
        .references(() => gateways.id),
      workstationId: kit.integer('workstation_id').references(() => workstations.id),
      /** The key identifier by which the workstation was proven; null: by no key. When it falls away, so does the session. */
      provenBy: kit.text('proven_by'),
      station: kit.text('station').notNull(),
      state: kit.choice('state', ['pending', 'live', 'ended']).notNull(),
      startedAt: kit.instant('started_at').notNull(),
      until: kit.instant('until').notNull(),
      endedAt: kit.instant('ended_at'),
      /** Why it ended (core/session.ts); null while it is open. */
      endCause: kit.choice('end_cause', [...endCauses]),
      acctSessionId: kit.text('acct_session_id'),
      /** The Class of the Accept; null for a session that no Accept of ours began. */
      reference: kit.text('reference'),
      /** Past this instant it counts as ended unless accounting says otherwise; null: at `until`. */
      openUntil: kit.instant('open_until'),
      /** When to look again whether it may go on; 0: something changed that it rests on. */
      judgeAt: kit.instant('judge_at').notNull().default(0),
      /** When its Accounting-Start (or the first news of it) happened. */
      liveAt: kit.instant('live_at'),
      lastSeenAt: kit.instant('last_seen_at'),
      framedIpAddress: kit.text('framed_ip_address'),
      octetsIn: kit.integer('octets_in'),
      octetsOut: kit.integer('octets_out'),
      /** Acct-Terminate-Cause. */
      terminateCause: kit.integer('terminate_cause'),
      /** JSON: what the gateway knows it by, attribute to value (wire/radius/profile/disconnect.ts). */
      identification: kit.text('identification'),
      /** Of this row; every change is compare-and-set on it. */
      revision: kit.integer('revision').notNull().default(0),
    },
    (t) => [
      kit.index('sessions_open_account_index').on(t.accountId).where(sql.raw(`"state" <> 'ended'`)),
      kit.index('sessions_open_lapse_index').on(t.openUntil).where(sql.raw(`"state" <> 'ended'`)),
      kit.index('sessions_open_judge_index').on(t.judgeAt).where(sql.raw(`"state" <> 'ended'`)),
      kit.index('sessions_gateway_index').on(t.gatewayId, t.acctSessionId),
      kit.uniqueIndex('sessions_reference_unique').on(t.reference),
      oneOf(kit, 'sessions', 'state', ['pending', 'live', 'ended']),
    ],
  );

  // Orders to end a session, and what came of them.
  const cuts = kit.table(
    'cuts',
    {
      id: kit.id(),
      sessionId: kit
        .integer('session_id')
        .notNull()
        .references(() => sessions.id),
      /** Why, in the closed words of core/reasons.ts, or `administrator`. */
      reason: kit.text('reason').notNull(),
      state: kit.choice('state', [...cutStates]).notNull(),
      orderedAt: kit.instant('ordered_at').notNull(),
      /** When it is tried next; while somebody tries, until when that is left to them. */
      dueAt: kit.instant('due_at').notNull(),
      attempts: kit.integer('attempts').notNull().default(0),
      acknowledgedAt: kit.instant('acknowledged_at'),
      settledAt: kit.instant('settled_at'),
      lastError: kit.text('last_error'),
    },
    (t) => [
      kit.uniqueIndex('cuts_open_session_unique').on(t.sessionId).where(sql.raw('"settled_at" is null')),
      kit.index('cuts_due_index').on(t.dueAt).where(sql.raw('"settled_at" is null')),
      oneOf(kit, 'cuts', 'state', cutStates),
    ],
  );

  const challengeClaims = kit.table(
    'challenge_claims',
    {
      challengeId: kit.text('challenge_id').primaryKey(),
      expiresAt: kit.instant('expires_at').notNull(),
    },
    (t) => [kit.index('challenge_claims_expires_index').on(t.expiresAt)],
  );

  return { sessions, cuts, challengeClaims };
}
