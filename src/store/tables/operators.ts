// The console: operators, their roles and passkeys; sessions of both web sites; tokens and links (hashed).
import { roles } from '../../core/permissions.ts';
import type { Kit } from '../columns.sqlite.ts';
import type { accountsTables } from './accounts.ts';
import { holds, oneOf } from './checks.ts';
import type { gatewaysTables } from './gateways.ts';
import type { lifecycleTables } from './lifecycle.ts';
import type { organisationTables } from './organisation.ts';

const operatorOrderKinds = ['create', 'grant-role', 'renew-link'] as const;
const operatorOrderStates = ['open', 'done', 'rejected', 'cancelled'] as const;

export function operatorsTables(
  kit: Kit,
  { units, people }: ReturnType<typeof organisationTables>,
  { lifecycleSources }: ReturnType<typeof lifecycleTables>,
  { accounts }: ReturnType<typeof accountsTables>,
  { gateways }: ReturnType<typeof gatewaysTables>,
) {
  const operators = kit.table(
    'operators',
    {
      id: kit.id(),
      personId: kit
        .integer('person_id')
        .notNull()
        .references(() => people.id),
      /** Canonical (core/user-name.ts). */
      signInName: kit.text('sign_in_name').notNull(),
      state: kit.choice('state', ['active', 'ended']).notNull(),
      passwordPhc: kit.text('password_phc'),
      sealedSeed: kit.bytes('sealed_seed'),
      /** The last time step claimed; -1: none. */
      lastStep: kit.integer('last_step').notNull().default(-1),
      /** Issuer, `#`, `sub`: who this is at the organisation's identity provider. */
      oidcSubject: kit.text('oidc_subject'),
      revision: kit.integer('revision').notNull().default(1),
      createdAt: kit.instant('created_at').notNull(),
      endedAt: kit.instant('ended_at'),
    },
    (t) => [
      kit.uniqueIndex('operators_person_unique').on(t.personId),
      kit.uniqueIndex('operators_sign_in_name_unique').on(t.signInName),
      kit.uniqueIndex('operators_oidc_subject_unique').on(t.oidcSubject),
      oneOf(kit, 'operators', 'state', ['active', 'ended']),
    ],
  );

  const operatorRoles = kit.table(
    'operator_roles',
    {
      id: kit.id(),
      operatorId: kit
        .integer('operator_id')
        .notNull()
        .references(() => operators.id),
      role: kit.choice('role', roles).notNull(),
      /** Null: the whole organisation. */
      unitId: kit.integer('unit_id').references(() => units.id),
      validFrom: kit.instant('valid_from').notNull(),
      validUntil: kit.instant('valid_until'),
      /** Holds the head's role without being appointed head. */
      acting: kit.boolean('acting').notNull().default(false),
      /** Whose role it is, when it is held by delegation. */
      delegatedByPersonId: kit.integer('delegated_by_person_id').references(() => people.id),
      documentNumber: kit.text('document_number'),
      createdAt: kit.instant('created_at').notNull(),
      revokedAt: kit.instant('revoked_at'),
    },
    (t) => [
      kit.index('operator_roles_operator_index').on(t.operatorId),
      kit.index('operator_roles_unit_index').on(t.unitId),
      oneOf(kit, 'operator_roles', 'role', roles),
      holds(kit, 'operator_roles_term_check', '"valid_until" is null or "valid_until" > "valid_from"'),
    ],
  );

  const operatorCounters = kit.table(
    'operator_counters',
    {
      operatorId: kit
        .integer('operator_id')
        .notNull()
        .references(() => operators.id),
      scope: kit.text('scope').notNull(),
      failures: kit.integer('failures').notNull(),
      lastFailureAt: kit.instant('last_failure_at').notNull(),
      lockedUntil: kit.instant('locked_until').notNull(),
    },
    (t) => [kit.primaryKey({ columns: [t.operatorId, t.scope] })],
  );

  // What one administrator asks for and another has to approve: operators made, given a role, given a new link.
  const operatorOrders = kit.table(
    'operator_orders',
    {
      id: kit.id(),
      kind: kit.choice('kind', [...operatorOrderKinds]).notNull(),
      state: kit.choice('state', [...operatorOrderStates]).notNull(),
      /** Whom it is about; null: an operator that is to be made. */
      operatorId: kit.integer('operator_id').references(() => operators.id),
      /** JSON: the order as it was given (services/operators/orders.ts). */
      terms: kit.text('terms').notNull(),
      reason: kit.text('reason').notNull(),
      /** Keyed hash of the code that whoever asks holds, where it makes a link. */
      codeHash: kit.text('code_hash'),
      filedAt: kit.instant('filed_at').notNull(),
      filedBy: kit.text('filed_by').notNull(),
      filedByOperatorId: kit
        .integer('filed_by_operator_id')
        .notNull()
        .references(() => operators.id),
      expiresAt: kit.instant('expires_at').notNull(),
      decidedAt: kit.instant('decided_at'),
      decidedBy: kit.text('decided_by'),
      decidedByOperatorId: kit.integer('decided_by_operator_id').references(() => operators.id),
      decisionReason: kit.text('decision_reason'),
    },
    (t) => [
      kit.index('operator_orders_state_index').on(t.state, t.id),
      kit.index('operator_orders_operator_index').on(t.operatorId),
      oneOf(kit, 'operator_orders', 'kind', operatorOrderKinds),
      oneOf(kit, 'operator_orders', 'state', operatorOrderStates),
    ],
  );

  const passkeys = kit.table(
    'passkeys',
    {
      /** The credential's id, base64url. */
      id: kit.text('id').primaryKey(),
      operatorId: kit
        .integer('operator_id')
        .notNull()
        .references(() => operators.id),
      name: kit.text('name').notNull(),
      publicKey: kit.bytes('public_key').notNull(),
      counter: kit.integer('counter').notNull(),
      transports: kit.text('transports').notNull(),
      createdAt: kit.instant('created_at').notNull(),
      lastUsedAt: kit.instant('last_used_at'),
    },
    (t) => [kit.index('passkeys_operator_index').on(t.operatorId)],
  );

  const oneTimeLinks = kit.table(
    'one_time_links',
    {
      id: kit.id(),
      tokenHash: kit.bytes('token_hash').notNull(),
      purpose: kit.choice('purpose', ['first-operator', 'operator']).notNull(),
      operatorId: kit.integer('operator_id').references(() => operators.id),
      /** Who made it, as the record names them, and the operator behind it (null: the command line). */
      createdBy: kit.text('created_by').notNull().default(''),
      createdByOperatorId: kit.integer('created_by_operator_id').references(() => operators.id),
      /** Who let it be made, where it took two. */
      approvedByOperatorId: kit.integer('approved_by_operator_id').references(() => operators.id),
      /** Keyed hash of a code that the other of the two holds; null: there is none. */
      codeHash: kit.text('code_hash'),
      /** Wrong second facts so far. */
      wrongFacts: kit.integer('wrong_facts').notNull().default(0),
      /** Where it was used from; null: it was not used, or made void. */
      redeemedFrom: kit.text('redeemed_from'),
      /** Whether it took the place of a password and an authenticator. */
      replacedCredentials: kit.boolean('replaced_credentials').notNull().default(false),
      createdAt: kit.instant('created_at').notNull(),
      expiresAt: kit.instant('expires_at').notNull(),
      usedAt: kit.instant('used_at'),
    },
    (t) => [
      kit.uniqueIndex('one_time_links_token_unique').on(t.tokenHash),
      kit.index('one_time_links_operator_index').on(t.operatorId),
      oneOf(kit, 'one_time_links', 'purpose', ['first-operator', 'operator']),
    ],
  );

  const webSessions = kit.table(
    'web_sessions',
    {
      id: kit.id(),
      /** SHA-256 of the token in the cookie. */
      tokenHash: kit.bytes('token_hash').notNull(),
      site: kit.choice('site', ['console', 'portal']).notNull(),
      operatorId: kit.integer('operator_id').references(() => operators.id),
      accountId: kit.integer('account_id').references(() => accounts.id),
      method: kit.text('method').notNull(),
      address: kit.text('address').notNull(),
      userAgent: kit.text('user_agent').notNull(),
      createdAt: kit.instant('created_at').notNull(),
      lastSeenAt: kit.instant('last_seen_at').notNull(),
      expiresAt: kit.instant('expires_at').notNull(),
      /** When the holder last proved who it is. */
      provedAt: kit.instant('proved_at').notNull(),
      endedAt: kit.instant('ended_at'),
    },
    (t) => [
      kit.uniqueIndex('web_sessions_token_unique').on(t.tokenHash),
      kit.index('web_sessions_operator_index').on(t.operatorId),
      kit.index('web_sessions_account_index').on(t.accountId),
      kit.index('web_sessions_expires_index').on(t.expiresAt),
      oneOf(kit, 'web_sessions', 'site', ['console', 'portal']),
      holds(kit, 'web_sessions_subject_check', '("operator_id" is null) <> ("account_id" is null)'),
    ],
  );

  const apiTokens = kit.table(
    'api_tokens',
    {
      id: kit.id(),
      name: kit.text('name').notNull(),
      tokenHash: kit.bytes('token_hash').notNull(),
      /** JSON list: permissions of the API, or `scim`, `decisions`. */
      scopes: kit.text('scopes').notNull(),
      /** Null: the whole organisation. */
      unitId: kit.integer('unit_id').references(() => units.id),
      sourceName: kit.text('source_name').references(() => lifecycleSources.name),
      gatewayId: kit.integer('gateway_id').references(() => gateways.id),
      createdBy: kit.integer('created_by').references(() => operators.id),
      createdAt: kit.instant('created_at').notNull(),
      expiresAt: kit.instant('expires_at').notNull(),
      lastUsedAt: kit.instant('last_used_at'),
      revokedAt: kit.instant('revoked_at'),
    },
    (t) => [
      kit.uniqueIndex('api_tokens_token_unique').on(t.tokenHash),
      kit.index('api_tokens_source_index').on(t.sourceName),
      kit.index('api_tokens_gateway_index').on(t.gatewayId),
    ],
  );

  const savedViews = kit.table(
    'saved_views',
    {
      id: kit.id(),
      operatorId: kit
        .integer('operator_id')
        .notNull()
        .references(() => operators.id),
      page: kit.text('page').notNull(),
      name: kit.text('name').notNull(),
      query: kit.text('query').notNull(),
      createdAt: kit.instant('created_at').notNull(),
    },
    (t) => [kit.uniqueIndex('saved_views_name_unique').on(t.operatorId, t.page, t.name)],
  );

  return {
    operators,
    operatorRoles,
    operatorCounters,
    operatorOrders,
    passkeys,
    oneTimeLinks,
    webSessions,
    apiTokens,
    savedViews,
  };
}
