ALTER TABLE `idempotency_keys` ADD `claim` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `idempotency_keys` ADD `acted_at` integer;--> statement-breakpoint
ALTER TABLE `idempotency_keys` ADD `sealed_answer` blob;--> statement-breakpoint
ALTER TABLE `idempotency_keys` DROP COLUMN `answer`;