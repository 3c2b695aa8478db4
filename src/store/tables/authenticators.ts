// Authenticators, hardware tokens in stock, and what lets a holder enrol: slips, tickets, recovery codes.
import { sql } from 'drizzle-orm';
import type { Kit } from '../columns.sqlite.ts';
import type { accountsTables } from './accounts.ts';
import { holds, oneOf } from './checks.ts';
import type { organisationTables } from './organisation.ts';

const ticketKinds = ['activation', 'recovery', 'request'] as const;
const tokenModes = ['totp', 'hotp'] as const;
const tokenStates = ['stock', 'assigned', 'lost', 'retired'] as const;

export function authenticatorsTables(
  kit: Kit,
  { units }: ReturnType<typeof organisationTables>,
  { accounts }: ReturnType<typeof accountsTables>,
) {
  const authenticators = kit.table(
    'authenticators',
    {
      id: kit.id(),
      accountId: kit
        .integer('account_id')
        .notNull()
        .references(() => accounts.id),
      kind: kit.choice('kind', ['app', 'token']).notNull(),
      serialNumber: kit.text('serial_number'),
      state: kit.choice('state', ['pending', 'active', 'revoked']).notNull(),
      algorithm: kit.choice('algorithm', ['SHA1', 'SHA256', 'SHA512']).notNull(),
      digits: kit.integer('digits').notNull().$type<6 | 8>(),
      periodSeconds: kit.integer('period_seconds').notNull().$type<30 | 60>(),
      sealedSeed: kit.bytes('sealed_seed').notNull(),
      /** `hotp`: counter-based; the period says nothing then. */
      mode: kit
        .choice('mode', [...tokenModes])
        .notNull()
        .default('totp'),
      /** The last time step or counter claimed; -1: none. */
      lastStep: kit.integer('last_step').notNull().default(-1),
      driftSteps: kit.integer('drift_steps').notNull().default(0),
      /** When it was known for sure which codes are used: at hand-over or synchronisation. */
      syncedAt: kit.instant('synced_at'),
      lastClaimNode: kit.text('last_claim_node'),
      lastClaimGatewayId: kit.integer('last_claim_gateway_id'),
      lastClaimStation: kit.text('last_claim_station'),
      lastClaimAt: kit.instant('last_claim_at'),
      createdAt: kit.instant('created_at').notNull(),
    },
    (t) => [
      kit
        .uniqueIndex('authenticators_serial_number_unique')
        .on(t.serialNumber)
        .where(sql.raw(`"state" <> 'revoked'`)),
      kit.index('authenticators_account_index').on(t.accountId),
      oneOf(kit, 'authenticators', 'kind', ['app', 'token']),
      oneOf(kit, 'authenticators', 'state', ['pending', 'active', 'revoked']),
      oneOf(kit, 'authenticators', 'algorithm', ['SHA1', 'SHA256', 'SHA512']),
      oneOf(kit, 'authenticators', 'digits', [6, 8]),
      oneOf(kit, 'authenticators', 'period_seconds', [30, 60]),
    ],
  );

  /** Hardware tokens in stock and handed out; one that is handed out is an authenticator of its account, too. */
  const tokens = kit.table(
    'tokens',
    {
      id: kit.id(),
      serialNumber: kit.text('serial_number').notNull(),
      model: kit.text('model'),
      state: kit.choice('state', tokenStates).notNull(),
      algorithm: kit.choice('algorithm', ['SHA1', 'SHA256', 'SHA512']).notNull(),
      digits: kit.integer('digits').notNull().$type<6 | 8>(),
      periodSeconds: kit.integer('period_seconds').notNull().$type<30 | 60>(),
      mode: kit
        .choice('mode', [...tokenModes])
        .notNull()
        .default('totp'),
      sealedSeed: kit.bytes('sealed_seed').notNull(),
      /** The last time step or counter that may have been used while it was nobody's; -1: none. */
      lastStep: kit.integer('last_step').notNull().default(-1),
      driftSteps: kit.integer('drift_steps').notNull().default(0),
      unitId: kit.integer('unit_id').references(() => units.id),
      importedAt: kit.instant('imported_at').notNull(),
      accountId: kit.integer('account_id').references(() => accounts.id),
      handedOverAt: kit.instant('handed_over_at'),
      handedOverBy: kit.text('handed_over_by'),
      /** Raised by every change. */
      revision: kit.integer('revision').notNull().default(1),
    },
    (t) => [
      kit.index('tokens_unit_index').on(t.unitId, t.serialNumber),
      kit.uniqueIndex('tokens_serial_number_unique').on(t.serialNumber),
      kit.index('tokens_account_index').on(t.accountId),
      oneOf(kit, 'tokens', 'state', tokenStates),
      oneOf(kit, 'tokens', 'algorithm', ['SHA1', 'SHA256', 'SHA512']),
      oneOf(kit, 'tokens', 'digits', [6, 8]),
      oneOf(kit, 'tokens', 'period_seconds', [30, 60]),
      holds(kit, 'tokens_assigned_check', `("state" = 'assigned') = ("account_id" is not null)`),
    ],
  );

  const activationCodes = kit.table(
    'activation_codes',
    {
      id: kit.id(),
      accountId: kit
        .integer('account_id')
        .notNull()
        .references(() => accounts.id),
      /** Keyed hash; the code itself is on paper only. */
      codeHash: kit.text('code_hash').notNull(),
      printedAt: kit.instant('printed_at').notNull(),
      printedBy: kit.text('printed_by').notNull(),
      expiresAt: kit.instant('expires_at').notNull(),
      handedOverAt: kit.instant('handed_over_at'),
      handedOverBy: kit.text('handed_over_by'),
      /** Who signed for it, when it was not the holder. */
      receivedBy: kit.text('received_by'),
      usedAt: kit.instant('used_at'),
      voidedAt: kit.instant('voided_at'),
      voidCause: kit.choice('void_cause', ['reprinted', 'guessed', 'withdrawn']),
      /** Wrong second facts; at a bound the code is void. */
      wrongFacts: kit.integer('wrong_facts').notNull().default(0),
    },
    (t) => [
      kit.uniqueIndex('activation_codes_hash_unique').on(t.codeHash),
      kit
        .uniqueIndex('activation_codes_open_unique')
        .on(t.accountId)
        .where(sql.raw('"used_at" is null and "voided_at" is null')),
      kit.index('activation_codes_account_index').on(t.accountId, t.printedAt),
      oneOf(kit, 'activation_codes', 'void_cause', ['reprinted', 'guessed', 'withdrawn']),
    ],
  );

  /** What lets a holder enrol an authenticator: opened by a slip, a recovery code or an approved request. */
  const enrollmentTickets = kit.table(
    'enrollment_tickets',
    {
      id: kit.id(),
      accountId: kit
        .integer('account_id')
        .notNull()
        .references(() => accounts.id),
      kind: kit.choice('kind', ticketKinds).notNull(),
      /** The slip, recovery code or request that it stands on. */
      sourceId: kit.integer('source_id').notNull(),
      ticketHash: kit.text('ticket_hash').notNull(),
      openedAt: kit.instant('opened_at').notNull(),
      expiresAt: kit.instant('expires_at').notNull(),
      usedAt: kit.instant('used_at'),
    },
    (t) => [
      kit.uniqueIndex('enrollment_tickets_hash_unique').on(t.ticketHash),
      kit.uniqueIndex('enrollment_tickets_source_unique').on(t.kind, t.sourceId),
      kit.index('enrollment_tickets_account_index').on(t.accountId),
      oneOf(kit, 'enrollment_tickets', 'kind', ticketKinds),
    ],
  );

  const recoveryCodes = kit.table(
    'recovery_codes',
    {
      id: kit.id(),
      accountId: kit
        .integer('account_id')
        .notNull()
        .references(() => accounts.id),
      codeHash: kit.text('code_hash').notNull(),
      createdAt: kit.instant('created_at').notNull(),
      usedAt: kit.instant('used_at'),
    },
    (t) => [kit.uniqueIndex('recovery_codes_hash_unique').on(t.accountId, t.codeHash)],
  );

  return { authenticators, tokens, activationCodes, enrollmentTickets, recoveryCodes };
}
