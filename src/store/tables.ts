// All tables, defined once for both dialects. Instants are epoch milliseconds, JSON is text, ids are integers.
import { sql } from 'drizzle-orm';
import type { AnySQLiteColumn, BaseSQLiteDatabase } from 'drizzle-orm/sqlite-core';
import { roles } from '../core/permissions.ts';
import type { Kit } from './columns.sqlite.ts';

const employmentKinds = [
  'hired',
  'returned',
  'leave',
  'ended',
  'moved',
  'duties-changed',
  'suspended',
  'reinstated',
] as const;
const endCauses = ['stopped', 'gateway-restarted', 'never-started', 'no-news', 'given-way', 'cut'] as const;
const cutStates = [
  'ordered',
  'acknowledged',
  'confirmed',
  'unconfirmed',
  'impossible',
  'not-started',
] as const;
const lifecycleKinds = [
  'hired',
  'returned',
  'leave',
  'ended',
  'moved',
  'seconded',
  'secondment-ended',
  'duties-changed',
  'extended',
  'suspended',
  'reinstated',
  'head-appointed',
  'head-acting',
  'head-relieved',
] as const;
const unitEventKinds = ['merged', 'split', 'renamed', 'dissolved'] as const;
const sourceKinds = ['file', 'scim', 'directory'] as const;
/** `checked`: on trial, nothing was recorded. */
const feedFileStates = ['done', 'refused', 'checked'] as const;
const lifecycleStates = ['held', 'scheduled', 'applied', 'rejected', 'undone'] as const;
const keyOrigins = ['agent', 'issued', 'organisation', 'pinned'] as const;
const keyStorages = ['pkcs11', 'tpm', 'file', 'unknown'] as const;
const keyStates = ['pending', 'active', 'refused', 'revoked'] as const;
const deviceTicketKinds = ['proof', 'login'] as const;
const suspensions = ['by-unit', 'by-centre', 'by-holder', 'case', 'leak', 'review', 'dormant'] as const;

const requestKinds = [
  'extension',
  'workstation-register',
  'workstation-replace',
  'workstation-temporary',
  'unlock',
  'new-authenticator',
  'reset-authenticator',
] as const;
const requestStates = ['open', 'returned', 'approved', 'rejected', 'cancelled', 'expired', 'done'] as const;
const ticketKinds = ['activation', 'recovery', 'request'] as const;
const operatorOrderKinds = ['create', 'grant-role', 'renew-link'] as const;
const operatorOrderStates = ['open', 'done', 'rejected', 'cancelled'] as const;
const tokenModes = ['totp', 'hotp'] as const;
const tokenStates = ['stock', 'assigned', 'lost', 'retired'] as const;

