DROP INDEX `accounts_person_index`;--> statement-breakpoint
CREATE INDEX `accounts_person_index` ON `accounts` (`person_id`,`id`);--> statement-breakpoint
DROP INDEX `people_unit_index`;--> statement-breakpoint
CREATE INDEX `people_unit_index` ON `people` (`unit_id`,`name_sort_key`,`id`);