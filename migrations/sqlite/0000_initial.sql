CREATE TABLE `account_assignments` (
	`account_id` integer NOT NULL,
	`assignment_id` integer NOT NULL,
	PRIMARY KEY(`account_id`, `assignment_id`),
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`assignment_id`) REFERENCES `assignments`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `account_assignments_assignment_index` ON `account_assignments` (`assignment_id`);--> statement-breakpoint
CREATE TABLE `account_workstations` (
	`account_id` integer NOT NULL,
	`workstation_id` integer NOT NULL,
	`valid_from` integer NOT NULL,
	`valid_until` integer,
	`kind` text NOT NULL,
	PRIMARY KEY(`account_id`, `workstation_id`, `valid_from`),
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`workstation_id`) REFERENCES `workstations`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "account_workstations_kind_check" CHECK("kind" in ('permanent', 'temporary')),
	CONSTRAINT "account_workstations_term_check" CHECK("valid_until" is null or "valid_until" > "valid_from")
);
--> statement-breakpoint
CREATE INDEX `account_workstations_account_index` ON `account_workstations` (`account_id`,`workstation_id`,`valid_from`,`valid_until`);--> statement-breakpoint
CREATE INDEX `account_workstations_workstation_index` ON `account_workstations` (`workstation_id`);--> statement-breakpoint
CREATE TABLE `accounts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`user_name` text NOT NULL,
	`person_id` integer NOT NULL,
	`status` text NOT NULL,
	`suspended_detail` text,
	`suspended_at` integer,
	`suspended_by` text,
	`valid_from` integer NOT NULL,
	`valid_until` integer NOT NULL,
	`password_phc` text,
	`password_state` text DEFAULT 'usable' NOT NULL,
	`rules_version_accepted` integer DEFAULT 0 NOT NULL,
	`revision` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`person_id`) REFERENCES `people`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "accounts_status_check" CHECK("status" in ('pending', 'active', 'withdrawn')),
	CONSTRAINT "accounts_suspended_detail_check" CHECK("suspended_detail" in ('by-unit', 'by-centre', 'by-holder', 'case', 'leak', 'review', 'dormant')),
	CONSTRAINT "accounts_password_state_check" CHECK("password_state" in ('usable', 'compromised', 'change-required')),
	CONSTRAINT "accounts_term_check" CHECK("valid_until" > "valid_from"),
	CONSTRAINT "accounts_suspension_check" CHECK(("suspended_detail" is null) = ("suspended_at" is null))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `accounts_user_name_unique` ON `accounts` (`user_name`);--> statement-breakpoint
CREATE INDEX `accounts_person_index` ON `accounts` (`person_id`);--> statement-breakpoint
CREATE INDEX `accounts_valid_until_index` ON `accounts` (`valid_until`);--> statement-breakpoint
CREATE TABLE `alerts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`rule` text NOT NULL,
	`account_id` integer,
	`unit_id` integer,
	`evidence` text NOT NULL,
	`at` integer NOT NULL,
	`chain` text NOT NULL,
	`seq` integer NOT NULL,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`unit_id`) REFERENCES `units`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `alerts_account_index` ON `alerts` (`account_id`,`at`);--> statement-breakpoint
