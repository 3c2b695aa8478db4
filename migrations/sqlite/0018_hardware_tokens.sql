DROP INDEX `authenticators_serial_number_unique`;--> statement-breakpoint
ALTER TABLE `authenticators` ADD `mode` text DEFAULT 'totp' NOT NULL;--> statement-breakpoint
ALTER TABLE `authenticators` ADD `synced_at` integer;--> statement-breakpoint
CREATE UNIQUE INDEX `authenticators_serial_number_unique` ON `authenticators` (`serial_number`) WHERE "state" <> 'revoked';--> statement-breakpoint
ALTER TABLE `tokens` ADD `mode` text DEFAULT 'totp' NOT NULL;--> statement-breakpoint
ALTER TABLE `tokens` ADD `last_step` integer DEFAULT -1 NOT NULL;--> statement-breakpoint
ALTER TABLE `tokens` ADD `drift_steps` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `tokens` ADD `revision` integer DEFAULT 1 NOT NULL;--> statement-breakpoint
CREATE INDEX `tokens_unit_index` ON `tokens` (`unit_id`,`serial_number`);