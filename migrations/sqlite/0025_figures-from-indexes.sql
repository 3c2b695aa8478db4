DROP INDEX `audit_account_index`;--> statement-breakpoint
DROP INDEX `audit_at_index`;--> statement-breakpoint
CREATE INDEX `audit_account_index` ON `audit` (`account_id`,`at`,`kind`,`outcome`);--> statement-breakpoint
CREATE INDEX `audit_at_index` ON `audit` (`at`,`kind`,`outcome`,`reason`,`account_id`);