CREATE TABLE `operator_orders` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`kind` text NOT NULL,
	`state` text NOT NULL,
	`operator_id` integer,
	`terms` text NOT NULL,
	`reason` text NOT NULL,
	`code_hash` text,
	`filed_at` integer NOT NULL,
	`filed_by` text NOT NULL,
	`filed_by_operator_id` integer NOT NULL,
	`expires_at` integer NOT NULL,
	`decided_at` integer,
	`decided_by` text,
	`decided_by_operator_id` integer,
	`decision_reason` text,
	FOREIGN KEY (`operator_id`) REFERENCES `operators`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`filed_by_operator_id`) REFERENCES `operators`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`decided_by_operator_id`) REFERENCES `operators`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "operator_orders_kind_check" CHECK("kind" in ('create', 'grant-role', 'renew-link')),
	CONSTRAINT "operator_orders_state_check" CHECK("state" in ('open', 'done', 'rejected', 'cancelled'))
);
--> statement-breakpoint
CREATE INDEX `operator_orders_state_index` ON `operator_orders` (`state`,`id`);--> statement-breakpoint
CREATE INDEX `operator_orders_operator_index` ON `operator_orders` (`operator_id`);--> statement-breakpoint
ALTER TABLE `one_time_links` ADD `created_by` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `one_time_links` ADD `created_by_operator_id` integer REFERENCES operators(id);--> statement-breakpoint
ALTER TABLE `one_time_links` ADD `approved_by_operator_id` integer REFERENCES operators(id);--> statement-breakpoint
ALTER TABLE `one_time_links` ADD `code_hash` text;--> statement-breakpoint
ALTER TABLE `one_time_links` ADD `wrong_facts` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `one_time_links` ADD `redeemed_from` text;--> statement-breakpoint
ALTER TABLE `one_time_links` ADD `replaced_credentials` integer DEFAULT false NOT NULL;