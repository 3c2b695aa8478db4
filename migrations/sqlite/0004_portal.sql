CREATE TABLE `activation_codes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`account_id` integer NOT NULL,
	`code_hash` text NOT NULL,
	`printed_at` integer NOT NULL,
	`printed_by` text NOT NULL,
	`expires_at` integer NOT NULL,
	`handed_over_at` integer,
	`handed_over_by` text,
	`received_by` text,
	`used_at` integer,
	`voided_at` integer,
	`void_cause` text,
	`wrong_facts` integer DEFAULT 0 NOT NULL,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "activation_codes_void_cause_check" CHECK("void_cause" in ('reprinted', 'guessed', 'withdrawn'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `activation_codes_hash_unique` ON `activation_codes` (`code_hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `activation_codes_open_unique` ON `activation_codes` (`account_id`) WHERE "used_at" is null and "voided_at" is null;--> statement-breakpoint
CREATE INDEX `activation_codes_account_index` ON `activation_codes` (`account_id`,`printed_at`);--> statement-breakpoint
CREATE TABLE `enrollment_tickets` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`account_id` integer NOT NULL,
	`kind` text NOT NULL,
	`source_id` integer NOT NULL,
	`ticket_hash` text NOT NULL,
	`opened_at` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`used_at` integer,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "enrollment_tickets_kind_check" CHECK("kind" in ('activation', 'recovery', 'request'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `enrollment_tickets_hash_unique` ON `enrollment_tickets` (`ticket_hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `enrollment_tickets_source_unique` ON `enrollment_tickets` (`kind`,`source_id`);--> statement-breakpoint
CREATE INDEX `enrollment_tickets_account_index` ON `enrollment_tickets` (`account_id`);--> statement-breakpoint
CREATE TABLE `person_facts` (
	`person_id` integer PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`fact_hash` text NOT NULL,
	`recorded_at` integer NOT NULL,
	FOREIGN KEY (`person_id`) REFERENCES `people`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `recovery_codes` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`account_id` integer NOT NULL,
	`code_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`used_at` integer,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `recovery_codes_hash_unique` ON `recovery_codes` (`account_id`,`code_hash`);--> statement-breakpoint
CREATE TABLE `requests` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`state` text NOT NULL,
	`account_id` integer NOT NULL,
	`terms` text NOT NULL,
	`reason` text NOT NULL,
	`document_number` text,
	`filed_at` integer NOT NULL,
	`filed_by` text NOT NULL,
	`filed_by_person_id` integer,
	`expires_at` integer NOT NULL,
	`code_hash` text,
	`decided_at` integer,
	`decided_by` text,
	`decided_by_person_id` integer,
	`decision_reason` text,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`filed_by_person_id`) REFERENCES `people`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`decided_by_person_id`) REFERENCES `people`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "requests_kind_check" CHECK("kind" in ('extension', 'workstation-register', 'workstation-replace', 'workstation-temporary', 'unlock', 'new-authenticator')),
	CONSTRAINT "requests_state_check" CHECK("state" in ('open', 'returned', 'approved', 'rejected', 'cancelled', 'expired', 'done'))
);
--> statement-breakpoint
CREATE INDEX `requests_account_index` ON `requests` (`account_id`,`filed_at`);--> statement-breakpoint
CREATE INDEX `requests_open_index` ON `requests` (`filed_at`,`id`) WHERE "state" = 'open';--> statement-breakpoint
CREATE INDEX `requests_expiry_index` ON `requests` (`expires_at`) WHERE "state" in ('open', 'returned');--> statement-breakpoint
CREATE TABLE `rules_acceptances` (
	`account_id` integer NOT NULL,
	`version` integer NOT NULL,
	`accepted_at` integer NOT NULL,
	PRIMARY KEY(`account_id`, `version`),
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `rules_texts` (
	`version` integer PRIMARY KEY NOT NULL,
	`text_vi` text NOT NULL,
	`text_en` text NOT NULL,
	`published_at` integer NOT NULL,
	`published_by` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `throttles` (
	`key` text PRIMARY KEY NOT NULL,
	`failures` integer NOT NULL,
	`last_failure_at` integer NOT NULL,
	`locked_until` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `tokens` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`serial_number` text NOT NULL,
	`model` text,
	`state` text NOT NULL,
	`algorithm` text NOT NULL,
	`digits` integer NOT NULL,
	`period_seconds` integer NOT NULL,
	`sealed_seed` blob NOT NULL,
	`unit_id` integer,
	`imported_at` integer NOT NULL,
	`account_id` integer,
	`handed_over_at` integer,
	`handed_over_by` text,
	FOREIGN KEY (`unit_id`) REFERENCES `units`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "tokens_state_check" CHECK("state" in ('stock', 'assigned', 'lost', 'retired')),
	CONSTRAINT "tokens_algorithm_check" CHECK("algorithm" in ('SHA1', 'SHA256', 'SHA512')),
	CONSTRAINT "tokens_digits_check" CHECK("digits" in (6, 8)),
	CONSTRAINT "tokens_period_seconds_check" CHECK("period_seconds" in (30, 60)),
	CONSTRAINT "tokens_assigned_check" CHECK(("state" = 'assigned') = ("account_id" is not null))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tokens_serial_number_unique` ON `tokens` (`serial_number`);--> statement-breakpoint
CREATE INDEX `tokens_account_index` ON `tokens` (`account_id`);