CREATE TABLE `feed_files` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`source` text NOT NULL,
	`name` text NOT NULL,
	`sha256` text NOT NULL,
	`state` text NOT NULL,
	`rows` integer NOT NULL,
	`applied` integer NOT NULL,
	`scheduled` integer NOT NULL,
	`held` integer NOT NULL,
	`same` integer NOT NULL,
	`rejected` integer NOT NULL,
	`fault` text,
	`at` integer NOT NULL,
	CONSTRAINT "feed_files_state_check" CHECK("state" in ('done', 'refused', 'checked'))
);
--> statement-breakpoint
CREATE INDEX `feed_files_source_index` ON `feed_files` (`source`,`id`);--> statement-breakpoint
CREATE INDEX `feed_files_content_index` ON `feed_files` (`source`,`sha256`);