CREATE TABLE `cuts` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`session_id` integer NOT NULL,
	`reason` text NOT NULL,
	`state` text NOT NULL,
	`ordered_at` integer NOT NULL,
	`due_at` integer NOT NULL,
	`attempts` integer DEFAULT 0 NOT NULL,
	`acknowledged_at` integer,
	`settled_at` integer,
	`last_error` text,
	FOREIGN KEY (`session_id`) REFERENCES `sessions`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "cuts_state_check" CHECK("state" in ('ordered', 'acknowledged', 'confirmed', 'unconfirmed', 'impossible', 'not-started'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `cuts_open_session_unique` ON `cuts` (`session_id`) WHERE "settled_at" is null;--> statement-breakpoint
CREATE INDEX `cuts_due_index` ON `cuts` (`due_at`) WHERE "settled_at" is null;--> statement-breakpoint
ALTER TABLE `gateways` ADD `coa_address` text;--> statement-breakpoint
ALTER TABLE `gateways` ADD `coa_port` integer;--> statement-breakpoint
ALTER TABLE `gateways` ADD `sealed_coa_secret` blob;--> statement-breakpoint
ALTER TABLE `sessions` ADD `end_cause` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `reference` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `open_until` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `judge_at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `sessions` ADD `live_at` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `last_seen_at` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `framed_ip_address` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `octets_in` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `octets_out` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `terminate_cause` integer;--> statement-breakpoint
ALTER TABLE `sessions` ADD `identification` text;--> statement-breakpoint
ALTER TABLE `sessions` ADD `revision` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `sessions_open_lapse_index` ON `sessions` (`open_until`) WHERE "state" <> 'ended';--> statement-breakpoint
CREATE INDEX `sessions_open_judge_index` ON `sessions` (`judge_at`) WHERE "state" <> 'ended';--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_reference_unique` ON `sessions` (`reference`);