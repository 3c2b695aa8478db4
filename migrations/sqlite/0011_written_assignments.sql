ALTER TABLE `assignments` ADD `revision` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
CREATE INDEX `assignments_unit_index` ON `assignments` (`unit_id`);--> statement-breakpoint
CREATE INDEX `assignments_date_index` ON `assignments` (`document_date`,`id`);