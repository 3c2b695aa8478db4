CREATE TABLE `lifecycle_events` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`person_id` integer NOT NULL,
	`kind` text NOT NULL,
	`detail` text,
	`effective_at` integer NOT NULL,
	`ends_at` integer,
	`keep_until` integer,
	`unit_id` integer,
	`document_number` text,
	`source` text NOT NULL,
	`source_key` text NOT NULL,
	`state` text NOT NULL,
	`next_due_at` integer,
	`withdrawals` integer NOT NULL,
	`by_person` integer NOT NULL,
	`changes` text NOT NULL,
	`recorded_at` integer NOT NULL,
	`decided_at` integer,
	`decided_by` text,
	FOREIGN KEY (`person_id`) REFERENCES `people`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`unit_id`) REFERENCES `units`(`id`) ON UPDATE no action ON DELETE no action,
	CONSTRAINT "lifecycle_events_kind_check" CHECK("kind" in ('hired', 'returned', 'leave', 'ended', 'moved', 'seconded', 'secondment-ended', 'duties-changed', 'extended')),
	CONSTRAINT "lifecycle_events_state_check" CHECK("state" in ('held', 'scheduled', 'applied', 'rejected', 'undone'))
);
--> statement-breakpoint
CREATE UNIQUE INDEX `lifecycle_events_source_unique` ON `lifecycle_events` (`source`,`source_key`);--> statement-breakpoint
CREATE INDEX `lifecycle_events_person_index` ON `lifecycle_events` (`person_id`,`effective_at`);--> statement-breakpoint
CREATE INDEX `lifecycle_events_due_index` ON `lifecycle_events` (`next_due_at`) WHERE "next_due_at" is not null;--> statement-breakpoint
CREATE INDEX `lifecycle_events_held_index` ON `lifecycle_events` (`source`,`id`) WHERE "state" = 'held';--> statement-breakpoint
CREATE INDEX `lifecycle_events_recorded_index` ON `lifecycle_events` (`source`,`recorded_at`);--> statement-breakpoint
CREATE INDEX `lifecycle_events_effective_index` ON `lifecycle_events` (`source`,`effective_at`);--> statement-breakpoint
CREATE TABLE `lifecycle_sources` (
	`name` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`brake_count` integer NOT NULL,
	`brake_share` integer NOT NULL,
	`created_at` integer NOT NULL,
	`last_run_at` integer,
	CONSTRAINT "lifecycle_sources_kind_check" CHECK("kind" in ('file', 'scim'))
);
--> statement-breakpoint
DROP INDEX `employment_events_person_index`;--> statement-breakpoint
CREATE INDEX `employment_events_person_index` ON `employment_events` (`person_id`,`effective_at`,`kind`,`detail`,`ends_at`);