// RADIUS clients and gateways; policies and exceptions from them.
import { sql } from 'drizzle-orm';
import type { Kit } from '../columns.sqlite.ts';
import { holds, oneOf } from './checks.ts';
import type { organisationTables } from './organisation.ts';

export function gatewaysTables(kit: Kit, { units }: ReturnType<typeof organisationTables>) {
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
      oneOf(kit, 'radius_clients', 'require_message_authenticator', ['always', 'auto', 'never']),
      holds(
        kit,
        'radius_clients_never_reason_check',
        `"require_message_authenticator" <> 'never' or "never_reason" is not null`,
      ),
      holds(kit, 'radius_clients_transport_check', '("prefix" is null) = ("sealed_secret" is null)'),
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
      oneOf(kit, 'evidence_exceptions', 'least_evidence', [0, 1]),
    ],
  );

  return { radiusClients, gateways, policies, policyVersions, evidenceExceptions };
}
