CREATE TABLE `device_tickets` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`account_id` integer NOT NULL,
	`workstation_id` integer NOT NULL,
	`kind` text NOT NULL,
	`key_identifier` text,
	`address` text NOT NULL,
	`token_hash` text,
	`issued_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`spent_at` integer,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`workstation_id`) REFERENCES `workstations`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "device_tickets_kind_check" CHECK("kind" in ('proof', 'login'))
);
--> statement-breakpoint
CREATE INDEX `device_tickets_account_index` ON `device_tickets` (`account_id`);--> statement-breakpoint
CREATE INDEX `device_tickets_workstation_index` ON `device_tickets` (`workstation_id`);--> statement-breakpoint
CREATE INDEX `device_tickets_expires_index` ON `device_tickets` (`expires_at`);--> statement-breakpoint
CREATE UNIQUE INDEX `device_tickets_token_unique` ON `device_tickets` (`token_hash`);--> statement-breakpoint
CREATE TABLE `evidence_exceptions` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`scope` text NOT NULL,
	`least_evidence` integer NOT NULL,
	`document_number` text NOT NULL,
	`signatory` text NOT NULL,
	`reason` text NOT NULL,
	`valid_until` integer NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`ended_at` integer,
	CONSTRAINT "evidence_exceptions_least_evidence_check" CHECK("least_evidence" in (0, 1))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `evidence_exceptions_scope_unique` ON `evidence_exceptions` (`scope`) WHERE "ended_at" is null;--> statement-breakpoint
CREATE TABLE `registration_codes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`workstation_id` integer NOT NULL,
	`code_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`created_by` text NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	FOREIGN KEY (`workstation_id`) REFERENCES `workstations`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `registration_codes_hash_unique` ON `registration_codes` (`code_hash`);--> statement-breakpoint
CREATE INDEX `registration_codes_workstation_index` ON `registration_codes` (`workstation_id`);--> statement-breakpoint
CREATE TABLE `workstation_keys` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`workstation_id` integer NOT NULL,
	`identifier` text NOT NULL,
	`certificate_identifier` text,
	`origin` text NOT NULL,
	`storage` text NOT NULL,
	`public_key` blob NOT NULL,
	`certificate` blob,
	`signing_request` blob,
	`label` text NOT NULL,
	`state` text NOT NULL,
	`valid_until` integer,
	`requested_at` integer NOT NULL,
	`decided_at` integer,
	`decided_by` text,
	`revoked_at` integer,
	FOREIGN KEY (`workstation_id`) REFERENCES `workstations`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "workstation_keys_origin_check" CHECK("origin" in ('agent', 'issued', 'organisation', 'pinned')),
	CONSTRAINT "workstation_keys_storage_check" CHECK("storage" in ('pkcs11', 'tpm', 'file', 'unknown')),
	CONSTRAINT "workstation_keys_state_check" CHECK("state" in ('pending', 'active', 'refused', 'revoked'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `workstation_keys_identifier_unique` ON `workstation_keys` (`identifier`) WHERE "state" in ('pending', 'active');--> statement-breakpoint
CREATE INDEX `workstation_keys_workstation_index` ON `workstation_keys` (`workstation_id`);--> statement-breakpoint
CREATE INDEX `workstation_keys_pending_index` ON `workstation_keys` (`requested_at`) WHERE "state" = 'pending';--> statement-breakpoint
CREATE INDEX `workstation_keys_ending_index` ON `workstation_keys` (`workstation_id`,`valid_until`,`identifier`,`certificate_identifier`) WHERE "state" = 'active' and "valid_until" is not null;--> statement-breakpoint
ALTER TABLE `gateways` ADD `http_token_hash` text;--> statement-breakpoint
ALTER TABLE `gateways` ADD `http_certificate` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `proven_by` text;