PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_employment_events` (
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
	CONSTRAINT "employment_events_kind_check" CHECK("kind" in ('hired', 'returned', 'leave', 'ended', 'moved', 'duties-changed', 'suspended', 'reinstated'))
);
--> statement-breakpoint
INSERT INTO `__new_employment_events`("id", "person_id", "kind", "detail", "effective_at", "ends_at", "document_number", "unit_id", "source", "source_key", "recorded_at") SELECT "id", "person_id", "kind", "detail", "effective_at", "ends_at", "document_number", "unit_id", "source", "source_key", "recorded_at" FROM `employment_events`;--> statement-breakpoint
DROP TABLE `employment_events`;--> statement-breakpoint
ALTER TABLE `__new_employment_events` RENAME TO `employment_events`;--> statement-breakpoint
PRAGMA foreign_keys=ON;--> statement-breakpoint
CREATE UNIQUE INDEX `employment_events_source_unique` ON `employment_events` (`source`,`source_key`);--> statement-breakpoint
CREATE INDEX `employment_events_person_index` ON `employment_events` (`person_id`,`effective_at`,`kind`,`detail`,`ends_at`);--> statement-breakpoint
CREATE INDEX `employment_events_effective_index` ON `employment_events` (`effective_at`);--> statement-breakpoint
CREATE TABLE `__new_lifecycle_events` (
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
	CONSTRAINT "lifecycle_events_kind_check" CHECK("kind" in ('hired', 'returned', 'leave', 'ended', 'moved', 'seconded', 'secondment-ended', 'duties-changed', 'extended', 'suspended', 'reinstated', 'head-appointed', 'head-acting', 'head-relieved')),
	CONSTRAINT "lifecycle_events_state_check" CHECK("state" in ('held', 'scheduled', 'applied', 'rejected', 'undone'))
);
--> statement-breakpoint
INSERT INTO `__new_lifecycle_events`("id", "person_id", "kind", "detail", "effective_at", "ends_at", "keep_until", "unit_id", "document_number", "source", "source_key", "state", "next_due_at", "withdrawals", "by_person", "changes", "recorded_at", "decided_at", "decided_by") SELECT "id", "person_id", "kind", "detail", "effective_at", "ends_at", "keep_until", "unit_id", "document_number", "source", "source_key", "state", "next_due_at", "withdrawals", "by_person", "changes", "recorded_at", "decided_at", "decided_by" FROM `lifecycle_events`;--> statement-breakpoint
DROP TABLE `lifecycle_events`;--> statement-breakpoint
ALTER TABLE `__new_lifecycle_events` RENAME TO `lifecycle_events`;--> statement-breakpoint
CREATE UNIQUE INDEX `lifecycle_events_source_unique` ON `lifecycle_events` (`source`,`source_key`);--> statement-breakpoint
CREATE INDEX `lifecycle_events_person_index` ON `lifecycle_events` (`person_id`,`effective_at`);--> statement-breakpoint
CREATE INDEX `lifecycle_events_due_index` ON `lifecycle_events` (`next_due_at`) WHERE "next_due_at" is not null;--> statement-breakpoint
CREATE INDEX `lifecycle_events_held_index` ON `lifecycle_events` (`source`,`id`) WHERE "state" = 'held';--> statement-breakpoint
CREATE INDEX `lifecycle_events_recorded_index` ON `lifecycle_events` (`source`,`recorded_at`);--> statement-breakpoint
CREATE INDEX `lifecycle_events_effective_index` ON `lifecycle_events` (`source`,`effective_at`);