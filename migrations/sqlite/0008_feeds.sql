CREATE TABLE `feed_groups` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`source` text NOT NULL,
	`resource_id` text NOT NULL,
	`external_id` text,
	`unit_id` integer NOT NULL,
	`document` text NOT NULL,
	`version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`unit_id`) REFERENCES `units`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `feed_groups_resource_unique` ON `feed_groups` (`source`,`resource_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `feed_groups_unit_unique` ON `feed_groups` (`source`,`unit_id`);--> statement-breakpoint
CREATE INDEX `feed_groups_unit_index` ON `feed_groups` (`unit_id`);--> statement-breakpoint
CREATE TABLE `feed_members` (
	`group_id` integer NOT NULL,
	`user_id` integer NOT NULL,
	`joined_at` integer NOT NULL,
	PRIMARY KEY(`group_id`, `user_id`),
	FOREIGN KEY (`group_id`) REFERENCES `feed_groups`(`id`) ON UPDATE no action ON DELETE no action,
	FOREIGN KEY (`user_id`) REFERENCES `feed_users`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE INDEX `feed_members_user_index` ON `feed_members` (`user_id`,`joined_at`);--> statement-breakpoint
CREATE TABLE `feed_users` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`source` text NOT NULL,
	`resource_id` text NOT NULL,
	`user_name` text NOT NULL,
	`user_name_key` text NOT NULL,
	`external_id` text,
	`person_id` integer,
	`document` text NOT NULL,
	`version` integer NOT NULL,
	`state_version` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	FOREIGN KEY (`person_id`) REFERENCES `people`(`id`) ON UPDATE no action ON DELETE no action
);
--> statement-breakpoint
CREATE UNIQUE INDEX `feed_users_resource_unique` ON `feed_users` (`source`,`resource_id`);--> statement-breakpoint
CREATE UNIQUE INDEX `feed_users_name_unique` ON `feed_users` (`source`,`user_name_key`);--> statement-breakpoint
CREATE UNIQUE INDEX `feed_users_person_unique` ON `feed_users` (`source`,`person_id`);--> statement-breakpoint
CREATE INDEX `feed_users_external_index` ON `feed_users` (`source`,`external_id`);--> statement-breakpoint
CREATE INDEX `feed_users_person_index` ON `feed_users` (`person_id`);--> statement-breakpoint
CREATE TABLE `feeds` (
	`source` text PRIMARY KEY NOT NULL,
	`settings` text NOT NULL,
	`last_success_at` integer,
	`fault_since` integer,
	`fault` text
);
--> statement-breakpoint
PRAGMA foreign_keys=OFF;--> statement-breakpoint
CREATE TABLE `__new_lifecycle_sources` (
	`name` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`brake_count` integer NOT NULL,
	`brake_share` integer NOT NULL,
	`created_at` integer NOT NULL,
	`last_run_at` integer,
	CONSTRAINT "lifecycle_sources_kind_check" CHECK("kind" in ('file', 'scim', 'directory'))
);
--> statement-breakpoint
INSERT INTO `__new_lifecycle_sources`("name", "kind", "brake_count", "brake_share", "created_at", "last_run_at") SELECT "name", "kind", "brake_count", "brake_share", "created_at", "last_run_at" FROM `lifecycle_sources`;--> statement-breakpoint
DROP TABLE `lifecycle_sources`;--> statement-breakpoint
ALTER TABLE `__new_lifecycle_sources` RENAME TO `lifecycle_sources`;--> statement-breakpoint
PRAGMA foreign_keys=ON;