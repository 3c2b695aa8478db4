// Workstations, to whom they are assigned, their keys, and the tickets that are bought with them.
import { sql } from 'drizzle-orm';
import type { AnySQLiteColumn } from 'drizzle-orm/sqlite-core';
import type { Kit } from '../columns.sqlite.ts';
import type { accountsTables } from './accounts.ts';
import { holds, oneOf } from './checks.ts';
import type { organisationTables } from './organisation.ts';

const keyOrigins = ['agent', 'issued', 'organisation', 'pinned'] as const;
const keyStorages = ['pkcs11', 'tpm', 'file', 'unknown'] as const;
const keyStates = ['pending', 'active', 'refused', 'revoked'] as const;
const deviceTicketKinds = ['proof', 'login'] as const;

export function workstationsTables(
  kit: Kit,
  { units, people }: ReturnType<typeof organisationTables>,
  { accounts }: ReturnType<typeof accountsTables>,
) {
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
      oneOf(kit, 'workstations', 'kind', ['personal', 'shared', 'spare']),
      oneOf(kit, 'workstations', 'state', ['active', 'retired', 'lost']),
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
      // A key is one machine's alone; names and addresses may be shared by mistake.
      kit
        .uniqueIndex('workstation_identifiers_key_unique')
        .on(t.identifier)
        .where(
          sql.raw(
            `substr("identifier", 1, 12) = 'spki-sha256:' or substr("identifier", 1, 19) = 'certificate-sha256:'`,
          ),
        ),
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
      oneOf(kit, 'account_workstations', 'kind', ['permanent', 'temporary']),
      holds(kit, 'account_workstations_term_check', '"valid_until" is null or "valid_until" > "valid_from"'),
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
      // What the hot query reads: keys that were withdrawn.
      kit
        .index('workstation_keys_revoked_index')
        .on(t.identifier, t.workstationId)
        .where(sql.raw(`"state" = 'revoked'`)),
      kit
        .index('workstation_keys_revoked_certificate_index')
        .on(t.certificateIdentifier, t.workstationId)
        .where(sql.raw(`"state" = 'revoked'`)),
      kit.index('workstation_keys_workstation_index').on(t.workstationId),
      kit.index('workstation_keys_pending_index').on(t.requestedAt).where(sql.raw(`"state" = 'pending'`)),
      // What the hot query reads: keys that end.
      kit
        .index('workstation_keys_ending_index')
        .on(t.workstationId, t.validUntil, t.identifier, t.certificateIdentifier)
        .where(sql.raw(`"state" = 'active' and "valid_until" is not null`)),
      oneOf(kit, 'workstation_keys', 'origin', keyOrigins),
      oneOf(kit, 'workstation_keys', 'storage', keyStorages),
      oneOf(kit, 'workstation_keys', 'state', keyStates),
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
      /** Who found the password to be right, as `first_factor` names it; null: it was not asked for. */
      passwordBy: kit.text('password_by'),
      issuedAt: kit.instant('issued_at').notNull(),
      expiresAt: kit.instant('expires_at').notNull(),
      spentAt: kit.instant('spent_at'),
    },
    (t) => [
      kit.index('device_tickets_account_index').on(t.accountId),
      kit.index('device_tickets_workstation_index').on(t.workstationId),
      kit.index('device_tickets_expires_index').on(t.expiresAt),
      kit.uniqueIndex('device_tickets_token_unique').on(t.tokenHash),
      oneOf(kit, 'device_tickets', 'kind', deviceTicketKinds),
    ],
  );

  return {
    workstations,
    workstationIdentifiers,
    accountWorkstations,
    workstationKeys,
    registrationCodes,
    deviceTickets,
  };
}