/** Builds the tables with a dialect's column kit; names in SQL are the keys in snake case. */
export function defineTables(kit: Kit) {
  /** CHECK that a column, if not null, holds one of a closed list. */
  const oneOf = (table: string, column: string, values: readonly (string | number)[]) => {
    const list = values.map((value) => (typeof value === 'number' ? value : `'${value}'`)).join(', ');
    return kit.check(`${table}_${column}_check`, sql.raw(`"${column}" in (${list})`));
  };
  const holds = (name: string, condition: string) => kit.check(name, sql.raw(condition));

  const units = kit.table(
    'units',
    {
      id: kit.id(),
      code: kit.text('code').notNull(),
      name: kit.text('name').notNull(),
      nameSearchKey: kit.text('name_search_key').notNull(),
      parentId: kit.integer('parent_id').references((): AnySQLiteColumn => units.id),
      /** Ids from the root to this unit: `/1/7/`. Kept by queries/units.ts alone. */
      path: kit.text('path').notNull().default(''),
      kind: kit.text('kind'),
      /** When it was merged into another or dissolved; null: it is there. */
      closedAt: kit.instant('closed_at'),
    },
    (t) => [
      kit.uniqueIndex('units_code_unique').on(t.code),
      kit.index('units_path_index').on(t.path),
      kit.index('units_parent_index').on(t.parentId),
      kit.index('units_name_search_index').on(t.nameSearchKey),
    ],
  );

  const people = kit.table(
    'people',
    {
      id: kit.id(),
      staffCode: kit.text('staff_code').notNull(),
      fullName: kit.text('full_name').notNull(),
      givenName: kit.text('given_name'),
      nameSearchKey: kit.text('name_search_key').notNull(),
      nameSortKey: kit.text('name_sort_key').notNull(),
      kind: kit.choice('kind', ['civil-servant', 'public-employee', 'worker', 'external']).notNull(),
      position: kit.text('position'),
      unitId: kit
        .integer('unit_id')
        .notNull()
        .references(() => units.id),
      createdAt: kit.instant('created_at').notNull(),
    },
    (t) => [
      kit.uniqueIndex('people_staff_code_unique').on(t.staffCode),
      kit.index('people_name_sort_index').on(t.nameSortKey, t.id),
      kit.index('people_unit_index').on(t.unitId, t.nameSortKey),
      oneOf('people', 'kind', ['civil-servant', 'public-employee', 'worker', 'external']),
    ],
  );

  // Names as they are looked for: one row for each word, from that word on and round to it (queries/name-words.ts).
  const nameWords = kit.table(
    'name_words',
    {
      rotation: kit.text('rotation').notNull(),
      /** Of `people`; no foreign key, for which every person who is deleted would be looked for in all rows. */
      personId: kit.integer('person_id').notNull(),
    },
    (t) => [kit.primaryKey({ columns: [t.rotation, t.personId] })],
  );

  const employmentEvents = kit.table(
    'employment_events',
    {
      id: kit.id(),
      personId: kit
        .integer('person_id')
        .notNull()
        .references(() => people.id),
      kind: kit.choice('kind', employmentKinds).notNull(),
      detail: kit.text('detail'),
      effectiveAt: kit.instant('effective_at').notNull(),
      endsAt: kit.instant('ends_at'),
      documentNumber: kit.text('document_number'),
      unitId: kit.integer('unit_id').references(() => units.id),
      source: kit.text('source').notNull(),
      sourceKey: kit.text('source_key').notNull(),
      recordedAt: kit.instant('recorded_at').notNull(),
    },
    (t) => [
      kit.uniqueIndex('employment_events_source_unique').on(t.source, t.sourceKey),
      // Covers what the hot query reads (facts.ts); so do those of workstation_identifiers and account_workstations.
      kit.index('employment_events_person_index').on(t.personId, t.effectiveAt, t.kind, t.detail, t.endsAt),
      kit.index('employment_events_effective_index').on(t.effectiveAt),
      oneOf('employment_events', 'kind', employmentKinds),
    ],
  );

  const lifecycleSources = kit.table(
    'lifecycle_sources',
    {
      name: kit.text('name').primaryKey(),
      kind: kit.choice('kind', sourceKinds).notNull(),
      /** The brake: so many accounts, or this share of all (hundredths of a per cent), whichever is more. */
      brakeCount: kit.integer('brake_count').notNull(),
      brakeShare: kit.integer('brake_share').notNull(),
      createdAt: kit.instant('created_at').notNull(),
      lastRunAt: kit.instant('last_run_at'),
    },
    () => [oneOf('lifecycle_sources', 'kind', sourceKinds)],
  );

  // What feeds say of people and units as they are now: SCIM resources and entries of directories.
  const feeds = kit.table('feeds', {
    source: kit.text('source').primaryKey(),
    /** How people and units are found (services/feeds/settings.ts), as JSON. */
    settings: kit.text('settings').notNull(),
    lastSuccessAt: kit.instant('last_success_at'),
    /** Since when it can't be read, and why; null: it could be the last time. */
    faultSince: kit.instant('fault_since'),
    fault: kit.text('fault'),
  });

  const feedFiles = kit.table(
    'feed_files',
    {
      id: kit.id(),
      source: kit.text('source').notNull(),
      name: kit.text('name').notNull(),
      /** Of the content, in hexadecimal digits. */
      sha256: kit.text('sha256').notNull(),
      state: kit.choice('state', feedFileStates).notNull(),
      rows: kit.integer('rows').notNull(),
      applied: kit.integer('applied').notNull(),
      scheduled: kit.integer('scheduled').notNull(),
      held: kit.integer('held').notNull(),
      same: kit.integer('same').notNull(),
      rejected: kit.integer('rejected').notNull(),
      /** Why it could not be read at all; null: it could. */
      fault: kit.text('fault'),
      at: kit.instant('at').notNull(),
    },
    (t) => [
      kit.index('feed_files_source_index').on(t.source, t.id),
      kit.index('feed_files_content_index').on(t.source, t.sha256),
      oneOf('feed_files', 'state', feedFileStates),
    ],
  );

  const feedUsers = kit.table(
    'feed_users',
    {
      id: kit.id(),
      source: kit.text('source').notNull(),
      /** The resource's id in its source. */
      resourceId: kit.text('resource_id').notNull(),
      userName: kit.text('user_name').notNull(),
      /** Lower case: unique in its source. */
      userNameKey: kit.text('user_name_key').notNull(),
      externalId: kit.text('external_id'),
      /** Null: nobody here yet. */
      personId: kit.integer('person_id').references(() => people.id),
      /** The attributes as told, as JSON. */
      document: kit.text('document').notNull(),
      version: kit.integer('version').notNull(),
      /** Counts changes of employment: the keys of its events. */
      stateVersion: kit.integer('state_version').notNull(),
      createdAt: kit.instant('created_at').notNull(),
      updatedAt: kit.instant('updated_at').notNull(),
    },
    (t) => [
      kit.uniqueIndex('feed_users_resource_unique').on(t.source, t.resourceId),
      kit.uniqueIndex('feed_users_name_unique').on(t.source, t.userNameKey),
      kit.uniqueIndex('feed_users_person_unique').on(t.source, t.personId),
      kit.index('feed_users_external_index').on(t.source, t.externalId),
      kit.index('feed_users_person_index').on(t.personId),
    ],
  );

  const feedGroups = kit.table(
    'feed_groups',
    {
      id: kit.id(),
      source: kit.text('source').notNull(),
      resourceId: kit.text('resource_id').notNull(),
      externalId: kit.text('external_id'),
      unitId: kit
        .integer('unit_id')
        .notNull()
        .references(() => units.id),
      /** The attributes as told without the members, as JSON. */
      document: kit.text('document').notNull(),
      version: kit.integer('version').notNull(),
      createdAt: kit.instant('created_at').notNull(),
      updatedAt: kit.instant('updated_at').notNull(),
    },
    (t) => [
      kit.uniqueIndex('feed_groups_resource_unique').on(t.source, t.resourceId),
      kit.uniqueIndex('feed_groups_unit_unique').on(t.source, t.unitId),
      kit.index('feed_groups_unit_index').on(t.unitId),
    ],
  );

  const feedMembers = kit.table(
    'feed_members',
    {
      groupId: kit
        .integer('group_id')
        .notNull()
        .references(() => feedGroups.id),
      userId: kit
        .integer('user_id')
        .notNull()
        .references(() => feedUsers.id),
      joinedAt: kit.instant('joined_at').notNull(),
    },
    (t) => [
      kit.primaryKey({ columns: [t.groupId, t.userId] }),
      kit.index('feed_members_user_index').on(t.userId, t.joinedAt),
    ],
  );

  const lifecycleEvents = kit.table(
    'lifecycle_events',
    {
      id: kit.id(),
      personId: kit
        .integer('person_id')
        .notNull()
        .references(() => people.id),
      kind: kit.choice('kind', lifecycleKinds).notNull(),
      detail: kit.text('detail'),
      effectiveAt: kit.instant('effective_at').notNull(),
      /** Planned end of a leave or secondment; the new end of the term for `extended`. */
      endsAt: kit.instant('ends_at'),
      /** Until then papers given before the event still count. */
      keepUntil: kit.instant('keep_until'),
      unitId: kit.integer('unit_id').references(() => units.id),
      documentNumber: kit.text('document_number'),
      source: kit.text('source').notNull(),
      sourceKey: kit.text('source_key').notNull(),
      state: kit.choice('state', lifecycleStates).notNull(),
      /** When something of it is to be applied next; null: nothing any more. */
      nextDueAt: kit.instant('next_due_at'),
      /** How many accounts it takes access from. */
      withdrawals: kit.integer('withdrawals').notNull(),
      /** On a person's word: the brake does not count it. */
      byPerson: kit.boolean('by_person').notNull(),
      /** What it changed (core/lifecycle.ts), as JSON: what an undo restores. */
      changes: kit.text('changes').notNull(),
      recordedAt: kit.instant('recorded_at').notNull(),
      decidedAt: kit.instant('decided_at'),
      decidedBy: kit.text('decided_by'),
    },
    (t) => [
      kit.uniqueIndex('lifecycle_events_source_unique').on(t.source, t.sourceKey),
      kit.index('lifecycle_events_person_index').on(t.personId, t.effectiveAt),
      kit.index('lifecycle_events_due_index').on(t.nextDueAt).where(sql.raw('"next_due_at" is not null')),
      kit.index('lifecycle_events_held_index').on(t.source, t.id).where(sql.raw(`"state" = 'held'`)),
      kit.index('lifecycle_events_recorded_index').on(t.source, t.recordedAt),
      kit.index('lifecycle_events_effective_index').on(t.source, t.effectiveAt),
      oneOf('lifecycle_events', 'kind', lifecycleKinds),
      oneOf('lifecycle_events', 'state', lifecycleStates),
    ],
  );

  const assignments = kit.table(
    'assignments',
    {
      id: kit.id(),
      documentNumber: kit.text('document_number').notNull(),
      documentDate: kit.instant('document_date').notNull(),
      signatory: kit.text('signatory').notNull(),
      purpose: kit.text('purpose').notNull(),
      dataScope: kit.text('data_scope').notNull(),
      unitId: kit
        .integer('unit_id')
        .notNull()
        .references(() => units.id),
      validFrom: kit.instant('valid_from').notNull(),
      validUntil: kit.instant('valid_until'),
      revision: kit.integer('revision').notNull().default(1),
    },
    (t) => [
      kit.index('assignments_unit_index').on(t.unitId),
      kit.index('assignments_date_index').on(t.documentDate, t.id),
      kit.uniqueIndex('assignments_document_unique').on(t.documentNumber, t.unitId),
      holds('assignments_term_check', '"valid_until" is null or "valid_until" > "valid_from"'),
    ],
  );

  const accounts = kit.table(
    'accounts',
    {
      id: kit.id(),
      /** Canonical (core/user-name.ts). */
      userName: kit.text('user_name').notNull(),
      personId: kit
        .integer('person_id')
        .notNull()
        .references(() => people.id),
      status: kit.choice('status', ['pending', 'active', 'withdrawn']).notNull(),
      suspendedDetail: kit.choice('suspended_detail', suspensions),
      suspendedAt: kit.instant('suspended_at'),
      suspendedBy: kit.text('suspended_by'),
      validFrom: kit.instant('valid_from').notNull(),
      validUntil: kit.instant('valid_until').notNull(),
      passwordPhc: kit.text('password_phc'),
      passwordState: kit
        .choice('password_state', ['usable', 'compromised', 'change-required'])
        .notNull()
        .default('usable'),
      rulesVersionAccepted: kit.integer('rules_version_accepted').notNull().default(0),
      revision: kit.integer('revision').notNull().default(1),
      createdAt: kit.instant('created_at').notNull(),
      updatedAt: kit.instant('updated_at').notNull(),
    },
    (t) => [
      kit.uniqueIndex('accounts_user_name_unique').on(t.userName),
      kit.index('accounts_person_index').on(t.personId),
      kit.index('accounts_valid_until_index').on(t.validUntil),
      // Partial, so that no query takes them but those that say the same (queries/account-search.ts).
      kit.index('accounts_in_use_index').on(t.validUntil).where(sql.raw(`"status" = 'active'`)),
      kit.index('accounts_not_in_use_index').on(t.status).where(sql.raw(`"status" <> 'active'`)),
      kit.index('accounts_valid_from_index').on(t.validFrom),
      kit
        .index('accounts_suspended_index')
        .on(t.suspendedDetail)
        .where(sql.raw('"suspended_detail" is not null')),
      oneOf('accounts', 'status', ['pending', 'active', 'withdrawn']),
      oneOf('accounts', 'suspended_detail', suspensions),
      oneOf('accounts', 'password_state', ['usable', 'compromised', 'change-required']),
      holds('accounts_term_check', '"valid_until" > "valid_from"'),
      holds('accounts_suspension_check', '("suspended_detail" is null) = ("suspended_at" is null)'),
    ],
  );

  const accountAssignments = kit.table(
    'account_assignments',
    {
      accountId: kit
        .integer('account_id')
        .notNull()
        .references(() => accounts.id),
      assignmentId: kit
        .integer('assignment_id')
        .notNull()
        .references(() => assignments.id),
    },
    (t) => [
      kit.primaryKey({ columns: [t.accountId, t.assignmentId] }),
      kit.index('account_assignments_assignment_index').on(t.assignmentId),
    ],
  );

  const workstations = kit.table(
    'workstations',
    {
      id: kit.id(),
      assetTag: kit.text('asset_tag').notNull(),
      name: kit.text('name').notNull(),
      kind: kit.choice('kind', ['personal', 'shared', 'spare']).notNull(),
      state: kit.choice('state', ['active', 'retired', 'lost']).notNull(),
      unitId: kit
        .integer('unit_id')
        .notNull()
        .references(() => units.id),
      keeperPersonId: kit.integer('keeper_person_id').references(() => people.id),
    },
    (t) => [
      kit.uniqueIndex('workstations_asset_tag_unique').on(t.assetTag),
      kit.index('workstations_unit_index').on(t.unitId),
      kit.index('workstations_keeper_index').on(t.keeperPersonId),
      oneOf('workstations', 'kind', ['personal', 'shared', 'spare']),
      oneOf('workstations', 'state', ['active', 'retired', 'lost']),
    ],
  );

  const workstationIdentifiers = kit.table(
    'workstation_identifiers',
    {
      workstationId: kit
        .integer('workstation_id')
        .notNull()
        .references(() => workstations.id),
      /** `type:value` (core/evidence.ts). */
      identifier: kit.text('identifier').notNull(),
    },
    (t) => [
      kit.primaryKey({ columns: [t.workstationId, t.identifier] }),
      kit.index('workstation_identifiers_identifier_index').on(t.identifier, t.workstationId),
    ],
  );

  const accountWorkstations = kit.table(
    'account_workstations',
    {
      accountId: kit
        .integer('account_id')
        .notNull()
        .references(() => accounts.id),
      workstationId: kit
        .integer('workstation_id')
        .notNull()
        .references(() => workstations.id),
      validFrom: kit.instant('valid_from').notNull(),
      validUntil: kit.instant('valid_until'),
      kind: kit.choice('kind', ['permanent', 'temporary']).notNull(),
    },
    (t) => [
      kit.primaryKey({ columns: [t.accountId, t.workstationId, t.validFrom] }),
      kit
        .index('account_workstations_account_index')
        .on(t.accountId, t.workstationId, t.validFrom, t.validUntil),
      kit.index('account_workstations_workstation_index').on(t.workstationId),
      oneOf('account_workstations', 'kind', ['permanent', 'temporary']),
      holds('account_workstations_term_check', '"valid_until" is null or "valid_until" > "valid_from"'),
    ],
  );

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
      oneOf('authenticators', 'kind', ['app', 'token']),
      oneOf('authenticators', 'state', ['pending', 'active', 'revoked']),
      oneOf('authenticators', 'algorithm', ['SHA1', 'SHA256', 'SHA512']),
      oneOf('authenticators', 'digits', [6, 8]),
      oneOf('authenticators', 'period_seconds', [30, 60]),
    ],
  );

  const counters = kit.table(
    'counters',
    {
      accountId: kit
        .integer('account_id')
        .notNull()
        .references(() => accounts.id),
      scope: kit.text('scope').notNull(),
      failures: kit.integer('failures').notNull(),
      lastFailureAt: kit.instant('last_failure_at').notNull(),
      lockedUntil: kit.instant('locked_until').notNull(),
    },
    (t) => [
      kit.primaryKey({ columns: [t.accountId, t.scope] }),
      kit.index('counters_locked_index').on(t.lockedUntil).where(sql.raw('"locked_until" > 0')),
    ],
  );

  const radiusClients = kit.table(
    'radius_clients',
    {
      id: kit.id(),
      name: kit.text('name').notNull(),
      /** CIDR in its canonical spelling; null: it sends no datagrams. */
      prefix: kit.text('prefix'),
      /** Of its packets over UDP: there is one exactly when there is a prefix. */
      sealedSecret: kit.bytes('sealed_secret'),
      sealedNextSecret: kit.bytes('sealed_next_secret'),
      requireMessageAuthenticator: kit
        .choice('require_message_authenticator', ['always', 'auto', 'never'])
        .notNull(),
      neverReason: kit.text('never_reason'),
      seenMessageAuthenticator: kit.boolean('seen_message_authenticator').notNull().default(false),
      limitProxyState: kit.boolean('limit_proxy_state').notNull().default(true),
      /** TlsRule as JSON: which certificates are this client's; null: it does not come over TLS. */
      tlsRule: kit.text('tls_rule'),
      createdAt: kit.instant('created_at').notNull(),
    },
    (t) => [
      kit.uniqueIndex('radius_clients_name_unique').on(t.name),
      kit.uniqueIndex('radius_clients_prefix_unique').on(t.prefix),
      oneOf('radius_clients', 'require_message_authenticator', ['always', 'auto', 'never']),
      holds(
        'radius_clients_never_reason_check',
        `"require_message_authenticator" <> 'never' or "never_reason" is not null`,
      ),
      holds('radius_clients_transport_check', '("prefix" is null) = ("sealed_secret" is null)'),
    ],
  );

  const gateways = kit.table(
    'gateways',
    {
      id: kit.id(),
      name: kit.text('name').notNull(),
      clientId: kit
        .integer('client_id')
        .notNull()
        .references(() => radiusClients.id),
      nasIdentifier: kit.text('nas_identifier'),
      nasIpAddress: kit.text('nas_ip_address'),
      profile: kit.text('profile').notNull(),
      /** JSON; null: the profile as it is. */
      profileOverrides: kit.text('profile_overrides'),
      unitId: kit.integer('unit_id').references(() => units.id),
      /** Null: the default of the configuration. */
      requestsPerSecond: kit.integer('requests_per_second'),
      accountRequestsPerMinute: kit.integer('account_requests_per_minute'),
      /** Where Disconnect-Requests go; null: to the address that the client's prefix names. */
      coaAddress: kit.text('coa_address'),
      /** Null: the profile's port. */
      coaPort: kit.integer('coa_port'),
      /** Null: the client's secret. */
      sealedCoaSecret: kit.bytes('sealed_coa_secret'),
      /** How sessions are ended where no Disconnect-Request is taken: `method:address` (services/settings/control.ts). */
      control: kit.text('control'),
      /** When the doctor has last seen that the gateway can be told to end sessions; null: never since the way was changed. */
      cutProvenAt: kit.instant('cut_proven_at'),
      /** TlsRule as JSON: which certificates it asks over HTTPS with; null: it asks by token (`apiTokens`), or not at all. */
      httpTlsRule: kit.text('http_certificate'),
      createdAt: kit.instant('created_at').notNull(),
      lastSeenAt: kit.instant('last_seen_at'),
    },
    (t) => [
      kit.uniqueIndex('gateways_name_unique').on(t.name),
      kit.index('gateways_client_index').on(t.clientId),
    ],
  );

  const policies = kit.table(
    'policies',
    {
      id: kit.id(),
      /** `organisation`, `unit:<id>` or `gateway:<id>`. */
      scope: kit.text('scope').notNull(),
      /** PolicyLayer (core/policy.ts) as JSON. */
      layer: kit.text('layer').notNull(),
    },
    (t) => [kit.uniqueIndex('policies_scope_unique').on(t.scope)],
  );

  const settings = kit.table('settings', {
    key: kit.text('key').primaryKey(),
    value: kit.text('value').notNull(),
  });

  const dataKeys = kit.table('data_keys', {
    id: kit.id(),
    wrapped: kit.bytes('wrapped').notNull(),
    createdAt: kit.instant('created_at').notNull(),
    retiredAt: kit.instant('retired_at'),
  });

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
      oneOf('sessions', 'state', ['pending', 'live', 'ended']),
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
      oneOf('cuts', 'state', cutStates),
    ],
  );

  // Jobs: which process does work that one at a time may do; units as they change; warnings given.
  const leases = kit.table('leases', {
    name: kit.text('name').primaryKey(),
    holder: kit.text('holder').notNull(),
    /** Free from then on, unless it is claimed again. */
    until: kit.instant('until').notNull(),
  });

  const unitEvents = kit.table(
    'unit_events',
    {
      id: kit.id(),
      kind: kit.choice('kind', unitEventKinds).notNull(),
      /** The unit that is merged into another, split, renamed or dissolved. */
      unitId: kit
        .integer('unit_id')
        .notNull()
        .references(() => units.id),
      effectiveAt: kit.instant('effective_at').notNull(),
      /** Until then papers given before still count; null: the people keep them (a new name only). */
      reapproveBy: kit.instant('reapprove_by'),
      documentNumber: kit.text('document_number').notNull(),
      /** What is to be done (core/unit-events.ts), as JSON. */
      plan: kit.text('plan').notNull(),
      state: kit.choice('state', ['scheduled', 'applied', 'undone']).notNull(),
      /** What it changed, as JSON; null: nothing yet. */
      changes: kit.text('changes'),
      recordedAt: kit.instant('recorded_at').notNull(),
      recordedBy: kit.text('recorded_by').notNull(),
    },
    (t) => [
      kit.uniqueIndex('unit_events_document_unique').on(t.unitId, t.kind, t.documentNumber),
      kit.index('unit_events_due_index').on(t.effectiveAt).where(sql.raw(`"state" = 'scheduled'`)),
      oneOf('unit_events', 'kind', unitEventKinds),
      oneOf('unit_events', 'state', ['scheduled', 'applied', 'undone']),
    ],
  );

  /** Units that people have left: where somebody was at an instant is the one with the least later `until`, else the present one. */
  const formerUnits = kit.table(
    'former_units',
    {
      id: kit.id(),
      personId: kit
        .integer('person_id')
        .notNull()
        .references(() => people.id),
      unitId: kit
        .integer('unit_id')
        .notNull()
        .references(() => units.id),
      until: kit.instant('until').notNull(),
      /** The unit's event that moved them; null: a move of their own. */
      unitEventId: kit.integer('unit_event_id').references(() => unitEvents.id),
    },
    (t) => [
      kit.index('former_units_person_index').on(t.personId, t.until),
      kit.index('former_units_event_index').on(t.unitEventId),
    ],
  );

  /** Names and places that units have had, until when. */
  const formerUnitNames = kit.table(
    'former_unit_names',
    {
      id: kit.id(),
      unitId: kit
        .integer('unit_id')
        .notNull()
        .references(() => units.id),
      code: kit.text('code').notNull(),
      name: kit.text('name').notNull(),
      until: kit.instant('until').notNull(),
    },
    (t) => [kit.index('former_unit_names_unit_index').on(t.unitId, t.until)],
  );

  /** Warnings before the end of a term, once each; a term that is set anew is warned of anew. */
  const expiryWarnings = kit.table(
    'expiry_warnings',
    {
      accountId: kit
        .integer('account_id')
        .notNull()
        .references(() => accounts.id),
      validUntil: kit.instant('valid_until').notNull(),
      /** 0: it has ended. */
      daysBefore: kit.integer('days_before').notNull(),
      at: kit.instant('at').notNull(),
    },
    (t) => [kit.primaryKey({ columns: [t.accountId, t.validUntil, t.daysBefore] })],
  );

  const challengeClaims = kit.table(
    'challenge_claims',
    {
      challengeId: kit.text('challenge_id').primaryKey(),
      expiresAt: kit.instant('expires_at').notNull(),
    },
    (t) => [kit.index('challenge_claims_expires_index').on(t.expiresAt)],
  );

  // No foreign keys from records: they outlive what they speak of.
  const audit = kit.table(
    'audit',
    {
      chain: kit.text('chain').notNull(),
      seq: kit.integer('seq').notNull(),
      at: kit.instant('at').notNull(),
      kind: kit.choice('kind', ['decision', 'undecided', 'administration', 'system']).notNull(),
      accountId: kit.integer('account_id'),
      gatewayId: kit.integer('gateway_id'),
      outcome: kit.text('outcome').notNull(),
      reason: kit.text('reason'),
      detail: kit.text('detail'),
      lookupCode: kit.text('lookup_code'),
      /** The octets that the chain covers. */
      body: kit.text('body').notNull(),
      hash: kit.bytes('hash').notNull(),
    },
    (t) => [
      kit.primaryKey({ columns: [t.chain, t.seq] }),
      kit.index('audit_lookup_code_index').on(t.lookupCode).where(sql.raw('"lookup_code" is not null')),
      kit.index('audit_account_index').on(t.accountId, t.at),
      kit.index('audit_at_index').on(t.at),
    ],
  );

  const auditPersonal = kit.table(
    'audit_personal',
    {
      chain: kit.text('chain').notNull(),
      seq: kit.integer('seq').notNull(),
      /** JSON of values and salts; the row may be erased without breaking the chain. */
      personalValues: kit.text('personal_values').notNull(),
    },
    (t) => [kit.primaryKey({ columns: [t.chain, t.seq] })],
  );

  const auditChains = kit.table('audit_chains', {
    chain: kit.text('chain').primaryKey(),
    node: kit.text('node').notNull(),
    lane: kit.text('lane').notNull(),
    startedAt: kit.instant('started_at').notNull(),
    startHash: kit.bytes('start_hash').notNull(),
  });

  const outbox = kit.table(
    'outbox',
    {
      id: kit.id(),
      kind: kit.choice('kind', ['alert', 'notice', 'checkpoint']).notNull(),
      payload: kit.text('payload').notNull(),
      createdAt: kit.instant('created_at').notNull(),
      deliveredAt: kit.instant('delivered_at'),
      attempts: kit.integer('attempts').notNull().default(0),
      nextAttemptAt: kit.instant('next_attempt_at').notNull(),
    },
    (t) => [
      kit.index('outbox_due_index').on(t.nextAttemptAt).where(sql.raw('"delivered_at" is null')),
      oneOf('outbox', 'kind', ['alert', 'notice', 'checkpoint']),
    ],
  );

  const alerts = kit.table(
    'alerts',
    {
      id: kit.id(),
      rule: kit.text('rule').notNull(),
      accountId: kit.integer('account_id').references(() => accounts.id),
      unitId: kit.integer('unit_id').references(() => units.id),
      evidence: kit.text('evidence').notNull(),
      at: kit.instant('at').notNull(),
      /** The record that raised it. */
      chain: kit.text('chain').notNull(),
      seq: kit.integer('seq').notNull(),
    },
    (t) => [
      kit.index('alerts_account_index').on(t.accountId, t.at),
      kit.index('alerts_unit_index').on(t.unitId, t.at),
      kit.index('alerts_at_index').on(t.at),
    ],
  );

  const imports = kit.table(
    'imports',
    {
      id: kit.text('id').primaryKey(),
      digest: kit.text('digest').notNull(),
      state: kit.choice('state', ['staging', 'applying', 'applied', 'abandoned']).notNull(),
      /** JSON. */
      totals: kit.text('totals').notNull(),
      /** Last sequence number of the staging area that is applied, so that a broken import goes on there. */
      appliedThrough: kit.integer('applied_through').notNull().default(0),
      createdAt: kit.instant('created_at').notNull(),
      finishedAt: kit.instant('finished_at'),
    },
    () => [oneOf('imports', 'state', ['staging', 'applying', 'applied', 'abandoned'])],
  );

  const importStaging = kit.table(
    'import_staging',
    {
      importId: kit
        .text('import_id')
        .notNull()
        .references(() => imports.id),
      seq: kit.integer('seq').notNull(),
      kind: kit.text('kind').notNull(),
      key: kit.text('key').notNull(),
      payload: kit.text('payload').notNull(),
    },
    (t) => [
      kit.primaryKey({ columns: [t.importId, t.seq] }),
      kit.index('import_staging_key_index').on(t.importId, t.kind, t.key),
    ],
  );

  // The account holders' side: activation, recovery, rules of use, requests, hardware tokens.
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
      oneOf('activation_codes', 'void_cause', ['reprinted', 'guessed', 'withdrawn']),
    ],
  );

  /** Something that the holder knows and no slip says, as a keyed hash. */
  const personFacts = kit.table('person_facts', {
    personId: kit
      .integer('person_id')
      .primaryKey()
      .references(() => people.id),
    kind: kit.choice('kind', ['birth-date']).notNull(),
    factHash: kit.text('fact_hash').notNull(),
    recordedAt: kit.instant('recorded_at').notNull(),
  });

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
      oneOf('enrollment_tickets', 'kind', ticketKinds),
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

  const rulesTexts = kit.table('rules_texts', {
    version: kit.integer('version').primaryKey(),
    /** Markdown-free paragraphs. */
    textVi: kit.text('text_vi').notNull(),
    textEn: kit.text('text_en').notNull(),
    publishedAt: kit.instant('published_at').notNull(),
    publishedBy: kit.text('published_by').notNull(),
  });

  const rulesAcceptances = kit.table(
    'rules_acceptances',
    {
      accountId: kit
        .integer('account_id')
        .notNull()
        .references(() => accounts.id),
      version: kit.integer('version').notNull(),
      acceptedAt: kit.instant('accepted_at').notNull(),
    },
    (t) => [kit.primaryKey({ columns: [t.accountId, t.version] })],
  );

  /** What holders and units ask for; decided by somebody else (four eyes). */
  const requests = kit.table(
    'requests',
    {
      id: kit.id(),
      kind: kit.choice('kind', requestKinds).notNull(),
      state: kit.choice('state', requestStates).notNull(),
      accountId: kit
        .integer('account_id')
        .notNull()
        .references(() => accounts.id),
      /** JSON: what is asked, by kind (services/requests/terms.ts). */
      terms: kit.text('terms').notNull(),
      reason: kit.text('reason').notNull(),
      documentNumber: kit.text('document_number'),
      filedAt: kit.instant('filed_at').notNull(),
      /** Name of who filed it, and the person behind it (null: not a person of the store). */
      filedBy: kit.text('filed_by').notNull(),
      filedByPersonId: kit.integer('filed_by_person_id').references(() => people.id),
      expiresAt: kit.instant('expires_at').notNull(),
      /** Keyed hash of the code that the holder reads to whoever decides. */
      codeHash: kit.text('code_hash'),
      decidedAt: kit.instant('decided_at'),
      decidedBy: kit.text('decided_by'),
      decidedByPersonId: kit.integer('decided_by_person_id').references(() => people.id),
      decisionReason: kit.text('decision_reason'),
    },
    (t) => [
      kit.index('requests_account_index').on(t.accountId, t.filedAt),
      kit.index('requests_open_index').on(t.filedAt, t.id).where(sql.raw(`"state" = 'open'`)),
      kit.index('requests_expiry_index').on(t.expiresAt).where(sql.raw(`"state" in ('open', 'returned')`)),
      oneOf('requests', 'kind', requestKinds),
      oneOf('requests', 'state', requestStates),
    ],
  );

  /** Failed tries that belong to no account: by the place they come from. */
  const throttles = kit.table('throttles', {
    key: kit.text('key').primaryKey(),
    failures: kit.integer('failures').notNull(),
    lastFailureAt: kit.instant('last_failure_at').notNull(),
    lockedUntil: kit.instant('locked_until').notNull(),
  });

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
      oneOf('tokens', 'state', tokenStates),
      oneOf('tokens', 'algorithm', ['SHA1', 'SHA256', 'SHA512']),
      oneOf('tokens', 'digits', [6, 8]),
      oneOf('tokens', 'period_seconds', [30, 60]),
      holds('tokens_assigned_check', `("state" = 'assigned') = ("account_id" is not null)`),
    ],
  );

  // Keys of workstations, the codes that let one register, and the tickets that are bought with them.
  const workstationKeys = kit.table(
    'workstation_keys',
    {
      id: kit.id(),
      workstationId: kit
        .integer('workstation_id')
        .notNull()
        .references(() => workstations.id),
      /** `spki-sha256:…` (core/evidence.ts). */
      identifier: kit.text('identifier').notNull(),
      /** `certificate-sha256:…` of the certificate that goes with it; null: a bare key. */
      certificateIdentifier: kit.text('certificate_identifier'),
      origin: kit.choice('origin', [...keyOrigins]).notNull(),
      /** Where the private key is kept, as the workstation says. */
      storage: kit.choice('storage', [...keyStorages]).notNull(),
      /** SubjectPublicKeyInfo, DER. */
      publicKey: kit.bytes('public_key').notNull(),
      /** DER. */
      certificate: kit.bytes('certificate'),
      /** PKCS #10, DER: what a certificate is to be issued for at approval. */
      signingRequest: kit.bytes('signing_request'),
      /** Name of the computer, as it says itself. */
      label: kit.text('label').notNull(),
      state: kit.choice('state', [...keyStates]).notNull(),
      /** From this instant on it proves nothing; null: as long as it is active. */
      validUntil: kit.instant('valid_until'),
      requestedAt: kit.instant('requested_at').notNull(),
      decidedAt: kit.instant('decided_at'),
      decidedBy: kit.text('decided_by'),
      /** The key that brought it in by a renewal; null: a person approved it. */
      vouchedByKeyId: kit.integer('vouched_by_key_id').references((): AnySQLiteColumn => workstationKeys.id),
      revokedAt: kit.instant('revoked_at'),
    },
    (t) => [
      kit.index('workstation_keys_voucher_index').on(t.vouchedByKeyId),
      kit
        .uniqueIndex('workstation_keys_identifier_unique')
        .on(t.identifier)
        .where(sql.raw(`"state" in ('pending', 'active')`)),
      kit.index('workstation_keys_workstation_index').on(t.workstationId),
      kit.index('workstation_keys_pending_index').on(t.requestedAt).where(sql.raw(`"state" = 'pending'`)),
      // What the hot query reads: keys that end.
      kit
        .index('workstation_keys_ending_index')
        .on(t.workstationId, t.validUntil, t.identifier, t.certificateIdentifier)
        .where(sql.raw(`"state" = 'active' and "valid_until" is not null`)),
      oneOf('workstation_keys', 'origin', keyOrigins),
      oneOf('workstation_keys', 'storage', keyStorages),
      oneOf('workstation_keys', 'state', keyStates),
    ],
  );

  const registrationCodes = kit.table(
    'registration_codes',
    {
      id: kit.id(),
      workstationId: kit
        .integer('workstation_id')
        .notNull()
        .references(() => workstations.id),
      /** SHA-256, hex. */
      codeHash: kit.text('code_hash').notNull(),
      createdAt: kit.instant('created_at').notNull(),
      createdBy: kit.text('created_by').notNull(),
      expiresAt: kit.instant('expires_at').notNull(),
      usedAt: kit.instant('used_at'),
    },
    (t) => [
      kit.uniqueIndex('registration_codes_hash_unique').on(t.codeHash),
      kit.index('registration_codes_workstation_index').on(t.workstationId),
    ],
  );

  const deviceTickets = kit.table(
    'device_tickets',
    {
      id: kit.id(),
      accountId: kit
        .integer('account_id')
        .notNull()
        .references(() => accounts.id),
      workstationId: kit
        .integer('workstation_id')
        .notNull()
        .references(() => workstations.id),
      /** `proof`: the workstation proved itself. `login`: password and code were given for it. */
      kind: kit.choice('kind', [...deviceTicketKinds]).notNull(),
      /** The key that proved it; null: it was bought without one. */
      keyIdentifier: kit.text('key_identifier'),
      /** Where it was bought from: an IP address in its one spelling. */
      address: kit.text('address').notNull(),
      /** SHA-256 (hex) of the token; null: it is found by its address. */
      tokenHash: kit.text('token_hash'),
      issuedAt: kit.instant('issued_at').notNull(),
      expiresAt: kit.instant('expires_at').notNull(),
      spentAt: kit.instant('spent_at'),
    },
    (t) => [
      kit.index('device_tickets_account_index').on(t.accountId),
      kit.index('device_tickets_workstation_index').on(t.workstationId),
      kit.index('device_tickets_expires_index').on(t.expiresAt),
      kit.uniqueIndex('device_tickets_token_unique').on(t.tokenHash),
      oneOf('device_tickets', 'kind', deviceTicketKinds),
    ],
  );

  // Papers by which a scope may do with less evidence than its gateways could carry, until a date.
  const evidenceExceptions = kit.table(
    'evidence_exceptions',
    {
      id: kit.id(),
      /** `organisation`, `unit:<id>` or `gateway:<id>`, as in policies. */
      scope: kit.text('scope').notNull(),
      leastEvidence: kit.integer('least_evidence').notNull().$type<0 | 1>(),
      documentNumber: kit.text('document_number').notNull(),
      signatory: kit.text('signatory').notNull(),
      reason: kit.text('reason').notNull(),
      validUntil: kit.instant('valid_until').notNull(),
      createdAt: kit.instant('created_at').notNull(),
      createdBy: kit.text('created_by').notNull(),
      /** Ended before its date. */
      endedAt: kit.instant('ended_at'),
    },
    (t) => [
      kit.uniqueIndex('evidence_exceptions_scope_unique').on(t.scope).where(sql.raw('"ended_at" is null')),
      oneOf('evidence_exceptions', 'least_evidence', [0, 1]),
    ],
  );

  // The console: operators, their roles and passkeys; sessions of both web sites; tokens and links (hashed).
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
      /** `sub` at the organisation's identity provider. */
      oidcSubject: kit.text('oidc_subject'),
      revision: kit.integer('revision').notNull().default(1),
      createdAt: kit.instant('created_at').notNull(),
      endedAt: kit.instant('ended_at'),
    },
    (t) => [
      kit.uniqueIndex('operators_person_unique').on(t.personId),
      kit.uniqueIndex('operators_sign_in_name_unique').on(t.signInName),
      kit.uniqueIndex('operators_oidc_subject_unique').on(t.oidcSubject),
      oneOf('operators', 'state', ['active', 'ended']),
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
      oneOf('operator_roles', 'role', roles),
      holds('operator_roles_term_check', '"valid_until" is null or "valid_until" > "valid_from"'),
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
      oneOf('web_sessions', 'site', ['console', 'portal']),
      holds('web_sessions_subject_check', '("operator_id" is null) <> ("account_id" is null)'),
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
      oneOf('one_time_links', 'purpose', ['first-operator', 'operator']),
    ],
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
      oneOf('operator_orders', 'kind', operatorOrderKinds),
      oneOf('operator_orders', 'state', operatorOrderStates),
    ],
  );

  const idempotencyKeys = kit.table(
    'idempotency_keys',
    {
      /** Who asked: `operator:7`, `token:3`. */
      caller: kit.text('caller').notNull(),
      key: kit.text('key').notNull(),
      /** SHA-256 of method, path and body. */
      digest: kit.bytes('digest').notNull(),
      /** Null while the request is at work. */
      status: kit.integer('status'),
      answer: kit.text('answer'),
      createdAt: kit.instant('created_at').notNull(),
    },
    (t) => [
      kit.primaryKey({ columns: [t.caller, t.key] }),
      kit.index('idempotency_keys_created_index').on(t.createdAt),
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

  const policyVersions = kit.table(
    'policy_versions',
    {
      id: kit.id(),
      scope: kit.text('scope').notNull(),
      layer: kit.text('layer').notNull(),
      at: kit.instant('at').notNull(),
      by: kit.text('by').notNull(),
      reason: kit.text('reason'),
    },
    (t) => [kit.index('policy_versions_scope_index').on(t.scope, t.id)],
  );

  return {
    units,
    people,
    nameWords,
    employmentEvents,
    lifecycleSources,
    feeds,
    feedFiles,
    feedUsers,
    feedGroups,
    feedMembers,
    lifecycleEvents,
    assignments,
    accounts,
    accountAssignments,
    workstations,
    workstationIdentifiers,
    accountWorkstations,
    authenticators,
    counters,
    radiusClients,
    gateways,
    policies,
    settings,
    dataKeys,
    sessions,
    cuts,
    leases,
    unitEvents,
    formerUnits,
    formerUnitNames,
    expiryWarnings,
    challengeClaims,
    audit,
    auditPersonal,
    auditChains,
    outbox,
    alerts,
    imports,
    importStaging,
    activationCodes,
    personFacts,
    enrollmentTickets,
    recoveryCodes,
    rulesTexts,
    rulesAcceptances,
    requests,
    throttles,
    tokens,
    workstationKeys,
    registrationCodes,
    deviceTickets,
    evidenceExceptions,
    operators,
    operatorRoles,
    operatorCounters,
    passkeys,
    webSessions,
    apiTokens,
    oneTimeLinks,
    operatorOrders,
    idempotencyKeys,
    savedViews,
    policyVersions,
  };
}

export type Tables = ReturnType<typeof defineTables>;

type Orm = BaseSQLiteDatabase<'async', unknown>;

/**
 * What query files work with, whichever database is behind it: Drizzle's builders and the dialect's tables.
 * Await the builders (`await db.select()…`); `.get()`, `.all()` and `.run()` exist on one dialect only.
 * A statement that failed ends the whole write: do not catch and go on (PostgreSQL can't).
 */
export type Db = Pick<Orm, 'select' | 'selectDistinct' | 'insert' | 'update' | 'delete'> & {
  readonly tables: Tables;
};
