CREATE TABLE `expiry_warnings` (
	`account_id` integer NOT NULL,
	`valid_until` integer NOT NULL,
	`days_before` integer NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`account_id`, `valid_until`, `days_before`),
	FOREIGN KEY (`account_id`) REFERENCES `accounts`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE TABLE `former_unit_names` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`unit_id` integer NOT NULL,
	`code` text NOT NULL,
	`name` text NOT NULL,
	`until` integer NOT NULL,
	FOREIGN KEY (`unit_id`) REFERENCES `units`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `former_unit_names_unit_index` ON `former_unit_names` (`unit_id`,`until`);--> statement-breakpoint
CREATE TABLE `former_units` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`person_id` integer NOT NULL,
	`unit_id` integer NOT NULL,
	`until` integer NOT NULL,
	FOREIGN KEY (`person_id`) REFERENCES `people`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`unit_id`) REFERENCES `units`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `former_units_person_index` ON `former_units` (`person_id`,`until`);--> statement-breakpoint
CREATE TABLE `leases` (
	`name` text PRIMARY KEY NOT NULL,
	`holder` text NOT NULL,
	`until` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `unit_events` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`unit_id` integer NOT NULL,
	`effective_at` integer NOT NULL,
	`reapprove_by` integer,
	`document_number` text NOT NULL,
	`plan` text NOT NULL,
	`state` text NOT NULL,
	`changes` text,
	`recorded_at` integer NOT NULL,
	`recorded_by` text NOT NULL,
	FOREIGN KEY (`unit_id`) REFERENCES `units`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "unit_events_kind_check" CHECK("kind" in ('merged', 'split', 'renamed', 'dissolved')),
	CONSTRAINT "unit_events_state_check" CHECK("state" in ('scheduled', 'applied', 'undone'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `unit_events_document_unique` ON `unit_events` (`unit_id`,`kind`,`document_number`);--> statement-breakpoint
CREATE INDEX `unit_events_due_index` ON `unit_events` (`effective_at`) WHERE "state" = 'scheduled';--> statement-breakpoint
ALTER TABLE `gateways` ADD `control` text;--> statement-breakpoint
ALTER TABLE `gateways` ADD `cut_proven_at` integer;--> statement-breakpoint
ALTER TABLE `units` ADD `closed_at` integer;