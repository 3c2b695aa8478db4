CREATE TABLE `name_words` (
	`rotation` text NOT NULL,
	`person_id` integer NOT NULL,
	PRIMARY KEY(`rotation`, `person_id`)
);
--> statement-breakpoint
DROP INDEX `people_name_search_index`;--> statement-breakpoint
CREATE INDEX `accounts_in_use_index` ON `accounts` (`valid_until`) WHERE "status" = 'active';--> statement-breakpoint
CREATE INDEX `accounts_not_in_use_index` ON `accounts` (`status`) WHERE "status" <> 'active';--> statement-breakpoint
CREATE INDEX `accounts_valid_from_index` ON `accounts` (`valid_from`);--> statement-breakpoint
CREATE INDEX `accounts_suspended_index` ON `accounts` (`suspended_detail`) WHERE "suspended_detail" is not null;--> statement-breakpoint
CREATE INDEX `counters_locked_index` ON `counters` (`locked_until`) WHERE "locked_until" > 0;--> statement-breakpoint
WITH RECURSIVE `turned` (`person_id`, `rotation`, `left`) AS (
	SELECT `id`, `name_search_key`, min(length(`name_search_key`) - length(replace(`name_search_key`, ' ', '')), 11) FROM `people` WHERE `name_search_key` <> ''
	UNION ALL
	SELECT `person_id`, substr(`rotation`, instr(`rotation`, ' ') + 1) || ' ' || substr(`rotation`, 1, instr(`rotation`, ' ') - 1), `left` - 1 FROM `turned` WHERE `left` > 0
) INSERT OR IGNORE INTO `name_words` (`rotation`, `person_id`) SELECT `rotation`, `person_id` FROM `turned`;
