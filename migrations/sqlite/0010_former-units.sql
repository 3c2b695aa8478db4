ALTER TABLE `former_units` ADD `unit_event_id` integer REFERENCES unit_events(id);--> statement-breakpoint
CREATE INDEX `former_units_event_index` ON `former_units` (`unit_event_id`);