CREATE TABLE `api_tokens` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`name` text NOT NULL,
	`token_hash` blob NOT NULL,
	`scopes` text NOT NULL,
	`unit_id` integer,
	`source_name` text,
	`gateway_id` integer,
	`created_by` integer,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`last_used_at` integer,
	`revoked_at` integer,
	FOREIGN KEY (`unit_id`) REFERENCES `units`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`source_name`) REFERENCES `lifecycle_sources`(`name`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`gateway_id`) REFERENCES `gateways`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`created_by`) REFERENCES `operators`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_tokens_token_unique` ON `api_tokens` (`token_hash`);--> statement-breakpoint
CREATE INDEX `api_tokens_source_index` ON `api_tokens` (`source_name`);--> statement-breakpoint
CREATE INDEX `api_tokens_gateway_index` ON `api_tokens` (`gateway_id`);--> statement-breakpoint
CREATE TABLE `idempotency_keys` (
	`caller` text NOT NULL,
	`key` text NOT NULL,
	`digest` blob NOT NULL,
	`status` integer,
	`answer` text,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`caller`, `key`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_keys_created_index` ON `idempotency_keys` (`created_at`);--> statement-breakpoint
CREATE TABLE `one_time_links` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`token_hash` blob NOT NULL,
	`purpose` text NOT NULL,
	`operator_id` integer,
	`created_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	FOREIGN KEY (`operator_id`) REFERENCES `operators`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "one_time_links_purpose_check" CHECK("purpose" in ('first-operator', 'operator'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `one_time_links_token_unique` ON `one_time_links` (`token_hash`);--> statement-breakpoint
CREATE INDEX `one_time_links_operator_index` ON `one_time_links` (`operator_id`);--> statement-breakpoint
CREATE TABLE `operator_counters` (
	`operator_id` integer NOT NULL,
	`scope` text NOT NULL,
	`failures` integer NOT NULL,
	`last_failure_at` integer NOT NULL,
	`locked_until` integer NOT NULL,
	PRIMARY KEY(`operator_id`, `scope`),
	FOREIGN KEY (`operator_id`) REFERENCES `operators`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `operator_roles` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`operator_id` integer NOT NULL,
	`role` text NOT NULL,
	`unit_id` integer,
	`valid_from` integer NOT NULL,
	`valid_until` integer,
	`acting` integer DEFAULT false NOT NULL,
	`delegated_by_person_id` integer,
	`document_number` text,
	`created_at` integer NOT NULL,
	`revoked_at` integer,
	FOREIGN KEY (`operator_id`) REFERENCES `operators`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`unit_id`) REFERENCES `units`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`delegated_by_person_id`) REFERENCES `people`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "operator_roles_role_check" CHECK("role" in ('central-administrator', 'unit-administrator', 'head-of-unit', 'help-desk', 'duty', 'auditor')),
	CONSTRAINT "operator_roles_term_check" CHECK("valid_until" is null or "valid_until" > "valid_from")
);
--> statement-breakpoint
CREATE INDEX `operator_roles_operator_index` ON `operator_roles` (`operator_id`);--> statement-breakpoint
CREATE INDEX `operator_roles_unit_index` ON `operator_roles` (`unit_id`);--> statement-breakpoint
CREATE TABLE `operators` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`person_id` integer NOT NULL,
	`sign_in_name` text NOT NULL,
	`state` text NOT NULL,
	`password_phc` text,
	`sealed_seed` blob,
	`last_step` integer DEFAULT -1 NOT NULL,
	`oidc_subject` text,
	`revision` integer DEFAULT 1 NOT NULL,
	`created_at` integer NOT NULL,
	`ended_at` integer,
	FOREIGN KEY (`person_id`) REFERENCES `people`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "operators_state_check" CHECK("state" in ('active', 'ended'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `operators_person_unique` ON `operators` (`person_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `operators_sign_in_name_unique` ON `operators` (`sign_in_name`);--> statement-breakpoint
CREATE UNIQUE INDEX `operators_oidc_subject_unique` ON `operators` (`oidc_subject`);--> statement-breakpoint
CREATE TABLE `passkeys` (
	`id` text PRIMARY KEY NOT NULL,
	`operator_id` integer NOT NULL,
	`name` text NOT NULL,
	`public_key` blob NOT NULL,
	`counter` integer NOT NULL,
	`transports` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_used_at` integer,
	FOREIGN KEY (`operator_id`) REFERENCES `operators`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `passkeys_operator_index` ON `passkeys` (`operator_id`);--> statement-breakpoint
CREATE TABLE `policy_versions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`scope` text NOT NULL,
	`layer` text NOT NULL,
	`at` integer NOT NULL,
	`by` text NOT NULL,
	`reason` text
);
--> statement-breakpoint
CREATE INDEX `policy_versions_scope_index` ON `policy_versions` (`scope`,`id`);--> statement-breakpoint
CREATE TABLE `saved_views` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`operator_id` integer NOT NULL,
	`page` text NOT NULL,
	`name` text NOT NULL,
	`query` text NOT NULL,
	`created_at` integer NOT NULL,
	FOREIGN KEY (`operator_id`) REFERENCES `operators`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `saved_views_name_unique` ON `saved_views` (`operator_id`,`page`,`name`);--> statement-breakpoint
CREATE TABLE `web_sessions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`token_hash` blob NOT NULL,
	`site` text NOT NULL,
	`operator_id` integer,
	`account_id` integer,
	`method` text NOT NULL,
	`address` text NOT NULL,
	`user_agent` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`proved_at` integer NOT NULL,
	`ended_at` integer,
	FOREIGN KEY (`operator_id`) REFERENCES `operators`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "web_sessions_site_check" CHECK("site" in ('console', 'portal')),
	CONSTRAINT "web_sessions_subject_check" CHECK(("operator_id" is null) <> ("account_id" is null))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `web_sessions_token_unique` ON `web_sessions` (`token_hash`);--> statement-breakpoint
CREATE INDEX `web_sessions_operator_index` ON `web_sessions` (`operator_id`);--> statement-breakpoint
CREATE INDEX `web_sessions_account_index` ON `web_sessions` (`account_id`);--> statement-breakpoint
CREATE INDEX `web_sessions_expires_index` ON `web_sessions` (`expires_at`);