CREATE INDEX `alerts_unit_index` ON `alerts` (`unit_id`,`at`);--> statement-breakpoint
CREATE INDEX `alerts_at_index` ON `alerts` (`at`);--> statement-breakpoint
CREATE TABLE `assignments` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`document_number` text NOT NULL,
	`document_date` integer NOT NULL,
	`signatory` text NOT NULL,
	`purpose` text NOT NULL,
	`data_scope` text NOT NULL,
	`unit_id` integer NOT NULL,
	`valid_from` integer NOT NULL,
	`valid_until` integer,
	FOREIGN KEY (`unit_id`) REFERENCES `units`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "assignments_term_check" CHECK("valid_until" is null or "valid_until" > "valid_from")
);
--> statement-breakpoint
CREATE UNIQUE INDEX `assignments_document_unique` ON `assignments` (`document_number`,`unit_id`);--> statement-breakpoint
CREATE TABLE `audit` (
	`chain` text NOT NULL,
	`seq` integer NOT NULL,
	`at` integer NOT NULL,
	`kind` text NOT NULL,
	`account_id` integer,
	`gateway_id` integer,
	`outcome` text NOT NULL,
	`reason` text,
	`detail` text,
	`lookup_code` text,
	`body` text NOT NULL,
	`hash` blob NOT NULL,
	PRIMARY KEY(`chain`, `seq`)
);
--> statement-breakpoint
CREATE INDEX `audit_lookup_code_index` ON `audit` (`lookup_code`) WHERE "lookup_code" is not null;--> statement-breakpoint
CREATE INDEX `audit_account_index` ON `audit` (`account_id`,`at`);--> statement-breakpoint
CREATE INDEX `audit_at_index` ON `audit` (`at`);--> statement-breakpoint
CREATE TABLE `audit_chains` (
	`chain` text PRIMARY KEY NOT NULL,
	`node` text NOT NULL,
	`lane` text NOT NULL,
	`started_at` integer NOT NULL,
	`start_hash` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `audit_personal` (
	`chain` text NOT NULL,
	`seq` integer NOT NULL,
	`personal_values` text NOT NULL,
	PRIMARY KEY(`chain`, `seq`)
);
--> statement-breakpoint
CREATE TABLE `authenticators` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`account_id` integer NOT NULL,
	`kind` text NOT NULL,
	`serial_number` text,
	`state` text NOT NULL,
	`algorithm` text NOT NULL,
	`digits` integer NOT NULL,
	`period_seconds` integer NOT NULL,
	`sealed_seed` blob NOT NULL,
	`last_step` integer DEFAULT -1 NOT NULL,
	`drift_steps` integer DEFAULT 0 NOT NULL,
	`last_claim_node` text,
	`last_claim_gateway_id` integer,
	`last_claim_station` text,
	`last_claim_at` integer,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "authenticators_kind_check" CHECK("kind" in ('app', 'token')),
	CONSTRAINT "authenticators_state_check" CHECK("state" in ('pending', 'active', 'revoked')),
	CONSTRAINT "authenticators_algorithm_check" CHECK("algorithm" in ('SHA1', 'SHA256', 'SHA512')),
	CONSTRAINT "authenticators_digits_check" CHECK("digits" in (6, 8)),
	CONSTRAINT "authenticators_period_seconds_check" CHECK("period_seconds" in (30, 60))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `authenticators_serial_number_unique` ON `authenticators` (`serial_number`);--> statement-breakpoint
CREATE INDEX `authenticators_account_index` ON `authenticators` (`account_id`);--> statement-breakpoint
CREATE TABLE `challenge_claims` (
	`challenge_id` text PRIMARY KEY NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `challenge_claims_expires_index` ON `challenge_claims` (`expires_at`);--> statement-breakpoint
CREATE TABLE `counters` (
	`account_id` integer NOT NULL,
	`scope` text NOT NULL,
	`failures` integer NOT NULL,
	`last_failure_at` integer NOT NULL,
	`locked_until` integer NOT NULL,
	PRIMARY KEY(`account_id`, `scope`),
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `data_keys` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`wrapped` blob NOT NULL,
	`created_at` integer NOT NULL,
	`retired_at` integer
);
--> statement-breakpoint
CREATE TABLE `employment_events` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`person_id` integer NOT NULL,
	`kind` text NOT NULL,
	`detail` text,
	`effective_at` integer NOT NULL,
	`ends_at` integer,
	`document_number` text,
	`unit_id` integer,
	`source` text NOT NULL,
	`source_key` text NOT NULL,
	`recorded_at` integer NOT NULL,
	FOREIGN KEY (`person_id`) REFERENCES `people`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`unit_id`) REFERENCES `units`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "employment_events_kind_check" CHECK("kind" in ('hired', 'returned', 'leave', 'ended', 'moved', 'duties-changed'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `employment_events_source_unique` ON `employment_events` (`source`,`source_key`);--> statement-breakpoint
CREATE INDEX `employment_events_person_index` ON `employment_events` (`person_id`,`effective_at`,`kind`,`detail`);--> statement-breakpoint
CREATE INDEX `employment_events_effective_index` ON `employment_events` (`effective_at`);--> statement-breakpoint
CREATE TABLE `gateways` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`client_id` integer NOT NULL,
	`nas_identifier` text,
	`nas_ip_address` text,
	`profile` text NOT NULL,
	`profile_overrides` text,
	`unit_id` integer,
	`requests_per_second` integer,
	`account_requests_per_minute` integer,
	`created_at` integer NOT NULL,
	`last_seen_at` integer,
	FOREIGN KEY (`client_id`) REFERENCES `radius_clients`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`unit_id`) REFERENCES `units`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `gateways_name_unique` ON `gateways` (`name`);--> statement-breakpoint
CREATE INDEX `gateways_client_index` ON `gateways` (`client_id`);--> statement-breakpoint
CREATE TABLE `import_staging` (
	`import_id` text NOT NULL,
	`seq` integer NOT NULL,
	`kind` text NOT NULL,
	`key` text NOT NULL,
	`payload` text NOT NULL,
	PRIMARY KEY(`import_id`, `seq`),
	FOREIGN KEY (`import_id`) REFERENCES `imports`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `import_staging_key_index` ON `import_staging` (`import_id`,`kind`,`key`);--> statement-breakpoint
CREATE TABLE `imports` (
	`id` text PRIMARY KEY NOT NULL,
	`digest` text NOT NULL,
	`state` text NOT NULL,
	`totals` text NOT NULL,
	`applied_through` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`finished_at` integer,
	CONSTRAINT "imports_state_check" CHECK("state" in ('staging', 'applying', 'applied', 'abandoned'))
);
--> statement-breakpoint
CREATE TABLE `outbox` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`payload` text NOT NULL,
	`created_at` integer NOT NULL,
	`delivered_at` integer,
	`attempts` integer DEFAULT 0 NOT NULL,
	`next_attempt_at` integer NOT NULL,
	CONSTRAINT "outbox_kind_check" CHECK("kind" in ('alert', 'notice', 'checkpoint'))
);
--> statement-breakpoint
CREATE INDEX `outbox_due_index` ON `outbox` (`next_attempt_at`) WHERE "delivered_at" is null;--> statement-breakpoint
CREATE TABLE `people` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`staff_code` text NOT NULL,
	`full_name` text NOT NULL,
	`given_name` text,
	`name_search_key` text NOT NULL,
	`name_sort_key` text NOT NULL,
	`kind` text NOT NULL,
	`position` text,
	`unit_id` integer NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`unit_id`) REFERENCES `units`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "people_kind_check" CHECK("kind" in ('civil-servant', 'public-employee', 'worker', 'external'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `people_staff_code_unique` ON `people` (`staff_code`);--> statement-breakpoint
CREATE INDEX `people_name_search_index` ON `people` (`name_search_key`);--> statement-breakpoint
CREATE INDEX `people_name_sort_index` ON `people` (`name_sort_key`,`id`);--> statement-breakpoint
CREATE INDEX `people_unit_index` ON `people` (`unit_id`,`name_sort_key`);--> statement-breakpoint
CREATE TABLE `policies` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`scope` text NOT NULL,
	`layer` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `policies_scope_unique` ON `policies` (`scope`);--> statement-breakpoint
CREATE TABLE `radius_clients` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`prefix` text NOT NULL,
	`sealed_secret` blob NOT NULL,
	`sealed_next_secret` blob,
	`require_message_authenticator` text NOT NULL,
	`never_reason` text,
	`seen_message_authenticator` integer DEFAULT false NOT NULL,
	`limit_proxy_state` integer DEFAULT true NOT NULL,
	`created_at` integer NOT NULL,
	CONSTRAINT "radius_clients_require_message_authenticator_check" CHECK("require_message_authenticator" in ('always', 'auto', 'never')),
	CONSTRAINT "radius_clients_never_reason_check" CHECK("require_message_authenticator" <> 'never' or "never_reason" is not null)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `radius_clients_name_unique` ON `radius_clients` (`name`);--> statement-breakpoint
CREATE UNIQUE INDEX `radius_clients_prefix_unique` ON `radius_clients` (`prefix`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`account_id` integer NOT NULL,
	`gateway_id` integer NOT NULL,
	`workstation_id` integer,
	`station` text NOT NULL,
	`state` text NOT NULL,
	`started_at` integer NOT NULL,
	`until` integer NOT NULL,
	`ended_at` integer,
	`acct_session_id` text,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`gateway_id`) REFERENCES `gateways`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`workstation_id`) REFERENCES `workstations`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "sessions_state_check" CHECK("state" in ('pending', 'live', 'ended'))
);
--> statement-breakpoint
CREATE INDEX `sessions_open_account_index` ON `sessions` (`account_id`) WHERE "state" <> 'ended';--> statement-breakpoint
CREATE INDEX `sessions_open_until_index` ON `sessions` (`until`) WHERE "state" <> 'ended';--> statement-breakpoint
CREATE INDEX `sessions_gateway_index` ON `sessions` (`gateway_id`,`acct_session_id`);--> statement-breakpoint
CREATE TABLE `settings` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `units` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`code` text NOT NULL,
	`name` text NOT NULL,
	`name_search_key` text NOT NULL,
	`parent_id` integer,
	`path` text DEFAULT '' NOT NULL,
	`kind` text,
	FOREIGN KEY (`parent_id`) REFERENCES `units`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `units_code_unique` ON `units` (`code`);--> statement-breakpoint
CREATE INDEX `units_path_index` ON `units` (`path`);--> statement-breakpoint
CREATE INDEX `units_parent_index` ON `units` (`parent_id`);--> statement-breakpoint
CREATE INDEX `units_name_search_index` ON `units` (`name_search_key`);--> statement-breakpoint
CREATE TABLE `workstation_identifiers` (
	`workstation_id` integer NOT NULL,
	`identifier` text NOT NULL,
	PRIMARY KEY(`workstation_id`, `identifier`),
	FOREIGN KEY (`workstation_id`) REFERENCES `workstations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `workstation_identifiers_identifier_index` ON `workstation_identifiers` (`identifier`,`workstation_id`);--> statement-breakpoint
CREATE TABLE `workstations` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`asset_tag` text NOT NULL,
	`name` text NOT NULL,
	`kind` text NOT NULL,
	`state` text NOT NULL,
	`unit_id` integer NOT NULL,
	`keeper_person_id` integer,
	FOREIGN KEY (`unit_id`) REFERENCES `units`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`keeper_person_id`) REFERENCES `people`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "workstations_kind_check" CHECK("kind" in ('personal', 'shared', 'spare')),
	CONSTRAINT "workstations_state_check" CHECK("state" in ('active', 'retired', 'lost'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `workstations_asset_tag_unique` ON `workstations` (`asset_tag`);--> statement-breakpoint
CREATE INDEX `workstations_unit_index` ON `workstations` (`unit_id`);--> statement-breakpoint
CREATE INDEX `workstations_keeper_index` ON `workstations` (`keeper_person_id`);